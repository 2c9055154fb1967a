//! Matrix products of bfloat16 numbers with sums in f32, for training: where the CPU has AVX-512 BF16 they take half
//! the time of f32 products.
//!
//! Operands are rounded to the nearest bfloat16 (8 bits of precision) as they are packed, two neighbours along k to
//! a 32-bit pair, which is what the instruction multiplies. Everything else in a step stays f32.

use super::Real;
use super::gemm::Init;
use std::any::TypeId;

/// Whether this machine has the instructions.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return super::instruction_set() == "avx512"
        && is_x86_feature_detected!("avx512bf16")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Columns of a panel: two vectors of f32 sums.
const WIDTH: usize = 32;
/// Rows of the register tile.
const ROWS: usize = 8;
/// Pairs of a cache line.
const LINE: usize = 16;

/// A right-hand side `k × n` in panels of columns, each pair of rows beside each other, padded with zeros.
#[derive(Clone)]
pub struct Pairs {
    k: usize,
    n: usize,
    offset: usize,
    data: Vec<u32>,
}

impl Pairs {
    /// A zero matrix.
    pub fn new(k: usize, n: usize) -> Self {
        let data = vec![0; n.div_ceil(WIDTH) * WIDTH * k.div_ceil(2) + LINE];
        let offset = data.as_ptr().align_offset(64).min(LINE);
        Pairs { k, n, offset, data }
    }

    /// Takes the values of panels as [`super::gemm::Packed`] has them with 16 lanes: `[panel, k, 32]`.
    pub fn fill<T: Real>(&mut self, panels: &[T]) {
        let panels = floats(panels);
        assert!(available(), "no bfloat16 here");
        assert!(panels.len() >= self.n.div_ceil(WIDTH) * WIDTH * self.k, "pairs: panels too short");
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU has the instructions; panels and data hold as many as there are.
        unsafe {
            avx512::fill(self, panels)
        }
    }
}

/// The slice as the f32 that it is: bfloat16 products are for f32 models alone.
fn floats<T: Real>(x: &[T]) -> &[f32] {
    assert!(TypeId::of::<T>() == TypeId::of::<f32>(), "bfloat16 products are for f32");
    // SAFETY: T is f32.
    unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) }
}

fn floats_mut<T: Real>(x: &mut [T]) -> &mut [f32] {
    assert!(TypeId::of::<T>() == TypeId::of::<f32>(), "bfloat16 products are for f32");
    // SAFETY: T is f32.
    unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr().cast(), x.len()) }
}

/// As [`super::gemm::gemm`], of rounded operands.
///
/// # Panics
/// If [`available`] is false, or a slice is too short for its shape.
pub fn gemm<T: Real>(m: usize, a: &[T], lda: usize, b: &Pairs, init: Init<T>, c: &mut [T], ldc: usize) {
    assert!(available(), "no bfloat16 here");
    assert!(lda >= b.k && a.len() >= (m - 1) * lda + b.k, "gemm: a is too short");
    assert!(ldc >= b.n && c.len() >= (m - 1) * ldc + b.n, "gemm: c is too short");
    let (a, c) = (floats(a), floats_mut(c));
    for row in c.chunks_mut(ldc).take(m) {
        match &init {
            Init::Zero => row[..b.n].fill(0.0),
            Init::Bias(bias) => row[..b.n].copy_from_slice(&floats(bias)[..b.n]),
            Init::Accumulate => {}
        }
    }
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the CPU has the instructions; the slices were checked.
    unsafe {
        avx512::gemm(m, a, lda, b, c, ldc)
    }
}

