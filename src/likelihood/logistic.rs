//! The discretised logistic likelihood (Salimans et al. 2017, with one component): a value of 256 levels has the
//! probability of its step under a logistic distribution around the canvas's mean.
//!
//! ```text
//! μ = σ(m)   s = e^l   h = 1/510   a = (x + h − μ) / s   b = (x − h − μ) / s
//! −log p = −log(σ(a) − σ(b)) = log(1 + e^−a) + log(1 + e^b) − log(1 − e^(−2h/s))
//! ```
//! The lowest level takes all below it, the highest all above it: there the parts with b, or with a, and the last fall away.

use crate::kernels::Real;
use crate::kernels::math::clamp;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// Half a step between two of 256 levels.
const HALF: f64 = 0.5 / 255.0;
/// The range that log s keeps to; beyond it its gradient is zero. Its low end is a quarter of a step.
const LOG_SCALE: [f64; 2] = [-7.0, 3.0];
/// log s of a fresh canvas: about that of photographs' values around their mean.
pub(super) const START: f64 = -2.0;

/// `log(1 + e^x)`, which overflows nowhere.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One value: −log p in nats, and its gradients by m and by log s.
fn value(x: f64, mean: f64, log_scale: f64) -> [f64; 3] {
    let l = clamp(log_scale, LOG_SCALE[0], LOG_SCALE[1]);
    let (mu, s) = (sigmoid(mean), l.exp());
    let (a, b) = ((x + HALF - mu) / s, (x - HALF - mu) / s);
    let (mut nats, mut d_mu, mut d_l) = (0.0, 0.0, 0.0);
    let (lowest, highest) = (x < HALF, x > 1.0 - HALF);
    if !highest {
        nats += softplus(-a);
        d_mu += sigmoid(-a) / s;
        d_l += a * sigmoid(-a);
    }
    if !lowest {
        nats += softplus(b);
        d_mu -= sigmoid(b) / s;
        d_l -= b * sigmoid(b);
    }
    if !lowest && !highest {
        let step = 2.0 * HALF / s;
        nats -= (-(-step).exp_m1()).ln();
        d_l += step / step.exp_m1();
    }
    if l != log_scale {
        d_l = 0.0;
    }
    [nats, d_mu * mu * (1.0 - mu), d_l]
}

/// `-log p(x | canvas)` in nats for each image of a batch, and the gradient of the canvas.
///
/// Canvases are `[batch, 2 pixels]`, means first, then log scales; images `[batch, pixels]`, each value in `[0, 1]`.
///
/// # Panics
/// If a slice is too short for its shape.
pub(super) fn nats<T: Real>(pixels: usize, canvas: &[T], images: &[T], nats: &mut [T], d_canvas: &mut [T]) {
    let batch = nats.len();
    assert!(canvas.len() >= 2 * batch * pixels && images.len() >= batch * pixels, "likelihood: a slice is too short");
    let canvases = canvas.chunks_exact(2 * pixels).zip(d_canvas.chunks_exact_mut(2 * pixels));
    for ((nats, image), (canvas, d)) in nats.iter_mut().zip(images.chunks_exact(pixels)).zip(canvases) {
        let (means, scales) = canvas.split_at(pixels);
        let (d_means, d_scales) = d.split_at_mut(pixels);
        let mut sum = 0.0;
        for i in 0..pixels {
            let [of_value, d_mean, d_scale] = value(image[i].f64(), means[i].f64(), scales[i].f64());
            sum += of_value;
            (d_means[i], d_scales[i]) = (T::of(d_mean), T::of(d_scale));
        }
        *nats = T::of(sum);
    }
}

/// Draws images from p(x | canvas), in 256 levels.
pub(super) fn sample<T: Real>(pixels: usize, canvas: &[T], rng: &mut Xoshiro256PlusPlus, out: &mut [T]) {
    for (canvas, out) in canvas.chunks_exact(2 * pixels).zip(out.chunks_exact_mut(pixels)) {
        let (means, scales) = canvas.split_at(pixels);
        for ((out, mean), scale) in out.iter_mut().zip(means).zip(scales) {
            let u: f64 = rng.random_range(f64::EPSILON..1.0);
            let s = clamp(scale.f64(), LOG_SCALE[0], LOG_SCALE[1]).exp();
            let x = sigmoid(mean.f64()) + s * (u / (1.0 - u)).ln();
            *out = T::of((x * 255.0).round().clamp(0.0, 255.0) / 255.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_levels_together_are_certain() {
        for (mean, log_scale) in [(0.3, -2.0), (-4.0, -5.5), (6.0, 1.0), (0.0, -9.0), (0.1, 5.0)] {
            let p: f64 = (0..256).map(|x| (-value(x as f64 / 255.0, mean, log_scale)[0]).exp()).sum();
            assert!((p - 1.0).abs() < 1e-9, "{mean} {log_scale}: {p}");
        }
    }

    #[test]
    fn slopes_are_those_of_differences() {
        for x in [0.0, 1.0 / 255.0, 0.5, 254.0 / 255.0, 1.0] {
            for (mean, log_scale) in [(0.3, -2.0), (-4.0, -4.5), (3.0, 1.0)] {
                let [_, d_mean, d_scale] = value(x, mean, log_scale);
                let h = 1e-5;
                let by = |m: f64, l: f64| {
                    (value(x, mean + m, log_scale + l)[0] - value(x, mean - m, log_scale - l)[0]) / (2.0 * h)
                };
                for (got, expected) in [(d_mean, by(h, 0.0)), (d_scale, by(0.0, h))] {
                    assert!(
                        (got - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                        "{x} {mean} {log_scale}: {got} {expected}"
                    );
                }
            }
        }
        assert_eq!(value(0.5, 0.0, -8.0)[2], 0.0, "beyond its range the scale has no slope");
    }

    #[test]
    fn extremes_are_finite() {
        for x in [0.0, 0.4, 1.0] {
            for mean in [-1e30, -50.0, 0.0, 50.0, 1e30] {
                for log_scale in [-1e30, 0.0, 1e30] {
                    assert!(value(x, mean, log_scale).iter().all(|v| v.is_finite()), "{x} {mean} {log_scale}");
                }
            }
        }
    }

    #[test]
    fn samples_are_around_the_mean() {
        let mut rng = crate::noise::rng(1, crate::noise::PIXELS, 0);
        let mut out = vec![0.0; 4000];
        let canvas: Vec<f64> = [vec![0.4; 4000], vec![-4.0; 4000]].concat();
        sample(4000, &canvas, &mut rng, &mut out);
        let mean = out.iter().sum::<f64>() / 4000.0;
        // A logistic's deviation is s π / √3.
        assert!((mean - sigmoid(0.4)).abs() < 4.0 * (-4.0f64).exp() * 1.82 / 4000f64.sqrt(), "{mean}");
        assert!(out.iter().all(|v| (v * 255.0 - (v * 255.0).round()).abs() < 1e-9));
    }
}
