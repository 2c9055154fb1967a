//! Reading (equation 27): an N×N patch of the image and one of the error image x̂ = x − σ(canvas).
//!
//! Reading is linear, so the error's patch is the image's less the canvas's, and x̂ is never formed.

use super::rows::{Matrix, Start, mix};
use super::{Grid, WINDOW_LEN, dot};
use crate::kernels::{Kernel, Real, Simd, fits};
use crate::likelihood::mean_slope;

/// Reads a batch.
pub struct Forward<'a, T> {
    /// The filters' image and scratch.
    pub grid: &'a mut Grid<T>,
    /// Images.
    pub batch: usize,
    /// Rows `head_stride` apart; each starts with the five numbers of the read window.
    pub heads: &'a [T],
    /// Elements from one row of `heads` to the next.
    pub head_stride: usize,
    /// Images `[batch, C, B, A]`.
    pub image: &'a [T],
    /// σ(canvas) `[batch, C, B, A]`.
    pub canvas: &'a [T],
    /// Rows `out_stride` apart: patches of x `[C, N, N]`, then patches of x̂ `[C, N, N]`.
    pub out: &'a mut [T],
    /// Elements from one image's patches to the next.
    pub out_stride: usize,
}

impl<T: Real> Forward<'_, T> {
    /// Reads.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch) = (&*self.grid, self.batch);
        assert!(fits(self.heads, batch, self.head_stride, WINDOW_LEN), "read: heads are too short");
        assert!(grid.images_fit(self.image, batch), "read: images are too short");
        assert!(grid.images_fit(self.canvas, batch), "read: canvases are too short");
        assert!(fits(self.out, batch, self.out_stride, 2 * grid.patch()), "read: out is too short");
        T::dispatch(Checked(self));
    }
}

/// What lies in its slices.
struct Checked<W>(W);

/// `F_Y x` of one plane, through filters that are in place, into `grid.half`, in the columns that F_X reaches.
#[inline(always)]
fn halve<T: Real, S: Simd<T>>(s: S, grid: &mut Grid<T>, plane: &[T]) {
    let (n, (width, height)) = (grid.n, grid.size());
    assert!(plane.len() >= width * height, "read: an image is too short");
    // SAFETY: the plane holds height rows of width, and half n; what is reached lies in a row.
    unsafe { grid.y.gather(s, n, plane.as_ptr(), width, &grid.x.reached, grid.half.as_mut_ptr()) }
}

/// `to [N, N]` = γ F_Y x F_Xᵀ of one plane.
#[inline(always)]
pub(super) fn extract<T: Real, S: Simd<T>>(s: S, grid: &mut Grid<T>, gamma: T, plane: &[T], to: &mut [T]) {
    halve(s, grid, plane);
    let (n, (width, _)) = (grid.n, grid.size());
    let (half, fx) = (grid.half.as_ptr(), grid.x.f.as_ptr());
    for (i, to) in to.chunks_exact_mut(n).enumerate().take(n) {
        for (j, to) in to.iter_mut().enumerate() {
            // SAFETY: half and F_X hold n rows of width; what is reached lies in a row.
            *to = gamma * unsafe { dot(s, half.add(i * width), fx.add(j * width), &grid.x.reached) };
        }
    }
}

/// d log γ, from patches and their gradient: γ multiplies all of them.
#[inline(always)]
pub(super) fn log_gamma_gradient<T: Real, S: Simd<T>>(s: S, patches: &[T], d: &[T]) -> T {
    assert!(patches.len() == d.len(), "read: the patches' gradient is of another length");
    // SAFETY: both have this length.
    unsafe { dot(s, patches.as_ptr(), d.as_ptr(), &(0..d.len())) }
}

impl<T: Real> Kernel<T> for Checked<Forward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Forward { grid, batch, heads, head_stride, image, canvas, out, out_stride }) = self;
        let (pixels, patch, channels) = (grid.pixels(), grid.n * grid.n, grid.channels);
        for b in 0..batch {
            let out = &mut out[b * out_stride..][..2 * channels * patch];
            let gamma = grid.place(s, &heads[b * head_stride..][..WINDOW_LEN]).gamma;
            for (of, to) in [image, canvas].into_iter().zip(out.chunks_exact_mut(channels * patch)) {
                let planes = of[b * pixels..][..pixels].chunks_exact(pixels / channels);
                for (plane, to) in planes.zip(to.chunks_exact_mut(patch)) {
                    extract(s, grid, gamma, plane, to);
                }
            }
            let (of_image, of_error) = out.split_at_mut(channels * patch);
            for (error, x) in of_error.iter_mut().zip(of_image) {
                *error = *x - *error;
            }
        }
    }
}

/// The backward pass of [`Forward`].
pub struct Backward<'a, T> {
    /// The filters' image and scratch.
    pub grid: &'a mut Grid<T>,
    /// Images.
    pub batch: usize,
    /// As `Forward::heads`.
    pub heads: &'a [T],
    /// Elements from one row of `heads` to the next.
    pub head_stride: usize,
    /// As `Forward::image`.
    pub image: &'a [T],
    /// As `Forward::canvas`.
    pub canvas: &'a [T],
    /// The patches, as [`Forward`] left them.
    pub out: &'a [T],
    /// Their gradient, laid out as they are.
    pub d_out: &'a [T],
    /// Elements from one image's patches to the next.
    pub out_stride: usize,
    /// Set to the gradient of the window's five numbers.
    pub d_heads: &'a mut [T],
    /// The gradient of the canvas's logits `[batch, C, B, A]`, added to.
    pub d_logits: &'a mut [T],
}

