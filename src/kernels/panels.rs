//! Matrix products by FMA: a register tile over a right-hand side that is packed in panels.
//!
//! A panel holds two vectors' worth of columns, row after row, so that the tile's inner loop reads
//! it in order.

use super::gemm::Init;
use super::{Kernel, Real, Simd};

/// A `k × n` matrix in panels of columns, 64-byte aligned, the last panel padded with zeros.
#[derive(Clone)]
pub struct Panels<T> {
    pub k: usize,
    pub n: usize,
    width: usize,
    offset: usize,
    data: Vec<T>,
}

/// The number of columns in a panel on this machine.
fn panel_width<T: Real>() -> usize {
    struct Lanes;
    impl<T: Real> Kernel<T> for Lanes {
        type Output = usize;
        #[inline(always)]
        fn run<S: Simd<T>>(self) -> usize {
            S::LANES
        }
    }
    2 * T::dispatch(Lanes)
}

impl<T: Real> Panels<T> {
    /// A zero matrix.
    pub fn new(k: usize, n: usize) -> Self {
        let width = panel_width::<T>();
        let align = 64 / size_of::<T>();
        let data = vec![T::zero(); n.div_ceil(width) * width * k + align];
        let offset = data.as_ptr().align_offset(64).min(align);
        Panels { k, n, width, offset, data }
    }

    /// Writes the block at `(k0, n0)`: element `(k, n)` of it is `src[k * k_stride + n * n_stride]`.
    pub fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[T],
        k_stride: usize,
        n_stride: usize,
    ) {
        let (width, height) = (self.width, self.k);
        let data = &mut self.data[self.offset..];
        let mut n = 0;
        while n < columns {
            let (panel, first) = ((n0 + n) / width, (n0 + n) % width);
            let take = (width - first).min(columns - n);
            for k in 0..rows {
                let at = (panel * height + k0 + k) * width + first;
                copy_strided(&mut data[at..at + take], &src[k * k_stride + n * n_stride..], n_stride);
            }
            n += take;
        }
    }
}

/// Fills `out` with every `stride`th element of `src`, from the first.
pub fn copy_strided<T: Copy>(out: &mut [T], src: &[T], stride: usize) {
    if stride == 1 {
        out.copy_from_slice(&src[..out.len()]);
    } else {
        out.iter_mut().zip(src.iter().step_by(stride)).for_each(|(o, s)| *o = *s);
    }
}

/// [`super::gemm::gemm`], whose checks it relies on.
pub struct Gemm<'a, T> {
    pub m: usize,
    pub a: &'a [T],
    pub lda: usize,
    pub b: &'a Panels<T>,
    pub init: Init<'a, T>,
    pub c: &'a mut [T],
    pub ldc: usize,
}

impl<T: Real> Kernel<T> for Gemm<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let b = self.b;
        debug_assert_eq!(b.width, 2 * S::LANES);
        let panels = b.n.div_ceil(b.width);
        // Two rows or fewer do not fill the registers: take several panels at once.
        let together = match self.m {
            1 => 4,
            2 => 2,
            _ => 1,
        };
        let mut panel = 0;
        while panel < panels {
            let take = if panels - panel >= together { together } else { 1 };
            let mut row = 0;
            while row < self.m {
                let left = self.m - row;
                let rows = left.div_ceil(left.div_ceil(S::ROWS));
                let column = panel * b.width;
                // SAFETY: row + rows <= m and column < n; `gemm` checked the slices against m, k, n.
                unsafe {
                    let here = b.data.as_ptr().add(b.offset + panel * b.k * b.width);
                    let ahead = Ahead::of::<S>(here, b.k, row / S::ROWS, panel + 1 < panels);
                    let a = self.a.as_ptr().add(row * self.lda);
                    let at = Place {
                        c: self.c.as_mut_ptr().add(row * self.ldc + column),
                        ldc: self.ldc,
                        columns: b.n - column,
                        bias: match self.init {
                            Init::Bias(bias) => bias.as_ptr().add(column),
                            _ => std::ptr::null(),
                        },
                        accumulate: matches!(self.init, Init::Accumulate),
                    };
                    let lda = self.lda;
                    match take {
                        4 => tile::<T, S, 1, 4, 2, false>(b.k, a, lda, here, ahead, at),
                        2 => tile::<T, S, 2, 2, 2, false>(b.k, a, lda, here, ahead, at),
                        _ => tiles::<T, S, false>(rows, b.k, a, lda, here, ahead, at),
                    }
                }
                row += rows;
            }
            panel += take;
        }
    }
}

