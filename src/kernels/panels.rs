//! Matrix products by FMA: a register tile ([`tile`]) over a right-hand side that is packed in panels.
//!
//! A panel holds two vectors' worth of columns, row after row, so that the tile's inner loop reads
//! it in order.

mod tile;

use super::gemm::{Backend, Init, Summing};
use super::{Kernel, Real, Simd, product};
use tile::{Ahead, Place, tile, tiles};

/// A `k × n` matrix in panels of columns, 64-byte aligned, the last panel padded with zeros.
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
        fn run<S: Simd<T>>(self, _: S) -> usize {
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
        let data = vec![
            T::zero();
            product([n.div_ceil(width), width, k]).checked_add(align).expect("a matrix that fits memory")
        ];
        let offset = data.as_ptr().align_offset(64).min(align);
        Panels { k, n, width, offset, data }
    }
}

impl<T: Real> Backend<T> for Panels<T> {
    fn fill(
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

    unsafe fn gemm(&self, m: usize, a: &[T], lda: usize, init: Init<T>, c: &mut [T], ldc: usize) {
        T::dispatch(Gemm { m, a, lda, b: self, init, c, ldc });
    }

    fn boxed(&self) -> Box<dyn Backend<T>> {
        // Made anew and filled: the data's alignment does not move with a copy.
        let mut copy = Panels::new(self.k, self.n);
        let from = &self.data[self.offset..];
        let len = from.len().min(copy.data.len() - copy.offset);
        copy.data[copy.offset..][..len].copy_from_slice(&from[..len]);
        Box::new(copy)
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

/// Made by [`Panels`] alone, whose caller vouches for the shapes.
struct Gemm<'a, T> {
    m: usize,
    a: &'a [T],
    lda: usize,
    b: &'a Panels<T>,
    init: Init<'a, T>,
    c: &'a mut [T],
    ldc: usize,
}

impl<T: Real> Kernel<T> for Gemm<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let b = self.b;
        assert_eq!(b.width, 2 * S::LANES, "packed for another instruction set");
        let panels = b.n.div_ceil(b.width);
        // Two rows or fewer do not fill the registers: take several panels at once.
        let together = match self.m {
            1 => 4,
            2 if tile::every::<T, S>() => 2,
            _ => 1,
        };
        let mut panel = 0;
        while panel < panels {
            let take = if panels - panel >= together { together } else { 1 };
            let mut row = 0;
            while row < self.m {
                let left = self.m - row;
                let rows = tile::rows::<T, S>(left);
                let column = panel * b.width;
                // SAFETY: row + rows <= m and column < n; the slices hold m, k and n, as the caller vouches.
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
                        4 => tile::<T, S, 1, 4, 2, false>(s, b.k, a, lda, here, ahead, at),
                        2 if tile::every::<T, S>() => tile::<T, S, 2, 2, 2, false>(s, b.k, a, lda, here, ahead, at),
                        _ => tiles::<T, S, false>(s, rows, b.k, a, lda, here, ahead, at),
                    }
                }
                row += rows;
            }
            panel += take;
        }
    }
}

/// Depth and rows of a that are packed at a time: together they stay in the second cache.
const DEPTH: usize = 384;
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

impl<T: Real> Summing<T> for Scratch<T> {
    unsafe fn gemm_tn(
        &mut self,
        [m, n, k]: [usize; 3],
        (a, lda): (&[T], usize),
        (b, ldb): (&[T], usize),
        (c, ldc): (&mut [T], usize),
    ) {
        for k0 in (0..k).step_by(DEPTH) {
            let (depth, a, b) = (DEPTH.min(k - k0), &a[k0 * lda..], &b[k0 * ldb..]);
            T::dispatch(GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch: self });
        }
    }
}

/// Over a depth of up to [`DEPTH`]; made by [`Scratch`] alone.
struct GemmTn<'a, T> {
    m: usize,
    n: usize,
    depth: usize,
    a: &'a [T],
    lda: usize,
    b: &'a [T],
    ldb: usize,
    c: &'a mut [T],
    ldc: usize,
    scratch: &'a mut Scratch<T>,
}

impl<T: Real> Kernel<T> for GemmTn<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let GemmTn { m, n, depth, a, lda, b, ldb, c, ldc, scratch } = self;
        let width = 2 * S::LANES;
        let panels = n.div_ceil(width);
        assert_eq!(scratch.b.width, width, "made for another instruction set");
        // SAFETY: the slices and the scratch are as the caller vouches; first + rows <= m, column < n.
        unsafe {
            let b_packed = scratch.b.data.as_mut_ptr().add(scratch.b.offset);
            for k in 0..depth {
                let row = b.as_ptr().add(k * ldb);
                for panel in 0..panels {
                    let to = b_packed.add((panel * depth + k) * width);
                    copy_upto(s, row.add(panel * width), to, width.min(n - panel * width));
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
                        s.prefetch(row.wrapping_add(SOON * lda + line));
                    }
                    for tile in 0..tiles_in_block {
                        let rows = S::ROWS.min(end - block - tile * S::ROWS);
                        copy_upto(
                            s,
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
                        tiles::<T, S, true>(s, S::ROWS.min(end - first), depth, a, 0, here, ahead, at);
                    }
                }
            }
        }
    }
}

/// Copies `n` elements, by vectors.
///
/// # Safety
/// They must be there, on both sides.
#[inline(always)]
unsafe fn copy_upto<T: Real, S: Simd<T>>(s: S, from: *const T, to: *mut T, n: usize) {
    for i in (0..n).step_by(S::LANES) {
        // SAFETY: at most the n - i elements left are touched.
        unsafe { s.store_upto(to.add(i), s.load_upto(from.add(i), n - i), n - i) }
    }
}
