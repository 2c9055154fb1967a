//! The parameters of a model: one flat vector, with a name and a shape for each tensor in it.

use crate::attention::WINDOW_LEN;
use crate::budget::{MODEL, product, zeros};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::noise;
use ndarray::{ArrayViewD, ArrayViewMutD};
use rand_distr::{Distribution, Uniform};

/// A tensor's place in the flat vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub name: &'static str,
    pub shape: Vec<usize>,
    pub offset: usize,
}

impl Slot {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// Names and shapes of a model's tensors, decoder half first, as in the weights file: matrices are `[out, in]`, LSTM
/// gates in order i, f, g, o.
pub fn shapes(c: &Config) -> Vec<(&'static str, Vec<usize>)> {
    let gates = c.hidden.saturating_mul(4);
    let window = |name: [&'static str; 2]| {
        let shapes = [vec![WINDOW_LEN, c.hidden], vec![WINDOW_LEN]];
        name.into_iter().zip(shapes).filter(|_| c.attention)
    };
    let mut shapes = vec![
        ("canvas", vec![c.channels, c.height, c.width]),
        ("decoder.weight_ih", vec![gates, c.latent]),
        ("decoder.weight_hh", vec![gates, c.hidden]),
        ("decoder.bias", vec![gates]),
    ];
    shapes.extend(window(["write.weight", "write.bias"]));
    shapes.extend([
        ("patch.weight", vec![c.write_len(), c.hidden]),
        ("patch.bias", vec![c.write_len()]),
        ("encoder.weight_ih", vec![gates, c.read_len().saturating_add(c.hidden)]),
        ("encoder.weight_hh", vec![gates, c.hidden]),
        ("encoder.bias", vec![gates]),
        ("latent.weight", vec![c.latent.saturating_mul(2), c.hidden]),
        ("latent.bias", vec![c.latent.saturating_mul(2)]),
    ]);
    shapes.extend(window(["read.weight", "read.bias"]));
    shapes
}

/// The tensors of a model, or of its decoder half alone, one after the other.
fn layout(c: &Config, half: bool) -> Vec<Slot> {
    let mut offset = 0;
    let shapes = shapes(c).into_iter().filter(|(name, _)| !half || in_decoder_half(name));
    let slots = shapes.map(|(name, shape)| {
        let slot = Slot { name, shape, offset };
        offset += slot.len();
        slot
    });
    slots.collect()
}

/// Whether a tensor belongs to the decoder half, which is enough to draw.
pub fn in_decoder_half(name: &str) -> bool {
    !["encoder.", "latent.", "read."].iter().any(|p| name.starts_with(p))
}

/// The parameters of a model, or of its decoder half alone; or a gradient or moment of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<T> {
    config: Config,
    slots: Vec<Slot>,
    pub(crate) data: Vec<T>,
}

impl<T: Real> Params<T> {
    /// All zero.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::Argument`] if the model is larger than
    /// [`MODEL`](crate::budget::MODEL) allows.
    pub fn zeros(config: &Config) -> Result<Self> {
        Self::zeros_of(config, false)
    }

    /// The decoder half alone, all zero: enough to draw.
    ///
    /// # Errors
    /// As [`Params::zeros`].
    pub fn decoder_zeros(config: &Config) -> Result<Self> {
        Self::zeros_of(config, true)
    }

    fn zeros_of(config: &Config, half: bool) -> Result<Self> {
        config.validate()?;
        let held = shapes(config).into_iter().filter(|(name, _)| !half || in_decoder_half(name));
        let len = held.fold(0u64, |sum, (_, shape)| sum.saturating_add(product(&shape)));
        MODEL.check([], |[]| len.saturating_mul(size_of::<T>() as u64))?;
        Ok(Params { config: config.clone(), data: zeros(len)?, slots: layout(config, half) })
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
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

    /// Whether the encoder half is there too.
    pub fn has_encoder(&self) -> bool {
        self.slots.iter().any(|s| !in_decoder_half(s.name))
    }

    /// A fresh model: weights uniform in ±1/√H and forget biases 1, as is usual for LSTMs. With
    /// attention the windows start with a stride of a quarter of what fits the image, a Gaussian
    /// half as wide as that stride so that no pixel between filters is missed, and a write gain
    /// above 1 (`log γ̂ = -1.5`) so that the first strokes are felt. `mean`, if given, is the
    /// data's mean image `[C, B, A]`, whose logits the canvas starts at.
    ///
    /// # Errors
    /// [`Error::Config`] for a bad configuration, [`Error::Argument`] for a mean of another size.
    pub fn init(config: &Config, seed: u64, mean: Option<&[T]>) -> Result<Self> {
        let mut params = Self::zeros(config)?;
        let (c, bound) = (config, 1.0 / (config.hidden as f64).sqrt());
        let uniform = Uniform::new(-bound, bound).expect("a finite, positive bound");
        for (i, slot) in layout(c, false).iter().enumerate() {
            let values = &mut params.data[slot.range()];
            let mut rng = noise::rng(seed, noise::INIT, i as u64);
            if slot.name.ends_with("weight") || slot.name.contains("weight_") {
                values.fill_with(|| T::of(uniform.sample(&mut rng)));
            } else if slot.name == "decoder.bias" || slot.name == "encoder.bias" {
                values[c.hidden..2 * c.hidden].fill(T::one());
            } else if slot.name == "canvas" {
                if let Some(mean) = mean {
                    if mean.len() != values.len() {
                        return Err(Error::argument("mean image", mean.len(), format!("{} values", values.len())));
                    }
                    for (v, m) in values.iter_mut().zip(mean) {
                        let m = m.f64().clamp(0.01, 0.99);
                        *v = T::of((m / (1.0 - m)).ln());
                    }
                }
            } else if slot.name == "write.bias" || slot.name == "read.bias" {
                let n = if slot.name == "read.bias" { c.read_patch } else { c.write_patch };
                let log_delta = 0.25f64.ln();
                let stride = crate::attention::stride(c.width.max(c.height), n, 0.25);
                let gain = if slot.name == "read.bias" { 0.0 } else { -1.5 };
                let sigma2 = 2.0 * (stride / 2.0).max(0.5).ln();
                values.copy_from_slice(&[0.0, 0.0, sigma2, log_delta, gain].map(T::of));
            }
        }
        Ok(params)
    }

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
    pub fn scale_matrices(&mut self, factor: T) {
        for slot in self.slots.iter().filter(|s| s.shape.len() == 2) {
            self.data[slot.range()].iter_mut().for_each(|w| *w *= factor);
        }
    }

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
    pub fn cast<U: Real>(&self) -> Params<U> {
        Params {
            config: self.config.clone(),
            slots: self.slots.clone(),
            data: self.data.iter().map(|x| U::of(x.f64())).collect(),
        }
    }
}
