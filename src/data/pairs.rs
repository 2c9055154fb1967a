//! Two digits on one image (the paper's second experiment), made on the fly.

use super::Dataset;
use super::clutter::{lay, made, put_laid};
use crate::error::{Error, Result};
use crate::likelihood::Values;
use crate::train::Source;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// Pairs of digits of one set, new at each visit.
///
/// The random draws of an image, in order: the second digit (0 to their number), the column and the row of the first, the
/// column and the row of the second. All are uniform. What overlaps is added, and capped at 255.
#[derive(Clone, Debug)]
pub struct Pairs {
    digits: Dataset,
    size: usize,
}

impl Pairs {
    /// Images `size` wide and high.
    ///
    /// # Errors
    /// [`Error::Argument`] for an image that has no room for a digit, [`Error::Data`] for digits in colour.
    pub fn new(digits: Dataset, size: usize) -> Result<Self> {
        if digits.channels() != 1 {
            return Err(Error::Data(format!("digits of {} channels; expected grey ones", digits.channels())));
        }
        let digit = digits.width().max(digits.height());
        if !(digit..=1024).contains(&size) {
            return Err(Error::argument("the size", size, format!("{digit}, a digit's, to 1024")));
        }
        Ok(Pairs { digits, size })
    }

    /// Grey levels of digit `index` with another `[size, size]`.
    ///
    /// # Panics
    /// If there is no such digit, or `out` is of another size.
    pub fn lay(&self, index: usize, rng: &mut Xoshiro256PlusPlus, out: &mut [u8]) {
        let (width, height, size) = (self.digits.width(), self.digits.height(), self.size);
        assert_eq!(out.len(), size * size, "two digits: an image of another size");
        out.fill(0);
        let other = rng.random_range(0..self.digits.len());
        for digit in [index, other] {
            let (x, y) = (rng.random_range(0..=size - width), rng.random_range(0..=size - height));
            lay(out, size, (x, y), self.digits.levels(digit).chunks(width));
        }
    }

    /// A set that is made once: `count` images, the first digits in their order and again from the first. Image `i` depends
    /// on the seed and `i` alone.
    ///
    /// # Errors
    /// [`Error::Argument`] for more images than a data set can hold, [`Error::Data`] for none.
    pub fn fixed(&self, count: usize, seed: u64) -> Result<Dataset> {
        let n = self.digits.len();
        made(count, self.size, seed, |i, rng, image| self.lay(i % n, rng, image))
    }
}

impl Source<()> for Pairs {
    fn len(&self) -> usize {
        self.digits.len()
    }

    fn size(&self) -> [usize; 3] {
        [self.size, self.size, 1]
    }

    fn label(&self, _: usize) {}

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        put_laid(values, rng, image, |rng, levels| self.lay(index, rng, levels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_all_there_is() {
        let digits = Dataset::from_levels((0..2 * 9).map(|i| 1 + i as u8).collect(), 3, 3, 1).unwrap();
        let pairs = Pairs::new(digits.clone(), 40).unwrap();
        let set = pairs.fixed(20, 3).unwrap();
        let sum = |levels: &[u8]| levels.iter().map(|l| *l as u64).sum::<u64>();
        for i in 0..20 {
            let other = sum(set.levels(i)) - sum(digits.levels(i % 2));
            assert!((0..2).any(|d| sum(digits.levels(d)) == other), "image {i} holds {other} besides its own digit");
        }
        assert_eq!(pairs.fixed(20, 3).unwrap(), set);
        assert!(Pairs::new(digits, 2).unwrap_err().to_string().contains("the size is 2"));
    }
}
