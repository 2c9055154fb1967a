//! Files in: data sets and weights.

use super::{Failure, Outcome};
use attentive_writer::data::Dataset;
use attentive_writer::weights::{self, Loaded};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// No data set or weights of ours comes near this.
const LIMIT: u64 = 2 << 30;

/// A failure that names its file.
pub fn at(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure(format!("{}: {what}", path.display()))
}

/// Reads a file whole, decompressing gzip.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    let meta = std::fs::metadata(path).map_err(|e| at(path, e))?;
    if meta.is_dir() {
        return Err(at(path, "is a folder; expected a file"));
    }
    let mut file = File::open(path).map_err(|e| at(path, e))?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(LIMIT).read_to_end(&mut bytes).map_err(|e| at(path, e))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let result = MultiGzDecoder::new(&bytes[..]).take(LIMIT).read_to_end(&mut plain);
        result.map_err(|e| at(path, format!("not a whole gzip file ({e})")))?;
        bytes = plain;
    }
    if bytes.len() as u64 >= LIMIT {
        return Err(at(path, "is larger than 2 GiB; expected a data set or weights file"));
    }
    Ok(bytes)
}

/// Which part of a data set's folder is meant.
#[derive(Clone, Copy)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train.bits", "train-images-idx3-ubyte", "train-images.idx3-ubyte"],
            Split::Validation => &["valid.bits", "valid-images-idx3-ubyte"],
            Split::Test => &["test.bits", "t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"],
        }
    }

    /// The file of this split in a folder.
    pub fn find(self, folder: &Path) -> Option<PathBuf> {
        let names = self.names().iter().flat_map(|n| [n.to_string(), format!("{n}.gz")]);
        names.map(|n| folder.join(n)).find(|p| p.is_file())
    }
}

/// Reads a data set: a file, or a folder's file of this split.
pub fn dataset(path: &Path, split: Split) -> Outcome<Dataset> {
    let file = if path.is_dir() {
        let expected = split.names().join(", ");
        split.find(path).ok_or_else(|| at(path, format!("holds none of {expected} (or .gz of them)")))?
    } else {
        path.to_owned()
    };
    let bytes = read(&file)?;
    // A name that says what it holds gets the message that fits it.
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let data = if name.trim_end_matches(".gz").ends_with(".bits") {
        Dataset::from_bits(&bytes)
    } else if name.contains("idx") || name.contains("ubyte") {
        Dataset::from_idx(&bytes)
    } else {
        Dataset::from_bytes(&bytes)
    };
    data.map_err(|e| at(&file, e))
}

/// `NAME.encoder.safetensors` beside `NAME.safetensors`.
pub fn encoder_half(path: &Path) -> PathBuf {
    path.with_extension("encoder.safetensors")
}

/// Reads weights, with the encoder half beside them if there is one.
pub fn model(path: &Path) -> Outcome<Loaded> {
    let bytes = read(path)?;
    let beside = encoder_half(path);
    let encoder = if beside.is_file() { Some(read(&beside)?) } else { None };
    weights::load(&bytes, encoder.as_deref()).map_err(|e| at(path, e))
}
