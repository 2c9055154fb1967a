//! The shape of a model, and presets named after the paper's experiments (its Table 3).

use crate::budget::product;
use crate::draw::model;
use crate::error::{Error, Result};
use crate::layers::{Tensor, attention};
pub use crate::likelihood::Likelihood;
use crate::likelihood::Values;
use crate::params::Shape;
use serde::{Deserialize, Serialize};

/// The shape of a DRAW model. Written as JSON into the metadata of a weights file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Image width A, in pixels.
    pub width: usize,
    /// Image height B, in pixels.
    pub height: usize,
    /// Colour channels C.
    pub channels: usize,
    /// Glimpses T.
    pub glimpses: usize,
    /// Units H of the encoder LSTM and of the decoder LSTM.
    pub hidden: usize,
    /// Latent dimensions Z at each glimpse.
    pub latent: usize,
    /// Side N of the read patch; unused without attention.
    pub read_patch: usize,
    /// Side N of the write patch; unused without attention.
    pub write_patch: usize,
    /// Whether read and write are through Gaussian filterbanks (section 3.2) or whole (section 3.1).
    pub attention: bool,
    /// What a canvas says of an image: p(x | canvas), equation 9.
    pub likelihood: Likelihood,
    /// Whether z is drawn from q, and q's divergence from the prior is paid for. Otherwise the model is a plain
    /// autoencoder: z is q's mean, the loss is the reconstruction alone, and a Gaussian that was fitted to its codes is
    /// in its file.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub variational: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// The most numbers of a plain autoencoder's code, whose covariance is in its file.
const MOST_CODE: usize = 1024;

/// Preset names, for `--preset` and for messages.
pub const PRESETS: &[&str] = &[
    "mnist",
    "mnist-no-attention",
    "mnist-two-digits",
    "mnist-small",
    "svhn",
    "svhn-32",
    "cifar",
    "autoencoder",
    "vae",
];

impl Config {
    /// A preset by name: `mnist` is the paper's model of 64 glimpses.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such preset.
    pub fn preset(name: &str) -> Result<Config> {
        let mnist = Config {
            width: 28,
            height: 28,
            channels: 1,
            glimpses: 64,
            hidden: 256,
            latent: 100,
            read_patch: 2,
            write_patch: 5,
            attention: true,
            likelihood: Likelihood::Bernoulli,
            variational: true,
        };
        let small = Config { glimpses: 10, hidden: 128, latent: 10, read_patch: 5, ..mnist.clone() };
        let colour = |size: usize, likelihood, glimpses, hidden, latent, patch| Config {
            width: size,
            height: size,
            channels: 3,
            glimpses,
            hidden,
            latent,
            read_patch: patch,
            write_patch: patch,
            likelihood,
            ..mnist.clone()
        };
        Ok(match name {
            "mnist" => mnist,
            "mnist-no-attention" => Config { attention: false, ..mnist },
            "mnist-two-digits" => Config { width: 60, height: 60, ..mnist },
            "mnist-small" => small,
            "svhn" => colour(54, Likelihood::Intensities, 32, 800, 100, 12),
            "svhn-32" => colour(32, Likelihood::Logistic, 32, 320, 100, 6),
            "cifar" => colour(32, Likelihood::Logistic, 64, 400, 200, 5),
            // The small model's 100 numbers an image, without noise and divergence; and all of them at once.
            "autoencoder" => Config { variational: false, ..small },
            "vae" => Config { glimpses: 1, latent: 100, attention: false, ..small },
            _ => {
                let known = PRESETS.join(", ");
                return Err(Error::Config(format!("no preset is named '{name}'; expected one of {known}")));
            }
        })
    }

