//! Samplers that accept and reject, and how their draws move with their parameters.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Gamma};
use statrs::function::gamma;
use std::f64::consts::{PI, TAU};

pub(super) fn gamma_draw(shape: f64, rng: &mut impl Rng) -> f64 {
    // A draw of exactly zero has no slope.
    Gamma::new(shape, 1.0).expect("a shape in its checked range").sample(rng).max(1e-12)
}

pub(super) fn gamma_density(shape: f64, z: f64) -> f64 {
    ((shape - 1.0) * z.ln() - z - gamma::ln_gamma(shape)).exp()
}

/// dz/dα of a draw from Gamma(α, 1).
pub(super) fn gamma_slope(shape: f64, z: f64) -> f64 {
    -slope(shape, |a| gamma::gamma_lr(a, z)) / gamma_density(shape, z)
}

/// df/dx by central difference; the functions here are smooth and exact to about 1e-15.
pub(super) fn slope(x: f64, f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-5 * x;
    (f(x + h) - f(x - h)) / (2.0 * h)
}

/// e^-κ I_n(κ) for n = 0 or 1, by its integral, which the midpoint rule takes to rounding.
pub(super) fn bessel(n: f64, kappa: f64) -> f64 {
    const POINTS: usize = 64;
    let at = |i: usize| (i as f64 + 0.5) * PI / POINTS as f64;
    (0..POINTS).map(|i| (kappa * (at(i).cos() - 1.0)).exp() * (n * at(i)).cos()).sum::<f64>() / POINTS as f64
}

/// Best and Fisher (1979), around 0.
pub(super) fn von_mises_draw(kappa: f64, rng: &mut impl Rng) -> f64 {
    let tau = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
    let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * kappa);
    let r = (1.0 + rho * rho) / (2.0 * rho);
    loop {
        let c = (PI * rng.random::<f64>()).cos();
        let f = (1.0 + r * c) / (r + c);
        let d = kappa * (r - f);
        let u: f64 = rng.random();
        if d * (2.0 - d) > u || (d / u).ln() + 1.0 >= d {
            let angle = f.clamp(-1.0, 1.0).acos();
            return if rng.random::<bool>() { angle } else { -angle };
        }
    }
}

/// dz/dκ: −∂F/∂κ over the density, where F is the integral of p from −π, by Simpson's rule.
pub(super) fn von_mises_slope(kappa: f64, z: f64) -> f64 {
    const STEPS: usize = 128;
    let mean = bessel(1.0, kappa) / bessel(0.0, kappa);
    let density = |t: f64| (kappa * (t.cos() - 1.0)).exp() / (TAU * bessel(0.0, kappa));
    let norm = TAU * bessel(0.0, kappa);
    let inner = |t: f64| (t.cos() - mean) * (kappa * (t.cos() - 1.0)).exp() / norm;
    let h = (z + PI) / STEPS as f64;
    let weight = |i: usize| {
        if i == 0 || i == STEPS {
            1.0
        } else if i % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    let integral = (0..=STEPS).map(|i| weight(i) * inner(-PI + i as f64 * h)).sum::<f64>() * h / 3.0;
    -integral / density(z)
}
