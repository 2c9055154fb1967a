//! `.npy`, NumPy's format: a header that is a Python dictionary, and then the array.

use super::levels::{Levels, Size};
use super::recognise::{Hint, size_of};
use super::source::{Source, Stated};
use crate::error::{Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself refuses longer headers.
const HEADER: usize = 10_000;
/// Channels that images may have.
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=4;

pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

fn wrong<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Data(text.into()))
}

#[derive(Clone, Copy, PartialEq)]
enum Type {
    /// Unsigned bytes.
    Byte,
    Bool,
    F32,
    F64,
}

impl Type {
    fn bytes(self) -> usize {
        match self {
            Type::Byte | Type::Bool => 1,
            Type::F32 => 4,
            Type::F64 => 8,
        }
    }

    fn of(descr: &str) -> Result<Type> {
        Ok(match descr {
            "|u1" | "<u1" | "u1" => Type::Byte,
            "|b1" | "<b1" | "?" => Type::Bool,
            "<f4" => Type::F32,
            "<f8" => Type::F64,
            _ => {
                let expected = "expected uint8, bool, float32 or float64 (|u1, |b1, <f4, <f8), as .astype gives";
                return wrong(format!("an array of type '{descr}'; {expected}"));
            }
        })
    }
}

/// The value of a key in the header's dictionary, from its first character on.
fn value<'t>(header: &'t str, key: &str) -> Option<&'t str> {
    let after = ["'", "\""].iter().find_map(|quote| header.split_once(&format!("{quote}{key}{quote}")))?.1;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

/// Type and shape from the text of the header.
fn parse(header: &str) -> Result<(Type, Vec<u64>)> {
    let unreadable =
        || Error::Data(format!("an unreadable .npy header: {:?}", header.trim().chars().take(80).collect::<String>()));
    let descr = value(header, "descr").ok_or_else(unreadable)?;
    let quote = descr.chars().next().filter(|c| ['\'', '"'].contains(c));
    let Some(descr) = quote.and_then(|q| descr[1..].split(q).next()) else {
        return wrong("an array of records; expected uint8, bool, float32 or float64");
    };
    let kind = Type::of(descr)?;
    let order = value(header, "fortran_order").ok_or_else(unreadable)?;
    if !order.starts_with("False") {
        return wrong("an array in Fortran order; expected C order, as numpy.ascontiguousarray gives");
    }
    let shape = value(header, "shape").and_then(|s| s.strip_prefix('(')?.split(')').next()).ok_or_else(unreadable)?;
    let sides = shape.split(',').map(str::trim).filter(|s| !s.is_empty());
    let sides = sides.map(|s| s.trim_end_matches('L').parse().map_err(|_| unreadable()));
    Ok((kind, sides.collect::<Result<_>>()?))
}

/// The images' size, and whether the channels are last.
fn layout(shape: &[u64], hint: &Hint) -> Result<(Size, bool)> {
    // A side that this machine cannot count is of no image either.
    let sides: Vec<usize> = shape.iter().skip(1).map_while(|s| usize::try_from(*s).ok()).collect();
    let all = shape.len() == sides.len() + 1;
    let size = match *sides.as_slice() {
        _ if !all => None,
        [height, width] => Some(((width, height, 1), false)),
        [values] => size_of(values, hint).map(|size| (size, false)),
        [a, b, c] => match (CHANNELS.contains(&a), CHANNELS.contains(&c)) {
            (false, true) => Some(((b, a, c), true)),
            (true, false) => Some(((c, b, a), false)),
            _ => None,
        },
        _ => None,
    };
    size.ok_or_else(|| {
        let expected = "expected N×H×W, N×H×W×C or N×C×H×W with 1 to 4 channels, or N rows of square images";
        let shape = shape.iter().map(u64::to_string).collect::<Vec<_>>().join("×");
        Error::Data(format!("an array of shape {shape}; {expected}"))
    })
}

fn header(source: &mut Source) -> Result<String> {
    let head = source.peek(12)?.to_vec();
    let (length, begin) = match head[..] {
        [.., _, _] if head.len() < 10 => return wrong("a .npy header cut short"),
        [_, _, _, _, _, _, 1, _, a, b, ..] => (u16::from_le_bytes([a, b]) as usize, 10),
        [_, _, _, _, _, _, 2 | 3, _, a, b, c, d] => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
        [_, _, _, _, _, _, version, ..] if !(1..=3).contains(&version) => {
            return wrong(format!("a .npy file of version {version}; expected 1 to 3"));
        }
        _ => return wrong("a .npy header cut short"),
    };
    if length > HEADER {
        return wrong(format!("a .npy header of {length} bytes; expected at most {HEADER}"));
    }
    let mut text = vec![0; length];
    source.consume(begin);
    if source.gather(&mut text)? < length {
        return wrong("a .npy header cut short");
    }
    String::from_utf8(text).or_else(|_| wrong("an unreadable .npy header"))
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    if !begins(source.peek(MAGIC.len())?) {
        return wrong("no .npy file: it does not begin with \\x93NUMPY");
    }
    let (kind, shape) = parse(&header(source)?)?;
    let ((width, height, channels), last) = layout(&shape, hint)?;
    let mut levels = Levels::new((width, height, channels), hint.limit)?;
    let (count, pixels) = (shape[0], levels.pixels());
    let bytes = source.position() as u128 + count as u128 * pixels as u128 * kind.bytes() as u128;
    let stated = Stated { bytes, by: format!(".npy header's {count} images of {pixels} values") };
    stated.expect(source)?;
    match kind {
        Type::Byte => levels.copy(source, count, &stated)?,
        _ => {
            let mut values = count.saturating_mul(pixels as u64);
            let mut buffer = [0; 4096];
            while values > 0 && !levels.full() {
                let n = values.min((buffer.len() / kind.bytes()) as u64) as usize;
                let bytes = &mut buffer[..n * kind.bytes()];
                if source.gather(bytes)? < bytes.len() {
                    return Err(stated.cut_short(source));
                }
                levels.room(source, n)?;
                for value in bytes.chunks_exact(kind.bytes()) {
                    match *value {
                        [b] => levels.level(255 * (b != 0) as u8),
                        [a, b, c, d] => levels.number(f32::from_le_bytes([a, b, c, d]) as f64)?,
                        _ => levels.number(f64::from_le_bytes(value.try_into().expect("eight bytes")))?,
                    }
                }
                values -= n as u64;
            }
        }
    }
    levels.cut();
    if last {
        levels.planes_first();
    }
    if !levels.full() {
        stated.end(source)?;
    }
    Ok(levels)
}
