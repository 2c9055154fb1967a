//! A visitor's scribble made to look like MNIST: ink in a 20×20 box, centred by mass in 28×28.

use crate::budget::product;
use crate::error::{Error, Result, expect_pixels};

/// MNIST's image and the box that its digits were fitted into.
const IMAGE: usize = 28;
const BOX: f32 = 20.0;

/// What [`normalise`] does to a scribble, step by step; lengths are in the scribble's pixels.
pub struct Fitting {
    /// The ink's bounding box: left, top, right, bottom.
    pub ink: [f32; 4],
    /// The centre of the ink's mass: x, y.
    pub mass: [f32; 2],
    /// The square that becomes the image of 28×28: its left and top.
    pub corner: [f32; 2],
    /// The side of the square that becomes one pixel of the image.
    pub scale: f32,
}

/// Normalises a grey image `[height, width]`, 1 = ink, to 28×28 with values 0 and 1, as in binarised
/// MNIST. The longer side of the ink's bounding box becomes 20 pixels; each pixel is the mean of what it covers, and is
/// ink if at least half of it is.
///
/// # Errors
/// [`Error::Argument`] if the length is not width × height, a value is outside `[0, 1]`, or there is no ink.
pub fn normalise(pixels: &[f32], width: usize, height: usize) -> Result<Vec<f32>> {
    let mut out = Vec::with_capacity(IMAGE * IMAGE);
    fit(pixels, width, height, |ink| out.push((ink >= 0.5) as u8 as f32))?;
    Ok(out)
}

/// How [`normalise`] comes to its image, and that image before it is black and white.
///
/// # Errors
/// Those of [`normalise`].
pub fn fitting(pixels: &[f32], width: usize, height: usize) -> Result<(Fitting, Vec<f32>)> {
    let mut greys = Vec::with_capacity(IMAGE * IMAGE);
    let fitting = fit(pixels, width, height, |ink| greys.push(ink))?;
    Ok((fitting, greys))
}

