//! A step shared by several trainers is the step of one.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::Config;
use attentive_writer::data::Dataset;
use attentive_writer::train::{Optimiser, Settings, Trainer};

/// Random bits, and grey levels whose binarisation is random too.
fn data() -> Dataset {
    let levels = (0..30 * 784u32).map(|i| [0, 255, 90, 200][(i.wrapping_mul(2_654_435_761) >> 13) as usize % 4]);
    Dataset::from_levels(levels.collect(), 28, 28, 1).unwrap()
}

fn trainer(threads: usize) -> Trainer {
    let config = Config { glimpses: 4, hidden: 32, ..Config::preset("mnist-small").unwrap() };
    let settings =
        Settings { batch: 10, threads, seed: 4, warm_up: 1, optimiser: Optimiser::Muon, ..Settings::default() };
    Trainer::new(&config, settings, None).unwrap()
}

#[test]
fn parts_make_the_step_of_one() {
    let data = data();
    let mut one = trainer(1);
    let (mut lead, mut first, mut second) = (trainer(1), trainer(2), trainer(1));
    for _ in 0..5 {
        let expected = one.step(&data, 0.5).unwrap();
        for (helper, range) in [(&mut first, 4..7), (&mut second, 7..10)] {
            helper.follow(&lead.params.data, lead.step).unwrap();
            helper.begin(&data, range).unwrap();
        }
        lead.begin(&data, 0..4).unwrap();
        let report = lead.finish(&[first.part().unwrap(), second.part().unwrap()], 0.5).unwrap();
        assert_eq!(report.step, expected.step);
        for (a, b) in [
            (report.loss_nats, expected.loss_nats),
            (report.kl_nats, expected.kl_nats),
            (report.gradient_norm, expected.gradient_norm),
        ] {
            assert!((a - b).abs() < 1e-3 * b.abs(), "{report:?}, expected {expected:?}");
        }
    }
    let worst = lead.params.data.iter().zip(&one.params.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-3, "parameters differ by {worst}");
    assert!(lead.average.data.iter().zip(&one.average.data).all(|(a, b)| (a - b).abs() < 1e-3));
}

#[test]
fn what_does_not_make_a_step_is_refused() {
    let data = data();
    let (mut lead, mut helper) = (trainer(1), trainer(1));
    let before = lead.params.data.clone();
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
    assert_eq!((lead.step, &lead.params.data), (0, &before));
    assert_eq!(lead.step(&data, 1.0).unwrap().step, 1);
}
