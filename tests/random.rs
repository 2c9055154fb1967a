//! Random configurations, ordinary and extreme, through all that the engine does, on every instruction set that this
//! machine has: each result finite or a typed error, and the instruction sets in agreement.
//!
//! The instruction set is chosen once in a process, so each has one of its own: this file's [`child`]. A small number of
//! configurations by default; `ATTENTIVE_WRITER_RANDOM=1500` takes more. Under an emulator,
//! `ATTENTIVE_WRITER_RUNNER` says how to start the children.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::config::Likelihood::{Bernoulli, Intensities, Logistic};
use attentive_writer::data::Dataset;
use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
use attentive_writer::train::{Optimiser, Settings, Trainer};
use attentive_writer::{Config, Error, Real, eval, noise};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::Arc;

/// Configurations by default.
const FEW: u64 = 28;
/// What paths may differ by, as a share of the largest of a stage's numbers of one kind.
const TOLERANCE: f64 = 2e-3;
/// And this, which is what rounding leaves where numbers of about one cancel.
const ROUNDING: f64 = 1e-6;
const RATE: f64 = 1e-3;
const IMAGES: usize = 3;

/// What is extreme about a configuration's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Nothing.
    Ordinary,
    /// Matrices down to 1e-19 and below.
    Tiny,
    /// Biases of windows, patches and gates: ±100, ±1e20.
    Biases,
    /// The canvas it starts from.
    Canvas,
    /// Matrices up to 1e20: there a sign that rounding decides changes everything.
    Huge,
    /// The latents' statistics, likewise.
    Latents,
}

impl Kind {
    /// Whether paths agree: not where the least difference is multiplied by 1e20.
    fn agrees(self) -> bool {
        !matches!(self, Kind::Huge | Kind::Latents)
    }
}

struct Case {
    kind: Kind,
    params: Params<f32>,
    data: Dataset,
    size: usize,
}

/// 1 to 64, the ends more often than others.
fn side(rng: &mut impl Rng) -> usize {
    if rng.random_bool(0.3) { *[1, 2, 3, 63, 64].choose(rng).unwrap() } else { rng.random_range(1..=64) }
}

fn config(rng: &mut impl Rng) -> Config {
    let mut config = Config {
        width: side(rng),
        height: side(rng),
        channels: rng.random_range(1..=4),
        glimpses: rng.random_range(1..=4),
        hidden: rng.random_range(1..=48),
        latent: rng.random_range(1..=24),
        read_patch: if rng.random_bool(0.7) { rng.random_range(1..=8) } else { side(rng) },
        write_patch: if rng.random_bool(0.7) { rng.random_range(1..=8) } else { side(rng) },
        attention: rng.random_bool(0.7),
        likelihood: *[Bernoulli, Bernoulli, Intensities, Logistic].choose(rng).unwrap(),
        variational: true,
    };
    while config.hidden > 1 && Params::<f32>::zeros(&config).unwrap().data().len() > 200_000 {
        config.hidden = config.hidden.div_ceil(2);
    }
    config
}

fn case(index: u64) -> Case {
    let rng = &mut noise::rng(index, 0x72, 0);
    let kinds = [Kind::Ordinary, Kind::Tiny, Kind::Biases, Kind::Biases, Kind::Canvas, Kind::Huge, Kind::Latents];
    let (kind, config) = (kinds[index as usize % kinds.len()], config(rng));
    let levels = (0..IMAGES * config.pixels()).map(|_| rng.random()).collect();
    let data = Dataset::from_levels(levels, config.width, config.height, config.channels).unwrap();
    let mut params = Params::init(&config, index, None).unwrap();
    change(&mut params, kind, rng);
    let size = if config.attention { side(rng) } else { config.width };
    Case { kind, params, data, size }
}

