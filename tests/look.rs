//! Models that classify: their gradients, REINFORCE's estimate, and clutter.

use attentive_writer::look::{Config, Estimator, Eye, Model, Slice};
use attentive_writer::params::{Params, Shape};

const BATCH: usize = 3;

fn config(eye: Eye) -> Config {
    Config {
        width: 13,
        height: 13,
        glimpses: 3,
        hidden: 6,
        patch: 3,
        classes: 4,
        eye,
        ..Config::preset("ram").unwrap()
    }
}

fn retina(estimator: Estimator) -> Eye {
    Eye::Retina { scales: 2, deviation: 0.3, estimator }
}

/// A slice of `BATCH` images with labels and noise.
fn slice(model: &Model<f64>) -> Slice<f64> {
    let mut slice = Slice::new(model, BATCH).unwrap();
    for (i, v) in slice.images_mut().iter_mut().enumerate() {
        *v = ((i * 7919) % 101) as f64 / 101.0;
    }
    slice.labels_mut().copy_from_slice(&[2, 0, 3]);
    for (i, e) in slice.noise_mut().iter_mut().enumerate() {
        *e = (i as f64 * 1.7).sin();
    }
    slice
}

fn nats(params: &Params<f64, Config>) -> f64 {
    let model = Model::new(params, None);
    let mut slice = slice(&model);
    for t in 0..model.config().glimpses {
        slice.glimpse(&model, t);
    }
    let p = slice.verdict(&model, model.config().glimpses);
    [2usize, 0, 3].iter().zip(p.chunks(4)).map(|(label, p)| -p[*label].ln()).sum()
}

fn gradient(params: &Params<f64, Config>) -> Params<f64, Config> {
    let model = Model::new(params, Some(BATCH));
    let mut gradient = Params::zeros(params.config()).unwrap();
    let losses = slice(&model).gradient(&model, &mut gradient);
    assert!((losses.cross_entropy_nats - nats(params)).abs() < 1e-12);
    gradient
}

/// Compares each tensor's gradient with central differences, save those named.
fn check(params: &mut Params<f64, Config>, but: &[&str]) {
    let gradient = gradient(params);
    for slot in params.slots().to_vec() {
        if but.iter().any(|b| slot.name.starts_with(b)) {
            continue;
        }
        let step = (slot.len() / 17).max(1);
        let mut felt = 0;
        for at in slot.range().step_by(step) {
            let (old, h) = (params.data()[at], 1e-5);
            let mut at_offset = |d: f64| {
                params.data_mut()[at] = old + d;
                nats(params)
            };
            let expected = (at_offset(h) - at_offset(-h)) / (2.0 * h);
            params.data_mut()[at] = old;
            let got = gradient.data()[at];
            assert!((got - expected).abs() < 1e-7 + 1e-5 * expected.abs(), "{}[{at}]: {got} {expected}", slot.name);
            felt += (expected.abs() > 1e-6) as usize;
        }
        assert!(felt > 0, "{} is not felt", slot.name);
    }
}

/// A fresh model whose windows and places are not in their first state.
fn params(eye: Eye) -> Params<f64, Config> {
    let mut params = Params::fresh(&config(eye), 5).unwrap();
    for (i, v) in params.data_mut().iter_mut().enumerate() {
        *v += 0.1 * (i as f64 * 0.37).sin();
    }
    params
}

#[test]
fn gradients_through_the_read() {
    check(&mut params(Eye::Read), &[]);
}

#[test]
fn gradients_through_the_places() {
    check(&mut params(retina(Estimator::Pathwise)), &["baseline"]);
}

#[test]
fn gradients_around_the_places() {
    let mut params = params(retina(Estimator::Reinforce));
    // With no weights the means do not hang on what is held fixed beside them.
    params.get_mut("locator.weight").fill(0.0);
    check(&mut params, &["baseline", "locator"]);
    let gradient = gradient(&params);
    assert!(gradient.get("locator.weight").iter().any(|d| d.abs() > 1e-6), "REINFORCE gives the locator a gradient");
    assert!(gradient.get("baseline.weight").iter().any(|d| d.abs() > 1e-6));
}

#[test]
fn shapes_out_of_range_are_refused() {
    let usual = Config::preset("ram").unwrap();
    for (config, blamed) in [
        (Config { classes: 1, ..usual.clone() }, "classes is 1"),
        (Config { patch: 65, ..usual.clone() }, "patch is 65"),
        (Config { glimpses: 0, ..usual.clone() }, "glimpses is 0"),
        (
            Config { eye: Eye::Retina { scales: 9, deviation: 0.1, estimator: Estimator::Reinforce }, ..usual.clone() },
            "scales is 9",
        ),
        (
            Config { eye: Eye::Retina { scales: 4, deviation: f64::NAN, estimator: Estimator::Reinforce }, ..usual },
            "deviation is NaN",
        ),
    ] {
        let error = config.validate().unwrap_err().to_string();
        assert!(error.contains(blamed), "{error}");
    }
}
