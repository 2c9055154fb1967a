//! tract for the browser benchmark: an ONNX graph, optimised for one batch, from latents to canvases.

use std::sync::Arc;
use tract_onnx::prelude::*;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Plan {
    plan: Arc<TypedRunnableModel>,
    shape: [usize; 3],
}

fn thrown(error: TractError) -> JsError {
    JsError::new(&format!("{error:#}"))
}

#[wasm_bindgen]
impl Plan {
    /// The graph's one input is z [glimpses, batch, latent].
    #[wasm_bindgen(constructor)]
    pub fn new(mut graph: &[u8], glimpses: usize, batch: usize, latent: usize) -> Result<Plan, JsError> {
        let shape = [glimpses, batch, latent];
        let mut plan = || {
            let model = onnx().model_for_read(&mut graph)?.with_input_fact(0, f32::fact(shape).into())?;
            model.into_optimized()?.into_runnable()
        };
        Ok(Plan { plan: plan().map_err(thrown)?, shape })
    }

    pub fn draw(&self, z: &[f32]) -> Result<Vec<f32>, JsError> {
        // Each run has a new state: in one that is kept, an LSTM would go on where it ended.
        let draw = || {
            let canvas = self.plan.run(tvec![Tensor::from_shape(&self.shape, z)?.into()])?.remove(0);
            Ok(canvas.view().as_slice::<f32>()?.to_vec())
        };
        draw().map_err(thrown)
    }
}
