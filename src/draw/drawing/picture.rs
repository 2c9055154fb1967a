//! A drawing's canvases as pictures.

use super::{Drawing, Source};
use crate::budget::{product, room};
use crate::error::{Error, Result};

/// Width, height and RGBA bytes.
pub type Picture = (usize, usize, Vec<u8>);

/// A probability as 0 to 255.
#[inline(always)]
fn byte(v: f32) -> u32 {
    (v * 255.0 + 0.5) as u32
}

impl Drawing {
    /// All canvases as one RGBA picture, `columns` in a row: (width, height, bytes). With one channel
    /// the colour is `ink`, 0xRRGGBB, and alpha is the probability of ink. More are opaque: three are red, green and
    /// blue, of four the last is not shown, and of two the first is red and the second green and blue, so that they are
    /// grey where they are equal.
    ///
    /// # Errors
    /// [`Error::Argument`] for no columns, [`Error::Memory`] if there is no room for the picture.
    pub fn picture(&self, columns: usize, ink: u32) -> Result<Picture> {
        if columns == 0 {
            return Err(Error::argument("columns", columns, "1 or more"));
        }
        let (w, h) = self.rendered;
        let columns = columns.min(self.count());
        let rows = self.count().div_ceil(columns);
        let [_, r, g, b] = ink.to_be_bytes();
        let colour = u32::from_le_bytes([r, g, b, 0]);
        // A last row that is not full makes the sheet larger than its canvases: up to twice.
        let mut rgba = room(product(&[4, columns, w, rows, h]))?;
        let (width, height) = (columns * w, rows * h);
        rgba.resize(4 * width * height, 0);
        let channels = self.model.config.channels;
        for (i, canvas) in self.shown.chunks_exact(channels * w * h).enumerate() {
            let corner = (i / columns) * h * width + (i % columns) * w;
            for y in 0..h {
                let out = rgba[4 * (corner + y * width)..][..4 * w].chunks_exact_mut(4);
                let plane = |c: usize| &canvas[(c * h + y) * w..][..w];
                if channels == 1 {
                    // A whole pixel at a time, which the compiler makes vectors of.
                    for (pixel, v) in out.zip(plane(0)) {
                        pixel.copy_from_slice(&(colour | byte(*v) << 24).to_le_bytes());
                    }
                } else {
                    for (((pixel, r), g), b) in out.zip(plane(0)).zip(plane(1)).zip(plane(2.min(channels - 1))) {
                        pixel.copy_from_slice(&[byte(*r) as u8, byte(*g) as u8, byte(*b) as u8, 255]);
                    }
                }
            }
        }
        Ok((width, height, rgba))
    }

    /// The error images x̂ = x − σ(canvas) (equation 3) as one picture like [`Drawing::picture`]: ink that is
    /// still missing in the colour `missing`, ink that is too much in the colour `surplus`, alpha its size.
    /// Empty if nothing is read, or if the model is not grey.
    ///
    /// # Errors
    /// As [`Drawing::picture`].
    pub fn error_picture(&self, columns: usize, missing: u32, surplus: u32) -> Result<Picture> {
        let (w, h) = self.rendered;
        let c = &self.model.config;
        let Source::Images(images) = &self.source else { return Ok((0, 0, Vec::new())) };
        if c.channels != 1 {
            return Ok((0, 0, Vec::new()));
        }
        let (width, height, mut rgba) = self.picture(columns, missing)?;
        let columns = columns.min(self.count());
        let [_, r, g, b] = surplus.to_be_bytes();
        for (i, (canvas, image)) in self.shown.chunks_exact(w * h).zip(images.chunks_exact(c.pixels())).enumerate() {
            let corner = (i / columns) * h * width + (i % columns) * w;
            for (p, shown) in canvas.iter().enumerate() {
                let (x, y) = (p % w, p / w);
                let error = image[y * c.height / h * c.width + x * c.width / w] - shown;
                let pixel = &mut rgba[4 * (corner + y * width + x)..][..4];
                pixel[3] = byte(error.abs()) as u8;
                if error < 0.0 {
                    pixel[..3].copy_from_slice(&[r, g, b]);
                }
            }
        }
        Ok((width, height, rgba))
    }
}

/// A canvas `[C, B, A]` at another size, between its pixels by straight lines.
pub(super) fn enlarge(
    canvas: &[f32],
    channels: usize,
    (w, h): (usize, usize),
    (to_w, to_h): (usize, usize),
) -> Vec<f32> {
    // Where an output pixel's centre lies between two input pixels: the first, and the second's share.
    let between = |i: usize, from: usize, to: usize| {
        let at = ((i as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
        (at as usize, (at as usize + 1).min(from - 1), at.fract())
    };
    let mut out = Vec::with_capacity(channels * to_w * to_h);
    for plane in canvas.chunks_exact(w * h).take(channels) {
        for y in 0..to_h {
            let (y0, y1, fy) = between(y, h, to_h);
            for x in 0..to_w {
                let (x0, x1, fx) = between(x, w, to_w);
                let row = |y: usize| plane[y * w + x0] * (1.0 - fx) + plane[y * w + x1] * fx;
                out.push(row(y0) * (1.0 - fy) + row(y1) * fy);
            }
        }
    }
    out
}
