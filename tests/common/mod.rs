//! What the frame tests share, native and in the browser: which drawings are compared.

use attentive_writer::drawing::Drawing;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::weights;
use std::sync::Arc;

pub const DECODER: &[u8] = include_bytes!("../../www/weights/mnist.safetensors");
pub const ENCODER: &[u8] = include_bytes!("../../www/weights/mnist.encoder.safetensors");
/// The decoder half that the page draws with.
#[allow(dead_code)]
pub const INT8: &[u8] = include_bytes!("../../www/weights/mnist-int8.safetensors");
#[allow(dead_code)]
pub const SEED: u64 = 7;
#[allow(dead_code)]
pub const COUNT: usize = 2;
/// Glimpses whose canvases are compared.
pub const GLIMPSES: [usize; 3] = [1, 16, 64];

#[allow(dead_code)]
pub fn model() -> Arc<Draw<f32>> {
    let loaded = weights::load(DECODER, Some(ENCODER)).unwrap();
    Arc::new(Draw::new(&loaded.params, Purpose::Read).unwrap())
}

/// A ring, as an image to redraw.
pub fn ring() -> Vec<f32> {
    (0..784)
        .map(|i| {
            let (x, y) = ((i % 28) as f32 - 13.5, (i / 28) as f32 - 13.5);
            ((6.0..9.0).contains(&(x * x + 0.6 * y * y).sqrt())) as u8 as f32
        })
        .collect()
}

/// Canvases at `GLIMPSES`, then the windows at the middle one.
#[allow(dead_code)]
pub fn record(mut drawing: Drawing) -> Vec<f32> {
    let mut out = Vec::new();
    for glimpse in GLIMPSES {
        while drawing.glimpse() < glimpse {
            assert!(drawing.step().unwrap());
        }
        out.extend_from_slice(drawing.canvas());
    }
    assert!(!drawing.step().unwrap());
    drawing.seek(GLIMPSES[1]).unwrap();
    out.extend(drawing.write_windows());
    out.extend(drawing.read_windows());
    out
}

/// What a recording's numbers differ by at most. Windows are in pixels: a ten-thousandth of the image is as close.
#[allow(dead_code)]
pub fn largest_difference(got: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(got.len(), expected.len());
    got.iter().zip(expected).map(|(g, e)| (g - e).abs() / e.abs().max(1.0)).fold(0.0, f32::max)
}

/// Floats of a fixture, little-endian.
#[allow(dead_code)]
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}
