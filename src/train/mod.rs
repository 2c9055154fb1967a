//! The training loop's step, shared by the command line and the browser.
//!
//! A batch is split over threads, each with its own tape and gradient; nothing is allocated from one
//! step to the next. Examples, binarisation and noise depend on the seed and the step alone, so a
//! resumed run continues as if it had not been cut.

pub mod checkpoint;
mod team;
mod update;

pub(crate) use team::{in_parallel, share};

use crate::budget::zeros;
use crate::config::Config;
use crate::data::{Dataset, Order};
use crate::error::{Error, Result};
pub use crate::kernels::Precision;
use crate::model::{Draw, Purpose, expect_available};
use crate::muon::Orthogonalise;
use crate::params::Params;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use team::{Team, expect_room};
use update::matrices;

/// How a step follows from the gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Adam for all parameters, as in the paper.
    #[default]
    Adam,
    /// Muon for the weight matrices, Adam for the rest.
    Muon,
}

/// What does not follow from the model's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Gradients averaged in a step.
    pub batch: usize,
    /// Each image takes two places of the batch, with latent noise ε and −ε. What is odd in the noise cancels, and
    /// most of a gradient's variance comes from the noise.
    pub antithetic: bool,
    pub optimiser: Optimiser,
    /// Of the large products.
    pub precision: Precision,
    pub learning_rate: f64,
    /// With Muon: what is left to Adam, the biases and the windows among it, takes this share of the rate.
    pub adam_share: f64,
    /// Each step shrinks the weight matrices by this share times the learning rate, apart from the gradient
    /// (Loshchilov & Hutter 2019).
    pub weight_decay: f64,
    /// Adds −log p(x | canvas) of every canvas before the last to the loss, times this; zero is the paper's loss. A
    /// little of it for a while turns a model from writing what it will cover again.
    pub canvas_weight: f64,
    /// Steps over which the rate rises from zero.
    pub warm_up: u64,
    /// The gradient of the batch's mean loss is scaled down to at most this norm.
    pub clip: f64,
    /// The average of weights keeps this share of itself each step (less in the first steps).
    pub average: f64,
    pub seed: u64,
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            batch: 100,
            antithetic: false,
            optimiser: Optimiser::Adam,
            precision: Precision::F32,
            learning_rate: 1e-3,
            adam_share: 1.0,
            weight_decay: 0.0,
            canvas_weight: 0.0,
            warm_up: 200,
            clip: 10.0,
            average: 0.999,
            seed: 0,
            threads: 1,
        }
    }
}

impl Settings {
    /// Different images in a batch.
    pub fn images(&self) -> usize {
        if self.antithetic { self.batch / 2 } else { self.batch }
    }

    /// Which image takes a place of the batch, and whether its latent noise is negated there.
    pub(crate) fn image_at(&self, place: usize) -> (usize, bool) {
        if self.antithetic { (place / 2, place % 2 == 1) } else { (place, false) }
    }

    /// # Errors
    /// [`Error::Argument`] names the first setting that is out of range.
    pub fn validate(&self) -> Result<()> {
        if self.batch == 0 || self.batch > 10_000 {
            return Err(Error::argument("batch", self.batch, "1 to 10000"));
        }
        if self.antithetic && !self.batch.is_multiple_of(2) {
            return Err(Error::argument("batch", self.batch, "an even number, since the noise comes in pairs"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(Error::argument("learning rate", self.learning_rate, "above 0, at most 1"));
        }
        if !(0.0..=1.0).contains(&self.adam_share) {
            return Err(Error::argument("Adam's share of the rate", self.adam_share, "0 to 1"));
        }
        if !(0.0..=1.0).contains(&self.weight_decay) {
            return Err(Error::argument("weight decay", self.weight_decay, "0 to 1"));
        }
        if !(0.0..=1.0).contains(&self.canvas_weight) {
            return Err(Error::argument("canvas weight", self.canvas_weight, "0 to 1"));
        }
        if !(self.clip > 0.0 && self.clip.is_finite()) {
            return Err(Error::argument("clip", self.clip, "a finite number above 0"));
        }
        if !(0.0..1.0).contains(&self.average) {
            return Err(Error::argument("average", self.average, "at least 0, below 1"));
        }
        expect_available(self.precision)?;
        if self.threads == 0 || self.threads > 1024 {
            return Err(Error::argument("threads", self.threads, "1 to 1024"));
        }
        Ok(())
    }
}

/// What one step did. Losses are means over the batch, in nats, before the update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Report {
    pub step: u64,
    pub loss_nats: f64,
    pub reconstruction_nats: f64,
    pub kl_nats: f64,
    pub gradient_norm: f64,
}

/// What a part of a batch adds to a step: sums over its images.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub images: usize,
    /// In nats.
    pub reconstruction: f64,
    /// In nats.
    pub kl: f64,
    /// In the order of [`Params::data`].
    pub gradient: Vec<f32>,
}

/// Steps that a run may have: their examples can be counted in `u64`.
const MOST_STEPS: u64 = 1 << 48;

