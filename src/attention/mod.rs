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

/// Numbers that place a window: g̃_X, g̃_Y, log σ², log δ̃, log γ (equation 21).
pub const WINDOW_LEN: usize = 5;

/// Below this a Gaussian is a point even on the largest canvas; dividing by less would overflow.
const MIN_VARIANCE: f64 = 1e-10;

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

impl<T: Real> WindowGradient<T> {
    #[inline(always)]
    fn zero() -> Self {
        let z = T::zero();
        WindowGradient { center_x: z, center_y: z, stride: z, log_variance: z, log_gamma: z }
    }
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
}

/// Offset of filter `i` (from 0) of `n` from the centre, in strides: `i - N/2 - 0.5` with the
/// paper's i from 1 (equations 19 and 20).
#[inline(always)]
fn offset<T: Real>(i: usize, n: usize) -> T {
    T::of(i as f64 + 0.5 - n as f64 / 2.0)
}

/// Fills `f` `[n, len]` with normalised Gaussian filters (equations 25 and 26).
///
/// A row is the softmax of `-(a - μ)² / 2σ²`, which is the paper's quotient, but holds however
/// narrow the filter is and however far outside the image it lies.
#[inline(always)]
unsafe fn filters<T: Real, S: Simd<T>>(f: &mut [T], n: usize, axis: &Axis<T>, center: T, w: &Window<T>) {
    let len = axis.len();
    let inverse = T::of(-0.5) / w.variance.max(T::of(MIN_VARIANCE));
    for i in 0..n {
        let mu = center + offset::<T>(i, n) * w.stride;
        let nearest = axis.nearest(mu) - mu;
        let top = nearest * nearest * inverse;
        let row = &mut f[i * len..(i + 1) * len];
        // SAFETY: every access is at `a < len` with at most `len - a` elements.
        unsafe {
            let mut sum = S::splat(T::zero());
            let mut tail = T::zero();
            for a in (0..len).step_by(S::LANES) {
                let d = S::sub(S::load_upto(axis.positions.as_ptr().add(a), len - a), S::splat(mu));
                let e = S::sub(S::mul(S::mul(d, d), S::splat(inverse)), S::splat(top));
                let v = S::exp(e);
                S::store_upto(row.as_mut_ptr().add(a), v, len - a);
                if len - a >= S::LANES {
                    sum = S::add(sum, v);
                } else {
                    tail = row[a..].iter().fold(T::zero(), |s, &x| s + x);
                }
            }
            let norm = S::splat(axis.scale / (S::sum(sum) + tail));
            for a in (0..len).step_by(S::LANES) {
                let p = row.as_mut_ptr().add(a);
                S::store_upto(p, S::mul(S::load_upto(p, len - a), norm), len - a);
            }
        }
    }
}

