//! When a run ends, and how its rate falls until then.

use super::super::{Failure, Outcome};
use super::arguments::{EPOCHS, Train};
use attentive_writer::train::Settings;
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Step(u64),
    Seconds(f64),
}

pub struct Plan {
    pub end: End,
    /// Steps in a pass over the data.
    per_epoch: f64,
    /// The step at which the rate began to fall.
    pub falling_from: u64,
    /// The rate at the end, in learning rates.
    last_rate: f64,
    /// Of `End::Seconds`, by the runs that this one goes on with.
    seconds_before: f64,
    start: Instant,
}

impl Plan {
    /// For a run that goes on from `step` over `images` images.
    ///
    /// # Errors
    /// If nothing is left to do, or the rate would not fall.
    pub fn new(arguments: &Train, settings: &Settings, step: u64, images: usize) -> Outcome<Plan> {
        let per_epoch = images as f64 / settings.images() as f64;
        let end = match arguments.minutes {
            Some(minutes) => End::Seconds(60.0 * minutes),
            None => End::Step((arguments.epochs.unwrap_or(EPOCHS) * per_epoch).ceil() as u64),
        };
        let rate = settings.learning_rate;
        let last = arguments.final_learning_rate.unwrap_or(rate);
        if last > rate {
            return Err(Failure(format!("--final-learning-rate is {last}; expected 0 to the learning rate, {rate}")));
        }
        let falling_from = arguments.falling_from.unwrap_or(step);
        if falling_from > step {
            return Err(Failure(format!("--falling-from is {falling_from}; expected a step up to this run's {step}")));
        }
        let seconds_before = 60.0 * arguments.minutes_done.unwrap_or(0.0);
        let plan = Plan { end, per_epoch, falling_from, last_rate: last / rate, seconds_before, start: Instant::now() };
        if plan.is_over(step, seconds_before) {
            return Err(Failure(plan.nothing_left(settings, step, images)));
        }
        Ok(plan)
    }

    fn nothing_left(&self, settings: &Settings, step: u64, images: usize) -> String {
        match self.end {
            End::Seconds(seconds) => {
                format!("nothing is left to do: all of --minutes {} are done; expected more", plain(seconds / 60.0))
            }
            End::Step(last) => format!(
                "nothing is left to do: step {step} is epoch {:.2} of {images} images in steps of {}, and the run ends \
                 with epoch {:.2}, step {last}; expected more --epochs, or --minutes",
                self.epoch(step),
                settings.images(),
                self.epoch(last),
            ),
        }
    }

    /// Seconds of training, with those before this run.
    pub fn seconds(&self) -> f64 {
        self.seconds_before + self.start.elapsed().as_secs_f64()
    }

    /// Passes over the data by this step.
    pub fn epoch(&self, step: u64) -> f64 {
        step as f64 / self.per_epoch
    }

    pub fn is_over(&self, step: u64, seconds: f64) -> bool {
        match self.end {
            End::Step(last) => step >= last,
            End::Seconds(limit) => seconds >= limit,
        }
    }

    /// The rate of the step that follows, in learning rates: half a cosine, from one.
    pub fn rate(&self, step: u64, seconds: f64) -> f64 {
        let done = match self.end {
            End::Step(last) => (step - self.falling_from) as f64 / (last - self.falling_from).max(1) as f64,
            End::Seconds(limit) => seconds / limit,
        };
        let falling = 0.5 * (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos());
        self.last_rate + (1.0 - self.last_rate) * falling
    }

    /// What is to come, in words.
    pub fn words(&self, settings: &Settings, step: u64, images: usize) -> String {
        let length = match self.end {
            End::Step(last) => format!("to step {last}, which is epoch {}", plain(self.epoch(last))),
            End::Seconds(limit) => format!("for {} minutes", plain((limit - self.seconds_before) / 60.0)),
        };
        format!(
            "training from step {step} {length}: {images} images, {} a step, {} threads; Ctrl-C ends it and saves",
            settings.images(),
            settings.threads
        )
    }
}

/// A number that a person typed, without what divisions left behind its point.
fn plain(x: f64) -> String {
    format!("{x:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
