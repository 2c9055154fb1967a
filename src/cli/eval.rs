//! `eval`: the variational bound of a model that generates, the error of one that classifies.

use super::files;
use super::{Failure, Outcome, images, labelled, numbers, print_json, progress, say, threads};
use attentive_writer::eval::{self, Glimpse};
use attentive_writer::likelihood::Values;
use attentive_writer::look::Estimates;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::train::Source;
use attentive_writer::{look, noise, weights};
use clap::Args;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Evaluate a model: its bound on −log p(x) if it generates, its error if it classifies.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer eval --weights www/weights/mnist.safetensors --data binarized_mnist
  attentive-writer eval --weights mnist.safetensors --data t10k-images-idx3-ubyte.gz --samples 10 --json
  attentive-writer eval --weights mnist.safetensors --data binarized_mnist_test.amat
  attentive-writer eval --weights w.safetensors --data rows.bin --format bits --width 60 --height 60
  attentive-writer eval --weights cluttered.safetensors --data mnist --json
  attentive-writer eval --weights ram.safetensors --data mnist --gradient-variance 100

With several samples an importance-weighted estimate, which is tighter, is given too. Grey levels are
binarised at random by the seed. Of a folder, the test images are taken. For a model that classifies, labels lie
beside the images, and clutter is laid around MNIST's digits, by the seed; two digits of MNIST make an image for
a model of two digits."
)]
pub struct Eval {
    /// Weights; their encoder half is found beside them
    #[arg(long)]
    weights: PathBuf,
    /// Images: an IDX, .npy, .amat, .mat (MATLAB 5, as SVHN's) or .bits file or a batch of CIFAR-10's (.bin or .png),
    /// gzipped or not, or a folder of them, or of PNG pictures, an image each
    #[arg(long)]
    data: PathBuf,
    /// Latent samples for each image, up to 100000
    #[arg(long, default_value_t = 1, value_parser = numbers::count(eval::MOST_SAMPLES))]
    samples: usize,
    /// Seed of the latents
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Tell the parts of the bound glimpse by glimpse, too: −log p(x) given the canvas so far, and the KL spent
    #[arg(long)]
    by_glimpse: bool,
    /// Of a RAM model: the variance of two estimators of the gradient by its places' means, from so many draws for each
    /// image (100 images if no --limit)
    #[arg(long, value_name = "DRAWS", value_parser = numbers::count(10_000))]
    gradient_variance: Option<usize>,
    /// Use only so many images
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    limit: Option<usize>,
    /// Threads, 1 to 1024 [default: all cores]
    #[arg(long, value_parser = numbers::threads())]
    threads: Option<usize>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    shape: files::Shape,
}

impl Eval {
    pub fn run(self) -> Outcome {
        let bytes = files::read(&self.weights)?;
        if files::classifies(&bytes) { self.errors(&bytes) } else { self.bound(&bytes) }
    }