/// The backward pass of [`filters`] at model size: from `df` to (d centre, d stride, d log σ²).
#[inline(always)]
unsafe fn filters_backward<T: Real, S: Simd<T>>(
    f: &[T],
    df: &[T],
    n: usize,
    axis: &Axis<T>,
    center: T,
    w: &Window<T>,
) -> (T, T, T) {
    let len = axis.len();
    let inverse = T::of(0.5) / w.variance.max(T::of(MIN_VARIANCE));
    let (mut d_center, mut d_stride, mut d_log_variance) = (T::zero(), T::zero(), T::zero());
    for i in 0..n {
        let mu = center + offset::<T>(i, n) * w.stride;
        // SAFETY: every access is at `a < len` with at most `len - a` elements.
        unsafe {
            let (fp, dp) = (f.as_ptr().add(i * len), df.as_ptr().add(i * len));
            let inner = S::splat(dot::<T, S>(fp, dp, len));
            let (mut first, mut second) = (S::splat(T::zero()), S::splat(T::zero()));
            for a in (0..len).step_by(S::LANES) {
                let left = len - a;
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
    (d_center, d_stride, d_log_variance)
}

/// Σ a b over `n` elements.
#[inline(always)]
unsafe fn dot<T: Real, S: Simd<T>>(a: *const T, b: *const T, n: usize) -> T {
    unsafe {
        let mut sum = S::splat(T::zero());
        for i in (0..n).step_by(S::LANES) {
            sum = S::mul_add(S::load_upto(a.add(i), n - i), S::load_upto(b.add(i), n - i), sum);
        }
        S::sum(sum)
    }
}

/// `out = Σ_i weight(i) rows[i]` over `count` rows of length `len`; `out` may start from itself.
#[inline(always)]
unsafe fn combine<T: Real, S: Simd<T>>(
    out: *mut T,
    from_self: bool,
    rows: *const T,
    len: usize,
    count: usize,
    weight: impl Fn(usize) -> T,
) {
    unsafe {
        for a in (0..len).step_by(S::LANES) {
            let left = len - a;
            let mut acc = if from_self { S::load_upto(out.add(a), left) } else { S::splat(T::zero()) };
            for i in 0..count {
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
    x: Axis<T>,
    y: Axis<T>,
    /// F_X `[N, A]` and F_Y `[N, B]`.
    fx: Vec<T>,
    fy: Vec<T>,
    dfx: Vec<T>,
    dfy: Vec<T>,
    /// The half-way product `[N, A]` and its gradient.
    half: Vec<T>,
    d_half: Vec<T>,
}

impl<T: Real> Grid<T> {
    /// A grid of `n` × `n` filters over a model image of `width` × `height`, rendered at
    /// `rendered` (width, height).
    pub fn new(n: usize, channels: usize, (width, height): (usize, usize), rendered: (usize, usize)) -> Self {
        let (x, y) = (Axis::new(width, rendered.0), Axis::new(height, rendered.1));
        let (row, column) = (vec![T::zero(); n * x.len()], vec![T::zero(); n * y.len()]);
        Grid {
            n,
            channels,
            width,
            height,
            fx: row.clone(),
            fy: column.clone(),
            dfx: row.clone(),
            dfy: column,
            half: row.clone(),
            d_half: row,
            x,
            y,
        }
    }

    /// Pixels in all channels of the rendered image.
    pub fn pixels(&self) -> usize {
        self.channels * self.x.len() * self.y.len()
    }

    /// Fills both filterbanks for five emitted numbers.
    #[inline(always)]
    unsafe fn place<S: Simd<T>>(&mut self, params: &[T]) -> Window<T> {
        let w = Window::from_params(params, self.width, self.height, self.n);
        unsafe {
            filters::<T, S>(&mut self.fx, self.n, &self.x, w.center_x, &w);
            filters::<T, S>(&mut self.fy, self.n, &self.y, w.center_y, &w);
        }
        w
    }

    #[inline(always)]
    fn clear_gradients(&mut self) {
        self.dfx.fill(T::zero());
        self.dfy.fill(T::zero());
    }

    /// From the gradients of both filterbanks, and d log γ, to that of the five emitted numbers.
    #[inline(always)]
    unsafe fn place_backward<S: Simd<T>>(&self, w: &Window<T>, log_gamma: T) -> [T; WINDOW_LEN] {
        let mut d = WindowGradient { log_gamma, ..WindowGradient::zero() };
        unsafe {
            let (c, s, v) = filters_backward::<T, S>(&self.fx, &self.dfx, self.n, &self.x, w.center_x, w);
            (d.center_x, d.stride, d.log_variance) = (c, s, v);
            let (c, s, v) = filters_backward::<T, S>(&self.fy, &self.dfy, self.n, &self.y, w.center_y, w);
            d.center_y = c;
            d.stride += s;
            d.log_variance += v;
        }
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
        let shape = |f: &[T], len| Array2::from_shape_vec((self.n, len), f.to_vec()).expect("n rows of len");
        (shape(&self.fx, self.x.len()), shape(&self.fy, self.y.len()))
    }
}
