//! `sample`: a sheet of digits as PNG, their drawing as an animated GIF, or binary images as bit rows.

use super::{Failure, Outcome, files, progress, say};
use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::noise;
use clap::Args;
use rand::RngExt;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// Draw a sheet of digits: a PNG; if the name ends in .gif, an animation glimpse by glimpse; if in .bits,
/// bit rows of images sampled from p(x|z), as the training data are.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer sample --weights www/weights/mnist.safetensors --count 100 --seed 1 --size 56 --out sheet.png
  attentive-writer sample --weights www/weights/mnist.safetensors --count 12 --columns 6 --size 84 --out draw.gif
  attentive-writer sample --weights www/weights/mnist.safetensors --count 1000 --out samples.bits")]
pub struct Sample {
    /// Weights; the decoder half is enough
    #[arg(long)]
    weights: PathBuf,
    #[arg(long, default_value_t = 100)]
    count: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Width of a digit in pixels; any, whatever the model was trained at
    #[arg(long, default_value_t = 28)]
    size: usize,
    /// Scale of the latents' standard deviation
    #[arg(long, default_value_t = 1.0)]
    temperature: f32,
    /// Digits in a row [default: a square sheet]
    #[arg(long)]
    columns: Option<usize>,
    #[arg(long)]
    out: PathBuf,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Colours of a GIF: from paper to ink, then the window's.
const WINDOW: u8 = 255;

impl Sample {
    pub fn run(self) -> Outcome {
        let loaded = files::model(&self.weights)?;
        let model = Arc::new(Draw::new(&loaded.params, Purpose::Draw));
        let mut drawing = Drawing::draw(model, self.seed, self.count, self.size, self.temperature)?;
        let columns = self.columns.unwrap_or((self.count as f64).sqrt().ceil() as usize);
        let mut file = files::reserve(&self.out)?;
        let ending = self.out.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let bytes = match ending.as_str() {
            "gif" => self.gif(&mut drawing, columns, loaded.params.config.write_patch)?,
            "bits" => self.bits(&mut drawing),
            _ => {
                drawing.seek(drawing.glimpses());
                png(&drawing, columns)?
            }
        };
        file.write_all(&bytes).map_err(|e| files::at(&self.out, e))?;
        files::commit(file, &self.out)?;
        if self.json {
            super::print_json(&serde_json::json!({ "file": self.out, "bytes": bytes.len(), "count": self.count }));
        } else {
            say(format!("{}: {} digits, {} bytes", self.out.display(), self.count, bytes.len()));
        }
        Ok(())
    }

    /// Bit rows, most significant bit first, padded to whole bytes.
    fn bits(&self, drawing: &mut Drawing) -> Vec<u8> {
        drawing.seek(drawing.glimpses());
        let canvas = drawing.canvas();
        let images = canvas.chunks_exact(canvas.len() / self.count).enumerate();
        let rows = images.flat_map(|(i, image)| {
            let mut rng = noise::rng(self.seed, noise::PIXELS, i as u64);
            let ink: Vec<u8> = image.iter().map(|p| rng.random_bool((*p as f64).clamp(0.0, 1.0)) as u8).collect();
            ink.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |b, (i, v)| b | v << (7 - i))).collect::<Vec<u8>>()
        });
        rows.collect()
    }

    fn gif(&self, drawing: &mut Drawing, columns: usize, patch: usize) -> Outcome<Vec<u8>> {
        let failed = |e: gif::EncodingError| Failure(format!("{}: {e}", self.out.display()));
        let (width, height, _) = drawing.picture(columns, 0)?;
        if width.max(height) > u16::MAX as usize {
            return Err(Failure(format!("the sheet is {width}×{height}; a GIF holds at most 65535×65535")));
        }
        let mut palette = Vec::with_capacity(768);
        for i in 0..255i32 {
            let mix = |paper: i32, ink: i32| (paper + (ink - paper) * i / 254) as u8;
            palette.extend([mix(255, 28), mix(253, 26), mix(248, 23)]);
        }
        palette.extend([194, 55, 28]);
        let mut out = Vec::new();
        let mut encoder = gif::Encoder::new(&mut out, width as u16, height as u16, &palette).map_err(failed)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(failed)?;
        let bar = progress(drawing.glimpses() as u64, "glimpses");
        loop {
            let last = drawing.glimpse() == drawing.glimpses();
            let (_, _, rgba) = drawing.picture(columns, 0)?;
            let mut indices: Vec<u8> = rgba.chunks_exact(4).map(|p| (p[3] as u32 * 254 / 255) as u8).collect();
            if !last {
                outline_windows(&mut indices, width, drawing, columns, patch);
            }
            let mut frame = gif::Frame::from_indexed_pixels(width as u16, height as u16, indices, None);
            // Hundredths of a second; the finished sheet stays.
            frame.delay = if last { 250 } else { 6 };
            encoder.write_frame(&frame).map_err(failed)?;
            bar.inc(1);
            if !drawing.step() {
                break;
            }
        }
        bar.finish_and_clear();
        drop(encoder);
        Ok(out)
    }
}

/// Marks the border of each digit's write window.
fn outline_windows(indices: &mut [u8], width: usize, drawing: &Drawing, columns: usize, patch: usize) {
    let (w, h) = drawing.size();
    for (i, window) in drawing.write_windows().chunks_exact(5).enumerate() {
        let [x, y, stride, sigma, _] = window else { continue };
        if *stride <= 0.0 {
            continue;
        }
        let half = (patch as f32 - 1.0) * stride / 2.0 + sigma;
        let (left, top) = ((i % columns) * w, (i / columns) * h);
        let edge = |v: f32, limit: usize| v.round().clamp(0.0, limit as f32 - 1.0) as usize;
        let (x0, x1) = (edge(x - half, w), edge(x + half, w));
        let (y0, y1) = (edge(y - half, h), edge(y + half, h));
        for x in x0..=x1 {
            indices[(top + y0) * width + left + x] = WINDOW;
            indices[(top + y1) * width + left + x] = WINDOW;
        }
        for y in y0..=y1 {
            indices[(top + y) * width + left + x0] = WINDOW;
            indices[(top + y) * width + left + x1] = WINDOW;
        }
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
