//! Where randomness enters: families of distributions whose draws are differentiable functions of
//! their parameters, so that a gradient flows through a draw (as through z = μ + σ ε in equation 6).
//!
//! A draw is made in one of three ways: a location and a scale applied to fixed noise; the inverse
//! of the distribution function applied to uniform noise; or a sampler that accepts and rejects,
//! whose draw z moves with a parameter θ as `dz/dθ = −(∂F/∂θ) / p` keeps F(z; θ) where it is
//! (implicit reparameterisation, Figurnov et al. 2018).

mod estimators;
mod implicit;

pub use estimators::{Estimators, estimators, histogram};

use crate::budget::{FIGURE, product, room};
use crate::error::{Error, Result};
use crate::noise;
use implicit::{bessel, gamma_density, gamma_draw, gamma_slope, slope, von_mises_draw, von_mises_slope};
use rand::Rng;
use rand_distr::{Distribution, Gumbel, StandardNormal};
use statrs::function::beta;
use std::f64::consts::{PI, TAU};

/// A parameter and the range in which it is of interest.
pub struct Parameter {
    /// The name that a figure shows.
    pub name: &'static str,
    /// The value to begin with.
    pub default: f64,
    /// The least value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// A family of distributions.
pub struct Family {
    /// The family's name, as [`Family::find`] takes it.
    pub name: &'static str,
    /// How a draw comes about.
    pub transform: &'static str,
    /// Its parameters θ, in the order that [`Family::draw`] takes them.
    pub parameters: &'static [Parameter],
    /// Where a histogram is drawn.
    pub shown: (f64, f64),
    law: Law,
}

#[derive(Clone, Copy, PartialEq)]
enum Law {
    Normal,
    Laplace,
    StudentT,
    LogNormal,
    Uniform,
    Exponential,
    Logistic,
    Gumbel,
    Cauchy,
    Weibull,
    Gamma,
    Beta,
    Dirichlet,
    VonMises,
    Concrete,
}

const fn p(name: &'static str, default: f64, min: f64, max: f64) -> Parameter {
    Parameter { name, default, min, max }
}

const LOCATION_SCALE: [Parameter; 2] = [p("μ", 0.0, -3.0, 3.0), p("s", 1.0, 0.2, 3.0)];

/// Every family, in the order of the page's table.
pub const FAMILIES: [Family; 15] = [
    Family {
        name: "Normal",
        transform: "z = μ + σ ε, ε ~ N(0, 1)",
        parameters: &[p("μ", 0.0, -3.0, 3.0), p("σ", 1.0, 0.2, 3.0)],
        shown: (-8.0, 8.0),
        law: Law::Normal,
    },
    Family {
        name: "Student's t, 4 degrees",
        transform: "z = μ + s ε, ε ~ t₄",
        parameters: &LOCATION_SCALE,
        shown: (-8.0, 8.0),
        law: Law::StudentT,
    },
    Family {
        name: "Log-normal",
        transform: "z = exp(μ + σ ε), ε ~ N(0, 1)",
        parameters: &[p("μ", 0.0, -1.0, 1.0), p("σ", 0.5, 0.1, 1.5)],
        shown: (0.0, 8.0),
        law: Law::LogNormal,
    },
    Family {
        name: "Uniform",
        transform: "z = a + (b − a) u",
        parameters: &[p("a", -1.0, -4.0, 0.0), p("b", 1.0, 0.1, 4.0)],
        shown: (-5.0, 5.0),
        law: Law::Uniform,
    },
    Family {
        name: "Laplace",
        transform: "z = μ − s sign(u − ½) ln(1 − 2|u − ½|)",
        parameters: &LOCATION_SCALE,
        shown: (-8.0, 8.0),
        law: Law::Laplace,
    },
    Family {
        name: "Exponential",
        transform: "z = −ln(1 − u) / λ",
        parameters: &[p("λ", 1.0, 0.3, 4.0)],
        shown: (0.0, 8.0),
        law: Law::Exponential,
    },
    Family {
        name: "Logistic",
        transform: "z = μ + s ln(u / (1 − u))",
        parameters: &LOCATION_SCALE,
        shown: (-8.0, 8.0),
        law: Law::Logistic,
    },
    Family {
        name: "Gumbel",
        transform: "z = μ − s ln(−ln u)",
        parameters: &LOCATION_SCALE,
        shown: (-8.0, 12.0),
        law: Law::Gumbel,
    },
    Family {
        name: "Cauchy",
        transform: "z = μ + s tan(π(u − ½))",
        parameters: &LOCATION_SCALE,
        shown: (-12.0, 12.0),
        law: Law::Cauchy,
    },
    Family {
        name: "Weibull",
        transform: "z = λ (−ln(1 − u))^(1/k)",
        parameters: &[p("λ", 1.0, 0.3, 3.0), p("k", 1.5, 0.6, 5.0)],
        shown: (0.0, 6.0),
        law: Law::Weibull,
    },
    Family {
        name: "Gamma",
        transform: "z accepted by Marsaglia and Tsang; dz/dα = −(∂F/∂α) / p(z)",
        parameters: &[p("α", 2.0, 0.5, 6.0), p("s", 1.0, 0.3, 2.0)],
        shown: (0.0, 12.0),
        law: Law::Gamma,
    },
    Family {
        name: "Beta",
        transform: "z = g₁ / (g₁ + g₂), gᵢ ~ Gamma; dz by its implicit gradient",
        parameters: &[p("α", 2.0, 0.5, 6.0), p("β", 3.0, 0.5, 6.0)],
        shown: (0.0, 1.0),
        law: Law::Beta,
    },
    Family {
        name: "Dirichlet, first of three",
        transform: "zᵢ = gᵢ / Σ g, each gᵢ ~ Gamma(αᵢ) with its implicit gradient",
        parameters: &[p("α₁", 2.0, 0.5, 6.0), p("α₂", 1.0, 0.5, 6.0), p("α₃", 1.0, 0.5, 6.0)],
        shown: (0.0, 1.0),
        law: Law::Dirichlet,
    },
    Family {
        name: "von Mises",
        transform: "z accepted by Best and Fisher; dz/dκ = −(∂F/∂κ) / p(z)",
        parameters: &[p("μ", 0.0, -1.5, 1.5), p("κ", 2.0, 0.3, 8.0)],
        shown: (-PI, PI),
        law: Law::VonMises,
    },
    Family {
        name: "Category, by Gumbel-softmax",
        transform: "z = softmax((ℓ + g) / τ), gᵢ ~ Gumbel; first of three, ℓ₃ = 0",
        parameters: &[p("ℓ₁", 0.5, -2.0, 2.0), p("ℓ₂", 0.0, -2.0, 2.0), p("τ", 0.7, 0.2, 2.0)],
        shown: (0.0, 1.0),
        law: Law::Concrete,
    },
];

/// Draws of a family, each with its gradient.
#[derive(Debug)]
pub struct Draws {
    /// `[count]`
    pub z: Vec<f64>,
    /// ∂z/∂θ `[count, parameters]`
    pub gradient: Vec<f64>,
}

impl Family {
    /// Finds a family by its name.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is not known.
    pub fn find(name: &str) -> Result<&'static Family> {
        let known = || FAMILIES.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
        FAMILIES.iter().find(|f| f.name == name).ok_or_else(|| Error::argument("a distribution", name, known()))
    }

