//! Draws eight digits from the prior: as text, or as an animation if a path is given.
//!
//! ```sh
//! cargo run --release --example draw
//! cargo run --release --example draw digits.gif
//! ```

use attentive_writer::drawing::{Colours, Drawing};
use attentive_writer::model::Purpose;
use attentive_writer::weights;
use std::sync::Arc;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/weights/mnist-int8.safetensors");
const COUNT: usize = 8;
const COLUMNS: usize = 4;
/// The model's own size; any other will do as well.
const SIZE: usize = 28;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let loaded = weights::load(&std::fs::read(WEIGHTS)?, None)?;
    let model = Arc::new(loaded.model(Purpose::Draw)?);
    let mut drawing = Drawing::draw(model, 7, COUNT, SIZE, 1.0)?;
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, drawing.gif(COLUMNS, Colours::default(), || ())?)?;
        println!("{path} shows {COUNT} digits being drawn");
    } else {
        while drawing.step()? {}
        print!("{}", text(drawing.canvas()));
    }
    Ok(())
}

/// Digits as lines of text, two rows of pixels in each line.
fn text(canvases: &[f32]) -> String {
    let mut out = String::new();
    for digits in canvases.chunks(COLUMNS * SIZE * SIZE) {
        for y in (0..SIZE).step_by(2) {
            for digit in digits.chunks(SIZE * SIZE) {
                for x in 0..SIZE {
                    let ink = |y: usize| digit[y * SIZE + x] > 0.5;
                    out.push([' ', '▀', '▄', '█'][ink(y) as usize + 2 * ink(y + 1) as usize]);
                }
            }
            out.push('\n');
        }
    }
    out
}
