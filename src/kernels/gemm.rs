//! Matrix products, by the fastest means of the machine: AMX's tiles ([`super::amx`]) or FMA ([`super::panels`]), or, where
//! less precision is enough, products of `bf16` ([`super::bf16`]).
//!
//! Weights are packed once a step and used for every glimpse. Which means serves a product is settled when its right-hand
//! side is packed, and does not depend on the left-hand side.

use super::amx::{self, Amx, Tiles};
use super::bf16::{self, Bf16, Pairs};
use super::level::{pairs, tiles};
use super::panels::{self, Panels};
use super::{Precision, Real, fits};
use std::any::TypeId;

/// What the result starts from.
#[derive(Clone, Copy)]
pub enum Init<'a, T> {
    Zero,
    /// One row, added to every row of the result.
    Bias(&'a [T]),
    /// The result's present content.
    Accumulate,
}

/// A `k × n` matrix, laid out for being multiplied by.
#[derive(Clone)]
pub struct Packed<T> {
    k: usize,
    n: usize,
    form: Form<T>,
}

#[derive(Clone)]
enum Form<T> {
    Panels(Panels<T>),
    /// Only where `T` is `f32`, as the next.
    Tiles(Tiles),
    Pairs(Pairs),
}

fn is_f32<T: Real>() -> bool {
    TypeId::of::<T>() == TypeId::of::<f32>()
}

/// A slice of `T` as what it is where tiles or pairs serve.
fn floats<T: Real>(x: &[T]) -> &[f32] {
    assert!(is_f32::<T>(), "tiles and pairs are for f32");
    // SAFETY: T is f32.
    unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) }
}

impl<'a, T: Real> Init<'a, T> {
    /// What the columns from `column` on start from.
    pub fn from(self, column: usize) -> Self {
        match self {
            Init::Bias(bias) => Init::Bias(&bias[column..]),
            other => other,
        }
    }

    fn floats(self) -> Init<'a, f32> {
        match self {
            Init::Zero => Init::Zero,
            Init::Bias(bias) => Init::Bias(floats(bias)),
            Init::Accumulate => Init::Accumulate,
        }
    }
}

/// The tiles, if they serve a product of depth `k` and `n` columns: below a tile's size they are mostly padding.
fn tiles_for<T: Real>(k: usize, n: usize) -> Option<Amx> {
    tiles().filter(|_| is_f32::<T>() && k >= 32 && n >= 16)
}

/// What the instructions for `bf16` make.
///
/// # Panics
/// If the machine has none that it gains by, or `T` is not `f32`.
fn by_pairs<T: Real, M>(make: impl FnOnce(Bf16) -> M) -> M {
    pairs().filter(|_| is_f32::<T>()).map(make).expect("bf16 products are for f32, where the CPU gains by them")
}

impl<T: Real> Packed<T> {
    /// A zero matrix, for left-hand sides of any number of rows: by FMA.
    pub fn new(k: usize, n: usize) -> Self {
        Packed { k, n, form: Form::Panels(Panels::new(k, n)) }
    }

    /// A zero matrix, for left-hand sides of many rows: fewer than 32 leave tiles partly empty.
    ///
    /// # Panics
    /// If the precision is not [`Precision::available`], or `T` is not `f32` and less than f32's precision is wanted.
    pub fn for_batches(k: usize, n: usize, precision: Precision) -> Self {
        let form = match precision {
            Precision::Bf16 => by_pairs::<T, _>(|bf16| Form::Pairs(Pairs::new(bf16, k, n))),
            Precision::F32 => match tiles_for::<T>(k, n) {
                Some(amx) => Form::Tiles(Tiles::new(amx, k, n)),
                None => Form::Panels(Panels::new(k, n)),
            },
        };
        Packed { k, n, form }
    }

    /// Writes the block at `(k0, n0)`: element `(k, n)` of it is `src[k * k_stride + n * n_stride]`.
    ///
    /// # Panics
    /// If the block does not lie in the matrix, or the source is too short.
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[T],
        k_stride: usize,
        n_stride: usize,
    ) {
        let lies = |from: usize, len: usize, of: usize| from <= of && len <= of - from;
        assert!(lies(k0, rows, self.k) && lies(n0, columns, self.n), "block outside the packed matrix");
        let last = |len: usize, stride: usize| (len as u64 - 1).checked_mul(stride as u64);
        if rows == 0 || columns == 0 {
            return;
        }
        let last = last(rows, k_stride).zip(last(columns, n_stride)).and_then(|(k, n)| k.checked_add(n));
        assert!(last.is_some_and(|last| last < src.len() as u64), "source of the block is too short");
        match &mut self.form {
            Form::Panels(panels) => panels.fill((k0, rows), (n0, columns), src, k_stride, n_stride),
            Form::Tiles(tiles) => tiles.fill((k0, rows), (n0, columns), floats(src), k_stride, n_stride),
            Form::Pairs(pairs) => pairs.fill((k0, rows), (n0, columns), floats(src), k_stride, n_stride),
        }
    }
}

