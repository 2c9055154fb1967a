//! The verdict after each glimpse, and what the labels say of it.

use super::Config;
use super::softmax::cross_entropy;
use crate::budget::{product, zeros};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::Init;
use crate::layers::linear::{Buffers, Linear};
use crate::params::Params;

/// The classifier's logits `[T + 1, batch, classes]`, after none to all of the glimpses.
pub(super) struct Verdicts<T> {
    glimpses: usize,
    batch: usize,
    classes: usize,
    logits: Vec<T>,
    /// What the verdicts before the last count in the loss.
    weight: f64,
}

/// What the labels say of the verdicts.
pub(super) struct Judged {
    /// −log p(label) after the last glimpse in nats, summed over the batch.
    pub nats: f64,
    /// Whether the verdict is right, after each glimpse that is judged, the last first.
    right: Vec<Vec<bool>>,
}

/// Elements of the verdicts of so many images.
pub(super) fn length(c: &Config, batch: usize) -> u64 {
    product(&[c.glimpses + 1, batch, c.classes])
}

impl<T: Real> Verdicts<T> {
    pub fn new(c: &Config, batch: usize) -> Result<Self> {
        let logits = zeros(length(c, batch))?;
        Ok(Verdicts { glimpses: c.glimpses, batch, classes: c.classes, logits, weight: 0.0 })
    }

    /// The logits of the states `[batch, stride]` after `t` glimpses.
    pub fn take(&mut self, classifier: &Linear<T>, t: usize, (states, stride): (&[T], usize)) -> &mut [T] {
        let logits = &mut self.logits[t * self.batch * self.classes..][..self.batch * self.classes];
        classifier.forward(self.batch, states, stride, classifier.bias(), logits, self.classes);
        logits
    }

    /// The logits that count in a loss where the verdicts before the last have this weight. The states are
    /// `[T + 1, batch, stride]`.
    pub fn take_all(&mut self, classifier: &Linear<T>, (states, stride): (&[T], usize), weight: f64) {
        self.weight = weight;
        for t in self.judged() {
            self.take(classifier, t, (&states[t * self.batch * stride..], stride));
        }
    }

    /// After how many glimpses a verdict counts.
    fn judged(&self) -> std::ops::RangeInclusive<usize> {
        if self.weight > 0.0 { 1..=self.glimpses } else { self.glimpses..=self.glimpses }
    }

    /// Turns the logits into the gradient of the loss.
    pub fn judge(&mut self, labels: &[u8]) -> Judged {
        let mut judged = Judged { nats: 0.0, right: Vec::new() };
        for t in self.judged().rev() {
            let logits = &mut self.logits[t * self.batch * self.classes..][..self.batch * self.classes];
            let (nats, right) = cross_entropy(logits, self.classes, labels);
            judged.right.push(right);
            if t == self.glimpses {
                judged.nats = nats;
            } else {
                logits.iter_mut().for_each(|d| *d *= T::of(self.weight));
            }
        }
        judged
    }

    /// Adds to the gradient of the state after `t` glimpses `[batch, hidden]` what comes through its verdict.
    pub fn backward(&self, classifier: &Linear<T>, t: usize, d_h: &mut [T], hidden: usize) {
        if self.judged().contains(&t) {
            let d_logits = &self.logits[t * self.batch * self.classes..];
            classifier.backward(self.batch, d_logits, self.classes, Init::Accumulate, d_h, hidden);
        }
    }

    /// Adds the classifier's gradient. The states are `[T + 1, batch, stride]`.
    pub fn gradient(
        &self,
        classifier: &Linear<T>,
        (states, stride): (&[T], usize),
        gradient: &mut Params<T, Config>,
        buffers: &mut Buffers<T>,
    ) {
        let first = *self.judged().start();
        let rows = (self.glimpses + 1 - first) * self.batch;
        let d_logits = (&self.logits[first * self.batch * self.classes..], self.classes);
        classifier.gradient(rows, d_logits, (&states[first * self.batch * stride..], stride), gradient, buffers);
        classifier.bias_gradient(rows, d_logits, gradient);
    }

    /// What image `b` earns by its place at glimpse `t`: 1 for a right last verdict, and the weight for each right one
    /// between.
    pub fn reward(&self, judged: &Judged, t: usize, b: usize) -> f64 {
        let (last, early) = judged.right.split_first().expect("the last verdict is always judged");
        let early = early.iter().take(self.glimpses - 1 - t).filter(|right| right[b]).count();
        last[b] as u8 as f64 + self.weight * early as f64
    }
}

impl Judged {
    /// Wrong verdicts after the last glimpse.
    pub fn wrong(&self) -> f64 {
        self.right[0].iter().filter(|right| !**right).count() as f64
    }
}
