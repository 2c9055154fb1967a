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
    // With the Gaussian of its codes, as training saves it.
    let mut plain = Params::init(&Config::preset("autoencoder").unwrap(), 3, None).unwrap();
    for name in ["codes.mean", "codes.factor"] {
        plain.get_mut(name).iter_mut().enumerate().for_each(|(i, v)| *v = (i % 7) as f32 / 16.0);
    }
    for params in [params(), plain] {
        comes_back(&params);
    }
}

fn comes_back(params: &Params<f32>) {
    for (format, tolerance) in [(Format::F32, 0.0), (Format::F16, 1e-3), (Format::Int8, 1e-2)] {
        let whole = weights::load(&weights::save(params, format, Part::All).unwrap(), None).unwrap();
        let decoder = weights::save(params, format, Part::Decoder).unwrap();
        let encoder = weights::save(params, format, Part::Encoder).unwrap();
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
    for metadata in [None, Some(HashMap::from([("format".to_owned(), "pt".to_owned())]))] {
        let text = error(&serialize([("a", view())], metadata).unwrap());
        assert!(
            text.contains("no config in the metadata, and no tensor 'canvas'") && text.contains("expected"),
            "{text}"
        );
    }
    let checkpoint = checkpoint::save(&Trainer::from_params(params(), Settings::default()).unwrap()).unwrap();
    assert!(error(&checkpoint).contains("checkpoint"));
}

type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

fn tensors() -> Tensors {
    tensors_of(&params())
}

fn tensors_of(params: &Params<f32>) -> Tensors {
    let bytes = |name: &str| params.get(name).iter().flat_map(|v| v.to_le_bytes()).collect();
    params.slots().iter().map(|s| (s.name.to_owned(), Dtype::F32, s.shape.clone(), bytes(s.name))).collect()
}

fn file(tensors: &Tensors, metadata: &[(&str, &str)]) -> Vec<u8> {
    let metadata = metadata.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let views = tensors.iter().map(|(n, d, s, b)| (n.as_str(), TensorView::new(*d, s.clone(), b).unwrap()));
    serialize(views, Some(metadata)).unwrap()
}

/// The file of `params` with its tensors changed by `f`.
fn forged(config: &str, f: impl Fn(&mut Tensors)) -> Vec<u8> {
    let mut tensors = tensors();
    f(&mut tensors);
    file(&tensors, &[("format", "attentive-writer/1"), ("config", config)])
}

fn config() -> String {
    serde_json::to_string(&Config::preset("mnist-small").unwrap()).unwrap()
}

#[test]
fn wrong_content_is_named() {
    let config = config();
    assert!(weights::load(&forged(&config, |_| {}), None).unwrap().notes.is_empty());
    let nan = |t: &mut Tensors| t[0].3[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(error(&forged(&config, nan)).contains("'canvas' holds NaN"));
    assert!(error(&forged(&config, |t| t[0].2 = vec![28, 28])).contains("[28, 28]; expected [1, 28, 28]"));
    assert!(error(&forged(&config, |t| t[0].0 = "cavnas".into())).contains("'canvas' is missing"));
    assert!(error(&forged(&config, |t| t[0].1 = Dtype::I32)).contains("I32"));
    let extra = |t: &mut Tensors| t.push(("decoder.weight_ch".into(), Dtype::F32, vec![1], vec![0; 4]));
    assert!(error(&forged(&config, extra)).contains("'decoder.weight_ch' is not part"));
    assert!(error(&forged("{", |_| {})).contains("'config'"));
    assert!(error(&forged(&config.replace("128", "256"), |_| {})).contains("expected ["));
    // Sizes that would ask for terabytes are refused before anything is allocated.
    let absurd = config.replace("\"width\":28", "\"width\":1024").replace("\"hidden\":128", "\"hidden\":4096");
    assert!(error(&forged(&absurd, |_| {})).contains("shape"));
    // On 32 bits it is no size at all, and the number is named, not its field.
    let named = if cfg!(target_pointer_width = "32") { "99999999999" } else { "hidden" };
    assert!(error(&forged(&config.replace("128", "99999999999"), |_| {})).contains(named));
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

/// The weights of `params`, as PyTorch's tools change them; what is said of it.
fn converted(metadata: &[(&str, &str)], f: impl Fn(&mut Tensors)) -> Vec<String> {
    let mut tensors = tensors();
    f(&mut tensors);
    let loaded = weights::load(&file(&tensors, metadata), None).unwrap();
    let (got, expected) = (loaded.params, params());
    // What bfloat16 keeps of a number when it is cut, and f32 of a sum.
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= b.abs() / 128.0 + 1e-6;
    assert!(expected.slots().iter().all(|s| got.get(s.name).iter().zip(expected.get(s.name)).all(close)));
    loaded.notes
}

fn renamed(t: &mut Tensors, name: impl Fn(&str) -> String) {
    t.iter_mut().for_each(|t| t.0 = name(&t.0));
}

#[test]
fn what_pytorch_puts_around_a_model_is_taken_off() {
    let config = config();
    let ours = [("format", "attentive-writer/1"), ("config", &config[..])];
    for (prefix, said) in [
        ("module.", "'module.'"),
        ("_orig_mod.", "'_orig_mod.'"),
        ("module._orig_mod.", "'_orig_mod.'"),
        ("model.", "'model.'"),
        ("module.state.model.", "'state.model.'"),
    ] {
        let notes = converted(&ours, |t| renamed(t, |n| format!("{prefix}{n}")));
        assert!(notes.iter().any(|n| n.contains(said)), "{prefix}: {notes:?}");
    }
    let inside = converted(&ours, |t| renamed(t, |n| n.replace("decoder.", "decoder._orig_mod.")));
    assert_eq!(inside.len(), 1);
    let two = |t: &mut Tensors| {
        let again: Tensors = t.iter().map(|t| (format!("ema.{}", t.0), t.1, t.2.clone(), t.3.clone())).collect();
        renamed(t, |n| format!("model.{n}"));
        t.extend(again);
    };
    assert!(error(&forged(&config, two)).contains("several models, 'ema.…' and 'model.…'"));
    let twice = |t: &mut Tensors| t.push(("module.canvas".into(), Dtype::F32, vec![1], vec![0; 4]));
    assert!(error(&forged(&config, twice)).contains("'canvas' is there twice"));
}

#[test]
fn numbers_of_other_widths_are_converted() {
    let config = config();
    let ours = [("format", "attentive-writer/1"), ("config", &config[..])];
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    };
    let wide = |t: &mut Tensors| {
        for t in t.iter_mut() {
            (t.1, t.3) = (Dtype::F64, floats(&t.3).iter().flat_map(|v| (*v as f64).to_le_bytes()).collect());
        }
    };
    assert_eq!(converted(&ours, wide), ["its numbers are float64: read as float32"]);
    let brain = |t: &mut Tensors| {
        for t in t.iter_mut() {
            (t.1, t.3) = (Dtype::BF16, t.3.chunks_exact(4).flat_map(|b| [b[2], b[3]]).collect());
        }
    };
    assert_eq!(converted(&ours, brain), ["its numbers are bfloat16: read as float32"]);
    let huge = |t: &mut Tensors| {
        wide(t);
        t[0].3[..8].copy_from_slice(&1e300f64.to_le_bytes());
    };
    assert!(error(&forged(&config, huge)).contains("'canvas' holds inf at 0; expected finite numbers"));
}

/// The state of a model whose LSTMs are PyTorch's `LSTMCell`s: two biases.
fn with_lstm_cells(t: &mut Tensors, suffix: &str) {
    for cell in ["encoder", "decoder"] {
        let at = t.iter().position(|t| t.0 == format!("{cell}.bias")).unwrap();
        let (_, kind, shape, bytes) = t.remove(at);
        let (ih, hh): (Vec<u8>, Vec<u8>) = bytes.chunks_exact(4).fold(Default::default(), |(mut ih, mut hh), b| {
            let v = f32::from_le_bytes(b.try_into().unwrap());
            ih.extend((v - 0.75).to_le_bytes());
            hh.extend(0.75f32.to_le_bytes());
            (ih, hh)
        });
        t.push((format!("{cell}.bias_ih{suffix}"), kind, shape.clone(), ih));
        t.push((format!("{cell}.bias_hh{suffix}"), kind, shape, hh));
        renamed(t, |n| if n.starts_with(&format!("{cell}.weight_")) { format!("{n}{suffix}") } else { n.to_owned() });
    }
}

#[test]
fn the_two_biases_of_an_lstm_cell_are_added() {
    let config = config();
    let ours = [("format", "attentive-writer/1"), ("config", &config[..])];
    let notes = converted(&ours, |t| with_lstm_cells(t, ""));
    assert_eq!(notes.len(), 2, "{notes:?}");
    let notes = converted(&ours, |t| with_lstm_cells(t, "_l0"));
    assert!(notes.iter().any(|n| n.contains("nn.LSTM")), "{notes:?}");
    let one_alone = |t: &mut Tensors| {
        with_lstm_cells(t, "");
        t.retain(|t| t.0 != "decoder.bias_hh");
    };
    assert!(error(&forged(&config, one_alone)).contains("'decoder.bias' is missing"));
    let two_layers = |t: &mut Tensors| t.push(("decoder.weight_ih_l1".into(), Dtype::F32, vec![1], vec![0; 4]));
    assert!(error(&forged(&config, two_layers)).contains("'decoder.weight_ih_l1' is not part"));
}

#[test]
fn tensors_of_other_modules_are_left_out_and_named() {
    let config = config();
    let more = |t: &mut Tensors| {
        t.push(("classifier.weight".into(), Dtype::F32, vec![1], vec![0; 4]));
        t.push(("num_batches_tracked".into(), Dtype::I64, vec![], vec![0; 8]));
    };
    let notes = converted(&[("format", "attentive-writer/1"), ("config", &config)], more);
    assert_eq!(notes, ["2 tensors of other modules are left out, as 'classifier.weight'"]);
}

#[test]
fn a_configuration_is_told_by_the_shapes_but_for_the_glimpses() {
    let mut all = tensors();
    for metadata in [&[][..], &[("format", "pt")]] {
        let bytes = file(&all, metadata);
        let text = error(&bytes);
        assert!(text.contains("glimpses") && text.contains("\"hidden\":128") && text.contains("--glimpses"), "{text}");
        let loaded = weights::load_with(&bytes, None, Some(10)).unwrap();
        assert!(loaded.params == params() && loaded.has_encoder());
        assert!(weights::load_with(&bytes, None, Some(0)).unwrap_err().to_string().contains("glimpses is 0"));
    }
    // With a config, the format is not missed much.
    let notes = converted(&[("config", &config())], |_| {});
    assert!(notes[0].contains("no format"), "{notes:?}");
    let whole = weights::save(&params(), Format::F32, Part::All).unwrap();
    assert!(weights::load_with(&whole, None, Some(7)).unwrap_err().to_string().contains("has 10 glimpses"));
    // Without attention too; and what fits no model is named.
    let plain = Config { attention: false, hidden: 8, read_patch: 1, write_patch: 1, ..params().config().clone() };
    let plain = Params::init(&plain, 1, None).unwrap();
    assert_eq!(weights::load_with(&file(&tensors_of(&plain), &[]), None, Some(10)).unwrap().params, plain);
    let patch = all.iter_mut().find(|t| t.0 == "patch.weight").unwrap();
    (patch.2, patch.3) = (vec![26, 128], vec![0; 26 * 128 * 4]);
    let text = weights::load_with(&file(&all, &[]), None, Some(10)).unwrap_err().to_string();
    assert!(text.contains("[26, 128] of 'patch.weight' fits no model"), "{text}");
}

/// The function that the documentation shows is the one that the PyTorch model uses.
#[test]
fn the_documented_conversion_is_the_one_that_is_used() {
    let text = include_str!("../docs/data.md");
    let begin = text.find("def from_lstm_cells").unwrap();
    let shown = &text[begin..begin + text[begin..].find("```").unwrap()];
    assert!(shown.lines().count() >= 10 && include_str!("oracle/draw.py").contains(shown));
}