fn change(params: &mut Params<f32>, kind: Kind, rng: &mut Xoshiro256PlusPlus) {
    let slots = params.slots().to_vec();
    let mut some = |params: &mut Params<f32>, which: &dyn Fn(&str) -> bool, values: &[f32], share: f64| {
        for slot in slots.iter().filter(|s| which(s.name)) {
            for value in &mut params.data_mut()[slot.range()] {
                if rng.random_bool(share) {
                    *value = *values.choose(rng).unwrap();
                }
            }
        }
    };
    let matrix = |name: &str| name.contains("weight");
    match kind {
        Kind::Ordinary => {}
        Kind::Tiny => {
            let sizes = [0.0, 3e-19, -3e-19, 1e-25, 1e-38, 1e-45, -1e-10];
            some(params, &matrix, &sizes, 0.8);
        }
        Kind::Biases => {
            let ends = [-1e20, -100.0, -50.0, 50.0, 100.0, 1e20];
            let of = |name: &str| name.ends_with("bias") && !["latent.bias", "patch.bias"].contains(&name);
            some(params, &of, &ends, 0.3);
            // Of one sign: a canvas of strokes that cancel each other is all rounding.
            if rng.random_bool(0.5) {
                params.get_mut("patch.bias").fill(*ends.choose(rng).unwrap());
            }
        }
        Kind::Canvas => some(params, &|name| name == "canvas", &[-1e20, -100.0, 0.0, 100.0, 1e20], 0.5),
        Kind::Huge => some(params, &matrix, &[-1e20, 1e20, 1e10, -1e10, 100.0], 0.05),
        Kind::Latents => {
            some(params, &|name| name == "latent.bias", &[-1e20, -50.0, -10.0, 10.0, 50.0, 1e20], 0.3);
        }
    }
}

/// What a stage came to: a few of each kind of its numbers, or its error.
type Outcome = Result<BTreeMap<String, Vec<f64>>, String>;

/// A stage's numbers as they come.
#[derive(Default)]
struct Numbers(BTreeMap<String, Vec<f64>>);

impl Numbers {
    /// Takes some of the values, evenly; all must be finite.
    fn take<T: Real>(&mut self, what: &str, values: &[T]) {
        let bad = values.iter().find(|v| !v.is_finite());
        assert!(bad.is_none(), "{what}: {}", bad.unwrap());
        let step = values.len().div_ceil(24).max(1);
        let largest = values.iter().fold(0.0f64, |m, v| m.max(v.f64().abs()));
        // The first says how large they are.
        let some = values.iter().step_by(step).map(|v| v.f64());
        self.0.insert(what.to_owned(), std::iter::once(largest).chain(some).collect());
    }
}

fn failed(e: Error) -> String {
    match e {
        Error::NotFinite { .. } => "not finite".into(),
        Error::Diverged { .. } => "diverged".into(),
        other => panic!("{other}"),
    }
}

/// Forward and backward. Here nothing stands between what is not finite and the caller.
fn tape<T: Real>(case: &Case) -> Outcome {
    let (params, config) = (case.params.cast::<T>(), case.params.config());
    let model = Draw::new(&params, Purpose::Train(32)).unwrap();
    let mut tape = Tape::new(&model, IMAGES, true).unwrap();
    let mut rng = noise::rng(1, 0x72, 1);
    noise::fill_normal(&mut rng, tape.all_noise_mut());
    let images: Vec<T> = case.data.all_levels().iter().map(|l| T::of(*l as f64 / 255.0)).collect();
    tape.forward(&model, &images);
    let mut numbers = Numbers::default();
    let parts =
        [("canvas", tape.canvas().to_vec()), ("kl", tape.kl().to_vec()), ("nats", tape.reconstruction().to_vec())];
    let mut gradient = Params::zeros(config).unwrap();
    let factors = Factors { kl: T::one(), canvases: T::zero() };
    Backprop::new(&model, IMAGES).unwrap().backward(&model, &mut tape, &images, factors, &mut gradient);
    let slots = gradient.slots().iter().map(|s| (s.name, gradient.get(s.name).to_vec()));
    for (what, values) in parts.into_iter().chain(slots) {
        if values.iter().any(|v| !v.is_finite()) {
            return Err("not finite".into());
        }
        numbers.take(what, &values);
    }
    Ok(numbers.0)
}

