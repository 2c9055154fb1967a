//! A drawing as an animated GIF, its windows in sight.

use super::{Drawing, SHOWN_WINDOW};
use crate::error::{Error, Result};

/// Colours of an animation, 0xRRGGBB.
#[derive(Clone, Copy, Debug)]
pub struct Colours {
    /// Where there is no ink.
    pub paper: u32,
    /// Full ink.
    pub ink: u32,
    /// The write windows.
    pub write: u32,
}

impl Default for Colours {
    /// Ink on paper.
    fn default() -> Self {
        Colours { paper: 0xfffdf8, ink: 0x1c1a17, write: 0xc2371c }
    }
}

/// The palette's entry of the windows' colour, the last. Those before are ink from none to full, or, if there are more
/// channels than one, colours.
const WINDOW: u8 = 255;
/// Shades of red, green and blue in a palette of colours: 252 of them in all.
const SHADES: [u32; 3] = [6, 7, 6];
/// Its entry where no digit lies.
const NOTHING: u8 = 252;
/// Which of 16 neighbours get the lighter of two shades first: the other shades are mixed of these.
const MIX: [[u32; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

impl Drawing {
    /// The drawing from its present glimpse to its last as a GIF, `columns` digits in a row; `shown` is called
    /// after each frame. Colours are those of [`Drawing::picture`], mixed of the 252 that a palette has room for.
    ///
    /// # Errors
    /// [`Error::Argument`] for no columns, or a sheet larger than a GIF can be.
    pub fn gif(&mut self, columns: usize, colours: Colours, mut shown: impl FnMut()) -> Result<Vec<u8>> {
        let (width, height, _) = self.picture(columns, 0)?;
        let columns = columns.min(self.count());
        if width.max(height) > u16::MAX as usize {
            let sheet = format!("{width} × {height}");
            return Err(Error::argument("the sheet", sheet, "at most 65535 × 65535 pixels, as a GIF holds"));
        }
        let failed = |e: gif::EncodingError| Error::argument("the GIF", e, "frames that can be encoded");
        let grey = self.model.config.channels == 1;
        let mut out = Vec::new();
        let mut encoder =
            gif::Encoder::new(&mut out, width as u16, height as u16, &palette(colours, grey)).map_err(failed)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(failed)?;
        loop {
            let last = self.glimpse() == self.glimpses();
            let (_, _, rgba) = self.picture(columns, 0)?;
            let pixels = rgba.chunks_exact(4).enumerate();
            let mut indices: Vec<u8> = pixels
                .map(|(i, p)| if grey { (p[3] as u32 * 254 / 255) as u8 } else { mixed(p, i % width, i / width) })
                .collect();
            if !last {
                outline_windows(&mut indices, width, self, columns);
            }
            let mut frame = gif::Frame::from_indexed_pixels(width as u16, height as u16, indices, None);
            // Hundredths of a second; the finished sheet stays.
            frame.delay = if last { 250 } else { 6 };
            encoder.write_frame(&frame).map_err(failed)?;
            shown();
            if !self.step()? {
                break;
            }
        }
        drop(encoder);
        Ok(out)
    }
}

fn palette(colours: Colours, grey: bool) -> Vec<u8> {
    let (paper, ink) = (colours.paper.to_be_bytes(), colours.ink.to_be_bytes());
    let mut palette = Vec::with_capacity(768);
    for i in 0..WINDOW as i32 {
        if grey {
            palette.extend((1..4).map(|c| (paper[c] as i32 + (ink[c] as i32 - paper[c] as i32) * i / 254) as u8));
        } else {
            let of = [i as u32 / 42, i as u32 / 6 % 7, i as u32 % 6];
            palette.extend(of.iter().zip(SHADES).map(|(shade, n)| (shade * 255 / (n - 1)).min(255) as u8));
        }
    }
    if !grey {
        palette.splice(3 * NOTHING as usize..3 * (NOTHING as usize + 1), paper[1..].iter().copied());
    }
    palette.extend_from_slice(&colours.write.to_be_bytes()[1..]);
    palette
}

/// The palette's entry for an RGBA pixel, at a place among its neighbours.
fn mixed(pixel: &[u8], x: usize, y: usize) -> u8 {
    if pixel[3] == 0 {
        return NOTHING;
    }
    let shade = |c: usize| (pixel[c] as u32 * (SHADES[c] - 1) * 16 + 255 * MIX[y % 4][x % 4]) / (255 * 16);
    (shade(0) * 42 + shade(1) * 6 + shade(2)) as u8
}

/// Marks the border of each digit's write window.
fn outline_windows(indices: &mut [u8], width: usize, drawing: &Drawing, columns: usize) {
    let (w, h) = drawing.size();
    let patch = drawing.model.config.write_patch;
    for (i, window) in drawing.write_windows().chunks_exact(SHOWN_WINDOW).enumerate() {
        let [x, y, stride, sigma, _] = window else { continue };
        if *stride <= 0.0 {
            continue;
        }
        let half = (patch as f32 - 1.0) * stride / 2.0 + sigma;
        let (left, top) = ((i % columns) * w, (i / columns) * h);
        let edge = |v: f32, limit: usize| v.round().clamp(0.0, limit as f32 - 1.0) as usize;
        let (x0, x1) = (edge(x - half, w), edge(x + half, w));
        let (y0, y1) = (edge(y - half, h), edge(y + half, h));
        for x in x0..=x1 {
            indices[(top + y0) * width + left + x] = WINDOW;
            indices[(top + y1) * width + left + x] = WINDOW;
        }
        for y in y0..=y1 {
            indices[(top + y) * width + left + x0] = WINDOW;
            indices[(top + y) * width + left + x1] = WINDOW;
        }
    }
}
