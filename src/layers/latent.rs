//! The diagonal Gaussian latent: `z = μ + σ ε` (equations 1, 2 and 6) and its divergence from a prior.

use super::Tensor;
use super::prior::{Learned, Prior};
use crate::kernels::{Kernel, Real, Simd, fits};

/// The weights that give μ and log σ of `z` latents: `[2Z, H]` and `[2Z]`.
pub(crate) fn tensors([weight, bias]: [&'static str; 2], z: usize, hidden: usize) -> [Tensor; 2] {
    let stats = z.saturating_mul(2);
    [Tensor::matrix(weight, [stats, hidden], hidden).of_matrices(Some(2)), Tensor::vector(bias, stats)]
}

/// z = μ, and no divergence: what a plain autoencoder has instead of a sample. Arguments as in [`Forward`].
///
/// # Panics
/// If a slice is too short for its shape.
pub(crate) fn mean<T: Real>(z: usize, stats: &[T], out: &mut [T], out_stride: usize, kl: &mut [T]) {
    for (b, (stats, kl)) in stats.chunks_exact(2 * z).zip(kl).enumerate() {
        out[b * out_stride..][..z].copy_from_slice(&stats[..z]);
        *kl = T::zero();
    }
}

/// The backward pass of [`mean`]: statistics become their gradients.
///
/// # Panics
/// If a slice is too short for its shape.
pub(crate) fn mean_backward<T: Real>(z: usize, stats: &mut [T], d_z: &[T], d_stride: usize) {
    for (b, stats) in stats.chunks_exact_mut(2 * z).enumerate() {
        let (mu, log_sigma) = stats.split_at_mut(z);
        mu.copy_from_slice(&d_z[b * d_stride..][..z]);
        log_sigma.fill(T::zero());
    }
}

/// Samples a batch.
pub struct Forward<'a, T, P> {
    /// What it is compared with.
    pub prior: P,
    /// Latents Z of an image.
    pub latent: usize,
    /// Images.
    pub batch: usize,
    /// `[batch, 2Z]`: μ, then log σ.
    pub stats: &'a [T],
    /// ε `[batch, Z]` from N(0, 1).
    pub noise: &'a [T],
    /// z, in rows `out_stride` apart.
    pub out: &'a mut [T],
    /// Elements from one image's z to the next.
    pub out_stride: usize,
    /// KL(q ‖ p) in nats `[batch]`, one glimpse's term of equation 11.
    pub kl: &'a mut [T],
}

impl<T: Real, P: Prior<T>> Forward<'_, T, P> {
    /// Draws the samples, and finds their divergence.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (z, batch) = (self.latent, self.batch);
        assert!(stats_fit(self.stats, batch, z), "latent: statistics are too short");
        assert!(fits(self.noise, batch, z, z), "latent: noise is too short");
        assert!(fits(self.out, batch, self.out_stride, z), "latent: out is too short");
        assert!(self.kl.len() >= batch, "latent: kl is too short");
        T::dispatch(Checked(self));
    }
}

/// Whether there are mean and log σ of `z` latents for each of a batch.
fn stats_fit<T>(stats: &[T], batch: usize, z: usize) -> bool {
    z.checked_mul(2).is_some_and(|width| fits(stats, batch, width, width))
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real, P: Prior<T>> Kernel<T> for Checked<Forward<'_, T, P>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Forward { prior, latent: z, batch, stats, noise, out, out_stride, kl: of_batch }) = self;
        for (b, of_image) in of_batch[..batch].iter_mut().enumerate() {
            let (mu, log_sigma) = stats[b * 2 * z..][..2 * z].split_at(z);
            let noise = &noise[b * z..][..z];
            let out = &mut out[b * out_stride..][..z];
            let prior = prior.moments(b).map(|moments| moments.map(|of| &of[..z]));
            // SAFETY: u < z, and at most `left` elements are touched. Absent lanes load as zeros, and
            // add exp(0) - 1 = 0 to the divergence.
            unsafe {
                let mut kl = s.splat(T::zero());
                for u in (0..z).step_by(S::LANES) {
                    let left = z - u;
                    let m = s.load_upto(mu.as_ptr().add(u), left);
                    let l = s.load_upto(log_sigma.as_ptr().add(u), left);
                    let e = s.load_upto(noise.as_ptr().add(u), left);
                    let sigma = s.exp(l);
                    s.store_upto(out.as_mut_ptr().add(u), s.mul_add(sigma, e, m), left);
                    let (m, l, sigma) = match prior {
                        None => (m, l, sigma),
                        Some([mean, log_sigma]) => {
                            let l_p = s.load_upto(log_sigma.as_ptr().add(u), left);
                            let apart = s.sub(m, s.load_upto(mean.as_ptr().add(u), left));
                            let l = s.sub(l, l_p);
                            (s.mul(apart, s.exp(s.sub(s.splat(T::zero()), l_p))), l, s.exp(l))
                        }
                    };
                    let square = s.mul_add(sigma, sigma, s.mul(m, m));
                    kl = s.add(kl, s.sub(s.sub(square, s.add(l, l)), s.splat(T::one())));
                }
                *of_image = T::of(0.5) * s.sum(kl);
            }
        }
    }
}

