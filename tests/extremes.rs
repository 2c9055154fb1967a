//! Extreme but finite weights: finite canvases, or a typed error, and the same of the two on every instruction set. In
//! the browser too.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

use attentive_writer::attention::WINDOW_LEN;
use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::config::Likelihood;
use attentive_writer::data::Dataset;
use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;
use attentive_writer::train::{Optimiser, Settings, Trainer};
use attentive_writer::{Config, Error, eval};
use std::ops::ControlFlow;
use std::sync::Arc;

fn config() -> Config {
    Config {
        width: 9,
        height: 7,
        channels: 1,
        glimpses: 3,
        hidden: 6,
        latent: 3,
        read_patch: 2,
        write_patch: 3,
        attention: true,
        likelihood: Likelihood::Bernoulli,
        variational: true,
    }
}

/// A fresh model after a change.
fn params(change: impl Fn(&mut Params<f32>)) -> Params<f32> {
    let mut params = Params::init(&config(), 5, None).unwrap();
    change(&mut params);
    params
}

fn model(params: &Params<f32>) -> Arc<Draw<f32>> {
    Arc::new(Draw::new(params, Purpose::Read).unwrap())
}

fn images() -> Vec<f32> {
    (0..2 * 63).map(|i| (i % 3 == 0) as u8 as f32).collect()
}

/// Ends of what a window's number may be.
const ENDS: [f32; 8] = [-3e38, -1e20, -100.0, -50.0, 50.0, 100.0, 1e20, 3e38];

fn expect_finite(what: &str, values: &[f32]) {
    let bad = values.iter().find(|v| !v.is_finite());
    assert!(bad.is_none(), "{what}: {bad:?}");
}

/// Draws and redraws at two sizes; every number shown must be finite.
fn expect_drawings(what: &str, params: &Params<f32>) {
    let model = model(params);
    for size in [9, 40] {
        let drawn = Drawing::draw(model.clone(), 1, 2, size, 1.0).unwrap();
        let redrawn = Drawing::redraw(model.clone(), &images(), 1, size).unwrap();
        for mut drawing in [drawn, redrawn] {
            while drawing.step().unwrap_or_else(|e| panic!("{what}: {e}")) {}
            assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)), "{what}: {:?}", drawing.canvas());
            for values in [&drawing.write_windows(), &drawing.read_windows(), drawing.kl(), drawing.reconstruction()] {
                expect_finite(what, values);
            }
            expect_finite(what, drawing.read_patches());
            expect_finite(what, &drawing.write_patches());
        }
    }
}

#[test]
fn windows_at_every_end_draw() {
    for name in ["write.bias", "read.bias"] {
        for (i, a) in (0..WINDOW_LEN).flat_map(|i| ENDS.map(|a| (i, a))) {
            let alone = params(|p| p.get_mut(name)[i] = a);
            expect_drawings(&format!("{name}[{i}] = {a}"), &alone);
            // Beside another number at its end.
            let j = (i + 1) % WINDOW_LEN;
            for b in [-1e20, 1e20] {
                let two = params(|p| (p.get_mut(name)[i], p.get_mut(name)[j]) = (a, b));
                expect_drawings(&format!("{name}[{i}] = {a}, [{j}] = {b}"), &two);
            }
        }
    }
}

/// The case that once drew 784 NaN on some paths and none on others.
#[test]
fn a_far_and_wide_window_of_great_gain_draws() {
    let far = params(|p| p.get_mut("write.bias").copy_from_slice(&[1e20, 1e20, 0.0, 100.0, -100.0]));
    expect_drawings("far, wide, strong", &far);
    let strokes = params(|p| {
        p.get_mut("patch.bias").fill(3e38);
        p.get_mut("write.bias").copy_from_slice(&[0.0, 0.0, -100.0, -100.0, -100.0]);
    });
    let mut drawing = Drawing::draw(model(&strokes), 1, 1, 9, 1.0).unwrap();
    drawing.seek(3).unwrap();
    assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)) && drawing.canvas().contains(&1.0));
}

