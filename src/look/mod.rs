//! Classification by looking (section 4.1): a recurrent network sees a large image through a few glimpses, and says at the
//! end what it shows.
//!
//! Two eyes: DRAW's read, whose window is differentiable, and the retina of the *Recurrent Models of Visual Attention*
//! (RAM, Mnih et al. 2014), whose places are drawn at random and learnt by REINFORCE, or by the reparameterised draw.

mod config;
mod estimators;
mod judge;
mod model;
mod ram;
mod reader;
mod softmax;
mod verdicts;

pub use config::{Config, Estimator, Eye, PRESETS};
pub use estimators::{Estimates, Gradients, gradients, gradients_by_glimpse};
pub use judge::{Errors, errors};
pub use model::{Losses, Model, Slice};
