//! Vectorised `exp`, slice-wise kernels of it, and what is clamped where.
//!
//! `exp` is a degree-6 polynomial on `[-ln 2 / 2, ln 2 / 2]` after Cody and Waite's reduction:
//! relative error below 2e-7 on `[-87, 88]`. `sigmoid` and `tanh` have absolute error below 2e-7. Tested below.
//!
//! # What is clamped, and what becomes of NaN
//! The same on every path (`f64`, scalar, AVX2, AVX-512, NEON, simd128 with and without relaxed SIMD):
//!
//! * `exp` takes its argument into `[-87, 88]`: its result lies between 1.6e-38 and 1.7e38, so that neither infinity nor
//!   a subnormal arises. NaN stays NaN.
//! * `sigmoid` and `tanh` follow from it: `sigmoid(-∞)` is 6e-39, `sigmoid(∞)` is 1, `tanh(±∞)` is ±1. NaN stays NaN.
//! * `max(a, b)` is `a` where `a > b`, else `b`; `min` alike. So NaN in `b` stays, and NaN in `a` gives `b`.
//! * A window's five numbers are taken into ranges in [`Window`](crate::attention::Window): centres to ±1e5 pixels,
//!   strides to 1e5 pixels, variances to 1e-10 to 1e10, γ to 1e-12 to 1e12. Beyond a range its gradient is zero.
//! * A write's strokes, the patch times 1/γ̂, are taken to ±1e24, where no sum of them overflows. Beyond, the gradient
//!   is zero.
//!
//! Nothing else is clamped. A gate's sum that overflows makes its LSTM cell NaN. So finite heads give canvases without NaN; heads, losses or gradients that are not finite are
//! [`Error::NotFinite`](crate::Error::NotFinite) or [`Error::Diverged`](crate::Error::Diverged), never a result.

use super::{Kernel, Real, Simd};

/// Largest argument of `exp`: `e^88` is just below the largest `f32`.
pub const EXP_MAX: f64 = 88.0;
/// Smallest argument of `exp`: `e^-87` is just above the smallest normal `f32`.
pub const EXP_MIN: f64 = -87.0;

/// `x` taken into a range; NaN stays NaN.
#[inline(always)]
pub fn clamp<T: Real>(x: T, low: f64, high: f64) -> T {
    let (low, high) = (T::of(low), T::of(high));
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}

/// `e^x` for one number, clamped as the vectors' is.
#[inline(always)]
pub fn exp<T: Real>(x: T) -> T {
    clamp(x, EXP_MIN, EXP_MAX).exp()
}

/// `e^x`, given `round` (to the nearest integer) and `scale(p, n) = p 2^n`.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub fn exp_with<S: Simd<f32>>(s: S, x: S::V, round: impl Fn(S::V) -> S::V, scale: impl Fn(S::V, S::V) -> S::V) -> S::V {
    let c = |v: f32| s.splat(v);
    let x = s.bounded(x, c(EXP_MIN as f32), c(EXP_MAX as f32));
    let n = round(s.mul(x, c(std::f32::consts::LOG2_E)));
    // ln 2 in two parts, the first exact in a few bits, so that r keeps its precision.
    let r = s.mul_add(n, c(-0.693_359_4), x);
    let r = s.mul_add(n, c(2.121_944_4e-4), r);
    let mut p = c(1.987_569_1e-4);
    p = s.mul_add(p, r, c(1.398_199_9e-3));
    p = s.mul_add(p, r, c(8.333_452e-3));
    p = s.mul_add(p, r, c(4.166_579_6e-2));
    p = s.mul_add(p, r, c(1.666_666_5e-1));
    p = s.mul_add(p, r, c(5e-1));
    let p = s.add(s.mul_add(p, s.mul(r, r), r), c(1.0));
    scale(p, n)
}

