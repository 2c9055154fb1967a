//! What a call or a file asks for is counted before it is taken: errors that name what is too large, at once, alike on
//! 32 and 64 bits. Here, and by `wasm-pack test` in `tests/web.rs`, which has what needs JavaScript.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::data::{Dataset, Labelled};
use attentive_writer::drawing::Drawing;
use attentive_writer::lab::latents;
use attentive_writer::lab::lens::Lens;
use attentive_writer::lab::reparameterise::{Family, histogram};
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Params;
use attentive_writer::train::{Optimiser, Settings, Trainer, checkpoint};
use attentive_writer::weights::{self, Format, Part};
use attentive_writer::{Config, Error, eval, look};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A model in which nothing is large but what is given.
fn tiny() -> Config {
    Config {
        width: 8,
        height: 8,
        glimpses: 1,
        hidden: 1,
        latent: 1,
        read_patch: 1,
        write_patch: 1,
        ..Config::preset("mnist").unwrap()
    }
}

fn model(config: &Config) -> Arc<Draw<f32>> {
    Arc::new(Draw::new(&Params::decoder_zeros(config).unwrap(), Purpose::Draw).unwrap())
}

/// The text of an error that blames `what`.
fn blames<T>(result: Result<T, Error>, what: &str) -> String {
    let text = result.err().unwrap_or_else(|| panic!("{what} was accepted")).to_string();
    assert!(text.starts_with(what), "{text:?} does not blame {what:?}");
    text
}

fn draw(config: &Config, count: usize, size: usize) -> Result<Drawing, Error> {
    Drawing::draw(model(config), 1, count, size, 1.0)
}

