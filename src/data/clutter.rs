//! Digits in clutter (section 4.1), made on the fly: a large image with one digit and pieces of others, all at random
//! places.

use super::{Dataset, Labelled, MOST};
use crate::budget::{product, room};
use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::noise;
use crate::train::Source;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// What is laid around a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// Side of the image that is made.
    pub size: usize,
    /// Pieces in an image.
    pub count: usize,
    /// Side of a piece.
    pub side: usize,
}

impl Default for Pieces {
    /// The paper's: 8 pieces of 8×8 on 100×100.
    fn default() -> Self {
        Pieces { size: 100, count: 8, side: 8 }
    }
}

/// Digits, each in clutter of pieces of the same set's digits, new at each visit.
///
/// The random draws of an image, in order: for each piece the image that it is cut from (0 to their number), the column
/// and the row where it is cut, the column and the row where it is laid; then the column and the row of the digit. All are
/// uniform. What overlaps is added, and capped at 255.
#[derive(Clone, Debug)]
pub struct Clutter {
    digits: Labelled,
    pieces: Pieces,
    /// Digits that are examples; pieces are of all.
    count: usize,
}

impl Clutter {
    /// Digits that are to be laid in clutter.
    ///
    /// # Errors
    /// [`Error::Argument`] for an image that has no room for a digit, a piece larger than a digit, or more than 1,000
    /// pieces; [`Error::Data`] for digits in colour.
    pub fn new(digits: Labelled, pieces: Pieces) -> Result<Self> {
        let images = digits.images();
        let (width, height) = (images.width(), images.height());
        let digit = width.max(height);
        if images.channels() != 1 {
            return Err(Error::Data(format!("digits of {} channels; expected grey ones", images.channels())));
        }
        if !(digit..=1024).contains(&pieces.size) {
            return Err(Error::argument("the size", pieces.size, format!("{digit}, a digit's, to 1024")));
        }
        let least = width.min(height);
        if pieces.side == 0 || pieces.side > least {
            return Err(Error::argument("the pieces' side", pieces.side, format!("1 to {least}, a digit's")));
        }
        if pieces.count > 1000 {
            return Err(Error::argument("the number of pieces", pieces.count, "0 to 1000"));
        }
        Ok(Clutter { count: digits.labels().len(), digits, pieces })
    }

    /// Leaves the first `count` digits, or all, as examples, at least one; the pieces are of all as before.
    pub fn truncate(&mut self, count: usize) {
        self.count = count.clamp(1, self.count);
    }

    /// The digits without clutter.
    pub fn digits(&self) -> &Labelled {
        &self.digits
    }

    /// Grey levels of digit `index` in clutter `[size, size]`.
    ///
    /// # Panics
    /// If there is no such digit, or `out` is of another size.
    pub fn lay(&self, index: usize, rng: &mut Xoshiro256PlusPlus, out: &mut [u8]) {
        let size = self.pieces.size;
        assert_eq!(out.len(), size * size, "clutter: an image of another size");
        out.fill(0);
        self.arrange(index, rng, |at, rows| lay(out, size, at, rows));
    }

    /// Where the pieces of digit `index`'s image lie, in the order of the draws, the digit last: the corner, and the rows.
    pub(crate) fn arrange(
        &self,
        index: usize,
        rng: &mut Xoshiro256PlusPlus,
        mut put: impl FnMut((usize, usize), &mut dyn Iterator<Item = &[u8]>),
    ) {
        let Pieces { size, count, side } = self.pieces;
        let images = self.digits.images();
        let (width, height) = (images.width(), images.height());
        for _ in 0..count {
            let from = images.levels(rng.random_range(0..images.len()));
            let (cut_x, cut_y) = (rng.random_range(0..=width - side), rng.random_range(0..=height - side));
            let (x, y) = (rng.random_range(0..=size - side), rng.random_range(0..=size - side));
            put((x, y), &mut from[cut_y * width + cut_x..].chunks(width).take(side).map(|row| &row[..side]));
        }
        let (x, y) = (rng.random_range(0..=size - width), rng.random_range(0..=size - height));
        put((x, y), &mut images.levels(index).chunks(width));
    }

