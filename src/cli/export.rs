//! `export`: weights in another number format, whole or in two halves.

use super::output::{self, Output};
use super::{Outcome, files, tell};
use attentive_writer::weights::{self, Format, Part};
use attentive_writer::{draw, look};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum Numbers {
    F32,
    F16,
    Int8,
}

/// Convert weights, PyTorch's too: to f32, f16 or int8, as one file or as a decoder half and an encoder half.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer export --weights trained.safetensors --format f16 --out www/weights/mnist.safetensors
  attentive-writer export --weights trained.safetensors --format int8 --whole --out mnist-int8.safetensors
  attentive-writer export --weights trained.safetensors --format int8 --prune --out small.safetensors
  attentive-writer export --weights from-pytorch.safetensors --glimpses 64 --format f32 --whole --out mine.safetensors")]
pub struct Export {
    #[arg(long)]
    weights: PathBuf,
    /// The decoder half, NAME.safetensors; the encoder half goes to NAME.encoder.safetensors beside it
    #[arg(long)]
    out: PathBuf,
    #[arg(long, value_enum, default_value = "f16")]
    format: Numbers,
    /// The number of glimpses, for weights of another tool without a configuration in their metadata
    #[arg(long)]
    glimpses: Option<usize>,
    /// Leave out the latents that neither the decoder nor the KL uses: the same distribution, drawn with less work
    #[arg(long)]
    prune: bool,
    /// Put everything into one file
    #[arg(long)]
    whole: bool,
    /// Print nothing on stdout but JSON Lines
    #[arg(long)]
    json: bool,
}

impl Export {
    fn format(&self) -> Format {
        match self.format {
            Numbers::F32 => Format::F32,
            Numbers::F16 => Format::F16,
            Numbers::Int8 => Format::Int8,
        }
    }

    /// A model that classifies is one file.
    fn look(self, bytes: &[u8]) -> Outcome {
        if self.glimpses.is_some() {
            return Err(files::at(&self.weights, "tells its glimpses itself; expected no --glimpses"));
        }
        if self.prune {
            return Err(files::at(&self.weights, "classifies, and has no latents; expected no --prune"));
        }
        let named = |e| files::at(&self.weights, e);
        let params = weights::load_task::<look::Config>(bytes).map_err(named)?;
        let bytes = weights::save(&params, self.format(), Part::All).map_err(named)?;
        let output = Output::open(&self.out)?.apart_from(self.json)?;
        let value = serde_json::json!({ "file": self.out, "bytes": bytes.len() });
        output.write(&bytes, self.json, value, &format!("{}: {} bytes", self.out.display(), bytes.len()))
    }

    pub fn run(self) -> Outcome {
        output::ending(&self.out, &["safetensors"])?;
        let bytes = files::read(&self.weights)?;
        if files::classifies(&bytes) {
            return self.look(&bytes);
        }
        let read = if self.whole { files::whole_model } else { files::model };
        let mut loaded = read(&self.weights, &bytes, self.glimpses)?;
        if self.prune {
            let latents = loaded.params.config().latent;
            loaded.params = draw::prune(&loaded.params).map_err(|e| files::at(&self.weights, e))?;
            let kept = loaded.params.config().latent;
            tell(format!(
                "{}: {kept} of {latents} latents are in use; the others are left out",
                self.weights.display()
            ));
        }
        let format = self.format();
        let halves: &[Part] = match (self.whole, loaded.has_encoder()) {
            (true, true) => &[Part::All],
            (false, true) => &[Part::Encoder, Part::Decoder],
            (_, false) => &[Part::Decoder],
        };
        // Nothing is written unless all of it can be.
        let open = |&part: &Part| {
            let path = if part == Part::Encoder { files::encoder_half(&self.out) } else { self.out.clone() };
            let bytes = weights::save(&loaded.params, format, part).map_err(files::with_weights(&self.weights))?;
            let output = match halves {
                [_] => Output::open(&path)?.apart_from(self.json)?,
                _ => Output::regular(&path, "for two halves; or give --whole")?,
            };
            Ok((path, bytes, output))
        };
        for (path, bytes, output) in halves.iter().map(open).collect::<Outcome<Vec<_>>>()? {
            let value = serde_json::json!({ "file": path, "bytes": bytes.len() });
            output.write(&bytes, self.json, value, &format!("{}: {} bytes", path.display(), bytes.len()))?;
        }
        Ok(())
    }
}
