//! The verdict: class probabilities from logits, and their cross-entropy.

use crate::kernels::Real;

/// Turns logits into the gradient of −log p(label) times `weight`, and gives −log p(label) in nats, and whether the label
/// has the largest probability.
pub(super) fn cross_entropy<T: Real>(logits: &mut [T], label: usize, weight: T) -> (f64, bool) {
    let right = best(logits) == label;
    let top = logits.iter().fold(T::neg_infinity(), |m, l| m.max(*l));
    let nats = top - logits[label] + logits.iter().map(|l| (*l - top).exp()).fold(T::zero(), |a, b| a + b).ln();
    probabilities(logits);
    logits[label] -= T::one();
    logits.iter_mut().for_each(|d| *d *= weight);
    (nats.f64(), right)
}

/// Turns logits into probabilities.
pub(super) fn probabilities<T: Real>(logits: &mut [T]) {
    let top = logits.iter().fold(T::neg_infinity(), |m, l| m.max(*l));
    logits.iter_mut().for_each(|l| *l = (*l - top).exp());
    let sum = logits.iter().fold(T::zero(), |a, b| a + *b);
    logits.iter_mut().for_each(|p| *p /= sum);
}

/// The first of the largest.
pub(super) fn best<T: Real>(values: &[T]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}
