//! Matrix products whose operands are rounded to `bf16` (eight bits of precision), summed in `f32`: for training, where the
//! CPU has AVX-512 BF16. They take about half the time of FMA's.
//!
//! Operands are rounded to the nearest as they are packed, two neighbours along k to a 32-bit pair, which is what the
//! instruction multiplies.

use super::avx512::first;
use super::dense::Dense;
use super::gemm::Init;
use super::product;
use std::arch::x86_64::*;
use std::cell::RefCell;
use std::ops::Range;

/// Pairs in a vector, and sums.
const LANES: usize = 16;
/// Columns of a panel.
const WIDTH: usize = 2 * LANES;
/// Rows of the register tile.
const ROWS: usize = 8;
/// Depth and rows of a that [`gemm_tn`] rounds at a time: together they stay in the second cache.
const DEPTH: usize = 768;
const BLOCK: usize = 128;

/// Proof that the CPU has AVX-512 BF16.
#[derive(Clone, Copy)]
pub struct Bf16(());

impl Bf16 {
    pub fn new() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bf16");
        all.then_some(Bf16(()))
    }
}

/// A vector of pairs.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u32; LANES]);

const EMPTY: Line = Line([0; LANES]);

/// A `k × n` right-hand side in panels of columns, padded with zeros.
#[derive(Clone)]
pub struct Pairs {
    k: usize,
    n: usize,
    /// What a block shares pairs with.
    dense: Dense,
    /// `[panel, pair, half]`.
    lines: Vec<Line>,
    /// What made the lines may multiply them.
    bf16: Bf16,
}

impl Pairs {
    /// A zero matrix.
    pub fn new(bf16: Bf16, k: usize, n: usize) -> Self {
        let lines = vec![EMPTY; product([n.div_ceil(WIDTH), k.div_ceil(2), WIDTH / LANES])];
        Pairs { k, n, dense: Dense::new(k.next_multiple_of(2), n.next_multiple_of(WIDTH)), lines, bf16 }
    }

    /// As [`super::gemm::Packed::fill`].
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[f32],
        k_stride: usize,
        n_stride: usize,
    ) {
        self.dense.fill((k0, rows), (n0, columns), src, k_stride, n_stride);
        let Bf16(()) = self.bf16;
        // SAFETY: the CPU has the instructions.
        unsafe { self.round(k0 / 2..(k0 + rows).div_ceil(2), n0 / LANES..(n0 + columns).div_ceil(LANES)) }
    }

    /// Makes lines anew from the matrix.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    fn round(&mut self, pairs: Range<usize>, lines: Range<usize>) {
        let height = self.k.div_ceil(2);
        for pair in pairs {
            let [even, odd] = [0, 1].map(|i| self.dense.row(2 * pair + i));
            for line in lines.clone() {
                let to = &mut self.lines[(line / 2 * height + pair) * 2 + line % 2];
                // SAFETY: the padded rows hold whole lines.
                unsafe { pair_up(even[line * LANES..].as_ptr(), odd[line * LANES..].as_ptr(), LANES, to) };
            }
        }
    }
}

/// As [`super::gemm::gemm`].
///
/// # Safety
/// Pointers must be valid for the shapes.
pub unsafe fn gemm(m: usize, a: *const f32, lda: usize, b: &Pairs, init: Init<'_, f32>, c: *mut f32, ldc: usize) {
    let Bf16(()) = b.bf16;
    // SAFETY: the CPU has the instructions; the caller vouches for the shapes.
    unsafe { multiply(m, a, lda, b, init, c, ldc) }
}

/// # Safety
/// As for [`gemm`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn multiply(m: usize, a: *const f32, lda: usize, b: &Pairs, init: Init<'_, f32>, c: *mut f32, ldc: usize) {
    thread_local!(static LEFT: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) });
    let pairs = b.k.div_ceil(2);
    let stride = pairs.div_ceil(LANES);
    LEFT.with_borrow_mut(|left| {
        if left.len() < m * stride {
            left.resize(m * stride, EMPTY);
        }
        // SAFETY: the caller vouches for the shapes.
        unsafe {
            for i in 0..m {
                round_row(b.k, a.add(i * lda), &mut left[i * stride..]);
            }
            for panel in 0..b.n.div_ceil(WIDTH) {
                let column = panel * WIDTH;
                let here = b.lines.as_ptr().add(panel * pairs * 2);
                for row in (0..m).step_by(ROWS) {
                    // The first tile asks for the next panel.
                    let ahead = if row == 0 { pairs * 2 } else { 0 };
                    let place =
                        Place { init: init.from(column), c: c.add(row * ldc + column), ldc, columns: b.n - column };
                    let left = Left { pairs: left.as_ptr().add(row * stride).cast(), row: stride * LANES, pair: 1 };
                    tiles(ROWS.min(m - row), pairs, left, here, ahead, place);
                }
            }
        }
    });
}

