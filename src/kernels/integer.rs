//! Products in whole numbers: weights that are `i8` with a scale for each output, by values of −1 to 1 in 15 bits.
//!
//! Sums of whole numbers are exact, so that every instruction set gives the same. In WebAssembly a vector holds twice as
//! many of them as of `f32`, and a product takes half the instructions.

use super::gemm::Product;
use super::{fits, product};
use lanes::{Sums, WIDTH, add_scaled, dot, load, pair, zero};

/// Whether they are faster than those of `f32` here.
pub const FASTER: bool = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));

/// Rows of a left-hand side that are rounded at a time.
const BLOCK: usize = 64;
/// Rows of a register tile.
const ROWS: usize = 4;
/// Vectors of a register tile's row.
const VECTORS: usize = 2;
/// The most that −127 to 127 and a value of 15 bits, summed so often, stay within `i32`: see [`levels`].
const LARGEST: usize = 32_767;

/// The largest of the whole numbers that a value of −1 to 1 becomes: as many as sums of `k` products have room for.
fn levels(k: usize) -> f32 {
    (i32::MAX as usize / (128 * k.max(1))).min(LARGEST) as f32
}

/// A matrix `k × n` of whole numbers, two rows side by side in panels of columns.
pub struct Integers {
    k: usize,
    n: usize,
    data: Vec<i16>,
    /// What a product of whole numbers is worth, of each column.
    scales: Vec<f32>,
}

impl Integers {
    /// From weights `[n, k]` and their scales `[n]`.
    ///
    /// # Panics
    /// If the lengths are not those of one matrix.
    pub fn new(weights: &[i8], scales: &[f32]) -> Self {
        let n = scales.len();
        let k = weights.len().checked_div(n).unwrap_or(0);
        assert_eq!(weights.len(), product([n, k]), "integers: weights and scales of another shape");
        let (panels, pairs) = (n.div_ceil(WIDTH), k.div_ceil(2));
        let mut data = vec![0; product([panels, pairs, WIDTH, 2])];
        for (column, weights) in weights.chunks_exact(k.max(1)).enumerate() {
            let first = (column / WIDTH * pairs * WIDTH + column % WIDTH) * 2;
            for (at, pair) in weights.chunks(2).enumerate() {
                for (to, weight) in data[first + at * WIDTH * 2..].iter_mut().zip(pair) {
                    *to = i16::from(*weight);
                }
            }
        }
        let mut scales: Vec<f32> = scales.iter().map(|scale| scale / levels(k)).collect();
        scales.resize(panels * WIDTH, 0.0);
        Integers { k, n, data, scales }
    }
}

impl Product<f32> for Integers {
    fn add(&self, m: usize, a: &[f32], lda: usize, c: &mut [f32], ldc: usize) {
        assert!(fits(a, m, lda, self.k), "integers: a is too short");
        assert!(fits(c, m, ldc, self.n), "integers: c is too short");
        let pairs = self.k.div_ceil(2);
        let levels = levels(self.k);
        let mut whole = vec![0; BLOCK.min(m) * 2 * pairs];
        for first in (0..m).step_by(BLOCK) {
            let rows = BLOCK.min(m - first);
            for (row, whole) in whole.chunks_exact_mut((2 * pairs).max(1)).enumerate().take(rows) {
                for (whole, a) in whole.iter_mut().zip(&a[(first + row) * lda..][..self.k]) {
                    // Rounded to the nearest; halves up, as no instruction set does by itself.
                    *whole = ((a * levels + (LARGEST as f32 + 1.5)) as i32 - (LARGEST as i32 + 1)) as i16;
                }
            }
            let panels = self.data.chunks_exact((2 * pairs * WIDTH).max(1)).zip(self.scales.chunks_exact(WIDTH));
            for (at, (panel, scales)) in panels.enumerate() {
                let column = at * WIDTH;
                let columns = WIDTH.min(self.n - column);
                let mut row = 0;
                while row < rows {
                    let c = &mut c[(first + row) * ldc + column..];
                    // One by one at the end: tiles of their own would be bytes of the widget.
                    let (a, take) = (&whole[row * 2 * pairs..], if rows - row < ROWS { 1 } else { ROWS });
                    match take {
                        ROWS => tile::<ROWS>(pairs, a, panel, scales, c, ldc, columns),
                        _ => tile::<1>(pairs, a, panel, scales, c, ldc, columns),
                    }
                    row += take;
                }
            }
        }
    }
}

