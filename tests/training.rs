//! A step shared by several trainers is the step of one.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use attentive_writer::Config;
use attentive_writer::data::Dataset;
use attentive_writer::train::{Optimiser, Settings, Trainer};
use attentive_writer::weights;

/// Random bits, and grey levels whose binarisation is random too.
fn data() -> Dataset {
    let levels = (0..30 * 784u32).map(|i| [0, 255, 90, 200][(i.wrapping_mul(2_654_435_761) >> 13) as usize % 4]);
    Dataset::from_levels(levels.collect(), 28, 28, 1).unwrap()
}

fn trainer(threads: usize) -> Trainer {
    trainer_of(threads, false)
}

fn trainer_of(threads: usize, antithetic: bool) -> Trainer {
    let config = Config { glimpses: 4, hidden: 32, ..Config::preset("mnist-small").unwrap() };
    let optimiser = Optimiser::Muon;
    let settings = Settings { batch: 10, threads, antithetic, seed: 4, warm_up: 1, optimiser, ..Settings::default() };
    Trainer::new(&config, settings, None).unwrap()
}

#[test]
fn parts_make_the_step_of_one() {
    parts_make_one(false);
}

/// The cuts at 4 and 7 leave a pair whole, and split one.
#[test]
fn parts_make_the_step_of_one_with_antithetic_noise() {
    parts_make_one(true);
}

fn parts_make_one(antithetic: bool) {
    let data = data();
    let trainer = |threads| trainer_of(threads, antithetic);
    let mut one = trainer(1);
    let (mut lead, mut first, mut second) = (trainer(1), trainer(2), trainer(1));
    for _ in 0..5 {
        let expected = one.step(&data, 0.5).unwrap();
        for (helper, range) in [(&mut first, 4..7), (&mut second, 7..10)] {
            helper.follow(lead.params().data(), lead.steps()).unwrap();
            helper.begin(&data, range).unwrap();
        }
        lead.begin(&data, 0..4).unwrap();
        let report = lead.finish(&[first.part().unwrap(), second.part().unwrap()], 0.5).unwrap();
        assert_eq!(report.step, expected.step);
        for (a, b) in [
            (report.loss_nats, expected.loss_nats),
            (report.losses.kl_nats, expected.losses.kl_nats),
            (report.gradient_norm, expected.gradient_norm),
        ] {
            assert!((a - b).abs() < 1e-3 * b.abs(), "{report:?}, expected {expected:?}");
        }
    }
    let worst = lead.params().data().iter().zip(one.params().data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-3, "parameters differ by {worst}");
    assert!(lead.average().data().iter().zip(one.average().data()).all(|(a, b)| (a - b).abs() < 1e-3));
}

#[test]
fn what_does_not_make_a_step_is_refused() {
    let data = data();
    let (mut lead, mut helper) = (trainer(1), trainer(1));
    let before = lead.params().data().to_vec();
    let text = |e: attentive_writer::Error| e.to_string();
    assert!(text(lead.begin(&data, 5..11).unwrap_err()).contains("0..10"));
    assert!(text(lead.begin(&data, 3..3).unwrap_err()).contains("0..10"));
    assert!(text(helper.part().unwrap_err()).contains("not begun"));
    assert!(text(helper.follow(&[0.0; 3], 1).unwrap_err()).contains("number of parameters"));
    helper.begin(&data, 4..9).unwrap();
    let mut part = helper.part().unwrap();
    lead.begin(&data, 0..4).unwrap();
    // One image is missing.
    assert!(text(lead.finish(std::slice::from_ref(&part), 1.0).unwrap_err()).contains("parts of the batch is 9"));
    lead.begin(&data, 0..5).unwrap();
    part.gradient.pop();
    assert!(text(lead.finish(std::slice::from_ref(&part), 1.0).unwrap_err()).contains("gradient's length"));
    part.gradient.push(f32::NAN);
    lead.begin(&data, 0..5).unwrap();
    assert!(text(lead.finish(&[part], 1.0).unwrap_err()).contains("finite"));
    assert_eq!((lead.steps(), lead.params().data()), (0, &before[..]));
    assert_eq!(lead.step(&data, 1.0).unwrap().step, 1);
}

