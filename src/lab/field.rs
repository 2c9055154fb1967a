//! A field on which a digit and the clutter around it can be moved: what the models that classify look at.

use crate::budget::product;
use crate::data::Clutter;
use crate::error::{Error, Result, expect_pixels};
use crate::noise;
use crate::train::Source;

/// A digit or a piece of one, and where its corner lies.
#[derive(Clone, Debug, PartialEq)]
struct Sprite {
    x: usize,
    y: usize,
    width: usize,
    /// `[height, width]`
    levels: Vec<u8>,
}

impl Sprite {
    fn height(&self) -> usize {
        self.levels.len() / self.width
    }
}

/// A square field with sprites on it: the pieces, and the digit last.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    size: usize,
    sprites: Vec<Sprite>,
}

impl Field {
    /// Digit `index` in the clutter that an evaluation with this seed lays around it.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such digit.
    pub fn new(clutter: &Clutter, index: usize, seed: u64) -> Result<Field> {
        let digits = clutter.len();
        if index >= digits {
            return Err(Error::argument("the digit", index, format!("0 to {}", digits - 1)));
        }
        let mut sprites = Vec::new();
        clutter.arrange(index, &mut noise::rng(seed, noise::CLUTTER, index as u64), |(x, y), rows| {
            let rows: Vec<&[u8]> = rows.collect();
            sprites.push(Sprite { x, y, width: rows[0].len(), levels: rows.concat() });
        });
        Ok(Field { size: clutter.size()[0], sprites })
    }

    /// Width and height of the field, in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// x, y, width and height of each sprite, the digit last.
    pub fn boxes(&self) -> Vec<[usize; 4]> {
        self.sprites.iter().map(|s| [s.x, s.y, s.width, s.height()]).collect()
    }

    /// Moves a sprite's corner there, or as near as the field allows.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such sprite.
    pub fn place(&mut self, sprite: usize, x: f64, y: f64) -> Result<()> {
        let (size, count) = (self.size, self.sprites.len());
        let Some(sprite) = self.sprites.get_mut(sprite) else {
            return Err(Error::argument("the piece", sprite, format!("0 to {}", count - 1)));
        };
        // A conversion takes what is below 0, and NaN, to 0.
        sprite.x = (x.round() as usize).min(size - sprite.width);
        sprite.y = (y.round() as usize).min(size - sprite.height());
        Ok(())
    }

    /// Puts another digit in the place of this one: as many values from 0 to 1.
    ///
    /// # Errors
    /// [`Error::Argument`] for another number of values, or one outside the range.
    pub fn draw(&mut self, pixels: &[f32]) -> Result<()> {
        let digit = self.sprites.last_mut().expect("a digit is always there");
        if product(&[pixels.len()]) != digit.levels.len() as u64 {
            return Err(Error::argument("the number of pixels", pixels.len(), digit.levels.len()));
        }
        expect_pixels(pixels)?;
        digit.levels = pixels.iter().map(|p| (p * 255.0).round() as u8).collect();
        Ok(())
    }

    /// The image `[size, size]`, values from 0 to 1: what overlaps is added, and capped.
    pub fn image(&self) -> Vec<f32> {
        let mut sums = vec![0u32; self.size * self.size];
        for sprite in &self.sprites {
            for (row, levels) in sprite.levels.chunks(sprite.width).enumerate() {
                let to = &mut sums[(sprite.y + row) * self.size + sprite.x..][..sprite.width];
                to.iter_mut().zip(levels).for_each(|(sum, level)| *sum += *level as u32);
            }
        }
        sums.iter().map(|sum| (*sum).min(255) as f32 / 255.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Labelled, Pieces};
    use crate::likelihood::Values;

    fn clutter() -> Clutter {
        let levels = (0..2 * 784).map(|i| (i % 251) as u8).collect();
        let digits = Labelled::new(Dataset::from_levels(levels, 28, 28, 1).unwrap(), vec![3, 8]).unwrap();
        Clutter::new(digits, Pieces::default()).unwrap()
    }

    #[test]
    fn a_field_is_what_an_evaluation_sees() {
        let clutter = clutter();
        let mut image = vec![0.0; 10_000];
        clutter.put(1, Values::Levels, &mut noise::rng(7, noise::CLUTTER, 1), &mut image);
        let field = Field::new(&clutter, 1, 7).unwrap();
        assert_eq!(field.image(), image);
        assert_eq!(field.boxes().len(), 9);
        assert!(Field::new(&clutter, 2, 7).unwrap_err().to_string().contains("the digit is 2"));
    }

    #[test]
    fn what_is_moved_stays_on_the_field() {
        let mut field = Field::new(&clutter(), 0, 1).unwrap();
        field.place(8, 1e9, -5.0).unwrap();
        assert_eq!(field.boxes()[8], [72, 0, 28, 28]);
        field.place(0, 3.4, f64::NAN).unwrap();
        assert_eq!(field.boxes()[0], [3, 0, 8, 8]);
        assert!(field.place(9, 0.0, 0.0).unwrap_err().to_string().contains("0 to 8"));
        field.draw(&[1.0; 784]).unwrap();
        assert_eq!(field.image()[72..100], [1.0; 28]);
        assert!(field.draw(&[1.0; 783]).is_err() && field.draw(&[2.0; 784]).is_err());
    }
}