/// As [`super::gemm::gemm_tn`], of rounded operands; `c` is `m × n`.
///
/// # Panics
/// If [`available`] is false, or a slice is too short for its shape.
pub fn gemm_tn<T: Real>(
    (m, n, k): (usize, usize, usize),
    a: &[T],
    lda: usize,
    b: &[T],
    ldb: usize,
    c: &mut [T],
    ldc: usize,
    scratch: &mut Vec<u32>,
) {
    assert!(available(), "no bfloat16 here");
    assert!(lda >= m && a.len() >= (k - 1) * lda + m, "gemm_tn: a is too short");
    assert!(ldb >= n && b.len() >= (k - 1) * ldb + n, "gemm_tn: b is too short");
    assert!(ldc >= n && c.len() >= (m - 1) * ldc + n, "gemm_tn: c is too short");
    let (a, b, c) = (floats(a), floats(b), floats_mut(c));
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the CPU has the instructions; the slices were checked.
    unsafe {
        avx512::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch)
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{LINE, Pairs, ROWS, WIDTH};
    use std::arch::x86_64::*;
    use std::cell::RefCell;

    /// Depth and rows of a that are packed at a time: together they stay in the second cache.
    const DEPTH: usize = 768;
    const BLOCK: usize = 128;

    /// # Safety
    /// The CPU must have the features, and `panels` as many values as the pairs have.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub unsafe fn fill(to: &mut Pairs, panels: &[f32]) {
        let pairs = to.k.div_ceil(2);
        for panel in 0..to.n.div_ceil(WIDTH) {
            for pair in 0..pairs {
                let at = (panel * to.k + 2 * pair) * WIDTH;
                let out = to.offset + (panel * pairs + pair) * WIDTH;
                for column in (0..WIDTH).step_by(16) {
                    // SAFETY: the row after an odd last one is not read.
                    unsafe {
                        let (even, odd) = (panels.as_ptr().add(at), panels.as_ptr().wrapping_add(at + WIDTH));
                        let both = pair_up(even, odd, 2 * pair + 1 < to.k, column, 16);
                        _mm512_storeu_si512(to.data.as_mut_ptr().add(out + column).cast(), both);
                    }
                }
            }
        }
    }

    /// # Safety
    /// The CPU must have the features, `a` m rows of `b.k` elements, and `c` m rows of `b.n`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub unsafe fn gemm(m: usize, a: &[f32], lda: usize, b: &Pairs, c: &mut [f32], ldc: usize) {
        thread_local!(static ROUNDED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });
        let (pairs, panels) = (b.k.div_ceil(2), b.n.div_ceil(WIDTH));
        let stride = pairs.next_multiple_of(LINE);
        ROUNDED.with_borrow_mut(|rounded| unsafe {
            if rounded.len() < m * stride {
                rounded.resize(m * stride, 0);
            }
            for i in 0..m {
                round_row(&a[i * lda..][..b.k], rounded.as_mut_ptr().add(i * stride));
            }
            for panel in 0..panels {
                let here = b.data.as_ptr().add(b.offset + panel * pairs * WIDTH);
                for row in (0..m).step_by(ROWS) {
                    let columns = b.n - panel * WIDTH;
                    let to = c.as_mut_ptr().add(row * ldc + panel * WIDTH);
                    let from = rounded.as_ptr().add(row * stride);
                    // The first tile asks for the next panel.
                    let ahead = if row == 0 && panel + 1 < panels { pairs * WIDTH } else { 0 };
                    tiles(ROWS.min(m - row), pairs, from, (stride, 1), here, ahead, to, ldc, columns);
                }
            }
        });
    }

    /// # Safety
    /// The CPU must have the features; the slices must hold k rows of m and of n elements, and m rows of n.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub unsafe fn gemm_tn(
        m: usize,
        n: usize,
        k: usize,
        a: &[f32],
        lda: usize,
        b: &[f32],
        ldb: usize,
        c: &mut [f32],
        ldc: usize,
        scratch: &mut Vec<u32>,
    ) {
        let panels = n.div_ceil(WIDTH);
        let room = DEPTH / 2 * (BLOCK + panels * WIDTH) + LINE;
        if scratch.len() < room {
            scratch.resize(room, 0);
        }
        let offset = scratch.as_ptr().align_offset(64).min(LINE);
        let (a_packed, b_packed) = scratch[offset..].split_at_mut(DEPTH / 2 * BLOCK);
        let (a_packed, b_packed) = (a_packed.as_mut_ptr(), b_packed.as_mut_ptr());
        for k0 in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - k0);
            let pairs = depth.div_ceil(2);
            // SAFETY: rows k0 + 2 pair and, if it is there, the one after; columns below n and m.
            unsafe {
                for pair in 0..pairs {
                    let at = k0 + 2 * pair;
                    let second = 2 * pair + 1 < depth;
                    let (even, odd) = (b.as_ptr().add(at * ldb), b.as_ptr().wrapping_add((at + 1) * ldb));
                    for column in (0..n).step_by(LINE) {
                        let to = b_packed.add((column / WIDTH * pairs + pair) * WIDTH + column % WIDTH);
                        _mm512_storeu_si512(to.cast(), pair_up(even, odd, second, column, n - column));
                    }
                }
                for block in (0..m).step_by(BLOCK) {
                    let end = m.min(block + BLOCK);
                    for pair in 0..pairs {
                        let at = k0 + 2 * pair;
                        let second = 2 * pair + 1 < depth;
                        let (even, odd) = (a.as_ptr().add(at * lda), a.as_ptr().wrapping_add((at + 1) * lda));
                        // Sixteen rows of the result are two tiles.
                        for row in (block..end).step_by(2 * ROWS) {
                            let both = pair_up(even, odd, second, row, end - row);
                            let to = a_packed.add(((row - block) * pairs) + pair * ROWS);
                            _mm256_storeu_si256(to.cast(), _mm512_castsi512_si256(both));
                            _mm256_storeu_si256(to.add(ROWS * pairs).cast(), _mm512_extracti64x4_epi64::<1>(both));
                        }
                    }
                    for panel in 0..panels {
                        let here = b_packed.add(panel * pairs * WIDTH).cast_const();
                        for row in (block..end).step_by(ROWS) {
                            let to = c.as_mut_ptr().add(row * ldc + panel * WIDTH);
                            let from = a_packed.add((row - block) * pairs).cast_const();
                            let ahead = if row == block && panel + 1 < panels { pairs * WIDTH } else { 0 };
                            let columns = n - panel * WIDTH;
                            tiles(ROWS.min(end - row), pairs, from, (1, ROWS), here, ahead, to, ldc, columns);
                        }
                    }
                }
            }
        }
    }

    /// The first `n` of 16 lanes, or all.
    #[inline(always)]
    fn first(n: usize) -> __mmask16 {
        if n >= 16 { !0 } else { (1 << n) - 1 }
    }

    /// Up to sixteen columns of two rows as pairs; an absent second row is zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn pair_up(even: *const f32, odd: *const f32, second: bool, column: usize, left: usize) -> __m512i {
        unsafe {
            let widened = |row: *const f32, mask: __mmask16| {
                let rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, row.wrapping_add(column)));
                _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(rounded))
            };
            let low = widened(even, first(left));
            let high = widened(odd, if second { first(left) } else { 0 });
            _mm512_or_si512(low, _mm512_slli_epi32::<16>(high))
        }
    }

    /// A row as pairs of neighbours.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn round_row(row: &[f32], to: *mut u32) {
        for at in (0..row.len()).step_by(32) {
            let left = row.len() - at;
            // SAFETY: at most `left` elements are read; `to` has room for whole vectors.
            unsafe {
                let low = _mm512_maskz_loadu_ps(first(left), row.as_ptr().add(at));
                let high = _mm512_maskz_loadu_ps(first(left.saturating_sub(16)), row.as_ptr().wrapping_add(at + 16));
                let both = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
                _mm512_storeu_si512(to.add(at / 2).cast(), both);
            }
        }
    }

    /// Picks the tile for a number of rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn tiles(
        rows: usize,
        pairs: usize,
        a: *const u32,
        strides: (usize, usize),
        b: *const u32,
        ahead: usize,
        c: *mut f32,
        ldc: usize,
        columns: usize,
    ) {
        macro_rules! pick {
            ($($r:literal)*) => {
                match rows {
                    $($r => unsafe { tile::<$r>(pairs, a, strides, b, ahead, c, ldc, columns) },)*
                    _ => unreachable!("a tile has 1 to {ROWS} rows"),
                }
            };
        }
        pick!(1 2 3 4 5 6 7 8)
    }

    /// `M` rows by two vectors, added to what `c` holds. Element (i, pair) of `a` is at `i strides.0 + pair strides.1`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn tile<const M: usize>(
        pairs: usize,
        a: *const u32,
        strides: (usize, usize),
        b: *const u32,
        ahead: usize,
        c: *mut f32,
        ldc: usize,
        columns: usize,
    ) {
        unsafe {
            let masks = [first(columns), first(columns.saturating_sub(16))];
            let mut acc = [[_mm512_setzero_ps(); 2]; M];
            for (i, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = _mm512_maskz_loadu_ps(masks[v], c.wrapping_add(i * ldc + v * 16));
                }
            }
            for pair in 0..pairs {
                let at = b.add(pair * WIDTH);
                _mm_prefetch::<_MM_HINT_T1>(at.wrapping_add(ahead).cast());
                _mm_prefetch::<_MM_HINT_T1>(at.wrapping_add(ahead + LINE).cast());
                let load =
                    |v: usize| std::mem::transmute::<__m512i, __m512bh>(_mm512_loadu_si512(at.add(v * 16).cast()));
                let b = [load(0), load(1)];
                for (i, acc) in acc.iter_mut().enumerate() {
                    let x = _mm512_set1_epi32(*a.add(i * strides.0 + pair * strides.1) as i32);
                    let x = std::mem::transmute::<__m512i, __m512bh>(x);
                    for (acc, b) in acc.iter_mut().zip(b) {
                        *acc = _mm512_dpbf16_ps(*acc, x, b);
                    }
                }
            }
            for (i, acc) in acc.iter().enumerate() {
                for (v, acc) in acc.iter().enumerate() {
                    _mm512_mask_storeu_ps(c.wrapping_add(i * ldc + v * 16), masks[v], *acc);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gemm::Packed;
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                ((s >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            })
            .collect()
    }

    /// To the nearest bfloat16, ties to even.
    fn rounded(x: f32) -> f32 {
        let bits = x.to_bits();
        f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// Products of the rounded operands, with no more error than f32 sums have.
    #[test]
    fn products_are_those_of_the_rounded_operands() {
        if !available() {
            return;
        }
        for (m, k, n) in [(1, 1, 1), (3, 5, 33), (8, 64, 32), (25, 101, 70), (50, 520, 131)] {
            let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
            let (bias, start) = (numbers(n, 3), numbers(m * (n + 3), 4));
            let mut packed = Packed::new(k, n);
            packed.fill((0, k), (0, n), &b, n, 1);
            packed.pair();
            for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
                let mut c = start.clone();
                super::super::gemm::gemm(m, &a, k + 2, &packed, init, &mut c, n + 3);
                for (at, c) in c.iter().enumerate() {
                    let (i, j) = (at / (n + 3), at % (n + 3));
                    if j >= n {
                        assert_eq!(*c, start[at], "wrote past the row");
                        continue;
                    }
                    let from = match init {
                        Init::Zero => 0.0,
                        Init::Bias(b) => b[j],
                        Init::Accumulate => start[at],
                    };
                    let terms = (0..k).map(|l| rounded(a[i * (k + 2) + l]) as f64 * rounded(b[l * n + j]) as f64);
                    let expected = from as f64 + terms.sum::<f64>();
                    assert!((*c as f64 - expected).abs() < 2e-5, "{m}x{k}x{n} at {i},{j}: {c}, expected {expected}");
                }
            }
        }
        for (m, n, k) in [(1, 1, 1), (5, 37, 3), (29, 8, 300), (13, 70, 1537), (250, 41, 400)] {
            let (a, b) = (numbers(k * m, 5), numbers(k * n, 6));
            let mut c = vec![1.0; m * n];
            gemm_tn((m, n, k), &a, m, &b, n, &mut c, n, &mut Vec::new());
            for (at, c) in c.iter().enumerate() {
                let (i, j) = (at / n, at % n);
                let terms = (0..k).map(|l| rounded(a[l * m + i]) as f64 * rounded(b[l * n + j]) as f64);
                let expected = 1.0 + terms.sum::<f64>();
                assert!((*c as f64 - expected).abs() < 1e-4, "{m}x{n}x{k} at {i},{j}: {c}, expected {expected}");
            }
        }
    }
}
