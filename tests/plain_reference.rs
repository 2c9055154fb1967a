//! The engine against the plain reference of tests/plain, which has the paper's equations as loops over numbers.
#![cfg(not(target_arch = "wasm32"))]

mod plain;

use attentive_writer::Config;
use attentive_writer::Real;
use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::config::Likelihood;
use attentive_writer::lab::machine::{Source, Trace};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
use attentive_writer::{noise, weights};

fn normal(n: usize, index: u64) -> Vec<f64> {
    let mut out = vec![0.0; n];
    noise::fill_normal(&mut noise::rng(5, 0, index), &mut out);
    out
}

/// Within `tolerance` of the larger of the expected value and a hundredth of the largest.
fn close(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    assert!(largest > 0.0, "{what}: all zero");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        let error = (g - e).abs() / e.abs().max(1e-2 * largest);
        assert!(error < tolerance, "{what}[{i}]: {g}, the reference has {e}, relative error {error:e}");
    }
}

/// Images and noise of a batch.
struct Batch {
    size: usize,
    /// `[size, C, B, A]`
    images: Vec<f64>,
    /// `[T, size, Z]`
    noise: Vec<f64>,
}

impl Batch {
    fn random(c: &Config, size: usize) -> Self {
        let image = |v: &f64| (0.5 + 0.4 * v).clamp(0.0, 1.0);
        let images = normal(size * c.pixels(), 1).iter().map(image).collect();
        Batch { size, images, noise: normal(c.glimpses * size * c.latent, 2) }
    }

    /// Noise of one image `[T, Z]`.
    fn noise_of(&self, c: &Config, b: usize) -> Vec<f64> {
        let rows = self.noise.chunks(c.latent).skip(b).step_by(self.size);
        rows.flatten().copied().collect()
    }
}

/// Everything that a batch gives, as the engine lays it out.
#[derive(Default)]
struct Results {
    /// After each glimpse `[T, batch, planes, B, A]`.
    canvases: Vec<f64>,
    reconstruction: Vec<f64>,
    /// `[T, batch]`
    kl: Vec<f64>,
    gradient: Vec<f64>,
}

fn reference(params: &Params<f64>, batch: &Batch) -> Results {
    let c = params.config();
    let mut gradient = Params::zeros(c).unwrap();
    let mut results = Results::default();
    let images = batch.images.chunks(c.pixels()).enumerate();
    let of_images: Vec<_> = images
        .map(|(b, image)| {
            let noise = batch.noise_of(c, b);
            let glimpses = plain::forward(params, image, &noise);
            plain::backward(params, image, &noise, &glimpses, &mut gradient);
            results.reconstruction.push(plain::reconstruction(&glimpses[c.glimpses - 1].canvas, image));
            glimpses
        })
        .collect();
    for t in 0..c.glimpses {
        for glimpses in &of_images {
            results.canvases.extend(&glimpses[t].canvas);
            results.kl.push(glimpses[t].kl);
        }
    }
    results.gradient = gradient.data().to_vec();
    results
}

fn engine<T: Real>(params: &Params<f64>, batch: &Batch) -> Results {
    let cast = |values: &[f64]| values.iter().map(|v| T::of(*v)).collect::<Vec<T>>();
    let back = |values: &[T]| values.iter().map(|v| v.f64()).collect::<Vec<f64>>();
    let images = cast(&batch.images);
    let model = Draw::new(&params.cast::<T>(), Purpose::Train(batch.size)).unwrap();
    let mut tape = Tape::new(&model, batch.size, true).unwrap();
    tape.all_noise_mut().copy_from_slice(&cast(&batch.noise));
    let mut canvases = Vec::new();
    tape.start(&model);
    for t in 0..params.config().glimpses {
        tape.encode(&model, t, &images);
        tape.decode(&model, t);
        tape.write(&model, t);
        canvases.extend(back(tape.canvas()));
    }
    tape.compare(&images);
    let (reconstruction, kl) = (back(tape.reconstruction()), back(tape.kl()));
    let (mut gradient, one) = (Params::zeros(params.config()).unwrap(), Factors { kl: T::one(), canvases: T::zero() });
    Backprop::new(&model, batch.size).unwrap().backward(&model, &mut tape, &images, one, &mut gradient);
    Results { canvases, reconstruction, kl, gradient: back(gradient.data()) }
}

