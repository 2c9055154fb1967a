//! `bench`: how fast drawing and training are here.

use super::{Failure, Outcome, numbers, print_json, progress, say, threads};
use attentive_writer::Config;
use attentive_writer::drawing::Drawing;
use attentive_writer::likelihood::Values;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::train::{Settings, Source, Trainer};
use attentive_writer::{look, noise};
use clap::Args;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time drawing and training on this machine.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer bench
  attentive-writer bench --threads 1 --batch 32 --json
  attentive-writer bench --preset cifar --hidden 512 --only train"
)]
pub struct Bench {
    /// The model's shape
    #[arg(long, default_value = "mnist")]
    preset: String,
    /// Glimpses, instead of the preset's
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    glimpses: Option<usize>,
    /// Width and height of the image, instead of the preset's
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    image: Option<usize>,
    /// Colour channels of a model that generates, instead of the preset's
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    channels: Option<usize>,
    /// Units of each LSTM of a model that generates, instead of the preset's
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    hidden: Option<usize>,
    /// Images in a training step
    #[arg(long, default_value_t = 100, value_parser = numbers::count(10_000))]
    batch: usize,
    /// Threads of training, 1 to 1024 [default: all cores]
    #[arg(long, value_parser = numbers::threads())]
    threads: Option<usize>,
    /// Time this alone: draw or train [default: both]
    #[arg(long, value_parser = ["draw", "train"])]
    only: Option<String>,
    /// Seconds for each measurement, up to 3600
    #[arg(long, default_value_t = 5.0, value_parser = numbers::above_zero(3600.0))]
    seconds: f64,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Timing {
    what: String,
    threads: usize,
    batch: usize,
    glimpses: usize,
    image: usize,
    instruction_set: &'static str,
    runs: usize,
    /// Of one run, in the middle of all.
    median_ms: f64,
    examples_per_second: f64,
    /// The most memory that the process has held so far.
    peak_memory_mib: Option<f64>,
}

impl Bench {
    pub fn run(self) -> Outcome {
        if look::PRESETS.contains(&&*self.preset) {
            return self.look();
        }
        let preset = Config::preset(&self.preset)?;
        let config = Config {
            glimpses: self.glimpses.unwrap_or(preset.glimpses),
            width: self.image.unwrap_or(preset.width),
            height: self.image.unwrap_or(preset.height),
            channels: self.channels.unwrap_or(preset.channels),
            hidden: self.hidden.unwrap_or(preset.hidden),
            ..preset
        };
        let params = Params::init(&config, 0, None)?;
        let wanted = |what: &str| self.only.as_deref().is_none_or(|only| only == what);
        if wanted("draw") {
            self.draw(&config, &params)?;
        }
        if wanted("train") {
            self.train(&config, params)?;
        }
        Ok(())
    }

    /// A model that classifies: one image, and a training step.
    fn look(&self) -> Outcome {
        let preset = look::Config::preset(&self.preset)?;
        if self.channels.is_some() || self.hidden.is_some() {
            return Err(Failure(format!("preset {} classifies; expected no --channels and no --hidden", self.preset)));
        }
        let shape = look::Config {
            glimpses: self.glimpses.unwrap_or(preset.glimpses),
            width: self.image.unwrap_or(preset.width),
            height: self.image.unwrap_or(preset.height),
            ..preset
        };
        let size = (shape.glimpses, shape.width);
        let wanted = |what: &str| self.only.as_deref().is_none_or(|only| only == what);
        if wanted("draw") {
            let model = look::Model::new(&Params::fresh(&shape, 0)?, None);
            let mut slice = look::Slice::new(&model, 1)?;
            Made(shape.width, shape.height).put(0, Values::Levels, &mut noise::rng(0, 0, 0), slice.images_mut());
            let classify = || {
                (0..shape.glimpses).for_each(|t| slice.glimpse(&model, t));
                std::hint::black_box(slice.verdict(&model, shape.glimpses));
            };
            self.time("classify 1".to_owned(), size, 1, 1, classify)?;
        }
        if wanted("train") {
            let (batch, threads) = (self.batch, threads(self.threads));
            let settings = Settings { batch, threads, ..Settings::default() };
            let mut trainer = Trainer::<look::Model<f32>>::fresh(&shape, settings)?;
            let (data, mut failure) = (Made(shape.width, shape.height), None);
            let step = || failure = trainer.step(&data, 1.0).err();
            self.time("training step".to_owned(), size, threads, batch, step)?;
            return Ok(failure.map_or(Ok(()), Err)?);
        }
        Ok(())
    }