/// Gives `each` pixel of the fitted image, row by row. Inlined, so that what a caller does not ask for costs it nothing.
#[inline(always)]
fn fit(pixels: &[f32], width: usize, height: usize, mut each: impl FnMut(f32)) -> Result<Fitting> {
    if pixels.is_empty() || product(&[width, height]) != pixels.len() as u64 {
        return Err(Error::argument("the number of pixels", pixels.len(), format!("{width} × {height}, not zero")));
    }
    expect_pixels(pixels)?;
    let inked = |v: &f32| *v >= 0.5;
    let rows = || pixels.chunks_exact(width);
    let top = rows().position(|r| r.iter().any(inked));
    let bottom = rows().rposition(|r| r.iter().any(inked));
    let (Some(top), Some(bottom)) = (top, bottom) else {
        return Err(Error::argument("the scribble", "empty", "some ink"));
    };
    let column = |x: usize| rows().any(|r| inked(&r[x]));
    let left = (0..width).find(|&x| column(x)).expect("a row has ink");
    let right = (0..width).rfind(|&x| column(x)).expect("a row has ink");

    // Source pixels under one pixel of the result. A dot is not blown up to a blob.
    let longest = (bottom - top + 1).max(right - left + 1) as f32;
    let scale = longest.max(0.1 * width.max(height) as f32) / BOX;
    let (mut mass, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for (y, row) in rows().enumerate() {
        for (x, &v) in row.iter().enumerate() {
            mass += v;
            mean_x += v * (x as f32 + 0.5);
            mean_y += v * (y as f32 + 0.5);
        }
    }
    // The centre of mass comes to the image's centre, but the box stays inside the image.
    let half = IMAGE as f32 / 2.0;
    let shift = |mean: f32, low: usize, high: usize| {
        let (low, high) = ((low as f32 - mean) / scale, (high as f32 + 1.0 - mean) / scale);
        (0.0f32).max(-half - low).min(half - high).round().max(-half - low)
    };
    let (mean_x, mean_y) = (mean_x / mass, mean_y / mass);
    let (dx, dy) = (shift(mean_x, left, right), shift(mean_y, top, bottom));
    for y in 0..IMAGE {
        for x in 0..IMAGE {
            let x0 = mean_x + (x as f32 - half - dx) * scale;
            let y0 = mean_y + (y as f32 - half - dy) * scale;
            each(area_mean(pixels, width, height, (x0, y0), scale));
        }
    }
    Ok(Fitting {
        ink: [left as f32, top as f32, right as f32 + 1.0, bottom as f32 + 1.0],
        mass: [mean_x, mean_y],
        corner: [mean_x - (half + dx) * scale, mean_y - (half + dy) * scale],
        scale,
    })
}

/// The mean over a square of side `side` at (x0, y0); outside the image there is no ink.
fn area_mean(pixels: &[f32], width: usize, height: usize, (x0, y0): (f32, f32), side: f32) -> f32 {
    // How much of pixel i the stretch covers.
    let cover = |i: usize, from: f32| ((i + 1) as f32).min(from + side) - (i as f32).max(from);
    let range = |from: f32, len: usize| {
        let clamp = |v: f32| v.clamp(0.0, len as f32) as usize;
        clamp(from.floor())..clamp((from + side).ceil())
    };
    let mut sum = 0.0;
    for y in range(y0, height) {
        for x in range(x0, width) {
            sum += cover(x, x0).max(0.0) * cover(y, y0).max(0.0) * pixels[y * width + x];
        }
    }
    sum / (side * side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(image: &[f32]) -> (usize, usize, usize, usize) {
        let ys = (0..28).filter(|y| (0..28).any(|x| image[y * 28 + x] > 0.0)).collect::<Vec<_>>();
        let xs = (0..28).filter(|x| (0..28).any(|y| image[y * 28 + x] > 0.0)).collect::<Vec<_>>();
        (xs[0], *xs.last().unwrap(), ys[0], *ys.last().unwrap())
    }

    #[test]
    fn a_bar_anywhere_is_fitted_and_centred() {
        for (left, top) in [(3, 5), (150, 90)] {
            let mut pixels = vec![0.0; 200 * 200];
            for y in top..top + 100 {
                for x in left..left + 20 {
                    pixels[y * 200 + x] = 1.0;
                }
            }
            let image = normalise(&pixels, 200, 200).unwrap();
            assert_eq!(bounds(&image), (12, 15, 4, 23));
        }
    }

    #[test]
    fn lopsided_ink_is_centred_by_mass() {
        // A heavy block on the left and a thin line to the right.
        let mut pixels = vec![0.0; 100 * 100];
        for y in 30..60 {
            for x in 10..30 {
                pixels[y * 100 + x] = 1.0;
            }
        }
        for x in 30..90 {
            for y in 43..48 {
                pixels[y * 100 + x] = 1.0;
            }
        }
        let image = normalise(&pixels, 100, 100).unwrap();
        let mass: f32 = image.iter().sum();
        let mean = image.iter().enumerate().map(|(i, v)| v * ((i % 28) as f32 + 0.5)).sum::<f32>() / mass;
        let (left, right, ..) = bounds(&image);
        assert!(right <= 27 && left < 14 - 5, "{left}..{right}");
        assert!((mean - 14.0).abs() < 1.5, "mean {mean}");
    }

    #[test]
    fn a_fitting_tells_what_was_done() {
        // A bar of 20 × 100 pixels: five of them to a pixel, its middle in the middle.
        let mut pixels = vec![0.0; 200 * 200];
        for y in 40..140 {
            pixels[y * 200 + 30..y * 200 + 50].fill(1.0);
        }
        let (fitting, greys) = super::fitting(&pixels, 200, 200).unwrap();
        assert_eq!(fitting.ink, [30.0, 40.0, 50.0, 140.0]);
        assert_eq!((fitting.mass, fitting.scale), ([40.0, 90.0], 5.0));
        assert_eq!(fitting.corner, [40.0 - 14.0 * 5.0, 90.0 - 14.0 * 5.0]);
        assert_eq!(greys.iter().sum::<f32>(), 20.0 * 100.0 / 25.0);
    }

    #[test]
    fn bad_scribbles_are_refused() {
        assert!(normalise(&[0.0; 9], 3, 3).unwrap_err().to_string().contains("empty"));
        assert!(normalise(&[0.0; 8], 3, 3).is_err());
        assert!(normalise(&[f32::NAN; 9], 3, 3).is_err());
    }
}
