//! Reading (equation 27): an N×N patch of the image and one of the error image x̂ = x − σ(canvas).
//!
//! Reading is linear, so the error's patch is the image's less the canvas's, and x̂ is never formed.

use super::{Grid, WINDOW_LEN, combine, dot};
use crate::kernels::{Kernel, Real, Simd};

/// Reads a batch.
pub struct Forward<'a, T> {
    pub grid: &'a mut Grid<T>,
    pub batch: usize,
    /// Rows `stride` apart; each starts with the five numbers of the read window.
    pub heads: &'a [T],
    pub head_stride: usize,
    /// Images and σ(canvas), `[batch, C, B, A]`.
    pub image: &'a [T],
    pub canvas: &'a [T],
    /// Rows `out_stride` apart: patches of x `[C, N, N]`, then patches of x̂ `[C, N, N]`.
    pub out: &'a mut [T],
    pub out_stride: usize,
}

/// `patch [N, N] = F_Y image F_Xᵀ`, leaving `F_Y image` in `grid.half`, in the columns that F_X reaches.
#[inline(always)]
unsafe fn extract<T: Real, S: Simd<T>>(grid: &mut Grid<T>, image: &[T], mut put: impl FnMut(usize, T)) {
    let (n, (width, height)) = (grid.n, grid.size());
    for i in 0..n {
        // SAFETY: `image` holds height rows of width; half holds n rows of width.
        unsafe {
            let half = grid.half.as_mut_ptr().add(i * width);
            let fy = &grid.y.f[i * height..(i + 1) * height];
            combine::<T, S>(half, false, image.as_ptr(), width, &grid.x.reached, grid.y.reached.clone(), |y| fy[y]);
            for j in 0..n {
                put(i * n + j, dot::<T, S>(half, grid.x.f.as_ptr().add(j * width), &grid.x.reached));
            }
        }
    }
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let Forward { grid, batch, heads, head_stride, image, canvas, out, out_stride } = self;
        let (pixels, patch, channels) = (grid.pixels(), grid.n * grid.n, grid.channels);
        let plane = pixels / channels;
        for b in 0..batch {
            let out = &mut out[b * out_stride..][..2 * channels * patch];
            // SAFETY: the dispatcher chose S for this CPU; `extract` gets one plane of the grid's size.
            unsafe {
                let gamma = grid.place::<S>(&heads[b * head_stride..][..WINDOW_LEN]).gamma;
                for (of, to) in [image, canvas].into_iter().zip(out.chunks_exact_mut(channels * patch)) {
                    for (c, to) in to.chunks_exact_mut(patch).enumerate() {
                        let plane = &of[b * pixels + c * plane..][..plane];
                        extract::<T, S>(grid, plane, |k, v| to[k] = gamma * v);
                    }
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
    pub grid: &'a mut Grid<T>,
    pub batch: usize,
    pub heads: &'a [T],
    pub head_stride: usize,
    pub image: &'a [T],
    pub canvas: &'a [T],
    /// The gradient of the patches, laid out as `Forward::out`.
    pub d_out: &'a [T],
    pub out_stride: usize,
    /// Set to the gradient of the window's five numbers.
    pub d_heads: &'a mut [T],
    /// The gradient of the canvas's logits `[batch, C, B, A]`, added to.
    pub d_logits: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let Backward { grid, batch, heads, head_stride, image, canvas, d_out, out_stride, d_heads, d_logits } = self;
        let (n, channels, (width, height)) = (grid.n, grid.channels, grid.size());
        let (pixels, patch, plane) = (grid.pixels(), n * n, width * height);
        for b in 0..batch {
            let d = &d_out[b * out_stride..][..2 * channels * patch];
            let (d_image, d_error) = d.split_at(channels * patch);
            // SAFETY: the dispatcher chose S for this CPU; all pointers stay in one plane or one filterbank.
            unsafe {
                let w = grid.place::<S>(&heads[b * head_stride..][..WINDOW_LEN]);
                grid.clear_gradients();
                let mut d_log_gamma = T::zero();
                for c in 0..channels {
                    let (start, from) = (b * pixels + c * plane, c * patch);
                    let x = &image[start..start + plane];
                    let s = &canvas[start..start + plane];
                    // x feeds both patches; the canvas feeds the error's, with a minus.
                    backward_one::<T, S>(grid, x, &mut d_log_gamma, |k| {
                        w.gamma * (d_image[from + k] + d_error[from + k])
                    });
                    backward_one::<T, S>(grid, s, &mut d_log_gamma, |k| -w.gamma * d_error[from + k]);
                    for y in grid.y.reached.clone() {
                        let at = y * width;
                        let (sp, lp) = (s.as_ptr().add(at), d_logits.as_mut_ptr().add(start + at));
                        for a in grid.x.reached.clone().step_by(S::LANES) {
                            let left = grid.x.reached.end - a;
                            let mut ds = S::splat(T::zero());
                            for i in 0..n {
                                let f = S::splat(grid.y.f[i * height + y]);
                                ds = S::mul_add(f, S::load_upto(grid.d_half.as_ptr().add(i * width + a), left), ds);
                            }
                            let v = S::load_upto(sp.add(a), left);
                            let slope = S::sub(v, S::mul(v, v));
                            let l = S::load_upto(lp.add(a), left);
                            S::store_upto(lp.add(a), S::mul_add(ds, slope, l), left);
                        }
                    }
                }
                let d = grid.place_backward::<S>(&w, d_log_gamma);
                d_heads[b * head_stride..][..WINDOW_LEN].copy_from_slice(&d);
            }
        }
    }
}

/// Adds to dF_X, dF_Y and d log γ what comes through one image, given `d(k)` = γ ∂/∂patch[k]; leaves
/// the gradient of `F_Y image` in `grid.d_half`.
#[inline(always)]
unsafe fn backward_one<T: Real, S: Simd<T>>(
    grid: &mut Grid<T>,
    image: &[T],
    d_log_gamma: &mut T,
    d: impl Fn(usize) -> T,
) {
    let (n, (width, height)) = (grid.n, grid.size());
    let mut log_gamma = T::zero();
    // SAFETY: as for `extract`.
    unsafe {
        extract::<T, S>(grid, image, |k, v| log_gamma += d(k) * v);
        for i in 0..n {
            let d_half = grid.d_half.as_mut_ptr().add(i * width);
            combine::<T, S>(d_half, false, grid.x.f.as_ptr(), width, &grid.x.reached, 0..n, |j| d(i * n + j));
            for y in grid.y.reached.clone() {
                grid.y.df[i * height + y] += dot::<T, S>(d_half, image.as_ptr().add(y * width), &grid.x.reached);
            }
            let dfx = grid.x.df.as_mut_ptr().add(i * width);
            combine::<T, S>(dfx, true, grid.half.as_ptr(), width, &grid.x.reached, 0..n, |r| d(r * n + i));
        }
    }
    *d_log_gamma += log_gamma;
}
