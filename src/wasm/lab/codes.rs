//! Codes: what an encoder makes of images, and the plane on which they spread most.

use super::{Dataset, JsBound, plain};
use crate::eval;
use crate::lab::{codes, plane};
use crate::wasm::{JsOutcome, Writer, seed};
use std::ops::ControlFlow;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Writer {
    /// The codes of images, count × (glimpse × latent), as `Plane` and `latentsOf` take them; of a variational model samples
    /// from q, by the seed. Values from 0 to 1, one image after the other.
    pub fn codes(&self, pixels: &[f32], seed_: Option<f64>) -> JsOutcome<Vec<f32>> {
        Ok(codes::codes(&self.model, pixels, seed(Some(seed_.unwrap_or(0.0)))?)?)
    }

    /// Codes from the Gaussian that was fitted to those of a plain autoencoder, with the noise of `draw` with this seed.
    #[wasm_bindgen(js_name = fittedCodes)]
    pub fn fitted_codes(&self, seed_: f64, count: usize) -> JsOutcome<Vec<f32>> {
        Ok(codes::fitted(&self.model, seed(Some(seed_))?, count)?)
    }

    /// Codes as latents for `drawLatents`.
    #[wasm_bindgen(js_name = latentsOf)]
    pub fn latents_of(&self, codes_: &[f32]) -> JsOutcome<Vec<f32>> {
        let c = self.model.config();
        Ok(codes::latents(codes_, [c.glimpses, c.latent])?)
    }

    /// The bound on a data set, as the command line's `eval` gives it; of a plain autoencoder the reconstruction alone,
    /// which bounds nothing.
    pub fn bound(&self, data: &Dataset, seed_: Option<f64>) -> JsOutcome<JsBound> {
        let seed = seed(Some(seed_.unwrap_or(0.0)))?;
        plain(&eval::bound(&self.model, &data.0, 1, seed, 1, |_| ControlFlow::Continue(()))?)
    }
}

/// The mean of some codes and the two directions in which they spread most.
#[wasm_bindgen]
pub struct Plane(plane::Plane);

#[wasm_bindgen]
impl Plane {
    /// Of codes of so many numbers each, three or more.
    #[wasm_bindgen(constructor)]
    pub fn new(codes: &[f32], numbers: usize) -> JsOutcome<Plane> {
        Ok(Plane(plane::Plane::of(codes, numbers)?))
    }

    /// x and y of codes, in their own unit; the codes' mean is at 0.
    pub fn project(&self, codes: &[f32]) -> JsOutcome<Vec<f32>> {
        Ok(self.0.project(codes)?)
    }

    /// The code at a place; all other components are at their mean.
    pub fn at(&self, x: f32, y: f32) -> JsOutcome<Vec<f32>> {
        Ok(self.0.at([x, y])?)
    }
}
