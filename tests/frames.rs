//! Drawings: the same every time, at every count, forwards and backwards, and at every size.
//!
//! `UPDATE_FIXTURES=1 cargo test --test frames` records the frames that tests/web.rs compares the
//! browser's with; do so when the shipped weights change.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::weights;
use common::{COUNT, INT8, SEED, floats, largest_difference, model, record, ring};
use std::sync::Arc;

fn fixture(name: &str, recorded: &[f32]) {
    let path = format!("{}/tests/fixtures/{name}.f32", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let bytes: Vec<u8> = recorded.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(&path, bytes).unwrap();
    }
    let difference = largest_difference(recorded, &floats(&std::fs::read(&path).unwrap()));
    assert!(difference < 1e-4, "{name} differs from the recorded frames by {difference}");
}

#[test]
fn drawn_frames_are_as_recorded() {
    let draw = || record(Drawing::draw(model(), SEED, COUNT, 28, 1.0).unwrap());
    let first = draw();
    assert_eq!(first, draw(), "the same build gives the same bits");
    fixture("frames-draw", &first);
}

#[test]
fn frames_drawn_by_int8_weights_are_as_recorded() {
    let loaded = weights::load(INT8, None).unwrap();
    // In f32, which WebAssembly's whole numbers are compared with.
    let model = Arc::new(Draw::new(&loaded.params, Purpose::Draw).unwrap());
    fixture("frames-draw-int8", &record(Drawing::draw(model, SEED, COUNT, 28, 1.0).unwrap()));
}

#[test]
fn redrawn_frames_are_as_recorded() {
    fixture("frames-redraw", &record(Drawing::redraw(model(), &ring(), SEED, 28).unwrap()));
}

#[test]
fn a_digit_does_not_depend_on_how_many_are_drawn() {
    let (model, pixels) = (model(), 28 * 28);
    let mut many = Drawing::draw(model.clone(), 3, 17, 28, 1.0).unwrap();
    let mut one = Drawing::draw(model, 3, 1, 28, 1.0).unwrap();
    many.seek(64).unwrap();
    one.seek(64).unwrap();
    assert_eq!(one.canvas(), &many.canvas()[..pixels]);
    assert_ne!(&many.canvas()[..pixels], &many.canvas()[pixels..2 * pixels]);
}

#[test]
fn seeking_back_shows_what_was_shown() {
    let mut drawing = Drawing::draw(model(), 5, 3, 40, 1.0).unwrap();
    let blank = drawing.canvas().to_vec();
    drawing.seek(20).unwrap();
    let (canvas, windows) = (drawing.canvas().to_vec(), drawing.write_windows());
    drawing.seek(1000).unwrap();
    assert_eq!(drawing.glimpse(), 64);
    drawing.seek(20).unwrap();
    assert_eq!((drawing.canvas(), drawing.write_windows()), (&canvas[..], windows));
    drawing.seek(0).unwrap();
    assert_eq!(drawing.canvas(), &blank[..]);
    assert!(drawing.write_windows().iter().all(|v| *v == 0.0));
}

#[test]
fn computing_ahead_changes_nothing_shown() {
    let plain = || Drawing::redraw(model(), &ring(), SEED, 28).unwrap();
    let mut eager = plain();
    let (mut lazy, blank) = (plain(), eager.canvas().to_vec());
    eager.ahead();
    eager.ahead();
    assert_eq!((eager.glimpse(), eager.canvas(), eager.kl().len()), (0, &blank[..], 0));
    for _ in 0..70 {
        assert_eq!(lazy.step().unwrap(), eager.step().unwrap());
        eager.ahead();
        assert_eq!(lazy.canvas(), eager.canvas());
        assert_eq!(lazy.read_windows(), eager.read_windows());
        assert_eq!(lazy.read_patches(), eager.read_patches());
        assert_eq!((lazy.kl(), lazy.reconstruction()), (eager.kl(), eager.reconstruction()));
    }
    eager.seek(3).unwrap();
    lazy.seek(3).unwrap();
    assert_eq!(lazy.canvas(), eager.canvas());
}

#[test]
fn every_size_shows_the_same_digit() {
    let model = model();
    let mut small = Drawing::draw(model.clone(), 11, 4, 28, 1.0).unwrap();
    small.seek(64).unwrap();
    for times in [2, 4, 16] {
        let size = 28 * times;
        let mut large = Drawing::draw(model.clone(), 11, 4, size, 1.0).unwrap();
        large.seek(64).unwrap();
        // Blocks of the large canvas, averaged, are the small one's pixels.
        let mut difference = 0.0;
        for (i, expected) in small.canvas().iter().enumerate() {
            let (digit, y, x) = (i / 784, i / 28 % 28, i % 28);
            let block = (0..times * times).map(|k| {
                let (row, column) = (y * times + k / times, x * times + k % times);
                large.canvas()[digit * size * size + row * size + column]
            });
            difference += (block.sum::<f32>() / (times * times) as f32 - expected).abs();
        }
        let mean = difference / small.canvas().len() as f32;
        assert!(mean < 0.02, "at {size} pixels the mean difference is {mean}");
        let scaled: Vec<f32> = small.write_windows().chunks(5).flat_map(|w| scale(w, times as f32)).collect();
        assert!(largest_difference(&large.write_windows(), &scaled) < 1e-4);
    }
}

fn scale(window: &[f32], by: f32) -> [f32; 5] {
    [window[0] * by, window[1] * by, window[2] * by, window[3] * by, window[4]]
}

#[test]
fn redrawing_lowers_the_reconstruction_and_reports_it() {
    let mut drawing = Drawing::redraw(model(), &ring(), 1, 28).unwrap();
    drawing.seek(64).unwrap();
    let (first, last) = (drawing.reconstruction()[0], drawing.reconstruction()[64]);
    assert!(last < 0.6 * first, "reconstruction went from {first} to {last} nats");
    assert_eq!(drawing.kl().len(), 64);
    assert!(drawing.kl().iter().all(|k| *k >= 0.0) && drawing.kl().iter().sum::<f32>() > 1.0);
    let windows = drawing.read_windows();
    assert!(windows[2] > 0.0 && windows[3] > 0.0, "{windows:?}");
}

#[test]
fn bad_arguments_are_refused() {
    let text = |r: attentive_writer::Result<Drawing>| r.err().expect("an error").to_string();
    let draw = |count, size, temperature| text(Drawing::draw(model(), 0, count, size, temperature));
    assert!(draw(0, 28, 1.0).contains("count is 0"));
    assert!(draw(usize::MAX, 28, 1.0).contains("count"));
    assert!(draw(1, 0, 1.0).contains("size is 0"));
    assert!(draw(10_000, 4096, 1.0).contains("a drawing may take"));
    assert!(draw(1, 28, f32::NAN).contains("temperature is NaN"));
    let redraw = |pixels: &[f32]| text(Drawing::redraw(model(), pixels, 0, 28));
    assert!(redraw(&[0.0; 783]).contains("multiple of 784"));
    assert!(redraw(&[]).contains("multiple of 784"));
    assert!(redraw(&[f32::NAN; 784]).contains("NaN"));
    assert!(redraw(&[1.5; 784]).contains("1.5"));
}
