//! What the page's figures use, and nothing else does.

pub mod lens;
pub mod reparameterise;
pub mod scribble;
