//! The shape of a model that classifies.

use super::{ram, reader};
use crate::error::{Error, Result};
use crate::layers::Tensor;
use crate::params::Shape;
use serde::{Deserialize, Serialize};

/// What a weights file says that its model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Telling which class an image belongs to.
    Classification,
}

/// How RAM's places are learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// The score function, with a learned baseline: the reward is 1 for the right class.
    Reinforce,
    /// The reparameterised draw, through a sensor that is differentiable in its place.
    Pathwise,
}

/// What a model looks with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Eye {
    /// DRAW's grid of Gaussian filters (equations 19 to 27), of the image alone.
    Read,
    /// Squares around a place, each twice as wide as the one before and all of N×N cells.
    Retina {
        /// Squares.
        scales: usize,
        /// Of a place around its mean, where the image goes from −1 to 1.
        deviation: f64,
        /// How places are learnt.
        estimator: Estimator,
    },
}

/// The shape of a model that classifies. Written as JSON into the metadata of a weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the model is for, which tells its files from a DRAW model's.
    pub task: Task,
    /// Image width A, in pixels.
    pub width: usize,
    /// Image height B, in pixels.
    pub height: usize,
    /// Glimpses T.
    pub glimpses: usize,
    /// Units H of the LSTM.
    pub hidden: usize,
    /// Side N of what a glimpse sees.
    pub patch: usize,
    /// Classes that an image may belong to.
    pub classes: usize,
    /// What a glimpse sees with.
    pub eye: Eye,
}

/// Preset names.
pub const PRESETS: &[&str] = &["cluttered", "cluttered-4", "ram", "ram-4", "ram-pathwise"];

impl Config {
    /// A preset by name: `cluttered` is the paper's model of 8 glimpses, `ram` the one it is compared with.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such preset.
    pub fn preset(name: &str) -> Result<Config> {
        let cluttered = Config {
            task: Task::Classification,
            width: 100,
            height: 100,
            glimpses: 8,
            hidden: 256,
            patch: 12,
            classes: 10,
            eye: Eye::Read,
        };
        let ram = |glimpses, estimator| Config {
            glimpses,
            eye: Eye::Retina { scales: 4, deviation: 0.1, estimator },
            ..cluttered.clone()
        };
        Ok(match name {
            "cluttered" => cluttered,
            "cluttered-4" => Config { glimpses: 4, ..cluttered },
            "ram" => ram(8, Estimator::Reinforce),
            "ram-4" => ram(4, Estimator::Reinforce),
            "ram-pathwise" => ram(8, Estimator::Pathwise),
            _ => {
                let known = PRESETS.join(", ");
                return Err(Error::Config(format!("no preset is named '{name}'; expected one of {known}")));
            }
        })
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.width.saturating_mul(self.height)
    }

    /// Values that a glimpse sees.
    pub fn seen(&self) -> usize {
        let scales = if let Eye::Retina { scales, .. } = self.eye { scales } else { 1 };
        scales * self.patch * self.patch
    }
}

impl Shape for Config {
    const TASKS: &'static [&'static str] = &["classification"];

    fn validate(&self) -> Result<()> {
        let scales = if let Eye::Retina { scales, .. } = self.eye { scales } else { 1 };
        let fields = [
            ("width", self.width, 1, 1024),
            ("height", self.height, 1, 1024),
            ("glimpses", self.glimpses, 1, 1024),
            ("hidden", self.hidden, 1, 4096),
            ("patch", self.patch, 1, 64),
            ("classes", self.classes, 2, 256),
            ("scales", scales, 1, 8),
        ];
        for (name, value, least, most) in fields {
            if !(least..=most).contains(&value) {
                return Err(Error::Config(format!("{name} is {value}; expected {least} to {most}")));
            }
        }
        if let Eye::Retina { deviation, .. } = self.eye
            && !(1e-3..=1.0).contains(&deviation)
        {
            return Err(Error::Config(format!("deviation is {deviation}; expected 0.001 to 1")));
        }
        Ok(())
    }

    fn tensors(&self) -> Vec<Tensor> {
        match self.eye {
            Eye::Read => reader::tensors(self),
            Eye::Retina { scales, .. } => ram::tensors(self, scales),
        }
    }

    fn image(&self) -> [usize; 3] {
        [self.width, self.height, 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid_and_named() {
        for name in PRESETS {
            let config = Config::preset(name).unwrap();
            config.validate().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config, "{json}");
        }
        assert!(Config::preset("rum").unwrap_err().to_string().contains("ram-pathwise"));
    }
}
