//! Trains the small preset on bars that are made up here, for a few steps, and saves the weights. They go to the path
//! given, or to the folder for temporary files.
//!
//! ```sh
//! cargo run --release --example train
//! cargo run --release --example train bars.safetensors
//! cargo run --release -- sample --weights bars.safetensors --out bars.png
//! ```

use attentive_writer::Config;
use attentive_writer::data::Dataset;
use attentive_writer::train::{Optimiser, Settings, Trainer};
use attentive_writer::weights::{self, Format, Part};
use std::path::PathBuf;

const STEPS: u64 = 100;
const SIDE: usize = 28;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let beside = || std::env::temp_dir().join("attentive-writer-bars.safetensors");
    let path = std::env::args_os().nth(1).map_or_else(beside, PathBuf::from);
    let data = Dataset::from_levels((0..500).flat_map(bar).collect(), SIDE, SIDE, 1)?;
    let settings = Settings {
        batch: 20,
        optimiser: Optimiser::Muon,
        learning_rate: 1e-2,
        warm_up: 10,
        average: 0.9,
        ..Settings::default()
    };
    // The canvas starts at the mean image.
    let mut trainer = Trainer::new(&Config::preset("mnist-small")?, settings, Some(&data.mean()))?;
    for step in 1..=STEPS {
        let report = trainer.step(&data, 1.0)?;
        if step == 1 || step % 20 == 0 {
            let (sum, parts) = (report.loss_nats, report.losses);
            let [reconstruction, kl] = [parts.reconstruction_nats, parts.kl_nats];
            println!("step {step}: a bound of {sum:.1} nats = {reconstruction:.1} of reconstruction + {kl:.1} of KL");
        }
    }
    // The average of the weights draws better than the last.
    std::fs::write(&path, weights::save(trainer.average(), Format::F32, Part::All)?)?;
    println!("the weights are in {}", path.display());
    Ok(())
}

/// Grey levels of a bar, whose place depends on its number.
fn bar(number: usize) -> Vec<u8> {
    let (left, top) = (4 + number % 18, 3 + number * 7 % 10);
    let inside = |x: usize, y: usize| (left..left + 2).contains(&x) && (top..top + 12).contains(&y);
    (0..SIDE * SIDE).map(|i| if inside(i % SIDE, i / SIDE) { 255 } else { 0 }).collect()
}
