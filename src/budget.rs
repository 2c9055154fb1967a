//! Memory, counted before it is taken.
//!
//! Sizes are products in `u64` that saturate instead of wrapping. What a call or a file asks for is held against a
//! stated budget, the same on 32 and on 64 bits, before anything is allocated.

use crate::error::{Error, Result};
use crate::kernels::Real;

const GIB: u64 = 1 << 30;

/// What is paid for, and its limit in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// As a sentence's subject.
    pub what: &'static str,
    /// The most that it may take.
    pub bytes: u64,
}

/// The parameters of one model, in f32.
pub const MODEL: Budget = Budget { what: "a model", bytes: GIB };
/// One [`Drawing`](crate::drawing::Drawing): its canvases, the network's state, one picture of it.
pub const DRAWING: Budget = Budget { what: "a drawing", bytes: GIB };
/// One [`Trainer`](crate::train::Trainer): parameters, the optimiser's state, and a batch's glimpses.
pub const TRAINING: Budget = Budget { what: "training", bytes: 3 * GIB };
/// The glimpses of the images that an evaluation has under way.
pub const EVALUATION: Budget = Budget { what: "an evaluation", bytes: GIB };
/// The values that one figure computes.
pub const FIGURE: Budget = Budget { what: "a figure", bytes: GIB / 4 };

/// A product of lengths that stays at the largest number where it would wrap.
pub(crate) fn product(lengths: &[usize]) -> u64 {
    lengths.iter().fold(1, |product, n| product.saturating_mul(*n as u64))
}

/// A sum of lengths, alike.
pub(crate) fn sum(lengths: &[u64]) -> u64 {
    lengths.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

impl Budget {
    /// Checks what `bytes` says is needed for the factors' values. It must grow with each factor.
    ///
    /// # Errors
    /// [`Error::Argument`] names the first factor that would have to be smaller, and the largest value of it that
    /// fits beside the others; where none alone would do, the model itself.
    pub(crate) fn check<const N: usize>(
        &self,
        factors: [(&'static str, usize); N],
        bytes: impl Fn([usize; N]) -> u64,
    ) -> Result<()> {
        let wanted = bytes(factors.map(|(_, value)| value));
        if wanted <= self.bytes {
            Ok(())
        } else {
            Err(self.blame(&factors, wanted, &|v| bytes(std::array::from_fn(|i| v[i]))))
        }
    }

    /// The error of what is more than the budget. One function for any number of factors, which the widget's size
    /// thanks for.
    #[inline(never)]
    fn blame(&self, factors: &[(&'static str, usize)], wanted: u64, bytes: &dyn Fn(&[usize]) -> u64) -> Error {
        let mut values: Vec<usize> = factors.iter().map(|(_, value)| *value).collect();
        let why = format!("{} may take {}, this would take {}", self.what, readable(self.bytes), readable(wanted));
        for (i, &(name, value)) in factors.iter().enumerate() {
            let (mut fits, mut too_large) = (0, value);
            while too_large - fits > 1 {
                values[i] = fits + (too_large - fits) / 2;
                *(if bytes(&values) <= self.bytes { &mut fits } else { &mut too_large }) = values[i];
            }
            values[i] = value;
            if fits > 0 {
                return Error::argument(name, value, format!("at most {fits}: {why}"));
            }
        }
        values.fill(1);
        let least = readable(bytes(&values));
        Error::argument("the model's size", least, format!("at most {}: {why}", readable(self.bytes)))
    }

    /// The largest of 1 to `most` for which `bytes` is within the budget.
    ///
    /// # Errors
    /// As [`Budget::check`], if even 1 is too much.
    pub(crate) fn most(&self, name: &'static str, most: usize, bytes: impl Fn(usize) -> u64) -> Result<usize> {
        let mut n = most.max(1);
        while n > 1 && bytes(n) > self.bytes {
            n /= 2;
        }
        self.check([(name, n)], |[n]| bytes(n)).map(|()| n)
    }
}

/// Bytes for a reader, in whole numbers: the widget needs no code to print fractions.
fn readable(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = bytes.max(1).ilog2() / 10;
    let tenths = (bytes as u128 * 10 + (1 << (10 * unit) >> 1)) >> (10 * unit);
    let (whole, tenth, unit) = (tenths as u64 / 10, tenths as u64 % 10, UNITS[unit as usize]);
    if whole >= 100 || tenth == 0 { format!("{whole} {unit}") } else { format!("{whole}.{tenth} {unit}") }
}

/// `n` zeros.
///
/// # Errors
/// [`Error::Memory`] if the machine, or the tab, has no room for them.
#[inline(never)]
pub(crate) fn zeros<T: Real>(n: u64) -> Result<Vec<T>> {
    let mut out = room(n)?;
    out.resize(n as usize, T::zero());
    Ok(out)
}

/// Vectors of zeros, of these lengths.
///
/// # Errors
/// As [`zeros`].
pub(crate) fn buffers<T: Real, const N: usize>(lengths: [u64; N]) -> Result<[Vec<T>; N]> {
    let mut out = [const { Vec::new() }; N];
    for (buffer, n) in out.iter_mut().zip(lengths) {
        *buffer = zeros(n)?;
    }
    Ok(out)
}

/// An empty vector with room for `n` elements.
///
/// # Errors
/// As [`zeros`].
#[inline(never)]
pub(crate) fn room<T>(n: u64) -> Result<Vec<T>> {
    let mut out = Vec::new();
    let reserved = usize::try_from(n).is_ok_and(|n| out.try_reserve_exact(n).is_ok());
    let bytes = n.saturating_mul(size_of::<T>() as u64);
    if reserved { Ok(out) } else { Err(Error::Memory { wanted: readable(bytes) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Budget = Budget { what: "a test", bytes: 1000 };

    #[test]
    fn the_factor_that_is_too_large_is_named_with_the_largest_that_fits() {
        let bytes = |[count, size]: [usize; 2]| sum(&[100, product(&[count, size, size])]);
        let error = |count, size| SMALL.check([("count", count), ("size", size)], bytes).unwrap_err().to_string();
        assert_eq!(SMALL.check([("count", 9), ("size", 10)], bytes), Ok(()));
        let text = "count is 10; expected at most 9: a test may take 1000 bytes, this would take 1.1 KiB";
        assert_eq!(error(10, 10), text);
        // One image of that size is too much already.
        assert!(error(1, 31).starts_with("size is 31; expected at most 30"), "{}", error(1, 31));
        // Counted in 64 bits where addresses have 32 as well.
        let most = if usize::BITS == 64 { "16 EiB" } else { "400 GiB" };
        assert!(error(usize::MAX, 10).contains(most), "{}", error(usize::MAX, 10));
        let model = SMALL.check([("count", 3)], |[n]| product(&[n, 1024])).unwrap_err().to_string();
        assert!(model.starts_with("the model's size is 1 KiB; expected at most 1000 bytes"), "{model}");
    }

    #[test]
    fn products_and_sums_stay_at_the_largest_number() {
        assert_eq!(product(&[6_700_417, 641]), (1 << 32) + 1);
        assert_eq!(product(&[1 << 20, 1 << 20, 1 << 20, 1 << 20]), u64::MAX);
        assert_eq!(sum(&[u64::MAX, 1]), u64::MAX);
    }

    #[test]
    fn room_that_is_not_there_is_an_error() {
        assert!(matches!(zeros::<f32>(u64::MAX / 4), Err(Error::Memory { .. })));
        assert_eq!(zeros::<f32>(3).unwrap(), [0.0; 3]);
    }
}
