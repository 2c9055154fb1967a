//! What a latent is compared with, and drawn from where there is no image: p(z).
//!
//! The kernels of [`super::latent`] and the tape ask a [`Prior`] alone. A prior of another kind is a type here, and what
//! the model's own function [`Draw::prior`](crate::draw::model::Draw::prior) makes of the decoder's emissions.

use crate::kernels::Real;

/// A Gaussian p(z) for each latent of each image of a batch.
pub trait Prior<T> {
    /// μ and log σ of image `b`'s latents, `[Z]` each; none if they are 0 and 0.
    fn moments(&self, b: usize) -> Option<[&[T]; 2]>;

    /// Where the gradients of image `b`'s μ and log σ are added, with the moments; none if nothing is learned.
    fn learned(&mut self, b: usize) -> Option<Learned<'_, T>>;

    /// z of latent `u` of image `b`, from ε of N(0, 1) (section 2.3).
    fn draw(&self, b: usize, u: usize, noise: T) -> T
    where
        T: Real,
    {
        self.moments(b).map_or(noise, |[mean, log_sigma]| mean[u] + log_sigma[u].exp() * noise)
    }

    /// ((z − μ) / σ)² and log σ at latent `u` of image `b`: −log p(z) is half the first, the second, and ½ log 2π.
    fn measure(&self, b: usize, u: usize, z: f64) -> [f64; 2]
    where
        T: Real,
    {
        let [mean, log_sigma] = self.moments(b).map_or([0.0; 2], |moments| moments.map(|of| of[u].f64()));
        [((z - mean) * (-log_sigma).exp()).powi(2), log_sigma]
    }
}

/// The moments of one image's prior, and their gradients `[Z]`.
pub struct Learned<'a, T> {
    /// μ and log σ.
    pub moments: [&'a [T]; 2],
    /// Their gradients, which are added to.
    pub gradients: [&'a mut [T]; 2],
}

/// N(0, I), the paper's.
#[derive(Clone, Copy, Debug)]
pub struct Standard;

impl<T> Prior<T> for Standard {
    #[inline(always)]
    fn moments(&self, _: usize) -> Option<[&[T]; 2]> {
        None
    }

    #[inline(always)]
    fn learned(&mut self, _: usize) -> Option<Learned<'_, T>> {
        None
    }
}