/// Room for [`gemm_tn`].
pub struct Scratch {
    a: Vec<Line>,
    b: Vec<Line>,
    bf16: Bf16,
}

impl Scratch {
    /// For products of up to `n` columns.
    pub fn new(bf16: Bf16, n: usize) -> Self {
        let lines = |columns: usize| vec![EMPTY; product([DEPTH / 2, columns.div_ceil(WIDTH), WIDTH / LANES])];
        Scratch { a: lines(BLOCK), b: lines(n), bf16 }
    }
}

/// As [`super::gemm::gemm_tn`].
///
/// # Safety
/// Pointers must be valid for the shapes, and the scratch be for `n` columns.
pub unsafe fn gemm_tn(
    m: usize,
    n: usize,
    k: usize,
    a: *const f32,
    lda: usize,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    scratch: &mut Scratch,
) {
    let Bf16(()) = scratch.bf16;
    // SAFETY: the CPU has the instructions; the caller vouches for the rest.
    unsafe { multiply_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch) }
}

/// # Safety
/// As for [`gemm_tn`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn multiply_tn(
    m: usize,
    n: usize,
    k: usize,
    a: *const f32,
    lda: usize,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
    scratch: &mut Scratch,
) {
    let panels = n.div_ceil(WIDTH);
    let zeros = [0.0; LANES];
    for k0 in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - k0);
        let pairs = depth.div_ceil(2);
        // Up to sixteen columns of two rows of a matrix; after an odd last row comes one of zeros.
        let both = |matrix: *const f32, ld: usize, pair: usize, column: usize, left: usize, to: &mut Line| {
            let even = matrix.wrapping_add((k0 + 2 * pair) * ld + column);
            let odd = if 2 * pair + 1 < depth { even.wrapping_add(ld) } else { zeros.as_ptr() };
            // SAFETY: the rows are there, and `left` columns from this one.
            unsafe { pair_up(even, odd, left, to) }
        };
        for pair in 0..pairs {
            for column in (0..n).step_by(LANES) {
                let line = (column / WIDTH * pairs + pair) * 2 + column % WIDTH / LANES;
                both(b, ldb, pair, column, n - column, &mut scratch.b[line]);
            }
        }
        for block in (0..m).step_by(BLOCK) {
            let end = m.min(block + BLOCK);
            for pair in 0..pairs {
                for row in (block..end).step_by(LANES) {
                    both(a, lda, pair, row, end - row, &mut scratch.a[(row - block) / LANES * pairs + pair]);
                }
            }
            for panel in 0..panels {
                let here = scratch.b[panel * pairs * 2..].as_ptr();
                for row in (block..end).step_by(ROWS) {
                    let ahead = if row == block && panel + 1 < panels { pairs * 2 } else { 0 };
                    let (lines, within) = ((row - block) / LANES * pairs, row % LANES);
                    // SAFETY: the tile lies in c, for which the caller vouches, as for the scratch.
                    unsafe {
                        let pairs_of_a = scratch.a[lines..].as_ptr().cast::<u32>().add(within);
                        let left = Left { pairs: pairs_of_a, row: 1, pair: LANES };
                        let c = c.add(row * ldc + panel * WIDTH);
                        let place = Place { init: Init::Accumulate, c, ldc, columns: n - panel * WIDTH };
                        tiles(ROWS.min(end - row), pairs, left, here, ahead, place);
                    }
                }
            }
        }
    }
}

/// Up to sixteen columns of two rows as pairs, the rest zero.
///
/// # Safety
/// The smaller of `left` and sixteen columns must be there in both rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn pair_up(even: *const f32, odd: *const f32, left: usize, to: &mut Line) {
    // SAFETY: no column is read that the caller does not vouch for; a line is a vector, aligned.
    unsafe {
        let widened = |row: *const f32| {
            let rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(first(left), row));
            _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(rounded))
        };
        let both = _mm512_or_si512(widened(even), _mm512_slli_epi32::<16>(widened(odd)));
        _mm512_store_si512(to.0.as_mut_ptr().cast(), both);
    }
}

