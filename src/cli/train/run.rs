//! The loop around [`Trainer::step`]: reports, validation, checkpoints, and the end.

use super::super::{Failure, Outcome, output, say, tell};
use super::arguments::Train;
use super::experiment::Experiment;
use super::log::{Line, Lines, Validation};
use super::plan::{End, Plan};
use super::stop::{Signal, Stop};
use attentive_writer::Error;
use attentive_writer::train::{self, Losses, Report, Trainer};
use attentive_writer::weights::{self, Format, Part};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub struct Run<'a, E: Experiment> {
    pub arguments: &'a Train,
    pub trainer: Trainer<E>,
    pub data: &'a E::Data,
    pub validation: Option<&'a E::HeldOut>,
    pub plan: Plan,
    pub checkpoint: PathBuf,
    pub lines: Lines,
    pub stop: Stop,
    pub recent: Recent<E::Losses>,
    /// The step that this run goes on from.
    pub began: u64,
}

/// The steps since the last line.
pub struct Recent<L> {
    reports: Vec<Report<L>>,
    since: Instant,
    /// Of the last step, in learning rates.
    rate: f64,
    /// Until the next line.
    pause: Duration,
}

impl<L> Recent<L> {
    /// The first line comes soon, to show that all is well.
    pub fn new() -> Self {
        Recent { reports: Vec::new(), since: Instant::now(), rate: 1.0, pause: Duration::from_secs(1) }
    }
}

