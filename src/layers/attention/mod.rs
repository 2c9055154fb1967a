//! Selective attention (section 3.2): an N×N grid of Gaussian filters, laid over an image by five
//! numbers that the decoder emits. Equations 19 to 26 are here; `read` and `write` use them.
//!
//! Pixels count from 1, as in the paper, and positions are in model pixels. On a canvas `scale`
//! times as large, pixel `a` sits at `(a - 1/2) / scale + 1/2`, and a filterbank sums to `scale`
//! instead of 1, so that a stroke keeps its place, its width and its strength at every size.

mod bank;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub(crate) mod glance;
pub(crate) mod read;
mod rows;
pub(crate) mod write;

use super::{Start, Tensor};
use crate::kernels::math::{self, clamp};
use crate::kernels::{Kernel, Real, Simd, fits, product};
use bank::{Axis, Bank};
use ndarray::Array2;
use std::ops::Range;

/// Numbers that place a window: g̃_X, g̃_Y, log σ², log δ̃, log γ (equation 21).
pub const WINDOW_LEN: usize = 5;

/// Pixels from the image's corner that a centre may be away, and filters from each other. What lies farther acts as what
/// lies there: at the image's edge.
const FAR: f64 = 1e5;
/// Below the least variance a Gaussian is a point even on the largest canvas, and dividing by less would overflow; beyond
/// the most it is flat.
const VARIANCE: [f64; 2] = [1e-10, 1e10];
/// γ within which a stroke keeps its meaning.
const GAMMA: [f64; 2] = [1e-12, 1e12];
/// Strokes, at most: not even their sums over filters, scale and glimpses overflow.
const STROKE: f64 = 1e24;

/// The stride between filters, in pixels, for an image whose longer side is `longest` (equation 24).
/// A grid of one filter has no stride; the formula's divisor is kept at 1 for it.
pub fn stride(longest: usize, n: usize, delta: f64) -> f64 {
    (longest as f64 - 1.0) / (n.max(2) as f64 - 1.0) * delta
}

/// How a fresh model's window lies: in the middle, with a Gaussian half as wide as the stride so that no pixel between
/// filters is missed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// The stride, of that which fits the image: δ̃.
    pub delta: f64,
    pub log_gamma: f64,
}

/// The weights of a layer that emits a window of `n` × `n` filters on an image of `[width, height]`: `[5, H]` and `[5]`.
pub(crate) fn tensors(
    [weight, bias]: [&'static str; 2],
    hidden: usize,
    image: [usize; 2],
    n: usize,
    opening: Opening,
) -> [Tensor; 2] {
    let Opening { delta, log_gamma } = opening;
    let stride = stride(image[0].max(image[1]), n, delta);
    let window = [0.0, 0.0, 2.0 * (stride / 2.0).max(0.5).ln(), delta.ln(), log_gamma];
    [
        Tensor::matrix(weight, [WINDOW_LEN, hidden], hidden).of_matrices(None),
        Tensor::vector(bias, WINDOW_LEN).starting(Start::Window(window)),
    ]
}

/// A grid of filters in pixels: its centre, stride, variance and strength.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window<T> {
    /// The centre g_X, equation 22.
    pub center_x: T,
    /// The centre g_Y, equation 23.
    pub center_y: T,
    /// The distance δ of neighbouring filters, equation 24.
    pub stride: T,
    /// σ² of every filter.
    pub variance: T,
    /// γ of a read; a write multiplies by its inverse.
    pub gamma: T,
}

impl<T: Real> Window<T> {
    /// The window that five emitted numbers mean on an image of `width` × `height` (equations 22 to 24), taken into the
    /// ranges that a model of any use keeps to: centres to ±1e5 pixels, the stride to 1e5 pixels, the variance to 1e-10
    /// to 1e10, γ to 1e-12 to 1e12. NaN stays NaN.
    #[inline(always)]
    pub fn from_params(p: &[T], width: usize, height: usize, n: usize) -> Self {
        let half = T::of(0.5);
        let far = |x: T| clamp(x, -FAR, FAR);
        Window {
            center_x: far(T::of(width as f64 + 1.0) * half * (p[0] + T::one())),
            center_y: far(T::of(height as f64 + 1.0) * half * (p[1] + T::one())),
            variance: clamp(math::exp(p[2]), VARIANCE[0], VARIANCE[1]),
            stride: far(T::of(stride(width.max(height), n, 1.0)) * math::exp(p[3])),
            gamma: clamp(math::exp(p[4]), GAMMA[0], GAMMA[1]),
        }
    }

    /// As it is shown, in pixels from the image's top left corner: centre x, centre y, stride, sigma, and γ. (The paper
    /// counts pixels from 1, at their middles.)
    pub(crate) fn shown(&self) -> [T; 5] {
        let half = T::of(0.5);
        [self.center_x - half, self.center_y - half, self.stride, self.variance.sqrt(), self.gamma]
    }

