//! A drawing under way: digits from the prior, or images that are read and redrawn, glimpse by
//! glimpse and at any size.
//!
//! The network runs at model size; what it wrote at each glimpse is kept, and rendered onto a canvas
//! of the wanted size. Any glimpse can be gone back to without running the network again.

mod animation;
mod picture;
mod seen;

pub use animation::Colours;
pub use picture::Picture;
pub use seen::SHOWN_WINDOW;

use super::model::Draw;
use super::tape::{Latents, Lengths, Tape, write_onto};
use crate::budget::{DRAWING, product, room, sum, zeros};
use crate::config::Config;
use crate::error::{Error, Result, expect_finite, expect_pixels, shown};
use crate::layers::attention::Grid;
use crate::likelihood::mean;
use crate::noise;
use rand::rngs::Xoshiro256PlusPlus;
use std::sync::Arc;

enum Source {
    /// Latents from the prior, at this temperature.
    Prior(f32),
    /// Latents as given `[T, count, Z]`.
    Latents(Vec<f32>),
    /// Latents from the encoder, which reads these images `[count, C, B, A]`.
    Images(Vec<f32>),
}

/// Height of a canvas that is `size` pixels wide.
fn height(c: &Config, size: usize) -> u64 {
    product(&[size, c.height]).div_ceil(c.width as u64)
}

/// Bytes of a drawing, one picture of it and its latents included. Each digit has its own canvas, but they share the
/// filterbanks and the initial canvas.
fn bytes(c: &Config, count: usize, size: usize, reads: bool) -> u64 {
    let height = height(c, size);
    let canvas = product(&[c.channels, size]).saturating_mul(height);
    let of_count = |n: u64| n.saturating_mul(count as u64);
    let network = Lengths::of(c, count, false).total();
    let latents = product(&[c.glimpses, count, c.latent]);
    let read = if reads { product(&[c.glimpses, count, c.read_len()]).saturating_add(latents) } else { 0 };
    let banks = product(&[4, c.write_patch]).saturating_mul(height.saturating_add(size as u64));
    // A sheet whose last row is not full is up to twice its canvases.
    let picture = of_count(product(&[2, size]).saturating_mul(height));
    sum(&[network, latents, read, banks, canvas, of_count(canvas), of_count(canvas), picture])
        .saturating_mul(size_of::<f32>() as u64)
}

/// Digits being drawn: from the prior, or after images that are read.
pub struct Drawing {
    model: Arc<Draw<f32>>,
    tape: Tape<f32>,
    noise: Vec<Xoshiro256PlusPlus>,
    source: Source,
    /// Glimpses that the network has computed.
    computed: usize,
    /// Glimpses that the canvas shows.
    glimpse: usize,
    /// Latents of the computed glimpses `[T, count, Z]`, unless they were given.
    latents: Vec<f32>,
    /// Patches that were read, `[T, count, …]`, of the computed glimpses, if there are images.
    patches: Vec<f32>,
    /// −log p(x | canvas) after each computed glimpse, `[T + 1, count]`, if there are images.
    reconstruction: Vec<f32>,
    grid: Grid<f32>,
    rendered: (usize, usize),
    start: Vec<f32>,
    logits: Vec<f32>,
    shown: Vec<f32>,
    /// What ended the network's run early.
    failure: Option<Error>,
}

impl Drawing {
    /// Draws `count` digits from the prior onto canvases `size` pixels wide. Digit `i` depends on
    /// the seed and `i` alone. `temperature` scales the latents' standard deviation; 1 is the model's own.
    ///
    /// # Errors
    /// [`Error::Argument`] for a count, size or temperature that is out of range, or a drawing larger than
    /// [`DRAWING`] allows; [`Error::Memory`] if there is no room for it.
    pub fn draw(model: Arc<Draw<f32>>, seed: u64, count: usize, size: usize, temperature: f32) -> Result<Self> {
        Drawing::draw_from(model, seed, 0, count, size, temperature)
    }

    /// As [`Drawing::draw`], but of the seed's digits the `count` from `first` on.
    ///
    /// # Errors
    /// As [`Drawing::draw`].
    pub fn draw_from(
        model: Arc<Draw<f32>>,
        seed: u64,
        first: u64,
        count: usize,
        size: usize,
        temperature: f32,
    ) -> Result<Self> {
        if !(0.0..=10.0).contains(&temperature) {
            return Err(Error::argument("temperature", shown(temperature), "0 to 10"));
        }
        Drawing::new(model, seed, first, count, size, Source::Prior(temperature))
    }

