//! One window over one image, for looking at: what it reads, what writing that back gives, and how
//! the error between the two answers to the window's five numbers.

use crate::attention::{Grid, WINDOW_LEN, Window, read, write};
use crate::budget::product;
use crate::error::{Error, Result, expect_finite};
use crate::kernels::Real;
use ndarray::Array2;

/// A grey image under an N×N grid of filters.
pub struct Lens<T> {
    grid: Grid<T>,
    image: Vec<T>,
    patch: Vec<T>,
    back: Vec<T>,
    error: T,
    gradient: [T; WINDOW_LEN],
}

impl<T: Real> Lens<T> {
    /// A lens of `n` × `n` filters over an image `[height, width]`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a number of filters outside 1 to 64, or pixels that are not `width` × `height`.
    pub fn new(n: usize, (width, height): (usize, usize), image: &[T]) -> Result<Self> {
        if n == 0 || n > 64 {
            return Err(Error::argument("the number of filters", n, "1 to 64"));
        }
        if image.is_empty() || product(&[width, height]) != image.len() as u64 {
            return Err(Error::argument("the number of pixels", image.len(), format!("{width} × {height}")));
        }
        Ok(Lens {
            grid: Grid::new(n, 1, (width, height), (width, height)),
            image: image.to_vec(),
            patch: vec![T::zero(); n * n],
            back: vec![T::zero(); image.len()],
            error: T::zero(),
            gradient: [T::zero(); WINDOW_LEN],
        })
    }

    /// The last reading `[N, N]`: F_Y x F_Xᵀ (equation 27, with γ = 1).
    pub fn patch(&self) -> &[T] {
        &self.patch
    }

    /// The reading written back `[B, A]`: F_Yᵀ patch F_X / γ (equation 29).
    pub fn back(&self) -> &[T] {
        &self.back
    }

    /// ½ Σ (back − x)².
    pub fn error(&self) -> T {
        self.error
    }

    /// The error's gradient with respect to g̃_X, g̃_Y, log σ², log δ̃ and log γ.
    pub fn gradient(&self) -> [T; WINDOW_LEN] {
        self.gradient
    }

    /// Where a window lies (equations 22 to 24), in pixels from the image's corner: centre x, centre y, stride, sigma.
    pub fn geometry(&self, window: &[T; WINDOW_LEN]) -> [T; 4] {
        let (width, height) = self.grid.size();
        let [x, y, stride, sigma, _] = Window::from_params(window, width, height, self.grid.filters()).shown();
        [x, y, stride, sigma]
    }

    /// The window whose centre is there, in pixels from the image's corner, and that is else as `window` (equation 22 the
    /// other way round).
    ///
    /// # Errors
    /// [`Error::Argument`] for a place that is not finite, or is so far away that its number is not.
    pub fn aimed(&self, window: &[T; WINDOW_LEN], x: T, y: T) -> Result<[T; WINDOW_LEN]> {
        let (width, height) = self.grid.size();
        let number = |at: T, len: usize| (at + T::of(0.5)) / T::of((len as f64 + 1.0) / 2.0) - T::one();
        let mut window = *window;
        (window[0], window[1]) = (number(x, width), number(y, height));
        match window[..2].iter().all(|v| v.is_finite()) {
            true => Ok(window),
            false => Err(Error::argument("the place of a window", format!("({x}, {y})"), "finite pixels")),
        }
    }

    /// Lays the window there: reads, writes back, and finds the gradient, by the model's own kernels.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a window whose error or its gradient is beyond numbers.
    pub fn place(&mut self, window: &[T; WINDOW_LEN]) -> Result<()> {
        let (area, len) = (self.patch.len(), WINDOW_LEN + self.patch.len());
        // Reading leaves γ to the write: with both the same, it would cancel.
        let mut reading = *window;
        reading[WINDOW_LEN - 1] = T::zero();
        let blank = vec![T::zero(); self.image.len()];
        let mut read = vec![T::zero(); 2 * area];
        let (grid, image) = (&mut self.grid, &self.image[..]);
        read::Forward {
            grid,
            batch: 1,
            heads: &reading,
            head_stride: WINDOW_LEN,
            image,
            canvas: &blank,
            out: &mut read,
            out_stride: 2 * area,
        }
        .run();
        self.patch.copy_from_slice(&read[..area]);
        let writing = [&window[..], &self.patch].concat();
        self.back.fill(T::zero());
        write::Forward { grid, batch: 1, heads: &writing, head_stride: len, canvas: &mut self.back }.run();

        let difference: Vec<T> = self.back.iter().zip(image).map(|(b, x)| *b - *x).collect();
        self.error = difference.iter().fold(T::zero(), |sum, d| sum + *d * *d) * T::of(0.5);
        let mut d_writing = vec![T::zero(); len];
        write::Backward {
            grid,
            batch: 1,
            heads: &writing,
            head_stride: len,
            d_canvas: &difference,
            d_heads: &mut d_writing,
        }
        .run();
        // The patch is read through the same window: its gradient goes on through the reading.
        let mut d_read = vec![T::zero(); 2 * area];
        d_read[..area].copy_from_slice(&d_writing[WINDOW_LEN..]);
        let (mut d_reading, mut d_logits) = ([T::zero(); WINDOW_LEN], blank.clone());
        read::Backward {
            grid,
            batch: 1,
            heads: &reading,
            head_stride: WINDOW_LEN,
            image,
            canvas: &blank,
            out: &read,
            d_out: &d_read,
            out_stride: 2 * area,
            d_heads: &mut d_reading,
            d_logits: &mut d_logits,
        }
        .run();
        for (i, g) in self.gradient.iter_mut().enumerate() {
            *g = d_writing[i] + if i < WINDOW_LEN - 1 { d_reading[i] } else { T::zero() };
        }
        let numbers = self.gradient.iter().chain([&self.error]).chain(&self.patch).chain(&self.back);
        expect_finite(numbers, || "what the lens shows".into())
    }

    /// F_X `[N, A]` and F_Y `[N, B]` at a window.
    pub fn filterbanks(&mut self, window: &[T; WINDOW_LEN]) -> (Array2<T>, Array2<T>) {
        self.grid.filterbanks(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aimed_window_lies_there() {
        let lens = Lens::<f64>::new(3, (20, 14), &[0.5; 280]).unwrap();
        let window = lens.aimed(&[0.0, 0.0, 0.4, -0.3, 0.0], 4.25, 11.5).unwrap();
        let [x, y, stride, sigma] = lens.geometry(&window);
        assert!((x - 4.25).abs() < 1e-12 && (y - 11.5).abs() < 1e-12);
        assert!((stride - 19.0 / 2.0 * (-0.3f64).exp()).abs() < 1e-12 && (sigma - 0.2f64.exp()).abs() < 1e-12);
        for (x, y) in [(f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            let error = lens.aimed(&window, x, y).unwrap_err();
            assert!(error.to_string().contains("the place of a window"), "{error}");
        }
    }
}
