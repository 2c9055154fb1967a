//! Weights files: what is accepted is finite, draws, and is written again.
#![no_main]

use attentive_writer::drawing::Drawing;
use attentive_writer::look;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::params::Shape;
use attentive_writer::weights::{self, Format, Part};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

/// A decoder half and its encoder half, if the last two bytes say where the second begins, and its header fits in.
fn halves(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (files, at) = bytes.split_last_chunk()?;
    let (first, second) = files.split_at_checked(u16::from_le_bytes(*at) as usize)?;
    let header = u64::from_le_bytes(*second.first_chunk()?);
    (header < second.len() as u64).then_some((first, second))
}

/// A model that classifies.
fn looks(bytes: &[u8]) {
    let Ok(params) = weights::load_task::<look::Config>(bytes) else { return };
    assert!(params.data().iter().all(|v| v.is_finite()) && params.data().len() <= bytes.len());
    weights::save(&params, Format::F32, Part::All).expect("finite weights can be written");
    let c = params.config();
    if c.glimpses > 4 || c.pixels() > 1 << 14 {
        return;
    }
    let model = look::Model::new(&params, None);
    let mut slice = look::Slice::new(&model, 1).expect("room for an image");
    slice.images_mut().fill(0.5);
    (0..c.glimpses).for_each(|t| slice.glimpse(&model, t));
    let _ = slice.verdict(&model, c.glimpses);
}

fuzz_target!(|bytes: &[u8]| {
    if weights::task(bytes).is_some_and(|task| look::Config::TASKS.contains(&&*task)) {
        return looks(bytes);
    }
    let (file, encoder) = halves(bytes).map_or((bytes, None), |(first, second)| (first, Some(second)));
    let Ok(loaded) = weights::load(file, encoder) else { return };
    assert!(loaded.params.data().iter().all(|v| v.is_finite()));
    // Nothing larger than the file justifies: int8 becomes f32.
    assert!(loaded.params.data().len() <= bytes.len());
    let part = if loaded.has_encoder() { Part::All } else { Part::Decoder };
    weights::save(&loaded.params, Format::F32, part).expect("finite weights can be written");
    let model = Arc::new(Draw::new(&loaded.params, Purpose::Draw).expect("weights that draw"));
    let width = model.config().width;
    if let Ok(mut drawing) = Drawing::draw(model, 1, 1, width, 1.0)
        && drawing.glimpses() <= 4
    {
        while drawing.step().unwrap_or(false) {}
        assert!(drawing.canvas().iter().all(|p| (0.0..=1.0).contains(p)));
    }
});