    /// Draws from given latents `[T, count, Z]`, as [`Drawing::latents`] and [`crate::lab::latents`] give them.
    ///
    /// # Errors
    /// [`Error::Argument`] for latents that are not whole digits' or not finite, and for a size out of range.
    pub fn draw_latents(model: Arc<Draw<f32>>, latents: Vec<f32>, size: usize) -> Result<Self> {
        let digit = model.config.glimpses * model.config.latent; // at most 1024 × 4096
        if latents.is_empty() || !latents.len().is_multiple_of(digit) {
            let expected = format!("a positive multiple of {digit} values");
            return Err(Error::argument("the number of latents", latents.len(), expected));
        }
        if let Some(bad) = latents.iter().find(|z| !z.is_finite()) {
            return Err(Error::argument("a latent", shown(*bad), "a finite number"));
        }
        let count = latents.len() / digit;
        Drawing::new(model, 0, 0, count, size, Source::Latents(latents))
    }

    /// Reads images `[count, C, B, A]`, values in `[0, 1]`, and redraws them.
    ///
    /// # Errors
    /// [`Error::Argument`] for pixels that are not whole images of the model's size, or outside
    /// `[0, 1]`, and for a size out of range; [`Error::Weights`] if the model has no encoder.
    pub fn redraw(model: Arc<Draw<f32>>, pixels: &[f32], seed: u64, size: usize) -> Result<Self> {
        model.expect_reading()?;
        let image = model.config.pixels();
        if pixels.is_empty() || !pixels.len().is_multiple_of(image) {
            let expected = format!("a positive multiple of {image} values");
            return Err(Error::argument("the number of pixels", pixels.len(), expected));
        }
        expect_pixels(pixels)?;
        Drawing::new(model, seed, 0, pixels.len() / image, size, Source::Images(pixels.to_vec()))
    }

    fn new(model: Arc<Draw<f32>>, seed: u64, first: u64, count: usize, size: usize, source: Source) -> Result<Self> {
        let c = &model.config;
        if count == 0 || count > 10_000 {
            return Err(Error::argument("count", count, "1 to 10000"));
        }
        if size == 0 || size > 4096 {
            return Err(Error::argument("size", size, "1 to 4096"));
        }
        if !c.attention && size != c.width {
            return Err(Error::argument("size", size, format!("{}: without attention a model has one size", c.width)));
        }
        let reads = matches!(source, Source::Images(_));
        DRAWING.check([("count", count), ("size", size)], |[count, size]| bytes(c, count, size, reads))?;
        let rendered = (size, height(c, size) as usize);
        let values = product(&[count, c.channels, rendered.0, rendered.1]);
        let tape = Tape::new(&model, count, false)?;
        let n = if c.attention { c.write_patch } else { 1 };
        let (kept, given) = (if reads { c.glimpses } else { 0 }, matches!(source, Source::Latents(_)));
        let mut drawing = Drawing {
            tape,
            noise: (0..count).map(|i| noise::rng(seed, noise::DRAW, first.wrapping_add(i as u64))).collect(),
            source,
            computed: 0,
            glimpse: 0,
            latents: room(if given { 0 } else { product(&[c.glimpses, count, c.latent]) })?,
            patches: room(product(&[kept, count, c.read_len()]))?,
            reconstruction: room(product(&[kept + 1, count]))?,
            grid: Grid::new(n, c.channels, (c.width, c.height), rendered),
            start: picture::enlarge(model.canvas.values(), c.channels, (c.width, c.height), rendered),
            rendered,
            logits: zeros(values)?,
            shown: zeros(values)?,
            failure: None,
            model,
        };
        drawing.tape.start(&drawing.model);
        drawing.note_reconstruction()?;
        drawing.clear();
        drawing.show();
        Ok(drawing)
    }

    /// Images being drawn.
    pub fn count(&self) -> usize {
        self.tape.batch
    }

    /// Glimpses that the canvas shows.
    pub fn glimpse(&self) -> usize {
        self.glimpse
    }

    /// Glimpses in all, T.
    pub fn glimpses(&self) -> usize {
        self.model.config.glimpses
    }

