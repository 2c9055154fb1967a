//! Matrix products, by what serves them best on this machine: FMA ([`super::panels`]), or AMX's tiles ([`super::amx`]).
//!
//! Weights are packed once a step and used for every glimpse. Which back end serves a product is settled when its
//! right-hand side is packed, by a table of shapes ([`super::choice`]), never by a timing.

use super::choice::{self, tiles_sum};
use super::panels::{self, Panels};
use super::{Real, fits};

/// What the result starts from.
#[derive(Clone, Copy)]
pub enum Init<'a, T> {
    Zero,
    /// One row, added to every row of the result.
    Bias(&'a [T]),
    /// The result's present content.
    Accumulate,
}

/// How a right-hand side is laid out, and multiplied by.
pub trait Backend<T>: Send + Sync {
    /// Writes a block that lies in the matrix: see [`Packed::fill`].
    fn fill(&mut self, k: (usize, usize), n: (usize, usize), src: &[T], k_stride: usize, n_stride: usize);

    /// As [`gemm`].
    ///
    /// # Safety
    /// The slices must hold the shapes.
    unsafe fn gemm(&self, m: usize, a: &[T], lda: usize, init: Init<T>, c: &mut [T], ldc: usize);

    fn boxed(&self) -> Box<dyn Backend<T>>;
}

/// Room for sums over many rows, and how they are made.
pub trait Summing<T>: Send {
    /// As [`gemm_tn`].
    ///
    /// # Safety
    /// The slices must hold the shapes, and the room be for `n` columns.
    unsafe fn gemm_tn(&mut self, shape: [usize; 3], a: (&[T], usize), b: (&[T], usize), c: (&mut [T], usize));
}

/// A `k × n` matrix that is multiplied by as it was made, in a way of its own.
pub trait Product<T>: Send + Sync {
    /// `c += a b`, where `a` is `m × k` with rows `lda` apart, its values of −1 to 1, and `c` is `m × n` with rows `ldc` apart.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    fn add(&self, m: usize, a: &[T], lda: usize, c: &mut [T], ldc: usize);
}

/// A `k × n` matrix, laid out for being multiplied by.
pub struct Packed<T> {
    k: usize,
    n: usize,
    form: Box<dyn Backend<T>>,
}

impl<T> Clone for Packed<T> {
    fn clone(&self) -> Self {
        Packed { k: self.k, n: self.n, form: self.form.boxed() }
    }
}

impl<'a, T: Real> Init<'a, T> {
    /// What the columns from `column` on start from.
    pub fn from(self, column: usize) -> Self {
        match self {
            Init::Bias(bias) => Init::Bias(&bias[column..]),
            other => other,
        }
    }
}

impl<T: Real> Packed<T> {
    /// A zero matrix, for left-hand sides of any number of rows.
    pub fn new(k: usize, n: usize) -> Self {
        Packed { k, n, form: Box::new(Panels::new(k, n)) }
    }

    /// A zero matrix, for left-hand sides of so many rows, in most of what it is used for.
    pub fn for_batches(k: usize, n: usize, rows: usize) -> Self {
        match choice::tiles(rows, k, n).then(|| T::tiles(k, n)).flatten() {
            Some(form) => Packed { k, n, form },
            None => Packed::new(k, n),
        }
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
        self.form.fill((k0, rows), (n0, columns), src, k_stride, n_stride);
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
    // SAFETY: the slices were checked.
    unsafe { b.form.gemm(m, a, lda, init, c, ldc) };
}

/// Room for [`gemm_tn`], kept from call to call.
pub struct Scratch<T> {
    /// Columns that there is room for.
    n: usize,
    panels: panels::Scratch<T>,
    tiles: Option<Box<dyn Summing<T>>>,
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    pub fn new(n: usize) -> Self {
        Scratch { n, panels: panels::Scratch::new(n), tiles: T::tiles_to_sum(n) }
    }
}

/// `c += aᵀ b`, where `a` is `k × m` with rows `lda` apart, `b` is `k × n` with rows `ldb` apart, and
/// `c` is `m × n` with rows `ldc` apart: weight gradients, summed over glimpses and batch at once.
///
/// # Panics
/// If a slice is too short for its shape, or the scratch for `n`.
#[expect(clippy::too_many_arguments, reason = "the three matrices of a product, as BLAS has them")]
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
    let means: &mut dyn Summing<T> = match &mut scratch.tiles {
        Some(tiles) if tiles_sum(m, n, k) => &mut **tiles,
        _ => &mut scratch.panels,
    };
    // SAFETY: the slices and the scratch were checked.
    unsafe { means.gemm_tn([m, n, k], (a, lda), (b, ldb), (c, ldc)) };
}

#[cfg(test)]
mod tests;
