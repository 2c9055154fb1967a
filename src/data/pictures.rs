//! PNG pictures, an image each, all of one size.

use super::recognise::{Format, Found, seen};
use super::source::allowed;
use super::{Dataset, Look};
use crate::budget::product;
use crate::error::{Error, Result};
use png::{ColorType, Decoder, Info, Limits, Reader, Transformations};
use std::io::Cursor;

/// The sides that a picture may have: as a config's, and a quarter more for windows of it.
const SIDE: std::ops::RangeInclusive<u32> = 1..=1280;
/// What the decoder may take beside the picture.
const MEMORY: usize = 64 << 20;
/// What transparent pictures lie on.
const WHITE: u32 = 255;

fn wrong<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Data(text.into()))
}

/// The error of a picture that cannot be decoded.
pub(super) fn broken(e: png::DecodingError) -> Error {
    Error::Data(format!("a PNG cut short, or broken ({e})"))
}

/// A picture's size and kind.
pub(super) fn described(info: &Info) -> String {
    let kind = match info.color_type {
        ColorType::Grayscale => "grey",
        ColorType::GrayscaleAlpha => "grey with alpha",
        ColorType::Rgb => "RGB",
        ColorType::Rgba => "RGB with alpha",
        ColorType::Indexed => "palette",
    };
    let interlaced = if info.interlaced { ", interlaced" } else { "" };
    format!("{}×{}, {}-bit {kind}{interlaced}", info.width, info.height, info.bit_depth as u8)
}

/// A reader of 8-bit pixels, whatever the picture has.
pub(super) fn opened(bytes: &[u8]) -> Result<Reader<Cursor<&[u8]>>> {
    if !bytes.starts_with(b"\x89PNG") {
        return wrong(format!("{}; expected a PNG", seen(bytes)));
    }
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(broken)
}

/// Pictures that become a data set.
#[derive(Default)]
pub struct Pictures {
    /// Name, width and height of the first.
    first: Option<(String, u32, u32)>,
    /// 1 or 3, of all so far.
    channels: usize,
    levels: Vec<u8>,
    /// Bytes of the files so far.
    bytes: u64,
    count: usize,
    grey: usize,
    deep: usize,
    palette: usize,
    transparent: usize,
}

impl Pictures {
    /// Adds a picture from the bytes of its file.
    ///
    /// # Errors
    /// [`Error::Data`] for what is no whole PNG, or of another size than the first; and for more values than the files
    /// justify (256 MiB, or 256 for each of their bytes, at most 2 GiB).
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut reader = opened(bytes)?;
        let info = reader.info();
        let (width, height) = (info.width, info.height);
        match &self.first {
            Some((first, w, h)) if (width, height) != (*w, *h) => {
                return wrong(format!("a picture of {width}×{height}; expected {w}×{h}, as {first} beside it has"));
            }
            None if !SIDE.contains(&width) || !SIDE.contains(&height) => {
                let most = SIDE.end();
                return wrong(format!("a picture of {}; expected sides of at most {most}", described(info)));
            }
            _ => {}
        }
        let (indexed, deep) = (info.color_type == ColorType::Indexed, info.bit_depth == png::BitDepth::Sixteen);
        let grey_palette =
            info.palette.as_ref().is_some_and(|p| p.chunks_exact(3).all(|c| c[0] == c[1] && c[1] == c[2]));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(usize::MAX).min(MEMORY)];
        let kind = reader.next_frame(&mut pixels).map_err(broken)?.color_type;
        reader.finish().map_err(broken)?;
        let planes = planes(&pixels, kind, indexed && grey_palette);

        self.first.get_or_insert_with(|| (name.to_owned(), width, height));
        self.bytes += bytes.len() as u64;
        self.count += 1;
        self.deep += deep as usize;
        self.palette += indexed as usize;
        self.transparent += matches!(kind, ColorType::GrayscaleAlpha | ColorType::Rgba) as usize;
        self.grey += (planes.len() == 1) as usize;
        self.keep(&planes)
    }

    /// Keeps a picture's planes: grey ones thrice, if others are in colour.
    fn keep(&mut self, planes: &[Vec<u8>]) -> Result<()> {
        let pixels = planes[0].len();
        let channels = planes.len().max(self.channels);
        let values = product(&[self.count, channels, pixels]);
        let limit = allowed(self.bytes);
        if values > limit {
            return wrong(format!("more than {limit} values in pictures of {} bytes so far", self.bytes));
        }
        if channels > self.channels && !self.levels.is_empty() {
            self.levels = self.levels.chunks_exact(pixels).flat_map(|plane| plane.repeat(channels)).collect();
        }
        self.channels = channels;
        (0..channels).for_each(|c| self.levels.extend(&planes[c.min(planes.len() - 1)]));
        Ok(())
    }

    /// The data set, and what is to be said of it.
    ///
    /// # Errors
    /// [`Error::Data`] if there was no picture.
    pub fn finish(self) -> Result<Found> {
        let Some((_, width, height)) = self.first else { return wrong("no pictures; expected one or more") };
        let data = Dataset::from_levels(self.levels, width as usize, height as usize, self.channels)?;
        let count = self.count;
        let note = |n: usize, what: &str| (n > 0).then(|| format!("{n} of {count} pictures {what}"));
        let grey = if self.channels > 1 { self.grey } else { 0 };
        let notes = [
            note(grey, "are grey among others in colour: read as colour"),
            note(self.palette, "have a palette: read as the colours that it holds"),
            note(self.deep, "are 16-bit: read as 8-bit"),
            note(self.transparent, "are transparent, or could be: laid on white"),
        ];
        let odd = Look::of(&data).oddity();
        Ok(Found { data, format: Format::Png, notes: notes.into_iter().flatten().collect(), odd })
    }
}

/// The planes of 8-bit pixels, one or three; transparent ones over white.
fn planes(pixels: &[u8], kind: ColorType, grey: bool) -> Vec<Vec<u8>> {
    let samples = kind.samples();
    let alpha = matches!(kind, ColorType::GrayscaleAlpha | ColorType::Rgba);
    let channels = if grey { 1 } else { samples - alpha as usize };
    let level = |pixel: &[u8], c: usize| match alpha {
        true => {
            let a = pixel[samples - 1] as u32;
            ((pixel[c] as u32 * a + WHITE * (255 - a) + 127) / 255) as u8
        }
        false => pixel[c],
    };
    (0..channels).map(|c| pixels.chunks_exact(samples).map(|pixel| level(pixel, c)).collect()).collect()
}