    /// A set that is made once: `count` images, the digits in their order and again from the first, and their labels.
    /// Image `i` depends on the seed and `i` alone.
    ///
    /// # Errors
    /// [`Error::Argument`] for more images than a data set can hold, [`Error::Data`] for none.
    pub fn fixed(&self, count: usize, seed: u64) -> Result<Labelled> {
        let n = self.digits.labels().len();
        let images = made(count, self.pieces.size, seed, |i, rng, image| self.lay(i % n, rng, image))?;
        let labels = (0..count).map(|i| self.digits.labels()[i % n]).collect();
        Labelled::new(images, labels)
    }
}

/// Puts an image in place whose levels are laid first.
pub(super) fn put_laid(
    values: Values,
    rng: &mut Xoshiro256PlusPlus,
    image: &mut [f32],
    lay: impl FnOnce(&mut Xoshiro256PlusPlus, &mut [u8]),
) {
    let mut levels = vec![0; image.len()];
    lay(rng, &mut levels);
    super::put(&levels, values, rng, image);
}

/// `count` images `[size, size]`, each laid with a generator of its own, by the seed and its number.
///
/// # Errors
/// [`Error::Argument`] for more images than a data set can hold, [`Error::Data`] for none.
pub(super) fn made(
    count: usize,
    size: usize,
    seed: u64,
    lay: impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [u8]),
) -> Result<Dataset> {
    let pixels = size * size;
    let len = product(&[count, pixels]);
    if len > MOST {
        return Err(Error::argument("the number of images", count, format!("at most {}", MOST / pixels as u64)));
    }
    let mut levels = room(len)?;
    levels.resize(len as usize, 0);
    for (i, image) in levels.chunks_exact_mut(pixels).enumerate() {
        lay(i, &mut noise::rng(seed, noise::CLUTTER, i as u64), image);
    }
    Dataset::from_levels(levels, size, size, 1)
}

/// Adds rows to an image of `size` columns, from a corner on, capped at 255.
pub(super) fn lay<'a>(out: &mut [u8], size: usize, (x, y): (usize, usize), rows: impl Iterator<Item = &'a [u8]>) {
    for (row, out) in rows.zip(out[y * size..].chunks_mut(size)) {
        for (o, v) in out[x..].iter_mut().zip(row) {
            *o = o.saturating_add(*v);
        }
    }
}

impl Source<u8> for Clutter {
    fn len(&self) -> usize {
        self.count
    }

    fn size(&self) -> [usize; 3] {
        [self.pieces.size, self.pieces.size, 1]
    }

    fn label(&self, index: usize) -> u8 {
        self.digits.labels()[index]
    }

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        put_laid(values, rng, image, |rng, levels| self.lay(index, rng, levels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Labelled {
        let levels = (0..3 * 28 * 28).map(|i| if i % 28 > 8 { 60 * (1 + i / 784) as u8 } else { 0 }).collect();
        Labelled::new(Dataset::from_levels(levels, 28, 28, 1).unwrap(), vec![4, 5, 6]).unwrap()
    }

    #[test]
    fn without_pieces_the_digit_is_all_there_is() {
        let clutter = Clutter::new(digits(), Pieces { count: 0, ..Pieces::default() }).unwrap();
        let set = clutter.fixed(4, 1).unwrap();
        assert_eq!(set.labels(), [4, 5, 6, 4]);
        for i in 0..4 {
            let ink: u64 = set.images().levels(i).iter().map(|l| *l as u64).sum();
            let own: u64 = digits().images().levels(i % 3).iter().map(|l| *l as u64).sum();
            assert_eq!(ink, own);
        }
    }

    #[test]
    fn clutter_adds_and_is_capped() {
        let pieces = Pieces { size: 30, count: 200, side: 8 };
        let clutter = Clutter::new(digits(), pieces).unwrap();
        let set = clutter.fixed(2, 9).unwrap();
        assert_eq!(set.images().levels(0).iter().max(), Some(&255));
        assert_eq!(clutter.fixed(2, 9).unwrap().images().all_levels(), set.images().all_levels());
        assert_ne!(clutter.fixed(2, 8).unwrap().images().all_levels(), set.images().all_levels());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |pieces| Clutter::new(digits(), pieces).unwrap_err().to_string();
        let usual = Pieces::default();
        assert!(refused(Pieces { size: 27, ..usual }).contains("the size is 27"));
        assert!(refused(Pieces { side: 29, ..usual }).contains("side is 29"));
        assert!(refused(Pieces { count: 1001, ..usual }).contains("1001"));
    }
}
