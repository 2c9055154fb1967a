//! Images moved and coloured a little, anew at each visit: more of them than a small set has.

use super::{Dataset, put};
use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::train::Source;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// How much images are changed; by default not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jitter {
    /// Pixels that an image moves, at most, along each axis; its edge is drawn out.
    pub shift: usize,
    /// Each channel's contrast changes by this share at most, and its brightness by this share of 255.
    pub colour: f32,
}

impl Jitter {
    /// Checks it for images of this width and height.
    pub(super) fn check(self, size: (usize, usize)) -> Result<()> {
        let most = size.0.min(size.1).div_ceil(2) - 1;
        if self.shift > most {
            return Err(Error::argument("the shift", self.shift, format!("0 to {most}")));
        }
        if !(0.0..=1.0).contains(&self.colour) {
            return Err(Error::argument("the change of colour", self.colour, "0 to 1"));
        }
        Ok(())
    }

    /// The levels of an image of this width and height, changed.
    pub(super) fn change(self, image: &[u8], (w, h): (usize, usize), rng: &mut Xoshiro256PlusPlus) -> Vec<u8> {
        let Jitter { shift, colour } = self;
        let mut moved = || rng.random_range(0..=2 * shift) as isize - shift as isize;
        let (dx, dy) = (moved(), moved());
        let mut levels = Vec::with_capacity(image.len());
        for plane in image.chunks_exact(w * h) {
            let mut share = || if colour > 0.0 { rng.random_range(-colour..=colour) } else { 0.0 };
            let (contrast, brightness) = (1.0 + share(), 255.0 * share());
            let mean = plane.iter().map(|l| *l as f32).sum::<f32>() / plane.len() as f32;
            for y in 0..h {
                let row = &plane[y.saturating_add_signed(dy).min(h - 1) * w..][..w];
                levels.extend((0..w).map(|x| {
                    let level = row[x.saturating_add_signed(dx).min(w - 1)] as f32;
                    // A conversion to bytes keeps to their range.
                    (mean + contrast * (level - mean) + brightness).round() as u8
                }));
            }
        }
        levels
    }
}

/// A set whose images change.
#[derive(Clone, Debug)]
pub struct Jittered {
    images: Dataset,
    jitter: Jitter,
}

impl Jittered {
    /// # Errors
    /// [`Error::Argument`] for a shift of half an image or more, or a share outside 0 to 1.
    pub fn new(images: Dataset, jitter: Jitter) -> Result<Self> {
        jitter.check((images.width(), images.height()))?;
        Ok(Jittered { images, jitter })
    }

    /// The images as they are.
    pub fn images(&self) -> &Dataset {
        &self.images
    }
}

impl Source<()> for Jittered {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn size(&self) -> [usize; 3] {
        self.images.size()
    }

    fn label(&self, _: usize) {}

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        let size = (self.images.width(), self.images.height());
        let levels = self.jitter.change(self.images.levels(index), size, rng);
        put(&levels, values, rng, image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise;

    #[test]
    fn a_shift_moves_and_draws_out_the_edge() {
        let images = Dataset::from_levels((0..50).map(|i| 5 * i).collect(), 5, 5, 2).unwrap();
        let jittered = Jittered::new(images.clone(), Jitter { shift: 2, colour: 0.0 }).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..200 {
            let mut image = vec![0.0; 50];
            jittered.put(0, Values::Levels, &mut noise::rng(i, noise::TRAIN, 0), &mut image);
            let levels: Vec<u8> = image.iter().map(|v| (v * 255.0).round() as u8).collect();
            // The middle pixel tells the shift, and with it all others.
            let middle = levels[12] as isize / 5;
            let (dx, dy) = (middle % 5 - 2, middle / 5 - 2);
            for (p, level) in levels.iter().enumerate() {
                let at = |v: usize, d: isize| (v as isize + d).clamp(0, 4) as usize;
                let from = p / 25 * 25 + at(p / 5 % 5, dy) * 5 + at(p % 5, dx);
                assert_eq!(*level, 5 * from as u8);
            }
            seen.insert((dx, dy));
        }
        assert_eq!(seen.len(), 25);
        assert!(Jittered::new(images, Jitter { shift: 3, colour: 0.0 }).unwrap_err().to_string().contains("0 to 2"));
    }

    #[test]
    fn colours_change_within_their_range() {
        let images = Dataset::from_levels(vec![100; 16], 4, 4, 1).unwrap();
        let jittered = Jittered::new(images, Jitter { shift: 0, colour: 0.1 }).unwrap();
        let mut image = vec![0.0; 16];
        let means: Vec<f32> = (0..100)
            .map(|i| {
                jittered.put(0, Values::Levels, &mut noise::rng(i, noise::TRAIN, 0), &mut image);
                image[0] * 255.0
            })
            .collect();
        assert!(means.iter().all(|m| (m - 100.0).abs() <= 26.0));
        assert!(means.iter().any(|m| *m > 110.0) && means.iter().any(|m| *m < 90.0));
    }
}
