//! One digit's glimpses with all that each of them computes: the paper's Figure 2 in numbers. A drawing keeps what a
//! viewer sees; a [`Trace`] keeps what the machine has inside.

use crate::attention::{WINDOW_LEN, Window};
use crate::budget::{FIGURE, product, sum, zeros};
use crate::config::Config;
use crate::draw::drawing::SHOWN_WINDOW;
use crate::draw::model::Draw;
use crate::draw::tape::{Latents, Lengths, Tape};
use crate::error::{Result, expect_finite, expect_image};
use crate::kernels::gemm::Init;
use crate::noise;
use std::f64::consts::LN_2;

/// Where the latents of a trace come from, and their noise.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// From q of this image `[C, B, A]`, values in `[0, 1]`, with the noise of
    /// [`Drawing::redraw`](crate::drawing::Drawing::redraw) with this seed.
    Read(&'a [f32], u64),
    /// The same with the noise that [`bound`](crate::eval::bound) has for the first image of a set with this seed.
    Price(&'a [f32], u64),
    /// From the prior, with the noise of [`Drawing::draw`](crate::drawing::Drawing::draw) with this seed, at
    /// temperature 1.
    Dream(u64),
}

/// What the glimpses of one digit computed, each part one glimpse after the other. Of a dream what belongs to the
/// encoder, or compares with an image, is empty. Without attention windows are zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The read's window `[T, 5]`: centre x, centre y, stride, sigma and gamma, in pixels from the image's corner
    /// (equations 21 to 24).
    pub read_windows: Vec<f32>,
    /// The error image before each glimpse, x − σ(c) `[T, C, B, A]` (equation 3).
    pub errors: Vec<f32>,
    /// What was read, `[T, 2, C, N, N]`: the patch of the image and that of its error (equations 4 and 27).
    pub read_patches: Vec<f32>,
    /// The encoder's state h `[T, H]` (equation 5).
    pub encoder: Vec<f32>,
    /// The memory c of its LSTM `[T, H]`.
    pub encoder_cells: Vec<f32>,
    /// The means of q `[T, Z]` (equation 1).
    pub means: Vec<f32>,
    /// Its standard deviations `[T, Z]` (equation 2).
    pub deviations: Vec<f32>,
    /// The latents z `[T, Z]`: drawn from q (equation 6), or from the prior (equation 13).
    pub latents: Vec<f32>,
    /// The divergence of q from the prior in nats, summed over the glimpses up to each `[T + 1]` (equation 11); 0
    /// before the first.
    pub spent: Vec<f32>,
    /// The decoder's state h `[T, H]` (equation 7).
    pub decoder: Vec<f32>,
    /// The memory c of its LSTM `[T, H]`.
    pub decoder_cells: Vec<f32>,
    /// What is written through the window `[T, C, N, N]` (equation 28).
    pub write_patches: Vec<f32>,
    /// The write's window `[T, 5]`, as those of the read.
    pub write_windows: Vec<f32>,
    /// What each glimpse adds to the canvas, in log-odds of ink `[T, C, B, A]` (equation 29).
    pub strokes: Vec<f32>,
    /// The canvas before the first glimpse and after each, after σ `[T + 1, C, B, A]` (equation 8).
    pub canvases: Vec<f32>,
    /// −log p(x | canvas) in nats, before the first glimpse and after each `[T + 1]` (equation 9).
    pub reconstruction: Vec<f32>,
    /// What is spent and the reconstruction, in nats `[T + 1]`; the last is the bound (equation 12) of this image with
    /// this noise.
    pub bound: Vec<f32>,
    /// The same in bits.
    pub bits: Vec<f32>,
}

/// Bytes of a trace and the tape that it is taken from.
fn bytes(c: &Config, glimpses: usize) -> u64 {
    let images = product(&[glimpses.saturating_add(1), 3, c.pixels()]);
    let states = product(&[glimpses, 4, c.hidden]);
    let rest = product(&[glimpses, c.read_len().saturating_add(c.write_len()).saturating_add(4 * c.latent)]);
    sum(&[images, states, rest, Lengths::of(c, 1, false).total()]).saturating_mul(size_of::<f32>() as u64)
}

