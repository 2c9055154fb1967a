//! The backward pass through time over a [`Tape`].
//!
//! The sweep goes from the last glimpse to the first and leaves the gradients of all gates, heads and
//! statistics on the tape; then each weight's gradient is one product over all glimpses and images.

use super::model::{Draw, HeadLayout, RowLayout};
use super::tape::Tape;
use crate::budget::{product, sum, zeros};
use crate::config::Config;
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::Init;
use crate::layers::attention::{read, write};
use crate::layers::linear::{Buffers, add};
use crate::layers::{latent, lstm, whole};
use crate::params::Params;

/// Factors of the loss's parts; that of the reconstruction is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors<T> {
    /// Of the KL, equation 11. One gives the paper's loss.
    pub kl: T,
    /// Of −log p(x | canvas), for each canvas between the first and the last. Zero gives the paper's loss.
    pub canvases: T,
}

/// Buffers of the backward pass, kept from batch to batch.
pub struct Backprop<T> {
    d_heads: Vec<T>,
    /// The gradient of a glimpse's row, and that of the glimpse after it.
    d_row: Vec<T>,
    d_row_next: Vec<T>,
    d_h: Vec<T>,
    d_encoder_cell: Vec<T>,
    d_decoder_cell: Vec<T>,
    /// Gradients of the encoder's gates, summed over glimpses; empty with attention.
    d_gates: Vec<T>,
    /// The gradient of the means' planes through a read, where a canvas has more planes; else empty.
    d_means: Vec<T>,
    /// Of the weights' products.
    buffers: Buffers<T>,
}

/// Elements of the buffers.
pub(crate) struct Lengths {
    heads: u64,
    row: u64,
    hidden: u64,
    gates: u64,
    means: u64,
    /// Does not grow with the batch.
    pub product: u64,
}

impl Lengths {
    pub(crate) fn of(c: &Config, batch: usize) -> Self {
        let (row, heads, gates) = (RowLayout::new(c), HeadLayout::new(c).width(), c.hidden.saturating_mul(4));
        // Without attention the image's own weights take a product too.
        let inputs = row.encoder_len().max(row.decoder_len()).max(c.read_static());
        Lengths {
            heads: product(&[c.glimpses + 1, batch, heads]),
            row: product(&[batch, row.width()]),
            hidden: product(&[batch, c.hidden]),
            gates: if c.attention { 0 } else { product(&[batch, gates]) },
            means: if c.likelihood.planes() == 1 { 0 } else { product(&[batch, c.pixels()]) },
            product: product(&[gates, inputs]).max(product(&[heads, c.hidden])),
        }
    }

    /// Of the buffers that grow with the batch.
    pub(crate) fn of_batch(&self) -> u64 {
        sum(&[self.heads, self.row, self.row, self.hidden, self.hidden, self.hidden, self.gates, self.means])
    }
}

impl<T: Real> Backprop<T> {
    /// Room for the gradients of `batch` images.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error) if there is no room for it.
    pub fn new(model: &Draw<T>, batch: usize) -> Result<Self> {
        let n = Lengths::of(&model.config, batch);
        Ok(Backprop {
            d_heads: zeros(n.heads)?,
            d_row: zeros(n.row)?,
            d_row_next: zeros(n.row)?,
            d_h: zeros(n.hidden)?,
            d_encoder_cell: zeros(n.hidden)?,
            d_decoder_cell: zeros(n.hidden)?,
            d_gates: zeros(n.gates)?,
            d_means: zeros(n.means)?,
            buffers: Buffers::new(n.product, model.row.width())?,
        })
    }

    /// Adds the gradient of the loss, summed over the batch, to `gradient`. The tape must
    /// have gone [`Tape::forward`] with the same model and images; it holds gradients afterwards.
    ///
    /// # Panics
    /// If the model was packed without its backward products.
    pub fn backward(
        &mut self,
        model: &Draw<T>,
        tape: &mut Tape<T>,
        images: &[T],
        factors: Factors<T>,
        gradient: &mut Params<T>,
    ) {
        self.d_heads.fill(T::zero());
        self.d_row_next.fill(T::zero());
        self.d_encoder_cell.fill(T::zero());
        self.d_decoder_cell.fill(T::zero());
        for t in (0..model.config.glimpses).rev() {
            self.glimpse(model, tape, images, factors, t, gradient);
            std::mem::swap(&mut self.d_row, &mut self.d_row_next);
        }
        model.canvas.backward(&tape.d_canvas, gradient);
        self.weights(model, tape, images, gradient);
    }

