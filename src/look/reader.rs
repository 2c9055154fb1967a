//! DRAW's read on a large image: an LSTM places each window, and after the last glimpse its state gives the class.

use super::Config;
use super::verdicts::{self, Verdicts};
use crate::budget::{product, sum, zeros};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::Init;
use crate::layers::Tensor;
use crate::layers::attention::{self, Grid, Opening, WINDOW_LEN, glance};
use crate::layers::linear::{Buffers, Linear};
use crate::layers::lstm::{self, Lstm, Names};
use crate::params::Params;

const ENCODER: Names = Names { weight_ih: "encoder.weight_ih", weight_hh: "encoder.weight_hh", bias: "encoder.bias" };
const READ: [&str; 2] = ["read.weight", "read.bias"];
/// The first window of a fresh model holds the whole image, which is mostly blank: what it sees is made stronger.
const FIRST_READ: Opening = Opening { delta: 1.0, log_gamma: 1.5 };
pub(super) const CLASSIFIER: [&str; 2] = ["classifier.weight", "classifier.bias"];

pub(super) fn tensors(c: &Config) -> Vec<Tensor> {
    let mut tensors = Vec::from(ENCODER.tensors(c.patch.saturating_mul(c.patch), c.hidden));
    tensors.extend(attention::tensors(READ, c.hidden, [c.width, c.height], c.patch, FIRST_READ));
    tensors.push(Tensor::matrix(CLASSIFIER[0], [c.classes, c.hidden], c.hidden).of_matrices(None));
    tensors.push(Tensor::vector(CLASSIFIER[1], c.classes));
    tensors
}

/// The layers. A row of a glimpse is `[patch | h]`.
pub(super) struct Reader<T> {
    lstm: Lstm<T>,
    read: Linear<T>,
    classifier: Linear<T>,
}

impl<T: Real> Reader<T> {
    pub fn new(c: &Config, train: Option<usize>) -> Self {
        let (h, seen) = (c.hidden, c.patch * c.patch);
        Reader {
            lstm: Lstm::new(ENCODER, h, seen, seen + h, &[(0, seen, 0)], seen, train),
            read: Linear::whole(READ, [WINDOW_LEN, h], train),
            classifier: Linear::whole(CLASSIFIER, [c.classes, h], train),
        }
    }

    pub fn repack(&mut self, params: &Params<T, Config>) {
        self.lstm.gates.repack(params);
        self.read.repack(params);
        self.classifier.repack(params);
    }
}

/// A batch unrolled over its glimpses, and room for the way back. Buffers are `[glimpse, batch, …]`.
pub(super) struct Tape<T> {
    batch: usize,
    rows: Vec<T>,
    cell: Vec<T>,
    gates: Vec<T>,
    /// Each glimpse's window, as emitted.
    windows: Vec<T>,
    pub verdicts: Verdicts<T>,
    grid: Grid<T>,
    d_windows: Vec<T>,
    d_row: Vec<T>,
    d_h: Vec<T>,
    d_cell: Vec<T>,
    buffers: Buffers<T>,
}

/// Elements of a tape of so many images, and of the buffers that do not grow with them.
pub(super) fn lengths(c: &Config, batch: usize) -> (u64, u64) {
    let (t, h, row) = (c.glimpses, c.hidden, c.patch * c.patch + c.hidden);
    let kept = [
        product(&[t + 1, batch, row]),
        product(&[t + 1, batch, h]),
        product(&[t, batch, 4, h]),
        product(&[2, t, batch, WINDOW_LEN]),
        verdicts::length(c, batch),
        product(&[batch, row]),
        product(&[2, batch, h]),
    ];
    (sum(&kept), product(&[4, h, row]).max(product(&[c.classes, h])))
}

impl<T: Real> Tape<T> {
    pub fn new(c: &Config, batch: usize) -> Result<Self> {
        let (t, h, row) = (c.glimpses, c.hidden, c.patch * c.patch + c.hidden);
        Ok(Tape {
            batch,
            rows: zeros(product(&[t + 1, batch, row]))?,
            cell: zeros(product(&[t + 1, batch, h]))?,
            gates: zeros(product(&[t, batch, 4, h]))?,
            windows: zeros(product(&[t, batch, WINDOW_LEN]))?,
            verdicts: Verdicts::new(c, batch)?,
            grid: Grid::new(c.patch, 1, (c.width, c.height), (c.width, c.height)),
            d_windows: zeros(product(&[t, batch, WINDOW_LEN]))?,
            d_row: zeros(product(&[batch, row]))?,
            d_h: zeros(product(&[batch, h]))?,
            d_cell: zeros(product(&[batch, h]))?,
            buffers: Buffers::new(lengths(c, batch).1, row)?,
        })
    }

    /// The five numbers of glimpse `t`'s window `[batch, 5]`.
    pub fn windows(&self, t: usize) -> &[T] {
        &self.windows[t * self.batch * WINDOW_LEN..][..self.batch * WINDOW_LEN]
    }

    /// What image `b` showed at glimpse `t` `[N, N]`.
    pub fn seen(&self, c: &Config, t: usize, b: usize) -> &[T] {
        let seen = c.patch * c.patch;
        &self.rows[(t * self.batch + b) * (seen + c.hidden)..][..seen]
    }

