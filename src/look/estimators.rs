//! Two estimators of one gradient: that of E[log p(label)] by the mean of RAM's place at a glimpse.
//!
//! The score function (REINFORCE) weighs each draw's direction by its reward; the pathwise estimator, the
//! reparameterisation trick, asks the reward how it changes with the place that was drawn. Both are right on average.

use super::config::{Config, Estimator, Eye};
use super::model::{Model, Slice};
use crate::budget::EVALUATION;
use crate::error::{Error, Result, expect_finite, expect_image};
use crate::noise;
use crate::params::Params;
use crate::train::Task;

/// The most draws at once.
const MOST_DRAWS: usize = 10_000;

/// Gradients (x, y) of log p(label) by the mean of the place, one for each draw; places go from −1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// By the pathwise estimator.
    pub pathwise: Vec<[f64; 2]>,
    /// By the score function, without a baseline.
    pub score: Vec<[f64; 2]>,
    /// By the score function of the reward less the mean of the other draws', the best constant baseline that may be known.
    pub score_with_baseline: Vec<[f64; 2]>,
    /// The places that were drawn.
    pub places: Vec<[f64; 2]>,
    /// The mean that they were drawn around, one for each draw: before the first glimpse all are alike.
    pub means: Vec<[f64; 2]>,
}

/// The mean of an estimator's draws and their variance, summed over both axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimates {
    /// The mean gradient (x, y).
    pub mean: [f64; 2],
    /// The draws' variance, of x and of y together.
    pub variance: f64,
}

impl Estimates {
    /// Of two draws or more.
    pub fn of(draws: &[[f64; 2]]) -> Estimates {
        let n = draws.len() as f64;
        let mean = [0, 1].map(|axis| draws.iter().map(|d| d[axis]).sum::<f64>() / n);
        let square = |d: &[f64; 2]| (0..2).map(|axis| (d[axis] - mean[axis]).powi(2)).sum::<f64>();
        Estimates { mean, variance: draws.iter().map(square).sum::<f64>() / (n - 1.0).max(1.0) }
    }
}

/// Both estimators on one image `[B, A]` at glimpse `glimpse` (from 0), for `draws` draws of all places.
///
/// # Errors
/// [`Error::Config`] for a model without places, [`Error::Argument`] for a glimpse that it does not have, another number of
/// pixels or one outside `[0, 1]`, a label that it does not know or a number of draws outside 2 to 10,000,
/// [`Error::Memory`] if there is no room, [`Error::NotFinite`] if a gradient is no number.
pub fn gradients(
    params: &Params<f32, Config>,
    image: &[f32],
    label: u8,
    glimpse: usize,
    draws: usize,
    seed: u64,
) -> Result<Gradients> {
    let last = params.config().glimpses - 1;
    if glimpse > last {
        return Err(Error::argument("the glimpse", glimpse, format!("0 to {last}")));
    }
    Draws::new(params, image, label, draws, seed)?.gradients(glimpse)
}

/// As [`gradients`], at each of the glimpses, of the same draws.
///
/// # Errors
/// As [`gradients`].
pub fn gradients_by_glimpse(
    params: &Params<f32, Config>,
    image: &[f32],
    label: u8,
    draws: usize,
    seed: u64,
) -> Result<Vec<Gradients>> {
    let of = Draws::new(params, image, label, draws, seed)?;
    (0..params.config().glimpses).map(|t| of.gradients(t)).collect()
}

/// Draws of all places, what they were rewarded with, and a pass back through them.
struct Draws {
    slice: Slice<f32>,
    noise: Vec<f32>,
    rewards: Vec<f64>,
    deviation: f64,
}

impl Draws {
    fn new(params: &Params<f32, Config>, image: &[f32], label: u8, draws: usize, seed: u64) -> Result<Draws> {
        let Eye::Retina { scales, deviation, .. } = params.config().eye else {
            return Err(Error::Config("the model has no places to draw; expected one that looks with a retina".into()));
        };
        // The same sensor for both, and a way back through it.
        let eye = Eye::Retina { scales, deviation, estimator: Estimator::Pathwise };
        let config = Config { eye, ..params.config().clone() };
        let c = &config;
        if !(2..=MOST_DRAWS).contains(&draws) {
            return Err(Error::argument("the number of draws", draws, format!("2 to {MOST_DRAWS}")));
        }
        expect_image(image, c.pixels())?;
        if usize::from(label) >= c.classes {
            return Err(Error::argument("the label", label, format!("0 to {}", c.classes - 1)));
        }
        EVALUATION.check([("the number of draws", draws)], |[n]| Model::<f32>::bytes(c, n, 1))?;
        let mut own = Params::zeros(c)?;
        own.data_mut().copy_from_slice(params.data());
        let model = Model::new(&own, Some(draws));
        let mut slice = Slice::new(&model, draws)?;
        slice.images_mut().chunks_exact_mut(c.pixels()).for_each(|to| to.copy_from_slice(image));
        slice.labels_mut().fill(label);
        for (i, noise) in slice.noise_mut().chunks_exact_mut(2 * draws).enumerate() {
            noise::fill_normal(&mut noise::rng(seed, noise::TRAIN, i as u64), noise);
        }
        let noise = slice.noise_mut().to_vec();
        let rewards = rewards(&mut slice, &model, label)?;
        slice.gradient(&model, 0.0, &mut Params::zeros(c)?);
        Ok(Draws { slice, noise, rewards, deviation })
    }

    fn gradients(&self, glimpse: usize) -> Result<Gradients> {
        let Draws { rewards, deviation, .. } = self;
        let n = rewards.len();
        let epsilon = pairs(&self.noise[2 * n * glimpse..][..2 * n]);
        let tape = self.slice.ram().expect("a retina's tape");
        let places = pairs(tape.places(glimpse));
        let pathwise: Vec<[f64; 2]> = pairs(tape.d_places(glimpse)).iter().map(|d| d.map(|d| -d)).collect();
        expect_finite(pathwise.iter().flatten(), || "a gradient by a place".into())?;
        let total: f64 = rewards.iter().sum();
        let score = |reward: f64, e: &[f64; 2]| e.map(|e| reward * e / deviation);
        let others = |reward: f64| reward - (total - reward) / (n as f64 - 1.0);
        Ok(Gradients {
            score: rewards.iter().zip(&epsilon).map(|(r, e)| score(*r, e)).collect(),
            score_with_baseline: rewards.iter().zip(&epsilon).map(|(r, e)| score(others(*r), e)).collect(),
            means: places.iter().zip(&epsilon).map(|(p, e)| [0, 1].map(|a| p[a] - deviation * e[a])).collect(),
            pathwise,
            places,
        })
    }
}

/// log p(label) of each draw.
fn rewards(slice: &mut Slice<f32>, model: &Model<f32>, label: u8) -> Result<Vec<f64>> {
    let c = model.config();
    (0..c.glimpses).for_each(|t| slice.glimpse(model, t));
    let p = slice.verdict(model, c.glimpses);
    // The least of a number and NaN is the number.
    expect_finite(p, || "a probability".into())?;
    Ok(p.chunks_exact(c.classes).map(|p| (p[label as usize] as f64).max(1e-30).ln()).collect())
}

fn pairs(values: &[f32]) -> Vec<[f64; 2]> {
    values.chunks_exact(2).map(|v| [v[0] as f64, v[1] as f64]).collect()
}
