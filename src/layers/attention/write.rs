//! Writing (equations 28 and 29): an N×N patch is laid onto the canvas through its own filterbanks,
//! `canvas += F̂_Yᵀ w F̂_X / γ̂`.

use super::rows::{Matrix, Start, mix};
use super::{Grid, STROKE, WINDOW_LEN, dot};
use crate::kernels::{Kernel, Real, Simd, fits};

/// Writes a batch. The grid may be rendered larger than the model; the canvas has its size.
pub struct Forward<'a, T> {
    /// The filters' image and scratch.
    pub grid: &'a mut Grid<T>,
    /// Images.
    pub batch: usize,
    /// Rows `head_stride` apart: the five numbers of the write window, then the patch `[C, N, N]`.
    pub heads: &'a [T],
    /// Elements from one row of `heads` to the next.
    pub head_stride: usize,
    /// Logits `[batch, C, B, A]`, added to.
    pub canvas: &'a mut [T],
}

impl<T: Real> Forward<'_, T> {
    /// Writes.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch) = (&*self.grid, self.batch);
        assert!(fits(self.heads, batch, self.head_stride, WINDOW_LEN + grid.patch()), "write: heads are too short");
        assert!(grid.images_fit(self.canvas, batch), "write: canvases are too short");
        T::dispatch(Checked(self));
    }
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real> Kernel<T> for Checked<Forward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Forward { grid, batch, heads, head_stride, canvas }) = self;
        let (n, (width, height)) = (grid.n, grid.size());
        let (pixels, plane) = (grid.pixels(), width * height);
        for b in 0..batch {
            let head = &heads[b * head_stride..][..WINDOW_LEN + grid.channels * n * n];
            let (params, patches) = head.split_at(WINDOW_LEN);
            let gain = T::one() / grid.place(s, params).gamma;
            for (c, patch) in patches.chunks_exact(n * n).enumerate() {
                grid.take_strokes(gain, patch);
                let (columns, rows) = (&grid.x.reached, grid.y.reached.clone());
                let (half, strokes) = (grid.half.as_mut_ptr(), Matrix::rows(grid.strokes.as_ptr(), n));
                let filters = Matrix::rows(grid.y.f.as_ptr(), height).transposed();
                let plane = canvas[b * pixels + c * plane..][..plane].as_mut_ptr();
                // SAFETY: half and F_X hold n rows of `width`, a plane rows of `width`; what is reached lies in them.
                unsafe {
                    mix(s, 0..n, strokes, &(0..n), grid.x.f.as_ptr(), width, columns, half, Start::Zero, 0);
                    mix(s, rows, filters, &(0..n), half, width, columns, plane, Start::Itself, 0);
                }
            }
        }
    }
}

/// The backward pass of [`Forward`] at model size.
pub struct Backward<'a, T> {
    /// The filters' image and scratch.
    pub grid: &'a mut Grid<T>,
    /// Images.
    pub batch: usize,
    /// As `Forward::heads`.
    pub heads: &'a [T],
    /// Elements from one row of `heads` to the next.
    pub head_stride: usize,
    /// The gradient of the canvas `[batch, C, B, A]`.
    pub d_canvas: &'a [T],
    /// Set to the gradient of the window's five numbers and of the patch, laid out as `heads`.
    pub d_heads: &'a mut [T],
}

impl<T: Real> Backward<'_, T> {
    /// Sets the gradients.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch, len) = (&*self.grid, self.batch, WINDOW_LEN + self.grid.patch());
        assert!(fits(self.heads, batch, self.head_stride, len), "write: heads are too short");
        assert!(grid.images_fit(self.d_canvas, batch), "write: the canvases' gradient is too short");
        assert!(fits(self.d_heads, batch, self.head_stride, len), "write: the heads' gradient is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real> Kernel<T> for Checked<Backward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Backward { grid, batch, heads, head_stride, d_canvas, d_heads }) = self;
        let (n, (width, height)) = (grid.n, grid.size());
        let (pixels, plane, len) = (grid.pixels(), width * height, WINDOW_LEN + grid.channels * n * n);
        for b in 0..batch {
            let (params, patches) = heads[b * head_stride..][..len].split_at(WINDOW_LEN);
            let (d_params, d_patches) = d_heads[b * head_stride..][..len].split_at_mut(WINDOW_LEN);
            let w = grid.place(s, params);
            let gain = T::one() / w.gamma;
            grid.clear_gradients();
            let mut d_log_gamma = T::zero();
            for c in 0..grid.channels {
                let (patch, d_patch) = (&patches[c * n * n..][..n * n], &mut d_patches[c * n * n..][..n * n]);
                grid.take_strokes(gain, patch);
                backward_plane(s, grid, &d_canvas[b * pixels + c * plane..][..plane], d_patch);
                for (d, (patch, stroke)) in d_patch.iter_mut().zip(patch.iter().zip(&grid.strokes)) {
                    // A stroke that was taken to its bound does not move. Compared so that NaN goes on.
                    *d = if stroke.abs() >= T::of(STROKE) { T::zero() } else { gain * *d };
                    d_log_gamma -= *d * *patch;
                }
            }
            d_params.copy_from_slice(&grid.place_backward(s, &w, d_log_gamma));
        }
    }
}

/// Adds to dF_X and dF_Y what comes through one plane, and sets the gradient of its strokes.
#[inline(always)]
fn backward_plane<T: Real, S: Simd<T>>(s: S, grid: &mut Grid<T>, d_plane: &[T], d_strokes: &mut [T]) {
    let (n, (width, height)) = (grid.n, grid.size());
    assert!(d_plane.len() >= width * height, "write: a canvas's gradient is too short");
    let (columns, fx) = (&grid.x.reached, grid.x.f.as_ptr());
    let strokes = Matrix::rows(grid.strokes.as_ptr(), n);
    // SAFETY: half, d_half, F_X and dF_X hold n rows of `width`, the plane rows of `width`; what is reached lies in them.
    unsafe {
        mix(s, 0..n, strokes, &(0..n), fx, width, columns, grid.half.as_mut_ptr(), Start::Zero, 0);
        grid.y.gather_backward(s, n, d_plane.as_ptr(), width, columns, grid.half.as_ptr());
        let d_half = grid.d_half.as_mut_ptr();
        grid.y.gather(s, n, d_plane.as_ptr(), width, columns, d_half);
        for (i, row) in d_strokes.chunks_exact_mut(n).enumerate() {
            for (j, d) in row.iter_mut().enumerate() {
                *d = dot(s, d_half.add(i * width), fx.add(j * width), columns);
            }
        }
        let dfx = grid.x.df.as_mut_ptr();
        mix(s, 0..n, strokes.transposed(), &(0..n), d_half, width, columns, dfx, Start::Itself, 0);
    }
}
