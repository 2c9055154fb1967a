//! Images for training and evaluation: read from the files that the world has them in, and batches of them.
//!
//! [`read`] recognises a file by its content; a format is one reader in the table of `recognise.rs`.

mod amat;
mod bits;
mod cifar;
mod clutter;
mod crop;
mod idx;
mod jitter;
mod labels;
mod levels;
mod look;
mod matlab;
mod npy;
mod order;
mod pairs;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
mod pictures;
mod recognise;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
mod sheet;
mod source;

pub use clutter::{Clutter, Pieces};
pub use crop::Crops;
pub use jitter::{Jitter, Jittered};
pub use labels::{Labelled, labels, labels_idx};
pub use look::Look;
pub(crate) use order::Order;
pub use pairs::Pairs;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub use pictures::Pictures;
pub use recognise::{Format, Found, Hint, read, read_from};
pub use source::plain;

use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::params::Shape;
use crate::train::Source;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// The most values of a data set, 2 GiB: what a `Vec` of bytes can hold on a machine of 32 bits.
pub const MOST: u64 = i32::MAX as u64;

/// Images of one size. Grey levels are Bernoulli means, 255 standing for 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    width: usize,
    height: usize,
    channels: usize,
    levels: Vec<u8>,
}

/// Values of an image of this size.
///
/// # Errors
/// [`Error::Data`] for a side of 0, or an image that no data set can hold.
fn pixels(width: usize, height: usize, channels: usize) -> Result<usize> {
    let product = [width, height, channels].iter().try_fold(1u64, |p, side| p.checked_mul(*side as u64));
    match product {
        Some(pixels @ 1..=MOST) => Ok(pixels as usize),
        _ => {
            let text =
                format!("images of {width}×{height} with {channels} channels; expected 1 to {MOST} values in each");
            Err(Error::Data(text))
        }
    }
}

impl Dataset {
    /// Images from grey levels `[count, C, B, A]`.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no image, or a part of one.
    pub fn from_levels(levels: Vec<u8>, width: usize, height: usize, channels: usize) -> Result<Self> {
        let pixels = pixels(width, height, channels)?;
        if levels.is_empty() || !levels.len().is_multiple_of(pixels) {
            let found = levels.len();
            return Err(Error::Data(format!("{found} values; expected one or more images of {pixels} values")));
        }
        Ok(Dataset { width, height, channels, levels })
    }

    /// Width A of an image, in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height B of an image, in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Channels C of an image.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Images in the set.
    pub fn len(&self) -> usize {
        self.levels.len() / self.pixels()
    }

    /// A data set has an image or more.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Values of an image, C·B·A.
    pub fn pixels(&self) -> usize {
        self.width * self.height * self.channels
    }

    /// Grey levels of one image.
    pub fn levels(&self, index: usize) -> &[u8] {
        &self.levels[index * self.pixels()..][..self.pixels()]
    }

    /// Grey levels of all images `[count, C, B, A]`.
    pub fn all_levels(&self) -> &[u8] {
        &self.levels
    }

    /// The images as an IDX file.
    ///
    /// # Errors
    /// [`Error::Data`] for images in colour, for which IDX has no form that others read.
    pub fn idx(&self) -> Result<Vec<u8>> {
        if self.channels != 1 {
            return Err(Error::Data(format!("images of {} channels; expected grey ones for IDX", self.channels)));
        }
        let sides = [0x0803, self.len() as u32, self.height as u32, self.width as u32];
        Ok(sides.iter().flat_map(|n| n.to_be_bytes()).chain(self.levels.iter().copied()).collect())
    }

    /// The first `count` images, or all; at least one.
    pub fn truncate(&mut self, count: usize) {
        let keep = count.clamp(1, self.len()) * self.pixels();
        self.levels.truncate(keep);
    }

    /// Takes the last `count` images out, as a set of their own.
    ///
    /// # Errors
    /// [`Error::Argument`] if that leaves either set without an image.
    pub fn split_off(&mut self, count: usize) -> Result<Dataset> {
        if count == 0 || count >= self.len() {
            return Err(Error::argument("images to hold out", count, format!("1 to {}", self.len().saturating_sub(1))));
        }
        let levels = self.levels.split_off((self.len() - count) * self.pixels());
        Dataset::from_levels(levels, self.width, self.height, self.channels)
    }

