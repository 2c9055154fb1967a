//! One element at a time: `f64`, and `f32` where no vector unit is known.

use super::{Real, Simd, math};

#[derive(Clone, Copy)]
pub struct Scalar;

impl<T: Real> Simd<T> for Scalar {
    type V = T;
    const LANES: usize = 1;
    const ROWS: usize = 4;

    #[inline(always)]
    fn splat(self, x: T) -> T {
        x
    }
    #[inline(always)]
    unsafe fn load(self, p: *const T) -> T {
        // SAFETY: the caller vouches for one element.
        unsafe { *p }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut T, v: T) {
        // SAFETY: the caller vouches for one element.
        unsafe { *p = v }
    }
    #[inline(always)]
    unsafe fn load_first(self, _: *const T, _: usize) -> T {
        T::zero()
    }
    #[inline(always)]
    unsafe fn store_first(self, _: *mut T, _: T, _: usize) {}
    #[inline(always)]
    fn add(self, a: T, b: T) -> T {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: T, b: T) -> T {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: T, b: T) -> T {
        a * b
    }
    #[inline(always)]
    fn div(self, a: T, b: T) -> T {
        a / b
    }
    #[inline(always)]
    fn max(self, a: T, b: T) -> T {
        if a > b { a } else { b }
    }
    #[inline(always)]
    fn min(self, a: T, b: T) -> T {
        if a < b { a } else { b }
    }
    #[inline(always)]
    fn sqrt(self, a: T) -> T {
        a.sqrt()
    }
    #[inline(always)]
    fn mul_add(self, a: T, b: T, c: T) -> T {
        a * b + c
    }
    #[inline(always)]
    fn sum(self, v: T) -> T {
        v
    }
    #[inline(always)]
    fn exp(self, x: T) -> T {
        math::exp(x)
    }
}
