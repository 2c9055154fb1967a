//! Files in: data sets and weights.

use super::{Failure, Outcome};
use attentive_writer::data::{self, Dataset, Format, Hint, Look};
use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::weights::{self, Loaded};
use attentive_writer::{Config, Error};
use clap::Args;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Digits that show what a model draws: enough for their ink and their mean image.
const DRAWN: usize = 32;

/// A failure that names its file.
pub fn at(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure(format!("{}: {what}", path.display()))
}

/// A failure of the library's; one that lies with the weights names their file.
pub fn with_weights(path: &Path) -> impl Fn(Error) -> Failure {
    move |e| match e {
        Error::NotFinite { .. } | Error::Weights(_) => at(path, e),
        other => other.into(),
    }
}

/// Says what a file's owner should know, a line on standard error.
fn note(path: &Path, what: impl std::fmt::Display) {
    eprintln!("note: {}: {what}", path.display());
}

/// A file, and its length if it is a regular one.
fn open(path: &Path) -> Outcome<(File, Option<u64>)> {
    let failed = |e: std::io::Error| at(path, e);
    // Asked for first: to open a pipe that nobody writes to waits.
    let meta = std::fs::metadata(path).map_err(failed)?;
    if meta.is_dir() {
        return Err(at(path, "is a folder; expected a file"));
    }
    Ok((File::open(path).map_err(failed)?, meta.is_file().then_some(meta.len())))
}

/// Reads a file whole, decompressing gzip.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    let (file, length) = open(path)?;
    data::plain(file, length).map_err(|e| at(path, e))
}

/// Which part of a data set's folder is meant.
#[derive(Clone, Copy)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    /// As the world names these files.
    fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &[
                "train.bits",
                "binarized_mnist_train.amat",
                "train-images-idx3-ubyte",
                "train-images.idx3-ubyte",
                "train.amat",
                "train.npy",
            ],
            Split::Validation => {
                &["valid.bits", "binarized_mnist_valid.amat", "valid-images-idx3-ubyte", "valid.amat", "valid.npy"]
            }
            Split::Test => &[
                "test.bits",
                "binarized_mnist_test.amat",
                "t10k-images-idx3-ubyte",
                "t10k-images.idx3-ubyte",
                "test.amat",
                "test.npy",
            ],
        }
    }

    /// The file of this split in a folder.
    pub fn find(self, folder: &Path) -> Option<PathBuf> {
        let names = self.names().iter().flat_map(|n| [n.to_string(), format!("{n}.gz")]);
        names.map(|n| folder.join(n)).find(|p| p.is_file())
    }
}

/// What a file does not tell of itself.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Images whose file does not tell")]
pub struct Shape {
    /// The format: bits, which has no header; idx, npy and amat are recognised
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// Width in pixels: of bit rows [default: 28], or where the rows of a matrix or lines of text are not square
    #[arg(long)]
    width: Option<usize>,
    /// Height in pixels, likewise
    #[arg(long)]
    height: Option<usize>,
    /// Colour channels, likewise [default: 1]
    #[arg(long)]
    channels: Option<usize>,
}

fn format(name: &str) -> Result<Format, String> {
    Format::named(name).ok_or_else(|| Format::NAMES.join(", "))
}

/// A data set with what is to be said of it.
pub struct Images {
    pub data: Dataset,
    pub file: PathBuf,
    notes: Vec<String>,
    odd: Option<String>,
}

/// Reads a data set: a file, or a folder's file of this split; so many images at most.
pub fn dataset(path: &Path, split: Split, shape: &Shape, limit: Option<usize>) -> Outcome<Images> {
    let file = if path.is_dir() {
        let expected = split.names().join(", ");
        split.find(path).ok_or_else(|| at(path, format!("holds none of {expected} (or .gz of them)")))?
    } else {
        path.to_owned()
    };
    let (open, length) = open(&file)?;
    let name = file.file_name().map(|n| n.to_string_lossy());
    let Shape { format, width, height, channels } = *shape;
    let hint = Hint { name: name.as_deref(), format, width, height, channels, limit };
    let found = data::read_from(open, length, &hint).map_err(|e| at(&file, e))?;
    Ok(Images { data: found.data, notes: found.notes, odd: found.odd, file })
}

impl Images {
    /// The images for a model of this configuration. What is odd about them is said, and, beside a trained model, in what
    /// they are unlike what it draws.
    pub fn fit(self, config: &Config, trained: Option<&Params<f32>>) -> Outcome<Dataset> {
        let Images { data, file, notes, odd } = self;
        data.expect_size(config).map_err(|e| at(&file, e))?;
        let odd = odd.or_else(|| Look::of(&data).unlike(&drawn(trained?)?));
        notes.iter().chain(&odd).for_each(|text| note(&file, text));
        Ok(data)
    }
}

/// What a model draws.
fn drawn(params: &Params<f32>) -> Option<Look> {
    let model = Arc::new(Draw::new(params, Purpose::Draw).ok()?);
    let c = params.config();
    let (width, height, pixels) = (c.width, c.height, c.pixels());
    let mut drawing = Drawing::draw(model, 0, DRAWN, width, 1.0).ok()?;
    drawing.seek(drawing.glimpses()).ok()?;
    let images = drawing.canvas().chunks_exact(pixels).map(|image| image.iter().map(|v| *v as f64));
    Some(Look::of_images(images, width, height))
}

/// `NAME.encoder.safetensors` beside `NAME.safetensors`.
pub fn encoder_half(path: &Path) -> PathBuf {
    path.with_extension("encoder.safetensors")
}

/// Reads weights, with the encoder half beside them if there is one.
pub fn model(path: &Path) -> Outcome<Loaded> {
    model_with(path, None)
}

/// As [`model`], with so many glimpses where the file does not tell.
pub fn model_with(path: &Path, glimpses: Option<usize>) -> Outcome<Loaded> {
    let bytes = read(path)?;
    let beside = encoder_half(path);
    let encoder = if beside.is_file() { Some(read(&beside)?) } else { None };
    let loaded = weights::load_with(&bytes, encoder.as_deref(), glimpses).map_err(|e| at(path, e))?;
    loaded.notes.iter().for_each(|text| note(path, text));
    Ok(loaded)
}
