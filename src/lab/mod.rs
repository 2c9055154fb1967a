//! What the page's figures use, and nothing else does.

#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod field;
pub mod lens;
pub mod reparameterise;
pub mod scribble;
