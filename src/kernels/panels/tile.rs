//! The register tile: a few rows by two vectors, summed over k without touching memory.

use crate::kernels::{Real, Simd};

/// The cache lines that a tile asks for ahead of the next panel: one for each k, so that they come
/// while it computes.
#[derive(Clone, Copy)]
pub struct Ahead<T>(*const T);

impl<T: Real> Ahead<T> {
    pub const LINE: usize = 64 / size_of::<T>();

    /// For tile number `tile` over the panel of `k` rows that begins `here`.
    #[inline(always)]
    pub fn of<S: Simd<T>>(here: *const T, k: usize, tile: usize, more: bool) -> Self {
        let panel = 2 * S::LANES * k;
        // The first tiles ask for all of it; the others for what is there already.
        let from = if more && (tile + 1) * k * Self::LINE <= panel { panel + tile * k * Self::LINE } else { 0 };
        Ahead(here.wrapping_add(from))
    }
}

/// Where a tile starts from and goes to.
#[derive(Clone, Copy)]
pub struct Place<T> {
    pub c: *mut T,
    pub ldc: usize,
    /// Columns left in the matrix; a tile's own may be fewer or more.
    pub columns: usize,
    /// Null for none.
    pub bias: *const T,
    pub accumulate: bool,
}

/// Whether there is a tile of every shape. Where registers are few there is none of three rows, nor of two panels for two:
/// they would be bytes of the widget.
#[inline(always)]
pub const fn every<T: Real, S: Simd<T>>() -> bool {
    S::ROWS > 4
}

/// The rows of the next tile, of those that are left.
#[inline(always)]
pub fn rows<T: Real, S: Simd<T>>(left: usize) -> usize {
    if every::<T, S>() { left.div_ceil(left.div_ceil(S::ROWS)) } else { S::ROWS.min(1 << left.ilog2()) }
}

/// Picks the tile for a number of rows.
///
/// # Safety
/// As for [`tile`].
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "what a register tile needs, and no more")]
pub unsafe fn tiles<T: Real, S: Simd<T>, const PACKED: bool>(
    s: S,
    rows: usize,
    k: usize,
    a: *const T,
    lda: usize,
    b: *const T,
    ahead: Ahead<T>,
    at: Place<T>,
) {
    macro_rules! pick {
        ($($r:literal)*) => {
            match rows {
                // The guards are constants: tiles that the target never uses are not compiled.
                // SAFETY: the caller's promise is the tile's.
                $($r if $r <= S::ROWS && (every::<T, S>() || $r != 3 || PACKED) => unsafe {
                    // Half a wide panel is worth a tile of its own.
                    if S::LANES >= 16 && at.columns <= S::LANES {
                        tile::<T, S, $r, 1, 1, PACKED>(s, k, a, lda, b, ahead, at)
                    } else {
                        tile::<T, S, $r, 1, 2, PACKED>(s, k, a, lda, b, ahead, at)
                    }
                },)*
                _ => unreachable!("a tile has at most {} rows", S::ROWS),
            }
        };
    }
    pick!(1 2 3 4 5 6 7 8 9 10 11 12)
}

/// `M` rows by `P` panels of `V` vectors, in registers. `a` is row-major, rows `lda` apart, or, if `PACKED`,
/// holds `S::ROWS` consecutive rows' elements for each k.
///
/// # Safety
/// `a` must have the rows of `k` elements, `b` as many panels of `k` rows, and `at` the rows of its columns.
#[allow(clippy::needless_range_loop)] // The register tile: indices are what the compiler unrolls.
#[inline(always)]
pub unsafe fn tile<T: Real, S: Simd<T>, const M: usize, const P: usize, const V: usize, const PACKED: bool>(
    s: S,
    k: usize,
    a: *const T,
    lda: usize,
    b: *const T,
    ahead: Ahead<T>,
    at: Place<T>,
) {
    // SAFETY: of a and b is read what the caller vouches for; c and the bias are touched where at least one column is
    // left, and only in those that are.
    unsafe {
        let width = 2 * S::LANES;
        let mut acc = [[[s.splat(T::zero()); V]; P]; M];
        for (i, acc) in acc.iter_mut().enumerate() {
            for (p, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    let column = p * width + v * S::LANES;
                    if column < at.columns {
                        let left = at.columns - column;
                        if !at.bias.is_null() {
                            *acc = s.load_upto(at.bias.add(column), left);
                        } else if at.accumulate {
                            // Added at the end: the products need not wait for what may be far away.
                            s.prefetch(at.c.add(i * at.ldc + column));
                        }
                    }
                }
            }
        }
        let rows: [*const T; M] = std::array::from_fn(|i| a.add(if PACKED { i } else { i * lda }));
        let step = if PACKED { S::ROWS } else { 1 };
        for kk in 0..k {
            s.prefetch(ahead.0.wrapping_add(kk * Ahead::<T>::LINE));
            for p in 0..P {
                let bp = b.add((p * k + kk) * width);
                let bv: [S::V; V] = std::array::from_fn(|v| s.load(bp.add(v * S::LANES)));
                for i in 0..M {
                    let x = s.splat(*rows[i].add(kk * step));
                    for v in 0..V {
                        acc[i][p][v] = s.mul_add(x, bv[v], acc[i][p][v]);
                    }
                }
            }
        }
        for (i, acc) in acc.iter().enumerate() {
            for (p, acc) in acc.iter().enumerate() {
                for (v, acc) in acc.iter().enumerate() {
                    let column = p * width + v * S::LANES;
                    if column < at.columns {
                        let (to, left) = (at.c.add(i * at.ldc + column), at.columns - column);
                        let sum = if at.accumulate { s.add(*acc, s.load_upto(to, left)) } else { *acc };
                        s.store_upto(to, sum, left);
                    }
                }
            }
        }
    }
}
