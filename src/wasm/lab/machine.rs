//! One digit's glimpses from inside, and the weights that compute them.

use super::{JsConfigOrPreset, config_of, options, plain};
use crate::draw::model;
use crate::error::Error;
use crate::lab::machine::{self, Source};
use crate::layers::Tensor;
use crate::wasm::{JsOutcome, Writer, seed};
use js_sys::Float32Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface TraceOptions {
    /** 0 to 2^53 - 1; a random one if absent. */
    seed?: number;
    /** Whose noise it is, with this seed: that of `redraw` (if absent), or of `bound` for a set's first image. */
    noise?: "redraw" | "bound";
}

/**
 * What a trace holds, T glimpses one after the other. Those of the encoder, and "spent", "reconstruction", "bound" and
 * "bits", are empty where nothing is read.
 *
 * - "readWindows", "writeWindows": T × 5: centre x, centre y, stride, sigma and gamma, in pixels (equations 21 to 24)
 * - "errors": T × C × B × A, the image less the canvas before the glimpse (3)
 * - "readPatches": T × 2 × C × N × N, of the image, then of its error (27)
 * - "encoder", "encoderCells", "decoder", "decoderCells": T × H, what the LSTMs say and what they keep (5, 7)
 * - "means", "deviations", "latents": T × Z, those of q and the latents (1, 2, 6; of a dream 13)
 * - "writePatches": T × C × N × N (28); "strokes": T × C × B × A, what is added, in log-odds of ink (29)
 * - "canvases": (T + 1) × C × B × A, from before the first glimpse on, as probabilities of ink (8)
 * - "spent", "reconstruction", "bound": T + 1, in nats, from before the first glimpse on: KL so far (11),
 *   −log p(x | canvas) (9), and both (12); "bits": the last in bits
 */
export type TracePart =
    | "readWindows" | "errors" | "readPatches" | "encoder" | "encoderCells" | "means" | "deviations" | "latents"
    | "decoder" | "decoderCells" | "writePatches" | "writeWindows" | "strokes" | "canvases"
    | "spent" | "reconstruction" | "bound" | "bits";

/** A tensor of a model. */
export interface TensorShape {
    name: string;
    /** Of a matrix [out, in]. */
    shape: number[];
    /** Its numbers. */
    parameters: number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `TraceOptions` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "TraceOptions")]
    pub type JsTraceOptions;
    /// `TracePart` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "TracePart")]
    pub type JsTracePart;
    /// `TensorShape[]` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "TensorShape[]")]
    pub type JsTensorShapes;
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TraceOptions {
    seed: Option<f64>,
    noise: Option<String>,
}

/// The tensors of a model of this configuration, by the names that a weights file has for them.
#[wasm_bindgen]
pub fn tensors(config: JsConfigOrPreset) -> JsOutcome<JsTensorShapes> {
    #[derive(Serialize)]
    struct TensorShape {
        name: &'static str,
        parameters: f64,
        shape: Vec<f64>,
    }
    let config = config_of(config)?;
    config.validate()?;
    let shown = |t: Tensor| TensorShape {
        name: t.name,
        parameters: t.shape.iter().map(|n| *n as f64).product(),
        shape: t.shape.iter().map(|n| *n as f64).collect(),
    };
    plain(&model::tensors(&config).into_iter().map(shown).collect::<Vec<_>>())
}

/// All glimpses of one digit, with what each of them computed.
#[wasm_bindgen]
pub struct Trace(machine::Trace);

#[wasm_bindgen]
impl Trace {
    /// A part by its name.
    pub fn part(&self, name: JsTracePart) -> JsOutcome<Float32Array> {
        let name = JsValue::from(name).as_string().unwrap_or_default();
        let parts = self.0.parts();
        match parts.iter().find(|(known, _)| *known == name) {
            Some((_, values)) => Ok(Float32Array::from(*values)),
            None => {
                let known: Vec<_> = parts.iter().map(|(known, _)| *known).collect();
                Err(Error::argument("the part of a trace", format!("'{name}'"), known.join(", ")).into())
            }
        }
    }
}

#[wasm_bindgen]
impl Writer {
    /// Reads and redraws one image, values from 0 to 1, and keeps what each glimpse computes.
    pub fn trace(&self, pixels: &[f32], options_: Option<JsTraceOptions>) -> JsOutcome<Trace> {
        let o: TraceOptions = options("trace options", &["seed", "noise"], options_.into())?;
        let seed = seed(o.seed)?;
        let source = match o.noise.as_deref() {
            None | Some("redraw") => Source::Read(pixels, seed),
            Some("bound") => Source::Price(pixels, seed),
            Some(other) => return Err(Error::argument("noise", format!("'{other}'"), "'redraw' or 'bound'").into()),
        };
        Ok(Trace(machine::Trace::of(&self.model, source)?))
    }

    /// Draws one digit from the prior, the first that `draw` has with this seed, and keeps what each glimpse computes.
    #[wasm_bindgen(js_name = traceDream)]
    pub fn trace_dream(&self, seed_: Option<f64>) -> JsOutcome<Trace> {
        Ok(Trace(machine::Trace::of(&self.model, Source::Dream(seed(seed_)?))?))
    }

    /// The latents, from 0, that the decoder gives any weight.
    #[wasm_bindgen(js_name = latentsInUse)]
    pub fn latents_in_use(&self) -> Vec<u32> {
        machine::latents_in_use(&self.model).into_iter().map(|k| k as u32).collect()
    }
}
