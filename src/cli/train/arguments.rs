//! What `train` is told.

use super::super::{files, numbers, threads};
use attentive_writer::data::Jitter;
use attentive_writer::train::{Optimiser, Settings};
use clap::Args;
use std::ops::Bound;
use std::path::PathBuf;

/// The preset of a new model, if none is named.
pub const PRESET: &str = "mnist";

/// The length of a run, if none is said: about where the presets stop gaining much, and Ctrl-C ends it sooner.
pub const EPOCHS: f64 = 100.0;

/// Beyond these lie slips of the hand.
const MOST_EPOCHS: f64 = 1e6;
const MOST_MINUTES: f64 = 1e6;

/// Train a model.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer train --preset mnist --data binarized_mnist --out mnist.safetensors --epochs 100
  attentive-writer train --resume mnist.checkpoint --data binarized_mnist --out mnist.safetensors --minutes 60
  attentive-writer train --preset mnist-small --data train.bits.gz --out small.safetensors --minutes 2 --json
  attentive-writer train --data binarized_mnist --out mnist.safetensors --log mnist.csv

Without --epochs or --minutes a run is of 100 epochs. Ctrl-C, SIGTERM and SIGHUP end it after the present step:
the weights and the state of training are written, and the command that goes on is printed; the exit code is
then 130, 143 or 129. A second Ctrl-C ends it at once, without writing.

