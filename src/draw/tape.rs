//! One batch unrolled over its glimpses, forward: equations 3 to 8 of the paper, glimpse by glimpse.
//!
//! A tape for training keeps every glimpse for [`super::backprop`]; one for drawing keeps the present
//! glimpse and the next, and the heads of all, from which any canvas can be rendered again.

pub(crate) use super::lengths::Lengths;

use super::lengths::depth;
use super::model::Draw;
use crate::budget::{TRAINING, buffers};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::Init;
use crate::layers::attention::{Grid, read, write};
use crate::layers::prior::Prior;
use crate::layers::{latent, lstm, whole};
use crate::likelihood::Likelihood;

/// The state of a batch at each glimpse. Buffers are `[glimpse, batch, …]`.
pub struct Tape<T> {
    /// Images in the batch.
    pub(crate) batch: usize,
    /// Glimpses that rows and cells are kept for: all and one more, or two.
    depth: usize,
    keep: bool,
    likelihood: Likelihood,
    /// Rows as in [`super::model::RowLayout`], cells of both LSTMs.
    pub(crate) rows: Vec<T>,
    pub(crate) encoder_cell: Vec<T>,
    pub(crate) decoder_cell: Vec<T>,
    /// What the image itself adds to the encoder's gates, with their bias `[batch, 4H]`; empty with attention.
    image_gates: Vec<T>,
    /// Activated gates; their gradients after the backward pass.
    pub(crate) encoder_gates: Vec<T>,
    pub(crate) decoder_gates: Vec<T>,
    /// μ and log σ; their gradients after the backward pass.
    pub(crate) stats: Vec<T>,
    /// ε of each glimpse, to be filled before its step.
    pub(crate) noise: Vec<T>,
    /// What the decoder emitted after each glimpse `[T + 1, batch, heads]`; the first row block is
    /// that of the initial state.
    pub(crate) heads: Vec<T>,
    /// The canvas's means before each glimpse.
    pub(crate) shown: Vec<T>,
    /// The canvases now `[batch, planes, B, A]`; the planes of the means are logits.
    pub(crate) canvas: Vec<T>,
    /// KL of each glimpse in nats `[T, batch]`.
    pub(crate) kl: Vec<T>,
    /// −log p(x | canvas) in nats `[batch]`, at the last [`Tape::compare`].
    pub(crate) reconstruction: Vec<T>,
    /// The gradient of the canvas, from [`Tape::compare`] on.
    pub(crate) d_canvas: Vec<T>,
    pub(crate) read_grid: Grid<T>,
    pub(crate) write_grid: Grid<T>,
}

impl<T: Real> Tape<T> {
    /// A tape for `batch` images; `keep` all glimpses for a backward pass, or only the present.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error) if it would be larger than [`TRAINING`] allows,
    /// [`Error::Memory`](crate::Error) if there is no room for it.
    pub fn new(model: &Draw<T>, batch: usize, keep: bool) -> Result<Self> {
        let c = &model.config;
        let bytes = |n| Lengths::of(c, n, keep).total().saturating_mul(size_of::<T>() as u64);
        TRAINING.check([("batch", batch)], |[n]| bytes(n))?;
        let n = Lengths::of(c, batch, keep);
        let grid = |n, channels| {
            let n = if c.attention { n } else { 1 };
            Grid::new(n, channels, (c.width, c.height), (c.width, c.height))
        };
        let [rows, image_gates, stats, noise, heads, shown, kl, reconstruction] =
            buffers([n.rows, n.image_gates, n.stats, n.noise, n.heads, n.shown, n.kl, n.batch])?;
        let [encoder_cell, decoder_cell, encoder_gates, decoder_gates, canvas, d_canvas] =
            buffers([n.cell, n.cell, n.gates, n.gates, n.canvas, n.canvas])?;
        Ok(Tape {
            batch,
            depth: depth(c.glimpses, keep).0,
            keep,
            likelihood: c.likelihood,
            rows,
            encoder_cell,
            decoder_cell,
            image_gates,
            encoder_gates,
            decoder_gates,
            stats,
            noise,
            heads,
            shown,
            canvas,
            kl,
            reconstruction,
            d_canvas,
            read_grid: grid(c.read_patch, c.channels),
            write_grid: grid(c.write_patch, c.planes()),
        })
    }

    /// ε of every glimpse that is kept `[T, batch, Z]`, to be filled before it.
    pub fn all_noise_mut(&mut self) -> &mut [T] {
        &mut self.noise
    }

