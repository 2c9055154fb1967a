//! The engine against the independent PyTorch model of tests/oracle: canvases, loss parts and the
//! gradient of every parameter, within 1e-4 relative in f32.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::look::{self, Eye};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
use attentive_writer::{Config, Real};
use safetensors::SafeTensors;

struct Fixture<'a>(SafeTensors<'a>);

impl Fixture<'_> {
    fn get(&self, name: &str) -> Vec<f32> {
        let view = self.0.tensor(name).unwrap_or_else(|_| panic!("{name} is missing"));
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }
}

/// Within 1e-4 of the larger of the expected value and a hundredth of the tensor's largest.
fn close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    assert!(largest > 0.0, "{what}: all zero");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        let error = (g - e).abs() / e.abs().max(1e-2 * largest);
        assert!(error < 1e-4, "{what}[{i}]: {g}, PyTorch has {e}");
    }
}

/// In f32 as the engine works, or in f64, in which PyTorch's numbers were made.
fn compare<T: Real>(name: &str) {
    let path = format!("{}/tests/fixtures/oracle-{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let config: Config = serde_json::from_str(&header.metadata().as_ref().unwrap()["config"]).unwrap();
    let fixture = Fixture(SafeTensors::deserialize(&bytes).unwrap());
    let values = |name: &str| fixture.get(name).iter().map(|v| T::of(*v as f64)).collect::<Vec<T>>();
    let singles = |values: &[T]| values.iter().map(|v| v.f64() as f32).collect::<Vec<f32>>();

    let mut params = Params::<T>::zeros(&config).unwrap();
    for slot in params.slots().to_vec() {
        params.get_mut(slot.name).copy_from_slice(&values(&format!("param.{}", slot.name)));
    }
    let images = values("x");
    let batch = images.len() / config.pixels();
    let model = Draw::new(&params, Purpose::Train(batch)).unwrap();
    let mut tape = Tape::new(&model, batch, true).unwrap();
    tape.all_noise_mut().copy_from_slice(&values("noise"));

    let canvases = fixture.get("canvases");
    let mut log_ratio = vec![0.0; batch];
    tape.start(&model);
    for (t, expected) in canvases.chunks_exact(batch * config.canvas_len()).enumerate() {
        tape.encode(&model, t, &images);
        tape.add_log_ratio(&model, t, &mut log_ratio);
        tape.decode(&model, t);
        tape.write(&model, t);
        close(&format!("{name}: canvas after glimpse {t}"), &singles(tape.canvas()), expected);
    }
    tape.compare(&images);
    close("reconstruction", &singles(tape.reconstruction()), &fixture.get("reconstruction"));
    close("kl", &singles(tape.kl()), &fixture.get("kl"));
    let log_ratio: Vec<f32> = log_ratio.iter().map(|v| *v as f32).collect();
    close("log ratio", &log_ratio, &fixture.get("log_ratio"));

    let mut gradient = Params::zeros(&config).unwrap();
    Backprop::new(&model, batch).unwrap().backward(
        &model,
        &mut tape,
        &images,
        Factors { kl: T::one(), canvases: T::zero() },
        &mut gradient,
    );
    for slot in gradient.slots() {
        let what = format!("{name}: gradient of {}", slot.name);
        close(&what, &singles(gradient.get(slot.name)), &fixture.get(&format!("grad.{}", slot.name)));
    }
}

#[test]
fn with_attention() {
    compare::<f32>("attention");
}

#[test]
fn with_attention_in_colour() {
    compare::<f32>("colour");
}

/// In f64: its gradients are large sums that nearly cancel.
#[test]
fn by_levels_of_a_logistic_distribution() {
    compare::<f64>("logistic");
}

/// Five wide, nine high.
#[test]
fn two_channels_by_their_intensities() {
    compare::<f32>("intensities");
}

#[test]
fn without_attention() {
    compare::<f32>("whole");
}

/// Models that classify: probabilities, and the gradient by every parameter that has one, REINFORCE's among them. In f64,
/// since a window's gradient is a small difference of large sums.
fn compare_looks(name: &str) {
    let path = format!("{}/tests/fixtures/oracle-look-{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let config: look::Config = serde_json::from_str(&header.metadata().as_ref().unwrap()["config"]).unwrap();
    let fixture = Fixture(SafeTensors::deserialize(&bytes).unwrap());
    let doubles = |name: &str| fixture.get(name).iter().map(|v| *v as f64).collect::<Vec<_>>();
    let singles = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<_>>();
    let mut params = Params::<f64, look::Config>::zeros(&config).unwrap();
    for slot in params.slots().to_vec() {
        params.get_mut(slot.name).copy_from_slice(&doubles(&format!("param.{}", slot.name)));
    }
    let images = doubles("x");
    let batch = images.len() / config.pixels();
    let model = look::Model::new(&params, Some(batch));
    let mut slice = look::Slice::new(&model, batch).unwrap();
    slice.images_mut().copy_from_slice(&images);
    slice.labels_mut().copy_from_slice(&[2, 0, 3]);
    if let Eye::Retina { .. } = config.eye {
        slice.noise_mut().copy_from_slice(&doubles("noise"));
    }
    (0..config.glimpses).for_each(|t| slice.glimpse(&model, t));
    close(name, &singles(slice.verdict(&model, config.glimpses)), &fixture.get("probabilities"));
    let mut gradient = Params::zeros(&config).unwrap();
    // As in `tests/oracle/look.py`.
    let verdict_weight = if config.eye == Eye::Read { 0.0 } else { 0.4 };
    slice.gradient(&model, verdict_weight, &mut gradient);
    for slot in gradient.slots().iter().filter(|s| fixture.0.tensor(&format!("grad.{}", s.name)).is_ok()) {
        let what = format!("{name}: gradient of {}", slot.name);
        close(&what, &singles(gradient.get(slot.name)), &fixture.get(&format!("grad.{}", slot.name)));
    }
}

#[test]
fn looking_through_the_read() {
    compare_looks("read");
}

#[test]
fn looking_by_reinforce() {
    compare_looks("reinforce");
}

#[test]
fn looking_along_the_path() {
    compare_looks("pathwise");
}
