//! From a gradient to new parameters: Adam for stretches of them, Muon for matrices, over threads.

use super::adam::{Adam, Update};
use super::muon::Orthogonalise;
use super::task::Task;
use super::{Optimiser, Settings, Trainer};
use crate::params::{Params, Shape};
use crate::threads::in_parallel;
use std::ops::Range;

/// The most that a first moment can be: steps make none larger than the square root of f32's largest number.
const MOST_MOMENT: f32 = 1e20;

/// Checks moments that a file brings: with these every update is finite, however they were come by.
///
/// # Errors
/// What is wrong with them.
pub(super) fn expect_moments(first: &[f32], second: &[f32]) -> Result<(), String> {
    if let Some(bad) = first.iter().find(|m| m.abs() > MOST_MOMENT) {
        return Err(format!("'first' holds {bad}; expected moments of at most {MOST_MOMENT:e}"));
    }
    match second.iter().find(|v| **v < 0.0) {
        Some(bad) => Err(format!("'second' holds {bad}; expected squares")),
        None => Ok(()),
    }
}

impl<K: Task> Trainer<K> {
    /// One update, with the gradient times `scale`.
    pub(super) fn update(&mut self, learning_rate: f64, scale: f64) {
        self.decay(learning_rate);
        // An average that is younger than its span would remember the random start.
        let average_decay = self.settings.average.min(self.step as f64 / (self.step as f64 + 10.0));
        let adam_rate = match self.settings.optimiser {
            Optimiser::Adam => learning_rate,
            Optimiser::Muon => learning_rate * self.settings.adam_share,
        };
        let len = self.params.data.len();
        let chunk = len.div_ceil(self.settings.threads);
        // Stretches for Adam, and between them the matrices for Muon.
        let mut work: Vec<(usize, Option<&mut Orthogonalise>)> = Vec::new();
        let mut start = 0;
        for (offset, matrix) in &mut self.matrices {
            adam_stretches(start..*offset, chunk, &mut work);
            start = *offset + matrix.elements();
            work.push((matrix.elements(), Some(matrix)));
        }
        adam_stretches(start..len, chunk, &mut work);

        let (mut params, mut first, mut second) =
            (&mut self.params.data[..], &mut self.first[..], &mut self.second[..]);
        let (mut average, mut gradient) = (&mut self.average.data[..], self.team.gradient());
        let pieces: Vec<_> = work
            .into_iter()
            .map(|(n, matrix)| {
                let update = Update {
                    adam: Adam::default(),
                    step: self.step,
                    learning_rate: adam_rate,
                    average_decay,
                    scale,
                    gradient: gradient.split_off(..n).expect("the work covers the parameters"),
                    params: params.split_off_mut(..n).expect("the work covers the parameters"),
                    first: first.split_off_mut(..n).expect("the work covers the parameters"),
                    second: second.split_off_mut(..n).expect("the work covers the parameters"),
                    average: average.split_off_mut(..n).expect("the work covers the parameters"),
                };
                (update, matrix)
            })
            .collect();
        in_parallel(dealt(pieces, self.settings.threads), |hand| {
            for (update, matrix) in hand {
                match matrix {
                    None => update.run(),
                    Some(matrix) => {
                        matrix.update(learning_rate, scale, update.gradient, update.first, update.params);
                        // A difference of the two may be beyond numbers where they are not.
                        let (keep, take) = (average_decay as f32, (1.0 - average_decay) as f32);
                        for (a, p) in update.average.iter_mut().zip(update.params) {
                            *a = keep * *a + take * *p;
                        }
                    }
                }
            }
        });
        self.task.repack(&self.params);
    }

    /// Shrinks the weight matrices.
    fn decay(&mut self, learning_rate: f64) {
        // Never beyond zero to the other side, where the largest rates would carry them ever farther.
        let keep = (1.0 - learning_rate * self.settings.weight_decay).max(0.0) as f32;
        if keep < 1.0 {
            self.params.scale_matrices(keep);
        }
    }
}

/// Every matrix that the layers leave to Muon.
pub(super) fn matrices<C: Shape>(params: &Params<f32, C>, settings: &Settings) -> Vec<(usize, Orthogonalise)> {
    let mut found = Vec::new();
    for slot in params.slots().iter().filter(|_| settings.optimiser == Optimiser::Muon) {
        let Some(parts) = slot.matrices else { continue };
        let (rows, columns) = (slot.shape[0] / parts, slot.shape[1]);
        let matrix = || Orthogonalise::new(rows, columns);
        found.extend((0..parts).map(|i| (slot.offset + i * rows * columns, matrix())));
    }
    found
}

fn adam_stretches(range: Range<usize>, chunk: usize, work: &mut Vec<(usize, Option<&mut Orthogonalise>)>) {
    work.extend(range.clone().step_by(chunk).map(|at| (chunk.min(range.end - at), None)));
}

/// Deals work into a hand for each thread.
fn dealt<W>(work: Vec<W>, threads: usize) -> Vec<Vec<W>> {
    let mut hands: Vec<Vec<W>> = (0..threads.min(work.len())).map(|_| Vec::new()).collect();
    let n = hands.len();
    for (i, piece) in work.into_iter().enumerate() {
        hands[i % n].push(piece);
    }
    hands
}
