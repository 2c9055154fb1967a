//! Four `f32` lanes: WebAssembly simd128, with fused multiply-add where the build has relaxed SIMD.

use super::{Simd, instructions, math};
use std::arch::wasm32::*;

/// Of a build for simd128: an engine without refuses the module.
#[derive(Clone, Copy)]
pub struct Simd128(());

const RELAXED: bool = cfg!(target_feature = "relaxed-simd");

impl Simd128 {
    pub const NAME: &str = if RELAXED { "relaxed-simd" } else { "simd128" };

    #[inline(always)]
    pub fn new() -> Self {
        Simd128(())
    }
}

impl Simd<f32> for Simd128 {
    type V = v128;
    const LANES: usize = 4;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> v128 {
        // SAFETY: the caller vouches for four elements.
        unsafe { v128_load(p as *const v128) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: v128) {
        // SAFETY: the caller vouches for four elements.
        unsafe { v128_store(p as *mut v128, v) }
    }
    // Calls: rows end once, and every place that ends one would hold the loop.
    #[inline(never)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> v128 {
        let mut lanes = [0f32; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(n) {
            // SAFETY: the caller vouches for n elements.
            *lane = unsafe { *p.add(i) };
        }
        // SAFETY: there are four.
        unsafe { self.load(lanes.as_ptr()) }
    }
    #[inline(never)]
    unsafe fn store_first(self, p: *mut f32, v: v128, n: usize) {
        let mut lanes = [0f32; 4];
        // SAFETY: there are four.
        unsafe { self.store(lanes.as_mut_ptr(), v) };
        for (i, &lane) in lanes.iter().enumerate().take(n) {
            // SAFETY: the caller vouches for n elements.
            unsafe { *p.add(i) = lane };
        }
    }
    instructions! {
        splat(x: f32) -> v128 = f32x4_splat(x);
        add(a: v128, b: v128) -> v128 = f32x4_add(a, b);
        sub(a: v128, b: v128) -> v128 = f32x4_sub(a, b);
        mul(a: v128, b: v128) -> v128 = f32x4_mul(a, b);
        div(a: v128, b: v128) -> v128 = f32x4_div(a, b);
        // pmax(b, a) is a where b < a, else b. With relaxed SIMD the compiler makes relaxed_max of it, which may take either
        // where they cannot compare.
        max(a: v128, b: v128) -> v128 =
            if RELAXED { v128_bitselect(a, b, f32x4_gt(a, b)) } else { f32x4_pmax(b, a) };
        min(a: v128, b: v128) -> v128 =
            if RELAXED { v128_bitselect(a, b, f32x4_lt(a, b)) } else { f32x4_pmin(b, a) };
        sqrt(a: v128) -> v128 = f32x4_sqrt(a);
        sum(v: v128) -> f32 = (f32x4_extract_lane::<0>(v) + f32x4_extract_lane::<2>(v))
            + (f32x4_extract_lane::<1>(v) + f32x4_extract_lane::<3>(v));
    }
    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, c: v128) -> v128 {
        #[cfg(target_feature = "relaxed-simd")]
        return f32x4_relaxed_madd(a, b, c);
        #[cfg(not(target_feature = "relaxed-simd"))]
        f32x4_add(f32x4_mul(a, b), c)
    }
    #[inline(always)]
    fn exp(self, x: v128) -> v128 {
        let round = |v| f32x4_nearest(v);
        #[cfg(not(target_feature = "relaxed-simd"))]
        return math::exp_with(self, x, round, |p, n| i32x4_add(p, i32x4_shl(i32x4_trunc_sat_f32x4(n), 23)));
        // Of one instruction each where `trunc_sat` and a choice of numbers take several, but what they make of NaN is open.
        // All bits set are NaN.
        #[cfg(target_feature = "relaxed-simd")]
        math::exp_with(self, x, round, |p, n| {
            v128_or(f32x4_ne(x, x), i32x4_add(p, i32x4_shl(i32x4_relaxed_trunc_f32x4(n), 23)))
        })
    }
    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn bounded(self, x: v128, low: v128, high: v128) -> v128 {
        f32x4_relaxed_max(low, f32x4_relaxed_min(high, x))
    }
}
