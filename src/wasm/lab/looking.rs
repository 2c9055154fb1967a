//! Models that classify by looking, and what they look at.

use super::plain;
use crate::attention::{WINDOW_LEN, Window};
use crate::data::{self, Clutter, Labelled, Pieces};
use crate::error::{Error, expect_finite, expect_image};
use crate::lab::field;
use crate::layers::retina::Retina;
use crate::look::{self, Estimates, Eye, Model, Slice};
use crate::params::Params;
use crate::wasm::{JsOutcome, seed};
use crate::weights;
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The shape of a model that classifies. */
export interface LookConfig {
    task: "classification";
    width: number;
    height: number;
    glimpses: number;
    hidden: number;
    patch: number;
    classes: number;
    eye: "read" | { retina: { scales: number; deviation: number; estimator: "reinforce" | "pathwise" } };
}

/** Draws of an estimator of a gradient by the mean of a place: x and y of each, their mean, and their variance. */
export interface Estimator {
    draws: number[];
    mean: [number, number];
    variance: number;
}

/** Two estimators of one gradient, the second with and without a baseline. Places are in the image's pixels. */
export interface PlaceGradients {
    mean: [number, number];
    places: number[];
    pathwise: Estimator;
    score: Estimator;
    scoreWithBaseline: Estimator;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `LookConfig` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "LookConfig")]
    pub type JsLookConfig;
    /// `PlaceGradients` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "PlaceGradients")]
    pub type JsPlaceGradients;
}

/// A model that classifies by looking.
#[wasm_bindgen]
pub struct Looker {
    params: Params<f32, look::Config>,
    model: Arc<Model<f32>>,
}

#[wasm_bindgen]
impl Looker {
    /// From the bytes of its weights file.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> JsOutcome<Looker> {
        let params = weights::load_task::<look::Config>(bytes)?;
        Ok(Looker { model: Arc::new(Model::new(&params, None)), params })
    }

    /// The shape of the model.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> JsOutcome<JsLookConfig> {
        plain(self.params.config())
    }

    /// Begins to look at an image, width × height values from 0 to 1. RAM looks at the means of its places.
    pub fn look(&self, image: &[f32]) -> JsOutcome<Sight> {
        expect_image(image, self.params.config().pixels())?;
        let mut slice = Slice::new(&self.model, 1)?;
        slice.images_mut().copy_from_slice(image);
        Ok(Sight { model: self.model.clone(), slice, glimpse: 0 })
    }

    /// Both estimators of the gradient of log p(label) by the mean of the place of a glimpse (from 0), for so many draws.
    #[wasm_bindgen(js_name = placeGradients)]
    pub fn place_gradients(
        &self,
        image: &[f32],
        label: u8,
        glimpse: usize,
        draws: usize,
        seed_: f64,
    ) -> JsOutcome<JsPlaceGradients> {
        #[derive(Serialize)]
        struct Estimator {
            draws: Vec<f64>,
            mean: [f64; 2],
            variance: f64,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Figure {
            mean: [f64; 2],
            places: Vec<f64>,
            pathwise: Estimator,
            score: Estimator,
            score_with_baseline: Estimator,
        }
        let c = self.params.config();
        expect_image(image, c.pixels())?;
        let g = look::gradients(&self.params, image, label, glimpse, draws, seed(Some(seed_))?)?;
        let estimator = |draws: &[[f64; 2]]| {
            let Estimates { mean, variance } = Estimates::of(draws);
            Estimator { draws: draws.concat(), mean, variance }
        };
        let pixels = |p: [f64; 2]| [Retina::pixels(p[0], c.width), Retina::pixels(p[1], c.height)];
        plain(&Figure {
            mean: pixels(g.means[0]),
            places: g.places.iter().flat_map(|p| pixels(*p)).collect(),
            pathwise: estimator(&g.pathwise),
            score: estimator(&g.score),
            score_with_baseline: estimator(&g.score_with_baseline),
        })
    }
}

/// An image being looked at.
#[wasm_bindgen]
pub struct Sight {
    model: Arc<Model<f32>>,
    slice: Slice<f32>,
    glimpse: usize,
}

