//! The filters along one axis of an image (equations 19, 20, 25 and 26), and their gradient.

use super::rows::{Matrix, Start, add_products, mix};
use super::{Window, dot};
use crate::kernels::{Real, Simd, product};
use std::ops::Range;

/// A filter's weights end where the Gaussian has fallen to `e^-25` of its top, far below what `f32` can feel beside
/// it. Without an end they would run into subnormal numbers, which some CPUs multiply a hundred times slower.
const REACH: f64 = 25.0;

/// One axis of an image: where its pixels sit, in model pixels.
#[derive(Clone, Debug)]
pub struct Axis<T> {
    positions: Vec<T>,
    scale: T,
}

impl<T: Real> Axis<T> {
    /// `rendered` pixels over a model axis of `len`.
    pub fn new(len: usize, rendered: usize) -> Self {
        let scale = rendered as f64 / len as f64;
        let positions = (0..rendered).map(|a| T::of((a as f64 + 0.5) / scale + 0.5)).collect();
        Axis { positions, scale: T::of(scale) }
    }

    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// The pixel nearest to a position.
    #[inline(always)]
    fn nearest(&self, mu: T) -> usize {
        let index = ((mu - T::of(0.5)) * self.scale).floor().f64();
        (index.max(0.0) as usize).min(self.positions.len() - 1)
    }

    /// Pixels that surely hold all between two positions, one more on either side at most.
    #[inline(always)]
    fn between(&self, from: T, to: T) -> Range<usize> {
        let index = |at: T| ((at - T::of(0.5)) * self.scale).f64().clamp(0.0, self.positions.len() as f64);
        index(from) as usize..(index(to) as usize + 1).min(self.positions.len())
    }
}

/// Offset of filter `i` (from 0) of `n` from the centre, in strides: `i - N/2 - 0.5` with the
/// paper's i from 1 (equations 19 and 20).
#[inline(always)]
fn offset<T: Real>(i: usize, n: usize) -> T {
    T::of(i as f64 + 0.5 - n as f64 / 2.0)
}

/// The filters along one axis, `[N, len]`, and their gradient.
#[derive(Clone, Debug)]
pub(super) struct Bank<T> {
    pub axis: Axis<T>,
    pub f: Vec<T>,
    pub df: Vec<T>,
    /// The pixels that the filters reach; the weights of all others are zero.
    pub reached: Range<usize>,
}

impl<T: Real> Bank<T> {
    pub fn new(n: usize, axis: Axis<T>) -> Self {
        let zeros = vec![T::zero(); product([n, axis.len()])];
        Bank { axis, f: zeros.clone(), df: zeros, reached: 0..0 }
    }

    /// Fills in `n` normalised Gaussian filters (equations 25 and 26).
    ///
    /// A row is the softmax of `-(a - μ)² / 2σ²`, which is the paper's quotient, but holds however
    /// narrow the filter is and however far outside the image it lies.
    #[inline(always)]
    pub fn place<S: Simd<T>>(&mut self, s: S, n: usize, center: T, w: &Window<T>) {
        let (axis, len) = (&self.axis, self.axis.len());
        let inverse = T::of(-0.5) / w.variance;
        let end = T::of((-REACH).exp());
        let mu = |i: usize| center + offset::<T>(i, n) * w.stride;
        let mut reached = len..0;
        for i in 0..n {
            let pixel = axis.nearest(mu(i));
            let nearest = axis.positions[pixel] - mu(i);
            let far = (nearest * nearest + T::of(2.0 * REACH) * w.variance).sqrt();
            let here = axis.between(mu(i) - far, mu(i) + far);
            // Far outside the image, rounding might leave out the nearest pixel itself.
            let here = here.start.min(pixel)..here.end.max(pixel + 1);
            reached = reached.start.min(here.start)..reached.end.max(here.end);
        }
        // Whole vectors, where there are any.
        let reached = reached.start / S::LANES * S::LANES..reached.end.next_multiple_of(S::LANES).min(len);
        self.f.fill(T::zero());
        for i in 0..n {
            let mu = mu(i);
            let nearest = axis.positions[axis.nearest(mu)] - mu;
            let top = nearest * nearest * inverse;
            let row = &mut self.f[i * len..(i + 1) * len];
            // SAFETY: rows have `len` elements; every access is at `a < reached.end <= len`, with at most
            // `reached.end - a` elements.
            unsafe {
                let mut sum = s.splat(T::zero());
                let mut tail = T::zero();
                for a in reached.clone().step_by(S::LANES) {
                    let left = reached.end - a;
                    let d = s.sub(s.load_upto(axis.positions.as_ptr().add(a), left), s.splat(mu));
                    let e = s.sub(s.mul(s.mul(d, d), s.splat(inverse)), s.splat(top));
                    // Less the end's own height: without a jump there.
                    let v = s.max(s.splat(T::zero()), s.sub(s.exp(e), s.splat(end)));
                    s.store_upto(row.as_mut_ptr().add(a), v, left);
                    if left >= S::LANES {
                        sum = s.add(sum, v);
                    } else {
                        tail = row[a..reached.end].iter().fold(T::zero(), |sum, &x| sum + x);
                    }
                }
                let norm = s.splat(axis.scale / (s.sum(sum) + tail));
                for a in reached.clone().step_by(S::LANES) {
                    let (p, left) = (row.as_mut_ptr().add(a), reached.end - a);
                    s.store_upto(p, s.mul(s.load_upto(p, left), norm), left);
                }
            }
        }
        self.reached = reached;
    }

