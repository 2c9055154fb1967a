//! The threads of a training step: each has its images of the batch, a slice of the task's room and a gradient.

use super::task::{Fill, Losses, Places, Task};
use super::{Optimiser, Settings};
use crate::budget::{TRAINING, sum};
use crate::error::Result;
use crate::params::{Params, Shape};
use crate::threads::{in_parallel, share};

/// One thread's share of a batch.
struct Worker<K: Task> {
    slice: K::Slice,
    gradient: Params<f32, K::Shape>,
    losses: K::Losses,
}

/// Threads that share images; nothing is allocated from one step to the next.
pub(super) struct Team<K: Task> {
    workers: Vec<Worker<K>>,
    pub images: usize,
}

/// Checks what training needs against [`TRAINING`], for each parameter and for each image of a batch.
///
/// # Errors
/// [`Error::Argument`](crate::Error) names what is too large.
pub(super) fn expect_room<K: Task>(c: &K::Shape, settings: &Settings) -> Result<()> {
    // The weights, their average, two moments; forward and backward products, which tiles store in six bytes a weight.
    let copies = 4 + 3 + if settings.optimiser == Optimiser::Muon { 4 } else { 0 };
    TRAINING.check([("batch", settings.batch), ("threads", settings.threads)], |[batch, threads]| {
        let threads = threads.min(batch) as u64;
        let weights = c.parameters().saturating_mul(copies + threads).saturating_mul(size_of::<f32>() as u64);
        sum(&[weights, K::bytes(c, batch, threads)])
    })
}

impl<K: Task> Team<K> {
    /// A worker for each thread that has images to work on.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error) if there is no room for them.
    pub fn new(task: &K, shape: &K::Shape, images: usize, threads: usize) -> Result<Self> {
        let threads = threads.min(images);
        let worker = |i| -> Result<Worker<K>> {
            let slice = task.slice(share(images, threads, i).len())?;
            Ok(Worker { slice, gradient: Params::zeros(shape)?, losses: K::Losses::default() })
        };
        Ok(Team { workers: (0..threads).map(worker).collect::<Result<_>>()?, images })
    }

    /// Forward and backward over as many places, from `start`, of a batch whose first image is at position `first` of
    /// the run.
    pub fn run(&mut self, task: &K, settings: &Settings, first: u64, start: usize, fill: &Fill<K::Label>) {
        let (images, threads) = (self.images, self.workers.len());
        let part = |i| share(images, threads, i);
        let work: Vec<_> = self.workers.iter_mut().enumerate().map(|(i, w)| (part(i), w)).collect();
        in_parallel(work, |(range, w)| {
            let places = Places { settings, first, range: start + range.start..start + range.end, fill };
            w.gradient.data.fill(0.0);
            w.losses = task.run(&mut w.slice, &places, &mut w.gradient);
        });
    }

    /// Sums over the images.
    pub fn losses(&self) -> K::Losses {
        self.workers.iter().fold(K::Losses::default(), |sum, w| sum.plus(w.losses))
    }

    /// Sums the workers' gradients, and others', into the first worker's, and gives the norm of the sum.
    pub fn gather(&mut self, others: &[&[f32]]) -> f64 {
        let (to, from) = self.workers.split_at_mut(1);
        let to = &mut to[0].gradient.data;
        let from: Vec<&[f32]> = from.iter().map(|w| &w.gradient.data[..]).chain(others.iter().copied()).collect();
        let chunk = to.len().div_ceil(from.len() + 1 - others.len()).max(1);
        let mut squares = vec![0.0f64; to.len().div_ceil(chunk)];
        let work = to.chunks_mut(chunk).zip(&mut squares).enumerate().collect();
        in_parallel(work, |(i, (to, square))| {
            for from in &from {
                for (a, b) in to.iter_mut().zip(&from[i * chunk..]) {
                    *a += *b;
                }
            }
            *square = squared_norm(to);
        });
        squares.iter().sum::<f64>().sqrt()
    }

    /// The sum that [`Team::gather`] made.
    pub fn gradient(&self) -> &[f32] {
        &self.workers[0].gradient.data
    }
}

fn squared_norm(values: &[f32]) -> f64 {
    // Sixteen running sums: one would wait for itself at every addition.
    let mut sums = [0.0f32; 16];
    for part in values.chunks(4096) {
        let mut partial = [0.0f32; 16];
        for lanes in part.chunks(16) {
            for (s, v) in partial.iter_mut().zip(lanes) {
                *s += v * v;
            }
        }
        for (s, p) in sums.iter_mut().zip(partial) {
            *s += p;
        }
    }
    sums.iter().map(|s| *s as f64).sum()
}
