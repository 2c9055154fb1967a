//! The training loop's step, shared by the command line and the browser.
//!
//! A batch is split over threads, each with its own tape and gradient; nothing is allocated from one
//! step to the next. Examples, binarisation and noise depend on the seed and the step alone, so a
//! resumed run continues as if it had not been cut.

mod adam;
pub mod checkpoint;
mod muon;
mod settings;
mod task;
mod team;
mod update;

pub use settings::{Optimiser, Settings};
pub use task::{Losses, Place, Places, Source, Task};

use crate::budget::zeros;
use crate::config::Config;
use crate::data::Order;
use crate::draw::model::Draw;
use crate::error::{Error, Result};
use crate::params::{Params, Shape};
use muon::Orthogonalise;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;
use std::ops::Range;
use task::Fill;
use team::{Team, expect_room};
use update::matrices;

/// What one step did. Losses are means over the batch, in nats, before the update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Report<L = crate::draw::Losses> {
    /// Steps done, this one included.
    pub step: u64,
    /// The whole loss.
    pub loss_nats: f64,
    /// Its parts.
    #[serde(flatten)]
    pub losses: L,
    /// The norm of the mean loss's gradient, before it was clipped.
    pub gradient_norm: f64,
}

/// What a part of a batch adds to a step: sums over its images.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution<L = crate::draw::Losses> {
    /// Images in the part.
    pub images: usize,
    /// Sums of the losses.
    pub losses: L,
    /// In the order of [`Params::data`].
    pub gradient: Vec<f32>,
}

impl<L: Losses> Contribution<L> {
    /// Numbers before the gradient, where all of it is written as numbers: the images and the losses.
    pub const HEAD: usize = 1 + L::NAMES.len();

    /// These.
    pub fn head(&self) -> Vec<f32> {
        let mut losses = self.losses;
        std::iter::once(self.images as f32).chain(losses.each().map(|loss| *loss as f32)).collect()
    }

    /// From the head and the gradient after it.
    ///
    /// # Errors
    /// [`Error::Argument`] for fewer numbers than a head has.
    pub fn from_numbers(mut values: Vec<f32>) -> Result<Self> {
        if values.len() < Self::HEAD {
            return Err(Error::argument("the length of a part", values.len(), format!("{} or more", Self::HEAD)));
        }
        let gradient = values.split_off(Self::HEAD);
        let mut losses = L::default();
        losses.each().zip(&values[1..]).for_each(|(loss, value)| *loss = f64::from(*value));
        Ok(Contribution { images: values[0] as usize, losses, gradient })
    }
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

/// A model in training; DRAW itself, unless another task is named.
pub struct Trainer<K: Task = Draw<f32>> {
    settings: Settings,
    params: Params<f32, K::Shape>,
    average: Params<f32, K::Shape>,
    first: Vec<f32>,
    second: Vec<f32>,
    step: u64,
    order: Order,
    task: K,
    team: Team<K>,
    /// Whether the team has run for the next step.
    begun: bool,
    /// Where each matrix that Muon updates begins, in order; empty with Adam.
    matrices: Vec<(usize, Orthogonalise)>,
}

impl Trainer {
    /// A fresh DRAW model. `mean` is the data's mean image, whose logits the canvas starts at.
    ///
    /// # Errors
    /// [`Error::Argument`] for a mean of another size; else as [`Trainer::fresh`].
    pub fn new(config: &Config, settings: Settings, mean: Option<&[f32]>) -> Result<Self> {
        Self::expect(config, &settings)?;
        Trainer::tune(Params::init(config, settings.seed, mean)?, settings)
    }

    /// As [`Trainer::tune`], of DRAW.
    ///
    /// # Errors
    /// As [`Trainer::tune`]; [`Error::Weights`] for a decoder half.
    pub fn from_params(params: Params<f32>, settings: Settings) -> Result<Self> {
        Trainer::tune(params, settings)
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
        self.run(0..self.settings.batch, &fill)?;
        self.finish(&[], rate)
    }
}

impl<K: Task> Trainer<K> {
    /// A fresh model.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Argument`] for a bad configuration or setting, or more than
    /// [`TRAINING`](crate::budget::TRAINING) allows; [`Error::Memory`] if there is no room for it.
    pub fn fresh(shape: &K::Shape, settings: Settings) -> Result<Self> {
        Self::expect(shape, &settings)?;
        Trainer::tune(Params::fresh(shape, settings.seed)?, settings)
    }

    fn expect(shape: &K::Shape, settings: &Settings) -> Result<()> {
        shape.validate()?;
        settings.validate()?;
        K::expect(shape, settings)?;
        expect_room::<K>(shape, settings)
    }

    /// Goes on from given weights, with a fresh optimiser.
    ///
    /// # Errors
    /// [`Error::Weights`] for weights that are not finite; else as [`Trainer::fresh`].
    pub fn tune(params: Params<f32, K::Shape>, settings: Settings) -> Result<Self> {
        Self::expect(params.config(), &settings)?;
        params.expect_finite()?;
        let n = params.data.len() as u64;
        let task = K::pack(&params, settings.rows())?;
        let team = Team::new(&task, params.config(), settings.batch, settings.threads)?;
        Ok(Trainer {
            matrices: matrices(&params, &settings),
            settings,
            average: params.clone(),
            params,
            first: zeros(n)?,
            second: zeros(n)?,
            step: 0,
            order: Order::default(),
            task,
            team,
            begun: false,
        })
    }

