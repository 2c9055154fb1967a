//! What a model is trained to do: the seam between the loop and the experiments.

use crate::error::Result;
use crate::likelihood::Values;
use crate::noise;
use crate::params::{Params, Shape};
use crate::train::Settings;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;
use std::ops::Range;

/// Losses by name: sums over images, or means over a batch.
pub trait Losses: Copy + Default + Send + Sync + std::fmt::Debug + PartialEq + Serialize + 'static {
    /// The names that they are reported under, in the order of [`Losses::each`].
    const NAMES: &'static [&'static str];

    /// What the gradient is of, in nats.
    fn total(&self) -> f64;

    /// Each of them, always in one order.
    fn each(&mut self) -> impl Iterator<Item = &mut f64>;

    /// Sums.
    fn plus(mut self, mut other: Self) -> Self {
        self.each().zip(other.each()).for_each(|(a, b)| *a += *b);
        self
    }

    /// Means over so many images.
    fn over(mut self, images: f64) -> Self {
        self.each().for_each(|a| *a /= images);
        self
    }
}

/// Examples to learn from, each with what is known of it.
pub trait Source<Label>: Sync {
    /// Examples in an epoch.
    fn len(&self) -> usize;

    /// A source has an example or more.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Width, height and channels of an image.
    fn size(&self) -> [usize; 3];

    /// The label of an example, which does not depend on what is random in it.
    fn label(&self, index: usize) -> Label;

    /// Puts an example's image in place `[C, B, A]`, with such values; what is random in it, by `rng`.
    fn put(&self, index: usize, values: Values, rng: &mut Xoshiro256PlusPlus, image: &mut [f32]);
}

/// Puts the batch's different image `i` in place.
pub(crate) type Fill<'a, Label> = dyn Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]) -> Label + Sync + 'a;

/// Some places of a batch.
pub struct Places<'a, Label> {
    /// The settings of the run.
    pub settings: &'a Settings,
    /// The place in the run of the batch's first image.
    pub(crate) first: u64,
    pub(crate) range: Range<usize>,
    pub(crate) fill: &'a Fill<'a, Label>,
}

/// What is known of a place's image.
pub struct Place<Label> {
    /// What the source says of it.
    pub label: Label,
    /// For what else is random.
    pub rng: Xoshiro256PlusPlus,
    /// Whether noise is negated here ([`Settings::antithetic`]).
    pub negated: bool,
}

impl<Label> Places<'_, Label> {
    /// Puts the image of the `b`th of these places where it is wanted.
    pub fn put(&self, b: usize, image: &mut [f32]) -> Place<Label> {
        let (index, negated) = self.settings.image_at(self.range.start + b);
        let mut rng = noise::rng(self.settings.seed, noise::TRAIN, self.first + index as u64);
        let label = (self.fill)(index, &mut rng, image);
        Place { label, rng, negated }
    }
}

impl<Label> Place<Label> {
    /// Standard normal noise, for this place.
    pub fn noise(&mut self, out: &mut [f32]) {
        noise::fill_normal(&mut self.rng, out);
        if self.negated {
            out.iter_mut().for_each(|e| *e = -*e);
        }
    }
}

/// A model with its loss: what [`Trainer`](crate::train::Trainer) trains.
pub trait Task: Sized + Send + Sync + 'static {
    /// The model's shape.
    type Shape: Shape;
    /// What is known of an image besides its pixels.
    type Label: Copy + Send + 'static;
    /// The parts of the loss.
    type Losses: Losses;
    /// What a thread keeps from step to step: room for its images, their tape and the backward pass.
    type Slice: Send;

    /// Whether the settings suit the shape.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for one that does not.
    fn expect(_shape: &Self::Shape, _settings: &Settings) -> Result<()> {
        Ok(())
    }

    /// Whether the model can learn from such a label.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for one that it does not know.
    fn expect_label(_shape: &Self::Shape, _label: Self::Label) -> Result<()> {
        Ok(())
    }

    /// Packs the weights for training, by threads of about so many images each.
    ///
    /// # Errors
    /// As the model has it.
    fn pack(params: &Params<f32, Self::Shape>, rows: usize) -> Result<Self>;

    /// Takes new values of the same shape, after an optimiser step.
    fn repack(&mut self, params: &Params<f32, Self::Shape>);

    /// Bytes of the slices of so many images in all, for so many threads.
    fn bytes(shape: &Self::Shape, images: usize, threads: u64) -> u64;

    /// Room for so many images.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is none.
    fn slice(&self, images: usize) -> Result<Self::Slice>;

    /// Forward and backward over places of a batch: adds to the gradient of the loss, and gives the losses, both summed
    /// over the images.
    fn run(
        &self,
        slice: &mut Self::Slice,
        places: &Places<Self::Label>,
        gradient: &mut Params<f32, Self::Shape>,
    ) -> Self::Losses;
}
