//! Layers. Each owns the names, shapes and first values of its weights, and has its forward pass beside its backward.
//!
//! A weight's tensor is described once, as a [`Tensor`]; the layer that uses it says where it lies in a product
//! (`linear`), and from that follow its forward operand, its transposed one and its gradient.

pub mod attention;
pub(crate) mod canvas;
pub(crate) mod latent;
pub(crate) mod linear;
pub(crate) mod lstm;
pub(crate) mod prior;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub(crate) mod rectifier;
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub mod retina;
mod tensor;
pub(crate) mod whole;

pub use tensor::{Half, Start, Tensor};
