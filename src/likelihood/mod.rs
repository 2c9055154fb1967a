//! What the canvas says of an image: the mean that is shown and read, the nats of equation 9 and their gradient, samples.
//!
//! A likelihood decides how many planes a canvas has for each channel of the image; the means come first, and they are
//! σ of their planes in every one.

pub(crate) mod bernoulli;
mod logistic;

use bernoulli::Bernoulli;

use crate::kernels::{Real, Simd, math};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// p(x | canvas).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// Each value is 0 or 1, of which a grey level is the probability; the canvas holds the logits (section 4.3).
    Bernoulli,
    /// The same sum over values anywhere in `[0, 1]`, as the paper has it for colour (section 4.4): no probability of
    /// an image, and no cost of sending one.
    Intensities,
    /// Each value is one of 256 levels, with the probability of its step under a logistic distribution; the canvas holds
    /// σ⁻¹ of the means, and then the logarithms of the scales.
    Logistic,
}

/// What an image's grey levels become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// 0 or 1, at random: the level is the probability of a 1.
    Binary,
    /// From 0 to 1, as they are.
    Levels,
}

impl Likelihood {
    /// Planes of the canvas for each channel of the image.
    pub fn planes(self) -> usize {
        match self {
            Likelihood::Bernoulli | Likelihood::Intensities => 1,
            Likelihood::Logistic => 2,
        }
    }

    /// What an image is to it.
    pub fn values(self) -> Values {
        if self == Likelihood::Bernoulli { Values::Binary } else { Values::Levels }
    }

    /// Nats as bits for each value of an image of `pixels`, where they are the cost of one.
    pub fn bits_per_dim(self, nats: f64, pixels: usize) -> Option<f64> {
        (self == Likelihood::Logistic).then(|| nats / (pixels as f64 * std::f64::consts::LN_2))
    }

    /// Starts a canvas at the data's mean image: its logits, and scales of photographs.
    pub(crate) fn start<T: Real>(self, mean: &[T], canvas: &mut [T]) {
        let (means, scales) = canvas.split_at_mut(mean.len());
        for (v, m) in means.iter_mut().zip(mean) {
            let m = m.f64().clamp(0.01, 0.99);
            *v = T::of((m / (1.0 - m)).ln());
        }
        scales.fill(T::of(logistic::START));
    }

    /// The means of canvases `[batch, planes, B, A]`, as images of `pixels` values.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub(crate) fn mean<T: Real>(self, pixels: usize, canvas: &[T], out: &mut [T]) {
        match self.planes() {
            1 => mean(canvas, out),
            planes => {
                for (canvas, out) in canvas.chunks_exact(planes * pixels).zip(out.chunks_exact_mut(pixels)) {
                    mean(&canvas[..pixels], out);
                }
            }
        }
    }

    /// Adds the gradient of a canvas that is compared with the image by its means alone: `factor` times that of
    /// [`Likelihood::nats`].
    ///
    /// # Panics
    /// If the canvas has other planes than the means'.
    pub(crate) fn add_gradient<T: Real>(self, factor: T, means: &[T], images: &[T], d_canvas: &mut [T]) {
        assert_eq!(self.planes(), 1, "the means are not all of the canvas");
        for ((d, mean), x) in d_canvas.iter_mut().zip(means).zip(images) {
            *d += factor * (*mean - *x);
        }
    }

    /// −log p(x | canvas) in nats for each image, and its gradient by the canvas.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub(crate) fn nats<T: Real>(self, pixels: usize, canvas: &[T], images: &[T], nats: &mut [T], d_canvas: &mut [T]) {
        match self {
            Likelihood::Bernoulli | Likelihood::Intensities => {
                Bernoulli { pixels, logits: canvas, images, nats, d_logits: d_canvas }.run();
            }
            Likelihood::Logistic => logistic::nats(pixels, canvas, images, nats, d_canvas),
        }
    }

    /// Draws images `[batch, pixels]` from p(x | canvas), canvases `[batch, planes, B, A]`.
    pub fn sample<T: Real>(self, pixels: usize, canvas: &[T], rng: &mut Xoshiro256PlusPlus, out: &mut [T]) {
        match self {
            Likelihood::Bernoulli | Likelihood::Intensities => {
                mean(canvas, out);
                out.iter_mut().for_each(|v| *v = T::of((rng.random::<f64>() < v.f64()) as u8 as f64));
            }
            Likelihood::Logistic => logistic::sample(pixels, canvas, rng, out),
        }
    }
}

/// The means of values on the canvas, alike in every likelihood.
pub(crate) fn mean<T: Real>(canvas: &[T], out: &mut [T]) {
    math::sigmoid(canvas, out);
}

/// The slope of a mean by its value on the canvas, told from the mean: σ′ = σ − σ².
#[inline(always)]
pub(crate) fn mean_slope<T: Real, S: Simd<T>>(s: S, mean: S::V) -> S::V {
    s.sub(mean, s.mul(mean, mean))
}
