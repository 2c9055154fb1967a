//! Matrix products by AMX, whose tiles multiply 16-bit `bf16`, sixteen times as fast as FMA does `f32`.
//!
//! An `f32` is the sum of three `bf16` of eight bits each: x = x₁ + x₂ + x₃. Of the nine products of two such sums the
//! six largest are added up, in `f32`; what is left out is below 2⁻²⁵ of |x y|, so that the result is as near the exact
//! one as FMA's (a test of [`super::gemm`] has both errors). Infinite operands give NaN.
//!
//! A right-hand side is split once, when it is filled; a left-hand side at each product.

mod split;
#[cfg(test)]
mod tests;
mod unit;

use super::dense::Dense;
use super::gemm::{Backend, Init, Summing};
use super::product;
use split::{EMPTY, LINES, Line, SIDE, STEP, TILE, pairs, rows, transpose};
use std::cell::RefCell;
pub use unit::Amx;
use unit::{Ahead, Place, Unit};

/// A `k × n` right-hand side, split and padded with zeros to whole tiles.
#[derive(Clone)]
pub struct Tiles {
    k: usize,
    n: usize,
    /// What a block shares tiles with.
    dense: Dense,
    /// `[column block, step, part, tile, line]`.
    lines: Vec<Line>,
    /// What made the lines may multiply them.
    amx: Amx,
}

impl Tiles {
    /// A zero matrix.
    pub fn new(amx: Amx, k: usize, n: usize) -> Self {
        let lines = vec![EMPTY; product([n.div_ceil(SIDE), k.div_ceil(STEP), LINES])];
        Tiles { k, n, dense: Dense::new(k.next_multiple_of(STEP), n.next_multiple_of(SIDE)), lines, amx }
    }
}

impl Backend<f32> for Tiles {
    fn fill(
        &mut self,
        (k0, rows): (usize, usize),
        (n0, columns): (usize, usize),
        src: &[f32],
        k_stride: usize,
        n_stride: usize,
    ) {
        self.dense.fill((k0, rows), (n0, columns), src, k_stride, n_stride);
        let steps = self.k.div_ceil(STEP);
        for step in k0 / STEP..(k0 + rows).div_ceil(STEP) {
            for block in n0 / SIDE..(n0 + columns).div_ceil(SIDE) {
                let to = &mut self.lines[(block * steps + step) * LINES..][..LINES];
                let from = &self.dense.from(step * STEP)[block * SIDE..];
                // SAFETY: the padded matrix has all of the step's rows and the block's columns, and `to` a step's lines;
                // the CPU has AVX-512F, or there would be no tiles.
                unsafe { pairs(STEP, SIDE, from.as_ptr(), self.dense.width(), to.as_mut_ptr()) };
            }
        }
    }

    unsafe fn gemm(&self, m: usize, a: &[f32], lda: usize, init: Init<f32>, c: &mut [f32], ldc: usize) {
        thread_local! {
            static LEFT: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
        }
        let steps = self.k.div_ceil(STEP);
        let pairs = m.div_ceil(SIDE);
        // Rows are shared out evenly: a tile's time is that of its rows.
        let height = m.div_ceil(2 * pairs);
        LEFT.with_borrow_mut(|left| {
            let len = pairs * steps * LINES;
            if left.len() < len {
                left.resize(len, EMPTY);
            }
            // SAFETY: the buffer holds `pairs` blocks of `steps`, and the right-hand side its own; the caller vouches for the rest.
            // The CPU has AVX-512F, or there would be no tiles.
            unsafe {
                for row in 0..m {
                    let (pair, within) = (row / (2 * height), row % (2 * height));
                    let line = within / height * TILE + within % height;
                    rows(self.k, a.as_ptr().add(row * lda), left.as_mut_ptr().add(pair * steps * LINES + line));
                }
                let unit = Unit::configure(self.amx, height);
                // The passes over a block ask for the next: two for every other line, whose neighbour comes along, or four.
                let (passes, gap) = if pairs < 4 { (2, 2 * size_of::<Line>()) } else { (4, size_of::<Line>()) };
                for block in 0..self.n.div_ceil(SIDE) {
                    let column = block * SIDE;
                    let here = self.lines.as_ptr().add(block * steps * LINES);
                    let init = init.from(column);
                    for pair in 0..pairs {
                        let row = pair * 2 * height;
                        let (rows, columns) = ((m - row).min(2 * height), SIDE.min(self.n - column));
                        let part = pair % passes;
                        let ahead = Ahead { from: here.wrapping_add((passes + part) * steps * LINES / passes), gap };
                        let place = Place { init, rows, columns, c: c.as_mut_ptr().add(row * ldc + column), ldc };
                        unit.multiply(steps, left.as_ptr().add(pair * steps * LINES), here, ahead, place);
                    }
                }
            }
        });
    }

