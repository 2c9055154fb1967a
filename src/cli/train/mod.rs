//! `train`: the loop around [`Trainer::step`], with validation, checkpoints and a log.

use super::files::{self, Split};
use super::output::{self, Output};
use super::{Failure, Outcome, precision, print_json, progress, say, threads};
use attentive_writer::Config;
use attentive_writer::data::Dataset;
use attentive_writer::eval;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::train::{self, Optimiser, Precision, Report, Settings, Trainer};
use attentive_writer::weights::{self, Format, Part};
use clap::Args;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Train a model.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer train --preset mnist --data binarized_mnist --out mnist.safetensors --epochs 100
  attentive-writer train --resume mnist.checkpoint --data binarized_mnist --out mnist.safetensors --minutes 60
  attentive-writer train --preset mnist-small --data train.bits.gz --out small.safetensors --minutes 2 --json

--out receives the average of the weights (f32, both halves); the state of training goes to the same
name with the ending .checkpoint every few minutes and at the end, and --resume goes on from it.
If --data is a folder that holds validation images, their bound is logged after each epoch.")]
pub struct Train {
    /// The model: mnist, mnist-no-attention, mnist-two-digits, mnist-small, svhn or cifar
    #[arg(long, default_value = "mnist")]
    preset: String,
    /// Glimpses of a new model, instead of the preset's
    #[arg(long, conflicts_with = "resume")]
    glimpses: Option<usize>,
    /// Images: an IDX or .bits file, gzipped or not, or a folder of them
    #[arg(long)]
    data: PathBuf,
    /// The weights file to write
    #[arg(long)]
    out: PathBuf,
    /// Go on from a checkpoint, or from weights with a fresh optimiser
    #[arg(long)]
    resume: Option<PathBuf>,
    /// Stop after so many passes over the data, counted from the run's first step
    #[arg(long, conflicts_with = "minutes")]
    epochs: Option<f64>,
    /// Stop after so much time
    #[arg(long)]
    minutes: Option<f64>,
    /// Threads [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Seed of the initial weights, the order of examples and the noise [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Images in a step [default: 100]
    #[arg(long)]
    batch: Option<usize>,
    /// Images in pairs, with latent noise and its negative: a steadier gradient, of half as many [default: off]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    antithetic: Option<bool>,
    /// adam, as in the paper, or muon for the matrices [default: adam]
    #[arg(long, value_parser = optimiser)]
    optimiser: Option<Optimiser>,
    /// f32, or bf16 for the operands of the large products, where the CPU has AVX-512 BF16 and no AMX [default: f32]
    #[arg(long, value_parser = precision)]
    precision: Option<Precision>,
    /// The learning rate [default: 0.001]
    #[arg(long)]
    learning_rate: Option<f64>,
    /// The rate at the end of this run, reached along half a cosine [default: constant]
    #[arg(long)]
    final_learning_rate: Option<f64>,
    /// With muon: the share of the rate for what is left to Adam, the biases and the windows [default: 1]
    #[arg(long)]
    adam_share: Option<f64>,
    /// Shrink the weight matrices by this share, times the learning rate, each step [default: 0]
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Add the reconstruction of every canvas before the last to the loss, times this [default: 0]
    #[arg(long)]
    canvas_weight: Option<f64>,
    /// Decay of the average of weights [default: 0.999]
    #[arg(long)]
    average: Option<f64>,
    /// Clip the gradient's norm [default: 10]
    #[arg(long)]
    clip: Option<f64>,
    /// Use only so many of the training images
    #[arg(long)]
    limit: Option<usize>,
    /// Minutes between checkpoints
    #[arg(long, default_value_t = 5.0)]
    checkpoint_minutes: f64,
    /// Append each line of JSON to this file too
    #[arg(long)]
    log: Option<PathBuf>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Means since the last line.
#[derive(Serialize)]
struct Line {
    step: u64,
    epoch: f64,
    examples_per_second: f64,
    loss_nats: f64,
    reconstruction_nats: f64,
    kl_nats: f64,
    gradient_norm: f64,
    learning_rate: f64,
}

#[derive(Serialize)]
struct Validation {
    step: u64,
    epoch: f64,
    validation_nats: f64,
    validation_reconstruction_nats: f64,
    validation_kl_nats: f64,
}

impl Train {
    pub fn run(self) -> Outcome {
        output::ending(&self.out, &["safetensors"])?;
        let checkpoint = self.out.with_extension("checkpoint");
        for path in [&self.out, &checkpoint] {
            Output::regular(path, "since training writes it again and again")?;
        }
        let _claim = output::claim(&self.out)?;
        let train = self.training_images()?;
        let validation =
            Split::Validation.find(&self.data).map(|p| files::dataset(&p, Split::Validation)).transpose()?;
        let mut trainer = self.trainer(&train)?;
        train.expect_size(trainer.config()).map_err(|e| files::at(&self.data, e))?;
        self.train(&mut trainer, &train, validation.as_ref(), &checkpoint)
    }

