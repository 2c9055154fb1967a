//! What the page and its figures use, and neither the model nor the loop of training does. The command line takes
//! [`codes`] from here, for the files of plain autoencoders.

#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod augment;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod codes;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod field;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod latents;
pub mod lens;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod machine;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod plane;
pub mod reparameterise;
pub mod scribble;
