//! `train`: what is asked for is checked whole, then [`run`] does it.

mod arguments;
mod experiment;
mod log;
mod plan;
mod run;
mod stop;

pub use arguments::Train;

use super::{Failure, Outcome, files, output, progress, tell};
use arguments::PRESET;
use attentive_writer::model::Draw;
use attentive_writer::train::{Settings, Source, Trainer, checkpoint};
use attentive_writer::{config, look};
use experiment::Experiment;
use log::{Lines, Log};
use plan::{End, Plan};
use run::{Recent, Run};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stop::Stop;

/// A trainer with its data and those of validation.
type Begun<E> = (Trainer<E>, <E as Experiment>::Data, Option<<E as Experiment>::HeldOut>);

/// Whether there is a preset of a name, of either kind.
fn known(name: &str) -> Outcome {
    let all = [config::PRESETS, look::PRESETS].concat();
    if all.contains(&name) {
        return Ok(());
    }
    Err(Failure(format!("no preset is named '{name}'; expected one of {}", all.join(", "))))
}

impl Train {
    /// Trains to the end, or to a signal; the exit code says which.
    ///
    /// # Errors
    /// What is wrong with the arguments or the files, before anything is written; or what failed on the way.
    pub fn run(self) -> Outcome<ExitCode> {
        if let Some(name) = &self.preset {
            known(name)?;
        }
        let resumed = self.resume.as_deref().map(|path| files::read(path).map(|bytes| (path, bytes))).transpose()?;
        let looks = match (&self.preset, &resumed) {
            (_, Some((_, bytes))) => files::classifies(bytes),
            (Some(name), None) => look::PRESETS.contains(&&**name),
            (None, None) => false,
        };
        if looks { self.of::<look::Model<f32>>(resumed.as_ref()) } else { self.of::<Draw<f32>>(resumed.as_ref()) }
    }

    fn of<E: Experiment>(&self, resumed: Option<&(&Path, Vec<u8>)>) -> Outcome<ExitCode> {
        let checkpoint = self.checkpoint()?;
        let (trainer, data, validation) = self.trainer::<E>(resumed)?;
        let plan = Plan::new(self, trainer.settings(), trainer.steps(), data.len())?;
        for path in [&self.out, &checkpoint] {
            output::Output::regular(path, "since training writes it again and again")?;
        }
        // Two names for weights may have one for their checkpoint.
        let _claims = [output::claim(&self.out)?, output::claim(&checkpoint)?];
        let log = self.log.as_deref().map(Log::open::<E>).transpose()?;
        self.set_aside(&checkpoint)?;
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
        Run { arguments: self, trainer, data, validation, plan, checkpoint, lines, stop, recent, began }.run()
    }

    /// Where the state of training goes, beside the weights.
    fn checkpoint(&self) -> Outcome<PathBuf> {
        output::ending(&self.out, &["safetensors"])?;
        let checkpoint = self.out.with_extension("checkpoint");
        if let Some(log) = &self.log {
            let read = [Some(&self.data), self.resume.as_ref()].into_iter().flatten().collect();
            for (others, does) in [(vec![&self.out, &checkpoint], "writes"), (read, "reads")] {
                if others.into_iter().any(|other| output::same(log, other)) {
                    return Err(files::at(log, format!("is a file that training {does}; expected another for --log")));
                }
            }
        }
        Ok(checkpoint)
    }

    /// What another training left under this name is kept, under another, until there is a third.
    fn set_aside(&self, checkpoint: &Path) -> Outcome {
        if !checkpoint.is_file() || self.resume.as_deref().is_some_and(|resume| output::same(resume, checkpoint)) {
            return Ok(());
        }
        let earlier = checkpoint.with_extension("earlier.checkpoint");
        std::fs::rename(checkpoint, &earlier).map_err(|e| files::at(checkpoint, e))?;
        files::note(checkpoint, format!("was of another training, which is now {}", earlier.display()));
        Ok(())
    }

    /// A trainer, new or going on, with its data and those of validation.
    fn trainer<E: Experiment>(&self, resumed: Option<&(&Path, Vec<u8>)>) -> Outcome<Begun<E>> {
        let Some((path, bytes)) = resumed else {
            let shape = E::preset(self.preset.as_deref().unwrap_or(PRESET), self)?;
            let (data, validation) = E::data(self, &shape, None)?;
            return Ok((E::begin(&shape, self.settings(Settings::default()), &data)?, data, validation));
        };
        let trainer = if checkpoint::is_checkpoint(bytes) {
            self.resumed::<E>(path, bytes)?
        } else {
            Trainer::tune(E::weights(path, bytes)?, self.settings(Settings::default()))?
        };
        // A preset of the other kind has no shape here.
        if let Some(preset) = &self.preset
            && E::preset(preset, self).ok().is_none_or(|shape| shape != *trainer.config())
        {
            let what = format!("is of another model than --preset {preset}; expected no --preset, or its own");
            return Err(files::at(path, what));
        }
        let (data, validation) = E::data(self, trainer.config(), Some(trainer.average()))?;
        Ok((trainer, data, validation))
    }

    fn resumed<E: Experiment>(&self, path: &Path, bytes: &[u8]) -> Outcome<Trainer<E>> {
        checkpoint::load_task(bytes, |settings| self.settings(settings)).map_err(|e| files::at(path, e))
    }
}
