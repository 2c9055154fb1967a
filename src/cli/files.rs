//! Files in: data sets and weights.

use super::folders::Place;
pub use super::folders::Split;
use super::{Failure, Outcome, tell};
use attentive_writer::data::{self, Crops, Dataset, Format, Hint, Jitter, Look, Pictures};
use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::{Params, Shape as _};
use attentive_writer::train::Source;
use attentive_writer::weights::{self, Loaded};
use attentive_writer::{Config, Error, look};
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
pub fn note(path: &Path, what: impl std::fmt::Display) {
    tell(format!("note: {}: {what}", path.display()));
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

/// What a file does not tell of itself.
#[derive(Args, Clone, Default, PartialEq)]
#[command(next_help_heading = "Images whose file does not tell")]
pub struct Shape {
    /// The format: bits or cifar (CIFAR-10's binary batches), which have no header; idx, npy, amat, matlab and png are
    /// recognised
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// Width in pixels: of bit rows [default: 28], or where the rows of a matrix or lines of text are not square
    #[arg(long)]
    width: Option<usize>,
    /// Height in pixels, likewise
    #[arg(long)]
    height: Option<usize>,
    /// Colour channels, likewise [default: 1], and of a MATLAB array of three dimensions, the last 2 to 4
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

/// Of so many training images without others for validation, how many at their end are held out.
pub fn held_out(count: usize) -> usize {
    (count / 12).min(5000)
}

/// Reads a data set: a file, or a folder's files of this split; so many images at most.
pub fn dataset(path: &Path, split: Split, shape: &Shape, limit: Option<usize>) -> Outcome<Images> {
    if !path.is_dir() {
        return images(&Place::Files(vec![path.to_owned()]), shape, limit);
    }
    let place = split.find(path)?.ok_or_else(|| at(path, format!("holds none of {}", split.expected())))?;
    images(&place, shape, limit)
}

/// The images that a folder, or the one that a file lies in, holds for validation.
pub fn validation(path: &Path, shape: &Shape) -> Outcome<Option<Images>> {
    if !path.is_dir() {
        return Ok(None);
    }
    Split::Validation.find(path)?.map(|place| images(&place, shape, None)).transpose()
}

fn images(place: &Place, shape: &Shape, limit: Option<usize>) -> Outcome<Images> {
    let (first, others) = match place {
        Place::Pictures(folder, files) => {
            let found = drawn_up(files, limit).and_then(|all| all.finish().map_err(|e| at(folder, e)))?;
            return Ok(Images { data: found.data, notes: found.notes, odd: found.odd, file: folder.clone() });
        }
        Place::Files(files) => files.split_first().ok_or_else(|| Failure("no file of images".to_owned()))?,
    };
    let mut all = one(first, shape, limit)?;
    for file in others {
        let left = limit.map(|limit| limit.saturating_sub(all.data.len()));
        if left == Some(0) {
            break;
        }
        all.data.append(one(file, shape, left)?.data).map_err(|e| at(file, e))?;
    }
    Ok(all)
}

/// Reads pictures, an image each.
fn drawn_up(files: &[PathBuf], limit: Option<usize>) -> Outcome<Pictures> {
    if limit == Some(0) {
        return Err(Failure("the limit of images is 0; expected 1 or more".to_owned()));
    }
    let mut all = Pictures::default();
    for file in files.iter().take(limit.unwrap_or(usize::MAX)) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        all.add(&name, &read(file)?).map_err(|e| at(file, e))?;
    }
    Ok(all)
}

/// Reads a file of images.
fn one(file: &Path, shape: &Shape, limit: Option<usize>) -> Outcome<Images> {
    let (open, length) = open(file)?;
    let name = file.file_name().map(|n| n.to_string_lossy());
    let Shape { format, width, height, channels } = *shape;
    let hint = Hint { name: name.as_deref(), format, width, height, channels, limit };
    let found = data::read_from(open, length, &hint).map_err(|e| at(file, e))?;
    Ok(Images { data: found.data, notes: found.notes, odd: found.odd, file: file.to_owned() })
}

impl Images {
    /// The images for a model of this configuration; of those a little larger the middle. What is odd about them is said,
    /// and, beside a trained model, in what they are unlike what it draws.
    pub fn fit(mut self, config: &Config, trained: Option<&Params<f32>>) -> Outcome<Dataset> {
        let larger = self.larger(config);
        if larger {
            self.data = self.middle(config)?;
        }
        self.tell(&self.data, config, trained)?;
        if larger {
            note(&self.file, format!("of each image the middle {}×{} is taken", config.width, config.height));
        }
        Ok(self.data)
    }

    /// Windows of images a little larger than the model's, for training; likewise.
    pub fn windows(self, config: &Config, jitter: Jitter, trained: Option<&Params<f32>>) -> Outcome<Crops> {
        self.tell(&self.middle(config)?, config, trained)?;
        note(&self.file, format!("random windows of {}×{} are taken of the images", config.width, config.height));
        Ok(Crops::new(self.data, config.image(), jitter)?)
    }

    /// Whether they are so much larger than the model's that windows of them are meant.
    pub fn larger(&self, config: &Config) -> bool {
        Crops::fit(self.data.size(), config.image())
    }

    fn middle(&self, config: &Config) -> Outcome<Dataset> {
        Crops::middle(&self.data, config.image()).map_err(|e| at(&self.file, e))
    }

    fn tell(&self, data: &Dataset, config: &Config, trained: Option<&Params<f32>>) -> Outcome {
        data.expect_size(config).map_err(|e| at(&self.file, e))?;
        let odd = self.odd.clone().or_else(|| Look::of(data).unlike(&drawn(trained?)?));
        self.notes.iter().chain(&odd).for_each(|text| note(&self.file, text));
        Ok(())
    }
}

/// What a model draws; a plain autoencoder cannot.
fn drawn(params: &Params<f32>) -> Option<Look> {
    if !params.config().variational {
        return None;
    }
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

/// Whether these are weights, or the state of training, of a model that classifies.
pub fn classifies(bytes: &[u8]) -> bool {
    weights::task(bytes).is_some_and(|task| look::Config::TASKS.contains(&&*task))
}

/// A model of weights that were read from a file, with the encoder half beside it if there is one; with so many glimpses
/// where the weights do not tell.
pub fn model(path: &Path, bytes: &[u8], glimpses: Option<usize>) -> Outcome<Loaded> {
    let beside = encoder_half(path);
    let encoder = if beside.is_file() { Some(read(&beside)?) } else { None };
    loaded(path, bytes, encoder.as_deref(), glimpses)
}

/// As [`model`]; a decoder half alone is refused.
pub fn whole_model(path: &Path, bytes: &[u8], glimpses: Option<usize>) -> Outcome<Loaded> {
    let loaded = model(path, bytes, glimpses)?;
    if loaded.has_encoder() {
        return Ok(loaded);
    }
    let beside = encoder_half(path);
    Err(at(path, format!("holds the decoder half alone; expected the encoder half in {}", beside.display())))
}

/// A model that draws; whether it can read does not matter.
pub fn decoder(path: &Path) -> Outcome<Loaded> {
    loaded(path, &read(path)?, None, None)
}

fn loaded(path: &Path, bytes: &[u8], encoder: Option<&[u8]>, glimpses: Option<usize>) -> Outcome<Loaded> {
    let loaded = weights::load_with(bytes, encoder, glimpses).map_err(|e| at(path, e))?;
    loaded.notes.iter().for_each(|text| note(path, text));
    Ok(loaded)
}