    /// Puts the images of another set behind these.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size, or more than a set can hold.
    pub fn append(&mut self, other: Dataset) -> Result<()> {
        expect_size(other.size(), self.size())?;
        let values = self.levels.len() as u64 + other.levels.len() as u64;
        if values > MOST {
            return Err(Error::Data(format!("{values} values; expected at most {MOST} in all")));
        }
        self.levels.extend(other.levels);
        Ok(())
    }

    /// The mean image, in `[0, 1]`.
    pub fn mean(&self) -> Vec<f32> {
        let mut sums = vec![0u64; self.pixels()];
        for image in self.levels.chunks_exact(self.pixels()) {
            for (s, l) in sums.iter_mut().zip(image) {
                *s += *l as u64;
            }
        }
        let all = 255.0 * self.len() as f64;
        sums.iter().map(|s| (*s as f64 / all) as f32).collect()
    }

    /// One image, binarised: each grey level is the probability of a 1. Levels 0 and 255 are certain.
    pub fn sample(&self, index: usize, rng: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
        binarise(self.levels(index), rng, out);
    }

    /// Checks that a model takes images of this size.
    ///
    /// # Errors
    /// [`Error::Data`] if the images are not of the model's size.
    pub fn expect_size(&self, shape: &impl Shape) -> Result<()> {
        expect_size(self.size(), shape.image())
    }
}

/// Grey levels as such values.
fn put(levels: &[u8], values: Values, rng: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
    match values {
        Values::Binary => binarise(levels, rng, out),
        Values::Levels => out.iter_mut().zip(levels).for_each(|(v, level)| *v = *level as f32 / 255.0),
    }
}

/// Each grey level is the probability of a 1; 0 and 255 are certain.
fn binarise(levels: &[u8], rng: &mut Xoshiro256PlusPlus, out: &mut [f32]) {
    for (o, &level) in out.iter_mut().zip(levels) {
        *o = match level {
            0 => 0.0,
            255 => 1.0,
            level => (rng.random::<f32>() * 255.0 < level as f32) as u8 as f32,
        };
    }
}

/// # Errors
/// As [`expect_size`]; [`Error::Data`] also for no examples, or more than an order of them can count.
pub(crate) fn expect_source<Label>(source: &(impl Source<Label> + ?Sized), wanted: [usize; 3]) -> Result<()> {
    let (count, most) = (source.len(), u32::MAX);
    if count == 0 || count as u64 > u64::from(most) {
        return Err(Error::Data(format!("{count} examples; expected 1 to {most}")));
    }
    expect_size(source.size(), wanted)
}

/// # Errors
/// [`Error::Data`] if images are of another width, height or number of channels than a model's.
pub(crate) fn expect_size(found: [usize; 3], wanted: [usize; 3]) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let channels = |n: usize| match n {
        1 => "grey".to_owned(),
        3 => "in colour".to_owned(),
        n => format!("of {n} channels"),
    };
    let help = match (found[2], wanted[2]) {
        (3, 1) => " (for colour: --preset svhn, svhn-32 or cifar)",
        (1, 3) => " (for grey images: --preset mnist)",
        _ => "",
    };
    let ([w, h, c], [width, height, expected]) = (found, wanted);
    let text = format!("images of {w}×{h} {}; the model expects {width}×{height} {}", channels(c), channels(expected));
    Err(Error::Data(format!("{text}{help}")))
}

impl Source<()> for Dataset {
    fn len(&self) -> usize {
        Dataset::len(self)
    }

    fn size(&self) -> [usize; 3] {
        [self.width, self.height, self.channels]
    }

    fn label(&self, _: usize) {}

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        put(self.levels(index), values, rng, image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_do_not_wrap() {
        // 641 × 6700417 is 1 modulo 2^32.
        for (width, height, channels) in [(641, 6700417, 1), (0, 1, 1), (1 << 31, 1, 1), (1 << 20, 1 << 20, 1 << 24)] {
            let error = Dataset::from_levels(vec![0], width, height, channels).unwrap_err().to_string();
            assert!(error.contains(&format!("{width}×{height}")), "{error}");
        }
        let error = Dataset::from_levels(vec![0; 5], 2, 2, 1).unwrap_err().to_string();
        assert!(error.contains("5 values") && error.contains("of 4 values"), "{error}");
    }
}
