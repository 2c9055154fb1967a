//! A few marks become a data set: each is turned, scaled and shifted a little, at random.

use crate::budget::{FIGURE, product, room};
use crate::data::Dataset;
use crate::error::{Error, Result, expect_pixels};
use crate::noise;
use rand::RngExt;

/// How far a mark is moved, either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// Pixels.
    pub shift: f32,
    /// Degrees.
    pub turn: f32,
    /// A share of the size.
    pub scale: f32,
}

impl Default for Amount {
    fn default() -> Self {
        Amount { shift: 2.0, turn: 10.0, scale: 0.08 }
    }
}

/// `count` variations of marks `[n, height, width]`, values in `[0, 1]`: the marks in turn, each afresh.
///
/// # Errors
/// [`Error::Argument`] for no marks, a part of one, a value outside `[0, 1]`, or a count outside 1 to 100000.
pub fn vary(
    marks: &[f32],
    (width, height): (usize, usize),
    count: usize,
    amount: Amount,
    seed: u64,
) -> Result<Dataset> {
    let pixels = usize::try_from(product(&[width, height])).unwrap_or(usize::MAX);
    if marks.is_empty() || pixels == 0 || !marks.len().is_multiple_of(pixels) {
        let expected = format!("one or more marks of {width} × {height}");
        return Err(Error::argument("the number of pixels", marks.len(), expected));
    }
    expect_pixels(marks)?;
    if !(1..=100_000).contains(&count) {
        return Err(Error::argument("count", count, "1 to 100000"));
    }
    FIGURE.check([("count", count)], |[n]| product(&[n, pixels]))?;
    let mut levels = room(product(&[count, pixels]))?;
    let n = marks.len() / pixels;
    for i in 0..count {
        let mark = &marks[i % n * pixels..][..pixels];
        let mut rng = noise::rng(seed, noise::AUGMENT, i as u64);
        let mut within = |limit: f32| limit * (2.0 * rng.random::<f32>() - 1.0);
        let (dx, dy) = (within(amount.shift), within(amount.shift));
        let (sin, cos) = within(amount.turn).to_radians().sin_cos();
        let scale = 1.0 / (1.0 + within(amount.scale));
        let (cx, cy) = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
        for y in 0..height {
            for x in 0..width {
                // Where this pixel comes from.
                let (u, v) = (x as f32 - cx - dx, y as f32 - cy - dy);
                let (sx, sy) = (scale * (cos * u + sin * v) + cx, scale * (cos * v - sin * u) + cy);
                levels.push((255.0 * between(mark, (width, height), sx, sy) + 0.5) as u8);
            }
        }
    }
    Dataset::from_levels(levels, width, height, 1)
}

/// The value between four pixels; 0 outside.
fn between(image: &[f32], (width, height): (usize, usize), x: f32, y: f32) -> f32 {
    let at = |x: f32, y: f32| {
        let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
        if inside { image[y as usize * width + x as usize] } else { 0.0 }
    };
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let row = |y: f32| at(left, y) * (1.0 - fx) + at(left + 1.0, y) * fx;
    row(top) * (1.0 - fy) + row(top + 1.0) * fy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross() -> Vec<f32> {
        (0..784)
            .map(|i| (i / 28 == 14 && (8..20).contains(&(i % 28)) || i % 28 == 10 && i > 200) as u8 as f32)
            .collect()
    }

    #[test]
    fn without_any_amount_a_mark_stays() {
        let still = Amount { shift: 0.0, turn: 0.0, scale: 0.0 };
        let data = vary(&cross(), (28, 28), 3, still, 1).unwrap();
        for i in 0..3 {
            assert!(data.levels(i).iter().zip(cross()).all(|(a, b)| (*a as f32 / 255.0 - b).abs() < 0.01));
        }
    }

    #[test]
    fn variations_differ_keep_their_ink_and_repeat_with_the_seed() {
        let data = vary(&cross(), (28, 28), 50, Amount::default(), 7).unwrap();
        assert_eq!(data, vary(&cross(), (28, 28), 50, Amount::default(), 7).unwrap());
        assert_ne!(data, vary(&cross(), (28, 28), 50, Amount::default(), 8).unwrap());
        let ink = |levels: &[u8]| levels.iter().map(|l| *l as f32 / 255.0).sum::<f32>();
        let own: f32 = cross().iter().sum();
        for i in 0..50 {
            assert!((ink(data.levels(i)) / own - 1.0).abs() < 0.25, "{i}");
            assert!(i == 0 || data.levels(i) != data.levels(0));
        }
    }

    #[test]
    fn bad_marks_are_refused() {
        for (marks, count) in [(vec![], 1), (vec![0.0; 783], 1), (vec![2.0; 784], 1), (vec![0.0; 784], 0)] {
            assert!(vary(&marks, (28, 28), count, Amount::default(), 1).is_err());
        }
    }
}
