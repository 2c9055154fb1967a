//! The training loop's step, shared by the command line and the browser.
//!
//! A batch is split over threads, each with its own tape and gradient; nothing is allocated from one
//! step to the next. Examples, binarisation and noise depend on the seed and the step alone, so a
//! resumed run continues as if it had not been cut.

use crate::backprop::Backprop;
use crate::config::Config;
use crate::data::{Dataset, Order};
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::model::{Draw, Purpose};
use crate::muon::Orthogonalise;
use crate::noise;
use crate::optim::{Adam, Update};
use crate::params::Params;
use crate::tape::Tape;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a step follows from the gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Adam for all parameters, as in the paper.
    #[default]
    Adam,
    /// Muon for the weight matrices, Adam for the rest.
    Muon,
}

/// What does not follow from the model's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub batch: usize,
    pub optimiser: Optimiser,
    pub learning_rate: f64,
    /// Steps over which the rate rises from zero.
    pub warm_up: u64,
    /// The gradient of the batch's mean loss is scaled down to at most this norm.
    pub clip: f64,
    /// The average of weights keeps this share of itself each step (less in the first steps).
    pub average: f64,
    pub seed: u64,
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            batch: 100,
            optimiser: Optimiser::Adam,
            learning_rate: 1e-3,
            warm_up: 200,
            clip: 10.0,
            average: 0.999,
            seed: 0,
            threads: 1,
        }
    }
}

impl Settings {
    /// # Errors
    /// [`Error::Argument`] names the first setting that is out of range.
    pub fn validate(&self) -> Result<()> {
        if self.batch == 0 || self.batch > 10_000 {
            return Err(Error::argument("batch", self.batch, "1 to 10000"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(Error::argument("learning rate", self.learning_rate, "above 0, at most 1"));
        }
        if self.clip.is_nan() || self.clip <= 0.0 {
            return Err(Error::argument("clip", self.clip, "above 0"));
        }
        if !(0.0..1.0).contains(&self.average) {
            return Err(Error::argument("average", self.average, "at least 0, below 1"));
        }
        if self.threads == 0 || self.threads > 1024 {
            return Err(Error::argument("threads", self.threads, "1 to 1024"));
        }
        Ok(())
    }
}

/// What one step did. Losses are means over the batch, in nats, before the update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Report {
    pub step: u64,
    pub loss_nats: f64,
    pub reconstruction_nats: f64,
    pub kl_nats: f64,
    pub gradient_norm: f64,
}

/// One thread's share of a batch.
struct Worker {
    tape: Tape<f32>,
    backprop: Backprop<f32>,
    gradient: Params<f32>,
    images: Vec<f32>,
}

/// A model in training.
pub struct Trainer {
    pub settings: Settings,
    pub params: Params<f32>,
    /// The average of the weights, which draws and scores better than the last.
    pub average: Params<f32>,
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
    /// Steps done.
    pub step: u64,
    order: Order,
    model: Draw<f32>,
    workers: Vec<Worker>,
    /// Where each matrix that Muon updates begins, in order; empty with Adam.
    matrices: Vec<(usize, Orthogonalise)>,
}

impl Trainer {
    /// A fresh model. `mean` is the data's mean image, whose logits the canvas starts at.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Argument`] for a bad configuration, setting or mean.
    pub fn new(config: &Config, settings: Settings, mean: Option<&[f32]>) -> Result<Self> {
        let params = Params::init(config, settings.seed, mean)?;
        Trainer::from_params(params, settings)
    }

    /// Goes on from given weights, with a fresh optimiser.
    ///
    /// # Errors
    /// [`Error::Argument`] for a bad setting.
    pub fn from_params(params: Params<f32>, settings: Settings) -> Result<Self> {
        settings.validate()?;
        let n = params.data.len();
        let model = Draw::new(&params, Purpose::Train);
        let workers = Worker::team(&model, &settings);
        Ok(Trainer {
            matrices: matrices(&params, settings.optimiser),
            settings,
            average: params.clone(),
            params,
            first: vec![0.0; n],
            second: vec![0.0; n],
            step: 0,
            order: Order::default(),
            model,
            workers,
        })
    }

