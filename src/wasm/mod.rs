//! The engine as JavaScript sees it; no other room knows of JavaScript.
//!
//! Errors of the engine become a JS `Error` with the same text. Arrays that are views of wasm memory
//! hold until the next call into this module. What trains and what the article's figures need is in `lab`,
//! behind the feature of that name: the widget is built without.
//!
//! | file | what JavaScript finds in it |
//! | --- | --- |
//! | `mod.rs` | `Writer` and its `Run`s: drawing and redrawing, all that the widget needs |
//! | `lab/mod.rs` | `configure`, `cost`, `Lens`, distributions |
//! | `lab/data.rs`, `lab/training.rs` | `Dataset`; `Trainer`, alone or in parts with other workers |
//! | `lab/inside.rs`, `lab/latents.rs`, `lab/codes.rs` | more of a `Writer` and a `Run`: patches, latents, codes |
//! | `lab/looking.rs` | models that classify by looking |
//! | `lab/machine.rs` | one digit's glimpses from inside |
//!
//! TypeScript types stand beside the functions, in `typescript_custom_section`s.

#[cfg(feature = "lab")]
pub mod lab;
#[cfg(feature = "lab")]
pub use lab::{instruction_set, preset};

use crate::drawing::{Drawing, Picture};
use crate::error::{Error, Result as Outcome};
use crate::lab::scribble;
use crate::model::{Draw, Purpose};
use crate::weights::{self, Loaded};
use js_sys::{Array, Object, Uint8ClampedArray};
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use web_sys::ImageData;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The shape of a model. */
export interface Config {
    width: number;
    height: number;
    channels: number;
    glimpses: number;
    hidden: number;
    latent: number;
    read_patch: number;
    write_patch: number;
    attention: boolean;
    likelihood: "bernoulli" | "intensities" | "logistic";
    /** False of a plain autoencoder; true if absent. */
    variational?: boolean;
}

export type Preset = "mnist" | "mnist-no-attention" | "mnist-two-digits" | "mnist-small" | "svhn" | "svhn-32" | "cifar" | "autoencoder" | "vae";

export interface DrawOptions {
    /** 0 to 2^53 - 1; a random one if absent. */
    seed?: number;
    /** Digits, 1 to 10000; 1 if absent. */
    count?: number;
    /** Of the seed's digits, the one to begin with; 0 if absent. */
    first?: number;
    /** Canvas width in pixels; the model's own if absent. */
    size?: number;
    /** Scale of the latents' standard deviation, 0 to 10; 1 if absent. */
    temperature?: number;
}

export interface RedrawOptions {
    seed?: number;
    size?: number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `Config` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "Config")]
    pub type JsConfig;
    /// `DrawOptions` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "DrawOptions")]
    pub type JsDrawOptions;
    /// `RedrawOptions` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "RedrawOptions")]
    pub type JsRedrawOptions;
}

type JsOutcome<T> = std::result::Result<T, JsError>;

/// Numbers by name, of an options object; absent, of an object that is absent too. A name that is not known is an error:
/// it may be a slip.
fn numbers<const N: usize>(what: &'static str, known: [&'static str; N], value: JsValue) -> Outcome<[Option<f64>; N]> {
    let mut found = [None; N];
    for (key, value) in entries(what, &known, &value)? {
        if let Some(at) = known.iter().position(|name| *name == key).filter(|_| !value.is_undefined()) {
            let number = value.as_f64();
            found[at] = Some(number.ok_or_else(|| Error::argument(known[at], kind(&value), "a number"))?);
        }
    }
    Ok(found)
}

/// The entries of an options object, all of known names; none if it is absent.
fn entries(what: &'static str, known: &[&str], value: &JsValue) -> Outcome<Vec<(String, JsValue)>> {
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    let object = value.dyn_ref::<Object>().ok_or_else(|| Error::argument(what, kind(value), "an object"))?;
    let mut entries = Vec::new();
    for entry in Object::entries(object).iter() {
        let [key, value] = [0, 1].map(|at| entry.unchecked_ref::<Array>().get(at));
        let key = key.as_string().unwrap_or_default();
        if !known.contains(&&*key) {
            return Err(Error::argument(what, format!("given '{key}'"), format!("only {}", known.join(", "))));
        }
        entries.push((key, value));
    }
    Ok(entries)
}