    /// The sweep's part at glimpse `t`; of the weights, the LSTMs' biases.
    fn glimpse(
        &mut self,
        model: &Draw<T>,
        tape: &mut Tape<T>,
        images: &[T],
        factors: Factors<T>,
        t: usize,
        gradient: &mut Params<T>,
    ) {
        self.write(model, tape, t);
        self.decoder(model, tape, t, gradient);
        self.encoder(model, tape, factors.kl, t, gradient);
        self.read(model, tape, images, t);
        if t > 0 && factors.canvases > T::zero() {
            let n = tape.batch * model.config.pixels();
            let (shown, d_canvas) = (&tape.shown[t * n..][..n], &mut tape.d_canvas);
            model.config.likelihood.add_gradient(factors.canvases, shown, images, d_canvas);
        }
    }

    /// What glimpse `t` wrote.
    fn write(&mut self, model: &Draw<T>, tape: &mut Tape<T>, t: usize) {
        let (batch, n) = (tape.batch, model.heads.width());
        let d_heads = &mut self.d_heads[(t + 1) * batch * n..][..batch * n];
        if model.config.attention {
            write::Backward {
                grid: &mut tape.write_grid,
                batch,
                heads: &tape.heads[(t + 1) * batch * n..],
                head_stride: n,
                d_canvas: &tape.d_canvas,
                d_heads,
            }
            .run();
        } else {
            whole::write_backward(&tape.d_canvas, d_heads);
        }
    }

    /// h_dec: from what it emitted, and from the glimpse after.
    fn decoder(&mut self, model: &Draw<T>, tape: &mut Tape<T>, t: usize, gradient: &mut Params<T>) {
        let (row, batch, h) = (&model.row, tape.batch, model.config.hidden);
        let (w, n) = (row.width(), model.heads.width());
        copy_columns(&self.d_row_next, w, row.h_dec(), &mut self.d_h, h);
        let d_heads = &self.d_heads[(t + 1) * batch * n..][..batch * n];
        model.head.backward(batch, d_heads, n, Init::Accumulate, &mut self.d_h, h);
        let (gates, cells) = (&mut tape.decoder_gates, &tape.decoder_cell);
        let at = lstm::Glimpse { t, batch, gates, cells, d_out: &self.d_h, d_cell: &mut self.d_decoder_cell };
        model.decoder.backward(at, Init::Zero, (&mut self.d_row[row.h_dec()..], w), gradient);
    }

    /// The latent, then h_enc: from it, and from the glimpse after.
    fn encoder(&mut self, model: &Draw<T>, tape: &mut Tape<T>, kl_weight: T, t: usize, gradient: &mut Params<T>) {
        let (layers, row, batch) = (model.encoder(), &model.row, tape.batch);
        let (h, z, w) = (model.config.hidden, model.config.latent, row.width());
        let stats = &mut tape.stats[t * batch * 2 * z..][..batch * 2 * z];
        let d_z = &self.d_row[row.z()..];
        if model.config.variational {
            let heads = t * batch * model.heads.width()..(t + 1) * batch * model.heads.width();
            let prior = model.prior_backward(&tape.heads[heads.clone()], &mut self.d_heads[heads]);
            let noise = &tape.noise[t * batch * z..];
            latent::Backward { prior, latent: z, batch, stats, noise, d_z, d_stride: w, kl_weight }.run();
        } else {
            latent::mean_backward(z, stats, d_z, w);
        }
        copy_columns(&self.d_row_next, w, row.h_enc(), &mut self.d_h, h);
        layers.latent.backward(batch, stats, 2 * z, Init::Accumulate, &mut self.d_h, h);
        // The decoder left its part of h_dec's gradient in the row; the encoder adds to it.
        for row_of_image in self.d_row.chunks_exact_mut(w) {
            row_of_image[..row.h_dec()].fill(T::zero());
        }
        let (gates, cells) = (&mut tape.encoder_gates, &tape.encoder_cell);
        let at = lstm::Glimpse { t, batch, gates, cells, d_out: &self.d_h, d_cell: &mut self.d_encoder_cell };
        layers.lstm.backward(at, Init::Accumulate, (&mut self.d_row, w), gradient);
    }

