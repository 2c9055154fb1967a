//! Training in the tab, and what the article's figures ask of the engine.

use super::{JsConfig, JsOutcome, Run, Writer, options, seed};
use crate::attention::lens;
use crate::augment::{self, Amount};
use crate::config::Config;
use crate::drawing::Colours;
use crate::error::{Error, Result as Outcome};
use crate::model::{Draw, Purpose};
use crate::params::{self, Params};
use crate::reparameterise::{self, FAMILIES, Family};
use crate::train::{self, Report, Settings};
use crate::weights::{self, Format, Part};
use crate::{data, eval};
use js_sys::{Float32Array, Uint8Array};
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface TrainerSettings {
    batch?: number;
    optimiser?: "adam" | "muon";
    learning_rate?: number;
    warm_up?: number;
    clip?: number;
    average?: number;
    seed?: number;
}

/** What a training step did: means over the batch, in nats, before the update. */
export interface TrainingReport {
    step: number;
    loss_nats: number;
    reconstruction_nats: number;
    kl_nats: number;
    gradient_norm: number;
}

/** Means over a data set, in nats. */
export interface Bound {
    nll_bound_nats: number;
    reconstruction_nats: number;
    kl_nats: number;
    images: number;
    samples: number;
    standard_error_nats: number;
    importance_weighted_nats: number;
}

/** What a configuration costs. */
export interface Cost {
    parameters: number;
    /** Floating-point operations of a training step's matrix products, for one image. */
    training_flops: number;
}

/** A family of distributions whose draws are differentiable functions of its parameters. */
export interface DistributionFamily {
    name: string;
    transform: string;
    parameters: { name: string; default: number; min: number; max: number }[];
    low: number;
    high: number;
}

export interface DistributionFigure {
    /** Some draws, whose noise stays when the parameters move. */
    draws: number[];
    /** Their gradient, draws × parameters. */
    gradient: number[];
    /** Share of draws in each bin over its width. */
    histogram: number[];
    /** The density at the middle of each of the curve's steps; NaN where it has no closed form. */
    density: number[];
}

/** Mean and standard deviation of one draw's estimate of the gradient, for mu and for sigma. */
export interface GradientEstimators {
    pathwise: [number, number][];
    score: [number, number][];
    exact: number[];
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "Config | Preset")]
    pub type JsConfigOrPreset;
    #[wasm_bindgen(typescript_type = "TrainerSettings")]
    pub type JsTrainerSettings;
    #[wasm_bindgen(typescript_type = "TrainingReport")]
    pub type JsTrainingReport;
    #[wasm_bindgen(typescript_type = "Bound")]
    pub type JsBound;
    #[wasm_bindgen(typescript_type = "Cost")]
    pub type JsCost;
    #[wasm_bindgen(typescript_type = "DistributionFamily[]")]
    pub type JsFamilies;
    #[wasm_bindgen(typescript_type = "DistributionFigure")]
    pub type JsDistribution;
    #[wasm_bindgen(typescript_type = "GradientEstimators")]
    pub type JsEstimators;
}

/// The fields of `TrainerSettings`.
const SETTINGS: [&str; 7] = ["batch", "optimiser", "learning_rate", "warm_up", "clip", "average", "seed"];

fn plain<T: JsCast>(value: &impl Serialize) -> JsOutcome<T> {
    Ok(serde_wasm_bindgen::to_value(value)?.unchecked_into())
}

fn config_of(value: JsConfigOrPreset) -> Outcome<Config> {
    let value: JsValue = value.into();
    match value.as_string() {
        Some(name) => Config::preset(&name),
        None => serde_wasm_bindgen::from_value(value)
            .map_err(|e| Error::Config(format!("{e}; expected a preset's name or a Config"))),
    }
}

/// A preset's configuration with single fields replaced; fields that are not known are errors.
#[wasm_bindgen]
pub fn configure(preset: &str, changes: JsValue) -> JsOutcome<JsConfig> {
    let mut config = serde_json::to_value(Config::preset(preset)?).expect("plain data");
    let changes: serde_json::Map<String, serde_json::Value> =
        serde_wasm_bindgen::from_value(changes).map_err(|e| Error::Config(e.to_string()))?;
    for (name, value) in changes {
        let known = config.get_mut(&name).ok_or_else(|| Error::Config(format!("no field is named '{name}'")))?;
        *known = value;
    }
    let config: Config = serde_json::from_value(config).map_err(|e| Error::Config(e.to_string()))?;
    config.validate()?;
    plain(&config)
}

