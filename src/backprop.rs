//! The backward pass through time over a [`Tape`].
//!
//! The sweep goes from the last glimpse to the first and leaves the gradients of all gates, heads and
//! statistics on the tape; then each weight's gradient is one product over all glimpses and images.

use crate::attention::{read, write};
use crate::budget::{buffers, product, sum};
use crate::config::Config;
use crate::error::Result;
use crate::kernels::gemm::{Init, Scratch, gemm, gemm_tn};
use crate::kernels::{Precision, Real};
use crate::model::{Draw, HeadLayout, RowLayout};
use crate::params::Params;
use crate::tape::Tape;
use crate::{latent, lstm};

/// Factors of the loss's parts; that of the reconstruction is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors<T> {
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
    /// One weight's gradient, in the layout of the rows.
    product: Vec<T>,
    scratch: Scratch<T>,
}

/// Elements of the buffers.
pub(crate) struct Lengths {
    heads: u64,
    row: u64,
    hidden: u64,
    gates: u64,
    /// Does not grow with the batch.
    pub product: u64,
}

impl Lengths {
    pub(crate) fn of(c: &Config, batch: usize) -> Self {
        let (row, heads, gates) = (RowLayout::new(c), HeadLayout::new(c).width(), c.hidden.saturating_mul(4));
        // Without attention the image's own weights take a product too.
        let inputs = row.encoder().max(row.decoder()).max(c.read_once());
        Lengths {
            heads: product(&[c.glimpses + 1, batch, heads]),
            row: product(&[batch, row.width()]),
            hidden: product(&[batch, c.hidden]),
            gates: if c.attention { 0 } else { product(&[batch, gates]) },
            product: product(&[gates, inputs]).max(product(&[heads, c.hidden])),
        }
    }

    /// Of the buffers that grow with the batch.
    pub(crate) fn of_batch(&self) -> u64 {
        sum(&[self.heads, self.row, self.row, self.hidden, self.hidden, self.hidden, self.gates])
    }
}

