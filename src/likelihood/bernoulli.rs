//! The Bernoulli likelihood from logits (equation 9), forward beside backward.

use crate::kernels::{Kernel, Real, Simd, fits};

/// `-log p(x | logits)` in nats for each image of a batch; also gives the gradient of the logits,
/// which is σ(logits) − x.
pub struct Bernoulli<'a, T> {
    /// Values of an image.
    pub pixels: usize,
    /// Logits `[batch, pixels]`.
    pub logits: &'a [T],
    /// Images `[batch, pixels]`, each value in `[0, 1]`.
    pub images: &'a [T],
    /// Nats `[batch]`.
    pub nats: &'a mut [T],
    /// The gradient of the logits `[batch, pixels]`.
    pub d_logits: &'a mut [T],
}

impl<T: Real> Bernoulli<'_, T> {
    /// Finds nats and gradient.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (n, batch) = (self.pixels, self.nats.len());
        assert!(fits(self.logits, batch, n, n), "likelihood: logits are too short");
        assert!(fits(self.images, batch, n, n), "likelihood: images are too short");
        assert!(fits(self.d_logits, batch, n, n), "likelihood: the gradient is too short");
        T::dispatch(Checked(self));
    }
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real> Kernel<T> for Checked<Bernoulli<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Bernoulli { pixels: n, logits, images, nats, d_logits }) = self;
        for (b, nats) in nats.iter_mut().enumerate() {
            let (logits, images) = (&logits[b * n..][..n], &images[b * n..][..n]);
            let gradient = &mut d_logits[b * n..][..n];
            for i in (0..n).step_by(S::LANES) {
                let left = n - i;
                // SAFETY: i < n, and at most `left` elements are touched.
                unsafe {
                    let l = s.load_upto(logits.as_ptr().add(i), left);
                    let x = s.load_upto(images.as_ptr().add(i), left);
                    s.store_upto(gradient.as_mut_ptr().add(i), s.sub(s.sigmoid(l), x), left);
                }
            }
            // -log p = max(l, 0) - l x + log(1 + e^-|l|), which overflows nowhere.
            let mut sum = 0.0f64;
            for (&l, &x) in logits.iter().zip(images) {
                sum += (l.max(T::zero()) - l * x + (-l.abs()).exp().ln_1p()).f64();
            }
            *nats = T::of(sum);
        }
    }
}