    /// Of a model that classifies.
    fn errors(self, bytes: &[u8]) -> Outcome {
        if self.samples > 1 || self.by_glimpse {
            let what = "classifies; expected no --samples and no --by-glimpse, which are for models that generate";
            return Err(files::at(&self.weights, what));
        }
        let named = |e| files::at(&self.weights, e);
        let params = weights::load_task::<look::Config>(bytes).map_err(named)?;
        let limit = self.limit.or(self.gradient_variance.map(|_| 100));
        let data = labelled::test(&self.data, &self.shape, params.config(), limit)?;
        if let Some(draws) = self.gradient_variance {
            return self.variances(&params, &data, draws).map_err(|Failure(e)| files::at(&self.weights, e));
        }
        let model = look::Model::new(&params, None);
        let bar = progress(data.len() as u64, "images");
        let advance = |n: usize| {
            bar.inc(n as u64);
            ControlFlow::Continue(())
        };
        let found = look::errors(&model, &data, self.seed, threads(self.threads), advance).map_err(named)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&found);
        } else {
            say(format!(
                "{:.2} ± {:.2} % wrong, over {} images; {:.4} nats of cross-entropy",
                100.0 * found.error_rate,
                100.0 * found.standard_error,
                found.images,
                found.cross_entropy_nats
            ));
        }
        Ok(())
    }

    /// Each glimpse's variances of the estimators, means over images.
    fn variances(&self, params: &Params<f32, look::Config>, data: &labelled::Data, draws: usize) -> Outcome {
        let c = params.config();
        let mut image = vec![0.0; c.pixels()];
        let mut sums = vec![[0.0; 3]; c.glimpses];
        let bar = progress(data.len() as u64, "images");
        for i in 0..data.len() {
            let mut rng = noise::rng(self.seed, noise::CLUTTER, i as u64);
            data.put(i, Values::Levels, &mut rng, &mut image);
            let seed = self.seed.wrapping_add(i as u64);
            for (sums, g) in
                sums.iter_mut().zip(look::gradients_by_glimpse(params, &image, data.label(i), draws, seed)?)
            {
                let estimators = [&g.pathwise, &g.score, &g.score_with_baseline];
                sums.iter_mut().zip(estimators).for_each(|(sum, draws)| *sum += Estimates::of(draws).variance);
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        for (glimpse, sums) in sums.iter().enumerate() {
            let [pathwise, score, with_baseline] = sums.map(|sum| sum / data.len() as f64);
            if self.json {
                print_json(&serde_json::json!({
                    "glimpse": glimpse + 1,
                    "pathwise_variance": pathwise,
                    "score_variance": score,
                    "score_with_baseline_variance": with_baseline,
                    "images": data.len(),
                    "draws": draws,
                }));
            } else {
                let number = glimpse + 1;
                say(format!(
                    "glimpse {number}: variance {pathwise:.4} pathwise, {with_baseline:.4} by the score function with a \
                     baseline, {score:.4} without"
                ));
            }
        }
        Ok(())
    }

    fn bound(self, bytes: &[u8]) -> Outcome {
        if self.gradient_variance.is_some() {
            return Err(files::at(&self.weights, "generates; expected a RAM model for --gradient-variance"));
        }
        let loaded = files::whole_model(&self.weights, bytes, None)?;
        let data = images::test(&self.data, &self.shape, self.limit, self.seed, &loaded.params)?;
        let failed = files::with_weights(&self.weights);
        let model = Draw::new(&loaded.params, Purpose::Read).map_err(&failed)?;
        let bar = progress(data.len() as u64, "images");
        let advance = |n: usize| {
            bar.inc(n as u64);
            ControlFlow::Continue(())
        };
        let (samples, seed, threads) = (self.samples, self.seed, threads(self.threads));
        let (bound, glimpses) = if self.by_glimpse {
            eval::by_glimpse(&model, &data, samples, seed, threads, advance).map_err(failed)?
        } else {
            (eval::bound(&model, &data, samples, seed, threads, advance).map_err(failed)?, Vec::new())
        };
        bar.finish_and_clear();
        for line in glimpses {
            if self.json {
                print_json(&line);
            } else {
                let Glimpse { glimpse, reconstruction_nats, kl_nats } = line;
                say(format!("glimpse {glimpse}: reconstruction {reconstruction_nats:.2}, KL {kl_nats:.3} nats"));
            }
        }
        if !loaded.params.config().variational {
            // Its reconstruction bounds nothing, and must not be taken for a bound.
            if self.json {
                print_json(&serde_json::json!({
                    "reconstruction_nats": bound.reconstruction_nats,
                    "standard_error_nats": bound.standard_error_nats,
                    "images": bound.images,
                }));
            } else {
                let (nats, error, images) = (bound.reconstruction_nats, bound.standard_error_nats, bound.images);
                say(format!(
                    "{nats:.3} ± {error:.3} nats of reconstruction, over {images} images; a plain autoencoder has no bound \
                     on −log p(x)"
                ));
            }
        } else if self.json {
            print_json(&bound);
        } else {
            say(format!(
                "{:.3} ± {:.3} nats = reconstruction {:.3} + KL {:.3}, over {} images with {} samples each",
                bound.nll_bound_nats,
                bound.standard_error_nats,
                bound.reconstruction_nats,
                bound.kl_nats,
                bound.images,
                bound.samples
            ));
            if let Some(nats) = bound.importance_weighted_nats {
                say(format!("{nats:.3} nats, importance-weighted over the samples"));
            }
        }
        Ok(())
    }
}
