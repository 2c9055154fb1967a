//! What the canvas says of an image: the mean that is shown and read, the nats of equation 9 and their gradient, samples.
//!
//! A likelihood decides how many planes a canvas has for each channel of the image; the means come first, and they are
//! σ of their planes in every one.

mod bernoulli;

pub use bernoulli::Bernoulli;

use crate::kernels::{Real, math};
use serde::{Deserialize, Serialize};

/// p(x | canvas).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// Each value in `[0, 1]` is a Bernoulli mean; the canvas holds its logits (section 4.3).
    Bernoulli,
}

impl Likelihood {
    /// Planes of the canvas for each channel of the image.
    pub fn planes(self) -> usize {
        match self {
            Likelihood::Bernoulli => 1,
        }
    }

    /// Starts a canvas at the data's mean image: its logits.
    pub(crate) fn start<T: Real>(self, mean: &[T], canvas: &mut [T]) {
        for (v, m) in canvas.iter_mut().zip(mean) {
            let m = m.f64().clamp(0.01, 0.99);
            *v = T::of((m / (1.0 - m)).ln());
        }
    }

    /// The means of canvases `[batch, planes, B, A]`, as images of `pixels` values.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub(crate) fn mean<T: Real>(self, pixels: usize, canvas: &[T], out: &mut [T]) {
        match self.planes() {
            1 => math::sigmoid(canvas, out),
            planes => {
                for (canvas, out) in canvas.chunks_exact(planes * pixels).zip(out.chunks_exact_mut(pixels)) {
                    math::sigmoid(&canvas[..pixels], out);
                }
            }
        }
    }

    /// −log p(x | canvas) in nats for each image, and its gradient by the canvas.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub(crate) fn nats<T: Real>(self, pixels: usize, canvas: &[T], images: &[T], nats: &mut [T], d_canvas: &mut [T]) {
        match self {
            Likelihood::Bernoulli => {
                Bernoulli { pixels, logits: canvas, images, nats, d_logits: d_canvas }.run();
            }
        }
    }
}