/// What a model of this configuration costs.
#[wasm_bindgen]
pub fn cost(config: JsConfigOrPreset) -> JsOutcome<JsCost> {
    #[derive(Serialize)]
    struct Cost {
        parameters: usize,
        training_flops: f64,
    }
    let config = config_of(config)?;
    config.validate()?;
    let parameters = params::layout(&config).iter().map(params::Slot::len).sum();
    plain(&Cost { parameters, training_flops: config.training_flops() as f64 })
}

/// Images to train on.
#[wasm_bindgen]
pub struct Dataset(data::Dataset);

#[wasm_bindgen]
impl Dataset {
    /// From the bytes of an IDX file or of bit rows.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> JsOutcome<Dataset> {
        Ok(Dataset(data::Dataset::from_bytes(bytes)?))
    }

    /// Variations of marks (28×28 values from 0 to 1, one mark after the other): turned, scaled and shifted a little.
    #[wasm_bindgen(js_name = ofMarks)]
    pub fn of_marks(marks: &[f32], count: usize, seed_: f64) -> JsOutcome<Dataset> {
        Ok(Dataset(augment::vary(marks, (28, 28), count, Amount::default(), seed(Some(seed_))?)?))
    }

    /// From grey pixels, 0 to 255, of images of one size.
    #[wasm_bindgen(js_name = ofLevels)]
    pub fn of_levels(levels: Vec<u8>, width: usize, height: usize) -> JsOutcome<Dataset> {
        Ok(Dataset(data::Dataset::from_levels(levels, width, height, 1)?))
    }

    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.width
    }

    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.height
    }

    /// Takes the last images out, as a set of their own to hold out.
    #[wasm_bindgen(js_name = holdOut)]
    pub fn hold_out(&mut self, count: usize) -> JsOutcome<Dataset> {
        Ok(Dataset(self.0.split_off(count)?))
    }

    /// An image's pixels, 0 to 1.
    pub fn image(&self, index: usize) -> JsOutcome<Vec<f32>> {
        if index >= self.0.len() {
            return Err(Error::argument("index", index, format!("below {}", self.0.len())).into());
        }
        Ok(self.0.levels(index).iter().map(|l| *l as f32 / 255.0).collect())
    }
}

/// A model in training.
#[wasm_bindgen]
pub struct Trainer {
    inner: train::Trainer,
    last: Option<Report>,
}

impl Trainer {
    fn settings(given: Option<JsTrainerSettings>) -> Outcome<Settings> {
        let settings: Settings = options("trainer settings", &SETTINGS, given.into())?;
        Ok(Settings { threads: 1, ..settings })
    }

    fn note(&mut self, report: Report) -> JsOutcome<JsTrainingReport> {
        self.last = Some(report);
        plain(&report)
    }
}

