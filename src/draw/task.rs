//! Generation as a task: the loss is the bound of equation 12.

use super::backprop::{self, Backprop, Factors};
use super::model::{Draw, Purpose};
use super::tape::{self, Tape};
use crate::budget::{product, sum, zeros};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::train::{self, Places, Settings, Task};
use serde::Serialize;

/// The bound's parts, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// −log p(x | canvas), equation 9.
    pub reconstruction_nats: f64,
    /// Equation 11.
    pub kl_nats: f64,
}

impl train::Losses for Losses {
    const NAMES: &'static [&'static str] = &["reconstruction_nats", "kl_nats"];

    fn total(&self) -> f64 {
        self.reconstruction_nats + self.kl_nats
    }

    fn each(&mut self) -> impl Iterator<Item = &mut f64> {
        [&mut self.reconstruction_nats, &mut self.kl_nats].into_iter()
    }
}

/// A thread's images of a batch, their tape and the backward pass.
pub struct Slice {
    tape: Tape<f32>,
    backprop: Backprop<f32>,
    images: Vec<f32>,
}

impl Task for Draw<f32> {
    type Shape = Config;
    type Label = ();
    type Losses = Losses;
    type Slice = Slice;

    fn expect(c: &Config, settings: &Settings) -> Result<()> {
        if settings.canvas_weight > 0.0 && c.likelihood.planes() > 1 {
            let expected = "0, since this likelihood's earlier canvases are not kept";
            return Err(Error::argument("canvas weight", settings.canvas_weight, expected));
        }
        if settings.verdict_weight > 0.0 {
            let expected = "0, since a model that generates gives no verdict";
            return Err(Error::argument("verdict weight", settings.verdict_weight, expected));
        }
        if settings.antithetic && !c.variational {
            return Err(Error::argument(
                "antithetic",
                true,
                "false, since a plain autoencoder draws nothing at random",
            ));
        }
        Ok(())
    }

    fn pack(params: &Params<f32>, rows: usize) -> Result<Self> {
        Draw::new(params, Purpose::Train(rows))
    }

    fn repack(&mut self, params: &Params<f32>) {
        Draw::repack(self, params);
    }

    fn bytes(c: &Config, images: usize, threads: u64) -> u64 {
        let (tape, backprop) = (tape::Lengths::of(c, images, true), backprop::Lengths::of(c, images));
        let pixels = product(&[images, c.pixels()]);
        sum(&[backprop.product.saturating_mul(threads), tape.total(), backprop.of_batch(), pixels])
            .saturating_mul(size_of::<f32>() as u64)
    }

    fn slice(&self, images: usize) -> Result<Slice> {
        Ok(Slice {
            tape: Tape::new(self, images, true)?,
            backprop: Backprop::new(self, images)?,
            images: zeros(product(&[images, self.config.pixels()]))?,
        })
    }

    fn run(&self, slice: &mut Slice, places: &Places<()>, gradient: &mut Params<f32>) -> Losses {
        let (c, Slice { tape, backprop, images }) = (&self.config, slice);
        let (z, batch) = (c.latent, tape.batch);
        for (b, image) in images.chunks_exact_mut(c.pixels()).enumerate() {
            let mut place = places.put(b, image);
            for t in 0..c.glimpses {
                place.noise(&mut tape.noise[(t * batch + b) * z..][..z]);
            }
        }
        tape.forward(self, images);
        let sum = |values: &[f32]| values.iter().map(|v| *v as f64).sum();
        let losses = Losses { reconstruction_nats: sum(&tape.reconstruction), kl_nats: sum(&tape.kl) };
        let factors = Factors { kl: 1.0, canvases: places.settings.canvas_weight as f32 };
        backprop.backward(self, tape, images, factors, gradient);
        losses
    }
}
