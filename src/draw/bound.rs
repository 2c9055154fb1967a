//! The variational bound on a data set (equations 9 to 12), and an importance-weighted estimate.

use super::model::Draw;
use super::tape::{Latents, Lengths, Tape};
use crate::budget::{EVALUATION, product, sum, zeros};
use crate::config::Config;
use crate::data::Dataset;
use crate::error::{Error, Result, expect_finite};
use crate::likelihood::Values;
use crate::noise;
use crate::threads::{each, in_batches};
use crate::train::Source;
use serde::Serialize;
use std::ops::ControlFlow;

/// The most latents that are drawn for an image.
pub const MOST_SAMPLES: usize = 100_000;

/// Means over a data set, in nats. Those of a plain autoencoder are its reconstruction, which bounds nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// Upper bound on −log p(x): `reconstruction_nats + kl_nats`.
    pub nll_bound_nats: f64,
    /// −log p(x | the last canvas), equation 9.
    pub reconstruction_nats: f64,
    /// The divergence of q from the prior, summed over glimpses, equation 11.
    pub kl_nats: f64,
    /// Images in the data set.
    pub images: usize,
    /// Latents drawn for each image.
    pub samples: usize,
    /// Standard error of the bound's mean over images.
    pub standard_error_nats: f64,
    /// −log of the mean of p(x, z) / q(z | x) over the samples: a tighter bound (Burda et al. 2015). None for one
    /// sample, of which it would be a noisier estimate of the same bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance_weighted_nats: Option<f64>,
    /// The bound as bits for each value of an image, where the likelihood is a discretised logistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits_per_dim: Option<f64>,
}

/// The bound's parts at a glimpse: means over images and samples, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Glimpse {
    /// From 1; 0 is the canvas before the first.
    pub glimpse: usize,
    /// −log p(x | the canvas after it).
    pub reconstruction_nats: f64,
    /// Of its own latents.
    pub kl_nats: f64,
}

/// Puts image `index` where an evaluation with `seed` wants it. Where the model's values are binary, grey levels are
/// binarised the same way for all samples of its latents.
///
/// # Panics
/// If `image` is not of the data's size or `index` is not below the number of images.
fn sample_image(data: &Dataset, values: Values, index: usize, seed: u64, image: &mut [f32]) {
    data.put(index, values, &mut noise::rng(seed, noise::EVAL, u64::MAX - index as u64), image);
}

/// Images that a thread evaluates at once, where the budget allows it. Results do not depend on it.
const BATCH: usize = 50;

/// Bytes of an evaluation by `threads`, each of `batch` images at once.
fn bytes(c: &Config, batch: usize, samples: usize, threads: usize) -> u64 {
    let images = product(&[batch, c.pixels()]);
    let noise = product(&[c.glimpses, batch, c.latent]);
    let weights = product(&[batch, samples, size_of::<f64>()]);
    let values = sum(&[Lengths::of(c, batch, false).total(), images, noise]);
    values.saturating_mul(size_of::<f32>() as u64).saturating_add(weights).saturating_mul(threads as u64)
}

/// Sums of one image.
#[derive(Clone, Copy, Default)]
struct Sums {
    reconstruction: f64,
    kl: f64,
    importance: f64,
}

/// Evaluates the bound with `samples` latents an image. `progress(images)` is called from any thread, and may end the
/// evaluation.
///
/// # Errors
/// [`Error::Weights`] for a model that was packed for drawing alone, [`Error::Data`] for images of another size,
/// [`Error::Argument`] for no samples or above [`MOST_SAMPLES`], or for a model larger than [`EVALUATION`] allows,
/// [`Error::Stopped`] if `progress` breaks, [`Error::NotFinite`] if an image's bound is not a finite number.
pub fn bound(
    model: &Draw<f32>,
    data: &Dataset,
    samples: usize,
    seed: u64,
    threads: usize,
    progress: impl Fn(usize) -> ControlFlow<()> + Sync,
) -> Result<Bound> {
    evaluate(model, data, samples, seed, threads, progress, false).map(|(bound, _)| bound)
}

/// As [`bound`], with its parts glimpse by glimpse, from the canvas before the first on. They are of the same latents:
/// the last reconstruction and the sum of the divergences are the bound's.
///
/// # Errors
/// As [`bound`].
pub fn by_glimpse(
    model: &Draw<f32>,
    data: &Dataset,
    samples: usize,
    seed: u64,
    threads: usize,
    progress: impl Fn(usize) -> ControlFlow<()> + Sync,
) -> Result<(Bound, Vec<Glimpse>)> {
    evaluate(model, data, samples, seed, threads, progress, true)
}

fn evaluate(
    model: &Draw<f32>,
    data: &Dataset,
    samples: usize,
    seed: u64,
    threads: usize,
    progress: impl Fn(usize) -> ControlFlow<()> + Sync,
    by_glimpse: bool,
) -> Result<(Bound, Vec<Glimpse>)> {
    model.expect_reading()?;
    data.expect_size(&model.config)?;
    let most = if model.config.variational { MOST_SAMPLES } else { 1 };
    if !(1..=most).contains(&samples) {
        let expected = if most == 1 { "1: a plain autoencoder draws none".into() } else { format!("1 to {most}") };
        return Err(Error::argument("samples", samples, expected));
    }
    let threads = threads.clamp(1, data.len());
    let at_once = EVALUATION.most("threads × images", BATCH, |n| bytes(&model.config, n, samples, threads))?;
    let count = data.len();
    let mut sums = each(count, Sums::default())?;
    let runs = in_batches(
        &mut sums,
        (threads, at_once),
        |batch| Run::new(model, batch, by_glimpse),
        |run, first, sums| run.images(data, first, samples, seed, sums),
        progress,
    )?;
    let glimpses = means_by_glimpse(&runs, (count * samples) as f64)?;
    Ok((means(&model.config, &sums, samples)?, glimpses))
}