    fn check(&self, theta: &[f64]) -> Result<()> {
        if theta.len() != self.parameters.len() {
            return Err(Error::argument("the number of parameters", theta.len(), self.parameters.len()));
        }
        for (t, p) in theta.iter().zip(self.parameters) {
            if !(p.min..=p.max).contains(t) {
                return Err(Error::argument(p.name, t, format!("{} to {}", p.min, p.max)));
            }
        }
        Ok(())
    }

    /// Draws `count` values. Draw `i`'s noise depends on the seed and `i` alone: it stays when θ moves.
    ///
    /// # Errors
    /// [`Error::Argument`] for parameters that are out of range, or more draws than [`FIGURE`] allows.
    pub fn draw(&self, theta: &[f64], seed: u64, count: usize) -> Result<Draws> {
        self.check(theta)?;
        FIGURE.check([("the number of draws", count)], |[n]| product(&[n, 1 + theta.len(), size_of::<f64>()]))?;
        let mut draws = Draws { z: room(count as u64)?, gradient: room(product(&[count, theta.len()]))? };
        for i in 0..count {
            let (z, gradient) = self.one(theta, &mut noise::rng(seed, noise::FAMILY, i as u64));
            draws.z.push(z);
            draws.gradient.extend_from_slice(&gradient[..theta.len()]);
        }
        Ok(draws)
    }

