//! Images with labels.

use super::{Dataset, plain};
use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::train::Source;
use rand::rngs::Xoshiro256PlusPlus;

/// Grey images, each with the class that it belongs to. Grey levels stay.
#[derive(Clone, Debug)]
pub struct Labelled {
    images: Dataset,
    labels: Vec<u8>,
}

impl Labelled {
    /// Images with their classes.
    ///
    /// # Errors
    /// [`Error::Data`] if there is not one label for each image.
    pub fn new(images: Dataset, labels: Vec<u8>) -> Result<Self> {
        if images.len() != labels.len() {
            let text = format!("{} labels for {} images; expected one for each", labels.len(), images.len());
            return Err(Error::Data(text));
        }
        Ok(Labelled { images, labels })
    }

    /// The images.
    pub fn images(&self) -> &Dataset {
        &self.images
    }

    /// The images' classes, in their order.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The first `count`, or all; at least one.
    pub fn truncate(&mut self, count: usize) {
        self.images.truncate(count);
        self.labels.truncate(self.images.len());
    }

    /// Takes the last `count` out, as a set of their own.
    ///
    /// # Errors
    /// [`Error::Argument`] if that leaves either set without an image.
    pub fn split_off(&mut self, count: usize) -> Result<Labelled> {
        let images = self.images.split_off(count)?;
        let labels = self.labels.split_off(self.images.len());
        Ok(Labelled { images, labels })
    }
}

impl Source<u8> for Labelled {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn size(&self) -> [usize; 3] {
        [self.images.width(), self.images.height(), self.images.channels()]
    }

    fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        super::put(self.images.levels(index), values, rng, image);
    }
}

/// Reads the labels of an IDX file, gzipped or not: one unsigned byte each.
///
/// # Errors
/// [`Error::Data`] says what was wrong with the bytes, and what was expected.
pub fn labels(bytes: &[u8]) -> Result<Vec<u8>> {
    let bytes = plain(bytes, Some(bytes.len() as u64))?;
    let wrong = |text: String| Err(Error::Data(text));
    let word = |i: usize| bytes.get(4 * i..4 * i + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    match (word(0), word(1)) {
        (Some(0x0801), Some(count)) => {
            let labels = &bytes[8..];
            if labels.len() as u64 != count as u64 {
                return wrong(format!("an IDX header of {count} labels before {}; expected as many", labels.len()));
            }
            Ok(labels.to_vec())
        }
        (Some(0x0803), _) => wrong("IDX magic number 0x00000803: images; expected their labels, 0x00000801".into()),
        (Some(magic), _) => wrong(format!("IDX magic number {magic:#010x}; expected 0x00000801 (labels)")),
        _ => wrong(format!("{} bytes; expected an IDX file of labels", bytes.len())),
    }
}

/// Writes labels as an IDX file.
pub fn labels_idx(labels: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + labels.len());
    out.extend(0x0801u32.to_be_bytes());
    out.extend((labels.len() as u32).to_be_bytes());
    out.extend(labels);
    out
}