#[wasm_bindgen]
impl Trainer {
    /// A fresh model of a configuration or preset.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsConfigOrPreset, settings: Option<JsTrainerSettings>) -> JsOutcome<Trainer> {
        let (config, settings) = (config_of(config)?, Trainer::settings(settings)?);
        Ok(Trainer { inner: train::Trainer::new(&config, settings, None)?, last: None })
    }

    /// A fresh model whose canvas starts at the data's mean image, as the command line's does.
    pub fn on(data: &Dataset, config: JsConfigOrPreset, settings: Option<JsTrainerSettings>) -> JsOutcome<Trainer> {
        let (config, settings) = (config_of(config)?, Trainer::settings(settings)?);
        data.0.expect_size(&config)?;
        Ok(Trainer { inner: train::Trainer::new(&config, settings, Some(&data.0.mean()))?, last: None })
    }

    /// Goes on from a checkpoint.
    pub fn resume(checkpoint: &[u8]) -> JsOutcome<Trainer> {
        let mut inner = weights::load_checkpoint(checkpoint)?;
        let settings = Settings { threads: 1, ..inner.settings.clone() };
        inner.change_settings(settings)?;
        Ok(Trainer { inner, last: None })
    }

    /// Goes on from trained weights, both halves, with a fresh optimiser.
    pub fn tune(bytes: &[u8], encoder: Option<Vec<u8>>, settings: Option<JsTrainerSettings>) -> JsOutcome<Trainer> {
        let loaded = weights::load(bytes, encoder.as_deref())?;
        if !loaded.has_encoder {
            return Err(Error::Weights("the encoder half is not loaded; training needs it".into()).into());
        }
        Ok(Trainer { inner: train::Trainer::from_params(loaded.params, Trainer::settings(settings)?)?, last: None })
    }

    /// Trains on one batch: as many images as the settings' `batch`, values from 0 to 1.
    pub fn step(&mut self, batch: &[f32]) -> JsOutcome<JsTrainingReport> {
        let pixels = self.inner.config().pixels();
        let expected = pixels * self.inner.settings.batch;
        if batch.len() != expected {
            return Err(Error::argument("the number of pixels", batch.len(), expected).into());
        }
        if let Some(bad) = batch.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(Error::argument("a pixel", bad, "a number from 0 to 1").into());
        }
        let fill = |i: usize, _: &mut _, image: &mut [f32]| image.copy_from_slice(&batch[i * pixels..][..pixels]);
        let report = self.inner.step_with(1.0, fill)?;
        self.note(report)
    }

    /// Trains on the next batch of a data set, shuffled anew each epoch: the loop of the command line, the same
    /// numbers for the same seed. `rate` scales the learning rate.
    #[wasm_bindgen(js_name = stepOn)]
    pub fn step_on(&mut self, data: &Dataset, rate: Option<f64>) -> JsOutcome<JsTrainingReport> {
        let report = self.inner.step(&data.0, rate.unwrap_or(1.0))?;
        self.note(report)
    }

    /// The bound of the averaged weights on a data set.
    pub fn bound(&self, data: &Dataset, seed_: Option<f64>) -> JsOutcome<JsBound> {
        let model = Draw::new(&self.inner.average, Purpose::Read);
        plain(&eval::bound(&model, &data.0, 1, seed(Some(seed_.unwrap_or(0.0)))?, 1, |_| {})?)
    }

    /// Steps done.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> f64 {
        self.inner.step as f64
    }

    #[wasm_bindgen(getter)]
    pub fn config(&self) -> JsOutcome<JsConfig> {
        plain(self.inner.config())
    }

    /// The last step's loss in nats; NaN before the first.
    #[wasm_bindgen(getter)]
    pub fn loss(&self) -> f64 {
        self.last.map_or(f64::NAN, |r| r.loss_nats)
    }

    #[wasm_bindgen(getter, js_name = learningRate)]
    pub fn learning_rate(&self) -> f64 {
        self.inner.settings.learning_rate
    }

    #[wasm_bindgen(setter, js_name = learningRate)]
    pub fn set_learning_rate(&mut self, rate: f64) -> JsOutcome<()> {
        let settings = Settings { learning_rate: rate, ..self.inner.settings.clone() };
        Ok(self.inner.change_settings(settings)?)
    }

    /// A model of the averaged weights, to draw with while training goes on.
    pub fn writer(&self) -> Writer {
        let params: &Params<f32> = &self.inner.average;
        Writer { model: Arc::new(Draw::new(params, Purpose::Read)), parameters: params.data.len(), loaded: None }
    }

    /// The averaged weights as one f32 safetensors file.
    pub fn export(&self) -> JsOutcome<Uint8Array> {
        let bytes = weights::save(&self.inner.average, Format::F32, Part::All)?;
        Ok(Uint8Array::from(&bytes[..]))
    }

    /// All that `Trainer.resume` needs to go on as if it had not been cut.
    pub fn checkpoint(&self) -> JsOutcome<Uint8Array> {
        Ok(Uint8Array::from(&weights::save_checkpoint(&self.inner)?[..]))
    }
}

/// One window over one image: what it reads, what writing that back gives, and the error's gradient.
#[wasm_bindgen]
pub struct Lens(lens::Lens<f32>);

#[wasm_bindgen]
impl Lens {
    /// `n` × `n` filters over an image of `width` × `height` values.
    #[wasm_bindgen(constructor)]
    pub fn new(n: usize, width: usize, height: usize, image: &[f32]) -> JsOutcome<Lens> {
        Ok(Lens(lens::Lens::new(n, (width, height), image)?))
    }

