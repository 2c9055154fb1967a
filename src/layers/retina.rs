//! RAM's retina: squares around one place, each twice as wide as the one before, each averaged over N×N cells. What lies
//! outside the image is 0.
//!
//! A cell's average is the area under it, pixels cut where they are, so that it is continuous in the place and has a
//! slope. It is the difference of four values of the image's running sum over rows and columns, between its knots by
//! straight lines.

use crate::budget::{product, zeros};
use crate::error::Result;
use crate::kernels::Real;

/// The running sums `[B + 1, A + 1]` of an image: of all pixels above and to the left.
#[derive(Clone, Debug)]
pub struct Sums {
    width: usize,
    height: usize,
    sums: Vec<f64>,
}

impl Sums {
    /// Of a blank image.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is no room for them.
    pub fn new(width: usize, height: usize) -> Result<Self> {
        Ok(Sums { width, height, sums: zeros(product(&[width + 1, height + 1]))? })
    }

    /// Of an image `[B, A]`.
    ///
    /// # Panics
    /// If the image is of another size.
    pub fn take<T: Real>(&mut self, image: &[T]) {
        assert_eq!(image.len(), self.width * self.height, "retina: an image of another size");
        let w = self.width + 1;
        for (y, row) in image.chunks_exact(self.width).enumerate() {
            let (above, here) = self.sums[y * w..(y + 2) * w].split_at_mut(w);
            let mut sum = 0.0;
            for (x, v) in row.iter().enumerate() {
                sum += v.f64();
                here[x + 1] = above[x + 1] + sum;
            }
        }
    }

    /// The sum above and to the left of a point, and its slopes along x and y.
    #[inline]
    fn at(&self, x: Knot, y: Knot) -> [f64; 3] {
        let row = y.index * (self.width + 1) + x.index;
        let below = row + self.width + 1;
        let [a, b, c, d] = [row, row + 1, below, below + 1].map(|i| self.sums[i]);
        let (left, right) = (a + y.share * (c - a), b + y.share * (d - b));
        let (top, bottom) = (a + x.share * (b - a), c + x.share * (d - c));
        [left + x.share * (right - left), x.inside * (right - left), y.inside * (bottom - top)]
    }
}

/// Where a point lies along an axis: between this knot of the sums and the next.
#[derive(Clone, Copy, Default)]
struct Knot {
    index: usize,
    share: f64,
    /// 1, or 0 outside the image, where nothing changes.
    inside: f64,
}

impl Knot {
    fn new(at: f64, len: usize) -> Self {
        let clamped = at.clamp(0.0, len as f64);
        let index = (clamped as usize).min(len - 1);
        Knot { index, share: clamped - index as f64, inside: (at == clamped) as u8 as f64 }
    }
}

/// Cells along a side, at most.
const MOST: usize = 64;

/// The corners of a square's cells along an axis.
fn corners(center: f64, n: usize, cell: f64, len: usize, out: &mut [Knot; MOST + 1]) {
    for (i, knot) in out[..=n].iter_mut().enumerate() {
        *knot = Knot::new(center + (i as f64 - n as f64 / 2.0) * cell, len);
    }
}

/// The retina's shape.
#[derive(Clone, Copy, Debug)]
pub struct Retina {
    /// Cells along a side, 1 to 64.
    pub n: usize,
    /// Squares, each twice as wide as the one before.
    pub scales: usize,
}

impl Retina {
    /// Values of a glimpse.
    pub fn values(self) -> usize {
        self.scales * self.n * self.n
    }

    /// A place in the image's own unit, −1 to 1 along each axis, in pixels.
    pub fn pixels(place: f64, len: usize) -> f64 {
        (place + 1.0) / 2.0 * len as f64
    }

    /// What the retina sees at a place (x, y): `[scales, N, N]`.
    ///
    /// # Panics
    /// If `out` is too short, or N above 64.
    pub fn forward<T: Real>(self, sums: &Sums, place: [f64; 2], out: &mut [T]) {
        self.each(sums, place, |i, [v, _, _]| out[i] = T::of(v));
    }

