//! What is done to a scribble before the network sees it, step by step.

use super::plain;
use crate::lab::scribble::{Fitting, fitting};
use crate::wasm::JsOutcome;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What `normalise` does to a scribble; lengths are in the scribble's pixels. */
export interface ScribbleFitting {
    /** The ink's bounding box: left, top, right, bottom. */
    ink: [number, number, number, number];
    /** The centre of the ink's mass: x, y. */
    mass: [number, number];
    /** The square that becomes the image of 28 × 28: its left and top. */
    corner: [number, number];
    /** The side of what becomes one pixel of the image. */
    scale: number;
    /** The image before it is black and white, 28 × 28. */
    greys: number[];
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `ScribbleFitting` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "ScribbleFitting")]
    pub type JsFitting;
}

/// The steps of `normalise`, which takes the same.
#[wasm_bindgen(js_name = fitScribble)]
pub fn fit_scribble(pixels: &[f32], width: usize, height: usize) -> JsOutcome<JsFitting> {
    #[derive(Serialize)]
    struct Steps {
        ink: [f32; 4],
        mass: [f32; 2],
        corner: [f32; 2],
        scale: f32,
        greys: Vec<f32>,
    }
    let (Fitting { ink, mass, corner, scale }, greys) = fitting(pixels, width, height)?;
    plain(&Steps { ink, mass, corner, scale, greys })
}
