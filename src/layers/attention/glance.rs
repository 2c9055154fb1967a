//! Reading an image alone, for who does not draw: `γ F_Y x F_Xᵀ`, the first half of equation 27.

use super::read::{backward_one, extract, log_gamma_gradient};
use super::{Grid, WINDOW_LEN};
use crate::kernels::{Kernel, Real, Simd, fits};

/// Reads a batch.
pub struct Forward<'a, T> {
    /// The filters' image and scratch.
    pub grid: &'a mut Grid<T>,
    /// Images.
    pub batch: usize,
    /// Rows `head_stride` apart; each starts with the five numbers of the window.
    pub heads: &'a [T],
    /// Elements from one row of `heads` to the next.
    pub head_stride: usize,
    /// `[batch, C, B, A]`.
    pub image: &'a [T],
    /// Rows `out_stride` apart: patches `[C, N, N]`.
    pub out: &'a mut [T],
    /// Elements from one image's patches to the next.
    pub out_stride: usize,
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real> Forward<'_, T> {
    /// Reads.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch) = (&*self.grid, self.batch);
        assert!(fits(self.heads, batch, self.head_stride, WINDOW_LEN), "glance: heads are too short");
        assert!(grid.images_fit(self.image, batch), "glance: images are too short");
        assert!(fits(self.out, batch, self.out_stride, grid.patch()), "glance: out is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real> Kernel<T> for Checked<Forward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(Forward { grid, batch, heads, head_stride, image, out, out_stride }) = self;
        let (pixels, patch) = (grid.pixels(), grid.n * grid.n);
        for b in 0..batch {
            let gamma = grid.place(s, &heads[b * head_stride..][..WINDOW_LEN]).gamma;
            let planes = image[b * pixels..][..pixels].chunks_exact(pixels / grid.channels);
            for (plane, to) in planes.zip(out[b * out_stride..].chunks_exact_mut(patch)) {
                extract(s, grid, gamma, plane, to);
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
    /// The patches, as [`Forward`] left them.
    pub out: &'a [T],
    /// Their gradient, laid out as they are.
    pub d_out: &'a [T],
    /// Elements from one image's patches to the next.
    pub out_stride: usize,
    /// Set to the gradient of the window's five numbers, in rows `d_stride` apart.
    pub d_heads: &'a mut [T],
    /// Elements from one row of `d_heads` to the next.
    pub d_stride: usize,
}

impl<T: Real> Backward<'_, T> {
    /// Sets the gradients.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (grid, batch) = (&*self.grid, self.batch);
        assert!(fits(self.heads, batch, self.head_stride, WINDOW_LEN), "glance: heads are too short");
        assert!(grid.images_fit(self.image, batch), "glance: images are too short");
        assert!(fits(self.out, batch, self.out_stride, grid.patch()), "glance: the patches are too short");
        assert!(fits(self.d_out, batch, self.out_stride, grid.patch()), "glance: the patches' gradient is too short");
        assert!(fits(self.d_heads, batch, self.d_stride, WINDOW_LEN), "glance: the windows' gradient is too short");
        T::dispatch(Checked(self));
    }
}

impl<T: Real> Kernel<T> for Checked<Backward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(work) = self;
        let Backward { grid, batch, heads, head_stride, image, out, d_out, out_stride, d_heads, d_stride } = work;
        let (pixels, patch) = (grid.pixels(), grid.n * grid.n);
        let plane = pixels / grid.channels;
        for b in 0..batch {
            let w = grid.place(s, &heads[b * head_stride..][..WINDOW_LEN]);
            grid.clear_gradients();
            let [out, d] = [out, d_out].map(|x| &x[b * out_stride..][..grid.channels * patch]);
            for (plane, d) in image[b * pixels..][..pixels].chunks_exact(plane).zip(d.chunks_exact(patch)) {
                backward_one(s, grid, plane, |k| w.gamma * d[k]);
            }
            let d = grid.place_backward(s, &w, log_gamma_gradient(s, out, d));
            d_heads[b * d_stride..][..WINDOW_LEN].copy_from_slice(&d);
        }
    }
}