    /// The gradient of the place, from that of what was seen.
    ///
    /// # Panics
    /// If `d_out` is too short, or N above 64.
    pub fn backward<T: Real>(self, sums: &Sums, place: [f64; 2], d_out: &[T]) -> [f64; 2] {
        let mut d = [0.0; 2];
        self.each(sums, place, |i, [_, x, y]| {
            d[0] += d_out[i].f64() * x;
            d[1] += d_out[i].f64() * y;
        });
        [d[0] * sums.width as f64 / 2.0, d[1] * sums.height as f64 / 2.0]
    }

    /// Each cell's average with its slopes by the place in pixels.
    fn each(self, sums: &Sums, [x, y]: [f64; 2], mut put: impl FnMut(usize, [f64; 3])) {
        let n = self.n;
        let (mut xs, mut ys) = ([Knot::default(); MOST + 1], [Knot::default(); MOST + 1]);
        let (mut above, mut below) = ([[0.0; 3]; MOST + 1], [[0.0; 3]; MOST + 1]);
        for scale in 0..self.scales {
            let cell = (1u64 << scale) as f64;
            corners(Self::pixels(x, sums.width), n, cell, sums.width, &mut xs);
            corners(Self::pixels(y, sums.height), n, cell, sums.height, &mut ys);
            let row = |y: Knot, out: &mut [[f64; 3]; MOST + 1]| {
                for (out, x) in out.iter_mut().zip(&xs[..=n]) {
                    *out = sums.at(*x, y);
                }
            };
            row(ys[0], &mut above);
            let area = 1.0 / (cell * cell);
            for i in 0..n {
                row(ys[i + 1], &mut below);
                for j in 0..n {
                    let part = |k: usize| area * (below[j + 1][k] - below[j][k] - above[j + 1][k] + above[j][k]);
                    put((scale * n + i) * n + j, [part(0), part(1), part(2)]);
                }
                std::mem::swap(&mut above, &mut below);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(w: usize, h: usize) -> Vec<f64> {
        (0..w * h).map(|i| ((i * 7919) % 101) as f64 / 101.0).collect()
    }

    #[test]
    fn a_cell_of_one_pixel_is_the_pixel() {
        let (w, h) = (9, 7);
        let image = image(w, h);
        let mut sums = Sums::new(w, h).unwrap();
        sums.take(&image);
        let retina = Retina { n: 3, scales: 2 };
        let mut out = vec![0.0; retina.values()];
        // The middle of pixel (4, 3): its cells are pixels 3 to 5 by 2 to 4.
        retina.forward(&sums, [(4.5 / 9.0) * 2.0 - 1.0, (3.5 / 7.0) * 2.0 - 1.0], &mut out);
        for (i, v) in out[..9].iter().enumerate() {
            assert!((v - image[(2 + i / 3) * w + 3 + i % 3]).abs() < 1e-12);
        }
        // Of the coarser square, by hand: the cell in its middle takes a whole pixel and parts of eight.
        let mut by_hand = 0.0;
        for (y, wy) in [(2, 0.5), (3, 1.0), (4, 0.5)] {
            for (x, wx) in [(3, 0.5), (4, 1.0), (5, 0.5)] {
                by_hand += wy * wx * image[y * w + x] / 4.0;
            }
        }
        assert!((out[9 + 4] - by_hand).abs() < 1e-12);
    }

    #[test]
    fn the_slope_is_that_of_differences() {
        let (w, h) = (20, 17);
        let image = image(w, h);
        let mut sums = Sums::new(w, h).unwrap();
        sums.take(&image);
        let retina = Retina { n: 4, scales: 3 };
        let d_out: Vec<f64> = (0..retina.values()).map(|i| (i as f64 * 0.7).sin()).collect();
        let loss = |place| {
            let mut out = vec![0.0; retina.values()];
            retina.forward(&sums, place, &mut out);
            out.iter().zip(&d_out).map(|(a, b)| a * b).sum::<f64>()
        };
        // One lies over the image's edge.
        for place in [[0.031, -0.173], [-0.9123, 0.8071]] {
            let d = retina.backward(&sums, place, &d_out);
            for axis in 0..2 {
                let (mut a, mut b) = (place, place);
                a[axis] += 1e-6;
                b[axis] -= 1e-6;
                let difference = (loss(a) - loss(b)) / 2e-6;
                assert!((d[axis] - difference).abs() < 1e-6, "{} {difference}", d[axis]);
            }
        }
    }
}