#[test]
fn a_drawing_is_within_its_budget_or_refused() {
    // 4,097 canvases of 2²⁰ values make 2³² and some.
    let whole = Config { width: 1024, height: 1024, attention: false, ..tiny() };
    let text = blames(draw(&whole, 4097, 1024), "count is 4097; expected at most 2");
    assert!(text.contains("a drawing may take 1 GiB"), "{text}");
    let most: usize = text.split("at most ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    let mut drawing = draw(&whole, most, 1024).unwrap();
    assert!(drawing.step().unwrap() && drawing.canvas().len() == most << 20);
    blames(draw(&whole, most + 1, 1024), "count");

    let mnist = Config::preset("mnist").unwrap();
    blames(draw(&mnist, 256, 4096), "count is 256; expected at most ");
    draw(&mnist, 10_000, 28).unwrap();
    // 1×1024 at 2,049 is 2,098,176 pixels high.
    let tall = Config { width: 1, height: 1024, ..tiny() };
    blames(draw(&tall, 1, 2049), "size is 2049; expected at most ");
    // A small file with many glimpses and wide patches.
    let wide = Config { glimpses: 1024, write_patch: 64, channels: 4, ..tiny() };
    blames(draw(&wide, 100, 8), "count is 100; expected at most ");
    assert!(draw(&wide, 2, 8).is_ok());
}

#[test]
fn latents_of_many_digits_are_within_the_budget_or_refused() {
    let config = Config { glimpses: 1024, latent: 4096, ..tiny() };
    let one = vec![0.0; 1024 * 4096];
    blames(latents::interpolate(&config, &one, &one, 10_000), "count is 10000; expected at most 64");
    blames(latents::resample(&config, &one, 0..0, 1, 10_000, 1.0), "count is 10000; expected at most 64");
}

#[test]
fn training_is_within_its_budget_or_refused() {
    let whole = Config { width: 656, height: 656, attention: false, ..tiny() };
    let settings = |batch| Settings { batch, ..Settings::default() };
    let text = blames(Trainer::new(&whole, settings(10_000), None), "batch is 10000; expected at most ");
    assert!(text.contains("training may take 3 GiB"), "{text}");
    let crowd = Settings { batch: 2000, threads: 1000, ..Settings::default() };
    let large = Config { hidden: 512, ..Config::preset("mnist-no-attention").unwrap() };
    blames(Trainer::new(&large, crowd, None), "batch is 2000");
    let largest = Config { width: 1024, height: 1024, channels: 4, hidden: 4096, attention: false, ..tiny() };
    let text = blames(Trainer::new(&largest, settings(1), None), "the model's size is ");
    assert!(text.contains("3 GiB"), "{text}");
    blames(Params::<f32>::zeros(&largest), "the model's size is ");
    assert_eq!(largest.parameters(), 154_828_595_202);
}

#[test]
fn a_checkpoint_of_a_few_kilobytes_cannot_ask_for_gigabytes() {
    let config = Config { glimpses: 1024, write_patch: 64, ..tiny() };
    let small = Trainer::new(&config, Settings { batch: 1, ..Settings::default() }, None).unwrap();
    let bytes = checkpoint::save(&small).unwrap();
    let changed = |from: &str, to: &str| {
        // The header is JSON in a fixed place: what grows by a byte takes one of its padding.
        let text = String::from_utf8_lossy(&bytes[8..8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize]);
        let mut header = text.trim_end().replacen(from, to, 1);
        assert!(header != text.trim_end(), "{text} lacks {from}");
        header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
        let length = (header.len() as u64).to_le_bytes();
        let data = &bytes[8 + text.len()..];
        checkpoint::load(&[&length[..], header.as_bytes(), data].concat())
    };
    blames(changed(r#"\"batch\":1,"#, r#"\"batch\":10000,"#), "batch is 10000; expected at most ");
    let last = u64::MAX.to_string();
    let text = changed(r#""step":"0""#, &format!(r#""step":"{last}""#)).err().unwrap().to_string();
    assert!(text.contains(&last) && text.contains("at most 281474976710656"), "{text}");
    assert!(changed(r#"\"batch\":1,"#, r#"\"batch\":2,"#).is_ok());
}

#[test]
fn a_decoder_half_asks_for_no_encoder() {
    // The encoder of this model has 137 GB; its decoder half 34 MB.
    let config = Config { width: 1024, height: 1024, channels: 4, hidden: 1, attention: false, ..tiny() };
    let half = Params::<f32>::decoder_zeros(&config).unwrap();
    assert!(!half.has_encoder() && half.data().len() < 13_000_000);
    let bytes = weights::save(&half, Format::F16, Part::Decoder).unwrap();
    let loaded = weights::load(&bytes, None).unwrap();
    assert!(!loaded.has_encoder());
    assert_eq!(loaded.params.data().len(), half.data().len());
}

#[test]
fn half_a_model_neither_reads_nor_trains() {
    let config = tiny();
    let half = Params::<f32>::decoder_zeros(&config).unwrap();
    blames(Draw::new(&half, Purpose::Read), "weights: the encoder half is not loaded");
    blames(Trainer::from_params(half.clone(), Settings::default()), "weights: the encoder half is not loaded");
    let data = Dataset::from_levels(vec![0; 64], 8, 8, 1).unwrap();
    blames(
        eval::bound(&model(&config), &data, 1, 0, 1, |_| ControlFlow::Continue(())),
        "weights: the encoder half is not loaded",
    );
    blames(Drawing::redraw(model(&config), &[0.0; 64], 1, 8), "weights: the encoder half is not loaded");
    let whole = Draw::new(&Params::zeros(&config).unwrap(), Purpose::Read).unwrap();
    let text = blames(eval::bound(&whole, &data, usize::MAX, 0, 1, |_| ControlFlow::Continue(())), "samples is ");
    assert!(text.contains(&usize::MAX.to_string()), "{text}");
}

#[test]
fn a_step_cannot_be_mixed_with_other_things() {
    let config = tiny();
    let data = Dataset::from_levels(vec![255; 64 * 3], 8, 8, 1).unwrap();
    let settings = Settings { batch: 4, ..Settings::default() };
    let mut trainer = Trainer::new(&config, settings.clone(), None).unwrap();
    for rate in [f64::NAN, f64::INFINITY, -1.0] {
        blames(trainer.step(&data, rate), "the multiple of the learning rate");
        blames(trainer.step_with(rate, |_, _, image| image.fill(0.0)), "the multiple of the learning rate");
    }
    assert_eq!(trainer.steps(), 0);
    trainer.begin(&data, 0..4).unwrap();
    let muon = Settings { optimiser: Optimiser::Muon, threads: 2, ..settings };
    blames(trainer.change_settings(muon.clone()), "the step is under way");
    let params = trainer.params().data().to_vec();
    blames(trainer.follow(&params, 3), "the step is under way");
    blames(trainer.finish(&[], f64::NAN), "the multiple of the learning rate");
    assert_eq!(trainer.finish(&[], 1.0).unwrap().step, 1);
    blames(trainer.finish(&[], 1.0), "the step is not begun");
    trainer.change_settings(muon).unwrap();
    trainer.step(&data, 1.0).unwrap();
    assert!(trainer.params().data() != params);
    blames(trainer.follow(&params[1..], 3), "the number of parameters");
    blames(trainer.follow(&vec![f32::NAN; params.len()], 3), "a parameter is NaN");
    blames(trainer.follow(&params, u64::MAX), "the number of steps");
    trainer.follow(&params, 1 << 48).unwrap();
    blames(trainer.step(&data, 1.0), "the number of steps");
}

/// A label that the model has no class for would lie in another image's row, or beyond the last.
#[test]
fn a_label_that_the_model_does_not_know_is_refused() {
    let config =
        look::Config { width: 8, height: 8, hidden: 4, patch: 2, ..look::Config::preset("cluttered-4").unwrap() };
    let settings = Settings { batch: 2, ..Settings::default() };
    let mut trainer = Trainer::<look::Model<f32>>::fresh(&config, settings).unwrap();
    let of =
        |labels: Vec<u8>| Labelled::new(Dataset::from_levels(vec![255; 64 * 2], 8, 8, 1).unwrap(), labels).unwrap();
    let error = trainer.step(&of(vec![9, 10]), 1.0).unwrap_err().to_string();
    assert!(error.contains("a label is 10; the model knows the classes 0 to 9"), "{error}");
    assert_eq!(trainer.steps(), 0);
    assert_eq!(trainer.step(&of(vec![9, 0]), 1.0).unwrap().step, 1);
}

/// At the largest rate all of a weight decays at once, and no more.
#[test]
fn decay_at_the_largest_rate_stays_finite() {
    let data = Dataset::from_levels(vec![255; 64 * 3], 8, 8, 1).unwrap();
    for optimiser in [Optimiser::Adam, Optimiser::Muon] {
        let settings =
            Settings { batch: 2, optimiser, learning_rate: 1.0, weight_decay: 1.0, warm_up: 1, ..Settings::default() };
        let mut trainer = Trainer::new(&tiny(), settings, None).unwrap();
        // Muon's average of what lies at both ends.
        for sign in [1.0, -1.0, 1.0] {
            let far: Vec<f32> = trainer.params().data().iter().map(|_| sign * 3e38).collect();
            trainer.follow(&far, 5).unwrap();
            // Whether its loss is finite or not, all that the step leaves is.
            let _ = trainer.step(&data, 1000.0);
            let small: Vec<f32> = far.iter().map(|p| p * 1e-39).collect();
            trainer.follow(&small, 5).unwrap();
            trainer.step(&data, 1000.0).unwrap();
            assert!(trainer.params().data().iter().all(|p| p.abs() <= 1e6), "{optimiser:?}");
            assert!(trainer.average().data().iter().all(|p| p.is_finite()), "{optimiser:?}");
        }
    }
}

#[test]
fn products_that_are_one_modulo_2_to_the_32_are_refused() {
    blames(Lens::new(1, (6_700_417, 641), &[0.0f32]), "the number of pixels is 1; expected 6700417 × 641");
    blames(Dataset::from_levels(vec![0], 641, 6_700_417, 1), "data: ");
    blames(attentive_writer::lab::scribble::normalise(&[1.0], 641, 6_700_417), "the number of pixels");
    let amount = attentive_writer::lab::augment::Amount::default();
    blames(attentive_writer::lab::augment::vary(&[1.0], (641, 6_700_417), 1, amount, 1), "the number of pixels");
}

#[test]
fn figures_have_bounds() {
    let normal = Family::find("Normal").unwrap();
    blames(normal.draw(&[0.0, 1.0], 1, 1 << 31), "the number of draws is 2147483648; expected at most ");
    blames(histogram(&[0.5], (0.0, 1.0), 0), "the number of bins is 0");
    blames(histogram(&[0.5], (0.0, 1.0), usize::MAX), "the number of bins");
    blames(histogram(&[0.5], (0.0, f64::NAN), 3), "the range");
    blames(attentive_writer::lab::reparameterise::estimators(0.0, 1.0, 1.0, 1, 1 << 31), "the number of draws");
}
