//! Sixteen `f32` lanes: AVX-512F.

use super::{Kernel, MOST_LANES, Simd, instructions, math};
use std::arch::x86_64::*;

/// Proof that the CPU has AVX-512F, AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    pub fn new() -> Option<Self> {
        let all =
            is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        all.then_some(Avx512(()))
    }

    #[inline]
    pub fn run<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx2,fma")]
        fn compiled<K: Kernel<f32>>(avx512: Avx512, kernel: K) -> K::Output {
            kernel.run(avx512)
        }
        // SAFETY: there is a value of this type only where the CPU has all three.
        unsafe { compiled(self, kernel) }
    }
}

/// The first `n` lanes of sixteen, or all.
#[inline(always)]
pub fn first(n: usize) -> __mmask16 {
    if n >= 16 { !0 } else { (1 << n) - 1 }
}

impl Simd<f32> for Avx512 {
    type V = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 12;

    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        // SAFETY: a prefetch may name any address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> __m512 {
        // SAFETY: the caller vouches for sixteen elements.
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: __m512) {
        // SAFETY: the caller vouches for sixteen elements.
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> __m512 {
        // SAFETY: the caller vouches for n elements, fewer than sixteen; no other is touched.
        unsafe { _mm512_maskz_loadu_ps((1u16 << n) - 1, p) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, v: __m512, n: usize) {
        // SAFETY: the caller vouches for n elements, fewer than sixteen; no other is touched.
        unsafe { _mm512_mask_storeu_ps(p, (1u16 << n) - 1, v) }
    }
    instructions! {
        splat(x: f32) -> __m512 = _mm512_set1_ps(x);
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
        min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
        sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
        mul_add(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        sum(v: __m512) -> f32 = _mm512_reduce_add_ps(v);
    }
    #[inline(always)]
    fn sums(self, v: [__m512; MOST_LANES]) -> __m512 {
        // Pairs of lanes are summed until each vector's sum is in its lane: first within quarters, then across them. No
        // closures: they would not be compiled for this instruction set.
        macro_rules! fours {
            ($i:expr) => {{
                let a = _mm512_add_ps(_mm512_unpacklo_ps(v[$i], v[$i + 1]), _mm512_unpackhi_ps(v[$i], v[$i + 1]));
                let b =
                    _mm512_add_ps(_mm512_unpacklo_ps(v[$i + 2], v[$i + 3]), _mm512_unpackhi_ps(v[$i + 2], v[$i + 3]));
                let (a, b) = (_mm512_castps_pd(a), _mm512_castps_pd(b));
                let (even, odd) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
                _mm512_add_ps(_mm512_castpd_ps(even), _mm512_castpd_ps(odd))
            }};
        }
        macro_rules! across {
            ($a:expr, $b:expr) => {
                _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>($a, $b), _mm512_shuffle_f32x4::<0xDD>($a, $b))
            };
        }
        // SAFETY: the CPU has AVX-512F.
        unsafe {
            let [a, b, c, d] = [fours!(0), fours!(4), fours!(8), fours!(12)];
            let (ab, cd) = (across!(a, b), across!(c, d));
            across!(ab, cd)
        }
    }
    #[inline(always)]
    fn exp(self, x: __m512) -> __m512 {
        math::exp_with(
            self,
            x,
            // SAFETY: the CPU has AVX-512F, here and below.
            |v| unsafe { _mm512_roundscale_ps::<0>(v) },
            // SAFETY: as above.
            |p, n| unsafe { _mm512_scalef_ps(p, n) },
        )
    }
}