#[wasm_bindgen]
impl Sight {
    /// Looks once more; false if all glimpses are over. Throws if the weights lead to numbers that are not finite.
    pub fn step(&mut self) -> JsOutcome<bool> {
        let t = self.glimpse;
        if t == self.model.config().glimpses {
            return Ok(false);
        }
        self.slice.glimpse(&self.model, t);
        let numbers = self.slice.looked(t).iter().chain(self.slice.seen(&self.model, t, 0));
        expect_finite(numbers, || format!("what glimpse {} sees", t + 1))?;
        self.glimpse += 1;
        Ok(true)
    }

    /// Glimpses taken.
    #[wasm_bindgen(getter)]
    pub fn glimpse(&self) -> usize {
        self.glimpse
    }

    /// Glimpses in all.
    #[wasm_bindgen(getter)]
    pub fn glimpses(&self) -> usize {
        self.model.config().glimpses
    }

    /// Class probabilities after the last glimpse; before the first, of the blank state. Throws as `step` does.
    pub fn probabilities(&mut self) -> JsOutcome<Vec<f32>> {
        let p = self.slice.verdict(&self.model, self.glimpse);
        expect_finite(p, || "a probability".into())?;
        Ok(p.to_vec())
    }

    /// What the last glimpse looked through, in the image's pixels: centre x, centre y, stride, sigma and gamma of a window
    /// of Gaussians; or centre x, centre y and the sides of the retina's squares. Empty before the first.
    pub fn window(&self) -> Vec<f32> {
        let c = self.model.config();
        let Some(t) = self.glimpse.checked_sub(1) else { return Vec::new() };
        let looked = self.slice.looked(t);
        match c.eye {
            Eye::Read => {
                let w = Window::from_params(&looked[..WINDOW_LEN], c.width, c.height, c.patch);
                w.shown().to_vec()
            }
            Eye::Retina { scales, .. } => {
                let x = Retina::pixels(looked[0] as f64, c.width) as f32;
                let y = Retina::pixels(looked[1] as f64, c.height) as f32;
                [x, y].into_iter().chain((0..scales).map(|s| (c.patch << s) as f32)).collect()
            }
        }
    }

    /// What the last glimpse saw: N × N, or scales × N × N. Empty before the first.
    pub fn seen(&self) -> Vec<f32> {
        self.glimpse.checked_sub(1).map(|t| self.slice.seen(&self.model, t, 0).to_vec()).unwrap_or_default()
    }
}

/// Digits with labels, around which clutter is laid.
#[wasm_bindgen]
pub struct Digits(Clutter);

#[wasm_bindgen]
impl Digits {
    /// From two IDX files, of images and of labels, gzipped or not.
    #[wasm_bindgen(constructor)]
    pub fn new(images: &[u8], labels: &[u8]) -> JsOutcome<Digits> {
        let images = data::read(images, &data::Hint::default())?.data;
        Ok(Digits(Clutter::new(Labelled::new(images, data::labels(labels)?)?, Pieces::default())?))
    }

    /// Digits.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.digits().labels().len()
    }

    /// The class of a digit.
    pub fn label(&self, index: usize) -> JsOutcome<u8> {
        let labels = self.0.digits().labels();
        let label = labels.get(index).copied();
        Ok(label.ok_or_else(|| Error::argument("the digit", index, format!("0 to {}", labels.len() - 1)))?)
    }

    /// A digit in clutter, whose pieces can be moved; the same for the same seed.
    pub fn field(&self, index: usize, seed_: f64) -> JsOutcome<Field> {
        Ok(Field(field::Field::new(&self.0, index, seed(Some(seed_))?)?))
    }
}

/// A digit and the clutter around it.
#[wasm_bindgen]
pub struct Field(field::Field);

#[wasm_bindgen]
impl Field {
    /// Width and height in pixels.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> usize {
        self.0.size()
    }

    /// x, y, width and height of each piece, the digit last.
    pub fn boxes(&self) -> Vec<u32> {
        self.0.boxes().concat().iter().map(|n| *n as u32).collect()
    }

    /// Moves a piece's corner there, or as near as the field allows.
    pub fn place(&mut self, piece: usize, x: f64, y: f64) -> JsOutcome<()> {
        Ok(self.0.place(piece, x, y)?)
    }

    /// Puts another digit in the place of this one: 28 × 28 values from 0 to 1.
    pub fn draw(&mut self, pixels: &[f32]) -> JsOutcome<()> {
        Ok(self.0.draw(pixels)?)
    }

    /// The image, size × size values from 0 to 1.
    pub fn image(&self) -> Vec<f32> {
        self.0.image()
    }
}
