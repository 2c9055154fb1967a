//! Images for models that generate: as they are, varied at each visit, or made of MNIST's digits.

use super::files::{self, Images, Shape, Split};
use super::{Failure, Outcome};
use attentive_writer::Config;
use attentive_writer::data::{Crops, Dataset, Jitter, Jittered, Pairs};
use attentive_writer::likelihood::Values;
use attentive_writer::params::Params;
use attentive_writer::train::Source;
use rand::rngs::Xoshiro256PlusPlus;
use std::path::Path;

/// Images of a set that is made of digits once: for validation, and for a test.
const VALIDATION: usize = 1000;
const TEST: usize = 10_000;

/// Images of a model's size.
pub enum Data {
    Fixed(Dataset),
    /// Moved and coloured anew at each visit.
    Varied(Jittered),
    /// Windows of larger images, at another place at each visit.
    Crops(Crops),
    /// Two digits, laid anew at each visit.
    Pairs(Pairs),
}

/// Width and height of MNIST's digits.
const DIGIT: usize = 28;

/// Whether a model may be for two of MNIST's digits.
fn of_pairs(c: &Config) -> bool {
    c.channels == 1 && c.width == c.height && c.width > DIGIT
}

/// Whether these are MNIST's digits, and the model for two of them.
fn for_pairs(digits: &Dataset, c: &Config) -> bool {
    digits.size() == [DIGIT, DIGIT, 1] && of_pairs(c)
}

/// The test images for a model: a file's own, or two digits each of a smaller file's, by the seed.
pub fn test(path: &Path, shape: &Shape, limit: Option<usize>, seed: u64, params: &Params<f32>) -> Outcome<Dataset> {
    let c = params.config();
    // Any of the digits may be the second of the first pair.
    let mut images = files::dataset(path, Split::Test, shape, limit.filter(|_| !of_pairs(c)))?;
    if for_pairs(&images.data, c) {
        let count = limit.unwrap_or(TEST);
        return Ok(pairs(images, c.width)?.fixed(count, seed)?);
    }
    limit.into_iter().for_each(|limit| images.data.truncate(limit));
    images.fit(c, Some(params))
}

fn pairs(images: Images, size: usize) -> Outcome<Pairs> {
    let file = images.file.clone();
    Pairs::new(images.data, size).map_err(|e| files::at(&file, e))
}

/// The training images, and those of validation: a folder's own, or, of digits in pairs, some held out.
pub fn training(
    path: &Path,
    shape: &Shape,
    limit: Option<usize>,
    jitter: Jitter,
    c: &Config,
    trained: Option<&Params<f32>>,
) -> Outcome<(Data, Option<Dataset>)> {
    let mut images = files::dataset(path, Split::Train, shape, limit)?;
    if for_pairs(&images.data, c) {
        if jitter != Jitter::default() {
            let what = "holds digits, which are laid anew at each visit; expected no --shift and no --colour";
            return Err(files::at(&images.file, what));
        }
        let count = files::held_out(images.data.len()).max(1);
        let file = images.file.clone();
        let held_out = images.data.split_off(count).map_err(|e| files::at(&file, e))?;
        let validation = Pairs::new(held_out, c.width)?.fixed(VALIDATION, 0)?;
        return Ok((Data::Pairs(pairs(images, c.width)?), Some(validation)));
    }
    let data = if images.larger(c) {
        Data::Crops(images.windows(c, jitter, trained)?)
    } else {
        let data = images.fit(c, trained)?;
        if jitter == Jitter::default() {
            Data::Fixed(data)
        } else {
            Data::Varied(Jittered::new(data, jitter).map_err(Failure::from)?)
        }
    };
    let validation = files::validation(path, shape)?.map(|images| images.fit(c, None));
    Ok((data, validation.transpose()?))
}

impl Data {
    /// Their mean image, in `[0, 1]`.
    pub fn mean(&self) -> Outcome<Vec<f32>> {
        Ok(match self {
            Data::Fixed(data) => data.mean(),
            Data::Varied(data) => data.images().mean(),
            Data::Crops(data) => data.middles()?.mean(),
            Data::Pairs(pairs) => pairs.fixed(VALIDATION, 0)?.mean(),
        })
    }

    fn source(&self) -> &dyn Source<()> {
        match self {
            Data::Fixed(data) => data,
            Data::Varied(data) => data,
            Data::Crops(data) => data,
            Data::Pairs(data) => data,
        }
    }
}

impl Source<()> for Data {
    fn len(&self) -> usize {
        self.source().len()
    }

    fn size(&self) -> [usize; 3] {
        self.source().size()
    }

    fn label(&self, _: usize) {}

    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        self.source().put(index, values, rng, image);
    }
}
