//! A model that classifies, with either eye, and its training as a task.

use super::config::{Config, Eye};
use super::ram::{self, Ram};
use super::reader::{self, Reader};
use super::softmax::probabilities;
use crate::budget::{product, sum, zeros};
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::params::Params;
use crate::train::{self, Places, Settings, Task};
use serde::Serialize;

enum Layers<T> {
    Reader(Box<Reader<T>>),
    Ram(Box<Ram<T>>),
}

/// A model that classifies, ready to look.
pub struct Model<T> {
    config: Config,
    layers: Layers<T>,
}

impl<T: Real> Model<T> {
    /// Packs the weights; with gradients too if `train` tells about how many images a thread has.
    pub fn new(params: &Params<T, Config>, train: Option<usize>) -> Self {
        let config = params.config().clone();
        let layers = match config.eye {
            Eye::Read => Layers::Reader(Box::new(Reader::new(&config, train))),
            Eye::Retina { .. } => Layers::Ram(Box::new(Ram::new(&config, train))),
        };
        let mut model = Model { config, layers };
        model.repack(params);
        model
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn repack(&mut self, params: &Params<T, Config>) {
        match &mut self.layers {
            Layers::Reader(layers) => layers.repack(params),
            Layers::Ram(layers) => layers.repack(params),
        }
    }
}

enum Tape<T> {
    Reader(reader::Tape<T>),
    Ram(ram::Tape<T>),
}

/// A batch of images being looked at.
pub struct Slice<T> {
    tape: Tape<T>,
    images: Vec<T>,
    labels: Vec<u8>,
}

impl<T: Real> Slice<T> {
    /// Room for so many images.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is none.
    pub fn new(model: &Model<T>, images: usize) -> Result<Self> {
        let c = &model.config;
        let tape = match &model.layers {
            Layers::Reader(_) => Tape::Reader(reader::Tape::new(c, images)?),
            Layers::Ram(_) => Tape::Ram(ram::Tape::new(c, images)?),
        };
        Ok(Slice { tape, images: zeros(product(&[images, c.pixels()]))?, labels: vec![0; images] })
    }

    /// The images `[batch, B, A]`, each value in `[0, 1]`.
    pub fn images_mut(&mut self) -> &mut [T] {
        &mut self.images
    }

    /// Their classes, for a gradient.
    pub fn labels_mut(&mut self) -> &mut [u8] {
        &mut self.labels
    }

    /// ε of RAM's places `[T, batch, 2]`; empty with DRAW's read, which has none. Zeros look at the means.
    pub fn noise_mut(&mut self) -> &mut [T] {
        match &mut self.tape {
            Tape::Reader(_) => &mut [],
            Tape::Ram(tape) => &mut tape.noise,
        }
    }

    /// Glimpse `t`; the first starts anew.
    ///
    /// # Panics
    /// If the model is not the slice's own.
    pub fn glimpse(&mut self, model: &Model<T>, t: usize) {
        let c = &model.config;
        match (&mut self.tape, &model.layers) {
            (Tape::Reader(tape), Layers::Reader(layers)) => tape.glimpse(layers, c, t, &self.images),
            (Tape::Ram(tape), Layers::Ram(layers)) => tape.glimpse(layers, c, t, &self.images),
            _ => panic!("a slice of another model"),
        }
    }

    /// Class probabilities `[batch, classes]` after `t` glimpses.
    ///
    /// # Panics
    /// If the model is not the slice's own.
    pub fn verdict(&mut self, model: &Model<T>, t: usize) -> &[T] {
        let c = &model.config;
        let logits = match (&mut self.tape, &model.layers) {
            (Tape::Reader(tape), Layers::Reader(layers)) => tape.classify(layers, c, t),
            (Tape::Ram(tape), Layers::Ram(layers)) => tape.classify(layers, c, t),
            _ => panic!("a slice of another model"),
        };
        logits.chunks_exact_mut(c.classes).for_each(probabilities);
        logits
    }

    /// What glimpse `t` looked through, for each image: the five numbers of a window, or a place (x, y).
    pub fn looked(&self, t: usize) -> &[T] {
        match &self.tape {
            Tape::Reader(tape) => tape.windows(t),
            Tape::Ram(tape) => tape.places(t),
        }
    }

    /// What image `b` showed at glimpse `t`: `[N, N]`, or `[scales, N, N]`.
    pub fn seen(&self, model: &Model<T>, t: usize, b: usize) -> &[T] {
        match &self.tape {
            Tape::Reader(tape) => tape.seen(&model.config, t, b),
            Tape::Ram(tape) => tape.seen(&model.config, t, b),
        }
    }