fn compare(what: &str, params: &Params<f64>, batch: &Batch) {
    let expected = reference(params, batch);
    for (kind, got, tolerance) in
        [("f64", engine::<f64>(params, batch), 1e-9), ("f32", engine::<f32>(params, batch), 1e-4)]
    {
        let close = |part: &str, got: &[f64], expected: &[f64]| {
            close(&format!("{what}, {kind}: {part}"), got, expected, tolerance);
        };
        close("canvases", &got.canvases, &expected.canvases);
        close("reconstruction", &got.reconstruction, &expected.reconstruction);
        close("KL", &got.kl, &expected.kl);
        for slot in params.slots() {
            let (got, expected) = (&got.gradient[slot.range()], &expected.gradient[slot.range()]);
            // These meet h of the glimpse before, which is zero at the first.
            let of_before = ["encoder.weight_hh", "decoder.weight_hh", "read.weight"].contains(&slot.name);
            if of_before && params.config().glimpses == 1 {
                assert!(got.iter().chain(expected).all(|d| *d == 0.0), "{what}, {kind}: gradient of {}", slot.name);
            } else {
                close(&format!("gradient of {}", slot.name), got, expected);
            }
        }
    }
}

fn config() -> Config {
    Config {
        width: 8,
        height: 8,
        channels: 1,
        glimpses: 4,
        hidden: 8,
        latent: 4,
        read_patch: 2,
        write_patch: 4,
        attention: true,
        likelihood: Likelihood::Bernoulli,
        variational: true,
    }
}

fn random_weights(what: &str, c: &Config) {
    let mut params = Params::<f64>::init(c, 3, None).unwrap();
    let jitter = normal(params.data().len(), 3);
    params.data_mut().iter_mut().zip(jitter).for_each(|(p, n)| *p += 0.2 * n);
    compare(what, &params, &Batch::random(c, 3));
}

#[test]
fn with_attention() {
    random_weights("attention", &config());
}

#[test]
fn without_attention() {
    random_weights("no attention", &Config { attention: false, ..config() });
}

#[test]
fn two_channels() {
    random_weights("two channels", &Config { channels: 2, ..config() });
    random_weights("two channels whole", &Config { channels: 2, attention: false, ..config() });
}

#[test]
fn odd_sizes() {
    let odd = Config { width: 11, height: 7, hidden: 5, latent: 3, read_patch: 3, write_patch: 5, ..config() };
    random_weights("odd sizes", &odd);
    random_weights("odd sizes whole", &Config { attention: false, ..odd });
}

#[test]
fn one_filter() {
    random_weights("one filter", &Config { read_patch: 1, write_patch: 1, ..config() });
}

#[test]
fn one_glimpse() {
    random_weights("one glimpse", &Config { glimpses: 1, ..config() });
}