/// Adds the products of `M` rows of `a`, `pairs` pairs each, with a panel.
#[inline(always)]
fn tile<const M: usize>(
    pairs: usize,
    a: &[i16],
    panel: &[i16],
    scales: &[f32],
    c: &mut [f32],
    ldc: usize,
    columns: usize,
) {
    assert!(a.len() >= M * 2 * pairs && panel.len() >= pairs * WIDTH * 2 && scales.len() >= WIDTH);
    let mut sums: [[Sums; VECTORS]; M] = [[zero(); VECTORS]; M];
    for at in 0..pairs {
        // SAFETY: a has M rows of so many pairs, the panel so many rows of WIDTH.
        unsafe {
            let b: [Sums; VECTORS] =
                std::array::from_fn(|v| load(panel.as_ptr().add((at * WIDTH + v * WIDTH / VECTORS) * 2)));
            for (i, sums) in sums.iter_mut().enumerate() {
                let a = pair(a.as_ptr().add((i * pairs + at) * 2));
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = dot(a, b, *sum);
                }
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        let c = &mut c[i * ldc..][..columns];
        add_scaled(sums, scales, c);
    }
}

/// A vector of sums, each of pairs of products.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use std::arch::wasm32::*;

    pub const WIDTH: usize = 8;
    pub type Sums = v128;

    #[inline(always)]
    pub fn zero() -> Sums {
        i32x4_splat(0)
    }

    /// # Safety
    /// Eight values must be there.
    #[inline(always)]
    pub unsafe fn load(from: *const i16) -> Sums {
        // SAFETY: the caller vouches for them.
        unsafe { v128_load(from.cast()) }
    }

    /// # Safety
    /// Two values must be there.
    #[inline(always)]
    pub unsafe fn pair(from: *const i16) -> Sums {
        // SAFETY: the caller vouches for them.
        unsafe { v128_load32_splat(from.cast()) }
    }

    #[inline(always)]
    pub fn dot(a: Sums, b: Sums, sum: Sums) -> Sums {
        i32x4_add(sum, i32x4_dot_i16x8(a, b))
    }

    /// Adds the sums, times their scales, to as many values as there are, up to [`WIDTH`].
    #[inline(always)]
    pub fn add_scaled(sums: &[Sums; super::VECTORS], scales: &[f32], to: &mut [f32]) {
        assert!(scales.len() >= WIDTH);
        // The last panel's columns may be fewer: their sums are added up elsewhere.
        let mut some = [0.0; WIDTH];
        let few = to.len() < WIDTH;
        if few {
            some[..to.len()].copy_from_slice(to);
        }
        let all = if few { some.as_mut_ptr() } else { to.as_mut_ptr() };
        for (v, sum) in sums.iter().enumerate() {
            // SAFETY: there are two vectors of four scales, and of four values at either place.
            unsafe {
                let (at, scale) = (all.add(4 * v).cast(), v128_load(scales.as_ptr().add(4 * v).cast()));
                v128_store(at, f32x4_add(v128_load(at), f32x4_mul(f32x4_convert_i32x4(*sum), scale)));
            }
        }
        if few {
            to.copy_from_slice(&some[..to.len()]);
        }
    }
}

