//! MATLAB 5 files, the form in which SVHN is published: elements, each a tag and its bytes, most of them compressed. The
//! variable `X` holds the images, height × width × channels × images, the first index running fastest.

use super::levels::{Levels, Size};
use super::recognise::Hint;
use super::source::{Source, Stated};
use crate::error::{Error, Result};

const HEADER: usize = 128;
/// The variable that is read.
const NAME: &[u8] = b"X";
/// Channels that images may have.
const CHANNELS: std::ops::RangeInclusive<u32> = 1..=4;
/// The sides that a config may have; a larger one is no image's.
const SIDE: std::ops::RangeInclusive<u32> = 1..=1024;
/// More dimensions, or a longer name, than any variable of images has.
const PART: u64 = 256;

/// Types of elements.
const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
const UTF8: u32 = 16;
const LAST: u32 = 18;

/// Classes of variables, from 1 on.
const CLASSES: [&str; 15] = [
    "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16", "uint16", "int32",
    "uint32", "int64", "uint64",
];
/// `uint8` among them.
const BYTES: u32 = 9;
const COMPLEX: u32 = 0x0800;
const EXPECTED: &str = "expected X, height×width×channels×images or height×width×images of uint8, as SVHN's files have";

fn wrong<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Data(text.into()))
}

fn cut_short<T>(source: &Source) -> Result<T> {
    wrong(format!("a MATLAB file cut short, or broken, after {} bytes of an element", source.position()))
}

/// Whether the beginning is a MATLAB file's of version 5 or later.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(b"MATLAB ") || head.get(124..HEADER).is_some_and(|end| order(end).is_some())
}

/// The order of bytes, from the end of the header: whether the first is the least.
fn order(end: &[u8]) -> Option<bool> {
    match end {
        [0, 1, b'I', b'M'] => Some(true),
        [1, 0, b'M', b'I'] => Some(false),
        _ => None,
    }
}

/// Reads the header; gives the order of bytes.
fn header(source: &mut Source) -> Result<bool> {
    let head = source.peek(HEADER)?.to_vec();
    let hdf = head.starts_with(b"\x89HDF");
    if hdf || head.starts_with(b"MATLAB 7.3") || matches!(head.get(124..), Some([0, 2, ..] | [2, 0, ..])) {
        let found = "a MATLAB file of version 7.3, which is HDF5; expected version 5";
        return wrong(format!("{found}, as save('NAME.mat', 'X', '-v7') writes it"));
    }
    if head.len() < HEADER {
        return wrong(format!("a MATLAB file cut short at {} bytes; expected a header of {HEADER}", head.len()));
    }
    let Some(little) = order(&head[124..]) else {
        let found: Vec<_> = head[124..].iter().map(|b| format!("{b:02x}")).collect();
        let expected = "expected 00 01 49 4d, of version 5";
        return wrong(format!("a MATLAB header that ends with {}; {expected}", found.join(" ")));
    };
    source.consume(HEADER);
    Ok(little)
}

/// An element's type and length. Up to four bytes may lie in the tag itself.
struct Tag {
    kind: u32,
    bytes: u64,
    within: Option<[u8; 4]>,
}

/// Elements of a stream.
struct Elements<'s, 'a> {
    source: &'s mut Source<'a>,
    little: bool,
}

