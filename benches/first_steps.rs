//! The first steps of a training, for a peer to repeat (see `peers/compare.py`, which runs this):
//!
//!     cargo bench --bench first_steps -- PRESET THREADS BATCH FOLDER
//!     cargo bench --bench first_steps -- WEIGHTS THREADS BATCH FOLDER
//!
//! Into the folder go `weights.safetensors`, a fresh model of the preset or the one given, and `steps.safetensors`:
//! `images` [batch, C, B, A], made up here; `noise` [steps, T, batch, Z]; and `losses` [steps], the bound in nats
//! before each step of Adam on them.

use attentive_writer::likelihood::Values;
use attentive_writer::params::Params;
use attentive_writer::train::{Settings, Trainer};
use attentive_writer::weights::{Format, Part, load, save};
use attentive_writer::{Config, noise};
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use std::error::Error;
use std::path::Path;

const STEPS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    // cargo adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [model, threads, batch, folder] = &arguments[..] else {
        println!("give a preset or weights, threads, a batch and a folder");
        return Ok(());
    };
    let (batch, folder) = (batch.parse()?, Path::new(folder));
    // What the peers have: no warm-up, no clipping.
    let settings = Settings { batch, threads: threads.parse()?, warm_up: 1, clip: f64::MAX, ..Settings::default() };
    let params = if model.ends_with(".safetensors") {
        load(&std::fs::read(model)?, None)?.params
    } else {
        Params::init(&Config::preset(model)?, settings.seed, None)?
    };
    let config = params.config().clone();
    std::fs::write(folder.join("weights.safetensors"), save(&params, Format::F32, Part::All)?)?;

    let images: Vec<Vec<f32>> = (0..batch).map(|i| image(&config, i as u64)).collect();
    let (t, z, seed) = (config.glimpses, config.latent, settings.seed);
    let mut noises = vec![0.0; STEPS * t * batch * z];
    let mut row = vec![0.0; t * z];
    for place in 0..STEPS * batch {
        noise::fill_normal(&mut noise::rng(seed, noise::TRAIN, place as u64), &mut row);
        let (step, b) = (place / batch, place % batch);
        for (glimpse, values) in row.chunks_exact(z).enumerate() {
            noises[((step * t + glimpse) * batch + b) * z..][..z].copy_from_slice(values);
        }
    }
    let mut trainer = Trainer::from_params(params, settings)?;
    let mut step = || trainer.step_with(1.0, |i, _, image| image.copy_from_slice(&images[i]));
    let losses =
        (0..STEPS).map(|_| Ok(step()?.loss_nats as f32)).collect::<Result<Vec<f32>, attentive_writer::Error>>()?;

    let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let tensors = [
        ("images", vec![batch, config.channels, config.height, config.width], bytes(&images.concat())),
        ("noise", vec![STEPS, t, batch, z], bytes(&noises)),
        ("losses", vec![STEPS], bytes(&losses)),
    ];
    let views =
        tensors.iter().map(|(name, shape, data)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), data)?)));
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    Ok(serialize_to_file(views, None, &folder.join("steps.safetensors"))?)
}

/// Black and white, an eighth of it ink, or levels that change little from pixel to pixel.
fn image(config: &Config, number: u64) -> Vec<f32> {
    let mut values = vec![0.0f32; config.pixels()];
    noise::fill_normal(&mut noise::rng(1, 0, number), &mut values);
    if config.likelihood.values() == Values::Binary {
        return values.iter().map(|v| (*v > 1.15) as u8 as f32).collect();
    }
    let (w, h) = (config.width, config.height);
    for plane in values.chunks_exact_mut(w * h) {
        // Down and along, sums of noise around a slope of the plane's own.
        let slope = plane[0];
        for i in 0..w * h {
            let before = [(i % w > 0, 1), (i >= w, w)].map(|(inside, back)| if inside { plane[i - back] } else { 0.0 });
            plane[i] = 0.5 * (before[0] + before[1]) + 0.2 * (plane[i] + 0.5 * slope);
        }
    }
    values.iter().map(|v| (255.0 / (1.0 + (-v).exp())).round() / 255.0).collect()
}