/// What a value is that should have been another.
fn kind(value: &JsValue) -> String {
    if value.is_null() { "null".into() } else { value.js_typeof().as_string().unwrap_or_default() }
}

fn whole(what: &'static str, value: f64) -> Outcome<usize> {
    if value >= 0.0 && value.fract() == 0.0 && value <= u32::MAX as f64 {
        Ok(value as usize)
    } else {
        Err(Error::argument(what, value, "a whole number, not negative"))
    }
}

fn seed(given: Option<f64>) -> Outcome<u64> {
    match given {
        None => getrandom::u64().map_err(|e| Error::argument("the browser's randomness", e, "a random number")),
        Some(s) if s >= 0.0 && s.fract() == 0.0 && s < (1u64 << 53) as f64 => Ok(s as u64),
        Some(s) => Err(Error::argument("seed", s, "a whole number from 0 to 2^53 - 1")),
    }
}

/// Fits a grey scribble (`width` × `height` values from 0 to 1, 1 = ink) into 28×28 as MNIST's digits are.
#[wasm_bindgen]
pub fn normalise(pixels: &[f32], width: usize, height: usize) -> JsOutcome<Vec<f32>> {
    Ok(scribble::normalise(pixels, width, height)?)
}

/// A model that draws, and, with its encoder half, redraws.
#[wasm_bindgen]
pub struct Writer {
    /// Kept until the encoder half has come.
    loaded: Option<Loaded>,
    model: Arc<Draw<f32>>,
}

#[wasm_bindgen]
impl Writer {
    /// From the bytes of a weights file: a decoder half, or a whole model.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> JsOutcome<Writer> {
        let loaded = weights::load(bytes, None)?;
        let purpose = if loaded.has_encoder() { Purpose::Read } else { Purpose::Draw };
        let model = Arc::new(loaded.model(purpose)?);
        Ok(Writer { model, loaded: Some(loaded).filter(|l| !l.has_encoder()) })
    }

    /// Adds the encoder half to a decoder half. Drawings under way go on.
    #[wasm_bindgen(js_name = addEncoder)]
    pub fn add_encoder(&mut self, bytes: &[u8]) -> JsOutcome<()> {
        if let Some(loaded) = &mut self.loaded {
            loaded.add_encoder(bytes)?;
            self.model = Arc::new(loaded.model(Purpose::Read)?);
            self.loaded = None;
        }
        Ok(())
    }

    /// Whether `redraw` can be called.
    #[wasm_bindgen(getter, js_name = canRedraw)]
    pub fn can_redraw(&self) -> bool {
        self.model.reads()
    }

    /// The shape of the model.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> JsOutcome<JsConfig> {
        Ok(serde_wasm_bindgen::to_value(self.model.config())?.unchecked_into())
    }

    /// Begins to draw digits from the prior.
    pub fn draw(&self, options_: Option<JsDrawOptions>) -> JsOutcome<Run> {
        let known = ["seed", "count", "first", "size", "temperature"];
        let [of_seed, count, first, size, temperature] = numbers("draw options", known, options_.into())?;
        let size = size.map_or(Ok(self.model.config().width), |size| whole("size", size))?;
        let count = whole("count", count.unwrap_or(1.0))?;
        let first = whole("first", first.unwrap_or(0.0))? as u64;
        let temperature = temperature.unwrap_or(1.0) as f32;
        Ok(Run(Drawing::draw_from(self.model.clone(), seed(of_seed)?, first, count, size, temperature)?))
    }

    /// Begins to read and redraw images: values from 0 to 1, one image after the other.
    pub fn redraw(&self, pixels: &[f32], options_: Option<JsRedrawOptions>) -> JsOutcome<Run> {
        let [of_seed, size] = numbers("redraw options", ["seed", "size"], options_.into())?;
        let size = size.map_or(Ok(self.model.config().width), |size| whole("size", size))?;
        Ok(Run(Drawing::redraw(self.model.clone(), pixels, seed(of_seed)?, size)?))
    }
}