    /// Width and height of a canvas, in pixels.
    pub fn size(&self) -> (usize, usize) {
        self.rendered
    }

    /// Canvases `[count, C, height, width]` after σ: the probability of ink.
    pub fn canvas(&self) -> &[f32] {
        &self.shown
    }

    /// Draws one glimpse more. False if all are drawn.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the network's numbers are no longer; the canvas stays at the last glimpse that was good.
    pub fn step(&mut self) -> Result<bool> {
        if self.glimpse == self.glimpses() {
            return Ok(false);
        }
        self.advance()?;
        self.show();
        Ok(true)
    }

    /// Runs the network for the glimpse after the one shown, so that the next [`Drawing::step`] has only to
    /// render it, or to give its error. What is shown stays.
    pub fn ahead(&mut self) {
        if self.glimpse == self.computed && self.computed < self.glimpses() {
            // `step` comes upon the failure again.
            let _ = self.compute();
        }
    }

    /// Goes to a glimpse, back or forth; beyond the last is the last.
    ///
    /// # Errors
    /// As [`Drawing::step`].
    pub fn seek(&mut self, glimpse: usize) -> Result<()> {
        let glimpse = glimpse.min(self.glimpses());
        if glimpse < self.glimpse {
            self.clear();
        }
        let mut reached = Ok(());
        while self.glimpse < glimpse && reached.is_ok() {
            reached = self.advance();
        }
        self.show();
        reached
    }

    fn clear(&mut self) {
        for canvas in self.logits.chunks_exact_mut(self.start.len()) {
            canvas.copy_from_slice(&self.start);
        }
        self.glimpse = 0;
    }

    fn advance(&mut self) -> Result<()> {
        let t = self.glimpse;
        if t == self.computed {
            self.compute()?;
        }
        let heads = self.tape.emitted(&self.model, t);
        write_onto(&self.model, heads, self.tape.batch, &mut self.grid, &mut self.logits);
        self.glimpse += 1;
        Ok(())
    }

    /// Runs the network for one glimpse; not again after a failure, whose noise is spent.
    fn compute(&mut self) -> Result<()> {
        let done = self.failure.clone().map_or_else(|| self.run(), Err);
        self.failure = done.clone().err();
        done
    }

    fn run(&mut self) -> Result<()> {
        let (model, t) = (&*self.model, self.computed);
        let (z, count) = (model.config.latent, self.tape.batch);
        for (rng, noise) in self.noise.iter_mut().zip(self.tape.noise_mut(model, t).chunks_exact_mut(z)) {
            noise::fill_normal(rng, noise);
        }
        let from = match &self.source {
            Source::Prior(temperature) => Latents::Prior(*temperature),
            Source::Latents(latents) => Latents::Given(&latents[t * count * z..][..count * z]),
            Source::Images(images) => Latents::Images(images),
        };
        self.tape.glimpse(model, t, from);
        let at = |what: &str| format!("{what} at glimpse {}", t + 1);
        if let Source::Images(_) = self.source {
            expect_finite(&self.tape.kl[t * count..][..count], || at("the divergence"))?;
        }
        for (b, row) in self.tape.inputs(model, t).enumerate() {
            if let Source::Images(images) = &self.source {
                let image = &images[b * model.config.pixels()..];
                self.patches.extend_from_slice(&image[..model.config.read_static()]);
                self.patches.extend_from_slice(&row[..model.row.patch]);
            }
            if !matches!(self.source, Source::Latents(_)) {
                self.latents.extend_from_slice(&row[model.row.z()..][..z]);
            }
        }
        // With finite heads the canvas holds no NaN: strokes and windows are bounded.
        expect_finite(self.tape.emitted(model, t), || at("what the decoder emits"))?;
        self.note_reconstruction()?;
        self.computed += 1;
        Ok(())
    }

    fn note_reconstruction(&mut self) -> Result<()> {
        if let Source::Images(images) = &self.source {
            self.tape.compare(images);
            expect_finite(&self.tape.reconstruction, || "the likelihood of an image".into())?;
            self.reconstruction.extend_from_slice(&self.tape.reconstruction);
        }
        Ok(())
    }

    fn show(&mut self) {
        // What is rendered has the planes of the means alone.
        mean(&self.logits, &mut self.shown);
    }

