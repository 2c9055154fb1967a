//! Weights files, good and bad: typed errors, no panic.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::data::Dataset;
use attentive_writer::eval;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::train::{Settings, Trainer, checkpoint};
use attentive_writer::weights::{self, Format, Part};
use attentive_writer::{Config, Error};
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

fn params() -> Params<f32> {
    Params::init(&Config::preset("mnist-small").unwrap(), 3, None).unwrap()
}

fn error(bytes: &[u8]) -> String {
    match weights::load(bytes, None) {
        Err(e @ (Error::Weights(_) | Error::Config(_))) => e.to_string(),
        other => panic!("expected an error, got {:?}", other.map(|l| l.has_encoder())),
    }
}

#[test]
fn every_format_comes_back() {
    let params = params();
    for (format, tolerance) in [(Format::F32, 0.0), (Format::F16, 1e-3), (Format::Int8, 1e-2)] {
        let whole = weights::load(&weights::save(&params, format, Part::All).unwrap(), None).unwrap();
        let decoder = weights::save(&params, format, Part::Decoder).unwrap();
        let encoder = weights::save(&params, format, Part::Encoder).unwrap();
        let halves = weights::load(&decoder, Some(&encoder)).unwrap();
        assert_eq!(whole.params, halves.params);
        assert!(whole.has_encoder() && halves.has_encoder() && !weights::load(&decoder, None).unwrap().has_encoder());
        let worst = params.data().iter().zip(whole.params.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= tolerance, "{format:?}: {worst}");
    }
}

#[test]
fn equal_models_are_equal_files() {
    let first = weights::save(&params(), Format::F32, Part::All).unwrap();
    for _ in 0..20 {
        assert!(weights::save(&params(), Format::F32, Part::All).unwrap() == first);
    }
}

#[test]
fn cut_short_anywhere_is_refused() {
    let bytes = weights::save(&params(), Format::F16, Part::Decoder).unwrap();
    for n in (0..2000).chain((2000..bytes.len()).step_by(997)) {
        assert!(error(&bytes[..n]).contains("weights"));
    }
    let mut padded = bytes.clone();
    padded.push(0);
    assert!(error(&padded).contains("cut short or padded"));
}

#[test]
fn foreign_files_are_refused() {
    assert!(error(b"").contains("fewer than 8 bytes"));
    assert!(error(&vec![0x55; 100_000_000]).contains("safetensors"));
    assert!(error(&[0; 4096]).contains("safetensors"));
    let data = [0u8; 16];
    let view = || TensorView::new(Dtype::F32, vec![4], &data).unwrap();
    assert!(error(&serialize([("a", view())], None).unwrap()).contains("names no format"));
    let other = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    assert!(error(&serialize([("a", view())], Some(other)).unwrap()).contains("'pt'"));
    let checkpoint = checkpoint::save(&Trainer::from_params(params(), Settings::default()).unwrap()).unwrap();
    assert!(error(&checkpoint).contains("checkpoint"));
}

/// The file of `params` with its tensors changed by `f`.
fn forged(config: &str, f: impl Fn(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>)) -> Vec<u8> {
    let params = params();
    let mut tensors: Vec<_> = params
        .slots()
        .iter()
        .map(|s| {
            let bytes = params.get(s.name).iter().flat_map(|v| v.to_le_bytes()).collect();
            (s.name.to_owned(), Dtype::F32, s.shape.clone(), bytes)
        })
        .collect();
    f(&mut tensors);
    let metadata = HashMap::from([
        ("format".to_owned(), "attentive-writer/1".to_owned()),
        ("config".to_owned(), config.to_owned()),
    ]);
    let views = tensors.iter().map(|(n, d, s, b)| (n.as_str(), TensorView::new(*d, s.clone(), b).unwrap()));
    serialize(views, Some(metadata)).unwrap()
}

