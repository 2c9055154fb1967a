//! What trains in the tab, and what the article's figures ask of the engine.

mod codes;
mod data;
mod fitting;
mod inside;
mod latents;
mod looking;
mod machine;
mod training;

pub use codes::*;
pub use data::*;
pub use fitting::*;
pub use inside::*;
pub use looking::*;
pub use machine::*;
pub use training::*;

use super::{JsConfig, JsOutcome, Run, entries, seed};
use crate::attention::WINDOW_LEN;
use crate::config::Config;
use crate::drawing::Colours;
use crate::error::{Error, Result as Outcome, shown};
use crate::lab::lens;
use crate::lab::reparameterise::{self, FAMILIES, Family};
use js_sys::{Float32Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a configuration costs. */
export interface Cost {
    parameters: number;
    /** Those of them that are the learned initial canvas. */
    canvas: number;
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
    /// `Config | Preset` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "Config | Preset")]
    pub type JsConfigOrPreset;
    /// `Cost` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "Cost")]
    pub type JsCost;
    /// `DistributionFamily[]` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "DistributionFamily[]")]
    pub type JsFamilies;
    /// `DistributionFigure` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "DistributionFigure")]
    pub type JsDistribution;
    /// `GradientEstimators` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "GradientEstimators")]
    pub type JsEstimators;
}

/// As a plain object; a map too, which would be a `Map`.
fn plain<T: JsCast>(value: &impl Serialize) -> JsOutcome<T> {
    let objects = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    Ok(value.serialize(&objects)?.unchecked_into())
}

/// Reads an options object; absent is empty. A field that is not known is an error: it may be a slip.
fn options<T: DeserializeOwned + Default>(what: &'static str, known: &[&str], value: JsValue) -> Outcome<T> {
    let given = Object::new();
    for (key, value) in entries(what, known, &value)?.into_iter().filter(|(_, value)| !value.is_undefined()) {
        Reflect::set(&given, &key.into(), &value).expect("an object of ours");
    }
    if Object::keys(&given).length() == 0 {
        return Ok(T::default());
    }
    serde_wasm_bindgen::from_value(given.into()).map_err(|e| Error::argument(what, e, "the documented fields"))
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
    config.as_object_mut().expect("an object").extend(changes);
    let config: Config = serde_json::from_value(config).map_err(|e| Error::Config(e.to_string()))?;
    config.validate()?;
    plain(&config)
}

/// What a model of this configuration costs.
#[wasm_bindgen]
pub fn cost(config: JsConfigOrPreset) -> JsOutcome<JsCost> {
    #[derive(Serialize)]
    struct Cost {
        parameters: f64,
        canvas: f64,
        training_flops: f64,
    }
    let config = config_of(config)?;
    config.validate()?;
    plain(&Cost {
        parameters: config.parameters() as f64,
        canvas: config.canvas_len() as f64,
        training_flops: config.training_flops() as f64,
    })
}

/// A window's numbers.
fn five(window: &[f32]) -> Outcome<&[f32; WINDOW_LEN]> {
    let five = window.try_into().map_err(|_| Error::argument("the window", "of another length", "five numbers"))?;
    match window.iter().find(|v| !v.is_finite()) {
        Some(bad) => Err(Error::argument("a number of the window", shown(*bad), "a finite one")),
        None => Ok(five),
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
        let window = five(window)?;
        Ok(self.0.place(window)?)
    }

    /// The reading, N × N.
    pub fn patch(&self) -> Float32Array {
        Float32Array::from(self.0.patch())
    }

    /// The reading written back, height × width.
    pub fn back(&self) -> Float32Array {
        Float32Array::from(self.0.back())
    }

    /// Half the squared difference of image and write-back.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> f32 {
        self.0.error()
    }

    /// The error's gradient with respect to the window's five numbers.
    pub fn gradient(&self) -> Vec<f32> {
        self.0.gradient().to_vec()
    }

    /// Where a window lies (equations 22 to 24), in pixels from the image's corner: centre x, centre y, stride, sigma.
    pub fn geometry(&self, window: &[f32]) -> JsOutcome<Vec<f32>> {
        let window = five(window)?;
        Ok(self.0.geometry(window).to_vec())
    }

    /// The window whose centre is there, in pixels from the image's corner, and that is else as `window`.
    pub fn aimed(&self, window: &[f32], x: f32, y: f32) -> JsOutcome<Vec<f32>> {
        let window = five(window)?;
        Ok(self.0.aimed(window, x, y)?.to_vec())
    }

    /// F_X, N × width, and after it F_Y, N × height, at a window.
    pub fn filterbanks(&mut self, window: &[f32]) -> JsOutcome<Vec<f32>> {
        let window = five(window)?;
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
    if draws == 0 || dots > draws {
        return Err(
            Error::argument("the number of draws", draws, format!("1 or more, and at least {dots} dots")).into()
        );
    }
    let drawn = family.draw(theta, seed(Some(seed_))?, draws)?;
    let histogram = reparameterise::histogram(&drawn.z, family.shown, bins)?;
    let (low, high) = family.shown;
    let curve = 4 * bins;
    let at = |i: usize| low + (high - low) * (i as f64 + 0.5) / curve as f64;
    plain(&Figure {
        histogram,
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
