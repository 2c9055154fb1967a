//! `sample`: a sheet of digits as PNG, their drawing as an animated GIF, or binary images as bit rows.

use super::output::{self, Output};
use super::{Failure, Outcome, files, numbers, progress};
use attentive_writer::drawing::{Colours, Drawing};
use attentive_writer::likelihood::Likelihood;
use attentive_writer::model::Purpose;
use attentive_writer::noise;
use clap::Args;
use rand::RngExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Draw a sheet of digits: a PNG; if the name ends in .gif, an animation glimpse by glimpse; if in .bits,
/// bit rows of images sampled from p(x|z), as the training data are.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer sample --weights www/weights/mnist.safetensors --count 100 --seed 1 --size 56 --out sheet.png
  attentive-writer sample --weights www/weights/mnist.safetensors --count 12 --columns 6 --size 84 --out draw.gif
  attentive-writer sample --weights www/weights/mnist.safetensors --count 1000 --out samples.bits
  attentive-writer sample --weights www/weights/mnist.safetensors --out - > sheet.png"
)]
pub struct Sample {
    /// Weights; the decoder half is enough
    #[arg(long)]
    weights: PathBuf,
    #[arg(long, default_value_t = 100)]
    count: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Width of an image in pixels; any, whatever the model was trained at [default: what it was trained at]
    #[arg(long)]
    size: Option<usize>,
    /// Scale of the latents' standard deviation
    #[arg(long, default_value_t = 1.0)]
    temperature: f32,
    /// Images in a row [default: a square sheet]
    #[arg(long, value_parser = numbers::count(usize::MAX))]
    columns: Option<usize>,
    /// Where to; its ending says what: .png or none, .gif, .bits. A device or pipe is written through, and - is standard
    /// output
    #[arg(long)]
    out: PathBuf,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

impl Sample {
    pub fn run(self) -> Outcome {
        let ending = output::ending(&self.out, &["png", "gif", "bits"])?;
        let loaded = files::decoder(&self.weights)?;
        if !loaded.params.config().variational {
            files::note(
                &self.weights,
                "a plain autoencoder has no prior; its codes are drawn from N(0, 1) all the same",
            );
        }
        let size = self.size.unwrap_or(loaded.params.config().width);
        let model = Arc::new(loaded.model(Purpose::Draw)?);
        if ending == "bits" && loaded.params.config().likelihood != Likelihood::Bernoulli {
            let expected = "expected a model of binary images, or an --out that ends in .png or .gif";
            return Err(files::at(&self.weights, format!("draws levels, and bit rows hold none; {expected}")));
        }
        let mut drawing = Drawing::draw(model, self.seed, self.count, size, self.temperature)?;
        let columns = self.columns.unwrap_or((self.count as f64).sqrt().ceil() as usize);
        let output = Output::open(&self.out)?.apart_from(self.json)?;
        let bytes = match ending.as_str() {
            "gif" => {
                let bar = progress(drawing.glimpses() as u64, "glimpses");
                let bytes = drawing
                    .gif(columns, Colours::default(), || bar.inc(1))
                    .map_err(files::with_weights(&self.weights))?;
                bar.finish_and_clear();
                bytes
            }
            "bits" => {
                self.finish(&mut drawing)?;
                self.bits(&drawing)
            }
            _ => {
                self.finish(&mut drawing)?;
                png(&drawing, columns)?
            }
        };
        let value = serde_json::json!({ "file": self.out, "bytes": bytes.len(), "count": self.count });
        let line = format!("{}: {} images, {} bytes", self.out.display(), self.count, bytes.len());
        output.write(&bytes, self.json, value, &line)
    }

    fn finish(&self, drawing: &mut Drawing) -> Outcome {
        drawing.seek(drawing.glimpses()).map_err(files::with_weights(&self.weights))
    }

    /// Bit rows, most significant bit first, padded to whole bytes.
    fn bits(&self, drawing: &Drawing) -> Vec<u8> {
        let canvas = drawing.canvas();
        let images = canvas.chunks_exact(canvas.len() / self.count).enumerate();
        let rows = images.flat_map(|(i, image)| {
            let mut rng = noise::rng(self.seed, noise::PIXELS, i as u64);
            let ink: Vec<u8> = image.iter().map(|p| rng.random_bool((*p as f64).clamp(0.0, 1.0)) as u8).collect();
            ink.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |b, (i, v)| b | v << (7 - i))).collect::<Vec<u8>>()
        });
        rows.collect()
    }
}

/// Dark ink on white paper; colour as it is.
fn png(drawing: &Drawing, columns: usize) -> Outcome<Vec<u8>> {
    let failed = |e: png::EncodingError| Failure(format!("the PNG cannot be encoded ({e})"));
    let (width, height, rgba) = drawing.picture(columns, 0)?;
    let pixels: Vec<u8> = rgba
        .chunks_exact(4)
        .flat_map(|p| {
            // Over white: black ink of this alpha, or an opaque colour.
            let over = |c: u8| (255 - (255 - c as u32) * p[3] as u32 / 255) as u8;
            [over(p[0]), over(p[1]), over(p[2])]
        })
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}
