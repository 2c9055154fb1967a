//! CIFAR-10's published batches: rows of a label and the 32×32 pixels of the red, the green and the blue plane, a byte
//! each. There is no header.

use super::levels::Levels;
use super::recognise::Hint;
use super::source::Source;
use crate::error::{Error, Result};

/// Width, height and channels of an image.
pub(super) const SIZE: (usize, usize, usize) = (32, 32, 3);
const ROW: usize = 1 + SIZE.0 * SIZE.1 * SIZE.2;
/// Kinds of pictures, by number.
const LABELS: u8 = 10;

/// Whether a file's name is one that the batches have.
pub(super) fn named(name: &str) -> bool {
    name.ends_with(".bin") && (name.starts_with("data_batch_") || name == "test_batch.bin")
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let wrong = |found: u64| {
        let rows = format!("{found} bytes of a CIFAR-10 batch; expected a positive multiple of {ROW}");
        Err(Error::Data(format!("{rows}, a label and 32×32 pixels of three channels")))
    };
    if let Some(length) = source.length().filter(|l| *l == 0 || !l.is_multiple_of(ROW as u64)) {
        return wrong(length);
    }
    let mut levels = Levels::new(SIZE, hint.limit)?;
    let mut row = [0; ROW];
    while !levels.full() {
        match source.gather(&mut row)? {
            0 if levels.images() > 0 => break,
            ROW => {}
            _ => return wrong(source.position()),
        }
        if row[0] >= LABELS {
            let text = format!("image {} has the label {}", levels.images() + 1, row[0]);
            return Err(Error::Data(format!("{text}; expected 0 to {}, as in CIFAR-10's batches", LABELS - 1)));
        }
        levels.add(source, &row[1..])?;
    }
    Ok(levels)
}
