//! DRAW, the Deep Recurrent Attentive Writer (Gregor et al. 2015, arXiv 1502.04623): a recurrent variational autoencoder
//! that draws an image over many glimpses, each through a small Gaussian window. Inference and training, native and in
//! the browser.
//!
//! Images and canvases are `[C, B, A]`: channels, height, width. Matrices are `[out, in]`.
//! Losses are in nats.
//!
//! | module | what it holds | the paper |
//! | --- | --- | --- |
//! | [`config`] | the shape of a model, presets | Table 3 |
//! | [`params`] | the parameters of a model, by name | |
//! | [`weights`] | safetensors in and out | |
//! | [`layers`] | LSTM, latent, filterbanks, read and write, forward beside backward | equations 1, 2, 6, 19 to 29 |
//! | [`likelihood`] | what a canvas says of an image | equation 9 |
//! | [`draw`] | DRAW itself: the model, its tape and gradient, its bound, drawings | equations 3 to 8, 10 to 18 |
//! | [`look`] | classification by looking | section 4.1 |
//! | [`train`] | the training loop, over any [`Task`](train::Task) | |
//! | [`data`] | data sets | |
//! | [`lab`] | what figures use: a lens on the filters, a glimpse from inside, reparameterisation, scribbles | |
//! | [`noise`], [`budget`], [`error`](mod@error) | seeded randomness, memory counted before it is taken, errors | |
//!
//! No function panics on bad input: it returns an [`enum@Error`], which says what was wrong and what was expected. Where
//! a function may panic, its text says so.
//!
//! # To draw
//!
//! Four digits by a model that has not learnt yet; [`weights::load`] reads one that has.
//!
//! ```
//! use attentive_writer::drawing::Drawing;
//! use attentive_writer::model::{Draw, Purpose};
//! use attentive_writer::{Config, params::Params};
//! use std::sync::Arc;
//!
//! let params = Params::init(&Config::preset("mnist-small")?, 1, None)?;
//! let model = Arc::new(Draw::new(&params, Purpose::Draw)?);
//! // Seed 7, four digits of 56 × 56 pixels, latents at their full spread.
//! let mut drawing = Drawing::draw(model, 7, 4, 56, 1.0)?;
//! while drawing.step()? {
//!     let canvases: &[f32] = drawing.canvas(); // each pixel's probability of ink
//!     assert_eq!(canvases.len(), 4 * 56 * 56);
//! }
//! assert_eq!(drawing.glimpse(), 10);
//! # Ok::<(), attentive_writer::Error>(())
//! ```
//!
//! # To redraw
//!
//! A square is read and drawn again. What that costs is the bound of equation 12.
//!
//! ```
//! use attentive_writer::drawing::Drawing;
//! use attentive_writer::model::{Draw, Purpose};
//! use attentive_writer::{Config, params::Params};
//! use std::sync::Arc;
//!
//! let params = Params::init(&Config::preset("mnist-small")?, 1, None)?;
//! let model = Arc::new(Draw::new(&params, Purpose::Read)?);
//! let inside = |i: usize| (8..20).contains(&(i % 28)) && (8..20).contains(&(i / 28));
//! let image: Vec<f32> = (0..28 * 28).map(|i| inside(i) as u8 as f32).collect();
//! let mut drawing = Drawing::redraw(model, &image, 7, 28)?;
//! while drawing.step()? {}
//! let reconstruction = drawing.reconstruction()[drawing.glimpses()];
//! let bound = reconstruction + drawing.kl().iter().sum::<f32>(); // in nats
//! assert!(bound > reconstruction);
//! # Ok::<(), attentive_writer::Error>(())
//! ```
//!
//! # To train
//!
//! Bars of 8 × 8 pixels, for a few steps.
//!
//! ```
//! use attentive_writer::Config;
//! use attentive_writer::data::Dataset;
//! use attentive_writer::train::{Settings, Trainer};
//! use attentive_writer::weights::{self, Format, Part};
//!
//! // Four images of 8 × 8: a bar in each.
//! let levels = (0..4 * 64).map(|i| if i % 8 == i / 64 { 255 } else { 0 }).collect();
//! let data = Dataset::from_levels(levels, 8, 8, 1)?;
//! let config = Config { width: 8, height: 8, glimpses: 4, hidden: 16, latent: 4, ..Config::preset("mnist-small")? };
//! let settings = Settings { batch: 4, learning_rate: 0.01, warm_up: 1, ..Settings::default() };
//! // The canvas starts at the mean image.
//! let mut trainer = Trainer::new(&config, settings, Some(&data.mean()))?;
//! let first = trainer.step(&data, 1.0)?;
//! for _ in 0..60 {
//!     trainer.step(&data, 1.0)?;
//! }
//! let last = trainer.step(&data, 1.0)?;
//! assert!(last.loss_nats < first.loss_nats);
//! let file = weights::save(trainer.average(), Format::F32, Part::All)?; // bytes of a safetensors file
//! assert_eq!(weights::load(&file, None)?.params, *trainer.average());
//! # Ok::<(), attentive_writer::Error>(())
//! ```
//!
//! # To evaluate
//!
//! The bound of equation 12 on a data set, and an importance-weighted estimate.
//!
//! ```
//! use attentive_writer::data::Dataset;
//! use attentive_writer::model::{Draw, Purpose};
//! use attentive_writer::{Config, eval, params::Params};
//! use std::ops::ControlFlow;
//!
//! let params = Params::init(&Config::preset("mnist-small")?, 1, None)?;
//! let model = Draw::new(&params, Purpose::Read)?;
//! let data = Dataset::from_levels(vec![0; 3 * 28 * 28], 28, 28, 1)?; // three blank images
//! // Five latents an image, seed 0, one thread, and no word of progress.
//! let bound = eval::bound(&model, &data, 5, 0, 1, |_| ControlFlow::Continue(()))?;
//! assert_eq!((bound.images, bound.samples), (3, 5));
//! assert!((bound.nll_bound_nats - bound.reconstruction_nats - bound.kl_nats).abs() < 1e-9);
//! assert!(bound.importance_weighted_nats.unwrap() <= bound.nll_bound_nats);
//! # Ok::<(), attentive_writer::Error>(())
//! ```
#![deny(missing_docs)]