    /// The canvases now `[batch, planes, B, A]`; the planes of the means are logits.
    pub fn canvas(&self) -> &[T] {
        &self.canvas
    }

    /// KL of each glimpse in nats `[T, batch]`.
    pub fn kl(&self) -> &[T] {
        &self.kl
    }

    /// −log p(x | canvas) in nats `[batch]`, after [`Tape::compare`].
    pub fn reconstruction(&self) -> &[T] {
        &self.reconstruction
    }

    /// Where glimpse `t`'s rows and cells are kept.
    pub(crate) fn slot(&self, t: usize) -> usize {
        t % self.depth
    }

    /// Where glimpse `t`'s gates, statistics and noise are kept.
    pub(crate) fn place(&self, t: usize) -> usize {
        if self.keep { t } else { 0 }
    }

    /// ε of glimpse `t` `[batch, Z]`.
    pub fn noise_mut(&mut self, model: &Draw<T>, t: usize) -> &mut [T] {
        let (at, n) = (self.place(t), self.batch * model.config.latent);
        &mut self.noise[at * n..][..n]
    }

    /// Each image's row at glimpse `t`, the present one or kept: `[read patch | h_enc | h_dec | z]`.
    pub fn inputs<'a>(&'a self, model: &Draw<T>, t: usize) -> impl Iterator<Item = &'a [T]> + use<'a, T> {
        let n = self.batch * model.row.width();
        self.rows[self.slot(t) * n..][..n].chunks_exact(model.row.width())
    }

    /// What the decoder emitted at glimpse `t` (from 0) `[batch, heads]`; row `b` holds the write
    /// window, the patch, and the window of the next read.
    pub fn emitted(&self, model: &Draw<T>, t: usize) -> &[T] {
        let n = self.batch * model.heads.width();
        &self.heads[(t + 1) * n..][..n]
    }

    /// The window that glimpse `t` reads through was emitted one glimpse before: `[batch, heads]`,
    /// each row's last five numbers.
    pub(crate) fn emitted_before(&self, model: &Draw<T>, t: usize) -> &[T] {
        let n = self.batch * model.heads.width();
        &self.heads[t * n..][..n]
    }

    /// Goes back to the initial state: the learned canvas, and no memory.
    pub fn start(&mut self, model: &Draw<T>) {
        let (h, w) = (model.config.hidden, model.row.width());
        self.rows[..self.batch * w].fill(T::zero());
        self.encoder_cell[..self.batch * h].fill(T::zero());
        self.decoder_cell[..self.batch * h].fill(T::zero());
        model.canvas.forward(&mut self.canvas);
        self.emit(model, 0);
    }

    /// Glimpse `t`'s encoder half: the error image, the read, h_enc, and z from q(z | h_enc)
    /// (equations 3 to 6). The images must be those of glimpse 0.
    ///
    /// # Panics
    /// If the model was packed for drawing alone.
    pub fn encode(&mut self, model: &Draw<T>, t: usize, images: &[T]) {
        let layers = model.encoder();
        let (c, row, batch) = (&model.config, &model.row, self.batch);
        let (pixels, w, h, z) = (c.pixels(), row.width(), c.hidden, c.latent);
        let (here, next, place) = (self.slot(t), self.slot(t + 1), self.place(t));
        self.read(model, t, images);
        let gates = &mut self.encoder_gates[place * batch * 4 * h..][..batch * 4 * h];
        let mut init = layers.lstm.gates.bias();
        if !c.attention {
            if t == 0 {
                layers.image.forward(batch, images, pixels, init, &mut self.image_gates, 4 * h);
            }
            gates.copy_from_slice(&self.image_gates);
            init = Init::Accumulate;
        }
        let (before, cell) = here_and_next(&mut self.encoder_cell, here, next, batch * h);
        let (rows, out) = here_and_next(&mut self.rows, here, next, batch * w);
        let out = &mut out[row.h_enc()..];
        let step = lstm::Forward { hidden: h, batch, gates, before, cell, out, out_stride: w };
        layers.lstm.forward((rows, w), init, step);

        let h_enc = &self.rows[next * batch * w + row.h_enc()..];
        let stats = &mut self.stats[place * batch * 2 * z..][..batch * 2 * z];
        layers.latent.forward(batch, h_enc, w, layers.latent.bias(), stats, 2 * z);
        let out = &mut self.rows[here * batch * w + row.z()..];
        let kl = &mut self.kl[t * batch..][..batch];
        if !c.variational {
            return latent::mean(z, stats, out, w, kl);
        }
        let heads = t * batch * model.heads.width()..(t + 1) * batch * model.heads.width();
        let prior = model.prior(&self.heads[heads]);
        let noise = &self.noise[place * batch * z..][..batch * z];
        latent::Forward { prior, latent: z, batch, stats, noise, out, out_stride: w, kl }.run();
    }

    /// Glimpse `t`'s read, of the image and of its error (equations 3 and 4).
    fn read(&mut self, model: &Draw<T>, t: usize, images: &[T]) {
        let (c, batch, w) = (&model.config, self.batch, model.row.width());
        let (pixels, here, place) = (c.pixels(), self.slot(t), self.place(t));
        let shown = &mut self.shown[place * batch * pixels..][..batch * pixels];
        c.likelihood.mean(pixels, &self.canvas, shown);
        let rows = &mut self.rows[here * batch * w..][..batch * w];
        if c.attention {
            let heads = &self.heads[t * batch * model.heads.width()..];
            read::Forward {
                grid: &mut self.read_grid,
                batch,
                heads: &heads[model.heads.read_at()..],
                head_stride: model.heads.width(),
                image: images,
                canvas: shown,
                out: rows,
                out_stride: w,
            }
            .run();
        } else {
            whole::read(pixels, images, shown, rows, w);
        }
    }

    /// Glimpse `t`'s latent from the prior instead, its noise times `temperature` (section 2.3).
    pub(crate) fn dream(&mut self, model: &Draw<T>, t: usize, temperature: T) {
        let (w, z, at) = (model.row.width(), model.config.latent, model.row.z());
        let (here, place, batch) = (self.slot(t), self.place(t), self.batch);
        let n = batch * model.heads.width();
        let prior = model.prior(&self.heads[t * n..][..n]);
        let noise = &self.noise[place * batch * z..][..batch * z];
        let rows = &mut self.rows[here * batch * w..][..batch * w];
        for (b, (row, noise)) in rows.chunks_exact_mut(w).zip(noise.chunks_exact(z)).enumerate() {
            for (u, (z, e)) in row[at..at + z].iter_mut().zip(noise).enumerate() {
                *z = prior.draw(b, u, temperature * *e);
            }
        }
    }

    /// Adds log q(z | h_enc) − log p(z) of glimpse `t`'s sample, for each image.
    pub fn add_log_ratio(&self, model: &Draw<T>, t: usize, out: &mut [f64]) {
        let (z, w, at) = (model.config.latent, model.row.width(), model.row.z());
        let rows = self.rows[self.slot(t) * self.batch * w..].chunks_exact(w);
        let stats = self.stats[self.place(t) * self.batch * 2 * z..].chunks_exact(2 * z);
        let noise = self.noise[self.place(t) * self.batch * z..].chunks_exact(z);
        let prior = model.prior(self.emitted_before(model, t));
        for (b, (((out, row), stats), noise)) in out.iter_mut().zip(rows).zip(stats).zip(noise).enumerate() {
            for (u, ((z, log_sigma), e)) in row[at..at + z].iter().zip(&stats[z..]).zip(noise).enumerate() {
                let [square, of_prior] = prior.measure(b, u, z.f64());
                *out += 0.5 * (square - e.f64() * e.f64()) - (log_sigma.f64() - of_prior);
            }
        }
    }

    /// Glimpse `t`'s decoder half: h_dec (equation 7), and what it emits.
    pub fn decode(&mut self, model: &Draw<T>, t: usize) {
        self.decode_by(model, t, |(input, stride), step| {
            model.decoder.forward((input, stride), model.decoder.gates.bias(), step);
        });
    }

    /// The same of what is only drawn: in whole numbers, where the model has them. Not in the first seven sixteenths, where it
    /// is decided what will be drawn: what is rounded there grows. After three eighths it still moved a digit of ten thousand
    /// by more than a grey level.
    fn decode_drawn(&mut self, model: &Draw<T>, t: usize) {
        if t < model.config.glimpses * 7 / 16 {
            return self.decode(model, t);
        }
        self.decode_by(model, t, |input, step| model.decoder.forward_whole(input, step));
    }

    fn decode_by(&mut self, model: &Draw<T>, t: usize, decode: impl FnOnce((&[T], usize), lstm::Forward<T>)) {
        let (row, batch, h) = (&model.row, self.batch, model.config.hidden);
        let w = row.width();
        let (here, next, place) = (self.slot(t), self.slot(t + 1), self.place(t));
        let gates = &mut self.decoder_gates[place * batch * 4 * h..][..batch * 4 * h];
        let (before, cell) = here_and_next(&mut self.decoder_cell, here, next, batch * h);
        let (rows, out) = here_and_next(&mut self.rows, here, next, batch * w);
        let (input, out) = (&rows[row.h_dec()..], &mut out[row.h_dec()..]);
        let step = lstm::Forward { hidden: h, batch, gates, before, cell, out, out_stride: w };
        decode((input, w), step);
        self.emit(model, t + 1);
    }

    /// The heads of the decoder's state before glimpse `t`.
    fn emit(&mut self, model: &Draw<T>, t: usize) {
        let (w, n) = (model.row.width(), model.heads.width());
        let state = &self.rows[self.slot(t) * self.batch * w + model.row.h_dec()..];
        let heads = &mut self.heads[t * self.batch * n..][..self.batch * n];
        model.head.forward(self.batch, state, w, model.head.bias(), heads, n);
    }

    /// Writes glimpse `t` onto the canvas (equation 8).
    pub fn write(&mut self, model: &Draw<T>, t: usize) {
        let n = self.batch * model.heads.width();
        let heads = &self.heads[(t + 1) * n..][..n];
        write_onto(model, heads, self.batch, &mut self.write_grid, &mut self.canvas);
    }

    /// One glimpse whole: z from the images that are read, from the prior at a temperature, or given; then the decoder. What is
    /// read is answered on the canvas; a dream leaves the canvas to whoever renders it, at any size.
    pub fn glimpse(&mut self, model: &Draw<T>, t: usize, from: Latents<T>) {
        match from {
            Latents::Images(images) => {
                self.encode(model, t, images);
                self.decode(model, t);
                self.write(model, t);
            }
            Latents::Prior(temperature) => {
                self.dream(model, t, temperature);
                self.decode_drawn(model, t);
            }
            Latents::Given(latents) => {
                let (w, z, at) = (model.row.width(), model.config.latent, model.row.z());
                let here = self.slot(t) * self.batch * w;
                for (row, latents) in self.rows[here..].chunks_exact_mut(w).zip(latents.chunks_exact(z)) {
                    row[at..at + z].copy_from_slice(latents);
                }
                self.decode_drawn(model, t);
            }
        }
    }

    /// Compares the canvas, as it is after any glimpse, with the images: [`Tape::reconstruction`] becomes −log p(x | canvas),
    /// and the canvas's gradient, where [`super::backprop`] begins, that of it.
    pub fn compare(&mut self, images: &[T]) {
        let pixels = self.canvas.len() / self.likelihood.planes() / self.batch;
        self.likelihood.nats(pixels, &self.canvas, images, &mut self.reconstruction, &mut self.d_canvas);
    }

    /// All glimpses, and the comparison of the last canvas. The noise must be in place, and the tape must keep it all.
    pub fn forward(&mut self, model: &Draw<T>, images: &[T]) {
        self.start(model);
        for t in 0..model.config.glimpses {
            self.glimpse(model, t, Latents::Images(images));
        }
        self.compare(images);
    }
}

