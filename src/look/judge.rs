//! The error on a set of images.

use super::config::Config;
use super::model::{Model, Slice, expect_class};
use crate::budget::EVALUATION;
use crate::error::{Result, expect_finite};
use crate::likelihood::Values;
use crate::noise;
use crate::params::Shape;
use crate::threads::{each, in_batches};
use crate::train::{Source, Task};
use serde::Serialize;
use std::ops::ControlFlow;

/// How often a model is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// The share of images whose most probable class is not their label.
    pub error_rate: f64,
    /// Images looked at.
    pub images: usize,
    /// Of the rate: √(p (1 − p) / n).
    pub standard_error: f64,
    /// Mean −log p(label); a label of probability 0 counts as 1,000 nats.
    #[serde(skip)]
    pub cross_entropy_nats: f64,
}

/// Images that a thread looks at together, where the budget allows it. Results do not depend on it.
const BATCH: usize = 50;
/// What a label of probability 0 counts as.
const MOST_NATS: f64 = 1e3;

/// A model's errors on labelled images. RAM looks at the means of its places. `progress(images)` is called from any
/// thread, and may end the evaluation.
///
/// # Errors
/// [`crate::Error`]: `Data` for images of another size or labels that the model does not know, `Argument` for a model
/// larger than [`EVALUATION`] allows, `NotFinite` if a verdict is no number, `Stopped` if `progress`
/// breaks.
///
/// [`Error::Data`]: crate::Error::Data
/// [`Error::Argument`]: crate::Error::Argument
/// [`Error::NotFinite`]: crate::Error::NotFinite
/// [`Error::Stopped`]: crate::Error::Stopped
pub fn errors(
    model: &Model<f32>,
    data: &impl Source<u8>,
    seed: u64,
    threads: usize,
    progress: impl Fn(usize) -> ControlFlow<()> + Sync,
) -> Result<Errors> {
    let c = model.config();
    crate::data::expect_source(data, c.image())?;
    (0..data.len()).try_for_each(|i| expect_class(c, data.label(i)))?;
    let (count, threads) = (data.len(), threads.clamp(1, data.len()));
    let bytes = |n| Model::bytes(c, n, 1).saturating_mul(threads as u64);
    let at_once = EVALUATION.most("threads × images", BATCH, bytes)?;
    let mut found = each(count, (0.0f64, false))?;
    let judge = |slice: &mut Slice<f32>, first, found: &mut [_]| judge(model, data, slice, first, seed, found);
    in_batches(&mut found, (threads, at_once), |batch| Slice::new(model, batch), judge, progress)?;
    summary(&found)
}

/// Images from `first` on, one for each of `found`; a short last batch looks at a few in vain.
fn judge(
    model: &Model<f32>,
    data: &impl Source<u8>,
    slice: &mut Slice<f32>,
    first: usize,
    seed: u64,
    found: &mut [(f64, bool)],
) {
    let c: &Config = model.config();
    for (i, image) in slice.images_mut().chunks_exact_mut(c.pixels()).enumerate().take(found.len()) {
        let mut rng = noise::rng(seed, noise::CLUTTER, (first + i) as u64);
        data.put(first + i, Values::Levels, &mut rng, image);
    }
    for t in 0..c.glimpses {
        slice.glimpse(model, t);
    }
    let verdicts = slice.verdict(model, c.glimpses).chunks_exact(c.classes);
    for (i, (found, p)) in found.iter_mut().zip(verdicts).enumerate() {
        let label = data.label(first + i) as usize;
        *found = (-(p[label] as f64).ln(), super::softmax::best(p) != label);
    }
}

fn summary(found: &[(f64, bool)]) -> Result<Errors> {
    let n = found.len() as f64;
    // A probability may be 0 in f32. The least of NaN and a number is the number, and would hide it.
    let nats: Vec<f64> = found.iter().map(|(nats, _)| if *nats == f64::INFINITY { MOST_NATS } else { *nats }).collect();
    for (i, value) in nats.iter().enumerate() {
        expect_finite([value], || format!("the verdict on image {i} of the data"))?;
    }
    let error_rate = found.iter().filter(|(_, wrong)| *wrong).count() as f64 / n;
    Ok(Errors {
        error_rate,
        images: found.len(),
        standard_error: (error_rate * (1.0 - error_rate) / n).sqrt(),
        cross_entropy_nats: nats.iter().sum::<f64>() / n,
    })
}
