//! Images to train on in the tab.

use super::options;
use crate::budget::{EVALUATION, product, zeros};
use crate::data::{self, Format, Hint, Pairs};
use crate::error::{Error, Result as Outcome};
use crate::lab::augment::{self, Amount};
use crate::noise;
use crate::wasm::{JsOutcome, seed, whole};
use js_sys::Uint8Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a file of images does not tell of itself. */
export interface ImageOptions {
    /**
     * Recognised if absent; "bits" and "cifar" (CIFAR-10's binary batches), which have no header, only by the name:
     * NAME.bits, data_batch_N.bin or test_batch.bin. "png" is CIFAR-10's sheet, 1,024 pixels wide.
     */
    format?: "idx" | "npy" | "amat" | "matlab" | "png" | "cifar" | "bits";
    /** In pixels: of bit rows, 28 if absent; of lines and rows of a matrix, square if absent. */
    width?: number;
    height?: number;
    /** 1 if absent; of a MATLAB array whose third dimension is 2 to 4, whether that is the channels or the images. */
    channels?: number;
    /** So many images at most; all if absent. */
    limit?: number;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `ImageOptions` of the TypeScript declarations.
    #[wasm_bindgen(typescript_type = "ImageOptions")]
    pub type JsImageOptions;
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ImageOptions {
    format: Option<String>,
    width: Option<f64>,
    height: Option<f64>,
    channels: Option<f64>,
    limit: Option<f64>,
}

/// Images to train on.
#[wasm_bindgen]
pub struct Dataset(pub(super) data::Dataset, Vec<String>);

impl Dataset {
    fn read(bytes: &[u8], name: Option<&str>, given: JsValue) -> Outcome<Dataset> {
        let given: ImageOptions = options("images", &["format", "width", "height", "channels", "limit"], given)?;
        let format =
            |name: &str| Format::named(name).ok_or_else(|| Error::argument("format", name, Format::NAMES.join(", ")));
        let number = |what, value: Option<f64>| value.map(|v| whole(what, v)).transpose();
        let hint = Hint {
            name,
            format: given.format.as_deref().map(format).transpose()?,
            width: number("width", given.width)?,
            height: number("height", given.height)?,
            channels: number("channels", given.channels)?,
            limit: number("limit", given.limit)?,
        };
        let found = data::read(bytes, &hint)?;
        Ok(Dataset(found.data, found.notes.into_iter().chain(found.odd).collect()))
    }
}

#[wasm_bindgen]
impl Dataset {
    /// From the bytes of a file: IDX, .npy, .amat, MATLAB 5 (SVHN) or CIFAR-10's PNG sheets, which are recognised, or bit
    /// rows or CIFAR-10's binary batches, which have no header and are known by the file's name (.bits, data_batch_1.bin)
    /// or by the options; gzipped or not.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], name: Option<String>, options: Option<JsImageOptions>) -> JsOutcome<Dataset> {
        Ok(Dataset::read(bytes, name.as_deref(), options.into())?)
    }

    /// Variations of marks (values from 0 to 1, one mark after the other, each `side` wide and high; if absent, 28): turned,
    /// scaled and shifted a little.
    #[wasm_bindgen(js_name = ofMarks)]
    pub fn of_marks(marks: &[f32], count: usize, seed_: f64, side: Option<usize>) -> JsOutcome<Dataset> {
        let side = side.unwrap_or(28);
        let varied = augment::vary(marks, (side, side), count, Amount::default(), seed(Some(seed_))?)?;
        Ok(Dataset(varied, Vec::new()))
    }

    /// From levels, 0 to 255, of images of one size, with one channel if `channels` is absent: a plane after the other.
    #[wasm_bindgen(js_name = ofLevels)]
    pub fn of_levels(levels: Vec<u8>, width: usize, height: usize, channels: Option<usize>) -> JsOutcome<Dataset> {
        Ok(Dataset(data::Dataset::from_levels(levels, width, height, channels.unwrap_or(1))?, Vec::new()))
    }

    /// How the file was read where that is not plain, and what is odd about the images: lines to show; mostly none.
    #[wasm_bindgen(getter)]
    pub fn notes(&self) -> Vec<String> {
        self.1.clone()
    }

    /// Images.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Pixels of an image from left to right.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Pixels of an image from top to bottom.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.0.height()
    }

    /// 1 for grey, 3 for colour.
    #[wasm_bindgen(getter)]
    pub fn channels(&self) -> usize {
        self.0.channels()
    }

    /// Takes the last images out, as a set of their own to hold out.
    #[wasm_bindgen(js_name = holdOut)]
    pub fn hold_out(&mut self, count: usize) -> JsOutcome<Dataset> {
        Ok(Dataset(self.0.split_off(count)?, Vec::new()))
    }

    /// Two of these digits on each of `count` images `size` pixels wide and high, at places by the seed: the first is
    /// the image's own, in their order, the other any.
    pub fn pairs(&self, size: usize, count: usize, seed_: f64) -> JsOutcome<Dataset> {
        let pairs = Pairs::new(self.0.clone(), size)?;
        Ok(Dataset(pairs.fixed(count, seed(Some(seed_))?)?, Vec::new()))
    }

    /// All images' pixels, 0 to 255, as `ofLevels` takes them.
    pub fn levels(&self) -> Uint8Array {
        Uint8Array::from(self.0.all_levels())
    }

    /// All images' values as `Writer.bound` sees them with this seed: each level is the probability of a 1. 0 or 1, one
    /// image after the other.
    pub fn binary(&self, seed_: Option<f64>) -> JsOutcome<Vec<f32>> {
        let seed = seed(Some(seed_.unwrap_or(0.0)))?;
        let pixels = self.0.width() * self.0.height() * self.0.channels();
        EVALUATION.check([("images", self.0.len())], |[n]| product(&[n, pixels, size_of::<f32>()]))?;
        let mut out = zeros(self.0.all_levels().len() as u64)?;
        for (i, image) in out.chunks_exact_mut(pixels).enumerate() {
            self.0.sample(i, &mut noise::rng(seed, noise::EVAL, u64::MAX - i as u64), image);
        }
        Ok(out)
    }

    /// An image's pixels, 0 to 1.
    pub fn image(&self, index: usize) -> JsOutcome<Vec<f32>> {
        if index >= self.0.len() {
            return Err(Error::argument("index", index, format!("below {}", self.0.len())).into());
        }
        Ok(self.0.levels(index).iter().map(|l| *l as f32 / 255.0).collect())
    }
}
