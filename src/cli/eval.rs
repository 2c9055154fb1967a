//! `eval`: the variational bound on a data set.

use super::files::{self, Split};
use super::{Outcome, print_json, progress, say, threads};
use attentive_writer::eval;
use attentive_writer::model::{Draw, Purpose};
use clap::Args;
use std::path::PathBuf;

/// Evaluate a model's bound on −log p(x).
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer eval --weights www/weights/mnist.safetensors --data binarized_mnist
  attentive-writer eval --weights mnist.safetensors --data t10k-images-idx3-ubyte.gz --samples 10 --json

With several samples an importance-weighted estimate, which is tighter, is given too. Grey levels are
binarised at random by the seed. Of a folder, the test images are taken.")]
pub struct Eval {
    /// Weights; their encoder half is found beside them
    #[arg(long)]
    weights: PathBuf,
    /// Images: an IDX or .bits file, gzipped or not, or a folder of them
    #[arg(long)]
    data: PathBuf,
    /// Latent samples for each image
    #[arg(long, default_value_t = 1)]
    samples: usize,
    /// Seed of the latents
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Use only so many images
    #[arg(long)]
    limit: Option<usize>,
    /// Threads [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub fn run(self) -> Outcome {
        let loaded = files::model(&self.weights)?;
        if !loaded.has_encoder {
            let expected = files::encoder_half(&self.weights);
            return Err(files::at(
                &self.weights,
                format!("holds the decoder half alone; expected the encoder half in {}", expected.display()),
            ));
        }
        let mut data = files::dataset(&self.data, Split::Test)?;
        data.expect_size(&loaded.params.config).map_err(|e| files::at(&self.data, e))?;
        if let Some(limit) = self.limit {
            data.truncate(limit);
        }
        let model = Draw::new(&loaded.params, Purpose::Read);
        let bar = progress(data.len() as u64, "images");
        let advance = |n: usize| bar.inc(n as u64);
        let bound = eval::bound(&model, &data, self.samples, self.seed, threads(self.threads), advance)?;
        bar.finish_and_clear();
        if self.json {
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
            if self.samples > 1 {
                say(format!("{:.3} nats, importance-weighted over the samples", bound.importance_weighted_nats));
            }
        }
        Ok(())
    }
}