    /// The read, whose window was emitted a glimpse before, and the canvas it saw.
    fn read(&mut self, model: &Draw<T>, tape: &mut Tape<T>, images: &[T], t: usize) {
        let (c, batch, w, n) = (&model.config, tape.batch, model.row.width(), model.heads.width());
        let (pixels, values) = (c.pixels(), c.canvas_len());
        let shown = &tape.shown[t * batch * pixels..][..batch * pixels];
        if c.attention {
            let apart = !self.d_means.is_empty();
            self.d_means.fill(T::zero());
            read::Backward {
                grid: &mut tape.read_grid,
                batch,
                heads: &tape.heads[t * batch * n + model.heads.read_at()..],
                head_stride: n,
                image: images,
                canvas: shown,
                out: &tape.rows[t * batch * w..],
                d_out: &self.d_row,
                out_stride: w,
                d_heads: &mut self.d_heads[t * batch * n + model.heads.read_at()..],
                d_logits: if apart { &mut self.d_means } else { &mut tape.d_canvas },
            }
            .run();
            // The means' planes come first.
            for (d, d_means) in tape.d_canvas.chunks_mut(values).zip(self.d_means.chunks(pixels)) {
                add(d, d_means);
            }
        } else {
            let (d_rows, d_canvas) = (&self.d_row, &mut tape.d_canvas);
            whole::ReadBackward { pixels, shown, d_rows, stride: w, d_canvas, canvas_stride: values }.run();
        }
    }

    /// Weight gradients: one product each, over all glimpses and images.
    fn weights(&mut self, model: &Draw<T>, tape: &Tape<T>, images: &[T], gradient: &mut Params<T>) {
        let (c, row, layers, buffers) = (&model.config, &model.row, model.encoder(), &mut self.buffers);
        let (z, w, n, gates) = (c.latent, row.width(), model.heads.width(), 4 * c.hidden);
        let k = c.glimpses * tape.batch;
        layers.lstm.gates.gradient(k, (&tape.encoder_gates, gates), (&tape.rows, w), gradient, buffers);
        if c.read_static() > 0 {
            // The image is the same at every glimpse: it meets the sum of their gradients.
            self.d_gates.fill(T::zero());
            for glimpse in tape.encoder_gates[..k * gates].chunks_exact(self.d_gates.len()) {
                add(&mut self.d_gates, glimpse);
            }
            let d_gates = (&self.d_gates[..], gates);
            layers.image.gradient(tape.batch, d_gates, (images, c.read_static()), gradient, buffers);
        }
        let from_h_dec = &tape.rows[row.h_dec()..];
        model.decoder.gates.gradient(k, (&tape.decoder_gates, gates), (from_h_dec, w), gradient, buffers);
        // z at a glimpse came from the h_enc of the same glimpse, which lies in the next row.
        let h_enc = &tape.rows[tape.batch * w + row.h_enc()..];
        layers.latent.gradient(k, (&tape.stats, 2 * z), (h_enc, w), gradient, buffers);
        layers.latent.bias_gradient(k, (&tape.stats, 2 * z), gradient);
        // All heads hang on h_dec.
        let k = (c.glimpses + 1) * tape.batch;
        model.head.gradient(k, (&self.d_heads, n), (from_h_dec, w), gradient, buffers);
        model.head.bias_gradient(k, (&self.d_heads, n), gradient);
    }
}

/// Takes `len` columns from `at` out of rows of `width`.
fn copy_columns<T: Real>(from: &[T], width: usize, at: usize, to: &mut [T], len: usize) {
    for (to, from) in to.chunks_exact_mut(len).zip(from.chunks_exact(width)) {
        to.copy_from_slice(&from[at..at + len]);
    }
}
