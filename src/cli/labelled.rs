//! Images with labels: as they are, or MNIST's digits, around which clutter is laid.

use super::files::{self, Shape, Split};
use super::{Failure, Outcome};
use attentive_writer::data::{self, Clutter, Labelled, Pieces};
use attentive_writer::likelihood::Values;
use attentive_writer::look::Config;
use attentive_writer::params::Shape as _;
use attentive_writer::train::Source;
use rand::rngs::Xoshiro256PlusPlus;
use std::path::{Path, PathBuf};

/// Images of a model's size with labels.
pub enum Data {
    Fixed(Labelled),
    /// Laid anew at each visit.
    Clutter(Clutter),
}

/// The labels that belong to a file of images: `labels-idx1` for `images-idx3`.
fn labels_of(images: &Path) -> Outcome<PathBuf> {
    let name = images.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let own = name.replace("images", "labels").replace("idx3", "idx1");
    if own == name {
        let expected = "images of an IDX file such as train-images-idx3-ubyte, with train-labels-idx1-ubyte beside it";
        return Err(files::at(images, format!("has no labels, from which a classifier learns; expected {expected}")));
    }
    let bare = own.trim_end_matches(".gz");
    let names = [own.clone(), bare.to_owned(), format!("{bare}.gz")];
    let found = names.iter().map(|n| images.with_file_name(n)).find(|p| p.is_file());
    found.ok_or_else(|| files::at(images, format!("has no labels beside it; expected {bare} (or .gz of it)")))
}

/// Reads images of a split with their labels, which are below `classes`: from IDX files, which tell all of themselves.
pub fn read(path: &Path, split: Split, shape: &Shape, classes: usize) -> Outcome<Labelled> {
    if *shape != Shape::default() {
        let what = "has labels only if it is an IDX file; expected no --format, --width, --height and --channels";
        return Err(files::at(path, what));
    }
    let images = files::dataset(path, split, shape, None)?;
    let labels = labels_of(&images.file)?;
    let of = files::read(&labels)?;
    let of = data::labels(&of).map_err(|e| files::at(&labels, e))?;
    if let Some(label) = of.iter().find(|label| usize::from(**label) >= classes) {
        let expected = format!("expected 0 to {}, the classes that the model knows", classes - 1);
        return Err(files::at(&labels, format!("a label is {label}; {expected}")));
    }
    Labelled::new(images.data, of).map_err(|e| files::at(&labels, e))
}

impl Data {
    /// Images for a model: as they are, or smaller ones in clutter.
    fn fit(path: &Path, images: Labelled, model: &Config) -> Outcome<Data> {
        let [width, height, channels] = model.image();
        let size = images.size();
        if size == [width, height, channels] {
            return Ok(Data::Fixed(images));
        }
        if width == height && size[0] <= width && size[1] <= height && size[2] == channels {
            let pieces = Pieces { size: width, ..Pieces::default() };
            return Ok(Data::Clutter(Clutter::new(images, pieces).map_err(|e| files::at(path, e))?));
        }
        let [w, h, c] = size;
        Err(files::at(
            path,
            format!("images of {w}×{h} with {c} channels; the model expects {width}×{height} with {channels}"),
        ))
    }
}

/// The test images; if they are limited, the first of them.
pub fn test(path: &Path, shape: &Shape, model: &Config, limit: Option<usize>) -> Outcome<Data> {
    let mut data = Data::fit(path, read(path, Split::Test, shape, model.classes)?, model)?;
    match (&mut data, limit) {
        (Data::Fixed(data), Some(limit)) => data.truncate(limit),
        (Data::Clutter(data), Some(limit)) => data.truncate(limit),
        (_, None) => {}
    }
    Ok(data)
}

/// The training images, and those at their end that are held out.
pub fn training(path: &Path, shape: &Shape, model: &Config, limit: Option<usize>) -> Outcome<(Data, Option<Data>)> {
    let mut all = read(path, Split::Train, shape, model.classes)?;
    limit.into_iter().for_each(|limit| all.truncate(limit));
    let count = files::held_out(all.labels().len());
    if count == 0 {
        return Ok((Data::fit(path, all, model)?, None));
    }
    let held_out = all.split_off(count).map_err(Failure::from)?;
    Ok((Data::fit(path, all, model)?, Some(Data::fit(path, held_out, model)?)))
}

impl Data {
    fn source(&self) -> &dyn Source<u8> {
        match self {
            Data::Fixed(data) => data,
            Data::Clutter(data) => data,
        }
    }
}

impl Source<u8> for Data {
    fn len(&self) -> usize {
        self.source().len()
    }

    fn size(&self) -> [usize; 3] {
        self.source().size()
    }

    fn label(&self, index: usize) -> u8 {
        self.source().label(index)
    }

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        self.source().put(index, values, rng, image);
    }
}