fn not_finite<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(e @ Error::NotFinite { .. }) => e.to_string(),
        other => panic!("{other:?}, expected numbers that are not finite"),
    }
}

fn data() -> Dataset {
    Dataset::from_levels(images().iter().map(|p| (p * 255.0) as u8).collect(), 9, 7, 1).unwrap()
}

/// A divergence that f32 cannot hold.
#[test]
fn a_latent_of_great_variance_is_an_error_everywhere() {
    for log_sigma in [50.0, 1e20] {
        let params = params(|p| p.get_mut("latent.bias")[3..].fill(log_sigma));
        let go_on = |_| ControlFlow::Continue(());
        let bound = eval::bound(&model(&params), &data(), 2, 0, 1, go_on);
        assert!(not_finite(bound).contains("image 0"));
        assert!(not_finite(eval::by_glimpse(&model(&params), &data(), 1, 0, 1, go_on)).contains("the bound"));
        let mut drawing = Drawing::redraw(model(&params), &images(), 1, 9).unwrap();
        let before = drawing.canvas().to_vec();
        assert!(not_finite(drawing.step()).contains("divergence at glimpse 1"));
        // Again the same, and not other noise.
        drawing.ahead();
        assert!(not_finite(drawing.step()).contains("divergence at glimpse 1"));
        assert!(
            not_finite(drawing.seek(2)).contains("divergence") && not_finite(drawing.latents()).contains("divergence")
        );
        assert_eq!((drawing.glimpse(), drawing.canvas()), (0, &before[..]));
        // Without the encoder the model draws.
        let mut drawing = Drawing::draw(model(&params), 1, 1, 9, 1.0).unwrap();
        drawing.seek(3).unwrap();
        for optimiser in [Optimiser::Adam, Optimiser::Muon] {
            let settings = Settings { batch: 2, optimiser, ..Settings::default() };
            let mut trainer = Trainer::from_params(params.clone(), settings).unwrap();
            let diverged = trainer.step(&data(), 1.0);
            assert!(matches!(diverged, Err(Error::Diverged { .. })), "{diverged:?}");
            assert_eq!(trainer.params().data(), params.data());
        }
    }
}

/// What the decoder emits is no number, when its sums overflow on both sides.
#[test]
fn a_decoder_beyond_numbers_is_an_error() {
    let params = params(|p| {
        let weights = p.get_mut("decoder.weight_ih");
        weights.iter_mut().enumerate().for_each(|(i, w)| *w = if i % 2 == 0 { 3e38 } else { -3e38 });
    });
    let latents = vec![1e3; 3 * 3];
    let mut drawing = Drawing::draw_latents(model(&params), latents, 9).unwrap();
    assert!(not_finite(drawing.step()).contains("decoder emits at glimpse 1"));
}

/// A gradient so small that its squares vanish still moves the weights by finite steps.
#[test]
fn muon_stays_finite_with_the_smallest_weights() {
    for size in [1e-38, 3e-22, 3e-19, 1e-12] {
        let params = params(|p| {
            for name in ["latent.weight", "encoder.weight_hh", "decoder.weight_ih", "patch.weight"] {
                p.get_mut(name).iter_mut().for_each(|w| *w *= size);
            }
        });
        let settings = Settings { batch: 2, optimiser: Optimiser::Muon, warm_up: 1, ..Settings::default() };
        let mut trainer = Trainer::from_params(params, settings).unwrap();
        for _ in 0..3 {
            assert!(trainer.step(&data(), 1.0).unwrap().loss_nats.is_finite());
            expect_finite("parameters", trainer.params().data());
            expect_finite("their average", trainer.average().data());
        }
    }
}

/// Steps that would carry the parameters beyond numbers are refused, moments that would do so as well.
#[test]
fn steps_beyond_numbers_are_refused() {
    let settings = Settings { batch: 2, warm_up: 1, ..Settings::default() };
    let mut trainer = Trainer::from_params(params(|_| ()), settings).unwrap();
    for rate in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let error = trainer.step(&data(), rate).unwrap_err().to_string();
        assert!(error.contains("learning rate"), "{error}");
    }
    trainer.step(&data(), 1000.0).unwrap();
    expect_finite("parameters", trainer.params().data());
}

