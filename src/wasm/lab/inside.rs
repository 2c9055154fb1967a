//! What programs and figures ask of a model and a drawing, and the widget does not.

use crate::config::Config;
use crate::draw::drawing::Drawing;
use crate::wasm::{JsConfig, JsOutcome, Run, Writer, whole};
use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

/// The instruction set that this build uses: "simd128" or "relaxed-simd".
#[wasm_bindgen(js_name = instructionSet)]
pub fn instruction_set() -> String {
    crate::instruction_set().to_owned()
}

/// The configuration of a preset.
#[wasm_bindgen]
pub fn preset(name: &str) -> JsOutcome<JsConfig> {
    Ok(serde_wasm_bindgen::to_value(&Config::preset(name)?)?.unchecked_into())
}

#[wasm_bindgen]
impl Writer {
    /// Parameters of the whole model, encoder included.
    #[wasm_bindgen(getter)]
    pub fn parameters(&self) -> f64 {
        self.model.config().parameters() as f64
    }

    /// Begins to draw from latents, glimpse × count × latent, as `Run.latents` gives them.
    #[wasm_bindgen(js_name = drawLatents)]
    pub fn draw_latents(&self, latents: Vec<f32>, size: Option<f64>) -> JsOutcome<Run> {
        let size = size.map_or(Ok(self.model.config().width), |s| whole("size", s))?;
        Ok(Run(Drawing::draw_latents(self.model.clone(), latents, size)?))
    }
}

#[wasm_bindgen]
impl Run {
    /// Images being drawn.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// The canvases after the sigmoid, count × channels × size × size: a view of wasm memory.
    pub fn canvas(&self) -> Float32Array {
        // SAFETY: the view is documented to hold until the next call into the module.
        unsafe { Float32Array::view(self.0.canvas()) }
    }

    /// The patches that the last glimpse wrote, count × channels × N × N, or whole canvases without attention; empty before
    /// the first.
    #[wasm_bindgen(js_name = writePatches)]
    pub fn write_patches(&self) -> Vec<f32> {
        self.0.write_patches()
    }

    /// The latents of all glimpses, glimpse × count × latent. Throws as `step` does.
    pub fn latents(&mut self) -> JsOutcome<Vec<f32>> {
        Ok(self.0.latents()?)
    }
}
