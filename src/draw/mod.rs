//! DRAW itself, the task of generating: the model, a batch unrolled over its glimpses, the gradient, the bound, and
//! drawings at any size.

pub mod backprop;
pub mod bound;
pub mod drawing;
mod lengths;
pub mod model;
mod prune;
pub mod tape;
mod task;

pub use prune::prune;
pub use task::Losses;