    pub fn config(&self) -> &Config {
        &self.params.config
    }

    /// Goes on with other settings. A new batch size counts the steps done as steps of that size.
    ///
    /// # Errors
    /// [`Error::Argument`] for a bad setting; the old ones then stay.
    pub fn change_settings(&mut self, settings: Settings) -> Result<()> {
        settings.validate()?;
        if (settings.batch, settings.threads) != (self.settings.batch, self.settings.threads) {
            self.workers = Worker::team(&self.model, &settings);
        }
        if settings.optimiser != self.settings.optimiser {
            self.matrices = matrices(&self.params, settings.optimiser);
        }
        self.settings = settings;
        Ok(())
    }

    /// Trains on the next batch of a data set, at `rate` times the learning rate.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size, and as [`Trainer::step_with`].
    pub fn step(&mut self, data: &Dataset, rate: f64) -> Result<Report> {
        data.expect_size(&self.params.config)?;
        let (seed, first) = (self.settings.seed, self.step * self.settings.batch as u64);
        let mut order = std::mem::take(&mut self.order);
        let positions = first..first + self.settings.batch as u64;
        let indices: Vec<usize> = positions.map(|p| order.at(seed, p, data.len())).collect();
        self.order = order;
        self.step_with(rate, |i, rng, image| data.sample(indices[i], rng, image))
    }

    /// Trains on a batch whose image `i` is put in place by `fill(i, rng, image)`.
    ///
    /// # Errors
    /// [`Error::Diverged`] if the loss or the gradient is not finite; the parameters are then as
    /// they were before the step.
    pub fn step_with(
        &mut self,
        rate: f64,
        fill: impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]) + Sync,
    ) -> Result<Report> {
        let batch = self.settings.batch;
        let (seed, first) = (self.settings.seed, self.step * batch as u64);
        let (model, workers) = (&self.model, &mut self.workers);
        let threads = workers.len();
        let work: Vec<_> = workers.iter_mut().enumerate().map(|(i, w)| (share(batch, threads, i), w)).collect();
        in_parallel(work, |(range, worker)| worker.run(model, seed, first, range, &fill));

        let mean = |f: fn(&Tape<f32>) -> &[f32]| {
            let sum: f64 = self.workers.iter().flat_map(|w| f(&w.tape)).map(|x| *x as f64).sum();
            sum / batch as f64
        };
        let (reconstruction, kl) = (mean(|t| &t.reconstruction), mean(|t| &t.kl));
        let norm = self.gather_gradient() / batch as f64;
        for (what, value) in [("loss", reconstruction + kl), ("gradient", norm)] {
            if !value.is_finite() {
                return Err(Error::Diverged { step: self.step, what });
            }
        }
        self.step += 1;
        let warm = (self.step as f64 / self.settings.warm_up.max(1) as f64).min(1.0);
        self.update(rate * warm * self.settings.learning_rate, (self.settings.clip / norm).min(1.0) / batch as f64);
        Ok(Report {
            step: self.step,
            loss_nats: reconstruction + kl,
            reconstruction_nats: reconstruction,
            kl_nats: kl,
            gradient_norm: norm,
        })
    }

    /// Sums the workers' gradients into the first one's, and gives the norm of the sum.
    fn gather_gradient(&mut self) -> f64 {
        let n = self.params.data.len();
        let (to, from) = self.workers.split_at_mut(1);
        let chunk = n.div_ceil(self.settings.threads);
        let from = &*from;
        let mut squares = vec![0.0f64; n.div_ceil(chunk)];
        let work = to[0].gradient.data.chunks_mut(chunk).zip(&mut squares).enumerate().collect();
        in_parallel(work, |(i, (to, square))| {
            for worker in from {
                for (a, b) in to.iter_mut().zip(&worker.gradient.data[i * chunk..]) {
                    *a += *b;
                }
            }
            // Sixteen running sums: one would wait for itself at every addition.
            let mut sums = [0.0f32; 16];
            for part in to.chunks(4096) {
                let mut partial = [0.0f32; 16];
                for lanes in part.chunks(16) {
                    for (s, g) in partial.iter_mut().zip(lanes) {
                        *s += g * g;
                    }
                }
                for (s, p) in sums.iter_mut().zip(partial) {
                    *s += p;
                }
            }
            *square = sums.iter().map(|s| *s as f64).sum();
        });
        squares.iter().sum::<f64>().sqrt()
    }

    fn update(&mut self, learning_rate: f64, scale: f64) {
        // An average that is younger than its span would remember the random start.
        let average_decay = self.settings.average.min(self.step as f64 / (self.step as f64 + 10.0));
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
        let (mut average, mut gradient) = (&mut self.average.data[..], &self.workers[0].gradient.data[..]);
        let pieces: Vec<_> = work
            .into_iter()
            .map(|(n, matrix)| {
                let update = Update {
                    adam: Adam::default(),
                    step: self.step,
                    learning_rate,
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
                    None => f32::dispatch(update),
                    Some(matrix) => {
                        matrix.update(learning_rate, scale, update.gradient, update.first, update.params);
                        for (a, p) in update.average.iter_mut().zip(update.params) {
                            *a += (1.0 - average_decay as f32) * (*p - *a);
                        }
                    }
                }
            }
        });
        self.model.repack(&self.params);
    }
}

