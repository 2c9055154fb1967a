//! `eval`: the variational bound on a data set.

use super::files::{self, Split};
use super::{Outcome, numbers, print_json, progress, say, threads};
use attentive_writer::data::Dataset;
use attentive_writer::drawing::Drawing;
use attentive_writer::eval;
use attentive_writer::model::{Draw, Purpose};
use clap::Args;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// Evaluate a model's bound on −log p(x).
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer eval --weights www/weights/mnist.safetensors --data binarized_mnist
  attentive-writer eval --weights mnist.safetensors --data t10k-images-idx3-ubyte.gz --samples 10 --json
  attentive-writer eval --weights mnist.safetensors --data binarized_mnist_test.amat
  attentive-writer eval --weights w.safetensors --data rows.bin --format bits --width 60 --height 60

With several samples an importance-weighted estimate, which is tighter, is given too. Grey levels are
binarised at random by the seed. Of a folder, the test images are taken."
)]
pub struct Eval {
    /// Weights; their encoder half is found beside them
    #[arg(long)]
    weights: PathBuf,
    /// Images: an IDX, .npy, .amat or .bits file, gzipped or not, or a folder of them
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
        let loaded = files::model(&self.weights)?;
        if !loaded.has_encoder() {
            let expected = files::encoder_half(&self.weights);
            return Err(files::at(
                &self.weights,
                format!("holds the decoder half alone; expected the encoder half in {}", expected.display()),
            ));
        }
        let images = files::dataset(&self.data, Split::Test, &self.shape, self.limit)?;
        let data = images.fit(loaded.params.config(), Some(&loaded.params))?;
        let model = Draw::new(&loaded.params, Purpose::Read)?;
        let bar = progress(data.len() as u64, "images");
        let advance = |n: usize| {
            bar.inc(n as u64);
            ControlFlow::Continue(())
        };
        let bound = eval::bound(&model, &data, self.samples, self.seed, threads(self.threads), advance)?;
        bar.finish_and_clear();
        if self.by_glimpse {
            for line in by_glimpse(model, &data, self.seed)? {
                if self.json {
                    print_json(&line);
                } else {
                    let Glimpse { glimpse, reconstruction_nats, kl_nats } = line;
                    say(format!("glimpse {glimpse}: reconstruction {reconstruction_nats:.2}, KL {kl_nats:.3} nats"));
                }
            }
        }
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

/// Means over the images.
#[derive(Serialize)]
struct Glimpse {
    /// From 1; 0 is the canvas before the first.
    glimpse: usize,
    /// −log p(x | the canvas after it).
    reconstruction_nats: f64,
    /// Of its own latents.
    kl_nats: f64,
}

fn by_glimpse(model: Draw<f32>, data: &Dataset, seed: u64) -> Outcome<Vec<Glimpse>> {
    let (model, pixels) = (Arc::new(model), data.pixels());
    let (width, glimpses) = (model.config().width, model.config().glimpses);
    let mut sums = vec![[0.0f64; 2]; glimpses + 1];
    for first in (0..data.len()).step_by(100) {
        let mut images = vec![0.0; pixels * 100.min(data.len() - first)];
        for (i, image) in images.chunks_exact_mut(pixels).enumerate() {
            eval::sample_image(data, first + i, seed, image);
        }
        let mut drawing = Drawing::redraw(model.clone(), &images, seed.wrapping_add(first as u64), width)?;
        while drawing.step() {}
        let count = drawing.count();
        let add = |sums: &mut [[f64; 2]], part: usize, values: &[f32]| {
            for (sum, values) in sums.iter_mut().zip(values.chunks_exact(count)) {
                sum[part] += values.iter().map(|v| *v as f64).sum::<f64>();
            }
        };
        add(&mut sums, 0, drawing.reconstruction());
        add(&mut sums[1..], 1, drawing.kl());
    }
    let n = data.len() as f64;
    let glimpses = sums.into_iter().enumerate();
    Ok(glimpses.map(|(glimpse, [r, kl])| Glimpse { glimpse, reconstruction_nats: r / n, kl_nats: kl / n }).collect())
}