impl Trace {
    /// Runs all glimpses of one digit.
    ///
    /// # Errors
    /// [`Error::Argument`] for an image of another size or with values outside `[0, 1]`, or a trace larger than
    /// [`FIGURE`] allows; [`Error::Weights`] if the model is to read and has no encoder; [`Error::NotFinite`] for
    /// weights that lead beyond numbers.
    ///
    /// [`Error::Argument`]: crate::Error::Argument
    /// [`Error::Weights`]: crate::Error::Weights
    /// [`Error::NotFinite`]: crate::Error::NotFinite
    pub fn of(model: &Draw<f32>, source: Source) -> Result<Trace> {
        let c = &model.config;
        let (image, seed, purpose) = match source {
            Source::Read(image, seed) => (Some(image), seed, noise::DRAW),
            Source::Price(image, seed) => (Some(image), seed, noise::EVAL),
            Source::Dream(seed) => (None, seed, noise::DRAW),
        };
        if let Some(image) = image {
            model.expect_reading()?;
            expect_image(image, c.pixels())?;
        }
        FIGURE.check([("the number of glimpses", c.glimpses)], |[t]| bytes(c, t))?;
        let mut tape = Tape::new(model, 1, false)?;
        let (mut rng, mut trace) = (noise::rng(seed, purpose, 0), Trace::default());
        tape.start(model);
        trace.note_canvas(model, &mut tape, image);
        let mut before = zeros(c.canvas_len() as u64)?;
        for t in 0..c.glimpses {
            before.copy_from_slice(&tape.canvas);
            noise::fill_normal(&mut rng, tape.noise_mut(model, t));
            match image {
                Some(image) => tape.glimpse(model, t, Latents::Images(image)),
                None => {
                    tape.glimpse(model, t, Latents::Prior(1.0));
                    tape.write(model, t);
                }
            }
            if let Some(image) = image {
                trace.note_encoder(model, &tape, t, image);
            }
            trace.note_decoder(model, &tape, t, &before);
            trace.note_canvas(model, &mut tape, image);
        }
        trace.add_up(&tape);
        expect_finite(trace.parts().iter().flat_map(|(_, values)| *values), || "what a glimpse computes".into())?;
        Ok(trace)
    }

    /// The encoder's half of the glimpse that was just run.
    fn note_encoder(&mut self, model: &Draw<f32>, tape: &Tape<f32>, t: usize, image: &[f32]) {
        let (c, row) = (&model.config, &model.row);
        let heads = tape.emitted_before(model, t);
        self.read_windows.extend(window(c, heads.get(model.heads.read_at()..), c.read_patch));
        self.errors.extend(image.iter().zip(&tape.shown).map(|(x, shown)| x - shown));
        self.read_patches.extend_from_slice(&image[..c.read_static()]);
        let at = |t: usize| &tape.rows[tape.slot(t) * row.width()..][..row.width()];
        self.read_patches.extend_from_slice(&at(t)[..row.patch]);
        self.encoder.extend_from_slice(&at(t + 1)[row.h_enc()..][..c.hidden]);
        self.encoder_cells.extend_from_slice(&tape.encoder_cell[tape.slot(t + 1) * c.hidden..][..c.hidden]);
        let (means, log_deviations) = tape.stats.split_at(c.latent);
        self.means.extend_from_slice(means);
        if c.variational {
            self.deviations.extend(log_deviations[..c.latent].iter().map(|l| l.exp()));
        } else {
            self.deviations.resize(self.means.len(), 0.0);
        }
    }

    /// Its latents, the decoder's half, and what was added to the canvas.
    fn note_decoder(&mut self, model: &Draw<f32>, tape: &Tape<f32>, t: usize, before: &[f32]) {
        let (c, row) = (&model.config, &model.row);
        let at = |t: usize| &tape.rows[tape.slot(t) * row.width()..][..row.width()];
        self.latents.extend_from_slice(&at(t)[row.z()..]);
        self.decoder.extend_from_slice(&at(t + 1)[row.h_dec()..][..c.hidden]);
        self.decoder_cells.extend_from_slice(&tape.decoder_cell[tape.slot(t + 1) * c.hidden..][..c.hidden]);
        let heads = tape.emitted(model, t);
        self.write_patches.extend_from_slice(&heads[model.heads.patch_at()..][..c.written_means()]);
        self.write_windows.extend(window(c, Some(heads), c.write_patch));
        self.strokes.extend(tape.canvas.iter().zip(before).take(c.pixels()).map(|(after, before)| after - before));
    }