    /// Checks every dimension.
    ///
    /// # Errors
    /// [`Error::Config`] names the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let fields = [
            ("width", self.width, 1024),
            ("height", self.height, 1024),
            ("channels", self.channels, 4),
            ("glimpses", self.glimpses, 1024),
            ("hidden", self.hidden, 4096),
            ("latent", self.latent, 4096),
            ("read_patch", self.read_patch, 64),
            ("write_patch", self.write_patch, 64),
        ];
        for (name, value, limit) in fields {
            if value == 0 || value > limit {
                return Err(Error::Config(format!("{name} is {value}; expected 1 to {limit}")));
            }
        }
        if !self.variational && self.code_len() > MOST_CODE {
            let code = self.code_len();
            return Err(Error::Config(format!(
                "a plain autoencoder's code has {code} numbers; expected 1 to {MOST_CODE}"
            )));
        }
        Ok(())
    }

    /// Parameters of the whole model. For dimensions that are out of range the largest number may stand.
    pub fn parameters(&self) -> u64 {
        Shape::parameters(self)
    }

    /// Numbers of an image's latents, over all glimpses.
    pub fn code_len(&self) -> usize {
        self.glimpses.saturating_mul(self.latent)
    }

    /// Pixels times channels.
    pub fn pixels(&self) -> usize {
        usize::try_from(product(&[self.channels, self.height, self.width])).unwrap_or(usize::MAX)
    }

    /// Values of a canvas: as many planes as the likelihood takes for each channel.
    pub fn canvas_len(&self) -> usize {
        self.pixels().saturating_mul(self.likelihood.planes())
    }

    /// Planes of a canvas.
    pub fn planes(&self) -> usize {
        self.channels.saturating_mul(self.likelihood.planes())
    }

    /// Floating-point operations of a training step's matrix products, for one image: forward, and twice that
    /// backward.
    pub fn training_flops(&self) -> u64 {
        let [h, z, t, once] = [self.hidden, self.latent, self.glimpses, self.read_static()].map(|n| n as u64);
        let windows = if self.attention { 2 * attention::WINDOW_LEN as u64 } else { 0 };
        let encoder = (self.read_len() as u64 - once + 2 * h) * 4 * h + h * 2 * z;
        let decoder = (z + h) * 4 * h + h * (windows + self.write_len() as u64);
        // What is read once has no gradient of its own.
        6 * t * (encoder + decoder) + 4 * once * 4 * h
    }

    /// Elements that a read gives: of the image and of the error image.
    pub fn read_len(&self) -> usize {
        if self.attention { 2 * self.channels * self.read_patch * self.read_patch } else { 2 * self.pixels() }
    }

    /// The first elements of a read that are the same at every glimpse: without attention, the image.
    pub(crate) fn read_static(&self) -> usize {
        if self.attention { 0 } else { self.pixels() }
    }

    /// Elements that the decoder emits for a write.
    pub fn write_len(&self) -> usize {
        if self.attention { self.planes() * self.write_patch * self.write_patch } else { self.canvas_len() }
    }

    /// Of those, the first, which go to the means: all, but for a likelihood with a scale for each.
    pub(crate) fn written_means(&self) -> usize {
        self.write_len() / self.likelihood.planes()
    }
}

impl Shape for Config {
    const TASKS: &'static [&'static str] = &[crate::weights::GENERATION];

    fn validate(&self) -> Result<()> {
        Config::validate(self)
    }

    fn tensors(&self) -> Vec<Tensor> {
        model::tensors(self)
    }

    fn image(&self) -> [usize; 3] {
        [self.width, self.height, self.channels]
    }

    fn values(&self) -> Values {
        self.likelihood.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid_and_named() {
        for name in PRESETS {
            Config::preset(name).unwrap().validate().unwrap();
        }
        let error = Config::preset("minst").unwrap_err().to_string();
        assert!(error.contains("minst") && error.contains("mnist-small"), "{error}");
    }

    #[test]
    fn costs_are_right_beyond_32_bits() {
        let at = |size, attention| Config { width: size, height: size, attention, ..Config::preset("mnist").unwrap() };
        assert_eq!(Config::preset("mnist").unwrap().parameters(), 960_251);
        assert_eq!(at(448, false).parameters(), 463_765_704);
        let mega = |c: Config| (c.training_flops() as f64 / 1e6).round();
        assert_eq!([mega(at(28, true)), mega(at(224, false)), mega(at(448, false))], [368.0, 25_229.0, 99_833.0]);
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let c = Config { hidden: usize::MAX, ..Config::preset("mnist").unwrap() };
        assert!(c.validate().unwrap_err().to_string().contains("hidden"));
    }
}