    /// Glimpse `t` of images `[batch, B, A]`; the first starts anew.
    pub fn glimpse(&mut self, layers: &Reader<T>, c: &Config, t: usize, images: &[T]) {
        let (batch, h, seen) = (self.batch, c.hidden, c.patch * c.patch);
        let w = seen + h;
        if t == 0 {
            self.rows[..batch * w].fill(T::zero());
            self.cell[..batch * h].fill(T::zero());
        }
        let (rows, next) = self.rows[t * batch * w..][..2 * batch * w].split_at_mut(batch * w);
        let windows = &mut self.windows[t * batch * WINDOW_LEN..][..batch * WINDOW_LEN];
        layers.read.forward(batch, &rows[seen..], w, layers.read.bias(), windows, WINDOW_LEN);
        glance::Forward {
            grid: &mut self.grid,
            batch,
            heads: windows,
            head_stride: WINDOW_LEN,
            image: images,
            out: rows,
            out_stride: w,
        }
        .run();
        let (before, cell) = self.cell[t * batch * h..][..2 * batch * h].split_at_mut(batch * h);
        let gates = &mut self.gates[t * batch * 4 * h..][..batch * 4 * h];
        let step = lstm::Forward { hidden: h, batch, gates, before, cell, out: &mut next[seen..], out_stride: w };
        layers.lstm.forward((rows, w), layers.lstm.gates.bias(), step);
    }

    /// The logits of the state after `t` glimpses `[batch, classes]`.
    pub fn classify(&mut self, layers: &Reader<T>, c: &Config, t: usize) -> &mut [T] {
        let (seen, w) = (c.patch * c.patch, c.patch * c.patch + c.hidden);
        self.verdicts.take(&layers.classifier, t, (&self.rows[t * self.batch * w + seen..], w))
    }

    /// All glimpses and the logits that count where the verdicts before the last have this weight.
    pub fn forward(&mut self, layers: &Reader<T>, c: &Config, images: &[T], weight: f64) {
        for t in 0..c.glimpses {
            self.glimpse(layers, c, t, images);
        }
        let seen = c.patch * c.patch;
        self.verdicts.take_all(&layers.classifier, (&self.rows[seen..], seen + c.hidden), weight);
    }

    /// Cross-entropy in nats and wrong verdicts, summed, and the gradient of the loss.
    pub fn backward(
        &mut self,
        layers: &Reader<T>,
        c: &Config,
        images: &[T],
        labels: &[u8],
        gradient: &mut Params<T, Config>,
    ) -> (f64, f64) {
        let judged = self.verdicts.judge(labels);
        self.d_cell.fill(T::zero());
        self.d_h.fill(T::zero());
        for t in (0..c.glimpses).rev() {
            self.verdicts.backward(&layers.classifier, t + 1, &mut self.d_h, c.hidden);
            self.glimpse_backward(layers, c, t, images, gradient);
        }
        self.weights(layers, c, gradient);
        (judged.nats, judged.wrong())
    }

    /// From the gradient of h after glimpse `t` to that of h before it.
    fn glimpse_backward(
        &mut self,
        layers: &Reader<T>,
        c: &Config,
        t: usize,
        images: &[T],
        gradient: &mut Params<T, Config>,
    ) {
        let (batch, h, seen) = (self.batch, c.hidden, c.patch * c.patch);
        let w = seen + h;
        let (gates, cells) = (&mut self.gates, &self.cell);
        let at = lstm::Glimpse { t, batch, gates, cells, d_out: &self.d_h, d_cell: &mut self.d_cell };
        layers.lstm.backward(at, Init::Zero, (&mut self.d_row, w), gradient);
        let d_windows = &mut self.d_windows[t * batch * WINDOW_LEN..][..batch * WINDOW_LEN];
        glance::Backward {
            grid: &mut self.grid,
            batch,
            heads: &self.windows[t * batch * WINDOW_LEN..],
            head_stride: WINDOW_LEN,
            image: images,
            out: &self.rows[t * batch * w..],
            d_out: &self.d_row,
            out_stride: w,
            d_heads: d_windows,
            d_stride: WINDOW_LEN,
        }
        .run();
        for (d_h, row) in self.d_h.chunks_exact_mut(h).zip(self.d_row.chunks_exact(w)) {
            d_h.copy_from_slice(&row[seen..]);
        }
        layers.read.backward(batch, d_windows, WINDOW_LEN, Init::Accumulate, &mut self.d_h, h);
    }

    /// Weight gradients: one product each, over all glimpses and images.
    fn weights(&mut self, layers: &Reader<T>, c: &Config, gradient: &mut Params<T, Config>) {
        let (batch, h, seen, buffers) = (self.batch, c.hidden, c.patch * c.patch, &mut self.buffers);
        let (w, k) = (seen + h, c.glimpses * batch);
        layers.lstm.gates.gradient(k, (&self.gates, 4 * h), (&self.rows, w), gradient, buffers);
        let d_windows = (&self.d_windows[..], WINDOW_LEN);
        layers.read.gradient(k, d_windows, (&self.rows[seen..], w), gradient, buffers);
        layers.read.bias_gradient(k, d_windows, gradient);
        self.verdicts.gradient(&layers.classifier, (&self.rows[seen..], w), gradient, buffers);
    }
}
