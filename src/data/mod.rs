//! Images for training and evaluation: IDX files and bit rows, and batches of them.

use crate::error::{Error, Result};
use crate::noise;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

/// Images of one size. Grey levels are Bernoulli means, 255 standing for 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    levels: Vec<u8>,
}

impl Dataset {
    /// Images from grey levels `[count, C, B, A]`.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no image, or a part of one.
    pub fn from_levels(levels: Vec<u8>, width: usize, height: usize, channels: usize) -> Result<Self> {
        let pixels = width * height * channels;
        if pixels == 0 || levels.is_empty() || !levels.len().is_multiple_of(pixels) {
            let found = levels.len();
            return Err(Error::Data(format!("{found} values; expected one or more images of {pixels} values")));
        }
        Ok(Dataset { width, height, channels, levels })
    }

    /// Bit rows: 784 bits for each 28×28 image, most significant bit first, row-major, 1 = ink.
    ///
    /// # Errors
    /// [`Error::Data`] if the length is not a positive multiple of 98 bytes.
    pub fn from_bits(bytes: &[u8]) -> Result<Self> {
        const ROW: usize = 28 * 28 / 8;
        if bytes.is_empty() || !bytes.len().is_multiple_of(ROW) {
            let found = bytes.len();
            return Err(Error::Data(format!("{found} bytes of bit rows; expected a positive multiple of {ROW}")));
        }
        let bit = |byte: &u8, i: u32| 255 * (byte >> (7 - i) & 1);
        let levels = bytes.iter().flat_map(|b| (0..8).map(move |i| bit(b, i))).collect();
        Dataset::from_levels(levels, 28, 28, 1)
    }

    /// An IDX file of unsigned bytes with three dimensions, as MNIST's.
    ///
    /// # Errors
    /// [`Error::Data`] for another magic number, or a length other than the header's.
    pub fn from_idx(bytes: &[u8]) -> Result<Self> {
        let word = |i: usize| bytes.get(4 * i..4 * i + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        let (Some(magic), Some(count), Some(height), Some(width)) = (word(0), word(1), word(2), word(3)) else {
            let found = bytes.len();
            return Err(Error::Data(format!("an IDX header cut short at {found} bytes; expected 16")));
        };
        if magic != 0x0803 {
            return Err(Error::Data(format!(
                "IDX magic number {magic:#010x}; expected 0x00000803 (images of unsigned bytes)"
            )));
        }
        let expected = count as u128 * height as u128 * width as u128 + 16;
        if bytes.len() as u128 != expected {
            let found = bytes.len();
            return Err(Error::Data(format!(
                "{found} bytes; the IDX header's {count} images of {width}×{height} make {expected}"
            )));
        }
        Dataset::from_levels(bytes[16..].to_vec(), width as usize, height as usize, 1)
    }

    /// Either format, told apart by its first bytes and its length.
    ///
    /// # Errors
    /// As [`Dataset::from_idx`] and [`Dataset::from_bits`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // An IDX file begins with two zero bytes and its type; a bit row may begin with zeros too, but
        // then its length is a multiple of 98, which a header-led file's is only by a rare accident.
        let idx = bytes.len() >= 4 && bytes[..2] == [0, 0] && bytes[2] == 8 && bytes[3] <= 4 && bytes[3] > 0;
        if idx { Dataset::from_idx(bytes) } else { Dataset::from_bits(bytes) }
    }

    pub fn len(&self) -> usize {
        self.levels.len() / self.pixels()
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

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

    /// The first `count` images, or all.
    pub fn truncate(&mut self, count: usize) {
        let keep = count.min(self.len()).max(1) * self.pixels();
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
        for (o, &level) in out.iter_mut().zip(self.levels(index)) {
            *o = match level {
                0 => 0.0,
                255 => 1.0,
                level => (rng.random::<f32>() * 255.0 < level as f32) as u8 as f32,
            };
        }
    }

    /// # Errors
    /// [`Error::Data`] if the images are not of the model's size.
    pub fn expect_size(&self, c: &crate::Config) -> Result<()> {
        let (found, wanted) = ((self.width, self.height, self.channels), (c.width, c.height, c.channels));
        if found == wanted {
            return Ok(());
        }
        Err(Error::Data(format!(
            "images of {}×{} with {} channels; the model expects {}×{} with {}",
            found.0, found.1, found.2, wanted.0, wanted.1, wanted.2
        )))
    }
}

/// The order in which a run visits a data set: every epoch all examples, shuffled anew.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// (seed, epoch, count) that `indices` is for.
    key: Option<(u64, u64, usize)>,
    indices: Vec<u32>,
}

impl Order {
    /// The example at `position` of a run with this seed over `count` examples.
    pub fn at(&mut self, seed: u64, position: u64, count: usize) -> usize {
        let (epoch, within) = (position / count as u64, (position % count as u64) as usize);
        let key = (seed, epoch, count);
        if self.key != Some(key) {
            let mut rng = noise::rng(seed, noise::SHUFFLE, epoch);
            self.indices = (0..count as u32).collect();
            self.indices.shuffle(&mut rng);
            self.key = Some(key);
        }
        self.indices[within] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_idx_agree() {
        let mut bits = vec![0u8; 98 * 2];
        bits[0] = 0b1000_0001;
        bits[98 + 97] = 1;
        let a = Dataset::from_bytes(&bits).unwrap();
        let mut idx = [0x0803u32, 2, 28, 28].iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>();
        let mut levels = vec![0u8; 2 * 784];
        levels[0] = 255;
        levels[7] = 255;
        levels[2 * 784 - 1] = 255;
        idx.extend(levels);
        assert_eq!(a, Dataset::from_bytes(&idx).unwrap());
        assert_eq!(a.len(), 2);
    }

    #[test]
    fn bad_files_are_told_apart() {
        let text = |r: Result<Dataset>| r.unwrap_err().to_string();
        assert!(text(Dataset::from_bits(&[])).contains("98"));
        assert!(text(Dataset::from_bits(&[0; 97])).contains("97 bytes"));
        assert!(text(Dataset::from_idx(&[0, 0, 8, 3, 0])).contains("cut short"));
        let header: Vec<u8> = [0x0801u32, 2, 2, 2].iter().flat_map(|w| w.to_be_bytes()).collect();
        assert!(text(Dataset::from_idx(&header)).contains("0x00000801"));
        let huge: Vec<u8> = [0x0803u32, u32::MAX, u32::MAX, u32::MAX].iter().flat_map(|w| w.to_be_bytes()).collect();
        assert!(text(Dataset::from_idx(&huge)).contains("make"));
    }

    #[test]
    fn an_epoch_visits_every_image_once() {
        let mut order = Order::default();
        let mut epoch = |e: u64| (0..13).map(|i| order.at(7, 13 * e + i, 13)).collect::<Vec<_>>();
        let (first, second) = (epoch(0), epoch(1));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..13).collect::<Vec<_>>());
        assert_ne!(first, second);
    }
}