--out receives the average of the weights (f32, both halves); the state of training goes to the same
name with the ending .checkpoint every few minutes and at the end, and --resume goes on from it as if
the run had not been cut. One training at a time may write an --out.
If --data is a folder that holds validation images, their bound is logged after each epoch."
)]
pub struct Train {
    /// The model: mnist, mnist-no-attention, mnist-two-digits, mnist-small, svhn, svhn-32, cifar or vae, which generate;
    /// autoencoder, which gives back what it reads; cluttered, cluttered-4, ram, ram-4 or ram-pathwise, which classify [default: mnist, or what --resume holds]
    #[arg(long)]
    pub preset: Option<String>,
    /// Glimpses of a new model, instead of the preset's
    #[arg(long, conflicts_with = "resume")]
    pub glimpses: Option<usize>,
    /// Images of a new model, instead of the preset's: width, height and, if there are more than one, channels, as 20x36
    /// or 20x36x2
    #[arg(long, value_name = "SIZE", conflicts_with = "resume", value_parser = numbers::image)]
    pub image: Option<[usize; 3]>,
    /// Images: an IDX, .npy, .amat, .mat (MATLAB 5, as SVHN's) or .bits file or a batch of CIFAR-10's (.bin or .png),
    /// gzipped or not, or a folder of them, or of PNG pictures, an image each
    #[arg(long)]
    pub data: PathBuf,
    /// The weights file to write, with NAME.checkpoint beside it; that of an earlier training becomes
    /// NAME.earlier.checkpoint
    #[arg(long)]
    pub out: PathBuf,
    /// Go on from a checkpoint, or from weights with a fresh optimiser
    #[arg(long)]
    pub resume: Option<PathBuf>,
    /// Stop after so many passes over the data, counted from the run's first step [default: 100]
    #[arg(long, conflicts_with = "minutes", value_parser = numbers::above_zero(MOST_EPOCHS))]
    pub epochs: Option<f64>,
    /// Stop after so much time
    #[arg(long, value_parser = numbers::above_zero(MOST_MINUTES))]
    pub minutes: Option<f64>,
    /// Minutes of --minutes that were over when the run was cut, as its last line says
    #[arg(long, requires = "minutes", value_parser = numbers::within(0.0..MOST_MINUTES))]
    pub minutes_done: Option<f64>,
    /// Threads, 1 to 1024 [default: all cores]
    #[arg(long, value_parser = numbers::threads())]
    pub threads: Option<usize>,
    /// Seed of the initial weights, the order of examples and the noise [default: 0]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Images in a step, up to 10000 [default: 100]
    #[arg(long)]
    pub batch: Option<usize>,
    /// Images in pairs, with latent noise and its negative: a steadier gradient, of half as many [default: off]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    pub antithetic: Option<bool>,
    /// adam, as in the paper, or muon for the matrices [default: adam]
    #[arg(long, value_parser = optimiser)]
    pub optimiser: Option<Optimiser>,
    /// The learning rate, above 0, at most 1 [default: 0.001]
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// The rate at the end of this run, from 0 to the learning rate, reached along half a cosine [default: constant]
    #[arg(long, value_parser = numbers::within(0.0..=1.0))]
    pub final_learning_rate: Option<f64>,
    /// The step at which that cosine began, for a run that goes on with one that was cut, as its last line says
    /// [default: this run's first]
    #[arg(long, requires_all = ["final_learning_rate", "resume"], conflicts_with = "minutes")]
    pub falling_from: Option<u64>,
    /// With muon: the share of the rate for what is left to Adam, the biases and the windows [default: 1]
    #[arg(long)]
    pub adam_share: Option<f64>,
    /// Shrink the weight matrices by this share, times the learning rate, each step [default: 0]
    #[arg(long)]
    pub weight_decay: Option<f64>,
    /// Add the reconstruction of every canvas before the last to the loss, times this [default: 0]
    #[arg(long)]
    pub canvas_weight: Option<f64>,
    /// Of a classifier: add the cross-entropy after every glimpse before the last to the loss, times this, and each right
    /// verdict to RAM's reward [default: 0]
    #[arg(long)]
    pub verdict_weight: Option<f64>,
    /// Decay of the average of weights [default: 0.999]
    #[arg(long)]
    pub average: Option<f64>,
    /// Clip the gradient's norm [default: 10]
    #[arg(long, value_parser = numbers::within((Bound::Excluded(0.0), Bound::Unbounded)))]
    pub clip: Option<f64>,
    /// Move images by up to so many pixels, anew at each visit [default: 0]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub shift: usize,
    /// Change each channel's contrast and brightness by up to this share, anew at each visit [default: 0]
    #[arg(long, default_value_t = 0.0, hide_default_value = true)]
    pub colour: f32,
    /// Use only so many of the training images
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    pub limit: Option<usize>,
    /// Minutes between checkpoints; 0 writes one after each step
    #[arg(long, default_value_t = 5.0, value_parser = numbers::within(0.0..=MOST_MINUTES))]
    pub checkpoint_minutes: f64,
    /// Append each line to this file too: as CSV if its name ends so, else as JSON
    #[arg(long)]
    pub log: Option<PathBuf>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub shape: files::Shape,
}

impl Train {
    /// How much images are changed.
    pub fn jitter(&self) -> Jitter {
        Jitter { shift: self.shift, colour: self.colour }
    }

    /// The settings of a run that had others, or of a new one.
    pub fn settings(&self, base: Settings) -> Settings {
        Settings {
            batch: self.batch.unwrap_or(base.batch),
            antithetic: self.antithetic.unwrap_or(base.antithetic),
            optimiser: self.optimiser.unwrap_or(base.optimiser),
            learning_rate: self.learning_rate.unwrap_or(base.learning_rate),
            adam_share: self.adam_share.unwrap_or(base.adam_share),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            canvas_weight: self.canvas_weight.unwrap_or(base.canvas_weight),
            verdict_weight: self.verdict_weight.unwrap_or(base.verdict_weight),
            clip: self.clip.unwrap_or(base.clip),
            average: self.average.unwrap_or(base.average),
            seed: self.seed.unwrap_or(base.seed),
            threads: threads(self.threads),
            warm_up: base.warm_up,
        }
    }
}

fn optimiser(name: &str) -> Result<Optimiser, String> {
    match name {
        "adam" => Ok(Optimiser::Adam),
        "muon" => Ok(Optimiser::Muon),
        _ => Err("adam or muon".to_owned()),
    }
}