    fn training_images(&self) -> Outcome<Dataset> {
        let mut train = files::dataset(&self.data, Split::Train)?;
        if let Some(limit) = self.limit {
            train.truncate(limit);
        }
        Ok(train)
    }

    fn trainer(&self, data: &Dataset) -> Outcome<Trainer> {
        let settings = |base: Settings| Settings {
            batch: self.batch.unwrap_or(base.batch),
            antithetic: self.antithetic.unwrap_or(base.antithetic),
            optimiser: self.optimiser.unwrap_or(base.optimiser),
            precision: self.precision.unwrap_or(base.precision),
            learning_rate: self.learning_rate.unwrap_or(base.learning_rate),
            adam_share: self.adam_share.unwrap_or(base.adam_share),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            canvas_weight: self.canvas_weight.unwrap_or(base.canvas_weight),
            clip: self.clip.unwrap_or(base.clip),
            average: self.average.unwrap_or(base.average),
            seed: self.seed.unwrap_or(base.seed),
            threads: threads(self.threads),
            warm_up: base.warm_up,
        };
        let Some(path) = &self.resume else {
            let mut config = Config::preset(&self.preset)?;
            config.glimpses = self.glimpses.unwrap_or(config.glimpses);
            data.expect_size(&config).map_err(|e| files::at(&self.data, e))?;
            return Ok(Trainer::new(&config, settings(Settings::default()), Some(&data.mean()))?);
        };
        let bytes = files::read(path)?;
        if !train::checkpoint::is_checkpoint(&bytes) {
            let loaded = files::model(path)?;
            if !loaded.has_encoder() {
                return Err(files::at(path, "holds the decoder half alone; training needs the encoder half too"));
            }
            return Ok(Trainer::from_params(loaded.params, settings(Settings::default()))?);
        }
        let mut trainer = train::checkpoint::load(&bytes).map_err(|e| files::at(path, e))?;
        trainer.change_settings(settings(trainer.settings().clone()))?;
        Ok(trainer)
    }