    /// KL in nats `[glimpse, count]` of the glimpses shown; empty if nothing is read.
    pub fn kl(&self) -> &[f32] {
        match self.source {
            Source::Images(_) => &self.tape.kl[..self.glimpse * self.count()],
            _ => &[],
        }
    }

    /// −log p(x | canvas) in nats `[glimpse + 1, count]`, before the first glimpse and after each
    /// shown; empty if nothing is read. With the sum of [`Drawing::kl`] it is the bound.
    pub fn reconstruction(&self) -> &[f32] {
        match self.source {
            Source::Images(_) => &self.reconstruction[..(self.glimpse + 1) * self.count()],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Purpose;
    use crate::weights;

    const INT8: &[u8] = include_bytes!("../../../www/weights/mnist-int8.safetensors");
    const ENCODER: &[u8] = include_bytes!("../../../www/weights/mnist-int8.encoder.safetensors");
    const TWO_DIGITS: [&[u8]; 2] = [
        include_bytes!("../../../www/weights/mnist-two-digits.safetensors"),
        include_bytes!("../../../www/weights/mnist-two-digits.encoder.safetensors"),
    ];

    /// A model as read, and with its decoder in whole numbers, as WebAssembly has it.
    fn models([decoder, encoder]: [&[u8]; 2]) -> [Arc<Draw<f32>>; 2] {
        let loaded = weights::load(decoder, Some(encoder)).unwrap();
        [false, true].map(|whole| {
            let mut model = Draw::new(&loaded.params, Purpose::Read).unwrap();
            if whole {
                model.draw_whole(&loaded.params, loaded.scales().unwrap());
            }
            Arc::new(model)
        })
    }

    #[test]
    fn whole_numbers_draw_within_a_grey_level() {
        // The first seed has the digit that moves farthest, of 24 seeds. Each of the others has one that whole numbers in more
        // of the glimpses move too far; the second only where f32 is not fused, as with `ATTENTIVE_WRITER_SIMD=scalar`.
        let digits = [10, 2, 5, 14, 18].map(|seed| ([INT8, ENCODER], 28, seed, 150));
        for (model, size, seed, count) in digits.into_iter().chain([(TWO_DIGITS, 60, 1, 30)]) {
            let drawn = models(model).map(|model| {
                let mut drawing = Drawing::draw(model, seed, count, size, 1.0).unwrap();
                drawing.seek(64).unwrap();
                (drawing.canvas().to_vec(), drawing.latents().unwrap())
            });
            let [(exact, _), (whole, latents)] = drawn;
            let largest = exact.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("canvases of {count} images differ by up to {largest}");
            assert!(largest > 0.0, "drawn by the same products");
            assert!(largest <= 1.0 / 255.0, "canvases differ by {largest}");
            // From latents too.
            let [_, model] = models(model);
            let mut again = Drawing::draw_latents(model, latents, size).unwrap();
            again.seek(64).unwrap();
            assert_eq!(again.canvas(), whole);
        }
    }

    #[test]
    fn what_is_read_is_redrawn_in_f32() {
        let image: Vec<f32> = (0..784).map(|i| ((i / 28 + i % 28) % 9 == 0) as u8 as f32).collect();
        let redrawn = models([INT8, ENCODER]).map(|model| {
            let mut drawing = Drawing::redraw(model, &image, 1, 28).unwrap();
            drawing.seek(64).unwrap();
            drawing.canvas().to_vec()
        });
        assert_eq!(redrawn[0], redrawn[1]);
    }

    #[test]
    fn weights_that_are_no_whole_numbers_draw_in_f32() {
        let mut loaded = weights::load(INT8, None).unwrap();
        let scales = loaded.scales().unwrap().to_vec();
        loaded.params.get_mut("decoder.weight_hh")[5] *= 1.001;
        let draw = |scales: Option<&[f32]>| {
            let mut model = Draw::new(&loaded.params, Purpose::Draw).unwrap();
            if let Some(scales) = scales {
                model.draw_whole(&loaded.params, scales);
            }
            let mut drawing = Drawing::draw(Arc::new(model), 1, 3, 28, 1.0).unwrap();
            drawing.seek(64).unwrap();
            drawing.canvas().to_vec()
        };
        assert_eq!(draw(None), draw(Some(&scales)));
    }
}