/// Every matrix that is wide enough for its singular values to matter; an LSTM's gates are one each.
fn matrices(params: &Params<f32>, optimiser: Optimiser) -> Vec<(usize, Orthogonalise)> {
    let mut found = Vec::new();
    for slot in params.slots().iter().filter(|s| optimiser == Optimiser::Muon && s.shape.len() == 2) {
        let parts = match slot.name {
            name if name.contains("weight_") => 4,
            "latent.weight" => 2,
            "patch.weight" => 1,
            _ => continue,
        };
        let (rows, columns) = (slot.shape[0] / parts, slot.shape[1]);
        found.extend((0..parts).map(|i| (slot.offset + i * rows * columns, Orthogonalise::new(rows, columns))));
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

impl Worker {
    /// A worker for each thread that has images to work on.
    fn team(model: &Draw<f32>, settings: &Settings) -> Vec<Worker> {
        let threads = settings.threads.min(settings.batch);
        let sizes = (0..threads).map(|i| share(settings.batch, threads, i).len());
        sizes
            .map(|batch| Worker {
                tape: Tape::new(model, batch, true),
                backprop: Backprop::new(model, batch),
                gradient: Params::zeros(&model.config).expect("a model's configuration is valid"),
                images: vec![0.0; batch * model.config.pixels()],
            })
            .collect()
    }

    /// Forward and backward over the images `range` of a batch whose first is at position `first` of the run.
    fn run(
        &mut self,
        model: &Draw<f32>,
        seed: u64,
        first: u64,
        range: Range<usize>,
        fill: &impl Fn(usize, &mut Xoshiro256PlusPlus, &mut [f32]),
    ) {
        let (pixels, z, batch) = (model.config.pixels(), model.config.latent, range.len());
        for (b, image) in self.images.chunks_exact_mut(pixels).enumerate() {
            let position = range.start + b;
            let mut rng = noise::rng(seed, noise::TRAIN, first + position as u64);
            fill(position, &mut rng, image);
            for t in 0..model.config.glimpses {
                noise::fill_normal(&mut rng, &mut self.tape.noise[(t * batch + b) * z..][..z]);
            }
        }
        self.gradient.data.fill(0.0);
        self.tape.forward(model, &self.images);
        self.backprop.backward(model, &mut self.tape, &self.images, 1.0, &mut self.gradient);
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