    /// Lays the window there: g̃_X, g̃_Y, log σ², log δ̃, log γ.
    pub fn place(&mut self, window: &[f32]) -> JsOutcome<()> {
        let window = window.try_into();
        let window = window.map_err(|_| Error::argument("the window", "of another length", "five numbers"))?;
        self.0.place(window);
        Ok(())
    }

    /// The reading, N × N.
    pub fn patch(&self) -> Float32Array {
        Float32Array::from(&self.0.patch[..])
    }

    /// The reading written back, height × width.
    pub fn back(&self) -> Float32Array {
        Float32Array::from(&self.0.back[..])
    }

    /// Half the squared difference of image and write-back.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> f32 {
        self.0.error
    }

    /// The error's gradient with respect to the window's five numbers.
    pub fn gradient(&self) -> Vec<f32> {
        self.0.gradient.to_vec()
    }

    /// F_X, N × width, and after it F_Y, N × height, at a window.
    pub fn filterbanks(&mut self, window: &[f32]) -> JsOutcome<Vec<f32>> {
        let window = window.try_into();
        let window = window.map_err(|_| Error::argument("the window", "of another length", "five numbers"))?;
        let (fx, fy) = self.0.filterbanks(window);
        Ok(fx.iter().chain(&fy).copied().collect())
    }
}

/// Every family of distributions that the page shows.
#[wasm_bindgen]
pub fn families() -> JsOutcome<JsFamilies> {
    #[derive(Serialize)]
    struct Parameter {
        name: &'static str,
        default: f64,
        min: f64,
        max: f64,
    }
    #[derive(Serialize)]
    struct Shown {
        name: &'static str,
        transform: &'static str,
        parameters: Vec<Parameter>,
        low: f64,
        high: f64,
    }
    let shown = |f: &'static Family| Shown {
        name: f.name,
        transform: f.transform,
        parameters: f
            .parameters
            .iter()
            .map(|p| Parameter { name: p.name, default: p.default, min: p.min, max: p.max })
            .collect(),
        low: f.shown.0,
        high: f.shown.1,
    };
    plain(&FAMILIES.iter().map(shown).collect::<Vec<_>>())
}

/// A family at given parameters: `dots` draws with their gradient, a histogram of `draws`, and the density.
#[wasm_bindgen]
pub fn distribution(
    name: &str,
    theta: &[f64],
    seed_: f64,
    dots: usize,
    draws: usize,
    bins: usize,
) -> JsOutcome<JsDistribution> {
    #[derive(Serialize)]
    struct Figure {
        draws: Vec<f64>,
        gradient: Vec<f64>,
        histogram: Vec<f64>,
        density: Vec<f64>,
    }
    let family = Family::find(name)?;
    let drawn = family.draw(theta, seed(Some(seed_))?, draws.max(dots))?;
    let (low, high) = family.shown;
    let curve = 4 * bins;
    let at = |i: usize| low + (high - low) * (i as f64 + 0.5) / curve as f64;
    plain(&Figure {
        histogram: reparameterise::histogram(&drawn.z, family.shown, bins),
        density: (0..curve).map(|i| family.density(theta, at(i))).collect(),
        draws: drawn.z[..dots].to_vec(),
        gradient: drawn.gradient[..dots * theta.len()].to_vec(),
    })
}

/// Two estimators of the gradient of E[(z − target)²] over the same draws of a normal.
#[wasm_bindgen(js_name = gradientEstimators)]
pub fn gradient_estimators(mu: f64, sigma: f64, target: f64, seed_: f64, draws: usize) -> JsOutcome<JsEstimators> {
    #[derive(Serialize)]
    struct Estimators {
        pathwise: [(f64, f64); 2],
        score: [(f64, f64); 2],
        exact: [f64; 2],
    }
    let e = reparameterise::estimators(mu, sigma, target, seed(Some(seed_))?, draws)?;
    plain(&Estimators { pathwise: e.pathwise, score: e.score, exact: e.exact })
}

#[wasm_bindgen]
impl Run {
    /// The drawing from its present glimpse to its last as a GIF, `columns` in a row; colours are 0xRRGGBB.
    pub fn gif(&mut self, columns: usize, paper: u32, ink: u32, write: u32) -> JsOutcome<Uint8Array> {
        Ok(Uint8Array::from(&self.0.gif(columns, Colours { paper, ink, write }, || ())?[..]))
    }
}