/// Where a glimpse's latents come from.
#[derive(Clone, Copy, Debug)]
pub enum Latents<'a, T> {
    /// From q, of these images `[batch, C, B, A]` (equations 3 to 6).
    Images(&'a [T]),
    /// From the prior, its noise times a temperature (section 2.3).
    Prior(T),
    /// These `[batch, Z]`.
    Given(&'a [T]),
}

/// Adds what the decoder emitted to canvases of the grid's size `[batch, planes, B, A]`.
pub(crate) fn write_onto<T: Real>(model: &Draw<T>, heads: &[T], batch: usize, grid: &mut Grid<T>, canvas: &mut [T]) {
    let stride = model.heads.width();
    if model.config.attention {
        write::Forward { grid, batch, heads, head_stride: stride, canvas }.run();
    } else {
        whole::write(grid.pixels(), heads, stride, canvas);
    }
}

/// A cell's state before and after a glimpse, out of one buffer.
fn here_and_next<T>(cells: &mut [T], here: usize, next: usize, n: usize) -> (&[T], &mut [T]) {
    if here < next {
        let (a, b) = cells.split_at_mut(next * n);
        (&a[here * n..][..n], &mut b[..n])
    } else {
        let (a, b) = cells.split_at_mut(here * n);
        (&b[..n], &mut a[next * n..][..n])
    }
}
