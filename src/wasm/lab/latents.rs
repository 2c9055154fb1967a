//! New latents from old ones.

use super::options;
use crate::lab::latents;
use crate::wasm::{JsOutcome, Writer, seed, whole};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface VaryOptions {
    seed?: number;
    count?: number;
    temperature?: number;
    /** The glimpses from this one up to that keep the latents given: none if absent. */
    from?: number;
    to?: number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `VaryOptions` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "VaryOptions")]
    pub type JsVaryOptions;
}

#[derive(Deserialize)]
#[serde(default)]
struct VaryOptions {
    seed: Option<f64>,
    count: f64,
    temperature: f64,
    from: f64,
    to: f64,
}

impl Default for VaryOptions {
    fn default() -> Self {
        VaryOptions { seed: None, count: 1.0, temperature: 1.0, from: 0.0, to: 0.0 }
    }
}

#[wasm_bindgen]
impl Writer {
    /// Latents of `count` digits on the way from one digit's to another's.
    pub fn interpolate(&self, from: &[f32], to: &[f32], count: usize) -> JsOutcome<Vec<f32>> {
        Ok(latents::interpolate(self.model.config(), from, to, count)?)
    }

    /// Latents of digits that share one digit's in some glimpses, and have others of their own elsewhere.
    pub fn vary(&self, latents: &[f32], options_: Option<JsVaryOptions>) -> JsOutcome<Vec<f32>> {
        let known = ["seed", "count", "temperature", "from", "to"];
        let o: VaryOptions = options("vary options", &known, options_.into())?;
        let held = whole("from", o.from)?..whole("to", o.to)?;
        let (seed, count, temperature) = (seed(o.seed)?, whole("count", o.count)?, o.temperature as f32);
        Ok(latents::resample(self.model.config(), latents, held, seed, count, temperature)?)
    }
}
