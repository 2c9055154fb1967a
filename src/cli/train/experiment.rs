//! What the command line asks of a task beyond its training.

use super::super::{Failure, Outcome, files, images, labelled};
use super::arguments::Train;
use attentive_writer::data::{Dataset, Jitter};
use attentive_writer::lab::codes;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::{Params, Shape};
use attentive_writer::train::{Settings, Source, Task, Trainer};
use attentive_writer::{Config, Error, Result, draw, eval, look, weights};
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::Path;

pub trait Experiment: Task {
    type Data: Source<Self::Label>;
    /// What validation is on: images that stay.
    type HeldOut;
    /// What a validation finds.
    type Found: Serialize;
    /// Its names.
    const VALIDATION: &'static [&'static str];

    /// A preset's shape, with what the arguments change of it.
    fn preset(name: &str, arguments: &Train) -> Result<Self::Shape>;

    /// The training data and those of validation, for a model of this shape.
    fn data(
        arguments: &Train,
        shape: &Self::Shape,
        trained: Option<&Params<f32, Self::Shape>>,
    ) -> Outcome<(Self::Data, Option<Self::HeldOut>)>;

    /// A new model for these data.
    fn begin(shape: &Self::Shape, settings: Settings, data: &Self::Data) -> Outcome<Trainer<Self>>;

    /// Trained weights, which were read from a file.
    fn weights(path: &Path, bytes: &[u8]) -> Outcome<Params<f32, Self::Shape>>;

    /// The weights to keep of what was trained: with all that is made after the last step.
    fn finished(average: &Params<f32, Self::Shape>, _: &Self::Data) -> Result<Params<f32, Self::Shape>> {
        Ok(average.clone())
    }

    /// What validation finds, and in words.
    fn validate(
        trainer: &Trainer<Self>,
        data: &Self::HeldOut,
        progress: impl Fn(usize) -> ControlFlow<()> + Sync,
    ) -> Result<(Self::Found, String)>;

    /// Losses in words.
    fn words(losses: Self::Losses) -> String;
}

/// The bound on the validation images.
#[derive(Serialize)]
pub struct Bound {
    pub validation_nats: f64,
    pub validation_reconstruction_nats: f64,
    pub validation_kl_nats: f64,
}

impl Experiment for Draw<f32> {
    type Data = images::Data;
    type HeldOut = Dataset;
    type Found = Bound;
    const VALIDATION: &'static [&'static str] =
        &["validation_nats", "validation_reconstruction_nats", "validation_kl_nats"];

    fn preset(name: &str, arguments: &Train) -> Result<Config> {
        let preset = Config::preset(name)?;
        let [width, height, channels] = arguments.image.unwrap_or(preset.image());
        let glimpses = arguments.glimpses.unwrap_or(preset.glimpses);
        let config = Config { width, height, channels, glimpses, ..preset };
        config.validate()?;
        Ok(config)
    }

    fn data(
        arguments: &Train,
        shape: &Config,
        trained: Option<&Params<f32>>,
    ) -> Outcome<(images::Data, Option<Dataset>)> {
        let Train { data, shape: hints, limit, .. } = arguments;
        images::training(data, hints, *limit, arguments.jitter(), shape, trained)
    }

    fn begin(shape: &Config, settings: Settings, data: &images::Data) -> Outcome<Trainer> {
        Ok(Trainer::new(shape, settings, Some(&data.mean()?))?)
    }

    fn weights(path: &Path, bytes: &[u8]) -> Outcome<Params<f32>> {
        Ok(files::whole_model(path, bytes, None)?.params)
    }

    fn finished(average: &Params<f32>, data: &images::Data) -> Result<Params<f32>> {
        let mut params = average.clone();
        if !params.config().variational {
            codes::fit(&mut params, data)?;
        }
        Ok(params)
    }

    fn validate(
        trainer: &Trainer,
        data: &Dataset,
        progress: impl Fn(usize) -> ControlFlow<()> + Sync,
    ) -> Result<(Bound, String)> {
        let model = Draw::new(trainer.average(), Purpose::Read)?;
        let bound = eval::bound(&model, data, 1, 0, trainer.settings().threads, progress)?;
        let words = format!("{:.2} nats", bound.nll_bound_nats);
        let found = Bound {
            validation_nats: bound.nll_bound_nats,
            validation_reconstruction_nats: bound.reconstruction_nats,
            validation_kl_nats: bound.kl_nats,
        };
        Ok((found, words))
    }

    fn words(losses: draw::Losses) -> String {
        let draw::Losses { reconstruction_nats: reconstruction, kl_nats: kl } = losses;
        format!("loss {:.2} = {reconstruction:.2} + {kl:.2} nats", reconstruction + kl)
    }
}

/// The error on the validation images.
#[derive(Serialize)]
pub struct Wrong {
    validation_error_rate: f64,
    validation_cross_entropy_nats: f64,
}

impl Experiment for look::Model<f32> {
    type Data = labelled::Data;
    type HeldOut = labelled::Data;
    type Found = Wrong;
    const VALIDATION: &'static [&'static str] = &["validation_error_rate", "validation_cross_entropy_nats"];

    fn preset(name: &str, arguments: &Train) -> Result<look::Config> {
        let preset = look::Config::preset(name)?;
        let [width, height, channels] = arguments.image.unwrap_or(preset.image());
        if channels != 1 {
            let text = format!("{name} looks at grey images; expected --image {width}x{height}");
            return Err(Error::Config(text));
        }
        let glimpses = arguments.glimpses.unwrap_or(preset.glimpses);
        let config = look::Config { width, height, glimpses, ..preset };
        config.validate()?;
        Ok(config)
    }

    fn data(
        arguments: &Train,
        shape: &look::Config,
        _: Option<&Params<f32, look::Config>>,
    ) -> Outcome<(labelled::Data, Option<labelled::Data>)> {
        if arguments.jitter() != Jitter::default() {
            return Err(Failure("a classifier's images do not change; expected no --shift and no --colour".to_owned()));
        }
        labelled::training(&arguments.data, &arguments.shape, shape, arguments.limit)
    }

    fn begin(shape: &look::Config, settings: Settings, _: &labelled::Data) -> Outcome<Trainer<Self>> {
        Ok(Trainer::fresh(shape, settings)?)
    }

    fn weights(path: &Path, bytes: &[u8]) -> Outcome<Params<f32, look::Config>> {
        weights::load_task(bytes).map_err(|e| files::at(path, e))
    }

    fn validate(
        trainer: &Trainer<Self>,
        data: &labelled::Data,
        progress: impl Fn(usize) -> ControlFlow<()> + Sync,
    ) -> Result<(Wrong, String)> {
        let model = look::Model::new(trainer.average(), None);
        let found = look::errors(&model, data, 0, trainer.settings().threads, progress)?;
        let words = format!("error {:.2} %, {:.4} nats", 100.0 * found.error_rate, found.cross_entropy_nats);
        let found =
            Wrong { validation_error_rate: found.error_rate, validation_cross_entropy_nats: found.cross_entropy_nats };
        Ok((found, words))
    }

    fn words(losses: look::Losses) -> String {
        format!("loss {:.4} nats, error {:.2} %", losses.cross_entropy_nats, 100.0 * losses.error_rate)
    }
}
