//! One element at a time: `f64`, and `f32` where no vector unit is known.

use super::{Real, Simd};

#[derive(Clone, Copy)]
pub struct Scalar;

impl<T: Real> Simd<T> for Scalar {
    type V = T;
    const LANES: usize = 1;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: T) -> T {
        x
    }
    #[inline(always)]
    unsafe fn load(p: *const T) -> T {
        unsafe { *p }
    }
    #[inline(always)]
    unsafe fn store(p: *mut T, v: T) {
        unsafe { *p = v }
    }
    #[inline(always)]
    unsafe fn load_first(_: *const T, _: usize) -> T {
        T::zero()
    }
    #[inline(always)]
    unsafe fn store_first(_: *mut T, _: T, _: usize) {}
    #[inline(always)]
    unsafe fn add(a: T, b: T) -> T {
        a + b
    }
    #[inline(always)]
    unsafe fn sub(a: T, b: T) -> T {
        a - b
    }
    #[inline(always)]
    unsafe fn mul(a: T, b: T) -> T {
        a * b
    }
    #[inline(always)]
    unsafe fn div(a: T, b: T) -> T {
        a / b
    }
    #[inline(always)]
    unsafe fn max(a: T, b: T) -> T {
        a.max(b)
    }
    #[inline(always)]
    unsafe fn sqrt(a: T) -> T {
        a.sqrt()
    }
    #[inline(always)]
    unsafe fn mul_add(a: T, b: T, c: T) -> T {
        a * b + c
    }
    #[inline(always)]
    unsafe fn sum(v: T) -> T {
        v
    }
    #[inline(always)]
    unsafe fn exp(x: T) -> T {
        x.exp()
    }
}
