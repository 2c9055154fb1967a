//! Four `f32` lanes: NEON, which every CPU of this target has.

use super::{Simd, instructions, math};
use std::arch::aarch64::*;

/// Proof that the CPU has NEON.
#[derive(Clone, Copy)]
pub struct Neon(());

impl Neon {
    pub fn new() -> Option<Self> {
        cfg!(target_feature = "neon").then_some(Neon(()))
    }
}

impl Simd<f32> for Neon {
    type V = float32x4_t;
    const LANES: usize = 4;
    // Of 32 registers, 24 hold sums.
    const ROWS: usize = 12;

    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> float32x4_t {
        // SAFETY: the caller vouches for four elements.
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: float32x4_t) {
        // SAFETY: the caller vouches for four elements.
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> float32x4_t {
        let mut lanes = [0f32; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(n) {
            // SAFETY: the caller vouches for n elements.
            *lane = unsafe { *p.add(i) };
        }
        // SAFETY: there are four.
        unsafe { vld1q_f32(lanes.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, v: float32x4_t, n: usize) {
        let mut lanes = [0f32; 4];
        // SAFETY: there are four.
        unsafe { vst1q_f32(lanes.as_mut_ptr(), v) };
        for (i, &lane) in lanes.iter().enumerate().take(n) {
            // SAFETY: the caller vouches for n elements.
            unsafe { *p.add(i) = lane };
        }
    }
    instructions! {
        splat(x: f32) -> float32x4_t = vdupq_n_f32(x);
        add(a: float32x4_t, b: float32x4_t) -> float32x4_t = vaddq_f32(a, b);
        sub(a: float32x4_t, b: float32x4_t) -> float32x4_t = vsubq_f32(a, b);
        mul(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmulq_f32(a, b);
        div(a: float32x4_t, b: float32x4_t) -> float32x4_t = vdivq_f32(a, b);
        // The CPU's own max and min give NaN for either NaN.
        max(a: float32x4_t, b: float32x4_t) -> float32x4_t = vbslq_f32(vcgtq_f32(a, b), a, b);
        min(a: float32x4_t, b: float32x4_t) -> float32x4_t = vbslq_f32(vcltq_f32(a, b), a, b);
        sqrt(a: float32x4_t) -> float32x4_t = vsqrtq_f32(a);
        mul_add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t = vfmaq_f32(c, a, b);
        sum(v: float32x4_t) -> f32 = vaddvq_f32(v);
    }
    #[inline(always)]
    fn exp(self, x: float32x4_t) -> float32x4_t {
        math::exp_with(
            self,
            x,
            // SAFETY: the CPU has NEON, here and below.
            |v| unsafe { vrndnq_f32(v) },
            // SAFETY: as above.
            |p, n| unsafe {
                let bits = vshlq_n_s32::<23>(vcvtnq_s32_f32(n));
                vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), bits))
            },
        )
    }
}
