//! Where a gradient's variance comes from, and what antithetic noise takes of it:
//!
//!     cargo bench --bench noise -- binarized_mnist/train.bits.gz
//!
//! For the shipped model and batches of 100 images, tensor by tensor: the share of the variance that the latent noise
//! has, the rest being that of which images are in the batch; the variance over the noise of the mean of two gradients
//! with noise ε and −ε, over that of two with independent noise; and the variance of a batch of 50 images in such
//! pairs over that of a batch of 100 images.

use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::data::{self, Hint};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
use attentive_writer::{noise, weights};

const BATCH: usize = 100;
const BATCHES: u64 = 32;

fn main() {
    // cargo adds an argument of its own.
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with("--")) else {
        return eprintln!("give a file of at least {} images", BATCH * BATCHES as usize);
    };
    let read = |path: &str| std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let data = data::read(&read(&path), &Hint { name: Some(&path), ..Hint::default() }).expect("images").data;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/www/weights/");
    let file = |name: &str| read(&format!("{folder}{name}"));
    let loaded = weights::load(&file("mnist.safetensors"), Some(&file("mnist.encoder.safetensors"))).expect("weights");
    let model = Draw::new(&loaded.params, Purpose::Train(BATCH)).expect("weights that train");
    let (mut tape, mut backprop) =
        (Tape::new(&model, BATCH, true).expect("room"), Backprop::new(&model, BATCH).expect("room"));

    // Rows may be sorted by class: a batch takes every so manieth.
    let step = data.len() / BATCH;
    let mut gradient = |batch: usize, seed: u64, sign: f32| -> Vec<f32> {
        let images: Vec<f32> =
            (0..BATCH).flat_map(|i| data.levels(i * step + batch % step).iter().map(|l| *l as f32 / 255.0)).collect();
        noise::fill_normal(&mut noise::rng(seed, noise::TRAIN, 0), tape.all_noise_mut());
        tape.all_noise_mut().iter_mut().for_each(|e| *e *= sign);
        let mut out = Params::zeros(model.config()).expect("a model's configuration is valid");
        tape.forward(&model, &images);
        backprop.backward(&model, &mut tape, &images, Factors { kl: 1.0, canvases: 0.0 }, &mut out);
        out.data().to_vec()
    };
    // For each batch, two draws of the noise and their mirror images.
    let mut draw = |sign: f32, round: u64| -> Vec<Vec<f32>> {
        (0..BATCHES).map(|b| gradient(b as usize, 2 * b + round, sign)).collect()
    };
    let [first, second] = [draw(1.0, 0), draw(1.0, 1)];
    let [first_pairs, second_pairs] = [(&first, 0), (&second, 1)].map(|(g, round)| {
        let mirrored = draw(-1.0, round);
        let mean = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
        g.iter().zip(&mirrored).map(mean).collect::<Vec<Vec<f32>>>()
    });

    println!("| | share of the noise | pairs | half as many images, in pairs |\n| --- | --- | --- | --- |");
    let row = |name: &str, range: std::ops::Range<usize>| {
        let whole = variance(&first, range.clone());
        let noise = within(&first, &second, range.clone());
        let pairs = 2.0 * within(&first_pairs, &second_pairs, range);
        let halved = 2.0 * (whole - noise) + pairs;
        println!("| {name} | {:.2} | {:.2} | {:.2} |", noise / whole, pairs / noise, halved / whole);
    };
    for slot in loaded.params.slots() {
        row(slot.name, slot.range());
    }
    row("all", 0..loaded.params.data().len());
}

/// Summed over the elements of a range.
fn variance(gradients: &[Vec<f32>], range: std::ops::Range<usize>) -> f64 {
    let n = gradients.len() as f64;
    let of = |i: usize| {
        let values = || gradients.iter().map(|g| g[i] as f64);
        let mean = values().sum::<f64>() / n;
        values().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)
    };
    range.map(of).sum()
}

/// The mean variance of two gradients of one batch, summed over the elements of a range.
fn within(first: &[Vec<f32>], second: &[Vec<f32>], range: std::ops::Range<usize>) -> f64 {
    let squares =
        first.iter().zip(second).map(|(a, b)| range.clone().map(|i| 0.5 * ((a[i] - b[i]) as f64).powi(2)).sum::<f64>());
    squares.sum::<f64>() / first.len() as f64
}
