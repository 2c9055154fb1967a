//! The arguments that JavaScript and the command line pass on: numbers of any size, arrays of any length.
#![no_main]

use arbitrary::Arbitrary;
use attentive_writer::lab::lens::Lens;
use attentive_writer::data::augment::{self, Amount};
use attentive_writer::drawing::{self, Colours, Drawing};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::lab::reparameterise::{FAMILIES, estimators, histogram};
use attentive_writer::{Config, lab::scribble};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, OnceLock};

#[derive(Arbitrary, Debug)]
enum Call {
    Draw { seed: u64, first: u64, count: usize, size: usize, temperature: f32, seeks: [usize; 3], columns: usize },
    Latents { latents: Vec<f32>, size: usize },
    Redraw { pixels: Vec<f32>, seed: u64, size: usize },
    Interpolate { from: Vec<f32>, to: Vec<f32>, count: usize },
    Resample { latents: Vec<f32>, from: usize, to: usize, seed: u64, count: usize, temperature: f32 },
    Lens { n: usize, width: usize, height: usize, image: Vec<f32>, window: [f32; 5] },
    Normalise { pixels: Vec<f32>, width: usize, height: usize },
    Vary { marks: Vec<f32>, width: usize, height: usize, count: usize, seed: u64 },
    Family { index: u8, theta: Vec<f64>, seed: u64, count: usize, low: f64, high: f64, bins: usize },
    Estimators { mu: f64, sigma: f64, target: f64, seed: u64, count: usize },
}

fn model() -> Arc<Draw<f32>> {
    static MODEL: OnceLock<Arc<Draw<f32>>> = OnceLock::new();
    let make = || {
        let mnist = Config::preset("mnist-small").expect("a preset");
        let config = Config { width: 5, height: 7, glimpses: 3, hidden: 4, latent: 2, ..mnist };
        let params = Params::init(&config, 1, None).expect("a small model");
        Arc::new(Draw::new(&params, Purpose::Read).expect("a whole model"))
    };
    MODEL.get_or_init(make).clone()
}

/// Sizes that the budgets allow may still take a fuzzer seconds.
fn small(count: usize, size: usize) -> bool {
    !(1..=10_000).contains(&count) || !(1..=4096).contains(&size) || count.saturating_mul(size * size) < 1 << 12
}

fn finish(mut drawing: Drawing) {
    while drawing.step().expect("a model of small weights stays finite") {}
    assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)));
    assert!(drawing.write_windows().iter().all(|v| v.is_finite()));
}

fuzz_target!(|call: Call| {
    let config = model().config().clone();
    match call {
        Call::Draw { seed, first, count, size, temperature, seeks, columns } if small(count, size) => {
            let Ok(mut drawing) = Drawing::draw_from(model(), seed, first, count, size, temperature) else { return };
            for glimpse in seeks {
                drawing.seek(glimpse).expect("as above");
            }
            let latents = drawing.latents().expect("as above");
            assert_eq!(latents.len(), 3 * count * 2);
            if drawing.picture(columns, 0).is_ok() {
                let _ = drawing.gif(columns, Colours::default(), || ());
            }
            finish(drawing);
        }
        Call::Latents { latents, size } if small(1, size) => {
            Drawing::draw_latents(model(), latents, size).map(finish).unwrap_or_default();
        }
        Call::Redraw { pixels, seed, size } if small(1, size) => {
            Drawing::redraw(model(), &pixels, seed, size).map(finish).unwrap_or_default();
        }
        Call::Interpolate { from, to, count } => drop(drawing::interpolate(&config, &from, &to, count)),
        Call::Resample { latents, from, to, seed, count, temperature } => {
            drop(drawing::resample(&config, &latents, from..to, seed, count, temperature));
        }
        Call::Lens { n, width, height, image, window } => {
            let Ok(mut lens) = Lens::new(n, (width, height), &image) else { return };
            if lens.place(&window).is_ok() {
                assert!(lens.error.is_finite() && lens.gradient.iter().all(|g| g.is_finite()));
            }
            lens.filterbanks(&window);
        }
        Call::Normalise { pixels, width, height } => {
            if let Ok(image) = scribble::normalise(&pixels, width, height) {
                assert!(image.len() == 784 && image.iter().all(|v| *v == 0.0 || *v == 1.0));
            }
        }
        Call::Vary { marks, width, height, count, seed } if count < 100 => {
            drop(augment::vary(&marks, (width, height), count, Amount::default(), seed));
        }
        Call::Family { index, theta, seed, count, low, high, bins } => {
            let family = &FAMILIES[index as usize % FAMILIES.len()];
            let count = if count > 1000 { usize::MAX - count } else { count };
            if let Ok(draws) = family.draw(&theta, seed, count) {
                assert!(draws.z.iter().chain(&draws.gradient).all(|v| v.is_finite()), "{} {theta:?}", family.name);
                drop(histogram(&draws.z, (low, high), bins));
            }
        }
        Call::Estimators { mu, sigma, target, seed, count } => {
            let count = if count > 1000 { usize::MAX - count } else { count };
            drop(estimators(mu, sigma, target, seed, count));
        }
        _ => {}
    }
});