/// The most that a step may multiply the learning rate by: far beyond any use, and no update overflows.
const MOST_RATE: f64 = 1000.0;

/// # Errors
/// [`Error::Argument`] for what cannot be a multiple of the learning rate.
fn expect_rate(rate: f64) -> Result<()> {
    if (0.0..=MOST_RATE).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument("the multiple of the learning rate", rate, format!("0 to {MOST_RATE}")))
}

/// A model in training.
pub struct Trainer {
    settings: Settings,
    params: Params<f32>,
    average: Params<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    step: u64,
    order: Order,
    model: Draw<f32>,
    team: Team,
    /// Whether the team has run for the next step.
    begun: bool,
    /// Where each matrix that Muon updates begins, in order; empty with Adam.
    matrices: Vec<(usize, Orthogonalise)>,
}

impl Trainer {
    /// A fresh model. `mean` is the data's mean image, whose logits the canvas starts at.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Argument`] for a bad configuration, setting or mean, or more than
    /// [`TRAINING`](crate::budget::TRAINING) allows; [`Error::Memory`] if there is no room for it.
    pub fn new(config: &Config, settings: Settings, mean: Option<&[f32]>) -> Result<Self> {
        config.validate()?;
        settings.validate()?;
        expect_room(config, &settings)?;
        let params = Params::init(config, settings.seed, mean)?;
        Trainer::from_params(params, settings)
    }

    /// Goes on from given weights, with a fresh optimiser.
    ///
    /// # Errors
    /// [`Error::Weights`] for a decoder half or weights that are not finite; else as [`Trainer::new`].
    pub fn from_params(params: Params<f32>, settings: Settings) -> Result<Self> {
        settings.validate()?;
        expect_room(params.config(), &settings)?;
        params.expect_finite()?;
        let n = params.data.len() as u64;
        let model = Draw::new(&params, Purpose::Train(settings.precision))?;
        let team = Team::new(&model, settings.batch, settings.threads)?;
        Ok(Trainer {
            matrices: matrices(&params, &settings),
            settings,
            average: params.clone(),
            params,
            first: zeros(n)?,
            second: zeros(n)?,
            step: 0,
            order: Order::default(),
            model,
            team,
            begun: false,
        })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        self.params.config()
    }

    /// What does not follow from the model's shape; [`Trainer::change_settings`] changes it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The weights after the last step.
    pub fn params(&self) -> &Params<f32> {
        &self.params
    }

