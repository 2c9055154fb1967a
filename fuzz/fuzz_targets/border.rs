//! The arguments that JavaScript and the command line pass on: numbers of any size, arrays of any length.
//!
//! Most cases are of a few small values, so that what is accepted is as common as what is refused, and cheap. Lengths
//! that are accepted but take long are made small; `tests/sizes.rs` has them.
#![no_main]

#[path = "border/lab.rs"]
mod lab;
#[path = "border/training.rs"]
mod training;

use arbitrary::{Arbitrary, Result, Unstructured};
use attentive_writer::Config;
use attentive_writer::drawing::{Colours, Drawing};
use attentive_writer::error;
use attentive_writer::lab::augment::{self, Amount};
use attentive_writer::lab::latents;
use attentive_writer::lab::lens::Lens;
use attentive_writer::lab::reparameterise::{FAMILIES, estimators, histogram};
use attentive_writer::lab::scribble;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, OnceLock};

/// A count or a side: small more often than not.
#[derive(Debug, Clone, Copy)]
struct Length(usize);

impl<'a> Arbitrary<'a> for Length {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Length(match u8::arbitrary(u)? {
            small @ 0..200 => small as usize % 10,
            200..220 => usize::MAX - u8::arbitrary(u)? as usize,
            220..240 => 1 << (u8::arbitrary(u)? as u32 % usize::BITS),
            _ => usize::arbitrary(u)?,
        }))
    }
}

impl Length {
    /// Of the lengths up to `most`, which are accepted, those that take long are made small.
    fn cheap(self, most: usize) -> usize {
        if (10..=most).contains(&self.0) { self.0 % 10 } else { self.0 }
    }
}

/// A number: of 0 to 1 more often than not.
#[derive(Debug, Clone, Copy)]
struct Number(f64);

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let byte = u8::arbitrary(u)?;
        Ok(Number(if byte < 240 { share(byte) } else { f64::arbitrary(u)? }))
    }
}

impl Number {
    fn between(self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0
    }
}

/// 0 to 1 in steps of 1/200, some beyond the ends, some that are no numbers.
fn share(byte: u8) -> f64 {
    match byte {
        252 => f64::NAN,
        253 => f64::INFINITY,
        254 => -1e30,
        255 => 1e-40,
        238..252 => byte as f64 - 245.0,
        _ => byte.min(200) as f64 / 200.0,
    }
}