    fn boxed(&self) -> Box<dyn Backend<f32>> {
        Box::new(self.clone())
    }
}

/// Depth and columns of a that [`gemm_tn`] splits at a time: they stay in the second cache, beside b's.
const DEPTH: usize = 384;
const BLOCK: usize = 4 * SIDE;

/// Room for [`gemm_tn`].
pub struct Scratch {
    a: Vec<Line>,
    b: Vec<Line>,
    amx: Amx,
}

impl Scratch {
    /// For products of up to `n` columns.
    pub fn new(amx: Amx, n: usize) -> Self {
        let lines = |columns: usize| vec![EMPTY; product([columns.div_ceil(SIDE), DEPTH / STEP, LINES])];
        Scratch { a: lines(BLOCK), b: lines(n), amx }
    }
}

impl Summing<f32> for Scratch {
    unsafe fn gemm_tn(
        &mut self,
        [m, n, k]: [usize; 3],
        (a, lda): (&[f32], usize),
        (b, ldb): (&[f32], usize),
        (c, ldc): (&mut [f32], usize),
    ) {
        let (left, right) = (self.a.as_mut_ptr(), self.b.as_mut_ptr());
        let unit = Unit::configure(self.amx, TILE);
        for k0 in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - k0);
            let steps = depth.div_ceil(STEP);
            let of_step = |step: usize| STEP.min(depth - step * STEP);
            // SAFETY: the scratch holds a block of a and all columns of b; the caller vouches for the rest. The CPU has
            // AVX-512F, or there would be no self.
            unsafe {
                for step in 0..steps {
                    let row = b.as_ptr().add((k0 + step * STEP) * ldb);
                    for column in (0..n).step_by(SIDE) {
                        let to = right.add((column / SIDE * steps + step) * LINES);
                        pairs(of_step(step), n - column, row.add(column), ldb, to);
                    }
                }
                for first in (0..m).step_by(BLOCK) {
                    let end = m.min(first + BLOCK);
                    for step in 0..steps {
                        let row = a.as_ptr().add((k0 + step * STEP) * lda);
                        for column in (first..end).step_by(SIDE) {
                            let to = left.add(((column - first) / SIDE * steps + step) * LINES);
                            pairs(of_step(step), end - column, row.add(column), lda, to);
                            (0..LINES / TILE).for_each(|tile| transpose(to.add(tile * TILE)));
                        }
                    }
                    for column in (0..n).step_by(SIDE) {
                        let here = right.add(column / SIDE * steps * LINES).cast_const();
                        for row in (first..end).step_by(SIDE) {
                            let left = left.add((row - first) / SIDE * steps * LINES).cast_const();
                            let (rows, columns) = (SIDE.min(end - row), SIDE.min(n - column));
                            let c = c.as_mut_ptr().add(row * ldc + column);
                            let place = Place { init: Init::Accumulate, rows, columns, c, ldc };
                            unit.multiply(steps, left, here, Ahead { from: here, gap: 0 }, place);
                        }
                    }
                }
            }
        }
    }
}
