//! Selective attention (section 3.2): an N×N grid of Gaussian filters, laid over an image by five
//! numbers that the decoder emits. Equations 19 to 26 are here; [`read`] and [`write`] use them.
//!
//! Pixels count from 1, as in the paper, and positions are in model pixels. On a canvas `scale`
//! times as large, pixel `a` sits at `(a - 1/2) / scale + 1/2`, and a filterbank sums to `scale`
//! instead of 1, so that a stroke keeps its place, its width and its strength at every size.

pub mod lens;
pub mod read;
pub mod write;

use crate::kernels::{Kernel, Real, Simd};
use ndarray::Array2;
use std::ops::Range;

/// Numbers that place a window: g̃_X, g̃_Y, log σ², log δ̃, log γ (equation 21).
pub const WINDOW_LEN: usize = 5;

/// Below this a Gaussian is a point even on the largest canvas; dividing by less would overflow.
const MIN_VARIANCE: f64 = 1e-10;

/// A filter's weights end where the Gaussian has fallen to `e^-25` of its top, far below what `f32` can feel beside
/// it. Without an end they would run into subnormal numbers, which some CPUs multiply a hundred times slower.
const REACH: f64 = 25.0;

/// The stride between filters, in pixels, for an image whose longer side is `longest` (equation 24).
/// A grid of one filter has no stride; the formula's divisor is kept at 1 for it.
pub fn stride(longest: usize, n: usize, delta: f64) -> f64 {
    (longest as f64 - 1.0) / (n.max(2) as f64 - 1.0) * delta
}

/// A grid of filters in pixels: its centre, stride, variance and strength.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window<T> {
    pub center_x: T,
    pub center_y: T,
    pub stride: T,
    pub variance: T,
    /// γ of a read; a write multiplies by its inverse.
    pub gamma: T,
}

impl<T: Real> Window<T> {
    /// The window that five emitted numbers mean on an image of `width` × `height` (equations 22 to 24).
    #[inline(always)]
    pub fn from_params(p: &[T], width: usize, height: usize, n: usize) -> Self {
        let half = T::of(0.5);
        Window {
            center_x: T::of(width as f64 + 1.0) * half * (p[0] + T::one()),
            center_y: T::of(height as f64 + 1.0) * half * (p[1] + T::one()),
            variance: p[2].exp(),
            stride: T::of(stride(width.max(height), n, 1.0)) * p[3].exp(),
            gamma: p[4].exp(),
        }
    }

    /// The gradient with respect to the five emitted numbers, given that with respect to this window.
    #[inline(always)]
    fn params_gradient(&self, d: &WindowGradient<T>, width: usize, height: usize) -> [T; WINDOW_LEN] {
        let half = T::of(0.5);
        [
            T::of(width as f64 + 1.0) * half * d.center_x,
            T::of(height as f64 + 1.0) * half * d.center_y,
            d.log_variance,
            d.stride * self.stride,
            d.log_gamma,
        ]
    }
}