    fn draw(&self, config: &Config, params: &Params<f32>) -> Outcome {
        let model = Arc::new(Draw::new(params, Purpose::Draw)?);
        for count in [1, 64] {
            let mut failure = None;
            let all = || Drawing::draw(model.clone(), 1, count, config.width, 1.0)?.seek(config.glimpses);
            let draw = || failure = all().err();
            self.time(format!("draw {count}"), (config.glimpses, config.width), 1, count, draw)?;
            failure.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    fn train(&self, config: &Config, params: Params<f32>) -> Outcome {
        let (batch, threads) = (self.batch, threads(self.threads));
        let settings = Settings { batch, threads, ..Settings::default() };
        let mut trainer = Trainer::from_params(params, settings)?;
        let mut failure = None;
        let step = || {
            // A tenth of the pixels are ink, as in MNIST, or all levels are there: the lowest and the highest are less work.
            let value = |n: usize| match config.likelihood.values() {
                Values::Binary => n.is_multiple_of(10) as u8 as f32,
                Values::Levels => (n % 256) as f32 / 255.0,
            };
            let fill = |i: usize, _: &mut _, image: &mut [f32]| {
                image.iter_mut().enumerate().for_each(|(p, v)| *v = value(p * 7 + i));
            };
            if let Err(e) = trainer.step_with(1.0, fill) {
                failure = Some(e);
            }
        };
        self.time("training step".to_owned(), (config.glimpses, config.width), threads, self.batch, step)?;
        Ok(failure.map_or(Ok(()), Err)?)
    }

    /// Times `work` over and over after one run to warm up.
    fn time(
        &self,
        what: String,
        (glimpses, image): (usize, usize),
        threads: usize,
        batch: usize,
        mut work: impl FnMut(),
    ) -> Outcome {
        work();
        let bar = progress(self.seconds.ceil() as u64, "s");
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.is_empty() || start.elapsed() < Duration::from_secs_f64(self.seconds) {
            let before = Instant::now();
            work();
            times.push(before.elapsed().as_secs_f64());
            bar.set_position(start.elapsed().as_secs());
        }
        bar.finish_and_clear();
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let timing = Timing {
            what,
            threads,
            batch,
            glimpses,
            image,
            instruction_set: attentive_writer::instruction_set(),
            runs: times.len(),
            median_ms: 1e3 * median,
            examples_per_second: batch as f64 / median,
            peak_memory_mib: peak_memory(),
        };
        if self.json {
            print_json(&timing);
        } else {
            say(format!(
                "{}: {:.2} ms, {:.0} images/s ({} threads, {}, median of {})",
                timing.what, timing.median_ms, timing.examples_per_second, threads, timing.instruction_set, timing.runs
            ));
        }
        Ok(())
    }
}

/// Images of this size, a tenth of whose pixels are ink; the numbers do not change the work.
struct Made(usize, usize);

impl Source<u8> for Made {
    fn len(&self) -> usize {
        1000
    }

    fn size(&self) -> [usize; 3] {
        [self.0, self.1, 1]
    }

    fn label(&self, index: usize) -> u8 {
        (index % 10) as u8
    }

    fn put(&self, index: usize, _: Values, _: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        image.iter_mut().enumerate().for_each(|(p, v)| *v = (p * 7 + index).is_multiple_of(10) as u8 as f32);
    }
}

/// The peak resident set in MiB, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
