//! Bit rows: the pixels of an image one after the other, a bit each, most significant bit first, 1 = ink; an image
//! begins with a byte. There is no header.

use super::levels::Levels;
use super::recognise::Hint;
use super::source::Source;
use crate::error::{Error, Result};

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let size = (hint.width.unwrap_or(28), hint.height.unwrap_or(28), hint.channels.unwrap_or(1));
    let mut levels = Levels::new(size, hint.limit)?;
    let (pixels, mut row) = (levels.pixels(), 0);
    let bytes = pixels.div_ceil(8);
    let wrong = |found: u64| {
        let rows = format!("{found} bytes of bit rows; expected a positive multiple of {bytes}");
        Err(Error::Data(format!("{rows}, the bits of an image of {}×{} with {} channels", size.0, size.1, size.2)))
    };
    if let Some(length) = source.length().filter(|l| *l == 0 || !l.is_multiple_of(bytes as u64)) {
        return wrong(length);
    }
    while !levels.full() {
        let n = source.chunk()?.len();
        if n == 0 {
            break;
        }
        // To the end of the image, or of what is there.
        let n = n.min(bytes - row);
        levels.room(source, 8 * n)?;
        for (i, byte) in source.chunk()?[..n].iter().enumerate() {
            let held = (pixels - 8 * (row + i)).min(8);
            (0..held).for_each(|bit| levels.level(255 * (byte >> (7 - bit) & 1)));
            if held < 8 && byte << held != 0 {
                let text = format!("image {} has ink after its last pixel", levels.images());
                return Err(Error::Data(format!(
                    "{text}; expected another width or height than {}×{}",
                    size.0, size.1
                )));
            }
        }
        source.consume(n);
        row = (row + n) % bytes;
    }
    if row != 0 || levels.images() == 0 {
        return wrong(source.position());
    }
    Ok(levels)
}