    /// The canvas as it is, and what it says of the image.
    fn note_canvas(&mut self, model: &Draw<f32>, tape: &mut Tape<f32>, image: Option<&[f32]>) {
        let (from, pixels) = (self.canvases.len(), model.config.pixels());
        self.canvases.resize(from + pixels, 0.0);
        model.config.likelihood.mean(pixels, &tape.canvas, &mut self.canvases[from..]);
        if let Some(image) = image {
            tape.compare(image);
            self.reconstruction.push(tape.reconstruction[0]);
        }
    }

    /// The sums, once all glimpses are there.
    fn add_up(&mut self, tape: &Tape<f32>) {
        let mut spent = 0.0f64;
        for (t, reconstruction) in self.reconstruction.iter().enumerate() {
            spent += t.checked_sub(1).map_or(0.0, |before| tape.kl[before] as f64);
            let bound = spent + *reconstruction as f64;
            self.spent.push(spent as f32);
            self.bound.push(bound as f32);
            self.bits.push((bound / LN_2) as f32);
        }
    }

    /// All parts, by the names that JavaScript has for them.
    pub fn parts(&self) -> [(&'static str, &[f32]); 18] {
        [
            ("readWindows", &self.read_windows),
            ("errors", &self.errors),
            ("readPatches", &self.read_patches),
            ("encoder", &self.encoder),
            ("encoderCells", &self.encoder_cells),
            ("means", &self.means),
            ("deviations", &self.deviations),
            ("latents", &self.latents),
            ("spent", &self.spent),
            ("decoder", &self.decoder),
            ("decoderCells", &self.decoder_cells),
            ("writePatches", &self.write_patches),
            ("writeWindows", &self.write_windows),
            ("strokes", &self.strokes),
            ("canvases", &self.canvases),
            ("reconstruction", &self.reconstruction),
            ("bound", &self.bound),
            ("bits", &self.bits),
        ]
    }
}

/// The window that emitted numbers mean, in pixels from the image's corner; zeros without attention.
fn window(c: &Config, emitted: Option<&[f32]>, n: usize) -> [f32; SHOWN_WINDOW] {
    match emitted.and_then(|heads| heads.get(..WINDOW_LEN)).filter(|_| c.attention) {
        Some(five) => Window::from_params(five, c.width, c.height, n).shown(),
        None => [0.0; SHOWN_WINDOW],
    }
}

/// The latents that the decoder gives any weight: training drives the weights of the others to zero, where a glimpse
/// has more latents than it needs.
pub fn latents_in_use(model: &Draw<f32>) -> Vec<usize> {
    let c = &model.config;
    let (width, gates) = (model.row.decoder_len(), 4 * c.hidden);
    let (mut input, mut weights) = (vec![0.0f32; width], vec![0.0f32; gates]);
    let used = |k: &usize| {
        input.fill(0.0);
        input[c.hidden + k] = 1.0;
        model.decoder.gates.forward(1, &input, width, Init::Zero, &mut weights, gates);
        weights.iter().any(|w| *w != 0.0)
    };
    (0..c.latent).filter(used).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::drawing::Drawing;
    use crate::error::Error;
    use crate::eval;
    use crate::model::Purpose;
    use crate::params::Params;
    use std::ops::ControlFlow;
    use std::sync::Arc;

    fn params(name: &str) -> Params<f32> {
        let config = Config { glimpses: 4, hidden: 12, latent: 5, ..Config::preset(name).unwrap() };
        let mut params = Params::fresh(&config, 3).unwrap();
        params.data_mut().iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * (i as f32).sin());
        params
    }

    fn bar() -> Vec<f32> {
        (0..784).map(|i| if (10..14).contains(&(i % 28)) { 1.0 } else { 0.0 }).collect()
    }