impl Elements<'_, '_> {
    fn word(&self, b: &[u8]) -> u32 {
        let b = b.try_into().expect("four bytes");
        if self.little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }
    }

    /// The next tag; none at the end.
    fn tag(&mut self) -> Result<Option<Tag>> {
        let mut tag = [0; 8];
        match self.source.gather(&mut tag)? {
            0 => return Ok(None),
            8 => {}
            _ => return cut_short(self.source),
        }
        let (kind, bytes) = (self.word(&tag[..4]), self.word(&tag[4..]));
        if kind >> 16 == 0 {
            return Ok(Some(Tag { kind, bytes: bytes as u64, within: None }));
        }
        let within = tag[4..].try_into().ok();
        Ok(Some(Tag { kind: kind & 0xffff, bytes: (kind >> 16) as u64, within }))
    }

    /// The next element, which is a part of a variable and of one of these types.
    fn part(&mut self, kinds: &[u32]) -> Result<Vec<u8>> {
        let Some(tag) = self.tag()? else { return cut_short(self.source) };
        let most = if tag.within.is_some() { 4 } else { PART };
        if !kinds.contains(&tag.kind) || tag.bytes > most {
            let expected = format!("expected type {} and at most {most} bytes", kinds[0]);
            return wrong(format!("a variable with a part of type {} and {} bytes; {expected}", tag.kind, tag.bytes));
        }
        let mut part = vec![0; tag.bytes as usize];
        match tag.within {
            Some(bytes) => part.iter_mut().zip(bytes).for_each(|(to, from)| *to = from),
            None => {
                let padding = tag.bytes.next_multiple_of(8) - tag.bytes;
                if self.source.gather(&mut part)? < part.len() || !self.source.skip(padding)? {
                    return cut_short(self.source);
                }
            }
        }
        Ok(part)
    }

    /// What a variable's parts say before its values.
    fn variable(&mut self) -> Result<Variable> {
        let flags = self.part(&[UINT32])?;
        let &[a, b, c, d, ..] = &flags[..] else { return cut_short(self.source) };
        let flags = self.word(&[a, b, c, d]);
        let (class, complex) = (flags & 0xff, flags & COMPLEX != 0);
        if class as usize > CLASSES.len() {
            // Its parts are others, and no name of its is `X`.
            return Ok(Variable { name: Vec::new(), class, complex, sides: Vec::new() });
        }
        let sides = self.part(&[INT32, UINT32])?.chunks_exact(4).map(|side| self.word(side)).collect();
        let name = self.part(&[INT8, UINT8, UTF8])?;
        Ok(Variable { name, class, complex, sides })
    }

    /// The images of `X`, whose parts before its values were read.
    fn images(&mut self, x: &Variable, hint: &Hint) -> Result<Levels> {
        if x.class != BYTES || x.complex {
            let class = CLASSES.get((x.class as usize).wrapping_sub(1)).unwrap_or(&"unknown");
            let complex = if x.complex { "complex " } else { "" };
            return wrong(format!("X of class {complex}{class}; {EXPECTED}"));
        }
        let (size, count) = x.layout(hint)?;
        let mut levels = Levels::new(size, hint.limit)?;
        let Some(tag) = self.tag()? else { return cut_short(self.source) };
        let bytes = count as u128 * levels.pixels() as u128;
        if tag.kind != UINT8 || tag.bytes as u128 != bytes || tag.within.is_some() && bytes > 4 {
            let found = format!("X of {} with {} bytes of type {}", x.shape(), tag.bytes, tag.kind);
            return wrong(format!("{found}; expected {bytes} of type {UINT8}, unsigned bytes"));
        }
        match tag.within {
            Some(bytes) => levels.add(self.source, &bytes[..tag.bytes as usize])?,
            None => {
                let begin = self.source.position() as u128;
                let by = format!("dimensions of X, {},", x.shape());
                levels.copy(self.source, count as u64, &Stated { bytes: begin + bytes, by })?;
            }
        }
        levels.cut();
        levels.rows_first();
        Ok(levels)
    }
}

struct Variable {
    name: Vec<u8>,
    class: u32,
    complex: bool,
    sides: Vec<u32>,
}

impl Variable {
    fn shape(&self) -> String {
        self.sides.iter().map(u32::to_string).collect::<Vec<_>>().join("×")
    }

