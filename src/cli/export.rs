//! `export`: weights in another number format, whole or in two halves.

use super::files;
use super::{Outcome, say};
use attentive_writer::weights::{self, Format, Part};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum Numbers {
    F32,
    F16,
    Int8,
}

/// Convert weights: f32, f16 or int8, as one file or as a decoder half and an encoder half.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer export --weights trained.safetensors --format f16 --out www/weights/mnist.safetensors
  attentive-writer export --weights trained.safetensors --format int8 --whole --out mnist-int8.safetensors")]
pub struct Export {
    #[arg(long)]
    weights: PathBuf,
    /// The decoder half; the encoder half goes to NAME.encoder.safetensors beside it
    #[arg(long)]
    out: PathBuf,
    #[arg(long, value_enum, default_value = "f16")]
    format: Numbers,
    /// Put everything into one file
    #[arg(long)]
    whole: bool,
    /// Print nothing on stdout but JSON Lines
    #[arg(long)]
    json: bool,
}

impl Export {
    pub fn run(self) -> Outcome {
        let loaded = files::model(&self.weights)?;
        let format = match self.format {
            Numbers::F32 => Format::F32,
            Numbers::F16 => Format::F16,
            Numbers::Int8 => Format::Int8,
        };
        let halves: &[Part] = match (self.whole, loaded.has_encoder) {
            (true, true) => &[Part::All],
            (false, true) => &[Part::Encoder, Part::Decoder],
            (_, false) => &[Part::Decoder],
        };
        for &part in halves {
            let path = if part == Part::Encoder { files::encoder_half(&self.out) } else { self.out.clone() };
            let bytes = weights::save(&loaded.params, format, part)?;
            files::write(&path, &bytes)?;
            if self.json {
                super::print_json(&serde_json::json!({ "file": path, "bytes": bytes.len() }));
            } else {
                say(format!("{}: {} bytes", path.display(), bytes.len()));
            }
        }
        Ok(())
    }
}