/// `c = init + a b`, where `a` is `m × k` with rows `lda` apart and `c` is `m × n` with rows `ldc` apart.
///
/// Each row of the result depends on the same row of `a` only, and is computed in the same order
/// whatever `m` is: results do not change with the batch.
///
/// # Panics
/// If a slice is too short for its shape.
pub fn gemm<T: Real>(m: usize, a: &[T], lda: usize, b: &Packed<T>, init: Init<T>, c: &mut [T], ldc: usize) {
    if m == 0 || b.n == 0 {
        return;
    }
    assert!(fits(a, m, lda, b.k), "gemm: a is too short");
    assert!(fits(c, m, ldc, b.n), "gemm: c is too short");
    if let Init::Bias(bias) = init {
        assert!(bias.len() >= b.n, "gemm: bias is too short");
    }
    // SAFETY: the slices were checked; where there are tiles or pairs, T is f32.
    unsafe {
        match &b.form {
            Form::Panels(b) => panels::gemm(m, a, lda, b, init, c, ldc),
            Form::Tiles(b) => amx::gemm(m, floats(a).as_ptr(), lda, b, init.floats(), c.as_mut_ptr().cast(), ldc),
            Form::Pairs(b) => bf16::gemm(m, floats(a).as_ptr(), lda, b, init.floats(), c.as_mut_ptr().cast(), ldc),
        }
    }
}

/// Room for [`gemm_tn`], kept from call to call.
pub struct Scratch<T> {
    /// Columns that there is room for.
    n: usize,
    means: Means<T>,
}

enum Means<T> {
    Panels(panels::Scratch<T>),
    /// Panels serve what is smaller than a tile.
    Tiles(amx::Scratch, panels::Scratch<T>),
    Pairs(bf16::Scratch),
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    ///
    /// # Panics
    /// As [`Packed::for_batches`].
    pub fn new(n: usize, precision: Precision) -> Self {
        let means = match precision {
            Precision::Bf16 => by_pairs::<T, _>(|bf16| Means::Pairs(bf16::Scratch::new(bf16, n))),
            Precision::F32 => match tiles_for::<T>(32, n) {
                Some(amx) => Means::Tiles(amx::Scratch::new(amx, n), panels::Scratch::new(n)),
                None => Means::Panels(panels::Scratch::new(n)),
            },
        };
        Scratch { n, means }
    }
}

/// `c += aᵀ b`, where `a` is `k × m` with rows `lda` apart, `b` is `k × n` with rows `ldb` apart, and
/// `c` is `m × n` with rows `ldc` apart: weight gradients, summed over glimpses and batch at once.
///
/// # Panics
/// If a slice is too short for its shape, or the scratch for `n`.
pub fn gemm_tn<T: Real>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    lda: usize,
    b: &[T],
    ldb: usize,
    c: &mut [T],
    ldc: usize,
    scratch: &mut Scratch<T>,
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(fits(a, k, lda, m), "gemm_tn: a is too short");
    assert!(fits(b, k, ldb, n), "gemm_tn: b is too short");
    assert!(fits(c, m, ldc, n), "gemm_tn: c is too short");
    assert!(n <= scratch.n, "gemm_tn: scratch is too small");
    let large = m >= 16 && tiles_for::<T>(k, n).is_some();
    // SAFETY: the slices and the scratch were checked; where there are tiles or pairs, T is f32.
    unsafe {
        match &mut scratch.means {
            Means::Tiles(scratch, _) if large => {
                let (a, b, c) = (floats(a).as_ptr(), floats(b).as_ptr(), c.as_mut_ptr().cast());
                amx::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch);
            }
            Means::Pairs(scratch) => {
                let (a, b, c) = (floats(a).as_ptr(), floats(b).as_ptr(), c.as_mut_ptr().cast());
                bf16::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, scratch);
            }
            Means::Panels(panels) | Means::Tiles(_, panels) => panels::gemm_tn(m, n, k, a, lda, b, ldb, c, ldc, panels),
        }
    }
}

#[cfg(test)]
mod tests;
