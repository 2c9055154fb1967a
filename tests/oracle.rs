//! The engine against the independent PyTorch model of tests/oracle: canvases, loss parts and the
//! gradient of every parameter, within 1e-4 relative in f32.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::Config;
use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
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

fn compare(name: &str) {
    let path = format!("{}/tests/fixtures/oracle-{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let config: Config = serde_json::from_str(&header.metadata().as_ref().unwrap()["config"]).unwrap();
    let fixture = Fixture(SafeTensors::deserialize(&bytes).unwrap());

    let mut params = Params::<f32>::zeros(&config).unwrap();
    for slot in params.slots().to_vec() {
        params.get_mut(slot.name).copy_from_slice(&fixture.get(&format!("param.{}", slot.name)));
    }
    let images = fixture.get("x");
    let batch = images.len() / config.pixels();
    let model = Draw::new(&params, Purpose::Train(batch)).unwrap();
    let mut tape = Tape::new(&model, batch, true).unwrap();
    tape.noise.copy_from_slice(&fixture.get("noise"));

    let canvases = fixture.get("canvases");
    let mut log_ratio = vec![0.0; batch];
    tape.start(&model);
    for (t, expected) in canvases.chunks_exact(images.len()).enumerate() {
        tape.encode(&model, t, &images);
        tape.add_log_ratio(&model, t, &mut log_ratio);
        tape.decode(&model, t);
        tape.write(&model, t);
        close(&format!("{name}: canvas after glimpse {t}"), &tape.canvas, expected);
    }
    tape.finish(&images);
    close("reconstruction", &tape.reconstruction, &fixture.get("reconstruction"));
    close("kl", &tape.kl, &fixture.get("kl"));
    let log_ratio: Vec<f32> = log_ratio.iter().map(|v| *v as f32).collect();
    close("log ratio", &log_ratio, &fixture.get("log_ratio"));

    let mut gradient = Params::zeros(&config).unwrap();
    Backprop::new(&model, batch).unwrap().backward(
        &model,
        &mut tape,
        &images,
        Factors { kl: 1.0, canvases: 0.0 },
        &mut gradient,
    );
    for slot in gradient.slots() {
        let what = format!("{name}: gradient of {}", slot.name);
        close(&what, gradient.get(slot.name), &fixture.get(&format!("grad.{}", slot.name)));
    }
}

#[test]
fn with_attention() {
    compare("attention");
}

#[test]
fn with_attention_in_colour() {
    compare("colour");
}

#[test]
fn without_attention() {
    compare("whole");
}