/// One sum at a time.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    pub const WIDTH: usize = 2;
    /// A sum, or two values of 16 bits.
    pub type Sums = i32;

    #[inline(always)]
    pub fn zero() -> Sums {
        0
    }

    /// # Safety
    /// Two values must be there.
    #[inline(always)]
    pub unsafe fn load(from: *const i16) -> Sums {
        // SAFETY: the caller vouches for them.
        let [low, high] = unsafe { [*from, *from.add(1)] };
        i32::from(low as u16) | i32::from(high) << 16
    }

    pub use load as pair;

    #[inline(always)]
    pub fn dot(a: Sums, b: Sums, sum: Sums) -> Sums {
        sum + i32::from(a as i16) * i32::from(b as i16) + (a >> 16) * (b >> 16)
    }

    /// Adds the sums, times their scales, to as many values as there are, up to [`WIDTH`].
    #[inline(always)]
    pub fn add_scaled(sums: &[Sums; super::VECTORS], scales: &[f32], to: &mut [f32]) {
        for (to, (sum, scale)) in to.iter_mut().zip(sums.iter().zip(scales)) {
            *to += *sum as f32 * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_whole_numbers() {
        // Odd shapes, and more rows than a block.
        for (m, k, n) in [(1, 1, 1), (3, 7, 5), (70, 33, 18), (2, 600, 9)] {
            let weight = |row: usize, at: usize| ((row * 31 + at * 17) % 256) as i64 - 128;
            let value = |row: usize, at: usize| (((row * 13 + at * 7) % 201) as f32 - 100.0) / 100.0;
            let weights: Vec<i8> = (0..n).flat_map(|row| (0..k).map(move |at| weight(row, at) as i8)).collect();
            let scales: Vec<f32> = (0..n).map(|row| 0.01 + row as f32 / 1000.0).collect();
            let (lda, ldc) = (k + 2, n + 3);
            let a: Vec<f32> = (0..m * lda).map(|i| value(i / lda, i % lda)).collect();
            let mut c = vec![0.5; m * ldc];
            Integers::new(&weights, &scales).add(m, &a, lda, &mut c, ldc);
            let levels = (i64::from(i32::MAX) / (128 * k as i64)).min(32_767);
            for (row, c) in c.chunks(ldc).enumerate() {
                for (column, c) in c.iter().enumerate().take(n) {
                    let whole = |at| (f64::from(value(row, at)) * levels as f64 + 0.5).floor() as i64;
                    let sum: i64 = (0..k).map(|at| weight(column, at) * whole(at)).sum();
                    assert!(i32::try_from(sum).is_ok());
                    let wanted = 0.5 + sum as f64 / levels as f64 * f64::from(scales[column]);
                    assert!((f64::from(*c) - wanted).abs() < 1e-4 * (1.0 + wanted.abs()), "{m} {k} {n}: {c} {wanted}");
                }
                assert!(c[n..].iter().all(|c| *c == 0.5), "the gap between rows");
            }
        }
    }

    #[test]
    fn the_largest_sums_have_room() {
        for k in [1, 511, 512, 513, 4096] {
            let mut c = [0.0];
            Integers::new(&vec![-128; k], &[1.0]).add(1, &vec![-1.0; k], k, &mut c, 1);
            assert!((c[0] / (128.0 * k as f32) - 1.0).abs() < 1e-3, "{k}: {}", c[0]);
        }
    }

    #[test]
    fn operands_that_are_too_short_are_refused() {
        let integers = Integers::new(&[1; 12], &[1.0; 3]);
        let call = |m, a: usize, lda, c: usize, ldc| {
            std::panic::catch_unwind(|| integers.add(m, &vec![0.0; a], lda, &mut vec![0.0; c], ldc)).is_ok()
        };
        assert!(call(2, 8, 4, 6, 3));
        for (m, a, lda, c, ldc) in [(2, 7, 4, 6, 3), (2, 8, 3, 6, 3), (2, 8, 4, 5, 3), (2, 8, 4, 6, 2)] {
            assert!(!call(m, a, lda, c, ldc));
        }
        assert!(!call(usize::MAX / 2, 8, usize::MAX / 2 + 1, 6, 3));
        assert!(std::panic::catch_unwind(|| Integers::new(&[1; 11], &[1.0; 3])).is_err());
    }
}
