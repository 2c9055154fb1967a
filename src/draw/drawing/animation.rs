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

/// Palette entries: ink from none to full, and then the windows' colour.
const WINDOW: u8 = 255;

impl Drawing {
    /// The drawing from its present glimpse to its last as a GIF, `columns` digits in a row; `shown` is called
    /// after each frame. Colour models come out in grey.
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
        let mut out = Vec::new();
        let mut encoder =
            gif::Encoder::new(&mut out, width as u16, height as u16, &palette(colours)).map_err(failed)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(failed)?;
        loop {
            let last = self.glimpse() == self.glimpses();
            let (_, _, rgba) = self.picture(columns, 0)?;
            let mut indices: Vec<u8> = rgba.chunks_exact(4).map(|p| (p[3] as u32 * 254 / 255) as u8).collect();
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

fn palette(colours: Colours) -> Vec<u8> {
    let (paper, ink) = (colours.paper.to_be_bytes(), colours.ink.to_be_bytes());
    let mut palette = Vec::with_capacity(768);
    for i in 0..255i32 {
        palette.extend((1..4).map(|c| (paper[c] as i32 + (ink[c] as i32 - paper[c] as i32) * i / 254) as u8));
    }
    palette.extend_from_slice(&colours.write.to_be_bytes()[1..]);
    palette
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