/// A drawing under way.
#[wasm_bindgen]
pub struct Run(Drawing);

#[wasm_bindgen]
impl Run {
    /// Draws one glimpse more; false if all are drawn. Throws if the weights lead to numbers that are not finite.
    pub fn step(&mut self) -> JsOutcome<bool> {
        Ok(self.0.step()?)
    }

    /// Computes the next glimpse without showing it: for idle moments, so that `step` answers sooner.
    pub fn ahead(&mut self) {
        self.0.ahead();
    }

    /// Goes to a glimpse, back or forth; beyond the last is the last, and below none is none. Throws as `step` does.
    pub fn seek(&mut self, glimpse: f64) -> JsOutcome<()> {
        // A whole number would wrap round: -1 would be the last.
        Ok(self.0.seek(glimpse as usize)?)
    }

    /// Glimpses drawn.
    #[wasm_bindgen(getter)]
    pub fn glimpse(&self) -> usize {
        self.0.glimpse()
    }

    /// Glimpses in all.
    #[wasm_bindgen(getter)]
    pub fn glimpses(&self) -> usize {
        self.0.glimpses()
    }

    /// The canvases as one picture, `columns` in a row: `ink` is a colour 0xRRGGBB, its alpha the
    /// probability of ink. Models with more channels bring their own colours and are opaque: red, green and blue, or, of
    /// two, red and what is not red.
    pub fn picture(&self, columns: usize, ink: u32) -> JsOutcome<ImageData> {
        picture(self.0.picture(columns, ink)?)
    }

    /// The error images as one picture: ink still missing in one colour, ink too much in the other, 0xRRGGBB.
    /// Undefined if nothing is read.
    #[wasm_bindgen(js_name = errorPicture)]
    pub fn error_picture(&self, columns: usize, missing: u32, surplus: u32) -> JsOutcome<Option<ImageData>> {
        let drawn = self.0.error_picture(columns, missing, surplus)?;
        if drawn.0 == 0 { Ok(None) } else { picture(drawn).map(Some) }
    }

    /// The patches that the last glimpse read, count × 2 × channels × N × N: of the image, then of its error.
    #[wasm_bindgen(js_name = readPatches)]
    pub fn read_patches(&self) -> Vec<f32> {
        self.0.read_patches().to_vec()
    }

    /// For each image, the window of the last write: centre x, centre y, stride, sigma, gamma, in canvas pixels.
    #[wasm_bindgen(js_name = writeWindows)]
    pub fn write_windows(&self) -> Vec<f32> {
        self.0.write_windows()
    }

    /// For each image, the window of the last read; zeros if nothing is read.
    #[wasm_bindgen(js_name = readWindows)]
    pub fn read_windows(&self) -> Vec<f32> {
        self.0.read_windows()
    }

    /// KL in nats, glimpse × count, of the glimpses drawn; empty for `draw`.
    pub fn kl(&self) -> Vec<f32> {
        self.0.kl().to_vec()
    }

    /// −log p(x | canvas) in nats, (glimpse + 1) × count; empty for `draw`.
    pub fn reconstruction(&self) -> Vec<f32> {
        self.0.reconstruction().to_vec()
    }
}

fn picture((width, height, rgba): Picture) -> JsOutcome<ImageData> {
    // A copy: an ImageData over wasm memory could not be transferred.
    let bytes = Uint8ClampedArray::from(&rgba[..]);
    ImageData::new_with_js_u8_clamped_array_and_sh(&bytes, width as u32, height as u32)
        .map_err(|e| Error::argument("picture", format!("{e:?}"), "a size that the browser can hold").into())
}