#[test]
fn wrong_content_is_named() {
    let config = serde_json::to_string(&Config::preset("mnist-small").unwrap()).unwrap();
    assert!(weights::load(&forged(&config, |_| {}), None).is_ok());
    let nan = |t: &mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>| t[0].3[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(error(&forged(&config, nan)).contains("'canvas' holds NaN"));
    assert!(error(&forged(&config, |t| t[0].2 = vec![28, 28])).contains("[28, 28]; expected [1, 28, 28]"));
    assert!(error(&forged(&config, |t| t[0].0 = "cavnas".into())).contains("'canvas' is missing"));
    assert!(error(&forged(&config, |t| t[0].1 = Dtype::I32)).contains("I32"));
    let extra =
        |t: &mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>| t.push(("more".into(), Dtype::F32, vec![1], vec![0; 4]));
    assert!(error(&forged(&config, extra)).contains("'more' is not part"));
    assert!(error(&forged("{", |_| {})).contains("'config'"));
    assert!(error(&forged(&config.replace("128", "256"), |_| {})).contains("expected ["));
    // Sizes that would ask for terabytes are refused before anything is allocated.
    let absurd = config.replace("\"width\":28", "\"width\":1024").replace("\"hidden\":128", "\"hidden\":4096");
    assert!(error(&forged(&absurd, |_| {})).contains("shape"));
    assert!(error(&forged(&config.replace("128", "99999999999"), |_| {})).contains("hidden"));
}

#[test]
fn an_encoder_half_must_belong() {
    let decoder = weights::save(&params(), Format::F16, Part::Decoder).unwrap();
    let other = Params::init(&Config { latent: 11, ..params().config().clone() }, 0, None).unwrap();
    let encoder = weights::save(&other, Format::F16, Part::Encoder).unwrap();
    assert!(weights::load(&decoder, Some(&encoder)).unwrap_err().to_string().contains("another shape"));
    assert!(weights::load(&decoder, Some(&encoder[..99])).is_err());
}

#[test]
fn what_f16_cannot_hold_is_not_written() {
    let mut params = params();
    params.data_mut()[0] = 1e6;
    assert!(weights::save(&params, Format::F16, Part::All).unwrap_err().to_string().contains("1000000"));
    params.data_mut()[0] = f32::INFINITY;
    assert!(weights::save(&params, Format::F32, Part::All).is_err());
}

#[test]
fn a_resumed_run_goes_on_as_if_it_had_not_been_cut() {
    let levels: Vec<u8> = (0..30 * 784).map(|i| if (i / 784 + i / 28) % 3 == 0 { 200 } else { 0 }).collect();
    let data = Dataset::from_levels(levels, 28, 28, 1).unwrap();
    let config = Config { glimpses: 3, hidden: 16, ..Config::preset("mnist-small").unwrap() };
    let settings = Settings { batch: 7, threads: 2, ..Settings::default() };
    let mut whole = Trainer::new(&config, settings.clone(), None).unwrap();
    for _ in 0..9 {
        whole.step(&data, 1.0).unwrap();
    }
    let mut first = Trainer::new(&config, settings, None).unwrap();
    for _ in 0..4 {
        first.step(&data, 1.0).unwrap();
    }
    let mut second = checkpoint::load(&checkpoint::save(&first).unwrap()).unwrap();
    assert_eq!(second.steps(), 4);
    for _ in 0..5 {
        second.step(&data, 1.0).unwrap();
    }
    assert_eq!((whole.params(), whole.average()), (second.params(), second.average()));
    let changed = |s: Settings| Settings { batch: 5, threads: 1, ..s };
    let third = checkpoint::load_with(&checkpoint::save(&first).unwrap(), changed).unwrap();
    assert_eq!((third.settings().batch, third.settings().seed, third.steps()), (5, first.settings().seed, 4));
    assert_eq!(third.params(), first.params());
    // JSON has no infinity, so such a checkpoint could not be read again.
    let endless = first.change_settings(Settings { clip: f64::INFINITY, ..first.settings().clone() });
    assert!(endless.unwrap_err().to_string().contains("clip is inf; expected a finite number"));
    let impossible = |s: Settings| Settings { threads: 0, ..s };
    let refused = checkpoint::load_with(&checkpoint::save(&first).unwrap(), impossible).err().unwrap();
    assert!(refused.to_string().contains("threads is 0"), "{refused}");
}

#[test]
fn an_evaluation_ends_when_asked_to() {
    let data = Dataset::from_levels(vec![255; 784 * 120], 28, 28, 1).unwrap();
    let config = Config { glimpses: 1, hidden: 8, ..Config::preset("mnist-small").unwrap() };
    let model = Draw::new(&Params::init(&config, 0, None).unwrap(), Purpose::Read).unwrap();
    let seen = AtomicUsize::new(0);
    let stop_at = |limit: usize| {
        eval::bound(&model, &data, 1, 0, 1, |n| {
            if seen.fetch_add(n, Ordering::Relaxed) + n >= limit {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    };
    assert_eq!(stop_at(60), Err(Error::Stopped));
    assert_eq!(seen.swap(0, Ordering::Relaxed), 100, "two batches of fifty");
    assert_eq!(stop_at(1000).unwrap().images, 120);
    for samples in [0, eval::MOST_SAMPLES + 1, usize::MAX / 2 + 1] {
        let refused = eval::bound(&model, &data, samples, 0, 1, |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(refused.to_string(), format!("samples is {samples}; expected 1 to 100000"));
    }
}

#[test]
fn divergence_is_caught_and_leaves_the_last_good_state() {
    let data = Dataset::from_levels(vec![255; 784 * 4], 28, 28, 1).unwrap();
    let config = Config { glimpses: 3, hidden: 16, ..Config::preset("mnist-small").unwrap() };
    let mut trainer = Trainer::new(&config, Settings { batch: 4, ..Settings::default() }, None).unwrap();
    trainer.step(&data, 1.0).unwrap();
    let good = trainer.params().clone();
    let fill = |_: usize, _: &mut _, image: &mut [f32]| image.fill(f32::NAN);
    assert!(matches!(trainer.step_with(1.0, fill), Err(Error::Diverged { step: 1, .. })));
    assert_eq!(*trainer.params(), good);
    trainer.step(&data, 1.0).unwrap();
}