/// Depth and rows of a that are packed at a time: together they stay in the second cache.
pub const DEPTH: usize = 384;
const BLOCK: usize = 120;
/// Rows of a that are asked for ahead of their packing.
const SOON: usize = 12;
/// Rows of nothing after each packed tile of a: were tiles whole pages apart, they would share a few lines of the first
/// cache.
const APART: usize = 2;

/// Room for [`GemmTn`] to pack into, kept from call to call.
pub struct Scratch<T> {
    a: Vec<T>,
    b: Panels<T>,
}

impl<T: Real> Scratch<T> {
    /// For products of up to `n` columns.
    pub fn new(n: usize) -> Self {
        Scratch { a: vec![T::zero(); (DEPTH + APART) * BLOCK], b: Panels::new(DEPTH, n) }
    }
}

/// [`super::gemm::gemm_tn`] over a depth of up to [`DEPTH`]; relies on its checks.
pub struct GemmTn<'a, T> {
    pub m: usize,
    pub n: usize,
    pub depth: usize,
    pub a: &'a [T],
    pub lda: usize,
    pub b: &'a [T],
    pub ldb: usize,
    pub c: &'a mut [T],
    pub ldc: usize,
    pub scratch: &'a mut Scratch<T>,
}

impl<T: Real> Kernel<T> for GemmTn<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch } = self;
        let width = 2 * S::LANES;
        let panels = n.div_ceil(width);
        // SAFETY: `gemm_tn` checked the slices and the scratch; first + rows <= m, column < n.
        unsafe {
            let b_packed = scratch.b.data.as_mut_ptr().add(scratch.b.offset);
            for k in 0..depth {
                let row = b.as_ptr().add(k * ldb);
                for panel in 0..panels {
                    let to = b_packed.add((panel * depth + k) * width);
                    copy_upto::<T, S>(row.add(panel * width), to, width.min(n - panel * width));
                }
            }
            for block in (0..m).step_by(BLOCK) {
                let end = m.min(block + BLOCK);
                let tiles_in_block = (end - block).div_ceil(S::ROWS);
                let a_packed = scratch.a.as_mut_ptr();
                // Row by row of a, so that each of its cache lines is read once.
                for k in 0..depth {
                    let row = a.as_ptr().add(k * lda + block);
                    // A row's part ends before the CPU has seen that it goes on, and the next is a page away.
                    for line in (0..end - block).step_by(Ahead::<T>::LINE) {
                        S::prefetch(row.wrapping_add(SOON * lda + line));
                    }
                    for tile in 0..tiles_in_block {
                        let rows = S::ROWS.min(end - block - tile * S::ROWS);
                        copy_upto::<T, S>(
                            row.add(tile * S::ROWS),
                            a_packed.add((tile * (depth + APART) + k) * S::ROWS),
                            rows,
                        );
                    }
                }
                for panel in 0..panels {
                    let column = panel * width;
                    let here = b_packed.add(panel * depth * width).cast_const();
                    for tile in 0..tiles_in_block {
                        let first = block + tile * S::ROWS;
                        let at = Place {
                            c: c.as_mut_ptr().add(first * ldc + column),
                            ldc,
                            columns: n - column,
                            bias: std::ptr::null(),
                            accumulate: true,
                        };
                        let ahead = Ahead::of::<S>(here, depth, tile, panel + 1 < panels);
                        let a = a_packed.add(tile * S::ROWS * (depth + APART));
                        tiles::<T, S, true>(S::ROWS.min(end - first), depth, a, 0, here, ahead, at);
                    }
                }
            }
        }
    }
}