impl<T: Real> Backprop<T> {
    /// Room for the gradients of `batch` images.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error) if there is no room for it.
    pub fn new(model: &Draw<T>, batch: usize) -> Result<Self> {
        let precision = model.backward.as_ref().map_or(Precision::F32, |b| b.precision);
        let n = Lengths::of(&model.config, batch);
        let [d_heads, d_row, d_row_next, d_h, d_encoder_cell, d_decoder_cell, d_gates, product] =
            buffers([n.heads, n.row, n.row, n.hidden, n.hidden, n.hidden, n.gates, n.product])?;
        Ok(Backprop {
            d_heads,
            d_row,
            d_row_next,
            d_h,
            d_encoder_cell,
            d_decoder_cell,
            d_gates,
            product,
            scratch: Scratch::new(model.row.width(), precision),
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
        let canvas = gradient.get_mut("canvas");
        for image in tape.d_canvas.chunks_exact(canvas.len()) {
            add(canvas, image);
        }
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
        let back = model.backward.as_ref().expect("a model packed for training");
        let (c, row, batch) = (&model.config, &model.row, tape.batch);
        let (h, z, w, n, pixels) = (c.hidden, c.latent, row.width(), model.heads.width(), c.pixels());

        // Write, then h_dec: from what it emitted, and from the glimpse after.
        let d_heads = &mut self.d_heads[(t + 1) * batch * n..][..batch * n];
        if c.attention {
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
            d_heads.copy_from_slice(&tape.d_canvas);
        }
        copy_columns(&self.d_row_next, w, row.h_dec(), &mut self.d_h, h);
        gemm(batch, d_heads, n, &back.head, Init::Accumulate, &mut self.d_h, h);
        let gates = &mut tape.decoder_gates[t * batch * 4 * h..][..batch * 4 * h];
        lstm::Backward {
            hidden: h,
            batch,
            gates,
            before: &tape.decoder_cell[t * batch * h..],
            cell: &tape.decoder_cell[(t + 1) * batch * h..],
            d_out: &self.d_h,
            d_cell: &mut self.d_decoder_cell,
            d_bias: gradient.get_mut("decoder.bias"),
        }
        .run();
        let d_input = &mut self.d_row[row.h_dec()..];
        gemm(batch, gates, 4 * h, &back.decoder, Init::Zero, d_input, w);

        // The latent, then h_enc: from it, and from the glimpse after.
        let stats = &mut tape.stats[t * batch * 2 * z..][..batch * 2 * z];
        latent::Backward {
            latent: z,
            batch,
            stats,
            noise: &tape.noise[t * batch * z..],
            d_z: &self.d_row[row.z()..],
            d_stride: w,
            kl_weight: factors.kl,
        }
        .run();
        copy_columns(&self.d_row_next, w, row.h_enc(), &mut self.d_h, h);
        gemm(batch, stats, 2 * z, &back.latent, Init::Accumulate, &mut self.d_h, h);
        let gates = &mut tape.encoder_gates[t * batch * 4 * h..][..batch * 4 * h];
        lstm::Backward {
            hidden: h,
            batch,
            gates,
            before: &tape.encoder_cell[t * batch * h..],
            cell: &tape.encoder_cell[(t + 1) * batch * h..],
            d_out: &self.d_h,
            d_cell: &mut self.d_encoder_cell,
            d_bias: gradient.get_mut("encoder.bias"),
        }
        .run();
        // The decoder left its part of h_dec's gradient in the row; the encoder adds to it.
        for row_of_image in self.d_row.chunks_exact_mut(w) {
            row_of_image[..row.h_dec()].fill(T::zero());
        }
        gemm(batch, gates, 4 * h, &back.encoder, Init::Accumulate, &mut self.d_row, w);

        // The read, whose window was emitted a glimpse before, and the canvas it saw.
        let shown = &tape.shown[t * batch * pixels..][..batch * pixels];
        if c.attention {
            read::Backward {
                grid: &mut tape.read_grid,
                batch,
                heads: &tape.heads[t * batch * n + model.heads.read_at()..],
                head_stride: n,
                image: images,
                canvas: shown,
                d_out: &self.d_row,
                out_stride: w,
                d_heads: &mut self.d_heads[t * batch * n + model.heads.read_at()..],
                d_logits: &mut tape.d_canvas,
            }
            .run();
        } else {
            let d_rows = self.d_row.chunks_exact(w);
            for ((d, s), d_row) in tape.d_canvas.chunks_mut(pixels).zip(shown.chunks(pixels)).zip(d_rows) {
                for ((d, &s), &e) in d.iter_mut().zip(s).zip(&d_row[..pixels]) {
                    *d -= e * s * (T::one() - s);
                }
            }
        }
        if t > 0 && factors.canvases > T::zero() {
            for ((d, s), x) in tape.d_canvas.iter_mut().zip(shown).zip(images) {
                *d += factors.canvases * (*s - *x);
            }
        }
    }

    /// Weight gradients: one product each, over all glimpses and images.
    fn weights(&mut self, model: &Draw<T>, tape: &Tape<T>, images: &[T], gradient: &mut Params<T>) {
        let (c, row, heads) = (&model.config, &model.row, &model.heads);
        let (h, z, p, w, n) = (c.hidden, c.latent, row.patch, row.width(), heads.width());
        let gates = 4 * h;
        let k = c.glimpses * tape.batch;
        let (product, scratch) = (&mut self.product, &mut self.scratch);

        let width = row.encoder();
        product[..gates * width].fill(T::zero());
        gemm_tn(gates, width, k, &tape.encoder_gates, gates, &tape.rows, w, product, width, scratch);
        let once = c.read_once();
        let all = once + p + h;
        add_block(gradient.get_mut("encoder.weight_ih"), all, once, product, width, 0, p, gates);
        add_block(gradient.get_mut("encoder.weight_ih"), all, once + p, product, width, p + h, h, gates);
        add_block(gradient.get_mut("encoder.weight_hh"), h, 0, product, width, p, h, gates);
        if once > 0 {
            // The image is the same at every glimpse: it meets the sum of their gradients.
            let sums = &mut self.d_gates;
            sums.fill(T::zero());
            for glimpse in tape.encoder_gates[..k * gates].chunks_exact(sums.len()) {
                add(sums, glimpse);
            }
            product[..gates * once].fill(T::zero());
            gemm_tn(gates, once, tape.batch, sums, gates, images, once, product, once, scratch);
            add_block(gradient.get_mut("encoder.weight_ih"), all, 0, product, once, 0, once, gates);
        }

        let width = row.decoder();
        product[..gates * width].fill(T::zero());
        let rows = &tape.rows[row.h_dec()..];
        gemm_tn(gates, width, k, &tape.decoder_gates, gates, rows, w, product, width, scratch);
        add_block(gradient.get_mut("decoder.weight_hh"), h, 0, product, width, 0, h, gates);
        add_block(gradient.get_mut("decoder.weight_ih"), z, 0, product, width, h, z, gates);

        // z at a glimpse came from the h_enc of the same glimpse, which lies in the next row.
        let h_enc = &tape.rows[tape.batch * w + row.h_enc()..];
        gemm_tn(2 * z, h, k, &tape.stats, 2 * z, h_enc, w, gradient.get_mut("latent.weight"), h, scratch);
        add_rows(gradient.get_mut("latent.bias"), &tape.stats[..k * 2 * z]);

        // All heads hang on h_dec: one product.
        let k = (c.glimpses + 1) * tape.batch;
        product[..n * h].fill(T::zero());
        gemm_tn(n, h, k, &self.d_heads, n, rows, w, product, h, scratch);
        let mut head = |weight: &str, bias: &str, at: usize, len: usize| {
            add(gradient.get_mut(weight), &product[at * h..(at + len) * h]);
            let bias = gradient.get_mut(bias);
            for row in self.d_heads[at..].chunks(n).take(k) {
                add(bias, &row[..len]);
            }
        };
        head("patch.weight", "patch.bias", heads.patch_at(), heads.patch);
        if c.attention {
            head("write.weight", "write.bias", 0, heads.patch_at());
            head("read.weight", "read.bias", heads.read_at(), heads.patch_at());
        }
    }
}

fn add<T: Real>(to: &mut [T], from: &[T]) {
    for (a, b) in to.iter_mut().zip(from) {
        *a += *b;
    }
}

/// Adds every row of `from` to `to`.
fn add_rows<T: Real>(to: &mut [T], from: &[T]) {
    for row in from.chunks_exact(to.len()) {
        add(to, row);
    }
}

/// Adds columns `from_at..from_at + width` of `from` to those at `to_at` of `to`, over `rows` rows.
#[allow(clippy::too_many_arguments)]
fn add_block<T: Real>(
    to: &mut [T],
    to_width: usize,
    to_at: usize,
    from: &[T],
    from_width: usize,
    from_at: usize,
    width: usize,
    rows: usize,
) {
    for (to, from) in to.chunks_exact_mut(to_width).zip(from.chunks_exact(from_width)).take(rows) {
        add(&mut to[to_at..to_at + width], &from[from_at..from_at + width]);
    }
}

/// Takes `len` columns from `at` out of rows of `width`.
fn copy_columns<T: Real>(from: &[T], width: usize, at: usize, to: &mut [T], len: usize) {
    for (to, from) in to.chunks_exact_mut(len).zip(from.chunks_exact(width)) {
        to.copy_from_slice(&from[at..at + len]);
    }
}