    fn train(&self, trainer: &mut Trainer, data: &Dataset, validation: Option<&Dataset>, checkpoint: &Path) -> Outcome {
        let per_epoch = data.len() as f64 / trainer.settings().images() as f64;
        let first_step = trainer.steps();
        let last_step = self.epochs.or(self.minutes.is_none().then_some(1.0)).map(|e| (e * per_epoch).ceil() as u64);
        let (start, limit) = (Instant::now(), self.minutes.map(|m| m * 60.0));
        let bar =
            progress(last_step.unwrap_or(limit.unwrap_or(0.0) as u64), if limit.is_some() { "s" } else { "steps" });
        if self.json {
            bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let rate = trainer.settings().learning_rate;
        let last_rate = self.final_learning_rate.unwrap_or(rate) / rate;
        let rate_at = |done: f64| {
            let falling = 0.5 * (1.0 + (std::f64::consts::PI * done.clamp(0.0, 1.0)).cos());
            last_rate + (1.0 - last_rate) * falling
        };

        let (mut saved, mut spoken, mut since) = (Instant::now(), Instant::now(), Vec::new());
        loop {
            let elapsed = start.elapsed().as_secs_f64();
            let over = match (last_step, limit) {
                (Some(last), _) => trainer.steps() >= last,
                (None, Some(limit)) => elapsed >= limit,
                (None, None) => true,
            };
            let done = match (last_step, limit) {
                (Some(last), _) => {
                    (trainer.steps() - first_step) as f64 / last.saturating_sub(first_step).max(1) as f64
                }
                (None, limit) => elapsed / limit.unwrap_or(1.0),
            };
            if (over || spoken.elapsed() > Duration::from_secs(if self.json { 5 } else { 30 })) && !since.is_empty() {
                self.report(trainer, &since, spoken.elapsed(), per_epoch, rate_at(done), &bar)?;
                since.clear();
                spoken = Instant::now();
            }
            if over {
                break;
            }
            let epoch_before = (trainer.steps() as f64 / per_epoch).floor();
            match trainer.step(data, rate_at(done)) {
                Ok(report) => since.push(report),
                Err(e) => {
                    self.save(trainer, checkpoint)?;
                    return Err(Failure(format!("{e}; the last good state is in {}", checkpoint.display())));
                }
            }
            bar.set_position(if limit.is_some() { elapsed as u64 } else { trainer.steps() });
            let epoch_ended = (trainer.steps() as f64 / per_epoch).floor() > epoch_before;
            if let Some(validation) = validation.filter(|_| epoch_ended) {
                let paused = Instant::now();
                self.validate(trainer, validation, per_epoch, &bar)?;
                spoken += paused.elapsed();
            }
            if saved.elapsed().as_secs_f64() > 60.0 * self.checkpoint_minutes {
                self.save(trainer, checkpoint)?;
                saved = Instant::now();
            }
        }
        bar.finish_and_clear();
        self.save(trainer, checkpoint)
    }

    fn save(&self, trainer: &Trainer, checkpoint: &Path) -> Outcome {
        output::write(&self.out, &weights::save(trainer.average(), Format::F32, Part::All)?)?;
        output::write(checkpoint, &train::checkpoint::save(trainer)?)
    }

    fn report(
        &self,
        trainer: &Trainer,
        since: &[Report],
        time: Duration,
        per_epoch: f64,
        rate: f64,
        bar: &indicatif::ProgressBar,
    ) -> Outcome {
        let mean = |f: fn(&Report) -> f64| since.iter().map(f).sum::<f64>() / since.len() as f64;
        let line = Line {
            step: trainer.steps(),
            epoch: trainer.steps() as f64 / per_epoch,
            examples_per_second: (since.len() * trainer.settings().batch) as f64 / time.as_secs_f64(),
            loss_nats: mean(|r| r.loss_nats),
            reconstruction_nats: mean(|r| r.reconstruction_nats),
            kl_nats: mean(|r| r.kl_nats),
            gradient_norm: mean(|r| r.gradient_norm),
            learning_rate: rate * trainer.settings().learning_rate,
        };
        let text = format!(
            "step {}  epoch {:.2}  loss {:.2} = {:.2} + {:.2} nats  {:.0} examples/s",
            line.step, line.epoch, line.loss_nats, line.reconstruction_nats, line.kl_nats, line.examples_per_second
        );
        self.put(&line, &text, bar)
    }

    fn validate(&self, trainer: &Trainer, data: &Dataset, per_epoch: f64, bar: &indicatif::ProgressBar) -> Outcome {
        let model = Draw::new(trainer.average(), Purpose::Read)?;
        let bound = eval::bound(&model, data, 1, 0, trainer.settings().threads, |_| ControlFlow::Continue(()))?;
        let line = Validation {
            step: trainer.steps(),
            epoch: trainer.steps() as f64 / per_epoch,
            validation_nats: bound.nll_bound_nats,
            validation_reconstruction_nats: bound.reconstruction_nats,
            validation_kl_nats: bound.kl_nats,
        };
        let text = format!("step {}  epoch {:.0}  validation {:.2} nats", line.step, line.epoch, line.validation_nats);
        self.put(&line, &text, bar)
    }

    /// Says a line, as JSON or for a person, and appends it to the log.
    fn put(&self, line: &impl Serialize, text: &str, bar: &indicatif::ProgressBar) -> Outcome {
        if self.json {
            print_json(line);
        } else {
            bar.suspend(|| say(text));
        }
        if let Some(log) = &self.log {
            use std::io::Write;
            let json = serde_json::to_string(line).expect("plain data");
            let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
            file.and_then(|mut f| writeln!(f, "{json}")).map_err(|e| files::at(log, e))?;
        }
        Ok(())
    }
}

fn optimiser(name: &str) -> Result<Optimiser, String> {
    match name {
        "adam" => Ok(Optimiser::Adam),
        "muon" => Ok(Optimiser::Muon),
        _ => Err("adam or muon".to_owned()),
    }
}