    /// What a drawing shows after each glimpse is what its trace has, for models with attention, without it, and
    /// without q.
    #[test]
    fn a_trace_is_its_drawing() {
        for name in ["mnist-small", "mnist-no-attention", "autoencoder", "cifar"] {
            let params = params(name);
            let c = params.config().clone();
            let model = Arc::new(Draw::new(&params, Purpose::Read).unwrap());
            let image: Vec<f32> = bar().into_iter().cycle().take(c.pixels()).collect();
            let sources = [
                (Drawing::redraw(model.clone(), &image, 7, c.width), Source::Read(&image, 7)),
                (Drawing::draw(model.clone(), 7, 1, c.width, 1.0), Source::Dream(7)),
            ];
            for (drawing, source) in sources {
                let (mut drawing, trace) = (drawing.unwrap(), Trace::of(&model, source).unwrap());
                let at =
                    |part: &[f32], t: usize, of: usize| part[t * part.len() / of..(t + 1) * part.len() / of].to_vec();
                let reads = matches!(source, Source::Read(..));
                for t in 0..=c.glimpses {
                    assert_eq!(at(&trace.canvases, t, c.glimpses + 1), drawing.canvas(), "{name}: glimpse {t}");
                    assert_eq!(trace.reconstruction.get(..t + 1).unwrap_or(&[]), drawing.reconstruction());
                    let kl = drawing.kl().iter().map(|k| *k as f64).sum::<f64>() as f32;
                    assert_eq!(trace.spent.get(t).copied(), reads.then_some(kl));
                    if drawing.step().unwrap() {
                        assert_eq!(at(&trace.write_windows, t, c.glimpses), drawing.write_windows());
                        assert_eq!(at(&trace.write_patches, t, c.glimpses), drawing.write_patches());
                        assert_eq!(at(&trace.read_patches, t, c.glimpses), drawing.read_patches());
                        let windows = at(&trace.read_windows, t, c.glimpses);
                        assert_eq!(if reads { windows } else { vec![0.0; 5] }, drawing.read_windows());
                    }
                }
                assert_eq!(trace.latents, drawing.latents().unwrap());
                assert_eq!(trace.errors.is_empty(), !reads);
            }
        }
    }

    #[test]
    fn its_price_is_the_bound_of_a_set_of_that_image() {
        let params = params("mnist-small");
        let model = Draw::new(&params, Purpose::Read).unwrap();
        let levels = bar().iter().map(|v| 255 * *v as u8).collect();
        let data = Dataset::from_levels(levels, 28, 28, 1).unwrap();
        for seed in [0, 4] {
            let bound = eval::bound(&model, &data, 1, seed, 1, |_| ControlFlow::Continue(())).unwrap();
            let trace = Trace::of(&model, Source::Price(&bar(), seed)).unwrap();
            let last = |part: &[f32]| *part.last().unwrap() as f64;
            assert!((last(&trace.bound) - bound.nll_bound_nats).abs() < 1e-4);
            assert!((last(&trace.spent) - bound.kl_nats).abs() < 1e-5);
            assert!((last(&trace.bits) * 2.0f64.ln() - bound.nll_bound_nats).abs() < 1e-4);
        }
    }

    #[test]
    fn a_latent_without_weight_is_not_in_use() {
        let mut params = params("mnist-small");
        let c = params.config().clone();
        for row in params.get_mut("decoder.weight_ih").chunks_exact_mut(c.latent) {
            (row[1], row[3]) = (0.0, 0.0);
        }
        assert_eq!(latents_in_use(&Draw::new(&params, Purpose::Draw).unwrap()), [0, 2, 4]);
    }

    #[test]
    fn bad_requests_are_refused() {
        let params = params("mnist-small");
        let (reads, draws) = [Purpose::Read, Purpose::Draw].map(|p| Draw::new(&params, p).unwrap()).into();
        let fails = |model, image: &[f32]| Trace::of(model, Source::Read(image, 1)).unwrap_err().to_string();
        assert!(fails(&reads, &[0.0; 9]).contains("784"));
        assert!(fails(&reads, &[2.0; 784]).contains("from 0 to 1"));
        assert!(fails(&draws, &bar()).contains("encoder"));
        let mut wild = params.clone();
        wild.data_mut().fill(1e38);
        let wild = Draw::new(&wild, Purpose::Read).unwrap();
        assert!(matches!(Trace::of(&wild, Source::Read(&bar(), 1)), Err(Error::NotFinite { .. })));
    }
}