    /// `to = F image` in the columns of a range, for the `n` filters of a column of an image; its rows are `width` apart, and
    /// so are those of `to`.
    ///
    /// # Safety
    /// The columns must be there, in as many rows of `image` as the axis has pixels, and in `n` rows of `to`.
    #[inline(always)]
    pub unsafe fn gather<S: Simd<T>>(
        &self,
        s: S,
        n: usize,
        image: *const T,
        width: usize,
        columns: &Range<usize>,
        to: *mut T,
    ) {
        let len = self.axis.len();
        assert!(self.f.len() >= n * len, "gather: filters are too few");
        let filters = Matrix::rows(self.f.as_ptr(), len);
        // The next plane, or the next image, lies behind this one.
        // SAFETY: what is reached lies in a filter, of which there are `n`; the caller vouches for the rest.
        unsafe { mix(s, 0..n, filters, &self.reached, image, width, columns, to, Start::Zero, len * width) }
    }

    /// What comes back through [`Bank::gather`], from the gradient of `to`: `df[i, y] += Σ_a d_to[i, a] image[y, a]`.
    ///
    /// # Safety
    /// As [`Bank::gather`].
    #[inline(always)]
    pub unsafe fn gather_backward<S: Simd<T>>(
        &mut self,
        s: S,
        n: usize,
        image: *const T,
        width: usize,
        columns: &Range<usize>,
        d_to: *const T,
    ) {
        let len = self.axis.len();
        assert!(self.df.len() >= n * len, "gather: filters are too few");
        // SAFETY: as above.
        unsafe { add_products(s, n, d_to, image, width, columns, &self.reached, self.df.as_mut_ptr(), len) }
    }

    /// The backward pass of [`Bank::place`] at model size: from `df` to (d centre, d stride, d log σ²).
    #[inline(always)]
    pub fn backward<S: Simd<T>>(&self, s: S, n: usize, center: T, w: &Window<T>) -> [T; 3] {
        let (axis, len, reached) = (&self.axis, self.axis.len(), &self.reached);
        let inverse = T::of(0.5) / w.variance;
        let [mut d_center, mut d_stride, mut d_log_variance] = [T::zero(); 3];
        for i in 0..n {
            let mu = center + offset::<T>(i, n) * w.stride;
            // SAFETY: rows have `len` elements; every access is at `a < reached.end <= len`, with at most
            // `reached.end - a` elements.
            unsafe {
                let (fp, dp) = (self.f.as_ptr().add(i * len), self.df.as_ptr().add(i * len));
                let inner = s.splat(dot(s, fp, dp, reached));
                let (mut first, mut second) = (s.splat(T::zero()), s.splat(T::zero()));
                for a in reached.clone().step_by(S::LANES) {
                    let left = reached.end - a;
                    let d = s.sub(s.load_upto(axis.positions.as_ptr().add(a), left), s.splat(mu));
                    let de = s.mul(s.load_upto(fp.add(a), left), s.sub(s.load_upto(dp.add(a), left), inner));
                    let t = s.mul(de, d);
                    first = s.add(first, t);
                    second = s.mul_add(t, d, second);
                }
                let d_mu = T::of(2.0) * inverse * s.sum(first);
                d_center += d_mu;
                d_stride += d_mu * offset::<T>(i, n);
                d_log_variance += inverse * s.sum(second);
            }
        }
        [d_center, d_stride, d_log_variance]
    }
}
