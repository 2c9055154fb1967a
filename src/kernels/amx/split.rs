//! Numbers in three parts, and the parts in lines as the tile unit reads them.
//!
//! A step of 32 numbers along k is a line of 16 pairs: number i and number 16 + i.

use crate::kernels::avx512::first;
use std::arch::x86_64::*;

/// Row of a tile.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Line(pub [u16; 32]);

pub const EMPTY: Line = Line([0; 32]);
/// Rows of a tile, and `f32` in a row of a result.
pub const TILE: usize = 16;
/// A register block of the result is two tiles by two.
pub const SIDE: usize = 2 * TILE;
/// Depth of a tile.
pub const STEP: usize = 32;
const PARTS: usize = 3;
/// Lines of one operand in a step: `[part, tile, row]`.
pub const LINES: usize = PARTS * 2 * TILE;

/// The three parts of sixteen numbers, each in the upper half of its `f32`.
#[target_feature(enable = "avx512f")]
#[inline]
fn split(x: __m512) -> [__m512i; PARTS] {
    let round = |x: __m512| {
        let up = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
        _mm512_and_si512(up, _mm512_set1_epi32(-0x10000))
    };
    let first = round(x);
    let rest = _mm512_sub_ps(x, _mm512_castsi512_ps(first));
    let second = round(rest);
    let rest = _mm512_sub_ps(rest, _mm512_castsi512_ps(second));
    [first, second, round(rest)]
}

/// Up to sixteen numbers, the others zero.
///
/// # Safety
/// The smaller of `n` and sixteen must be there.
#[target_feature(enable = "avx512f")]
#[inline]
pub unsafe fn load(from: *const f32, n: usize) -> __m512 {
    // SAFETY: no other is read.
    unsafe { _mm512_maskz_loadu_ps(first(n), from) }
}

/// Two numbers' parts side by side.
#[target_feature(enable = "avx512f")]
#[inline]
fn beside(first: __m512i, second: __m512i) -> __m512i {
    _mm512_or_si512(_mm512_srli_epi32::<16>(first), second)
}

/// Splits a left-hand side's row of `k` numbers: a line of each step.
///
/// # Safety
/// The numbers must be there, and [`LINES`] lines for each step.
#[target_feature(enable = "avx512f")]
pub unsafe fn rows(k: usize, from: *const f32, to: *mut Line) {
    // SAFETY: of the row's k numbers, none beyond is read; a step's lines are the caller's.
    unsafe {
        for step in 0..k.div_ceil(STEP) {
            let half = |at: usize| split(load(from.wrapping_add(at), k.saturating_sub(at)));
            let (first, second) = (half(step * STEP), half(step * STEP + TILE));
            for part in 0..PARTS {
                let line = beside(first[part], second[part]);
                _mm512_store_si512(to.add(step * LINES + part * 2 * TILE).cast(), line);
            }
        }
    }
}

/// Splits a step's block of `depth` rows and `columns` columns, `stride` apart, into lines of pairs of rows; what is
/// missing of the tiles is zero. Asks for the next step's.
///
/// # Safety
/// The block must be there, up to [`STEP`] rows and [`SIDE`] columns of it, and [`LINES`] lines.
#[target_feature(enable = "avx512f")]
pub unsafe fn pairs(depth: usize, columns: usize, from: *const f32, stride: usize, to: *mut Line) {
    // SAFETY: a row's columns are read where the block has the row, and then no more than are left; a prefetch may name
    // any address.
    unsafe {
        for pair in 0..TILE {
            for tile in 0..2 {
                let left = columns.saturating_sub(tile * TILE);
                let half = |k: usize| {
                    let row = from.wrapping_add(k * stride + tile * TILE);
                    _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(STEP * stride).cast());
                    split(load(row, if k < depth { left } else { 0 }))
                };
                let (first, second) = (half(pair), half(pair + TILE));
                for part in 0..PARTS {
                    let line = beside(first[part], second[part]);
                    _mm512_store_si512(to.add((part * 2 + tile) * TILE + pair).cast(), line);
                }
            }
        }
    }
}

/// Transposes a tile's 16 × 16 pairs in place.
///
/// # Safety
/// The tile's sixteen lines must be there.
#[target_feature(enable = "avx512f")]
pub unsafe fn transpose(tile: *mut Line) {
    // SAFETY: they are, and a line is a vector, aligned.
    unsafe {
        let mut r: [__m512i; 16] = std::array::from_fn(|i| _mm512_load_si512(tile.add(i).cast()));
        // Each round brings together what is 1, 2, 4, then 8 rows apart.
        let mut s = r;
        for i in 0..8 {
            s[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
            s[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
        }
        for i in 0..4 {
            for j in 0..2 {
                r[4 * i + 2 * j] = _mm512_unpacklo_epi64(s[4 * i + j], s[4 * i + 2 + j]);
                r[4 * i + 2 * j + 1] = _mm512_unpackhi_epi64(s[4 * i + j], s[4 * i + 2 + j]);
            }
        }
        // r[4 i + c] holds columns c, 4 + c, 8 + c and 12 + c of rows 4 i to 4 i + 3, one in each quarter.
        for c in 0..4 {
            let (low, high) =
                (_mm512_shuffle_i32x4::<0x44>(r[c], r[4 + c]), _mm512_shuffle_i32x4::<0x44>(r[8 + c], r[12 + c]));
            let (low2, high2) =
                (_mm512_shuffle_i32x4::<0xee>(r[c], r[4 + c]), _mm512_shuffle_i32x4::<0xee>(r[8 + c], r[12 + c]));
            s[c] = _mm512_shuffle_i32x4::<0x88>(low, high);
            s[4 + c] = _mm512_shuffle_i32x4::<0xdd>(low, high);
            s[8 + c] = _mm512_shuffle_i32x4::<0x88>(low2, high2);
            s[12 + c] = _mm512_shuffle_i32x4::<0xdd>(low2, high2);
        }
        for (i, line) in s.into_iter().enumerate() {
            _mm512_store_si512(tile.add(i).cast(), line);
        }
    }
}