#[test]
fn the_parts_by_glimpse_are_the_bounds_own() {
    let (model, data) = (model(&params(|_| ())), data());
    let go_on = |_| ControlFlow::Continue(());
    // A tab's module has no threads.
    let two = if cfg!(target_arch = "wasm32") { 1 } else { 2 };
    for (samples, threads) in [(1, 1), (3, two)] {
        let bound = eval::bound(&model, &data, samples, 4, threads, go_on).unwrap();
        let (again, glimpses) = eval::by_glimpse(&model, &data, samples, 4, threads, go_on).unwrap();
        assert_eq!(again, bound);
        assert_eq!(glimpses.iter().map(|g| g.glimpse).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let (last, kl) = (glimpses[3].reconstruction_nats, glimpses.iter().map(|g| g.kl_nats).sum::<f64>());
        assert_eq!(glimpses[0].kl_nats, 0.0);
        assert!((last - bound.reconstruction_nats).abs() < 1e-9 && (kl - bound.kl_nats).abs() < 1e-9);
        assert!((last + kl - bound.nll_bound_nats).abs() < 1e-9, "{last} + {kl}, not {}", bound.nll_bound_nats);
        let estimate = bound.importance_weighted_nats;
        assert!(if samples == 1 { estimate.is_none() } else { estimate.unwrap() <= bound.nll_bound_nats + 1e-6 });
    }
}

/// −log p(x | canvas) of one pixel and its gradient by the canvas, by the engine: of a model whose weights are zeros, so
/// that its canvas stays as it is.
fn of_pixel(likelihood: Likelihood, canvas: &[f32], x: f32) -> (f32, Vec<f32>) {
    let one = Config { width: 1, height: 1, glimpses: 1, hidden: 1, latent: 1, attention: false, ..config() };
    let mut params = Params::<f32>::zeros(&Config { likelihood, ..one }).unwrap();
    params.get_mut("canvas").copy_from_slice(canvas);
    let model = Draw::new(&params, Purpose::Train(1)).unwrap();
    let mut tape = Tape::new(&model, 1, true).unwrap();
    tape.forward(&model, &[x]);
    let (mut gradient, factors) = (Params::zeros(params.config()).unwrap(), Factors { kl: 1.0, canvases: 0.0 });
    Backprop::new(&model, 1).unwrap().backward(&model, &mut tape, &[x], factors, &mut gradient);
    (tape.reconstruction()[0], gradient.get("canvas").to_vec())
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Ends of what a canvas may hold, and some between them.
const LOGITS: [f32; 13] = [f32::MIN, -1e30, -1e4, -89.0, -30.0, -2.0, 0.0, 0.5, 30.0, 89.0, 1e4, 1e30, f32::MAX];
/// Levels 0, 1, 128, 254 and 255.
const VALUES: [f32; 5] = [0.0, 1.0 / 255.0, 128.0 / 255.0, 254.0 / 255.0, 1.0];

#[test]
fn intensities_at_every_end_are_those_of_the_formula() {
    for likelihood in [Likelihood::Intensities, Likelihood::Bernoulli] {
        for (l, x) in LOGITS.iter().flat_map(|l| VALUES.map(|x| (*l, x))) {
            let (nats, gradient) = of_pixel(likelihood, &[l], x);
            let (l, x) = (l as f64, x as f64);
            // −x log σ(l) − (1 − x) log(1 − σ(l)), with log σ(l) = −log(1 + e^−l).
            let softplus = |l: f64| if l > 700.0 { l } else { l.exp().ln_1p() };
            let expected = x * softplus(-l) + (1.0 - x) * softplus(l);
            assert!((nats as f64 - expected).abs() < 1e-6 + 2e-7 * l.abs(), "{l} {x}: {nats}, not {expected}");
            let slope = sigmoid(l) - x;
            assert!((gradient[0] as f64 - slope).abs() < 1e-6, "{l} {x}: {gradient:?}, not {slope}");
        }
    }
}

/// −log(σ(a) − σ(b)) for b < a, from the tail that they lie in.
fn logistic_nats(x: f64, mean: f64, log_scale: f64) -> f64 {
    let (mu, s, half) = (sigmoid(mean), log_scale.clamp(-7.0, 3.0).exp(), 0.5 / 255.0);
    let (a, b) = ((x + half - mu) / s, (x - half - mu) / s);
    // log σ(y).
    let below = |y: f64| if y < 0.0 { y - y.exp().ln_1p() } else { -(-y).exp().ln_1p() };
    let between = |a: f64, b: f64| b + (a - b).exp_m1().ln() - a.exp().ln_1p() - b.exp().ln_1p();
    -if x < half {
        below(a)
    } else if x > 1.0 - half {
        below(-b)
    } else if a <= 0.0 {
        between(a, b)
    } else if b >= 0.0 {
        between(-b, -a)
    } else {
        (sigmoid(a) - sigmoid(b)).ln()
    }
}

#[test]
fn the_logistic_at_every_end_is_that_of_the_formula() {
    let scales = [f32::MIN, -1e30, -89.0, -7.5, -6.5, -2.0, 0.0, 2.5, 3.5, 89.0, 1e30, f32::MAX];
    for (mean, scale) in LOGITS.iter().flat_map(|m| scales.map(|s| (*m, s))) {
        for x in VALUES {
            let (nats, gradient) = of_pixel(Likelihood::Logistic, &[mean, scale], x);
            let (m, l, x) = (mean as f64, scale as f64, x as f64);
            let expected = logistic_nats(x, m, l);
            let what = format!("{x} by {mean}, {scale}");
            assert!((nats as f64 - expected).abs() < 1e-6 * (1.0 + expected), "{what}: {nats}, not {expected}");
            let h = 1e-5;
            let slope = |m_by: f64, l_by: f64| {
                (logistic_nats(x, m + m_by, l + l_by) - logistic_nats(x, m - m_by, l - l_by)) / (2.0 * h)
            };
            // Beyond its range a scale has no slope, and far out a mean's sigmoid has none.
            let of_mean = if m.abs() < 50.0 { slope(h, 0.0) } else { 0.0 };
            let of_scale = if (-7.0..3.0).contains(&l) { slope(0.0, h) } else { 0.0 };
            for (got, expected) in gradient.iter().zip([of_mean, of_scale]) {
                assert!(
                    (*got as f64 - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                    "{what}: {got}, not {expected}"
                );
            }
        }
    }
}

/// What is no number is refused, and what only becomes none, many pixels' nats together, is said.
#[test]
fn a_likelihood_beyond_numbers_is_an_error() {
    for likelihood in [Likelihood::Bernoulli, Likelihood::Intensities, Likelihood::Logistic] {
        let filled = |value: f32| {
            let mut params = Params::<f32>::init(&Config { likelihood, ..config() }, 5, None).unwrap();
            params.get_mut("canvas").fill(value);
            params
        };
        for bad in [f32::NAN, f32::INFINITY] {
            assert!(matches!(Draw::new(&filled(bad), Purpose::Read), Err(Error::Weights(_))), "{likelihood:?}: {bad}");
        }
        let black = [0.0; 63];
        let far = Draw::new(&filled(f32::MAX), Purpose::Read).unwrap();
        let redrawn = Drawing::redraw(Arc::new(far), &black, 1, 9);
        if likelihood == Likelihood::Logistic {
            // A scale as far out is clamped: 63 pixels, each below a half by a logistic of scale e³ around 1.
            let expected = 63.0 * logistic_nats(0.0, 1e30, 3.0);
            let nats = redrawn.unwrap().reconstruction()[0] as f64;
            assert!((nats - expected).abs() < 1e-5 * expected, "{nats}, not {expected}");
        } else {
            assert!(not_finite(redrawn.map(drop)).contains("the likelihood"));
        }
    }
}
