//! Values on their way to grey levels: what scale they are on is seen from the values themselves.

use super::source::{Source, Stated};
use super::{Dataset, pixels};
use crate::error::{Error, Result};

/// Width, height and channels.
pub(super) type Size = (usize, usize, usize);

/// How far a number may lie outside its scale and be meant for its end.
const SLACK: f64 = 1e-3;

/// Grey levels that a reader gathers.
pub(super) struct Levels {
    size: Size,
    pixels: usize,
    /// As many as are asked for.
    most: u64,
    levels: Vec<u8>,
    /// The largest number of a file that holds numbers rather than bytes.
    largest: f64,
}

impl Levels {
    /// For images of this size, at most `limit` of them.
    pub fn new(size: Size, limit: Option<usize>) -> Result<Levels> {
        if limit == Some(0) {
            return Err(Error::argument("the limit of images", 0, "1 or more"));
        }
        let pixels = pixels(size.0, size.1, size.2)?;
        let most = limit.map_or(u64::MAX, |n| (n as u64).saturating_mul(pixels as u64));
        Ok(Levels { size, pixels, most, levels: Vec::new(), largest: 0.0 })
    }

    /// Values that an image has.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// Whole images so far.
    pub fn images(&self) -> usize {
        self.levels.len() / self.pixels
    }

    /// Whether all are there that are asked for.
    pub fn full(&self) -> bool {
        self.levels.len() as u64 >= self.most
    }

    /// Room for `more` values, if the file justifies them.
    pub fn room(&mut self, source: &Source, more: usize) -> Result<()> {
        source.room(&mut self.levels, more)
    }

    /// A level from 0 to 255. [`Levels::room`] was made.
    pub fn level(&mut self, level: u8) {
        self.levels.push(level);
    }

    /// Levels from the source's next bytes, as they are: so many images, or as many of them as are asked for.
    pub fn copy(&mut self, source: &mut Source, images: u64, stated: &Stated) -> Result<()> {
        let mut left = images.saturating_mul(self.pixels as u64).min(self.most);
        while left > 0 {
            let n = (source.chunk()?.len() as u64).min(left) as usize;
            if n == 0 {
                return Err(stated.cut_short(source));
            }
            self.room(source, n)?;
            self.levels.extend_from_slice(&source.chunk()?[..n]);
            source.consume(n);
            left -= n as u64;
        }
        Ok(())
    }

    /// Levels as they are, all of them.
    pub fn add(&mut self, source: &Source, levels: &[u8]) -> Result<()> {
        self.room(source, levels.len())?;
        self.levels.extend_from_slice(levels);
        Ok(())
    }

    /// A number from 0 to 1, or from 0 to 255; which of them is known at the end. [`Levels::room`] was made.
    pub fn number(&mut self, v: f64) -> Result<()> {
        if !(-SLACK..=255.0 + SLACK).contains(&v) {
            let undo = if v < 0.0 { "; a normalisation must be undone first (x · deviation + mean)" } else { "" };
            let image = self.images() + 1;
            let text = format!("image {image} holds {v}; expected numbers from 0 to 1, or from 0 to 255{undo}");
            return Err(Error::Data(text));
        }
        if v > 1.0 + SLACK && self.largest <= 1.0 + SLACK {
            // The scale is 0 to 255 after all: what was 0 to 1 so far was 0 or 1 of 255, to the nearest.
            self.levels.iter_mut().for_each(|l| *l = (*l >= 128) as u8);
        }
        self.largest = self.largest.max(v);
        let scale = if self.largest > 1.0 + SLACK { 1.0 } else { 255.0 };
        self.levels.push((scale * v).round() as u8);
        Ok(())
    }

    /// Lets go of what is beyond the images that are asked for.
    pub fn cut(&mut self) {
        self.levels.truncate(self.most.min(self.levels.len() as u64) as usize);
    }

    /// Images whose channels were together at each pixel get a plane for each channel.
    pub fn planes_first(&mut self) {
        let channels = self.size.2;
        for image in self.levels.chunks_exact_mut(self.pixels) {
            let mixed = image.to_vec();
            let planes = (0..channels).flat_map(|c| mixed.iter().skip(c).step_by(channels));
            image.iter_mut().zip(planes).for_each(|(to, from)| *to = *from);
        }
    }

    /// Planes that were columns, one after the other, get their rows.
    pub fn rows_first(&mut self) {
        let (width, height, _) = self.size;
        for plane in self.levels.chunks_exact_mut(width * height) {
            let columns = plane.to_vec();
            let rows = (0..height).flat_map(|y| columns.iter().skip(y).step_by(height));
            plane.iter_mut().zip(rows).for_each(|(to, from)| *to = *from);
        }
    }

    /// The data set, and what is to be said of its scale.
    pub fn finish(mut self) -> Result<(Dataset, Vec<String>)> {
        let mut notes = Vec::new();
        if self.largest > 1.0 + SLACK && self.largest < 2.0 - SLACK {
            let text =
                format!("the largest number is {}; expected numbers from 0 to 1, or from 0 to 255", self.largest);
            return Err(Error::Data(text));
        }
        // Of bytes alone: a number that became a level of 1 is a faint grey.
        if self.largest == 0.0 && self.levels.iter().max() == Some(&1) {
            self.levels.iter_mut().for_each(|l| *l *= 255);
            notes.push("its values are 0 and 1, not 0 to 255: read as paper and ink".to_owned());
        }
        let (width, height, channels) = self.size;
        self.levels.shrink_to_fit();
        Ok((Dataset::from_levels(self.levels, width, height, channels)?, notes))
    }
}
