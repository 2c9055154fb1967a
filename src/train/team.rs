//! The threads of a training step: each has its images of the batch, a tape and a gradient.

use super::{Optimiser, Settings};
use crate::backprop::{self, Backprop, Factors};
use crate::budget::{TRAINING, product, sum, zeros};
use crate::config::Config;
use crate::error::Result;
use crate::model::Draw;
use crate::noise;
use crate::params::Params;
use crate::tape::{self, Tape};
use rand::rngs::Xoshiro256PlusPlus;
use std::ops::Range;

/// One thread's share of a batch.
struct Worker {
    tape: Tape<f32>,
    backprop: Backprop<f32>,
    gradient: Params<f32>,
    images: Vec<f32>,
}

/// Threads that share images; nothing is allocated from one step to the next.
pub(super) struct Team {
    workers: Vec<Worker>,
    pub images: usize,
}

/// Checks what training needs against [`TRAINING`], for each parameter and for each image of a batch.
///
/// # Errors
/// [`Error::Argument`](crate::Error) names what is too large.
pub(super) fn expect_room(c: &Config, settings: &Settings) -> Result<()> {
    // The weights, their average, two moments; forward and backward products, which tiles store in six bytes a weight.
    let copies = 4 + 3 + if settings.optimiser == Optimiser::Muon { 4 } else { 0 };
    TRAINING.check([("batch", settings.batch), ("threads", settings.threads)], |[batch, threads]| {
        let threads = threads.min(batch) as u64;
        let (tape, backprop) = (tape::Lengths::of(c, batch, true), backprop::Lengths::of(c, batch));
        let weights = c.parameters().saturating_mul(copies + threads);
        let images = product(&[batch, c.pixels()]);
        sum(&[weights, backprop.product.saturating_mul(threads), tape.total(), backprop.of_batch(), images])
            .saturating_mul(size_of::<f32>() as u64)
    })
}

impl Team {
    /// A worker for each thread that has images to work on.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error) if there is no room for them.
    pub fn new(model: &Draw<f32>, images: usize, threads: usize) -> Result<Team> {
        let threads = threads.min(images);
        let worker = |i| -> Result<Worker> {
            let batch = share(images, threads, i).len();
            Ok(Worker {
                tape: Tape::new(model, batch, true)?,
                backprop: Backprop::new(model, batch)?,
                gradient: Params::zeros(&model.config)?,
                images: zeros(product(&[batch, model.config.pixels()]))?,
            })
        };
        Ok(Team { workers: (0..threads).map(worker).collect::<Result<_>>()?, images })
    }

    /// Forward and backward over as many places, from `start`, of a batch whose first image is at position `first` of
    /// the run.
    pub fn run(
        &mut self,
        model: &Draw<f32>,
        settings: &Settings,
        first: u64,
        start: usize,
        fill: &(impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]) + Sync),
    ) {
        let (images, threads) = (self.images, self.workers.len());
        let part = |i| share(images, threads, i);
        let work: Vec<_> = self.workers.iter_mut().enumerate().map(|(i, w)| (part(i), w)).collect();
        in_parallel(work, |(range, w)| w.run(model, settings, first, start + range.start..start + range.end, fill));
    }

    /// Sums over the images: reconstruction and KL, in nats.
    pub fn losses(&self) -> (f64, f64) {
        let sum = |f: fn(&Tape<f32>) -> &[f32]| self.workers.iter().flat_map(|w| f(&w.tape)).map(|x| *x as f64).sum();
        (sum(|t| &t.reconstruction), sum(|t| &t.kl))
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

impl Worker {
    /// Forward and backward over the places `range` of a batch whose first image is at position `first` of the run.
    fn run(
        &mut self,
        model: &Draw<f32>,
        settings: &Settings,
        first: u64,
        range: Range<usize>,
        fill: &impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]),
    ) {
        let (pixels, z, batch) = (model.config.pixels(), model.config.latent, range.len());
        for (b, image) in self.images.chunks_exact_mut(pixels).enumerate() {
            let (index, negated) = settings.image_at(range.start + b);
            let mut rng = noise::rng(settings.seed, noise::TRAIN, first + index as u64);
            fill(index, &mut rng, image);
            for t in 0..model.config.glimpses {
                let noise = &mut self.tape.noise[(t * batch + b) * z..][..z];
                noise::fill_normal(&mut rng, noise);
                if negated {
                    noise.iter_mut().for_each(|e| *e = -*e);
                }
            }
        }
        self.gradient.data.fill(0.0);
        self.tape.forward(model, &self.images);
        let factors = Factors { kl: 1.0, canvases: settings.canvas_weight as f32 };
        self.backprop.backward(model, &mut self.tape, &self.images, factors, &mut self.gradient);
    }
}

/// Part `i` of `parts` of `0..n`.
pub(crate) fn share(n: usize, parts: usize, i: usize) -> Range<usize> {
    i * n / parts..(i + 1) * n / parts
}

/// Runs `f` on each piece of work, one thread each; one piece needs no thread, as in a browser.
pub(crate) fn in_parallel<W: Send>(work: Vec<W>, f: impl Fn(W) + Sync) {
    let mut work = work.into_iter();
    let Some(own) = work.next() else { return };
    if work.len() == 0 {
        return f(own);
    }
    std::thread::scope(|scope| {
        let f = &f;
        for piece in work {
            scope.spawn(move || f(piece));
        }
        f(own);
    });
}