pub mod budget;
pub mod config;
pub mod data;
pub mod draw;
pub mod error;
// Of what is in it, only `Real` and `instruction_set` are for users.
#[allow(missing_docs)]
mod kernels;
pub mod lab;
pub mod layers;
pub mod likelihood;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod look;
pub mod noise;
pub mod params;
mod threads;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
pub mod weights;

pub use config::Config;
pub use draw::{backprop, bound as eval, drawing, model, tape};
pub use error::{Error, Result};
pub use kernels::{Real, instruction_set};
pub use layers::attention;

/// What tests and benches reach of the engine's inside. No part of the API: it changes without notice.
#[doc(hidden)]
pub mod internals {
    pub use crate::attention::Grid;
    pub use crate::kernels::gemm::{Init, Packed, Scratch, gemm, gemm_tn};
    pub use crate::layers::linear::{Block, Buffers, Linear};
    pub use crate::likelihood::bernoulli::Bernoulli;

    #[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
    pub mod glance {
        pub use crate::attention::glance::{Backward, Forward};
    }
    pub mod read {
        pub use crate::attention::read::{Backward, Forward};
    }
    pub mod write {
        pub use crate::attention::write::{Backward, Forward};
    }
    pub mod latent {
        pub use crate::layers::latent::{Backward, Forward};
        pub use crate::layers::prior::{Learned, Prior, Standard};
    }
    pub mod lstm {
        pub use crate::layers::lstm::{Backward, Forward};
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The examples of the crate's README are compiled.
#[cfg(doctest)]
#[doc = include_str!("README.md")]
struct Readme;