/// The shipped model of 64 glimpses, on a ring.
#[test]
fn the_shipped_weights() {
    let file = |name: &str| std::fs::read(format!("{}/www/weights/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let loaded = weights::load(&file("mnist.safetensors"), Some(&file("mnist.encoder.safetensors"))).unwrap();
    let params = loaded.params.cast::<f64>();
    let ring = |i: usize| {
        let (x, y) = ((i % 28) as f64 - 13.5, (i / 28) as f64 - 13.5);
        if (6.0..9.0).contains(&x.hypot(0.8 * y)) { 1.0 } else { 0.0 }
    };
    let batch = Batch { images: (0..784).map(ring).collect(), ..Batch::random(params.config(), 1) };
    let expected = reference(&params, &batch);
    let got = engine::<f32>(&params, &batch);
    close("canvases", &got.canvases, &expected.canvases, 1e-3);
    close("reconstruction", &got.reconstruction, &expected.reconstruction, 1e-4);
    close("KL", &got.kl, &expected.kl, 1e-3);
    let got = engine::<f64>(&params, &batch);
    close("canvases in f64", &got.canvases, &expected.canvases, 1e-9);
    close("gradient in f64", &got.gradient, &expected.gradient, 1e-8);
}

/// What the figure of the machine shows: each part of each glimpse.
#[test]
fn the_parts_of_a_trace() {
    let c = Config { width: 11, height: 7, glimpses: 5, ..config() };
    let mut params = Params::<f64>::init(&c, 3, None).unwrap();
    let jitter = normal(params.data().len(), 3);
    params.data_mut().iter_mut().zip(jitter).for_each(|(p, n)| *p += 0.2 * n);
    let image: Vec<f64> = normal(c.pixels(), 4).iter().map(|v| if *v > 0.3 { 1.0 } else { 0.0 }).collect();
    let mut noise = vec![0.0; c.glimpses * c.latent];
    noise::fill_normal(&mut noise::rng(9, noise::DRAW, 0), &mut noise);
    let glimpses = plain::forward(&params, &image, &noise);

    let model = Draw::new(&params.cast::<f32>(), Purpose::Read).unwrap();
    let pixels: Vec<f32> = image.iter().map(|v| *v as f32).collect();
    let trace = Trace::of(&model, Source::Read(&pixels, 9)).unwrap();

    let window = |w: &Option<plain::Window>| {
        let w = w.as_ref().unwrap();
        vec![w.center[0] - 0.5, w.center[1] - 0.5, w.stride, w.variance.sqrt(), w.gamma]
    };
    let canvas = |t: usize| if t == 0 { params.get("canvas") } else { &glimpses[t - 1].canvas };
    let all = |part: &dyn Fn(usize) -> Vec<f64>, count: usize| (0..count).flat_map(part).collect::<Vec<_>>();
    let of = |part: &dyn Fn(&plain::Glimpse) -> Vec<f64>| all(&|t| part(&glimpses[t]), c.glimpses);
    let error = |g: &plain::Glimpse| image.iter().zip(&g.shown).map(|(x, s)| x - s).collect();
    let stroke = |t: usize| canvas(t + 1).iter().zip(canvas(t)).map(|(after, before)| after - before).collect();
    let spent = |t: usize| glimpses[..t].iter().map(|g| g.kl).sum::<f64>();
    let reconstruction = |t: usize| plain::reconstruction(canvas(t), &image);
    let bound = |t: usize| spent(t) + reconstruction(t);
    let expected = [
        ("readWindows", of(&|g| window(&g.read_window))),
        ("errors", of(&error)),
        ("readPatches", of(&|g| g.read.clone())),
        ("encoder", of(&|g| g.encoder.h.clone())),
        ("encoderCells", of(&|g| g.encoder.c.clone())),
        ("means", of(&|g| g.mu.clone())),
        ("deviations", of(&|g| g.log_sigma.iter().map(|l| l.exp()).collect())),
        ("latents", of(&|g| (0..c.latent).map(|k| g.decoder.x[k]).collect())),
        ("spent", all(&|t| vec![spent(t)], c.glimpses + 1)),
        ("decoder", of(&|g| g.decoder.h.clone())),
        ("decoderCells", of(&|g| g.decoder.c.clone())),
        ("writePatches", of(&|g| g.patch.clone())),
        ("writeWindows", of(&|g| window(&g.write_window))),
        ("strokes", all(&stroke, c.glimpses)),
        ("canvases", all(&|t| canvas(t).iter().map(|v| plain::sigmoid(*v)).collect(), c.glimpses + 1)),
        ("reconstruction", all(&|t| vec![reconstruction(t)], c.glimpses + 1)),
        ("bound", all(&|t| vec![bound(t)], c.glimpses + 1)),
        ("bits", all(&|t| vec![bound(t) / 2.0f64.ln()], c.glimpses + 1)),
    ];
    for ((name, got), (expected_name, expected)) in trace.parts().into_iter().zip(expected) {
        assert_eq!(name, expected_name);
        close(name, &got.iter().map(|v| *v as f64).collect::<Vec<_>>(), &expected, 1e-4);
    }
}
