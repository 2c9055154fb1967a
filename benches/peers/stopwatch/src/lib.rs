//! What the peers in Rust share: the first steps that they repeat, and a stopwatch. `stopwatch.py` is the same for
//! those in Python, and says how `compare.py` talks to them.

use safetensors::SafeTensors;
use std::io::{BufRead, stdin};
use std::path::Path;
use std::time::{Duration, Instant};

pub const READ: usize = 2;
pub const WRITE: usize = 5;
pub const SIDE: usize = 28;

/// Numbers with a shape.
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Array {
    fn of(file: &SafeTensors, name: &str) -> Array {
        let view = file.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        Array { shape: view.shape().to_vec(), values: values.collect() }
    }

    fn transposed(&self) -> Array {
        let (rows, columns) = (self.shape[0], self.shape[1]);
        let values = (0..columns * rows).map(|i| self.values[i % rows * columns + i / rows]);
        Array { shape: vec![columns, rows], values: values.collect() }
    }

    /// One below the other.
    fn stacked(parts: &[Array]) -> Array {
        let mut shape = parts[0].shape.clone();
        shape[0] = parts.iter().map(|p| p.shape[0]).sum();
        Array { shape, values: parts.iter().flat_map(|p| p.values.iter().copied()).collect() }
    }
}

/// What a peer begins with.
pub struct Start {
    pub batch: usize,
    /// One matrix for all gates of an LSTM, and one for all that is read off the decoder (the window that writes, the
    /// one that reads next, the patch), as [in, out]; and the biases, as [1, out].
    pub weights: Vec<(&'static str, Array)>,
    /// [batch, B, A].
    pub images: Array,
    /// Of each of the first steps, [T, batch, Z].
    pub noise: Vec<Array>,
}

impl Start {
    /// Of the arguments MODE THREADS BATCH FOLDER.
    pub fn from_arguments() -> Start {
        let arguments: Vec<String> = std::env::args().collect();
        let [_, _, _, batch, folder] = &arguments[..] else { panic!("expected MODE THREADS BATCH FOLDER") };
        let read = |name| std::fs::read(Path::new(folder).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (weights, steps) = (read("weights.safetensors"), read("steps.safetensors"));
        let [weights, steps] = [&weights, &steps].map(|bytes| SafeTensors::deserialize(bytes).expect("safetensors"));
        let of = |name: &str| Array::of(&weights, name);
        let row = |mut a: Array| {
            a.shape.insert(0, 1);
            a
        };
        let gates = |name: &str| {
            let parts = ["ih", "hh"].map(|part| of(&format!("{name}.weight_{part}")).transposed());
            Array::stacked(&parts)
        };
        let heads = |what: &str| ["write", "read", "patch"].map(|name| of(&format!("{name}.{what}")));
        let weights = vec![
            ("encoder", gates("encoder")),
            ("encoder_b", row(of("encoder.bias"))),
            ("decoder", gates("decoder")),
            ("decoder_b", row(of("decoder.bias"))),
            ("latent", of("latent.weight").transposed()),
            ("latent_b", row(of("latent.bias"))),
            ("heads", Array::stacked(&heads("weight")).transposed()),
            ("heads_b", row(Array::stacked(&heads("bias")))),
            ("canvas", of("canvas")),
        ];
        let mut images = Array::of(&steps, "images");
        images.shape.remove(1);
        let Array { shape, values } = Array::of(&steps, "noise");
        let part = |values: &[f32]| Array { shape: shape[1..].to_vec(), values: values.to_vec() };
        let noise = values.chunks_exact(values.len() / shape[0]).map(part).collect();
        Start { batch: batch.parse().expect("a batch"), weights, images, noise }
    }
}

/// The version of a package in a Cargo.lock.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

/// Takes steps for as long as it is asked to, and says how many examples a second that was. `lock` is the peer's
/// Cargo.lock, which has its version.
pub fn serve(lock: &str, package: &str, losses: &[f32], batch: usize, mut step: impl FnMut()) {
    (0..3).for_each(|_| step());
    println!("{{\"version\": {:?}, \"losses\": {losses:?}}}", version(lock, package).unwrap_or("?"));
    for line in stdin().lock().lines().map_while(Result::ok) {
        let seconds = Duration::from_secs_f64(line.trim().parse().expect("seconds"));
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.is_empty() || start.elapsed() < seconds {
            let before = Instant::now();
            step();
            times.push(before.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        println!("{}", batch as f64 / times[times.len() / 2]);
    }
}
