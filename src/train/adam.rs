//! Adam (Kingma & Ba 2014) with gradient-norm clipping, and an average of the weights.

use crate::kernels::{Kernel, Real, Simd};

/// Settings of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// One update of a stretch of parameters.
pub struct Update<'a, T> {
    pub adam: Adam,
    /// The number of this step, from 1.
    pub step: u64,
    pub learning_rate: f64,
    /// The average keeps this share of itself.
    pub average_decay: f64,
    /// Factor on the gradient: the batch's mean, and clipping.
    pub scale: f64,
    pub gradient: &'a [T],
    pub params: &'a mut [T],
    pub first: &'a mut [T],
    pub second: &'a mut [T],
    pub average: &'a mut [T],
}

impl<T: Real> Update<'_, T> {
    /// # Panics
    /// If the slices differ in length.
    pub fn run(self) {
        let lengths = [self.gradient.len(), self.first.len(), self.second.len(), self.average.len()];
        assert_eq!(lengths, [self.params.len(); 4], "Adam: slices differ in length");
        T::dispatch(Checked(self));
    }
}

/// An update whose slices have one length.
struct Checked<'a, T>(Update<'a, T>);

impl<T: Real> Kernel<T> for Checked<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Update {
            adam,
            step,
            learning_rate,
            average_decay,
            scale,
            gradient,
            params,
            first,
            second,
            average,
        }) = self;
        let Adam { beta1, beta2, epsilon } = adam;
        let n = params.len();
        let power = step.min(1_000_000) as i32;
        let correction2 = (1.0 - beta2.powi(power)).sqrt();
        let rate = learning_rate / (1.0 - beta1.powi(power)) * correction2;
        // SAFETY: all slices have n elements; i < n, and at most the n - i left are touched.
        unsafe {
            let c = |x: f64| s.splat(T::of(x));
            let (b1, nb1, b2, nb2) = (c(beta1), c(1.0 - beta1), c(beta2), c(1.0 - beta2));
            let (minus_rate, eps, scale) = (c(-rate), c(epsilon * correction2), c(scale));
            let (keep, take) = (c(average_decay), c(1.0 - average_decay));
            for i in (0..n).step_by(S::LANES) {
                let left = n - i;
                let g = s.mul(s.load_upto(gradient.as_ptr().add(i), left), scale);
                let (mp, vp) = (first.as_mut_ptr().add(i), second.as_mut_ptr().add(i));
                let m = s.mul_add(b1, s.load_upto(mp, left), s.mul(nb1, g));
                let v = s.mul_add(b2, s.load_upto(vp, left), s.mul(nb2, s.mul(g, g)));
                let (pp, ap) = (params.as_mut_ptr().add(i), average.as_mut_ptr().add(i));
                let delta = s.div(m, s.add(s.sqrt(v), eps));
                let p = s.mul_add(minus_rate, delta, s.load_upto(pp, left));
                let a = s.mul_add(keep, s.load_upto(ap, left), s.mul(take, p));
                s.store_upto(mp, m, left);
                s.store_upto(vp, v, left);
                s.store_upto(pp, p, left);
                s.store_upto(ap, a, left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_matches_its_definition() {
        let (n, rate) = (21, 1e-2);
        let (mut p, mut m, mut v, mut a) = (vec![1.0f64; n], vec![0.0; n], vec![0.0; n], vec![1.0; n]);
        let (mut rp, mut rm, mut rv) = (1.0f64, 0.0, 0.0);
        for step in 1..=5u64 {
            let g = 0.3 * step as f64;
            Update {
                adam: Adam::default(),
                step,
                learning_rate: rate,
                average_decay: 0.9,
                scale: 0.5,
                gradient: &vec![2.0 * g; n],
                params: &mut p,
                first: &mut m,
                second: &mut v,
                average: &mut a,
            }
            .run();
            rm = 0.9 * rm + 0.1 * g;
            rv = 0.999 * rv + 0.001 * g * g;
            let (mh, vh) = (rm / (1.0 - 0.9f64.powi(step as i32)), rv / (1.0 - 0.999f64.powi(step as i32)));
            rp -= rate * mh / (vh.sqrt() + 1e-8);
            assert!(p.iter().all(|x| (x - rp).abs() < 1e-12), "step {step}");
        }
        assert!(a.iter().all(|x| *x < 1.0 && *x > rp));
    }
}
