//! The parameters of a model: one flat vector, with a name and a shape for each tensor in it.

use crate::budget::{MODEL, product, zeros};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::layers::{Half, Tensor, canvas};
use crate::likelihood::Values;
use ndarray::{ArrayViewD, ArrayViewMutD};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The shape of a model: the numbers that its tensors follow from. Written as JSON into the metadata of a weights file.
pub trait Shape: Clone + PartialEq + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a file of such a model may name as its task; `generation` is that of a file which names none.
    const TASKS: &'static [&'static str];

    /// Checks every number.
    ///
    /// # Errors
    /// [`Error::Config`] names the first number that is out of range.
    fn validate(&self) -> Result<()>;

    /// All tensors in the order of the flat vector. Matrices are `[out, in]`. For numbers that are out of range the
    /// shapes may be cut off at the largest number.
    fn tensors(&self) -> Vec<Tensor>;

    /// Width, height and channels of an image.
    fn image(&self) -> [usize; 3];

    /// What the images' grey levels are to the model.
    fn values(&self) -> Values {
        Values::Levels
    }

    /// Parameters in all; for numbers that are out of range the largest number may stand.
    fn parameters(&self) -> u64 {
        self.tensors().iter().map(|t| product(&t.shape)).fold(0, u64::saturating_add)
    }
}

/// A tensor's place in the flat vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The name in a weights file.
    pub name: &'static str,
    /// Its lengths; of a matrix `[out, in]`.
    pub shape: Vec<usize>,
    /// The first of its elements.
    pub offset: usize,
    /// See [`Tensor::matrices`].
    pub matrices: Option<usize>,
    /// See [`Tensor::half`].
    pub half: Half,
}

impl Slot {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in [`Params::data`].
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// Tensors one after the other.
fn layout(tensors: &[Tensor]) -> Vec<Slot> {
    let mut offset = 0;
    let slots = tensors.iter().map(|t| {
        let slot = Slot { name: t.name, shape: t.shape.clone(), offset, matrices: t.matrices, half: t.half };
        offset += slot.len();
        slot
    });
    slots.collect()
}

/// The parameters of a model, or of its decoder half alone; or a gradient or moment of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<T, C = Config> {
    config: C,
    slots: Vec<Slot>,
    pub(crate) data: Vec<T>,
}

impl<T: Real> Params<T> {
    /// The decoder half alone, all zero: enough to draw.
    ///
    /// # Errors
    /// As [`Params::zeros`].
    pub fn decoder_zeros(config: &Config) -> Result<Self> {
        Self::zeros_of(config, |half| half == Half::Decoder)
    }

    /// Whether the encoder half is there too.
    pub fn has_encoder(&self) -> bool {
        self.slots.iter().any(|s| s.half == Half::Encoder)
    }

    /// As [`Params::fresh`]. `mean`, if given, is the data's mean image `[C, B, A]`, which the canvas starts at.
    ///
    /// # Errors
    /// [`Error::Config`] for a bad configuration, [`Error::Argument`] for a mean of another size.
    pub fn init(config: &Config, seed: u64, mean: Option<&[T]>) -> Result<Self> {
        let mut params = Self::fresh(config, seed)?;
        if let Some(mean) = mean {
            if mean.len() != config.pixels() {
                return Err(Error::argument("mean image", mean.len(), format!("{} values", config.pixels())));
            }
            config.likelihood.start(mean, params.get_mut(canvas::NAME));
        }
        Ok(params)
    }
}

impl<T: Real, C: Shape> Params<T, C> {
    /// All zero.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Argument`] if the model is larger than
    /// [`MODEL`] allows.
    pub fn zeros(config: &C) -> Result<Self> {
        Self::zeros_of(config, |_| true)
    }

    fn zeros_of(config: &C, held: fn(Half) -> bool) -> Result<Self> {
        config.validate()?;
        let tensors: Vec<_> = config.tensors().into_iter().filter(|t| held(t.half)).collect();
        let len = tensors.iter().fold(0u64, |sum, t| sum.saturating_add(product(&t.shape)));
        MODEL.check([], |[]| len.saturating_mul(size_of::<T>() as u64))?;
        Ok(Params { config: config.clone(), data: zeros(len)?, slots: layout(&tensors) })
    }

    /// A fresh model, each tensor as its layer starts it: weights uniform in ±1/√H, forget biases 1, windows as
    /// [`attention::tensors`](crate::layers::attention) says.
    ///
    /// # Errors
    /// As [`Params::zeros`].
    pub fn fresh(config: &C, seed: u64) -> Result<Self> {
        let mut params = Self::zeros(config)?;
        for (place, tensor) in config.tensors().iter().enumerate() {
            tensor.fill(params.get_mut(tensor.name), seed, place);
        }
        Ok(params)
    }

    /// The shape of the model.
    pub fn config(&self) -> &C {
        &self.config
    }

    /// All tensors, one after the other, as [`Params::slots`] says.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All tensors, mutable.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Checks that every number is finite.
    ///
    /// # Errors
    /// [`Error::Weights`] names the first tensor that holds a number that is not finite.
    pub fn expect_finite(&self) -> Result<()> {
        for slot in &self.slots {
            let values = &self.data[slot.range()];
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                let (name, bad) = (slot.name, values[at].f64());
                return Err(Error::Weights(format!("tensor '{name}' holds {bad} at {at}; expected finite numbers")));
            }
        }
        Ok(())
    }

    /// Multiplies the weight matrices. Biases and the canvas have no scale to lose.
    pub(crate) fn scale_matrices(&mut self, factor: T) {
        for slot in self.slots.iter().filter(|s| s.shape.len() == 2) {
            self.data[slot.range()].iter_mut().for_each(|w| *w *= factor);
        }
    }

    /// Where each tensor lies, in the order of the flat vector.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn slot(&self, name: &str) -> &Slot {
        let found = self.slots.iter().find(|s| s.name == name);
        found.unwrap_or_else(|| panic!("no tensor is named {name}"))
    }

    /// A tensor as a slice, row-major.
    ///
    /// # Panics
    /// If the configuration has no tensor of that name.
    pub fn get(&self, name: &str) -> &[T] {
        &self.data[self.slot(name).range()]
    }

    /// A tensor as a mutable slice, row-major. Panics as [`Params::get`] does.
    pub fn get_mut(&mut self, name: &str) -> &mut [T] {
        let range = self.slot(name).range();
        &mut self.data[range]
    }

    /// A tensor with its shape. Panics as [`Params::get`] does.
    pub fn view(&self, name: &str) -> ArrayViewD<'_, T> {
        let slot = self.slot(name);
        ArrayViewD::from_shape(slot.shape.clone(), &self.data[slot.range()]).expect("a slot has its shape's length")
    }

    /// A tensor with its shape, mutable. Panics as [`Params::get`] does.
    pub fn view_mut(&mut self, name: &str) -> ArrayViewMutD<'_, T> {
        let slot = self.slot(name).clone();
        let range = slot.range();
        ArrayViewMutD::from_shape(slot.shape, &mut self.data[range]).expect("a slot has its shape's length")
    }

    /// The same parameters in another float type.
    pub fn cast<U: Real>(&self) -> Params<U, C> {
        Params {
            config: self.config.clone(),
            slots: self.slots.clone(),
            data: self.data.iter().map(|x| U::of(x.f64())).collect(),
        }
    }
}
