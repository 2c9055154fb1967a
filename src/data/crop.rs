//! Windows of images that are a little larger than the model, at a random place at each visit: as the paper trains on house
//! numbers, 54×54 of 64×64.

use super::{Dataset, Jitter, put};
use crate::budget::{product, room};
use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::train::Source;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// Images are larger than a window of them by this part of its side at most: a quarter.
const PART: usize = 4;

/// A set of which windows are taken.
///
/// The random draws of an image, in order: the window's column, its row, both uniform; then those of the [`Jitter`].
#[derive(Clone, Debug)]
pub struct Crops {
    images: Dataset,
    width: usize,
    height: usize,
    jitter: Jitter,
}

/// A window of an image.
fn cut(
    levels: &[u8],
    (w, h): (usize, usize),
    (x, y): (usize, usize),
    (width, height): (usize, usize),
) -> impl Iterator<Item = &u8> {
    let rows = levels.chunks_exact(w * h).flat_map(move |plane| plane.chunks_exact(w).skip(y).take(height));
    rows.flat_map(move |row| &row[x..x + width])
}

impl Crops {
    /// Whether images of this size (width, height, channels) are meant for windows of that: in colour, and a little larger.
    pub fn fit(images: [usize; 3], window: [usize; 3]) -> bool {
        let little = |side: usize, window: usize| (window..=window + window / PART).contains(&side);
        let colour = images[2] == 3 && window[2] == 3;
        colour && images != window && little(images[0], window[0]) && little(images[1], window[1])
    }

    /// Windows of this size, which are then changed.
    ///
    /// # Errors
    /// [`Error::Data`] for images that do not [`fit`](Crops::fit), [`Error::Argument`] for a change that no window can have.
    pub fn new(images: Dataset, window: [usize; 3], jitter: Jitter) -> Result<Self> {
        expect_fit(&images, window)?;
        jitter.check((window[0], window[1]))?;
        Ok(Crops { images, width: window[0], height: window[1], jitter })
    }

    /// The middle window of each image, as evaluation takes it.
    ///
    /// # Errors
    /// [`Error::Data`] for images that do not [`fit`](Crops::fit), [`Error::Memory`] if there is no room for the windows.
    pub fn middle(images: &Dataset, window: [usize; 3]) -> Result<Dataset> {
        expect_fit(images, window)?;
        let ([width, height, channels], (w, h)) = (window, (images.width(), images.height()));
        let mut levels = room(product(&[images.len(), width, height, channels]))?;
        for i in 0..images.len() {
            levels.extend(cut(images.levels(i), (w, h), ((w - width) / 2, (h - height) / 2), (width, height)));
        }
        Dataset::from_levels(levels, width, height, channels)
    }

    /// The middle windows.
    ///
    /// # Errors
    /// [`Error::Memory`] if there is no room for them.
    pub fn middles(&self) -> Result<Dataset> {
        Crops::middle(&self.images, self.size())
    }
}

fn expect_fit(images: &Dataset, window: [usize; 3]) -> Result<()> {
    if Crops::fit(images.size(), window) {
        return Ok(());
    }
    let ([w, h, c], [width, height, channels]) = (images.size(), window);
    let text = format!("images of {w}×{h} with {c} channels for windows of {width}×{height} with {channels}");
    Err(Error::Data(format!("{text}; expected colour, and sides larger by a quarter at most")))
}

impl Source<()> for Crops {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn size(&self) -> [usize; 3] {
        [self.width, self.height, self.images.channels()]
    }

    fn label(&self, _: usize) {}

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        let (w, h, size) = (self.images.width(), self.images.height(), (self.width, self.height));
        let (x, y) = (rng.random_range(0..=w - size.0), rng.random_range(0..=h - size.1));
        let mut levels: Vec<u8> = cut(self.images.levels(index), (w, h), (x, y), size).copied().collect();
        if self.jitter != Jitter::default() {
            levels = self.jitter.change(&levels, size, rng);
        }
        put(&levels, values, rng, image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise;

    /// Two images 6 wide and 5 high, whose levels tell place and channel.
    fn images() -> Dataset {
        Dataset::from_levels((0..180).collect(), 6, 5, 3).unwrap()
    }

    #[test]
    fn windows_lie_everywhere_and_keep_their_pixels() {
        let crops = Crops::new(images(), [5, 4, 3], Jitter::default()).unwrap();
        assert_eq!((crops.len(), crops.size()), (2, [5, 4, 3]));
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..100 {
            let mut image = vec![0.0; 60];
            crops.put(1, Values::Levels, &mut noise::rng(i, noise::TRAIN, 0), &mut image);
            let levels: Vec<usize> = image.iter().map(|v| (v * 255.0).round() as usize).collect();
            let (x, y) = ((levels[0] - 90) % 6, (levels[0] - 90) / 6);
            for (p, level) in levels.iter().enumerate() {
                assert_eq!(*level, 90 + p / 20 * 30 + (y + p / 5 % 4) * 6 + x + p % 5);
            }
            seen.insert((x, y));
        }
        assert_eq!(seen.len(), 4);
        assert_eq!(crops.middles().unwrap().levels(1)[..2], [90, 91]);
        let wider = Dataset::from_levels(vec![7; 64 * 64 * 3], 64, 64, 3).unwrap();
        assert_eq!(Crops::middle(&wider, [54, 54, 3]).unwrap().size(), [54, 54, 3]);
    }

    #[test]
    fn a_window_can_be_changed_too() {
        let jitter = Jitter { shift: 1, colour: 0.2 };
        let crops = Crops::new(images(), [5, 4, 3], jitter).unwrap();
        let mut image = vec![-1.0; 60];
        crops.put(0, Values::Levels, &mut noise::rng(1, noise::TRAIN, 0), &mut image);
        assert!(image.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(Crops::new(images(), [5, 4, 3], Jitter { shift: 2, colour: 0.0 }).is_err());
    }

    #[test]
    fn only_colour_a_little_larger_is_for_windows() {
        assert!(Crops::fit([64, 64, 3], [54, 54, 3]) && Crops::fit([40, 32, 3], [32, 32, 3]));
        for (images, window) in [
            ([54, 54, 3], [54, 54, 3]),
            ([64, 64, 1], [54, 54, 1]),
            ([64, 64, 3], [54, 54, 1]),
            ([68, 64, 3], [54, 54, 3]),
            ([53, 64, 3], [54, 54, 3]),
            ([64, 64, 3], [28, 28, 3]),
        ] {
            assert!(!Crops::fit(images, window), "{images:?} {window:?}");
        }
        assert!(Crops::new(images(), [3, 3, 3], Jitter::default()).unwrap_err().to_string().contains("6×5"));
    }
}