/// As many values as are wanted, up to 1024, of these bytes in turn; now and then one more or one less.
fn values(bytes: &[u8], wanted: usize) -> Vec<f32> {
    let odd = match bytes.last() {
        Some(255) => 1,
        Some(254) => -1,
        _ => 0,
    };
    let bytes = if bytes.is_empty() { &[0] } else { bytes };
    let len = wanted.min(1 << 10).saturating_add_signed(odd);
    bytes.iter().cycle().take(len).map(|b| share(*b) as f32).collect()
}

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Draw { seed: u64, first: u64, count: Length, size: Length, temperature: Number, then: Then },
    Latents { digit: [f32; DIGIT], count: u8, cut: u8, size: Length, then: Then },
    Redraw { seed: u64, count: u8, size: Length, then: Then, bytes: &'a [u8] },
    Interpolate { from: [f32; DIGIT], to: [f32; DIGIT], count: Length, cuts: [u8; 2] },
    Resample { latents: [f32; DIGIT], held: [Length; 2], seed: u64, count: Length, temperature: Number, cut: u8 },
    Lens { n: Length, sides: [Length; 2], window: [f32; 5], bytes: &'a [u8] },
    Normalise { sides: [Length; 2], bytes: &'a [u8] },
    Vary { sides: [Length; 2], marks: u8, count: Length, seed: u64, bytes: &'a [u8] },
    Family { index: u8, theta: [Number; 4], cut: u8, seed: u64, count: Length, range: [Number; 2], bins: Length },
    Estimators { theta: [Number; 3], seed: u64, count: Length },
    Train(training::Run<'a>),
    Levels(training::Levels<'a>),
    PlaceGradients(lab::PlaceGradients<'a>),
    Field(lab::OnField<'a>),
    Plane(lab::OnPlane<'a>),
    Codes(lab::Codes<'a>),
}

/// What is asked of a drawing: one thing a case.
#[derive(Arbitrary, Debug)]
enum Then {
    Finish,
    Ahead,
    Seek([Length; 3]),
    Latents,
    Picture(Length),
    Errors(Length),
    Gif(Length),
}

const GLIMPSES: usize = 2;
const LATENT: usize = 2;
const DIGIT: usize = GLIMPSES * LATENT;
const WIDTH: usize = 3;
const HEIGHT: usize = 4;

fn model() -> &'static Arc<Draw<f32>> {
    static MODEL: OnceLock<Arc<Draw<f32>>> = OnceLock::new();
    MODEL.get_or_init(|| {
        let mnist = Config::preset("mnist-small").expect("a preset");
        let small = Config { width: WIDTH, height: HEIGHT, glimpses: GLIMPSES, hidden: 3, latent: LATENT, ..mnist };
        let config = Config { read_patch: 2, write_patch: 2, ..small };
        let params = Params::init(&config, 1, None).expect("a small model");
        Arc::new(Draw::new(&params, Purpose::Read).expect("a whole model"))
    })
}

/// A count and a size that are refused at once, or cheap.
fn sheet(count: usize, size: Length) -> (usize, usize) {
    let pixels = count.saturating_mul(size.0).saturating_mul(size.0);
    if accepted(count, size.0) && pixels > 128 { (1 + count % 3, 1 + size.0 % 6) } else { (count, size.0) }
}

/// Whether a drawing may be of that size; surely not beyond the budget for its canvases.
fn accepted(count: usize, size: usize) -> bool {
    (1..=10_000).contains(&count) && (1..=4096).contains(&size) && count * size * size < 1 << 28
}

fn go_on((count, size): (usize, usize), drawing: error::Result<Drawing>, then: Then) {
    let Ok(mut drawing) = drawing else { return };
    assert!(accepted(count, size) && drawing.count() == count);
    let done = match then {
        Then::Finish => Ok(()),
        Then::Ahead => {
            drawing.ahead();
            drawing.step().map(drop)
        }
        Then::Seek(glimpses) => glimpses.iter().try_for_each(|g| drawing.seek(g.0)),
        Then::Latents => drawing.latents().map(|latents| assert_eq!(latents.len(), DIGIT * count)),
        Then::Picture(columns) => drawing.step().map(|_| drop(drawing.picture(columns.0, 0))),
        Then::Errors(columns) => drawing.step().map(|_| drop(drawing.error_picture(columns.0, 0, 0))),
        Then::Gif(columns) => {
            drawing.seek(GLIMPSES - 1).map(|()| drop(drawing.gif(columns.0, Colours::default(), || ())))
        }
    };
    // A model of small weights stays finite.
    done.and_then(|()| drawing.seek(usize::MAX)).expect("finite numbers");
    assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)));
    assert!(drawing.write_windows().iter().chain(&drawing.read_windows()).all(|v| v.is_finite()));
}

/// The sides of an image that is cheap, or larger than what [`values`] gives.
fn image([width, height]: [Length; 2]) -> (usize, usize) {
    let large = width.0.saturating_mul(height.0) > 256;
    if large { (width.0.max(33), height.0.max(33)) } else { (width.0, height.0) }
}

/// Whether a number of values is to be wrong, now and then.
fn odd(cut: u8) -> bool {
    cut > 250
}

fn all_of(latents: &[f32; DIGIT], cut: u8) -> &[f32] {
    &latents[..DIGIT - odd(cut) as usize]
}

fuzz_target!(|call: Call| {
    let config = model().config();
    match call {
        Call::Draw { seed, first, count, size, temperature, then } => {
            let (count, size) = sheet(count.0, size);
            let temperature = temperature.between(0.0, 10.0) as f32;
            go_on((count, size), Drawing::draw_from(model().clone(), seed, first, count, size, temperature), then);
        }
        Call::Latents { digit, count, cut, size, then } => {
            let (count, size) = sheet((count % 4) as usize, size);
            let mut latents = digit.repeat(count);
            if odd(cut) {
                latents.pop();
            }
            go_on((count, size), Drawing::draw_latents(model().clone(), latents, size), then);
        }
        Call::Redraw { seed, count, size, then, bytes } => {
            let (count, size) = sheet((count % 4) as usize, size);
            let images = values(bytes, count * WIDTH * HEIGHT);
            go_on((count, size), Drawing::redraw(model().clone(), &images, seed, size), then);
        }
        Call::Interpolate { from, to, count, cuts } => {
            let (from, to, count) = (all_of(&from, cuts[0]), all_of(&to, cuts[1]), count.cheap(10_000));
            let good = from.len() == DIGIT && to.len() == DIGIT && (2..=10_000).contains(&count);
            let latents = latents::interpolate(config, from, to, count).map(|l| l.len());
            assert_eq!(latents.ok(), good.then(|| count * DIGIT));
        }
        Call::Resample { latents, held: [from, to], seed, count, temperature, cut } => {
            let (held, temperature) = (from.0..to.0, temperature.between(0.0, 10.0) as f32);
            let count = count.cheap(10_000);
            if let Ok(out) = latents::resample(config, all_of(&latents, cut), held, seed, count, temperature) {
                assert_eq!(out.len(), count * DIGIT);
            }
        }
        Call::Lens { n, sides, window, bytes } => {
            let (width, height) = image(sides);
            let image = values(bytes, width.saturating_mul(height));
            let Ok(mut lens) = Lens::new(n.0, (width, height), &image) else { return };
            if lens.place(&window).is_ok() {
                assert!(lens.error().is_finite() && lens.gradient().iter().all(|g| g.is_finite()));
            }
            lens.filterbanks(&window);
        }
        Call::Normalise { sides, bytes } => {
            let (width, height) = image(sides);
            if let Ok(image) = scribble::normalise(&values(bytes, width.saturating_mul(height)), width, height) {
                assert!(image.len() == 784 && image.iter().all(|v| *v == 0.0 || *v == 1.0));
            }
        }
        Call::Vary { sides, marks, count, seed, bytes } => {
            let ((width, height), count) = (image(sides), count.cheap(100_000));
            let marks = values(bytes, width.saturating_mul(height).saturating_mul((marks % 3) as usize));
            if let Ok(data) = augment::vary(&marks, (width, height), count, Amount::default(), seed) {
                assert!(data.len() == count && data.pixels() == width * height);
            }
        }
        Call::Family { index, theta, cut, seed, count, range, bins } => {
            let family = &FAMILIES[index as usize % FAMILIES.len()];
            let range = (range[0].between(-8.0, 8.0), range[1].between(-8.0, 8.0));
            let known = family.parameters;
            let mut theta: Vec<f64> = known.iter().zip(theta).map(|(p, t)| t.between(p.min, p.max)).collect();
            if odd(cut) {
                theta.resize((cut - 251) as usize, 1.0);
            }
            // More draws than 2²⁵ are beyond the budget.
            if let Ok(draws) = family.draw(&theta, seed, count.cheap(1 << 25)) {
                assert!(draws.z.iter().chain(&draws.gradient).all(|v| v.is_finite()), "{} {theta:?}", family.name);
                drop(histogram(&draws.z, range, bins.cheap(10_000)));
            }
        }
        Call::Estimators { theta: [mu, sigma, target], seed, count } => {
            let [mu, sigma, target] = [mu.between(-3.0, 3.0), sigma.between(0.2, 3.0), target.between(-3.0, 3.0)];
            drop(estimators(mu, sigma, target, seed, count.cheap(1 << 25)));
        }
        Call::Train(run) => run.go(),
        Call::Levels(levels) => levels.go(),
        Call::PlaceGradients(of) => of.go(),
        Call::Field(on) => on.go(),
        Call::Plane(on) => on.go(),
        Call::Codes(of) => of.go(),
    }
});
