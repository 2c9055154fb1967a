//! DRAW, the Deep Recurrent Attentive Writer (Gregor et al. 2015, arXiv 1502.04623): a recurrent
//! variational autoencoder that draws an image over many glimpses, each through a small Gaussian
//! window. Inference and training, native and in the browser.
//!
//! Data flows one way. To draw: [`weights`] → [`params`] → [`model`] → [`tape`] (a step at a time) →
//! [`drawing`] (frames at any size) → `wasm` or the command line. To train: [`data`] → [`train`]
//! (a batch) → [`tape`] (forward) → [`backprop`] (backward) → `optim` (Adam) or `muon` → [`params`].
//!
//! | module | the paper |
//! | --- | --- |
//! | [`attention`] | filterbanks, read and write: equations 19 to 29 |
//! | `lstm` | the recurrent cell of encoder and decoder |
//! | `latent` | q(z), the reparameterised sample, KL: equations 1, 2, 6, 10, 11 |
//! | `likelihood` | reconstruction: equation 9 |
//! | [`tape`] | the glimpse: equations 3 to 8 |
//! | [`eval`] | the bound: equation 12 |
//! | [`config`] | Table 3 |

pub mod budget;
pub mod config;
pub mod data;
pub mod draw;
pub mod error;
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
    pub use crate::likelihood::Bernoulli;

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
