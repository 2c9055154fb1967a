//! Reading and writing without attention (equations 17 and 18): the whole error image is read, the whole canvas written.

use super::Tensor;
use super::linear::add;
use crate::kernels::{Kernel, Real, Simd, fits};
use crate::likelihood::mean_slope;

/// The weights that give what is written, `len` values: `[len, H]` and `[len]`. With attention they give a patch.
pub(crate) fn tensors([weight, bias]: [&'static str; 2], len: usize, hidden: usize) -> [Tensor; 2] {
    [Tensor::matrix(weight, [len, hidden], hidden), Tensor::vector(bias, len)]
}

/// Reads a batch: rows `stride` apart start with the error images x − σ(canvas). The image itself is the same at every
/// glimpse, and not in the row.
pub(crate) fn read<T: Real>(pixels: usize, images: &[T], shown: &[T], rows: &mut [T], stride: usize) {
    for ((row, x), s) in rows.chunks_exact_mut(stride).zip(images.chunks(pixels)).zip(shown.chunks(pixels)) {
        for ((e, x), s) in row[..pixels].iter_mut().zip(x).zip(s) {
            *e = *x - *s;
        }
    }
}

/// The backward pass of [`read`].
pub(crate) struct ReadBackward<'a, T> {
    /// Values of an image.
    pub pixels: usize,
    /// The canvases' means `[batch, pixels]`.
    pub shown: &'a [T],
    /// The gradient of the rows.
    pub d_rows: &'a [T],
    /// Elements from one row to the next.
    pub stride: usize,
    /// The gradient of the canvases, added to; the means' planes come first.
    pub d_canvas: &'a mut [T],
    /// Elements from one canvas to the next.
    pub canvas_stride: usize,
}

impl<T: Real> ReadBackward<'_, T> {
    /// Adds the gradient of the canvases.
    ///
    /// # Panics
    /// If a slice is too short for its shape.
    pub fn run(self) {
        let (n, batch) = (self.pixels, self.shown.len() / self.pixels);
        assert!(fits(self.d_rows, batch, self.stride, n), "read: the rows' gradient is too short");
        assert!(fits(self.d_canvas, batch, self.canvas_stride, n), "read: the canvases' gradient is too short");
        T::dispatch(Checked(self));
    }
}

/// What lies in its slices.
struct Checked<W>(W);

impl<T: Real> Kernel<T> for Checked<ReadBackward<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<T>>(self, s: S) {
        let Checked(ReadBackward { pixels: n, shown, d_rows, stride, d_canvas, canvas_stride }) = self;
        for (b, shown) in shown.chunks_exact(n).enumerate() {
            let (d_row, d) = (&d_rows[b * stride..][..n], &mut d_canvas[b * canvas_stride..][..n]);
            for i in (0..n).step_by(S::LANES) {
                let left = n - i;
                // SAFETY: i < n, and at most the `left` elements to the end are touched.
                unsafe {
                    let slope = mean_slope(s, s.load_upto(shown.as_ptr().add(i), left));
                    let d_error = s.load_upto(d_row.as_ptr().add(i), left);
                    let to = d.as_mut_ptr().add(i);
                    s.store_upto(to, s.sub(s.load_upto(to, left), s.mul(d_error, slope)), left);
                }
            }
        }
    }
}

/// Writes a batch: rows `stride` apart start with what is added to the canvases of `pixels` values. A canvas to be shown
/// has the planes of the means alone, which come first.
pub(crate) fn write<T: Real>(pixels: usize, rows: &[T], stride: usize, canvas: &mut [T]) {
    for (canvas, row) in canvas.chunks_exact_mut(pixels).zip(rows.chunks_exact(stride)) {
        add(canvas, &row[..pixels]);
    }
}

/// The backward pass of [`write()`] of rows that hold nothing else: their gradient is the canvas's.
pub(crate) fn write_backward<T: Real>(d_canvas: &[T], d_rows: &mut [T]) {
    d_rows.copy_from_slice(d_canvas);
}