fn step(case: &Case, optimiser: Optimiser) -> Outcome {
    let settings = Settings { batch: IMAGES, optimiser, warm_up: 1, learning_rate: RATE, ..Settings::default() };
    let mut trainer = Trainer::from_params(case.params.clone(), settings).unwrap();
    let report = trainer.step(&case.data, 1.0).map_err(|e| {
        assert_eq!(trainer.params().data(), case.params.data(), "a step that diverged changed the parameters");
        failed(e)
    })?;
    let mut numbers = Numbers::default();
    numbers.take("loss", &[report.loss_nats, report.losses.reconstruction_nats, report.losses.kl_nats]);
    numbers.take("norm", &[report.gradient_norm]);
    numbers.take("parameters", trainer.params().data());
    numbers.take("average", trainer.average().data());
    Ok(numbers.0)
}

fn bound(case: &Case) -> Outcome {
    let model = Draw::new(&case.params, Purpose::Read).unwrap();
    let go_on = |_| ControlFlow::Continue(());
    let (bound, glimpses) = eval::by_glimpse(&model, &case.data, 2, 3, 1, go_on).map_err(failed)?;
    let mut numbers = Numbers::default();
    numbers.take("bound", &[bound.nll_bound_nats, bound.reconstruction_nats, bound.kl_nats]);
    // An error is of differences between images: here only that it is a number counts.
    let error = [bound.standard_error_nats, bound.importance_weighted_nats.unwrap()];
    assert!(error.iter().all(|v| v.is_finite()), "{bound:?}");
    let parts: Vec<f64> = glimpses.iter().flat_map(|g| [g.reconstruction_nats, g.kl_nats]).collect();
    numbers.take("by glimpse", &parts);
    Ok(numbers.0)
}

fn draw(case: &Case, redraw: bool) -> Outcome {
    let model = Arc::new(Draw::new(&case.params, Purpose::Read).unwrap());
    let images: Vec<f32> = case.data.all_levels().iter().map(|l| *l as f32 / 255.0).collect();
    let mut drawing = if redraw {
        Drawing::redraw(model, &images, 2, case.size).map_err(failed)?
    } else {
        Drawing::draw(model, 2, 2, case.size, 1.0).map_err(failed)?
    };
    let mut numbers = Numbers::default();
    loop {
        assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)), "canvas");
        let glimpse = drawing.glimpse();
        numbers.take(&format!("canvas {glimpse}"), drawing.canvas());
        for (what, values) in [("write window", drawing.write_windows()), ("read window", drawing.read_windows())] {
            // Each of the five numbers has its own size.
            for i in 0..5 {
                let one: Vec<f32> = values.iter().skip(i).step_by(5).copied().collect();
                numbers.take(&format!("{what} {glimpse}, number {i}"), &one);
            }
        }
        if !drawing.step().map_err(failed)? {
            break;
        }
    }
    numbers.take("kl", drawing.kl());
    numbers.take("nats", drawing.reconstruction());
    numbers.take("patches", drawing.read_patches());
    Ok(numbers.0)
}

fn stages(case: &Case) -> BTreeMap<String, Outcome> {
    BTreeMap::from([
        ("tape".to_owned(), tape::<f32>(case)),
        ("adam".into(), step(case, Optimiser::Adam)),
        ("muon".into(), step(case, Optimiser::Muon)),
        ("bound".into(), bound(case)),
        ("draw".into(), draw(case, false)),
        ("redraw".into(), draw(case, true)),
    ])
}

/// What one instruction set made of all configurations.
#[derive(Serialize, Deserialize)]
struct Run {
    instruction_set: String,
    cases: Vec<BTreeMap<String, Outcome>>,
}

fn count() -> u64 {
    std::env::var("ATTENTIVE_WRITER_RANDOM").map_or(FEW, |n| n.parse().expect("a number of configurations"))
}

#[test]
#[ignore = "run by every_instruction_set_agrees, once for each"]
fn child() {
    let out = std::env::var("ATTENTIVE_WRITER_RANDOM_OUT").expect("where to write");
    let cases = (0..count()).map(|index| {
        let case = case(index);
        std::panic::catch_unwind(|| stages(&case)).unwrap_or_else(|_| {
            panic!("configuration {index}, {:?}, {:?}, at {}", case.kind, case.params.config(), case.size)
        })
    });
    let run = Run { instruction_set: attentive_writer::instruction_set().into(), cases: cases.collect() };
    std::fs::write(out, serde_json::to_vec(&run).unwrap()).unwrap();
}