impl<T: Real> Backward<'_, T> {
    /// Sets the gradient of the windows, and adds that of the canvases.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch) = (&*self.grid, self.batch);
        assert!(fits(self.heads, batch, self.head_stride, WINDOW_LEN), "read: heads are too short");
        assert!(grid.images_fit(self.image, batch), "read: images are too short");
        assert!(grid.images_fit(self.canvas, batch), "read: canvases are too short");
        assert!(fits(self.out, batch, self.out_stride, 2 * grid.patch()), "read: the patches are too short");
        assert!(fits(self.d_out, batch, self.out_stride, 2 * grid.patch()), "read: the patches' gradient is too short");
        assert!(fits(self.d_heads, batch, self.head_stride, WINDOW_LEN), "read: the windows' gradient is too short");
        assert!(grid.images_fit(self.d_logits, batch), "read: the canvases' gradient is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real> Kernel<T> for Checked<Backward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(work) = self;
        let Backward { grid, batch, heads, head_stride, image, canvas, out, d_out, out_stride, d_heads, d_logits } =
            work;
        let (channels, pixels, patch) = (grid.channels, grid.pixels(), grid.n * grid.n);
        let plane = pixels / channels;
        for b in 0..batch {
            let [out, d] = [out, d_out].map(|x| &x[b * out_stride..][..2 * channels * patch]);
            let (d_image, d_error) = d.split_at(channels * patch);
            let w = grid.place(s, &heads[b * head_stride..][..WINDOW_LEN]);
            grid.clear_gradients();
            for c in 0..channels {
                let (start, from) = (b * pixels + c * plane, c * patch);
                let x = &image[start..start + plane];
                let shown = &canvas[start..start + plane];
                // x feeds both patches; the canvas feeds the error's, with a minus.
                backward_one(s, grid, x, |k| w.gamma * (d_image[from + k] + d_error[from + k]));
                backward_one(s, grid, shown, |k| -w.gamma * d_error[from + k]);
                backward_canvas(s, grid, shown, &mut d_logits[start..start + plane]);
            }
            let d = grid.place_backward(s, &w, log_gamma_gradient(s, out, d));
            d_heads[b * head_stride..][..WINDOW_LEN].copy_from_slice(&d);
        }
    }
}

/// Adds to the gradient of a plane's logits what comes through `F_Y σ(canvas)`, whose gradient [`backward_one`] left in
/// `grid.d_half`.
#[inline(always)]
fn backward_canvas<T: Real, S: Simd<T>>(s: S, grid: &Grid<T>, shown: &[T], d_logits: &mut [T]) {
    let (n, (width, height)) = (grid.n, grid.size());
    for y in grid.y.reached.clone() {
        let (shown, d_logits) = (&shown[y * width..][..width], &mut d_logits[y * width..][..width]);
        for a in grid.x.reached.clone().step_by(S::LANES) {
            let left = grid.x.reached.end - a;
            // SAFETY: what is reached lies in a row, of which at most the `left` columns to its end are touched; d_half
            // holds n rows.
            unsafe {
                let mut ds = s.splat(T::zero());
                for i in 0..n {
                    let f = s.splat(grid.y.f[i * height + y]);
                    ds = s.mul_add(f, s.load_upto(grid.d_half.as_ptr().add(i * width + a), left), ds);
                }
                let v = s.load_upto(shown.as_ptr().add(a), left);
                let slope = mean_slope(s, v);
                let to = d_logits.as_mut_ptr().add(a);
                s.store_upto(to, s.mul_add(ds, slope, s.load_upto(to, left)), left);
            }
        }
    }
}

/// Adds to dF_X and dF_Y what comes through one plane, given `d(k)` = γ ∂/∂patch[k]; leaves the gradient of `F_Y x` in
/// `grid.d_half`.
#[inline(always)]
pub(super) fn backward_one<T: Real, S: Simd<T>>(s: S, grid: &mut Grid<T>, plane: &[T], d: impl Fn(usize) -> T) {
    halve(s, grid, plane);
    let (n, (width, _)) = (grid.n, grid.size());
    for (k, to) in grid.strokes.iter_mut().enumerate() {
        *to = d(k);
    }
    let (d, fx, columns) = (Matrix::rows(grid.strokes.as_ptr(), n), grid.x.f.as_ptr(), &grid.x.reached);
    // SAFETY: half, d_half, F_X and dF_X hold n rows of width, as does the plane; what is reached lies in them.
    unsafe {
        mix(s, 0..n, d, &(0..n), fx, width, columns, grid.d_half.as_mut_ptr(), Start::Zero, 0);
        let (half, dfx) = (grid.half.as_ptr(), grid.x.df.as_mut_ptr());
        mix(s, 0..n, d.transposed(), &(0..n), half, width, columns, dfx, Start::Itself, 0);
        grid.y.gather_backward(s, n, plane.as_ptr(), width, columns, grid.d_half.as_ptr());
    }
}
