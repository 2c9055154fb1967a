//! The rectifier: max(0, x).

use crate::kernels::Real;

/// Takes what is below 0 to 0, in place.
pub fn rectify<T: Real>(values: &mut [T]) {
    values.iter_mut().for_each(|v| *v = if *v > T::zero() { *v } else { T::zero() });
}

/// The gradient before a rectifier, from that after it.
pub fn rectified<T: Real>(after: &[T], d_after: &[T], d: &mut [T]) {
    for ((d, after), d_after) in d.iter_mut().zip(after).zip(d_after) {
        *d = if *after > T::zero() { *d_after } else { T::zero() };
    }
}
