//! What of training does not follow from the model's shape.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

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
    /// How a step follows from the gradient.
    pub optimiser: Optimiser,
    /// The step size, after the warm-up.
    pub learning_rate: f64,
    /// With Muon: what is left to Adam, the biases and the windows among it, takes this share of the rate.
    pub adam_share: f64,
    /// Each step shrinks the weight matrices by this share times the learning rate, apart from the gradient
    /// (Loshchilov & Hutter 2019).
    pub weight_decay: f64,
    /// Adds −log p(x | canvas) of every canvas before the last to the loss, times this; zero is the paper's loss. A
    /// little of it for a while turns a model from writing what it will cover again.
    pub canvas_weight: f64,
    /// Of a classifier: adds −log p(label) after every glimpse before the last to the loss, times this, and each right
    /// verdict so weighed to the reward of the places before it; zero is the papers' loss.
    pub verdict_weight: f64,
    /// Steps over which the rate rises from zero.
    pub warm_up: u64,
    /// The gradient of the batch's mean loss is scaled down to at most this norm.
    pub clip: f64,
    /// The average of weights keeps this share of itself each step (less in the first steps).
    pub average: f64,
    /// Of first weights, the order of examples, binarisation and noise.
    pub seed: u64,
    /// Threads that share a batch.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            batch: 100,
            antithetic: false,
            optimiser: Optimiser::Adam,
            learning_rate: 1e-3,
            adam_share: 1.0,
            weight_decay: 0.0,
            canvas_weight: 0.0,
            verdict_weight: 0.0,
            warm_up: 200,
            clip: 10.0,
            average: 0.999,
            seed: 0,
            threads: 1,
        }
    }
}

impl Settings {
    /// Images of a batch that a thread has, the most of them.
    pub(crate) fn rows(&self) -> usize {
        self.batch.div_ceil(self.threads)
    }

    /// Different images in a batch.
    pub fn images(&self) -> usize {
        if self.antithetic { self.batch / 2 } else { self.batch }
    }

    /// Which image takes a place of the batch, and whether its latent noise is negated there.
    pub(crate) fn image_at(&self, place: usize) -> (usize, bool) {
        if self.antithetic { (place / 2, place % 2 == 1) } else { (place, false) }
    }

    /// Checks every setting.
    ///
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
        if !(0.0..=1.0).contains(&self.verdict_weight) {
            return Err(Error::argument("verdict weight", self.verdict_weight, "0 to 1"));
        }
        if !(self.clip > 0.0 && self.clip.is_finite()) {
            return Err(Error::argument("clip", self.clip, "a finite number above 0"));
        }
        if !(0.0..1.0).contains(&self.average) {
            return Err(Error::argument("average", self.average, "at least 0, below 1"));
        }
        if self.threads == 0 || self.threads > 1024 {
            return Err(Error::argument("threads", self.threads, "1 to 1024"));
        }
        Ok(())
    }
}