    /// Forward and backward: adds to the gradient, and gives the losses, both summed over the batch. The verdicts before
    /// the last count so much in the loss, and in REINFORCE's reward.
    ///
    /// # Panics
    /// If the model is not the slice's own, or was packed without gradients.
    pub fn gradient(&mut self, model: &Model<T>, verdict_weight: f64, gradient: &mut Params<T, Config>) -> Losses {
        let (c, Slice { tape, images, labels }) = (&model.config, self);
        match (tape, &model.layers) {
            (Tape::Reader(tape), Layers::Reader(layers)) => {
                tape.forward(layers, c, images, verdict_weight);
                let (cross_entropy_nats, error_rate) = tape.backward(layers, c, images, labels, gradient);
                Losses { cross_entropy_nats, error_rate, baseline_error: 0.0 }
            }
            (Tape::Ram(tape), Layers::Ram(layers)) => {
                tape.forward(layers, c, images, verdict_weight);
                let [cross_entropy_nats, error_rate, baseline_error] = tape.backward(layers, c, labels, gradient);
                Losses { cross_entropy_nats, error_rate, baseline_error }
            }
            _ => panic!("a slice of another model"),
        }
    }
}

impl<T: Real> Slice<T> {
    /// RAM's tape.
    pub(super) fn ram(&self) -> Option<&ram::Tape<T>> {
        match &self.tape {
            Tape::Reader(_) => None,
            Tape::Ram(tape) => Some(tape),
        }
    }
}

/// What training goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// −log p(label), in nats.
    pub cross_entropy_nats: f64,
    /// Wrong verdicts.
    pub error_rate: f64,
    /// The squared error of REINFORCE's baseline; it is no part of the loss.
    pub baseline_error: f64,
}

impl train::Losses for Losses {
    const NAMES: &'static [&'static str] = &["cross_entropy_nats", "error_rate", "baseline_error"];

    fn total(&self) -> f64 {
        self.cross_entropy_nats
    }

    fn each(&mut self) -> impl Iterator<Item = &mut f64> {
        [&mut self.cross_entropy_nats, &mut self.error_rate, &mut self.baseline_error].into_iter()
    }
}

impl Task for Model<f32> {
    type Shape = Config;
    type Label = u8;
    type Losses = Losses;
    type Slice = Slice<f32>;

    fn expect(c: &Config, settings: &Settings) -> Result<()> {
        if settings.canvas_weight > 0.0 {
            return Err(Error::argument(
                "canvas weight",
                settings.canvas_weight,
                "0, since a classifier has no canvas",
            ));
        }
        if settings.antithetic && c.eye == Eye::Read {
            return Err(Error::argument("antithetic", true, "false, since this model draws nothing at random"));
        }
        Ok(())
    }

    fn expect_label(c: &Config, label: u8) -> Result<()> {
        expect_class(c, label)
    }

    fn pack(params: &Params<f32, Config>, rows: usize) -> Result<Self> {
        Ok(Model::new(params, Some(rows)))
    }

    fn repack(&mut self, params: &Params<f32, Config>) {
        Model::repack(self, params);
    }

    fn bytes(c: &Config, images: usize, threads: u64) -> u64 {
        let (kept, weights) = match c.eye {
            Eye::Read => reader::lengths(c, images),
            Eye::Retina { .. } => ram::lengths(c, images),
        };
        sum(&[kept, product(&[images, c.pixels()]), weights.saturating_mul(threads)])
            .saturating_mul(size_of::<f32>() as u64)
    }

    fn slice(&self, images: usize) -> Result<Slice<f32>> {
        Slice::new(self, images)
    }

    fn run(&self, slice: &mut Slice<f32>, places: &Places<u8>, gradient: &mut Params<f32, Config>) -> Losses {
        let (batch, pixels) = (slice.labels.len(), self.config.pixels());
        for b in 0..batch {
            let mut place = places.put(b, &mut slice.images[b * pixels..][..pixels]);
            slice.labels[b] = place.label;
            for noise in slice.noise_mut().chunks_exact_mut(2).skip(b).step_by(batch) {
                place.noise(noise);
            }
        }
        slice.gradient(self, places.settings.verdict_weight, gradient)
    }
}

/// # Errors
/// [`Error::Data`](crate::Error::Data) for a class that the model does not have.
pub(super) fn expect_class(c: &Config, label: u8) -> Result<()> {
    if usize::from(label) < c.classes {
        return Ok(());
    }
    let most = c.classes - 1;
    Err(crate::Error::Data(format!("a label is {label}; the model knows the classes 0 to {most}")))
}