    /// The average of the weights, which draws and scores better than the last.
    pub fn average(&self) -> &Params<f32> {
        &self.average
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Goes on with other settings. A new batch size counts the steps done as steps of that size.
    ///
    /// # Errors
    /// [`Error::Argument`] for a bad setting, or between [`Trainer::begin`] and [`Trainer::finish`], and
    /// [`Error::Memory`] if there is no room; the old ones then stay.
    pub fn change_settings(&mut self, settings: Settings) -> Result<()> {
        self.expect_between_steps()?;
        settings.validate()?;
        expect_room(self.config(), &settings)?;
        let old = &self.settings;
        let repacked = settings.precision != old.precision;
        let model = repacked.then(|| Draw::new(&self.params, Purpose::Train(settings.precision))).transpose()?;
        if repacked || (settings.batch, settings.threads) != (old.batch, old.threads) {
            let model = model.as_ref().unwrap_or(&self.model);
            self.team = Team::new(model, settings.batch, settings.threads)?;
        }
        if repacked || settings.optimiser != old.optimiser {
            self.matrices = matrices(&self.params, &settings);
        }
        if let Some(model) = model {
            self.model = model;
        }
        self.settings = settings;
        Ok(())
    }

    /// Trains on the next batch of a data set, at `rate` times the learning rate.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size, and as [`Trainer::step_with`].
    pub fn step(&mut self, data: &Dataset, rate: f64) -> Result<Report> {
        expect_rate(rate)?;
        self.begin(data, 0..self.settings.batch)?;
        self.finish(&[], rate)
    }

    /// Trains on a batch whose image `i` of [`Settings::images`] is put in place by `fill(i, rng, image)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a rate outside 0 to 1000; [`Error::Diverged`] if the loss or the gradient
    /// is not finite, and the parameters are then as they were before the step.
    pub fn step_with(
        &mut self,
        rate: f64,
        fill: impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]) + Sync,
    ) -> Result<Report> {
        expect_rate(rate)?;
        self.run(0..self.settings.batch, fill)?;
        self.finish(&[], rate)
    }

    /// The first half of a step that several trainers share: forward and backward over `range` of the next batch.
    /// [`Trainer::finish`] takes what the others made of the rest.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size, [`Error::Argument`] for a range that is empty or outside the batch.
    pub fn begin(&mut self, data: &Dataset, range: Range<usize>) -> Result<()> {
        data.expect_size(self.config())?;
        self.expect_another_step()?;
        let batch = self.settings.batch;
        if range.is_empty() || range.end > batch {
            return Err(Error::argument("the part of the batch", format!("{range:?}"), format!("within 0..{batch}")));
        }
        let (seed, first) = (self.settings.seed, self.first_image());
        let (start, end) = (self.settings.image_at(range.start).0, self.settings.image_at(range.end - 1).0);
        let mut order = std::mem::take(&mut self.order);
        let indices: Vec<usize> = (start..=end).map(|i| order.at(seed, first + i as u64, data.len())).collect();
        self.order = order;
        self.run(range, |i, rng, image| data.sample(indices[i - start], rng, image))
    }

    /// The place in the run of the next batch's first image.
    fn first_image(&self) -> u64 {
        self.step * self.settings.images() as u64
    }

    fn run(
        &mut self,
        range: Range<usize>,
        fill: impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]) + Sync,
    ) -> Result<()> {
        self.expect_another_step()?;
        self.begun = false;
        if range.len() != self.team.images {
            self.team = Team::new(&self.model, range.len(), self.settings.threads)?;
        }
        let first = self.first_image();
        self.team.run(&self.model, &self.settings, first, range.start, &fill);
        self.begun = true;
        Ok(())
    }

    fn expect_another_step(&self) -> Result<()> {
        if self.step < MOST_STEPS {
            return Ok(());
        }
        Err(Error::argument("the number of steps", self.step, format!("less than {MOST_STEPS} to take another")))
    }

    fn expect_between_steps(&self) -> Result<()> {
        if self.begun {
            return Err(Error::argument("the step", "under way", "one that was finished first"));
        }
        Ok(())
    }

    /// What [`Trainer::begin`] made, for another trainer's [`Trainer::finish`].
    ///
    /// # Errors
    /// [`Error::Argument`] if nothing was begun.
    pub fn part(&mut self) -> Result<Part> {
        self.end()?;
        self.team.gather(&[]);
        let (reconstruction, kl) = self.team.losses();
        Ok(Part { images: self.team.images, reconstruction, kl, gradient: self.team.gradient().to_vec() })
    }

    fn end(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.begun) {
            return Err(Error::argument("the step", "not begun", "one that was begun, and not ended yet"));
        }
        Ok(())
    }

    /// Takes over another trainer's parameters, for the step after `step`. The average and the optimiser's state stay
    /// behind: this one only makes parts.
    ///
    /// # Errors
    /// [`Error::Argument`] for another number of parameters or one that is not finite, for more steps than a run may
    /// have, and between [`Trainer::begin`] and [`Trainer::part`].
    pub fn follow(&mut self, params: &[f32], step: u64) -> Result<()> {
        self.expect_between_steps()?;
        if step > MOST_STEPS {
            return Err(Error::argument("the number of steps", step, format!("at most {MOST_STEPS}")));
        }
        if let Some(bad) = params.iter().find(|p| !p.is_finite()) {
            return Err(Error::argument("a parameter", bad, "a finite number"));
        }
        if params.len() != self.params.data.len() {
            return Err(Error::argument("the number of parameters", params.len(), self.params.data.len()));
        }
        self.params.data.copy_from_slice(params);
        self.model.repack(&self.params);
        self.step = step;
        Ok(())
    }

    /// The second half of a step: with the `others`' parts of the batch, updates the parameters.
    ///
    /// # Errors
    /// [`Error::Argument`] for a bad rate, or parts that do not make up the batch; [`Error::Diverged`] as [`Trainer::step_with`].
    pub fn finish(&mut self, others: &[Part], rate: f64) -> Result<Report> {
        expect_rate(rate)?;
        let batch = self.settings.batch;
        let images = others.iter().fold(self.team.images as u64, |sum, p| sum.saturating_add(p.images as u64));
        if images != batch as u64 {
            return Err(Error::argument("images in the parts of the batch", images, batch));
        }
        if let Some(other) = others.iter().find(|p| p.gradient.len() != self.params.data.len()) {
            return Err(Error::argument("the gradient's length", other.gradient.len(), self.params.data.len()));
        }
        self.end()?;
        let own = self.team.losses();
        let mean = |own: f64, of: fn(&Part) -> f64| (own + others.iter().map(of).sum::<f64>()) / batch as f64;
        let (reconstruction, kl) = (mean(own.0, |p| p.reconstruction), mean(own.1, |p| p.kl));
        let gradients: Vec<&[f32]> = others.iter().map(|p| &p.gradient[..]).collect();
        let norm = self.team.gather(&gradients) / batch as f64;
        for (what, value) in [("loss", reconstruction + kl), ("gradient", norm)] {
            if !value.is_finite() {
                return Err(Error::Diverged { step: self.step, what });
            }
        }
        self.step += 1;
        let warm = (self.step as f64 / self.settings.warm_up.max(1) as f64).min(1.0);
        self.update(rate * warm * self.settings.learning_rate, (self.settings.clip / norm).min(1.0) / batch as f64);
        Ok(Report {
            step: self.step,
            loss_nats: reconstruction + kl,
            reconstruction_nats: reconstruction,
            kl_nats: kl,
            gradient_norm: norm,
        })
    }
}