    /// The images' size, and their number.
    fn layout(&self, hint: &Hint) -> Result<(Size, u32)> {
        let (height, width, channels, count) = match self.sides[..] {
            [height, width, channels, count] => (height, width, channels, count),
            // MATLAB drops a last dimension of 1.
            [height, width, n] if CHANNELS.contains(&n) && n > 1 => match hint.channels {
                Some(1) => (height, width, 1, n),
                Some(channels) if channels == n as usize => (height, width, n, 1),
                _ => {
                    let text = format!("X of {}: {n} grey images, or one of {n} channels", self.shape());
                    return wrong(format!("{text}; expected the number of channels to be told"));
                }
            },
            [height, width, count] => (height, width, 1, count),
            _ => (0, 0, 0, 0),
        };
        if SIDE.contains(&height) && SIDE.contains(&width) && CHANNELS.contains(&channels) {
            return Ok(((width as usize, height as usize, channels as usize), count));
        }
        wrong(format!("X of {}; {EXPECTED}, with 1 to 4 channels and sides up to 1024", self.shape()))
    }
}

/// What an element holds: its variable's name, and the images if that is `X`.
fn element(elements: &mut Elements, first: bool, hint: &Hint) -> Result<(Vec<u8>, Option<Levels>)> {
    let variable = elements.variable()?;
    let images = (first && variable.name == NAME).then(|| elements.images(&variable, hint)).transpose()?;
    Ok((variable.name, images))
}

/// The variable of a compressed element, which holds that alone.
fn unpacked(mut source: Source, little: bool, first: bool, hint: &Hint) -> Result<(Vec<u8>, Option<Levels>)> {
    let mut elements = Elements { source: &mut source, little };
    let Some(Tag { kind: MATRIX, bytes, within: None }) = elements.tag()? else {
        return wrong("a compressed element of a MATLAB file that holds no variable");
    };
    let (name, images) = element(&mut elements, first, hint)?;
    if images.as_ref().is_some_and(|images| !images.full()) {
        // To the end, where the checksum is.
        let whole = source.skip((8 + bytes).saturating_sub(source.position()))?;
        if !whole || !source.chunk()?.is_empty() {
            return cut_short(&source);
        }
    }
    Ok((name, images))
}

pub(super) fn read(source: &mut Source, hint: &Hint) -> Result<Levels> {
    let little = header(source)?;
    let (mut found, mut others) = (None, Vec::new());
    while let Some(tag) = (Elements { source, little }).tag()? {
        let (begin, kind) = (source.position(), tag.kind);
        let end = begin + if tag.within.is_some() { 0 } else { tag.bytes };
        if source.length().is_some_and(|length| end > length) {
            let text = format!("a MATLAB file cut short: an element up to byte {end}");
            return wrong(format!("{text}; the file ends at {}", source.length().unwrap_or_default()));
        }
        let (name, images) = match kind {
            COMPRESSED => unpacked(source.inflated(tag.bytes)?, little, found.is_none(), hint)?,
            MATRIX => element(&mut Elements { source, little }, found.is_none(), hint)?,
            1..=LAST => (Vec::new(), None),
            _ => return wrong(format!("an element of type {kind} in a MATLAB file; expected 14 or 15, a variable")),
        };
        match images {
            Some(images) if images.full() => return Ok(images),
            Some(images) => found = Some(images),
            None if !name.is_empty() => others.push(String::from_utf8_lossy(&name).into_owned()),
            None => {}
        }
        // Elements begin at multiples of eight bytes, but for what is compressed.
        let next = if kind == COMPRESSED { end } else { end.next_multiple_of(8) };
        if source.position() > end {
            return wrong(format!("a variable longer than its element's {} bytes", tag.bytes));
        }
        if !source.skip(end - source.position())? {
            return cut_short(source);
        }
        source.skip(next - end)?;
    }
    found.map_or_else(|| none(&others), Ok)
}

/// The error of a file without `X`.
fn none<T>(others: &[String]) -> Result<T> {
    const SHOWN: usize = 8;
    if others.is_empty() {
        return wrong(format!("a MATLAB file without a variable; {EXPECTED}"));
    }
    let more = if others.len() > SHOWN { ", …" } else { "" };
    wrong(format!("a MATLAB file of {}{more} without X; {EXPECTED}", others[..others.len().min(SHOWN)].join(", ")))
}