/// `out = sigmoid(x)`, element by element.
///
/// # Panics
/// If the lengths differ.
pub fn sigmoid<T: Real>(x: &[T], out: &mut [T]) {
    assert_eq!(x.len(), out.len());
    struct Sigmoid<'a, T>(&'a [T], &'a mut [T]);
    impl<T: Real> Kernel<T> for Sigmoid<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd<T>>(self, s: S) {
            let n = self.0.len();
            for i in (0..n).step_by(S::LANES) {
                // SAFETY: both slices have n elements; at most the n - i left are touched.
                unsafe {
                    let v = s.load_upto(self.0.as_ptr().add(i), n - i);
                    s.store_upto(self.1.as_mut_ptr().add(i), s.sigmoid(v), n - i);
                }
            }
        }
    }
    T::dispatch(Sigmoid(x, out))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Clone, Copy)]
    enum What {
        Exp,
        Sigmoid,
        Tanh,
        Max,
        Min,
    }

    /// Of one operand, or of two.
    struct Map<'a>(&'a [f32], &'a [f32], &'a mut [f32], What);
    impl Kernel<f32> for Map<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd<f32>>(self, s: S) {
            let n = self.0.len().min(self.1.len()).min(self.2.len());
            for i in (0..n).step_by(S::LANES) {
                // SAFETY: all slices have n elements; at most the n - i left are touched.
                unsafe {
                    let a = s.load_upto(self.0.as_ptr().add(i), n - i);
                    let b = s.load_upto(self.1.as_ptr().add(i), n - i);
                    let r = match self.3 {
                        What::Exp => s.exp(a),
                        What::Sigmoid => s.sigmoid(a),
                        What::Tanh => s.tanh(a),
                        What::Max => s.max(a, b),
                        What::Min => s.min(a, b),
                    };
                    s.store_upto(self.2.as_mut_ptr().add(i), r, n - i);
                }
            }
        }
    }

    fn map2(a: &[f32], b: &[f32], what: What) -> Vec<f32> {
        let mut out = vec![0.0; a.len()];
        f32::dispatch(Map(a, b, &mut out, what));
        out
    }

    fn map(x: &[f32], what: What) -> Vec<f32> {
        map2(x, x, what)
    }

    #[test]
    fn exp_is_accurate() {
        let x: Vec<f32> = (0..200_003).map(|i| -87.0 + i as f32 * (175.0 / 200_003.0)).collect();
        for (&x, y) in x.iter().zip(map(&x, What::Exp)) {
            let exact = (x as f64).exp();
            let error = ((y as f64 - exact) / exact).abs();
            assert!(error < 2e-7, "exp({x}) = {y}, relative error {error}");
        }
    }

    const NAN: f32 = f32::NAN;
    const INFINITY: f32 = f32::INFINITY;

    // Whole vectors and the rest of one: seventeen lanes' worth.
    fn padded(x: &[f32]) -> Vec<f32> {
        x.iter().cycle().take(17 * x.len()).copied().collect()
    }

    #[test]
    fn exp_is_clamped_and_keeps_nan() {
        let x = padded(&[-INFINITY, -1e30, -1000.0, -88.0, 88.5, 1000.0, 3e38, INFINITY, NAN]);
        let (low, high) = ((-87f64).exp(), 88f64.exp());
        for (x, y) in x.iter().zip(map(&x, What::Exp)) {
            let expected = if *x < 0.0 { low } else { high };
            let error = (y as f64 - expected).abs() / expected;
            assert!(if x.is_nan() { y.is_nan() } else { error < 2e-7 }, "exp({x}) = {y}");
            let one = exp(*x);
            assert!(
                if x.is_nan() { one.is_nan() } else { (one - y).abs() <= 4e-7 * y },
                "exp({x}) = {one}, as a vector {y}"
            );
            let f64s = exp(*x as f64);
            assert!(if x.is_nan() { f64s.is_nan() } else { (f64s - expected).abs() < 1e-12 * expected });
        }
    }

    #[test]
    fn sigmoid_and_tanh_have_ends() {
        let x = padded(&[-INFINITY, -1e30, 1e30, INFINITY, NAN]);
        for ((x, s), t) in x.iter().zip(map(&x, What::Sigmoid)).zip(map(&x, What::Tanh)) {
            if x.is_nan() {
                assert!(s.is_nan() && t.is_nan());
            } else {
                let (at, side) = if *x < 0.0 { (0.0, -1.0) } else { (1.0, 1.0) };
                assert!((s - at).abs() < 1e-38 && t == side, "sigmoid({x}) = {s}, tanh {t}");
            }
        }
    }

    #[test]
    fn max_and_min_take_the_second_where_they_cannot_compare() {
        let ends = [-INFINITY, -1.0, 0.0, 2.5, INFINITY, NAN];
        let a = padded(&ends.map(|a| [a; 6]).concat());
        let b = padded(&ends.repeat(6));
        for ((a, b), (max, min)) in
            a.iter().zip(&b).zip(map2(&a, &b, What::Max).into_iter().zip(map2(&a, &b, What::Min)))
        {
            let (larger, smaller) = (if a > b { a } else { b }, if a < b { a } else { b });
            assert!(max.to_bits() == larger.to_bits(), "max({a}, {b}) = {max}");
            assert!(min.to_bits() == smaller.to_bits(), "min({a}, {b}) = {min}");
        }
    }

    #[test]
    fn sigmoid_and_tanh_are_accurate() {
        let x: Vec<f32> = (0..100_001).map(|i| -30.0 + i as f32 * 6e-4).collect();
        for ((&x, s), t) in x.iter().zip(map(&x, What::Sigmoid)).zip(map(&x, What::Tanh)) {
            let x = x as f64;
            assert!((s as f64 - 1.0 / (1.0 + (-x).exp())).abs() < 2e-7, "sigmoid({x}) = {s}");
            assert!((t as f64 - x.tanh()).abs() < 2e-7, "tanh({x}) = {t}");
        }
    }
}
