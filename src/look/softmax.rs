//! The verdict: class probabilities from logits, and their cross-entropy.

use crate::kernels::Real;

/// Turns logits, a row for each image, into the gradient of −log p(label). Gives these in nats, summed, and whether each
/// label has the largest probability.
pub(super) fn cross_entropy<T: Real>(logits: &mut [T], classes: usize, labels: &[u8]) -> (f64, Vec<bool>) {
    let mut nats = 0.0;
    let verdicts = logits.chunks_exact_mut(classes).zip(labels).map(|(logits, label)| {
        let label = *label as usize;
        let right = best(logits) == label;
        let top = logits.iter().fold(T::neg_infinity(), |m, l| m.max(*l));
        let sum = logits.iter().map(|l| (*l - top).exp()).fold(T::zero(), |a, b| a + b);
        nats += (top - logits[label] + sum.ln()).f64();
        probabilities(logits);
        logits[label] -= T::one();
        right
    });
    let verdicts = verdicts.collect();
    (nats, verdicts)
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