/// Gradients for one digit by the shipped model: their variance over seeds is the noise's alone.
fn gradient_variance(digit: &Dataset, antithetic: bool) -> f64 {
    let file = |name: &str| std::fs::read(format!("{}/www/weights/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let loaded = weights::load(&file("mnist.safetensors"), Some(&file("mnist.encoder.safetensors"))).unwrap();
    let settings = Settings { batch: 4, antithetic, ..Settings::default() };
    let mut trainer = Trainer::from_params(loaded.params, settings.clone()).unwrap();
    let gradients: Vec<_> = (0..8)
        .map(|seed| {
            trainer.change_settings(Settings { seed, ..settings.clone() }).unwrap();
            trainer.begin(digit, 0..4).unwrap();
            trainer.part().unwrap().gradient
        })
        .collect();
    (0..gradients[0].len())
        .map(|i| {
            let values = || gradients.iter().map(|g| g[i] as f64);
            let mean = values().sum::<f64>() / 8.0;
            values().map(|g| (g - mean).powi(2)).sum::<f64>() / 7.0
        })
        .sum()
}

#[test]
fn antithetic_noise_steadies_the_gradient() {
    let ring = Dataset::from_levels(common::ring().iter().map(|p| (p * 255.0) as u8).collect(), 28, 28, 1).unwrap();
    let (alone, in_pairs) = (gradient_variance(&ring, false), gradient_variance(&ring, true));
    assert!(in_pairs < 0.8 * alone, "variance {in_pairs} in pairs, {alone} alone");
}

#[test]
fn antithetic_batches_hold_half_as_many_images() {
    let mut trainer = trainer_of(1, true);
    let seen = std::sync::Mutex::new(Vec::new());
    trainer
        .step_with(1.0, |image, _, pixels| {
            pixels.fill(0.5);
            seen.lock().unwrap().push(image);
        })
        .unwrap();
    assert_eq!(seen.into_inner().unwrap(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    let odd = Settings { batch: 7, antithetic: true, ..Settings::default() };
    assert!(odd.validate().unwrap_err().to_string().contains("even"));
}

#[test]
fn weight_decay_shrinks_the_matrices_alone() {
    let data = data();
    let [without, with] = [0.0, 0.5].map(|weight_decay| {
        let mut trainer = trainer(1);
        trainer.change_settings(Settings { weight_decay, ..trainer.settings().clone() }).unwrap();
        let before = trainer.params().clone();
        trainer.step(&data, 1.0).unwrap();
        (before, trainer)
    });
    for slot in without.1.params().slots() {
        for i in slot.range() {
            let shrunk = if slot.shape.len() == 2 { 0.5 * 1e-3 * without.0.data()[i] } else { 0.0 };
            let difference = without.1.params().data()[i] - with.1.params().data()[i];
            assert!((difference - shrunk).abs() < 1e-7, "{} differs by {difference}, not {shrunk}", slot.name);
        }
    }
    let absurd = Settings { weight_decay: -0.1, ..Settings::default() };
    assert!(absurd.validate().unwrap_err().to_string().contains("weight decay"));
}

/// With Muon, `adam_share` scales the steps of what Adam updates, and those alone; with Adam it says nothing.
#[test]
fn adams_share_of_the_rate_leaves_muons_matrices() {
    let data = data();
    let moved = |optimiser, adam_share| {
        let mut trainer = trainer(1);
        trainer.change_settings(Settings { optimiser, adam_share, ..trainer.settings().clone() }).unwrap();
        let before = trainer.params().data().to_vec();
        trainer.step(&data, 1.0).unwrap();
        let moved: Vec<f32> = trainer.params().data().iter().zip(&before).map(|(a, b)| a - b).collect();
        (trainer.params().clone(), moved)
    };
    let ((params, whole), (_, half)) = (moved(Optimiser::Muon, 1.0), moved(Optimiser::Muon, 0.5));
    for slot in params.slots() {
        let muons = slot.name.contains("weight_") || ["latent.weight", "patch.weight"].contains(&slot.name);
        let share = if muons { 1.0 } else { 0.5 };
        for i in slot.range() {
            assert!((half[i] - share * whole[i]).abs() < 1e-6, "{}: {} and {}", slot.name, half[i], whole[i]);
        }
        assert!(whole[slot.range()].iter().any(|d| d.abs() > 1e-5), "{} stood still", slot.name);
    }
    assert_eq!(moved(Optimiser::Adam, 1.0).1, moved(Optimiser::Adam, 0.5).1);
    let absurd = Settings { adam_share: 1.5, ..Settings::default() };
    assert!(absurd.validate().unwrap_err().to_string().contains("share"));
}