    /// The gradient with respect to the five emitted numbers, given that with respect to this window: none where a number
    /// was taken into its range.
    #[inline(always)]
    fn params_gradient(&self, d: &WindowGradient<T>, width: usize, height: usize) -> [T; WINDOW_LEN] {
        let half = T::of(0.5);
        // Compared so that NaN counts as inside, and goes on.
        let inside = |x: T, [low, high]: [f64; 2], d: T| {
            if x <= T::of(low) || x >= T::of(high) { T::zero() } else { d }
        };
        [
            inside(self.center_x, [-FAR, FAR], T::of(width as f64 + 1.0) * half * d.center_x),
            inside(self.center_y, [-FAR, FAR], T::of(height as f64 + 1.0) * half * d.center_y),
            inside(self.variance, VARIANCE, d.log_variance),
            inside(self.stride, [-FAR, FAR], d.stride * self.stride),
            inside(self.gamma, GAMMA, d.log_gamma),
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

/// Σ a b over the elements of a range.
///
/// # Safety
/// They must be there, in a and in b.
#[inline(always)]
unsafe fn dot<T: Real, S: Simd<T>>(s: S, a: *const T, b: *const T, range: &Range<usize>) -> T {
    // SAFETY: at most the `left` elements to the range's end are touched.
    unsafe {
        let mut sum = s.splat(T::zero());
        for i in range.clone().step_by(S::LANES) {
            let left = range.end - i;
            sum = s.mul_add(s.load_upto(a.add(i), left), s.load_upto(b.add(i), left), sum);
        }
        s.sum(sum)
    }
}

/// The image that windows lie on, and scratch for one pair of filterbanks and their gradients.
#[derive(Clone, Debug)]
pub struct Grid<T> {
    // What is checked against the sizes relies on their staying as they are.
    n: usize,
    channels: usize,
    /// Model size, which the window's numbers are relative to.
    width: usize,
    height: usize,
    /// F_X `[N, A]` and F_Y `[N, B]`.
    x: Bank<T>,
    y: Bank<T>,
    /// The half-way product `[N, A]` and its gradient.
    half: Vec<T>,
    d_half: Vec<T>,
    /// What a write lays through each pair of filters, or the gradient of what a read takes, `[N, N]`.
    strokes: Vec<T>,
}

impl<T: Real> Grid<T> {
    /// A grid of `n` × `n` filters over a model image of `width` × `height`, rendered at
    /// `rendered` (width, height).
    pub fn new(n: usize, channels: usize, (width, height): (usize, usize), rendered: (usize, usize)) -> Self {
        let half = vec![T::zero(); product([n, rendered.0])];
        let x = Bank::new(n, Axis::new(width, rendered.0));
        let y = Bank::new(n, Axis::new(height, rendered.1));
        Grid { n, channels, width, height, x, y, d_half: half.clone(), half, strokes: vec![T::zero(); product([n, n])] }
    }

    /// Filters along a side, N.
    pub(crate) fn filters(&self) -> usize {
        self.n
    }

    /// Width and height of the rendered image.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.x.axis.len(), self.y.axis.len())
    }

    /// Pixels in all channels of the rendered image.
    pub fn pixels(&self) -> usize {
        self.channels * self.x.axis.len() * self.y.axis.len()
    }

    /// Whether there are `batch` images of this grid's size.
    fn images_fit<U>(&self, images: &[U], batch: usize) -> bool {
        let (width, height) = self.size();
        let plane = width.checked_mul(height).and_then(|plane| plane.checked_mul(self.channels));
        plane.is_some_and(|pixels| fits(images, batch, pixels, pixels))
    }

    /// Values of a patch in all channels.
    fn patch(&self) -> usize {
        product([self.channels, self.n, self.n])
    }

    /// Fills both filterbanks for five emitted numbers.
    #[inline(always)]
    fn place<S: Simd<T>>(&mut self, s: S, params: &[T]) -> Window<T> {
        let w = Window::from_params(params, self.width, self.height, self.n);
        for (bank, center) in [(&mut self.x, w.center_x), (&mut self.y, w.center_y)] {
            bank.place(s, self.n, center, &w);
        }
        w
    }

    /// Takes a patch's strokes: the patch times 1/γ̂, within bounds.
    #[inline(always)]
    fn take_strokes(&mut self, gain: T, patch: &[T]) {
        for (stroke, value) in self.strokes.iter_mut().zip(patch) {
            *stroke = clamp(gain * *value, -STROKE, STROKE);
        }
    }

    #[inline(always)]
    fn clear_gradients(&mut self) {
        self.x.df.fill(T::zero());
        self.y.df.fill(T::zero());
    }

    /// From the gradients of both filterbanks, and d log γ, to that of the five emitted numbers.
    #[inline(always)]
    fn place_backward<S: Simd<T>>(&self, s: S, w: &Window<T>, log_gamma: T) -> [T; WINDOW_LEN] {
        // No closure: what is not inlined here is not compiled for this instruction set.
        let mut of = [[T::zero(); 3]; 2];
        for (of, (bank, center)) in of.iter_mut().zip([(&self.x, w.center_x), (&self.y, w.center_y)]) {
            *of = bank.backward(s, self.n, center, w);
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
            fn run<S: Simd<T>>(self, s: S) {
                self.0.place(s, self.1);
            }
        }
        T::dispatch(Place(self, params));
        let shape = |b: &Bank<T>| Array2::from_shape_vec((self.n, b.axis.len()), b.f.clone()).expect("n rows of len");
        (shape(&self.x), shape(&self.y))
    }
}
