//! `train`: what is asked for is checked whole, then [`run`] does it.

mod arguments;
mod log;
mod plan;
mod run;
mod stop;

pub use arguments::Train;

use super::files::{self, Split};
use super::{Failure, Outcome, output, progress, tell};
use arguments::PRESET;
use attentive_writer::data::Dataset;
use attentive_writer::train::{Settings, Trainer, checkpoint};
use attentive_writer::{Config, Error};
use log::{Lines, Log};
use plan::{End, Plan};
use run::{Recent, Run};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stop::Stop;

impl Train {
    /// Trains to the end, or to a signal; the exit code says which.
    ///
    /// # Errors
    /// What is wrong with the arguments or the files, before anything is written; or what failed on the way.
    pub fn run(self) -> Outcome<ExitCode> {
        let checkpoint = self.checkpoint()?;
        let images = files::dataset(&self.data, Split::Train, &self.shape, self.limit)?;
        let trainer = self.trainer(&images.data)?;
        let data = images.fit(trainer.config(), self.resume.as_ref().map(|_| trainer.average()))?;
        let validation = Split::Validation
            .find(&self.data)
            .map(|path| files::dataset(&path, Split::Validation, &self.shape, None)?.fit(trainer.config(), None));
        let validation = validation.transpose()?;
        let plan = Plan::new(&self, trainer.settings(), trainer.steps(), data.len())?;
        for path in [&self.out, &checkpoint] {
            output::Output::regular(path, "since training writes it again and again")?;
        }
        // Two names for weights may have one for their checkpoint.
        let _claims = [output::claim(&self.out)?, output::claim(&checkpoint)?];
        let log = self.log.as_deref().map(Log::open).transpose()?;
        let stop = Stop::listen()?;
        tell(plan.words(trainer.settings(), trainer.steps(), data.len()));
        let bar = match plan.end {
            End::Step(last) => progress(last, "steps"),
            End::Seconds(limit) => progress(limit as u64, "s"),
        };
        if self.json {
            bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let lines = Lines { json: self.json, log, bar };
        let (data, validation, recent) = (&data, validation.as_ref(), Recent::new());
        let began = trainer.steps();
        Run { arguments: &self, trainer, data, validation, plan, checkpoint, lines, stop, recent, began }.run()
    }

    /// Where the state of training goes, beside the weights.
    fn checkpoint(&self) -> Outcome<PathBuf> {
        output::ending(&self.out, &["safetensors"])?;
        let checkpoint = self.out.with_extension("checkpoint");
        if self.log.as_ref().is_some_and(|log| *log == self.out || *log == checkpoint) {
            return Err(Failure(format!("--log is a file that training writes: {}", self.out.display())));
        }
        Ok(checkpoint)
    }

    fn trainer(&self, data: &Dataset) -> Outcome<Trainer> {
        let Some(path) = &self.resume else {
            let mut config = Config::preset(self.preset.as_deref().unwrap_or(PRESET))?;
            config.glimpses = self.glimpses.unwrap_or(config.glimpses);
            data.expect_size(&config).map_err(|e| files::at(&self.data, e))?;
            return Ok(Trainer::new(&config, self.settings(Settings::default()), Some(&data.mean()))?);
        };
        let bytes = files::read(path)?;
        let trainer = if checkpoint::is_checkpoint(&bytes) {
            self.resumed(path, &bytes)?
        } else {
            let loaded = files::model(path)?;
            if !loaded.has_encoder() {
                return Err(files::at(path, "holds the decoder half alone; training needs the encoder half too"));
            }
            Trainer::from_params(loaded.params, self.settings(Settings::default()))?
        };
        if let Some(preset) = &self.preset
            && Config::preset(preset)? != *trainer.config()
        {
            let what = format!("is of another model than --preset {preset}; expected no --preset, or its own");
            return Err(files::at(path, what));
        }
        Ok(trainer)
    }

    fn resumed(&self, path: &Path, bytes: &[u8]) -> Outcome<Trainer> {
        checkpoint::load_with(bytes, |settings| self.settings(settings)).map_err(|e| match e {
            Error::Argument { what: "precision", .. } if self.precision.is_none() => files::at(
                path,
                "was trained in bf16, which this CPU lacks or gains nothing by; go on with --precision f32",
            ),
            e => files::at(path, e),
        })
    }
}
