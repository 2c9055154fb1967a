//! Weights files: what is accepted is finite, draws, and is written again.
#![no_main]

use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::weights::{self, Format, Part};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|bytes: &[u8]| {
    // In two, as a decoder half and its encoder half are.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let _ = weights::load(first, Some(second));
    let Ok(loaded) = weights::load(bytes, None) else { return };
    assert!(loaded.params.data().iter().all(|v| v.is_finite()));
    // Nothing larger than the file justifies: int8 becomes f32.
    assert!(loaded.params.data().len() <= bytes.len());
    let part = if loaded.has_encoder() { Part::All } else { Part::Decoder };
    weights::save(&loaded.params, Format::F32, part).expect("finite weights can be written");
    let model = Arc::new(Draw::new(&loaded.params, Purpose::Draw).expect("weights that draw"));
    let width = model.config().width;
    if let Ok(mut drawing) = Drawing::draw(model, 1, 1, width, 1.0)
        && drawing.glimpses() <= 16
    {
        while drawing.step().unwrap_or(false) {}
        assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)));
    }
});