#[derive(Clone, Copy)]
struct WindowGradient<T> {
    center_x: T,
    center_y: T,
    stride: T,
    log_variance: T,
    log_gamma: T,
}

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

    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// The pixel nearest to a position.
    #[inline(always)]
    fn nearest(&self, mu: T) -> T {
        let last = self.positions.len() - 1;
        let index = ((mu - T::of(0.5)) * self.scale).floor().f64();
        self.positions[(index.max(0.0) as usize).min(last)]
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
struct Bank<T> {
    axis: Axis<T>,
    f: Vec<T>,
    df: Vec<T>,
    /// The pixels that the filters reach; the weights of all others are zero.
    reached: Range<usize>,
}

impl<T: Real> Bank<T> {
    fn new(n: usize, axis: Axis<T>) -> Self {
        let zeros = vec![T::zero(); n * axis.len()];
        Bank { axis, f: zeros.clone(), df: zeros, reached: 0..0 }
    }

    /// Fills in `n` normalised Gaussian filters (equations 25 and 26).
    ///
    /// A row is the softmax of `-(a - μ)² / 2σ²`, which is the paper's quotient, but holds however
    /// narrow the filter is and however far outside the image it lies.
    #[inline(always)]
    unsafe fn place<S: Simd<T>>(&mut self, n: usize, center: T, w: &Window<T>) {
        let (axis, len) = (&self.axis, self.axis.len());
        let variance = w.variance.max(T::of(MIN_VARIANCE));
        let inverse = T::of(-0.5) / variance;
        let end = T::of((-REACH).exp());
        let mu = |i: usize| center + offset::<T>(i, n) * w.stride;
        let mut reached = len..0;
        for i in 0..n {
            let nearest = axis.nearest(mu(i)) - mu(i);
            let far = (nearest * nearest + T::of(2.0 * REACH) * variance).sqrt();
            let here = axis.between(mu(i) - far, mu(i) + far);
            reached = reached.start.min(here.start)..reached.end.max(here.end);
        }
        // Whole vectors, where there are any.
        let reached = reached.start / S::LANES * S::LANES..reached.end.next_multiple_of(S::LANES).min(len);
        self.f.fill(T::zero());
        for i in 0..n {
            let mu = mu(i);
            let nearest = axis.nearest(mu) - mu;
            let top = nearest * nearest * inverse;
            let row = &mut self.f[i * len..(i + 1) * len];
            // SAFETY: every access is at `a < reached.end <= len` with at most `reached.end - a` elements.
            unsafe {
                let mut sum = S::splat(T::zero());
                let mut tail = T::zero();
                for a in reached.clone().step_by(S::LANES) {
                    let left = reached.end - a;
                    let d = S::sub(S::load_upto(axis.positions.as_ptr().add(a), left), S::splat(mu));
                    let e = S::sub(S::mul(S::mul(d, d), S::splat(inverse)), S::splat(top));
                    // Less the end's own height: without a jump there.
                    let v = S::max(S::sub(S::exp(e), S::splat(end)), S::splat(T::zero()));
                    S::store_upto(row.as_mut_ptr().add(a), v, left);
                    if left >= S::LANES {
                        sum = S::add(sum, v);
                    } else {
                        tail = row[a..reached.end].iter().fold(T::zero(), |s, &x| s + x);
                    }
                }
                let norm = S::splat(axis.scale / (S::sum(sum) + tail));
                for a in reached.clone().step_by(S::LANES) {
                    let (p, left) = (row.as_mut_ptr().add(a), reached.end - a);
                    S::store_upto(p, S::mul(S::load_upto(p, left), norm), left);
                }
            }
        }
        self.reached = reached;
    }

    /// The backward pass of [`Bank::place`] at model size: from `df` to (d centre, d stride, d log σ²).
    #[inline(always)]
    unsafe fn backward<S: Simd<T>>(&self, n: usize, center: T, w: &Window<T>) -> [T; 3] {
        let (axis, len, reached) = (&self.axis, self.axis.len(), &self.reached);
        let inverse = T::of(0.5) / w.variance.max(T::of(MIN_VARIANCE));
        let [mut d_center, mut d_stride, mut d_log_variance] = [T::zero(); 3];
        for i in 0..n {
            let mu = center + offset::<T>(i, n) * w.stride;
            // SAFETY: every access is at `a < reached.end <= len` with at most `reached.end - a` elements.
            unsafe {
                let (fp, dp) = (self.f.as_ptr().add(i * len), self.df.as_ptr().add(i * len));
                let inner = S::splat(dot::<T, S>(fp, dp, reached));
                let (mut first, mut second) = (S::splat(T::zero()), S::splat(T::zero()));
                for a in reached.clone().step_by(S::LANES) {
                    let left = reached.end - a;
                    let d = S::sub(S::load_upto(axis.positions.as_ptr().add(a), left), S::splat(mu));
                    let de = S::mul(S::load_upto(fp.add(a), left), S::sub(S::load_upto(dp.add(a), left), inner));
                    let t = S::mul(de, d);
                    first = S::add(first, t);
                    second = S::mul_add(t, d, second);
                }
                let d_mu = T::of(2.0) * inverse * S::sum(first);
                d_center += d_mu;
                d_stride += d_mu * offset::<T>(i, n);
                d_log_variance += inverse * S::sum(second);
            }
        }
        [d_center, d_stride, d_log_variance]
    }
}

/// Σ a b over the elements of a range.
#[inline(always)]
unsafe fn dot<T: Real, S: Simd<T>>(a: *const T, b: *const T, range: &Range<usize>) -> T {
    unsafe {
        let mut sum = S::splat(T::zero());
        for i in range.clone().step_by(S::LANES) {
            let left = range.end - i;
            sum = S::mul_add(S::load_upto(a.add(i), left), S::load_upto(b.add(i), left), sum);
        }
        S::sum(sum)
    }
}

/// `out = Σ_i weight(i) rows[i]` over the columns of a range, for each `i` of `summed`, rows `len` apart; `out` may
/// start from itself.
#[inline(always)]
unsafe fn combine<T: Real, S: Simd<T>>(
    out: *mut T,
    from_self: bool,
    rows: *const T,
    len: usize,
    columns: &Range<usize>,
    summed: Range<usize>,
    weight: impl Fn(usize) -> T,
) {
    unsafe {
        for a in columns.clone().step_by(S::LANES) {
            let left = columns.end - a;
            let mut acc = if from_self { S::load_upto(out.add(a), left) } else { S::splat(T::zero()) };
            for i in summed.clone() {
                acc = S::mul_add(S::splat(weight(i)), S::load_upto(rows.add(i * len + a), left), acc);
            }
            S::store_upto(out.add(a), acc, left);
        }
    }
}

/// The image that windows lie on, and scratch for one pair of filterbanks and their gradients.
#[derive(Clone, Debug)]
pub struct Grid<T> {
    pub n: usize,
    pub channels: usize,
    /// Model size, which the window's numbers are relative to.
    width: usize,
    height: usize,
    /// F_X `[N, A]` and F_Y `[N, B]`.
    x: Bank<T>,
    y: Bank<T>,
    /// The half-way product `[N, A]` and its gradient.
    half: Vec<T>,
    d_half: Vec<T>,
}

impl<T: Real> Grid<T> {
    /// A grid of `n` × `n` filters over a model image of `width` × `height`, rendered at
    /// `rendered` (width, height).
    pub fn new(n: usize, channels: usize, (width, height): (usize, usize), rendered: (usize, usize)) -> Self {
        let half = vec![T::zero(); n * rendered.0];
        let x = Bank::new(n, Axis::new(width, rendered.0));
        let y = Bank::new(n, Axis::new(height, rendered.1));
        Grid { n, channels, width, height, x, y, d_half: half.clone(), half }
    }

    /// Width and height of the rendered image.
    fn size(&self) -> (usize, usize) {
        (self.x.axis.len(), self.y.axis.len())
    }

    /// Pixels in all channels of the rendered image.
    pub fn pixels(&self) -> usize {
        self.channels * self.x.axis.len() * self.y.axis.len()
    }

    /// Fills both filterbanks for five emitted numbers.
    #[inline(always)]
    unsafe fn place<S: Simd<T>>(&mut self, params: &[T]) -> Window<T> {
        let w = Window::from_params(params, self.width, self.height, self.n);
        for (bank, center) in [(&mut self.x, w.center_x), (&mut self.y, w.center_y)] {
            unsafe { bank.place::<S>(self.n, center, &w) };
        }
        w
    }

    #[inline(always)]
    fn clear_gradients(&mut self) {
        self.x.df.fill(T::zero());
        self.y.df.fill(T::zero());
    }

    /// From the gradients of both filterbanks, and d log γ, to that of the five emitted numbers.
    #[inline(always)]
    unsafe fn place_backward<S: Simd<T>>(&self, w: &Window<T>, log_gamma: T) -> [T; WINDOW_LEN] {
        // No closure: what is not inlined here is not compiled for this instruction set.
        let mut of = [[T::zero(); 3]; 2];
        for (of, (bank, center)) in of.iter_mut().zip([(&self.x, w.center_x), (&self.y, w.center_y)]) {
            *of = unsafe { bank.backward::<S>(self.n, center, w) };
        }
        let [of_x, of_y] = of;
        let d = WindowGradient {
            center_x: of_x[0],
            center_y: of_y[0],
            stride: of_x[1] + of_y[1],
            log_variance: of_x[2] + of_y[2],
            log_gamma,
        };
        w.params_gradient(&d, self.width, self.height)
    }

    /// The filterbanks F_X `[N, A]` and F_Y `[N, B]` for five emitted numbers.
    pub fn filterbanks(&mut self, params: &[T; WINDOW_LEN]) -> (Array2<T>, Array2<T>) {
        struct Place<'a, T>(&'a mut Grid<T>, &'a [T]);
        impl<T: Real> Kernel<T> for Place<'_, T> {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd<T>>(self) {
                // SAFETY: the dispatcher chose S for this CPU.
                unsafe { self.0.place::<S>(self.1) };
            }
        }
        T::dispatch(Place(self, params));
        let shape = |b: &Bank<T>| Array2::from_shape_vec((self.n, b.axis.len()), b.f.clone()).expect("n rows of len");
        (shape(&self.x), shape(&self.y))
    }
}
