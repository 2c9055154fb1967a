//! IDX, the format of MNIST's own files: a magic number that tells type and dimensions, their sizes, the values.

use super::levels::Levels;
use super::recognise::Hint;
use super::source::{Source, Stated};
use crate::error::{Error, Result};

/// Images of unsigned bytes: count, height, width.
const IMAGES: u32 = 0x0803;
/// One number an image.
const LABELS: u32 = 0x0801;
/// The sides that a config may have; a larger one in the header of what is named otherwise is no header.
const SIDE: std::ops::RangeInclusive<u32> = 1..=1024;

fn word(head: &[u8], i: usize) -> Option<u32> {
    head.get(4 * i..4 * i + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

/// Whether the beginning is an IDX file's: two zeros, a type, the number of dimensions.
pub(super) fn begins(head: &[u8]) -> bool {
    matches!(head, [0, 0, 8 | 9 | 11..=14, 1..=4, ..])
}

/// Whether nothing else begins so: the header of images with sides that make sense.
pub(super) fn unmistakable(head: &[u8]) -> bool {
    let side = |i| word(head, i).is_some_and(|side| SIDE.contains(&side));
    word(head, 0) == Some(IMAGES) && word(head, 1).is_some_and(|count| count > 0) && side(2) && side(3)
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let wrong = |text: String| Err(Error::Data(text));
    let head = source.peek(16)?.to_vec();
    match word(&head, 0) {
        None | Some(IMAGES) => {}
        Some(LABELS) => {
            let text = "IDX magic number 0x00000801: labels, one for each image; expected the images, 0x00000803";
            return wrong(format!("{text} (their name has images-idx3 for labels-idx1)"));
        }
        Some(magic) => {
            let expected = "expected 0x00000803 (images of unsigned bytes)";
            return wrong(format!("IDX magic number {magic:#010x}; {expected}"));
        }
    }
    let (Some(count), Some(height), Some(width)) = (word(&head, 1), word(&head, 2), word(&head, 3)) else {
        return wrong(format!("an IDX header cut short at {} bytes; expected 16", head.len()));
    };
    let bytes = 16 + count as u128 * height as u128 * width as u128;
    let stated = Stated { bytes, by: format!("IDX header's {count} images of {width}×{height}") };
    stated.expect(source)?;
    source.consume(16);
    let mut levels = Levels::new((width as usize, height as usize, 1), hint.limit)?;
    levels.copy(source, count as u64, &stated)?;
    if !levels.full() {
        stated.end(source)?;
    }
    Ok(levels)
}