fn means(c: &Config, sums: &[Sums], samples: usize) -> Result<Bound> {
    for (i, s) in sums.iter().enumerate() {
        expect_finite(&[s.reconstruction + s.kl, s.importance], || format!("the bound of image {i} of the data"))?;
    }
    let n = sums.len() as f64;
    let mean = |f: fn(&Sums) -> f64| sums.iter().map(f).sum::<f64>() / n;
    let (reconstruction, kl) = (mean(|s| s.reconstruction), mean(|s| s.kl));
    let nll = reconstruction + kl;
    let variance = sums.iter().map(|s| (s.reconstruction + s.kl - nll).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Ok(Bound {
        nll_bound_nats: nll,
        reconstruction_nats: reconstruction,
        kl_nats: kl,
        images: sums.len(),
        samples,
        standard_error_nats: (variance / n).sqrt(),
        importance_weighted_nats: (samples > 1).then(|| mean(|s| s.importance)),
        bits_per_dim: c.likelihood.bits_per_dim(nll, c.pixels()),
    })
}

fn means_by_glimpse(runs: &[Run], n: f64) -> Result<Vec<Glimpse>> {
    let sum = |at: usize, part: usize| runs.iter().map(|run| run.by_glimpse[at][part]).sum::<f64>() / n;
    (0..runs[0].by_glimpse.len())
        .map(|at| {
            let [reconstruction_nats, kl_nats] = [0, 1].map(|part| sum(at, part));
            expect_finite(&[reconstruction_nats, kl_nats], || format!("the bound at glimpse {at}"))?;
            Ok(Glimpse { glimpse: at, reconstruction_nats, kl_nats })
        })
        .collect()
}

/// Buffers of one thread.
struct Run<'a> {
    model: &'a Draw<f32>,
    tape: Tape<f32>,
    images: Vec<f32>,
    noise: Vec<f32>,
    /// Sums of reconstruction and KL after each glimpse, from before the first on; empty if they are not wanted.
    by_glimpse: Vec<[f64; 2]>,
}

impl<'a> Run<'a> {
    fn new(model: &'a Draw<f32>, batch: usize, by_glimpse: bool) -> Result<Self> {
        let c = &model.config;
        Ok(Run {
            model,
            tape: Tape::new(model, batch, false)?,
            images: zeros(product(&[batch, c.pixels()]))?,
            noise: zeros(product(&[c.glimpses, batch, c.latent]))?,
            by_glimpse: vec![[0.0; 2]; if by_glimpse { c.glimpses + 1 } else { 0 }],
        })
    }

    /// Images from `first` on, one for each of `sums`; a short last batch computes a few rows in vain.
    fn images(&mut self, data: &Dataset, first: usize, samples: usize, seed: u64, sums: &mut [Sums]) {
        let c = &self.model.config;
        let (z, batch) = (c.latent, self.tape.batch);
        let mut weights = vec![Vec::new(); sums.len()];
        for (b, image) in self.images.chunks_exact_mut(c.pixels()).enumerate().take(sums.len()) {
            sample_image(data, c.likelihood.values(), first + b, seed, image);
        }
        for sample in 0..samples {
            for b in 0..sums.len() {
                let mut rng = noise::rng(seed, noise::EVAL, (first + b) as u64 * samples as u64 + sample as u64);
                for t in 0..c.glimpses {
                    noise::fill_normal(&mut rng, &mut self.noise[(t * batch + b) * z..][..z]);
                }
            }
            let mut log_ratio = vec![0.0f64; batch];
            self.tape.start(self.model);
            self.note(0, sums.len());
            for t in 0..c.glimpses {
                let noise = &self.noise[t * batch * z..][..batch * z];
                self.tape.noise_mut(self.model, t).copy_from_slice(noise);
                self.tape.glimpse(self.model, t, Latents::Images(&self.images));
                self.tape.add_log_ratio(self.model, t, &mut log_ratio);
                self.note(t + 1, sums.len());
            }
            self.tape.compare(&self.images);
            for (b, sums) in sums.iter_mut().enumerate() {
                let reconstruction = self.tape.reconstruction[b] as f64;
                let kl: f64 = self.tape.kl.iter().skip(b).step_by(batch).map(|k| *k as f64).sum();
                sums.reconstruction += reconstruction / samples as f64;
                sums.kl += kl / samples as f64;
                weights[b].push(-reconstruction - log_ratio[b]);
            }
        }
        for (sums, w) in sums.iter_mut().zip(weights) {
            let top = w.iter().fold(f64::NEG_INFINITY, |m, x| m.max(*x));
            let mean = w.iter().map(|x| (x - top).exp()).sum::<f64>() / samples as f64;
            sums.importance = -(top + mean.ln());
        }
    }

    /// Adds the parts of the first `count` images to those of `glimpse`, if they are wanted.
    fn note(&mut self, glimpse: usize, count: usize) {
        let Some([reconstruction, kl]) = self.by_glimpse.get_mut(glimpse) else { return };
        let sum = |values: &[f32]| values[..count].iter().map(|v| *v as f64).sum::<f64>();
        self.tape.compare(&self.images);
        *reconstruction += sum(&self.tape.reconstruction);
        if let Some(before) = glimpse.checked_sub(1) {
            *kl += sum(&self.tape.kl[before * self.tape.batch..]);
        }
    }
}