/// Runs all configurations in a process of its own.
fn run(simd: &str) -> Run {
    let out = format!("{}/random-{simd}.json", env!("CARGO_TARGET_TMPDIR"));
    let exe = std::env::current_exe().unwrap();
    let runner = std::env::var("ATTENTIVE_WRITER_RUNNER").unwrap_or_default();
    let mut words = runner.split_whitespace();
    let mut command = match words.next() {
        Some(program) => Command::new(program),
        None => Command::new(&exe),
    };
    if !runner.is_empty() {
        command.args(words).arg(&exe);
    }
    command.args(["--exact", "child", "--ignored"]).env("ATTENTIVE_WRITER_SIMD", simd);
    let output = command.env("ATTENTIVE_WRITER_RANDOM_OUT", &out).output().unwrap();
    assert!(output.status.success(), "{simd}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap()
}

/// Beyond this a number is so near f32's largest that what leads to it may overflow on one path alone.
const BRINK: f64 = 1e17;

/// What differs between two outcomes of a stage.
fn difference(kind: Kind, a: &Outcome, b: &Outcome) -> Option<String> {
    let (a, b) = match (a, b) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(a), Err(b)) => return (a != b).then(|| format!("{a} and {b}")),
        (Ok(numbers), Err(e)) | (Err(e), Ok(numbers)) => {
            let largest = numbers.values().map(|v| v[0]).fold(0.0, f64::max);
            let differs = kind.agrees() && largest < BRINK;
            return differs.then(|| format!("{e}, and numbers up to {largest:e}"));
        }
    };
    if !kind.agrees() {
        return None;
    }
    assert!(a.keys().eq(b.keys()));
    a.iter().find_map(|(name, a)| {
        let b = &b[name];
        // Adam's first step is the sign of the gradient, Muon's its direction: where it is all rounding, they part.
        let moved = if ["parameters", "average"].contains(&&name[..]) { 2.5 * RATE } else { 0.0 };
        // A window's gradient is the difference of nearly equal sums over pixels.
        let times = if name.starts_with("read.") || name.starts_with("write.") { 50.0 } else { 1.0 };
        let allowed = times * TOLERANCE * a[0].max(b[0]) + moved + ROUNDING;
        let at = a.iter().zip(b).position(|(a, b)| (a - b).abs() > allowed)?;
        Some(format!("{name} {at}: {:e} and {:e}, allowed {allowed:e}", a[at], b[at]))
    })
}

#[test]
fn every_instruction_set_agrees() {
    let wanted: &[&str] = if cfg!(target_arch = "x86_64") {
        &["scalar", "avx2", "avx512", "best"]
    } else if cfg!(target_arch = "aarch64") {
        &["scalar", "neon"]
    } else {
        &["best"]
    };
    let mut runs: Vec<Run> = std::thread::scope(|scope| {
        let started: Vec<_> = wanted.iter().map(|simd| scope.spawn(|| run(simd))).collect();
        started.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    runs.dedup_by(|a, b| a.instruction_set == b.instruction_set);
    let sets: Vec<&str> = runs.iter().map(|r| &r.instruction_set[..]).collect();
    let (mut finite, mut differences) = (0, Vec::new());
    for index in 0..count() {
        let case = case(index);
        let mut compare = |stage: &str, set: &str, a: &Outcome, b: &Outcome| {
            let found = difference(case.kind, a, b);
            differences.extend(found.map(|d| format!("configuration {index} ({:?}), {stage}, {set}: {d}", case.kind)));
        };
        let first = &runs[0].cases[index as usize];
        for run in &runs[1..] {
            for (stage, expected) in first {
                compare(stage, &run.instruction_set, expected, &run.cases[index as usize][stage]);
            }
        }
        if case.kind == Kind::Ordinary {
            compare("tape", "f64", &tape::<f64>(&case), &first["tape"]);
        }
        finite += first.values().filter(|outcome| outcome.is_ok()).count();
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    // A test in which all were errors would show nothing.
    let all: usize = runs[0].cases.iter().map(BTreeMap::len).sum();
    println!("{} configurations on {}: {finite} of {all} results finite", count(), sets.join(", "));
    assert!(2 * finite > all, "{finite} of {all} results were finite");
    assert!(runs.iter().all(|run| run.cases.len() as u64 == count()));
}