/// Copies `n` elements, by vectors.
#[inline(always)]
unsafe fn copy_upto<T: Real, S: Simd<T>>(from: *const T, to: *mut T, n: usize) {
    for i in (0..n).step_by(S::LANES) {
        unsafe { S::store_upto(to.add(i), S::load_upto(from.add(i), n - i), n - i) }
    }
}

/// The cache lines that a tile asks for ahead of the next panel: one for each k, so that they come
/// while it computes.
#[derive(Clone, Copy)]
struct Ahead<T>(*const T);

impl<T: Real> Ahead<T> {
    const LINE: usize = 64 / size_of::<T>();

    /// For tile number `tile` over the panel of `k` rows that begins `here`.
    #[inline(always)]
    fn of<S: Simd<T>>(here: *const T, k: usize, tile: usize, more: bool) -> Self {
        let panel = 2 * S::LANES * k;
        // The first tiles ask for all of it; the others for what is there already.
        let from = if more && (tile + 1) * k * Self::LINE <= panel { panel + tile * k * Self::LINE } else { 0 };
        Ahead(here.wrapping_add(from))
    }
}

/// Where a tile starts from and goes to.
#[derive(Clone, Copy)]
struct Place<T> {
    c: *mut T,
    ldc: usize,
    /// Columns left in the matrix; a tile's own may be fewer or more.
    columns: usize,
    bias: *const T,
    accumulate: bool,
}

/// Picks the tile for a number of rows.
#[inline(always)]
unsafe fn tiles<T: Real, S: Simd<T>, const PACKED: bool>(
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
                $($r if $r <= S::ROWS => unsafe {
                    // Half a wide panel is worth a tile of its own.
                    if S::LANES >= 16 && at.columns <= S::LANES {
                        tile::<T, S, $r, 1, 1, PACKED>(k, a, lda, b, ahead, at)
                    } else {
                        tile::<T, S, $r, 1, 2, PACKED>(k, a, lda, b, ahead, at)
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
#[allow(clippy::needless_range_loop)] // The register tile: indices are what the compiler unrolls.
#[inline(always)]
unsafe fn tile<T: Real, S: Simd<T>, const M: usize, const P: usize, const V: usize, const PACKED: bool>(
    k: usize,
    a: *const T,
    lda: usize,
    b: *const T,
    ahead: Ahead<T>,
    at: Place<T>,
) {
    unsafe {
        let width = 2 * S::LANES;
        let mut acc = [[[S::splat(T::zero()); V]; P]; M];
        for (i, acc) in acc.iter_mut().enumerate() {
            for (p, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    let column = p * width + v * S::LANES;
                    if column < at.columns {
                        let left = at.columns - column;
                        if !at.bias.is_null() {
                            *acc = S::load_upto(at.bias.add(column), left);
                        } else if at.accumulate {
                            // Added at the end: the products need not wait for what may be far away.
                            S::prefetch(at.c.add(i * at.ldc + column));
                        }
                    }
                }
            }
        }
        let rows: [*const T; M] = std::array::from_fn(|i| a.add(if PACKED { i } else { i * lda }));
        let step = if PACKED { S::ROWS } else { 1 };
        for kk in 0..k {
            S::prefetch(ahead.0.wrapping_add(kk * Ahead::<T>::LINE));
            for p in 0..P {
                let bp = b.add((p * k + kk) * width);
                let bv: [S::V; V] = std::array::from_fn(|v| S::load(bp.add(v * S::LANES)));
                for i in 0..M {
                    let x = S::splat(*rows[i].add(kk * step));
                    for v in 0..V {
                        acc[i][p][v] = S::mul_add(x, bv[v], acc[i][p][v]);
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
                        let sum = if at.accumulate { S::add(*acc, S::load_upto(to, left)) } else { *acc };
                        S::store_upto(to, sum, left);
                    }
                }
            }
        }
    }
}
