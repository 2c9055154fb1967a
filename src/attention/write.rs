//! Writing (equations 28 and 29): an N×N patch is laid onto the canvas through its own filterbanks,
//! `canvas += F̂_Yᵀ w F̂_X / γ̂`.

use super::{Grid, WINDOW_LEN, combine, dot};
use crate::kernels::{Kernel, Real, Simd};

/// Writes a batch. The grid may be rendered larger than the model; the canvas has its size.
pub struct Forward<'a, T> {
    pub grid: &'a mut Grid<T>,
    pub batch: usize,
    /// Rows `head_stride` apart: the five numbers of the write window, then the patch `[C, N, N]`.
    pub heads: &'a [T],
    pub head_stride: usize,
    /// Logits `[batch, C, B, A]`, added to.
    pub canvas: &'a mut [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let Forward { grid, batch, heads, head_stride, canvas } = self;
        let (n, (width, height)) = (grid.n, grid.size());
        let (pixels, plane) = (grid.pixels(), width * height);
        for b in 0..batch {
            let head = &heads[b * head_stride..][..WINDOW_LEN + grid.channels * n * n];
            let (params, patches) = head.split_at(WINDOW_LEN);
            // SAFETY: the dispatcher chose S for this CPU; all pointers stay in one plane or one filterbank.
            unsafe {
                let gain = T::one() / grid.place::<S>(params).gamma;
                let (columns, rows) = (grid.x.reached.clone(), grid.y.reached.clone());
                for (c, patch) in patches.chunks_exact(n * n).enumerate() {
                    for i in 0..n {
                        let half = grid.half.as_mut_ptr().add(i * width);
                        combine::<T, S>(half, false, grid.x.f.as_ptr(), width, &columns, 0..n, |j| {
                            gain * patch[i * n + j]
                        });
                    }
                    let plane = &mut canvas[b * pixels + c * plane..][..plane];
                    for y in rows.clone() {
                        let (row, fy) = (plane[y * width..].as_mut_ptr(), &grid.y.f);
                        combine::<T, S>(row, true, grid.half.as_ptr(), width, &columns, 0..n, |i| fy[i * height + y]);
                    }
                }
            }
        }
    }
}

/// The backward pass of [`Forward`] at model size.
pub struct Backward<'a, T> {
    pub grid: &'a mut Grid<T>,
    pub batch: usize,
    pub heads: &'a [T],
    pub head_stride: usize,
    /// The gradient of the canvas `[batch, C, B, A]`.
    pub d_canvas: &'a [T],
    /// Set to the gradient of the window's five numbers and of the patch, laid out as `heads`.
    pub d_heads: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self) {
        let Backward { grid, batch, heads, head_stride, d_canvas, d_heads } = self;
        let (n, (width, height)) = (grid.n, grid.size());
        let (pixels, plane, len) = (grid.pixels(), width * height, WINDOW_LEN + grid.channels * n * n);
        for b in 0..batch {
            let (params, patches) = heads[b * head_stride..][..len].split_at(WINDOW_LEN);
            let (d_params, d_patches) = d_heads[b * head_stride..][..len].split_at_mut(WINDOW_LEN);
            // SAFETY: the dispatcher chose S for this CPU; all pointers stay in one plane or one filterbank.
            unsafe {
                let w = grid.place::<S>(params);
                let gain = T::one() / w.gamma;
                let (columns, rows) = (grid.x.reached.clone(), grid.y.reached.clone());
                grid.clear_gradients();
                let mut d_log_gamma = T::zero();
                for c in 0..grid.channels {
                    let (patch, d_patch) = (&patches[c * n * n..][..n * n], &mut d_patches[c * n * n..][..n * n]);
                    let d_plane = &d_canvas[b * pixels + c * plane..][..plane];
                    for i in 0..n {
                        let half = grid.half.as_mut_ptr().add(i * width);
                        combine::<T, S>(half, false, grid.x.f.as_ptr(), width, &columns, 0..n, |j| {
                            gain * patch[i * n + j]
                        });
                        let d_half = grid.d_half.as_mut_ptr().add(i * width);
                        let fy = &grid.y.f[i * height..(i + 1) * height];
                        combine::<T, S>(d_half, false, d_plane.as_ptr(), width, &columns, rows.clone(), |y| fy[y]);
                        for y in rows.clone() {
                            grid.y.df[i * height + y] += dot::<T, S>(half, d_plane.as_ptr().add(y * width), &columns);
                        }
                        for j in 0..n {
                            let d = gain * dot::<T, S>(d_half, grid.x.f.as_ptr().add(j * width), &columns);
                            d_patch[i * n + j] = d;
                            d_log_gamma -= d * patch[i * n + j];
                        }
                    }
                    for j in 0..n {
                        let dfx = grid.x.df.as_mut_ptr().add(j * width);
                        combine::<T, S>(dfx, true, grid.d_half.as_ptr(), width, &columns, 0..n, |i| {
                            gain * patch[i * n + j]
                        });
                    }
                }
                d_params.copy_from_slice(&grid.place_backward::<S>(&w, d_log_gamma));
            }
        }
    }
}
