//! Eight `f32` lanes: AVX2 and FMA.

use super::{Kernel, MOST_LANES, Simd, instructions, math};
use std::arch::x86_64::*;

/// Proof that the CPU has AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    pub fn new() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Avx2(()))
    }

    #[inline]
    pub fn run<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<K: Kernel<f32>>(avx2: Avx2, kernel: K) -> K::Output {
            kernel.run(avx2)
        }
        // SAFETY: there is a value of this type only where the CPU has both.
        unsafe { compiled(self, kernel) }
    }
}

/// The first `n` lanes.
///
/// # Safety
/// `n` must be at most eight, and the CPU have AVX2.
#[inline(always)]
unsafe fn mask(n: usize) -> __m256i {
    // A window into -1s then 0s.
    static BITS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    // SAFETY: the window of eight lies in the array.
    unsafe { _mm256_loadu_si256(BITS.as_ptr().add(8 - n) as *const __m256i) }
}

impl Simd<f32> for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 6;

    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        // SAFETY: a prefetch may name any address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> __m256 {
        // SAFETY: the caller vouches for eight elements.
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: __m256) {
        // SAFETY: the caller vouches for eight elements.
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> __m256 {
        // SAFETY: the caller vouches for n elements, fewer than eight; no other is touched.
        unsafe { _mm256_maskload_ps(p, mask(n)) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, v: __m256, n: usize) {
        // SAFETY: the caller vouches for n elements, fewer than eight; no other is touched.
        unsafe { _mm256_maskstore_ps(p, mask(n), v) }
    }
    instructions! {
        splat(x: f32) -> __m256 = _mm256_set1_ps(x);
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
        min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
        sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
        mul_add(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        sum(v: __m256) -> f32 = {
            let q = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let d = _mm_add_ps(q, _mm_movehl_ps(q, q));
            _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)))
        };
    }
    #[inline(always)]
    fn sums(self, v: [__m256; MOST_LANES]) -> __m256 {
        // As with sixteen lanes: first within halves, then across them.
        macro_rules! fours {
            ($i:expr) => {{
                let a = _mm256_add_ps(_mm256_unpacklo_ps(v[$i], v[$i + 1]), _mm256_unpackhi_ps(v[$i], v[$i + 1]));
                let b =
                    _mm256_add_ps(_mm256_unpacklo_ps(v[$i + 2], v[$i + 3]), _mm256_unpackhi_ps(v[$i + 2], v[$i + 3]));
                let (a, b) = (_mm256_castps_pd(a), _mm256_castps_pd(b));
                let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
                _mm256_add_ps(_mm256_castpd_ps(even), _mm256_castpd_ps(odd))
            }};
        }
        // SAFETY: the CPU has AVX2.
        unsafe {
            let (a, b) = (fours!(0), fours!(4));
            _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
        }
    }
    #[inline(always)]
    fn exp(self, x: __m256) -> __m256 {
        math::exp_with(
            self,
            x,
            // SAFETY: the CPU has AVX2, here and below.
            |v| unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(v) },
            // SAFETY: as above.
            |p, n| unsafe {
                let bits = _mm256_slli_epi32::<23>(_mm256_cvtps_epi32(n));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), bits))
            },
        )
    }
}