impl<E: Experiment> Run<'_, E> {
    /// Runs to the end, or to a signal, and saves.
    ///
    /// # Errors
    /// If training or writing failed; what was reached is saved all the same.
    pub fn run(mut self) -> Outcome<ExitCode> {
        let ended = self.steps();
        let reported = self.report();
        self.lines.bar.finish_and_clear();
        if self.trainer.steps() == self.began {
            let signal = ended?.expect("at least one step is done, unless a signal comes before it");
            tell(format!("{} before the first step was done; nothing is written", signal.name()));
            return Ok(signal.exit_code());
        }
        self.save()?;
        let saved = format!("{} and {}", self.arguments.out.display(), self.checkpoint.display());
        let signal = ended.and_then(|signal| reported.map(|()| signal)).map_err(|Failure(text)| {
            Failure(format!("{text}; the last good state, of step {}, is in {saved}", self.trainer.steps()))
        })?;
        let step = self.trainer.steps();
        let Some(signal) = signal else {
            if !self.lines.json {
                say(format!("step {step} is in {saved}"));
            }
            return Ok(ExitCode::SUCCESS);
        };
        tell(format!("{} at step {step}, which is in {saved}; to go on:\n{}", signal.name(), self.resume_command()));
        Ok(signal.exit_code())
    }

    fn steps(&mut self) -> Outcome<Option<Signal>> {
        let mut saved = Instant::now();
        loop {
            let seconds = self.plan.seconds();
            if let Some(signal) = self.stop.signal() {
                return Ok(Some(signal));
            }
            if self.trainer.steps() > self.began && self.plan.is_over(self.trainer.steps(), seconds) {
                return Ok(None);
            }
            let epoch = self.plan.epoch(self.trainer.steps()).floor();
            self.recent.rate = self.plan.rate(self.trainer.steps(), seconds);
            let report = self.trainer.step(self.data, self.recent.rate)?;
            self.recent.reports.push(report);
            self.show(&report, seconds);
            if self.recent.since.elapsed() > self.recent.pause {
                self.report()?;
            }
            if self.plan.epoch(self.trainer.steps()).floor() > epoch {
                self.aside(Self::validate)?;
            }
            if saved.elapsed().as_secs_f64() >= 60.0 * self.arguments.checkpoint_minutes {
                // A disk that is full now may have room again at the next.
                self.aside(|run| {
                    run.save().or_else(|Failure(text)| {
                        run.lines.bar.suspend(|| tell(format!("warning: {text}; training goes on")));
                        Ok(())
                    })
                })?;
                saved = Instant::now();
            }
        }
    }

    /// Does what is no training, and does not count its time as such.
    fn aside(&mut self, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let start = Instant::now();
        let outcome = work(self);
        self.recent.since += start.elapsed();
        outcome
    }

    fn show(&self, report: &Report<E::Losses>, seconds: f64) {
        let bar = &self.lines.bar;
        bar.set_position(if let End::Seconds(_) = self.plan.end { seconds as u64 } else { report.step });
        bar.set_message(format!("{:.1} nats", report.loss_nats));
    }

    fn save(&self) -> Outcome {
        let weights = E::finished(self.trainer.average(), self.data)?;
        output::write(&self.arguments.out, &weights::save(&weights, Format::F32, Part::All)?)?;
        output::write(&self.checkpoint, &train::checkpoint::save(&self.trainer)?)
    }

    /// A line on the steps since the last one, if there are any.
    fn report(&mut self) -> Outcome {
        let Recent { reports, since, rate, .. } = &self.recent;
        if reports.is_empty() {
            return Ok(());
        }
        let mean = |f: fn(&Report<E::Losses>) -> f64| reports.iter().map(f).sum::<f64>() / reports.len() as f64;
        let settings = &self.trainer.settings();
        let line = Line {
            step: self.trainer.steps(),
            epoch: self.plan.epoch(self.trainer.steps()),
            examples_per_second: (reports.len() * settings.batch) as f64 / since.elapsed().as_secs_f64(),
            loss_nats: mean(|r| r.loss_nats),
            losses: reports.iter().fold(E::Losses::default(), |sum, r| sum.plus(r.losses)).over(reports.len() as f64),
            gradient_norm: mean(|r| r.gradient_norm),
            learning_rate: rate * settings.learning_rate,
        };
        let words = E::words(line.losses);
        let text =
            format!("step {}  epoch {:.2}  {words}  {:.0} examples/s", line.step, line.epoch, line.examples_per_second);
        // On a terminal the bar tells in between.
        let often = self.lines.json || !std::io::stdout().is_terminal();
        self.recent = Recent { pause: Duration::from_secs(if often { 5 } else { 30 }), ..Recent::new() };
        self.lines.put(&line, &text)
    }

    /// A line on the validation images, if there are any. A signal ends the pass, without a line.
    fn validate(&mut self) -> Outcome {
        let Some(data) = self.validation else { return Ok(()) };
        let progress = |_| self.stop.signal().map_or(ControlFlow::Continue(()), |_| ControlFlow::Break(()));
        let (found, words) = match E::validate(&self.trainer, data, progress) {
            Err(Error::Stopped) => return Ok(()),
            found => found?,
        };
        let line = Validation { step: self.trainer.steps(), epoch: self.plan.epoch(self.trainer.steps()), found };
        let text = format!("step {}  epoch {:.0}  validation {words}", line.step, line.epoch);
        self.lines.put(&line, &text)
    }

    /// This run's own command, changed to go on from its checkpoint.
    fn resume_command(&self) -> String {
        // What the checkpoint holds, and what this run's end has changed; each takes one value.
        const REPLACED: [&str; 6] =
            ["--preset", "--glimpses", "--image", "--resume", "--falling-from", "--minutes-done"];
        let mut words = Vec::new();
        let mut given = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
        while let Some(word) = given.next() {
            match REPLACED.iter().find_map(|r| word.strip_prefix(r)) {
                Some("") => drop(given.next()),
                Some(rest) if rest.starts_with('=') => {}
                _ => words.push(word),
            }
        }
        words.extend(["--resume".to_owned(), self.checkpoint.to_string_lossy().into_owned()]);
        match self.plan.end {
            End::Seconds(_) => {
                words.extend(["--minutes-done".to_owned(), format!("{:.4}", self.plan.seconds() / 60.0)])
            }
            End::Step(_) if self.arguments.final_learning_rate.is_some() => {
                words.extend(["--falling-from".to_owned(), self.plan.falling_from.to_string()]);
            }
            End::Step(_) => {}
        }
        shlex::try_join(words.iter().map(String::as_str)).expect("arguments hold no zero byte")
    }
}
