//! Reads an image and draws it again, and prints what that costs: the two parts of the bound, in nats. The image is the
//! first of a data set: of the digits that come with the repository, or of the file given, as IDX, .npy, .amat or bits.
//!
//! ```sh
//! cargo run --release --example redraw
//! cargo run --release --example redraw t10k-images-idx3-ubyte.gz
//! ```

use attentive_writer::data::{self, Hint};
use attentive_writer::drawing::Drawing;
use attentive_writer::model::Purpose;
use attentive_writer::weights;
use std::sync::Arc;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/weights/mnist-int8");
const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/data/mnist.bits.gz");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| DIGITS.into());
    let found = data::read(&std::fs::read(&path)?, &Hint { name: Some(&path), ..Hint::default() })?;
    let image: Vec<f32> = found.data.levels(0).iter().map(|level| *level as f32 / 255.0).collect();

    // Reading takes the encoder half of the weights too.
    let [decoder, encoder] =
        ["safetensors", "encoder.safetensors"].map(|end| std::fs::read(format!("{WEIGHTS}.{end}")));
    let loaded = weights::load(&decoder?, Some(&encoder?))?;
    let model = Arc::new(loaded.model(Purpose::Read)?);
    let width = model.config().width;
    let mut drawing = Drawing::redraw(model, &image, 7, width)?;
    while drawing.step()? {}

    println!("the image, and as it was drawn again:");
    let shade = |value: &f32| ['·', '░', '▒', '▓', '█'][(value * 4.0).round() as usize];
    for (of_image, drawn) in image.chunks(width).zip(drawing.canvas().chunks(width)) {
        let line = |row: &[f32]| row.iter().map(shade).collect::<String>();
        println!("{}  {}", line(of_image), line(drawn));
    }
    let reconstruction = drawing.reconstruction()[drawing.glimpses()];
    let kl: f32 = drawing.kl().iter().sum();
    println!("{reconstruction:.2} nats of reconstruction + {kl:.2} nats of KL = a bound of {:.2}", reconstruction + kl);
    Ok(())
}