    /// The shape of the model.
    pub fn config(&self) -> &K::Shape {
        self.params.config()
    }

    /// What does not follow from the model's shape; [`Trainer::change_settings`] changes it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The weights after the last step.
    pub fn params(&self) -> &Params<f32, K::Shape> {
        &self.params
    }

    /// The average of the weights, which draws and scores better than the last.
    pub fn average(&self) -> &Params<f32, K::Shape> {
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
        Self::expect(self.config(), &settings)?;
        let old = &self.settings;
        let repacked = settings.rows() != old.rows();
        let task = repacked.then(|| K::pack(&self.params, settings.rows())).transpose()?;
        if repacked || (settings.batch, settings.threads) != (old.batch, old.threads) {
            let task = task.as_ref().unwrap_or(&self.task);
            self.team = Team::new(task, self.params.config(), settings.batch, settings.threads)?;
        }
        if repacked || settings.optimiser != old.optimiser {
            self.matrices = matrices(&self.params, &settings);
        }
        if let Some(task) = task {
            self.task = task;
        }
        self.settings = settings;
        Ok(())
    }

    /// Trains on the next batch of a source, at `rate` times the learning rate.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size or a label that the model does not know; [`Error::Argument`] for a rate
    /// outside 0 to 1000; [`Error::Diverged`] if the loss or the gradient is not finite, and the parameters are then as they
    /// were before the step.
    pub fn step(&mut self, data: &impl Source<K::Label>, rate: f64) -> Result<Report<K::Losses>> {
        expect_rate(rate)?;
        self.begin(data, 0..self.settings.batch)?;
        self.finish(&[], rate)
    }

    /// The first half of a step that several trainers share: forward and backward over `range` of the next batch.
    /// [`Trainer::finish`] takes what the others made of the rest.
    ///
    /// # Errors
    /// [`Error::Data`] for another size or an unknown label, [`Error::Argument`] for a range empty or outside the batch.
    pub fn begin(&mut self, data: &impl Source<K::Label>, range: Range<usize>) -> Result<()> {
        crate::data::expect_source(data, self.config().image())?;
        self.expect_another_step()?;
        let batch = self.settings.batch;
        if range.is_empty() || range.end > batch {
            return Err(Error::argument("the part of the batch", format!("{range:?}"), format!("within 0..{batch}")));
        }
        let (seed, first, values) = (self.settings.seed, self.first_image(), self.config().values());
        let (start, end) = (self.settings.image_at(range.start).0, self.settings.image_at(range.end - 1).0);
        let mut order = std::mem::take(&mut self.order);
        let at = |i| order.at(seed, first + i as u64, data.len());
        let indices = (start..=end).map(at).collect::<Result<Vec<usize>>>();
        self.order = order;
        let indices = indices?;
        indices.iter().try_for_each(|i| K::expect_label(self.config(), data.label(*i)))?;
        self.run(range, &|i, rng, image| {
            let index = indices[i - start];
            data.put(index, values, rng, image);
            data.label(index)
        })
    }

    /// The place in the run of the next batch's first image.
    fn first_image(&self) -> u64 {
        self.step * self.settings.images() as u64
    }

    fn run(&mut self, range: Range<usize>, fill: &Fill<K::Label>) -> Result<()> {
        self.expect_another_step()?;
        self.begun = false;
        if range.len() != self.team.images {
            self.team = Team::new(&self.task, self.params.config(), range.len(), self.settings.threads)?;
        }
        let first = self.first_image();
        self.team.run(&self.task, &self.settings, first, range.start, fill);
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
    pub fn part(&mut self) -> Result<Contribution<K::Losses>> {
        self.end()?;
        self.team.gather(&[]);
        let losses = self.team.losses();
        Ok(Contribution { images: self.team.images, losses, gradient: self.team.gradient().to_vec() })
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
        self.task.repack(&self.params);
        self.step = step;
        Ok(())
    }

    /// The second half of a step: with the `others`' parts of the batch, updates the parameters.
    ///
    /// # Errors
    /// [`Error::Argument`] for a bad rate, or parts that do not make up the batch; [`Error::Diverged`] as [`Trainer::step_with`].
    pub fn finish(&mut self, others: &[Contribution<K::Losses>], rate: f64) -> Result<Report<K::Losses>> {
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
        let sum = others.iter().fold(self.team.losses(), |sum, p| sum.plus(p.losses));
        let losses = sum.over(batch as f64);
        let gradients: Vec<&[f32]> = others.iter().map(|p| &p.gradient[..]).collect();
        let norm = self.team.gather(&gradients) / batch as f64;
        for (what, value) in [("loss", losses.total()), ("gradient", norm)] {
            if !value.is_finite() {
                return Err(Error::Diverged { step: self.step, what });
            }
        }
        self.step += 1;
        let warm = (self.step as f64 / self.settings.warm_up.max(1) as f64).min(1.0);
        self.update(rate * warm * self.settings.learning_rate, (self.settings.clip / norm).min(1.0) / batch as f64);
        Ok(Report { step: self.step, loss_nats: losses.total(), losses, gradient_norm: norm })
    }
}