/// The backward pass of [`Forward`]: of the loss that flows through z, plus `kl_weight` times the divergence.
pub struct Backward<'a, T, P> {
    /// What it is compared with; what is learned of it gets its gradient.
    pub prior: P,
    /// Latents Z of an image.
    pub latent: usize,
    /// Images.
    pub batch: usize,
    /// μ and log σ on entry, their gradients on return.
    pub stats: &'a mut [T],
    /// ε, as `Forward::noise`.
    pub noise: &'a [T],
    /// The gradient of z, in rows `d_stride` apart.
    pub d_z: &'a [T],
    /// Elements from one image's gradient of z to the next.
    pub d_stride: usize,
    /// The factor of the divergence in the loss.
    pub kl_weight: T,
}

impl<T: Real, P: Prior<T>> Backward<'_, T, P> {
    /// Turns statistics into their gradients.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (z, batch) = (self.latent, self.batch);
        assert!(stats_fit(self.stats, batch, z), "latent: statistics are too short");
        assert!(fits(self.noise, batch, z, z), "latent: noise is too short");
        assert!(fits(self.d_z, batch, self.d_stride, z), "latent: d_z is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real, P: Prior<T>> Kernel<T> for Checked<Backward<'_, T, P>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Backward { mut prior, latent: z, batch, stats, noise, d_z, d_stride, kl_weight }) = self;
        let (beta, one) = (s.splat(kl_weight), s.splat(T::one()));
        for b in 0..batch {
            let (mu, log_sigma) = stats[b * 2 * z..][..2 * z].split_at_mut(z);
            let (noise, d_z) = (&noise[b * z..][..z], &d_z[b * d_stride..][..z]);
            let mut prior = prior
                .learned(b)
                .map(|Learned { moments, gradients }| (moments.map(|of| &of[..z]), gradients.map(|of| &mut of[..z])));
            for u in (0..z).step_by(S::LANES) {
                let left = z - u;
                // SAFETY: u < z, and at most `left` elements are touched.
                unsafe {
                    let (mp, lp) = (mu.as_mut_ptr().add(u), log_sigma.as_mut_ptr().add(u));
                    let (m, l) = (s.load_upto(mp, left), s.load_upto(lp, left));
                    let e = s.load_upto(noise.as_ptr().add(u), left);
                    let d = s.load_upto(d_z.as_ptr().add(u), left);
                    let sigma = s.exp(l);
                    let through_z = s.mul(d, s.mul(e, sigma));
                    let (of_mean, of_log_sigma) = match &mut prior {
                        None => (m, s.sub(s.mul(sigma, sigma), one)),
                        Some(([mean, log_sigma], [d_mean, d_log_sigma])) => {
                            let l_p = s.load_upto(log_sigma.as_ptr().add(u), left);
                            let narrow = s.exp(s.sub(s.splat(T::zero()), l_p));
                            let apart = s.mul(s.sub(m, s.load_upto(mean.as_ptr().add(u), left)), narrow);
                            let wide = s.mul(sigma, narrow);
                            let of_mean = s.mul(apart, narrow);
                            let of_log_sigma = s.sub(s.mul(wide, wide), one);
                            // The prior's own gradients: minus q's, and of its σ the distance as well.
                            let (dm, dl) = (d_mean.as_mut_ptr().add(u), d_log_sigma.as_mut_ptr().add(u));
                            s.store_upto(dm, s.sub(s.load_upto(dm, left), s.mul(beta, of_mean)), left);
                            let of_prior = s.mul_add(apart, apart, of_log_sigma);
                            s.store_upto(dl, s.sub(s.load_upto(dl, left), s.mul(beta, of_prior)), left);
                            (of_mean, of_log_sigma)
                        }
                    };
                    s.store_upto(mp, s.mul_add(beta, of_mean, d), left);
                    s.store_upto(lp, s.mul_add(beta, of_log_sigma, through_z), left);
                }
            }
        }
    }
}
