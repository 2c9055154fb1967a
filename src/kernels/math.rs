//! Vectorised `exp`, and slice-wise kernels of it.
//!
//! `exp` is a degree-6 polynomial on `[-ln 2 / 2, ln 2 / 2]` after Cody and Waite's reduction:
//! relative error below 2e-7 on `[-87, 88]`; arguments are clamped to that range, so that no
//! infinity or subnormal arises. `sigmoid` and `tanh` have absolute error below 2e-7. Tested below.

use super::{Kernel, Real, Simd};

/// Largest argument of `exp`: `e^88` is just below the largest `f32`.
pub const EXP_MAX: f32 = 88.0;
const EXP_MIN: f32 = -87.0;

/// `e^x` for `x <= EXP_MAX`, given `round` (to the nearest integer) and `scale(p, n) = p 2^n`.
///
/// # Safety
/// As for the methods of [`Simd`].
#[inline(always)]
pub unsafe fn exp_with<S: Simd<f32>>(
    x: S::V,
    round: impl Fn(S::V) -> S::V,
    scale: impl Fn(S::V, S::V) -> S::V,
) -> S::V {
    unsafe {
        let c = |v: f32| S::splat(v);
        let x = S::max(x, c(EXP_MIN));
        let n = round(S::mul(x, c(std::f32::consts::LOG2_E)));
        // ln 2 in two parts, the first exact in a few bits, so that r keeps its precision.
        let r = S::mul_add(n, c(-0.693_359_4), x);
        let r = S::mul_add(n, c(2.121_944_4e-4), r);
        let mut p = c(1.987_569_1e-4);
        p = S::mul_add(p, r, c(1.398_199_9e-3));
        p = S::mul_add(p, r, c(8.333_452e-3));
        p = S::mul_add(p, r, c(4.166_579_6e-2));
        p = S::mul_add(p, r, c(1.666_666_5e-1));
        p = S::mul_add(p, r, c(5e-1));
        let p = S::add(S::mul_add(p, S::mul(r, r), r), c(1.0));
        scale(p, n)
    }
}

/// `out = sigmoid(x)`, element by element.
pub fn sigmoid<T: Real>(x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), out.len());
    struct Sigmoid<'a, T>(&'a [T], &'a mut [T]);
    impl<T: Real> Kernel<T> for Sigmoid<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd<T>>(self) {
            let n = self.0.len();
            for i in (0..n).step_by(S::LANES) {
                // SAFETY: `load_upto` and `store_upto` touch at most the n - i elements left.
                unsafe {
                    let v = S::load_upto(self.0.as_ptr().add(i), n - i);
                    S::store_upto(self.1.as_mut_ptr().add(i), S::sigmoid(v), n - i);
                }
            }
        }
    }
    T::dispatch(Sigmoid(x, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Map<'a>(&'a [f32], &'a mut [f32], u8);
    impl Kernel<f32> for Map<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd<f32>>(self) {
            let n = self.0.len();
            for i in (0..n).step_by(S::LANES) {
                unsafe {
                    let v = S::load_upto(self.0.as_ptr().add(i), n - i);
                    let r = match self.2 {
                        0 => S::exp(v),
                        1 => S::sigmoid(v),
                        _ => S::tanh(v),
                    };
                    S::store_upto(self.1.as_mut_ptr().add(i), r, n - i);
                }
            }
        }
    }

    fn map(x: &[f32], what: u8) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        f32::dispatch(Map(x, &mut out, what));
        out
    }

    #[test]
    fn exp_is_accurate() {
        let x: Vec<f32> = (0..200_003).map(|i| -87.0 + i as f32 * (175.0 / 200_003.0)).collect();
        for (&x, y) in x.iter().zip(map(&x, 0)) {
            let exact = (x as f64).exp();
            let error = ((y as f64 - exact) / exact).abs();
            assert!(error < 2e-7, "exp({x}) = {y}, relative error {error}");
        }
        let far = map(&[f32::NEG_INFINITY, -1000.0, 1000.0, f32::INFINITY], 0);
        assert!(far[0] >= 0.0 && far[1] < 1e-37 && far[2].is_finite() && far[3].is_finite());
    }

    #[test]
    fn sigmoid_and_tanh_are_accurate() {
        let x: Vec<f32> = (0..100_001).map(|i| -30.0 + i as f32 * 6e-4).collect();
        for ((&x, s), t) in x.iter().zip(map(&x, 1)).zip(map(&x, 2)) {
            let x = x as f64;
            assert!((s as f64 - 1.0 / (1.0 + (-x).exp())).abs() < 2e-7, "sigmoid({x}) = {s}");
            assert!((t as f64 - x.tanh()).abs() < 2e-7, "tanh({x}) = {t}");
        }
    }
}