    /// One draw and its gradient; places beyond the number of parameters stay 0.
    fn one(&self, theta: &[f64], rng: &mut impl Rng) -> (f64, [f64; 3]) {
        let uniform = |rng: &mut _| rand_distr::Open01.sample(rng);
        let (a, b) = (theta[0], theta.get(1).copied().unwrap_or(0.0));
        // Location and scale: z = a + b e, so that dz = (1, e).
        let moved = |e: f64| (a + b * e, [1.0, e, 0.0]);
        match self.law {
            Law::Normal => moved(StandardNormal.sample(rng)),
            Law::StudentT => {
                let (normal, chi): (f64, f64) = (StandardNormal.sample(rng), 2.0 * gamma_draw(2.0, rng));
                moved(normal / (chi / 4.0).sqrt())
            }
            Law::LogNormal => {
                let e: f64 = StandardNormal.sample(rng);
                let z = (a + b * e).exp();
                (z, [z, z * e, 0.0])
            }
            Law::Uniform => {
                let u: f64 = uniform(rng);
                (a + (b - a) * u, [1.0 - u, u, 0.0])
            }
            Law::Laplace => {
                let v: f64 = uniform(rng) - 0.5;
                moved(-v.signum() * (1.0 - 2.0 * v.abs()).ln())
            }
            Law::Exponential => {
                let z = -(-uniform(rng)).ln_1p() / a;
                (z, [-z / a, 0.0, 0.0])
            }
            Law::Logistic => {
                let u: f64 = uniform(rng);
                moved((u / (1.0 - u)).ln())
            }
            Law::Gumbel => moved(-(-uniform(rng).ln()).ln()),
            Law::Cauchy => moved((PI * (uniform(rng) - 0.5)).tan()),
            Law::Weibull => {
                let e = -(-uniform(rng)).ln_1p();
                let z = a * e.powf(1.0 / b);
                (z, [z / a, -z * e.ln() / (b * b), 0.0])
            }
            Law::Gamma => {
                let g = gamma_draw(a, rng);
                (b * g, [b * gamma_slope(a, g), g, 0.0])
            }
            Law::Beta => {
                let (x, y) = (gamma_draw(a, rng), gamma_draw(b, rng));
                let z = (x / (x + y)).clamp(1e-12, 1.0 - 1e-12);
                let density = ((a - 1.0) * z.ln() + (b - 1.0) * (-z).ln_1p() - beta::ln_beta(a, b)).exp();
                let d_a = slope(a, |a| beta::beta_reg(a, b, z));
                let d_b = slope(b, |b| beta::beta_reg(a, b, z));
                (z, [-d_a / density, -d_b / density, 0.0])
            }
            Law::Dirichlet => {
                let g = [0, 1, 2].map(|i| gamma_draw(theta[i], rng));
                let total: f64 = g.iter().sum();
                let d = [0, 1, 2].map(|i| gamma_slope(theta[i], g[i]));
                let share = g[0] / total;
                (share, [d[0] * (1.0 - share) / total, -share * d[1] / total, -share * d[2] / total])
            }
            Law::VonMises => {
                let z = von_mises_draw(b, rng);
                (a + z, [1.0, von_mises_slope(b, z), 0.0])
            }
            Law::Concrete => {
                let gumbel = Gumbel::new(0.0, 1.0).expect("a scale of 1");
                let y = [a, b, 0.0].map(|l| (l + gumbel.sample(rng)) / theta[2]);
                let top = y.iter().copied().fold(f64::MIN, f64::max);
                let e = y.map(|y| (y - top).exp());
                let total: f64 = e.iter().sum();
                let z = e.map(|e| e / total);
                let mean: f64 = z.iter().zip(&y).map(|(z, y)| z * y).sum();
                (z[0], [z[0] * (1.0 - z[0]) / theta[2], -z[0] * z[1] / theta[2], z[0] * (mean - y[0]) / theta[2]])
            }
        }
    }

    /// p(z; θ), of the component shown; NaN where it has no closed form.
    pub fn density(&self, theta: &[f64], z: f64) -> f64 {
        let (a, b) = (theta[0], theta.get(1).copied().unwrap_or(1.0));
        let e = (z - a) / b;
        let beta_density = |a: f64, b: f64| match z {
            z if z <= 0.0 || z >= 1.0 => 0.0,
            z => ((a - 1.0) * z.ln() + (b - 1.0) * (-z).ln_1p() - beta::ln_beta(a, b)).exp(),
        };
        match self.law {
            Law::Normal => (-0.5 * e * e).exp() / (b * TAU.sqrt()),
            Law::StudentT => 0.375 / b * (1.0 + e * e / 4.0).powf(-2.5),
            Law::LogNormal if z <= 0.0 => 0.0,
            Law::LogNormal => (-0.5 * ((z.ln() - a) / b).powi(2)).exp() / (z * b * TAU.sqrt()),
            Law::Uniform => {
                if (a..=b).contains(&z) {
                    1.0 / (b - a)
                } else {
                    0.0
                }
            }
            Law::Laplace => (-e.abs()).exp() / (2.0 * b),
            Law::Exponential => {
                if z < 0.0 {
                    0.0
                } else {
                    a * (-a * z).exp()
                }
            }
            Law::Logistic => (-e.abs()).exp() / (b * (1.0 + (-e.abs()).exp()).powi(2)),
            Law::Gumbel => (-e - (-e).exp()).exp() / b,
            Law::Cauchy => 1.0 / (PI * b * (1.0 + e * e)),
            Law::Weibull | Law::Gamma if z <= 0.0 => 0.0,
            Law::Weibull => b / a * (z / a).powf(b - 1.0) * (-(z / a).powf(b)).exp(),
            Law::Gamma => gamma_density(a, z / b) / b,
            Law::Beta => beta_density(a, b),
            Law::Dirichlet => beta_density(a, b + theta[2]),
            Law::VonMises => (b * ((z - a).cos() - 1.0)).exp() / (TAU * bessel(0.0, b)),
            Law::Concrete => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests;
