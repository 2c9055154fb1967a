//! The diagonal Gaussian latent: `z = μ + σ ε` (equations 1, 2 and 6) and its divergence from N(0, I).

use crate::kernels::{Kernel, Real, Simd};

/// Samples a batch.
pub struct Forward<'a, T> {
    pub latent: usize,
    pub batch: usize,
    /// `[batch, 2Z]`: μ, then log σ.
    pub stats: &'a [T],
    /// ε `[batch, Z]` from N(0, 1).
    pub noise: &'a [T],
    /// z, in rows `out_stride` apart.
    pub out: &'a mut [T],
    pub out_stride: usize,
    /// KL(q ‖ N(0, I)) in nats `[batch]`, one glimpse's term of equation 11.
    pub kl: &'a mut [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let z = self.latent;
        for b in 0..self.batch {
            let (mu, log_sigma) = self.stats[b * 2 * z..][..2 * z].split_at(z);
            let noise = &self.noise[b * z..][..z];
            let out = &mut self.out[b * self.out_stride..][..z];
            // SAFETY: u < z, and at most `left` elements are touched. Absent lanes load as zeros, and
            // add exp(0) - 1 = 0 to the divergence.
            unsafe {
                let mut kl = S::splat(T::zero());
                for u in (0..z).step_by(S::LANES) {
                    let left = z - u;
                    let m = S::load_upto(mu.as_ptr().add(u), left);
                    let l = S::load_upto(log_sigma.as_ptr().add(u), left);
                    let e = S::load_upto(noise.as_ptr().add(u), left);
                    let sigma = S::exp(l);
                    S::store_upto(out.as_mut_ptr().add(u), S::mul_add(sigma, e, m), left);
                    let square = S::mul_add(sigma, sigma, S::mul(m, m));
                    kl = S::add(kl, S::sub(S::sub(square, S::add(l, l)), S::splat(T::one())));
                }
                self.kl[b] = T::of(0.5) * S::sum(kl);
            }
        }
    }
}

/// The backward pass of [`Forward`]: of the loss that flows through z, plus `kl_weight` times the divergence.
pub struct Backward<'a, T> {
    pub latent: usize,
    pub batch: usize,
    /// μ and log σ on entry, their gradients on return.
    pub stats: &'a mut [T],
    pub noise: &'a [T],
    /// The gradient of z, in rows `d_stride` apart.
    pub d_z: &'a [T],
    pub d_stride: usize,
    pub kl_weight: T,
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let z = self.latent;
        for b in 0..self.batch {
            let (mu, log_sigma) = self.stats[b * 2 * z..][..2 * z].split_at_mut(z);
            let (noise, d_z) = (&self.noise[b * z..][..z], &self.d_z[b * self.d_stride..][..z]);
            for u in (0..z).step_by(S::LANES) {
                let left = z - u;
                // SAFETY: u < z, and at most `left` elements are touched.
                unsafe {
                    let (mp, lp) = (mu.as_mut_ptr().add(u), log_sigma.as_mut_ptr().add(u));
                    let (m, l) = (S::load_upto(mp, left), S::load_upto(lp, left));
                    let e = S::load_upto(noise.as_ptr().add(u), left);
                    let d = S::load_upto(d_z.as_ptr().add(u), left);
                    let (sigma, beta) = (S::exp(l), S::splat(self.kl_weight));
                    S::store_upto(mp, S::mul_add(beta, m, d), left);
                    let through_z = S::mul(d, S::mul(e, sigma));
                    let of_kl = S::sub(S::mul(sigma, sigma), S::splat(T::one()));
                    S::store_upto(lp, S::mul_add(beta, of_kl, through_z), left);
                }
            }
        }
    }
}
