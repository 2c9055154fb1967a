//! What can go wrong, said so that the reader can mend it.

use crate::kernels::Real;
use thiserror::Error;

/// An error of the library. Its text says what was wrong and what was expected.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A [`Config`](crate::Config) that no model can have, or an unknown preset.
    #[error("configuration: {0}")]
    Config(String),
    /// A weights file that cannot be used.
    #[error("weights: {0}")]
    Weights(String),
    /// A data set that cannot be used.
    #[error("data: {0}")]
    Data(String),
    /// An argument outside its range.
    #[error("{what} is {got}; expected {expected}")]
    Argument {
        /// The argument, as a sentence's subject.
        what: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: String,
    },
    /// The machine, or the tab, has no room for what was asked.
    #[error("there is no room for another {wanted}; expected a smaller size or count, or more memory")]
    Memory {
        /// How much was asked for, with its unit.
        wanted: String,
    },
    /// Training left the numbers that a float can hold.
    #[error("training diverged at step {step}: the {what} is not finite; lower the learning rate")]
    Diverged {
        /// The steps done before.
        step: u64,
        /// What was not finite, the loss or the gradient.
        what: &'static str,
    },
    /// A model's numbers left those that a float can hold.
    #[error("{what} is not finite; expected weights whose results f32 can hold")]
    NotFinite {
        /// The numbers, as a sentence's subject.
        what: String,
    },
    /// The caller ended the work before its result.
    #[error("stopped before the end, as asked")]
    Stopped,
}

impl Error {
    pub(crate) fn argument(what: &'static str, got: impl ToString, expected: impl ToString) -> Self {
        Error::Argument { what, got: got.to_string(), expected: expected.to_string() }
    }
}

/// # Errors
/// [`Error::NotFinite`] if a value is not; `what` says of what.
pub(crate) fn expect_finite<'a, T: Real>(
    values: impl IntoIterator<Item = &'a T>,
    what: impl FnOnce() -> String,
) -> Result<()> {
    if values.into_iter().all(|v| v.is_finite()) { Ok(()) } else { Err(Error::NotFinite { what: what() }) }
}

/// # Errors
/// [`Error::Argument`] for a pixel outside `[0, 1]`.
pub(crate) fn expect_pixels(pixels: &[f32]) -> Result<()> {
    match pixels.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(bad) => Err(Error::argument("a pixel", shown(*bad), "a number from 0 to 1")),
        None => Ok(()),
    }
}

/// # Errors
/// [`Error::Argument`] for an image that has not so many pixels, or one outside `[0, 1]`.
#[cfg(any(feature = "lab", not(target_arch = "wasm32")))]
pub(crate) fn expect_image(image: &[f32], pixels: usize) -> Result<()> {
    if image.len() != pixels {
        return Err(Error::argument("the number of pixels", image.len(), pixels));
    }
    expect_pixels(image)
}

/// A value of f32 for a message, in the digits that it holds. (Messages print f64 alone, which keeps the code that prints
/// f32 out of the widget.)
pub(crate) fn shown(value: f32) -> f64 {
    (value as f64 * 1e6).round() / 1e6
}

/// A result whose error is the library's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
