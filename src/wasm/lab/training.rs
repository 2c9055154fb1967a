//! Training in the tab, by one worker or several.

use super::{Dataset, JsConfigOrPreset, config_of, options, plain};
use crate::budget::product;
use crate::error::{Error, Result as Outcome, expect_pixels};
use crate::eval;
use crate::lab::codes;
use crate::model::{Draw, Purpose};
use crate::train::{self, Contribution, Report, Settings};
use crate::wasm::{JsConfig, JsOutcome, Writer, seed, whole};
use crate::weights::{self, Format, Part};
use js_sys::{Float32Array, Uint8Array};
use std::ops::ControlFlow;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface TrainerSettings {
    batch?: number;
    optimiser?: "adam" | "muon";
    learning_rate?: number;
    adam_share?: number;
    weight_decay?: number;
    canvas_weight?: number;
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
    /** With several samples. */
    importance_weighted_nats?: number;
    /** With the logistic likelihood. */
    bits_per_dim?: number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `TrainerSettings` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "TrainerSettings")]
    pub type JsTrainerSettings;
    /// `TrainingReport` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "TrainingReport")]
    pub type JsTrainingReport;
    /// `Bound` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "Bound")]
    pub type JsBound;
}

/// The fields of `TrainerSettings`.
const SETTINGS: [&str; 10] = [
    "batch",
    "optimiser",
    "learning_rate",
    "adam_share",
    "weight_decay",
    "canvas_weight",
    "warm_up",
    "clip",
    "average",
    "seed",
];

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
        // The room for other threads, which a page has not, is never asked for.
        let inner = train::checkpoint::load_with(checkpoint, |settings| Settings { threads: 1, ..settings })?;
        Ok(Trainer { inner, last: None })
    }

    /// Goes on from trained weights, both halves, with a fresh optimiser.
    pub fn tune(bytes: &[u8], encoder: Option<Vec<u8>>, settings: Option<JsTrainerSettings>) -> JsOutcome<Trainer> {
        let loaded = weights::load(bytes, encoder.as_deref())?;
        if !loaded.has_encoder() {
            return Err(Error::Weights("the encoder half is not loaded; training needs it".into()).into());
        }
        Ok(Trainer { inner: train::Trainer::from_params(loaded.params, Trainer::settings(settings)?)?, last: None })
    }

    /// Trains on one batch: as many images as the settings' `batch`, values from 0 to 1.
    pub fn step(&mut self, batch: &[f32]) -> JsOutcome<JsTrainingReport> {
        let pixels = self.inner.config().pixels();
        let expected = product(&[pixels, self.inner.settings().images()]);
        if batch.len() as u64 != expected {
            return Err(Error::argument("the number of pixels", batch.len(), expected).into());
        }
        expect_pixels(batch)?;
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

    /// The first half of a step that several workers share: images `from` up to `to` of the next batch.
    pub fn begin(&mut self, data: &Dataset, from: usize, to: usize) -> JsOutcome<()> {
        Ok(self.inner.begin(&data.0, from..to)?)
    }

    /// What `begin` made, for another worker's `finish`: images, the parts of their loss, and then the gradient; sums
    /// over the images.
    pub fn part(&mut self) -> JsOutcome<Float32Array> {
        let part = self.inner.part()?;
        let head = part.head();
        let from = head.len() as u32;
        let out = Float32Array::new_with_length(from + part.gradient.len() as u32);
        out.subarray(0, from).copy_from(&head);
        out.subarray(from, out.length()).copy_from(&part.gradient);
        Ok(out)
    }

    /// The second half of a step: the other workers' parts, and the update.
    pub fn finish(&mut self, parts: Vec<Float32Array>, rate: Option<f64>) -> JsOutcome<JsTrainingReport> {
        let read = |part: &Float32Array| Contribution::from_numbers(part.to_vec());
        let parts = parts.iter().map(read).collect::<Outcome<Vec<_>>>()?;
        let report = self.inner.finish(&parts, rate.unwrap_or(1.0))?;
        self.note(report)
    }

    /// The parameters, for the others' `follow`.
    pub fn params(&self) -> Float32Array {
        Float32Array::from(self.inner.params().data())
    }

    /// Takes over another worker's parameters after so many steps, to make a part of the next.
    pub fn follow(&mut self, params: &[f32], steps: f64) -> JsOutcome<()> {
        Ok(self.inner.follow(params, whole("steps", steps)? as u64)?)
    }

    /// The bound of the averaged weights on a data set.
    pub fn bound(&self, data: &Dataset, seed_: Option<f64>) -> JsOutcome<JsBound> {
        let model = Draw::new(self.inner.average(), Purpose::Read)?;
        plain(&eval::bound(&model, &data.0, 1, seed(Some(seed_.unwrap_or(0.0)))?, 1, |_| ControlFlow::Continue(()))?)
    }

    /// Images in a step.
    #[wasm_bindgen(getter)]
    pub fn batch(&self) -> usize {
        self.inner.settings().images()
    }

    /// Steps done.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> f64 {
        self.inner.steps() as f64
    }

    /// The shape of the model.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> JsOutcome<JsConfig> {
        plain(self.inner.config())
    }

    /// The last step's loss in nats; NaN before the first.
    #[wasm_bindgen(getter)]
    pub fn loss(&self) -> f64 {
        self.last.map_or(f64::NAN, |r| r.loss_nats)
    }

    /// The learning rate of a step at rate 1.
    #[wasm_bindgen(getter, js_name = learningRate)]
    pub fn learning_rate(&self) -> f64 {
        self.inner.settings().learning_rate
    }

    /// The learning rate of the steps to come.
    #[wasm_bindgen(setter, js_name = learningRate)]
    pub fn set_learning_rate(&mut self, rate: f64) -> JsOutcome<()> {
        let settings = Settings { learning_rate: rate, ..self.inner.settings().clone() };
        Ok(self.inner.change_settings(settings)?)
    }

    /// A model of the averaged weights, to draw with while training goes on.
    pub fn writer(&self) -> JsOutcome<Writer> {
        Ok(Writer { model: Arc::new(Draw::new(self.inner.average(), Purpose::Read)?), loaded: None })
    }

    /// The same, of a plain autoencoder, with the Gaussian that is fitted to its codes of a data set.
    pub fn fitted(&self, data: &Dataset) -> JsOutcome<Writer> {
        let mut params = self.inner.average().clone();
        codes::fit(&mut params, &data.0)?;
        Ok(Writer { model: Arc::new(Draw::new(&params, Purpose::Read)?), loaded: None })
    }

    /// The averaged weights as one f32 safetensors file.
    pub fn export(&self) -> JsOutcome<Uint8Array> {
        let bytes = weights::save(self.inner.average(), Format::F32, Part::All)?;
        Ok(Uint8Array::from(&bytes[..]))
    }

    /// All that `Trainer.resume` needs to go on as if it had not been cut.
    pub fn checkpoint(&self) -> JsOutcome<Uint8Array> {
        Ok(Uint8Array::from(&train::checkpoint::save(&self.inner)?[..]))
    }
}