/// A row of `k` numbers as pairs of neighbours.
///
/// # Safety
/// They must be there.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn round_row(k: usize, row: *const f32, to: &mut [Line]) {
    for (i, line) in to.iter_mut().take(k.div_ceil(2 * LANES)).enumerate() {
        let at = i * 2 * LANES;
        // SAFETY: of the row's k numbers, none beyond is read.
        let half = |at: usize| unsafe { _mm512_maskz_loadu_ps(first(k.saturating_sub(at)), row.wrapping_add(at)) };
        let both = _mm512_cvtne2ps_pbh(half(at + LANES), half(at));
        // SAFETY: a line is a vector, aligned.
        unsafe { _mm512_store_si512(line.0.as_mut_ptr().cast(), std::mem::transmute::<__m512bh, __m512i>(both)) }
    }
}

/// A left-hand side's pairs: those of neighbouring rows lie `row` apart, those along k `pair`.
#[derive(Clone, Copy)]
struct Left {
    pairs: *const u32,
    row: usize,
    pair: usize,
}

/// Where a tile starts from and goes to.
#[derive(Clone, Copy)]
struct Place<'a> {
    init: Init<'a, f32>,
    c: *mut f32,
    ldc: usize,
    /// Columns left in the matrix; a tile's own may be fewer.
    columns: usize,
}

/// Picks the tile for a number of rows.
///
/// # Safety
/// As for [`tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn tiles(rows: usize, pairs: usize, a: Left, b: *const Line, ahead: usize, place: Place<'_>) {
    macro_rules! pick {
        ($($r:literal)*) => {
            match rows {
                // SAFETY: the caller's promise is the tile's.
                $($r => unsafe { tile::<$r>(pairs, a, b, ahead, place) },)*
                _ => unreachable!("a tile has 1 to {ROWS} rows"),
            }
        };
    }
    pick!(1 2 3 4 5 6 7 8)
}

/// `M` rows by two vectors, in registers. Asks for the lines `ahead` of those it reads.
///
/// # Safety
/// `a` must have the pairs of `M` rows, `b` two lines for each, and `place` the rows of its columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn tile<const M: usize>(pairs: usize, a: Left, b: *const Line, ahead: usize, place: Place<'_>) {
    // SAFETY: of a and b is read what the caller vouches for; of c and the bias, the columns that are left. A prefetch
    // may name any address.
    unsafe {
        let masks = [first(place.columns), first(place.columns.saturating_sub(LANES))];
        let mut acc = [[_mm512_setzero_ps(); 2]; M];
        for (i, acc) in acc.iter_mut().enumerate() {
            for (v, acc) in acc.iter_mut().enumerate() {
                let from = match place.init {
                    Init::Zero => continue,
                    Init::Bias(bias) => bias.as_ptr(),
                    Init::Accumulate => place.c.wrapping_add(i * place.ldc).cast_const(),
                };
                *acc = _mm512_maskz_loadu_ps(masks[v], from.wrapping_add(v * LANES));
            }
        }
        for pair in 0..pairs {
            let at = b.add(pair * 2);
            _mm_prefetch::<_MM_HINT_T1>(at.wrapping_add(ahead).cast());
            _mm_prefetch::<_MM_HINT_T1>(at.wrapping_add(ahead + 1).cast());
            let load = |v: usize| std::mem::transmute::<__m512i, __m512bh>(_mm512_load_si512(at.add(v).cast()));
            let b = [load(0), load(1)];
            for (i, acc) in acc.iter_mut().enumerate() {
                let x = _mm512_set1_epi32(*a.pairs.add(i * a.row + pair * a.pair) as i32);
                let x = std::mem::transmute::<__m512i, __m512bh>(x);
                for (acc, b) in acc.iter_mut().zip(b) {
                    *acc = _mm512_dpbf16_ps(*acc, x, b);
                }
            }
        }
        for (i, acc) in acc.iter().enumerate() {
            for (v, acc) in acc.iter().enumerate() {
                _mm512_mask_storeu_ps(place.c.wrapping_add(i * place.ldc + v * LANES), masks[v], *acc);
            }
        }
    }
}
