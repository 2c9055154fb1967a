//! What the page's figures use, and nothing else does.

#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod codes;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod field;
pub mod lens;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod plane;
pub mod reparameterise;
pub mod scribble;
