//! RAM, the *Recurrent Model of Visual Attention* (Mnih et al. 2014): a retina at a place that is drawn at random around
//! what the core says.

use super::config::{Config, Estimator, Eye};
use super::reader::CLASSIFIER;
use super::verdicts::{self, Judged, Verdicts};
use crate::budget::{product, room, sum, zeros};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::gemm::Init;
use crate::layers::Tensor;
use crate::layers::linear::{Block, Buffers, Linear};
use crate::layers::lstm::{self, Lstm, Names};
use crate::layers::rectifier::{rectified, rectify};
use crate::layers::retina::{Retina, Sums};
use crate::params::Params;

const CORE: Names = Names { weight_ih: "core.weight_ih", weight_hh: "core.weight_hh", bias: "core.bias" };
const SENSOR: [&str; 2] = ["sensor.weight", "sensor.bias"];
const PLACE: [&str; 2] = ["place.weight", "place.bias"];
const GLIMPSE_SENSOR: [&str; 2] = ["glimpse.sensor.weight", "glimpse.sensor.bias"];
const GLIMPSE_PLACE: [&str; 2] = ["glimpse.place.weight", "glimpse.place.bias"];
const LOCATOR: [&str; 2] = ["locator.weight", "locator.bias"];
const BASELINE: [&str; 2] = ["baseline.weight", "baseline.bias"];
/// Units that see the sensor, and that see the place.
const PARTS: usize = 128;
/// Units of a glimpse: both parts together.
const GLIMPSE: usize = 256;
/// Numbers of a place: x and y, −1 to 1 over the image.
const AXES: usize = 2;
/// REINFORCE's gradient of the means goes on into the core by this share, so that the core learns to tell where the digit
/// lies. It is far noisier than that of the cross-entropy, which it would drown. Without it places learn slowly, and
/// hardly follow the digit (docs/training.md).
const INTO_CORE: f64 = 0.1;

pub(super) fn tensors(c: &Config, scales: usize) -> Vec<Tensor> {
    let seen = scales.saturating_mul(c.patch.saturating_mul(c.patch));
    let layer = |[weight, bias]: [&'static str; 2], rows, columns: usize| {
        [Tensor::matrix(weight, [rows, columns], columns.max(1)), Tensor::vector(bias, rows)]
    };
    let by_adam = |layer: [Tensor; 2]| layer.map(|t| t.of_matrices(None));
    let mut tensors = Vec::from(layer(SENSOR, PARTS, seen));
    tensors.extend(by_adam(layer(PLACE, PARTS, AXES)));
    tensors.extend(layer(GLIMPSE_SENSOR, GLIMPSE, PARTS));
    tensors.extend(layer(GLIMPSE_PLACE, GLIMPSE, PARTS));
    tensors.extend(CORE.tensors(GLIMPSE, c.hidden));
    tensors.extend(by_adam(layer(LOCATOR, AXES, c.hidden)));
    tensors.extend(by_adam(layer(BASELINE, 1, c.hidden)));
    tensors.extend(by_adam(layer(CLASSIFIER, c.classes, c.hidden)));
    tensors
}

/// The layers. A row of a glimpse is `[glimpse | h]`.
pub(super) struct Ram<T> {
    retina: Retina,
    deviation: f64,
    estimator: Estimator,
    sensor: Linear<T>,
    place: Linear<T>,
    glimpse: Linear<T>,
    core: Lstm<T>,
    /// From h to the mean of the next place, before tanh, and to the baseline.
    locator: Linear<T>,
    baseline: Linear<T>,
    classifier: Linear<T>,
}

impl<T: Real> Ram<T> {
    /// # Panics
    /// If the eye is no retina.
    pub fn new(c: &Config, train: Option<usize>) -> Self {
        let Eye::Retina { scales, deviation, estimator } = c.eye else { panic!("RAM looks with a retina") };
        let h = c.hidden;
        let part =
            |names: [&'static str; 2], at| ([Block::whole(names[0], [GLIMPSE, PARTS], at, 0)], Some((names[1], 0)));
        let (of_sensor, of_place) = (part(GLIMPSE_SENSOR, 0), part(GLIMPSE_PLACE, PARTS));
        // REINFORCE sends nothing back through the places, only through their means.
        let back = |layer: Linear<T>| if estimator == Estimator::Pathwise { layer } else { layer.dead_end() };
        Ram {
            retina: Retina { n: c.patch, scales },
            deviation,
            estimator,
            sensor: back(Linear::whole(SENSOR, [PARTS, c.seen()], train)),
            place: back(Linear::whole(PLACE, [PARTS, AXES], train)),
            glimpse: Linear::new(2 * PARTS, GLIMPSE, train).with(of_sensor.0, of_sensor.1).with(of_place.0, of_place.1),
            core: Lstm::new(CORE, h, GLIMPSE, GLIMPSE + h, &[(0, GLIMPSE, 0)], GLIMPSE, train),
            locator: Linear::whole(LOCATOR, [AXES, h], train),
            baseline: Linear::whole(BASELINE, [1, h], train).dead_end(),
            classifier: Linear::whole(CLASSIFIER, [c.classes, h], train),
        }
    }

    pub fn repack(&mut self, params: &Params<T, Config>) {
        for layer in [
            &mut self.sensor,
            &mut self.place,
            &mut self.glimpse,
            &mut self.core.gates,
            &mut self.locator,
            &mut self.baseline,
            &mut self.classifier,
        ] {
            layer.repack(params);
        }
    }
}

/// A batch unrolled over its glimpses, and room for the way back. Buffers are `[glimpse, batch, …]`.
pub(super) struct Tape<T> {
    batch: usize,
    sums: Vec<Sums>,
    /// What the retina saw.
    seen: Vec<T>,
    /// Means of the places, after tanh, and the places.
    means: Vec<T>,
    pub places: Vec<T>,
    /// ε of each place, to be filled before its glimpse; zeros look at the means.
    pub noise: Vec<T>,
    /// `[sensor | place]` of each glimpse, after the rectifier.
    parts: Vec<T>,
    rows: Vec<T>,
    cell: Vec<T>,
    gates: Vec<T>,
    baseline: Vec<T>,
    pub verdicts: Verdicts<T>,
    d_means: Vec<T>,
    d_baseline: Vec<T>,
    /// Of a glimpse's means, as far as it goes into the core.
    d_core: Vec<T>,
    d_parts: Vec<T>,
    d_glimpse: Vec<T>,
    d_seen: Vec<T>,
    /// Of the places themselves, where the estimator goes through them.
    d_places: Vec<T>,
    d_row: Vec<T>,
    d_h: Vec<T>,
    d_cell: Vec<T>,
    buffers: Buffers<T>,
}

/// Elements of a tape of so many images, and of the buffers that do not grow with them.
pub(super) fn lengths(c: &Config, batch: usize) -> (u64, u64) {
    let (t, h, row) = (c.glimpses, c.hidden, GLIMPSE + c.hidden);
    let kept = [
        // Of f64.
        product(&[2, batch, c.width + 1, c.height + 1]),
        product(&[t + 1, batch, c.seen()]),
        product(&[5 * AXES + 2 + 2 * PARTS + PARTS + GLIMPSE, t, batch]),
        product(&[t + 1, batch, row + h]),
        product(&[t, batch, 4, h]),
        verdicts::length(c, batch),
        product(&[batch, AXES + row + 2 * h]),
    ];
    let weights =
        [product(&[4, h, row]), product(&[PARTS, c.seen()]), product(&[GLIMPSE, 2 * PARTS]), product(&[c.classes, h])];
    (sum(&kept), weights.into_iter().fold(0, u64::max))
}

impl<T: Real> Tape<T> {
    pub fn new(c: &Config, batch: usize) -> Result<Self> {
        let (t, h, row) = (c.glimpses, c.hidden, GLIMPSE + c.hidden);
        let each = |n: usize| zeros(product(&[t, batch, n]));
        let (_, weights) = lengths(c, batch);
        let mut sums = room(batch as u64)?;
        for _ in 0..batch {
            sums.push(Sums::new(c.width, c.height)?);
        }
        Ok(Tape {
            batch,
            sums,
            seen: each(c.seen())?,
            means: each(AXES)?,
            places: each(AXES)?,
            noise: each(AXES)?,
            parts: each(2 * PARTS)?,
            rows: zeros(product(&[t + 1, batch, row]))?,
            cell: zeros(product(&[t + 1, batch, h]))?,
            gates: each(4 * h)?,
            baseline: each(1)?,
            verdicts: Verdicts::new(c, batch)?,
            d_means: each(AXES)?,
            d_baseline: each(1)?,
            d_core: zeros(product(&[batch, AXES]))?,
            d_parts: each(2 * PARTS)?,
            d_glimpse: each(GLIMPSE)?,
            d_seen: zeros(product(&[batch, c.seen()]))?,
            d_places: each(AXES)?,
            d_row: zeros(product(&[batch, row]))?,
            d_h: zeros(product(&[batch, h]))?,
            d_cell: zeros(product(&[batch, h]))?,
            buffers: Buffers::new(weights, row.max(c.seen()))?,
        })
    }

    /// Places of glimpse `t` `[batch, 2]`.
    pub fn places(&self, t: usize) -> &[T] {
        &self.places[t * self.batch * AXES..][..self.batch * AXES]
    }

    /// The gradient of −log p(label) by glimpse `t`'s places `[batch, 2]`, after a pass backward through them.
    pub fn d_places(&self, t: usize) -> &[T] {
        &self.d_places[t * self.batch * AXES..][..self.batch * AXES]
    }

    /// What image `b` showed at glimpse `t` `[scales, N, N]`.
    pub fn seen(&self, c: &Config, t: usize, b: usize) -> &[T] {
        &self.seen[(t * self.batch + b) * c.seen()..][..c.seen()]
    }

    /// Glimpse `t` of images `[batch, B, A]`; the first starts anew.
    pub fn glimpse(&mut self, layers: &Ram<T>, c: &Config, t: usize, images: &[T]) {
        let (batch, h, seen) = (self.batch, c.hidden, c.seen());
        let w = GLIMPSE + h;
        if t == 0 {
            for (sums, image) in self.sums.iter_mut().zip(images.chunks_exact(c.pixels())) {
                sums.take(image);
            }
            self.rows[..batch * w].fill(T::zero());
            self.cell[..batch * h].fill(T::zero());
        }
        self.look(layers, c, t);
        let parts = &mut self.parts[t * batch * 2 * PARTS..][..batch * 2 * PARTS];
        let of_sensor = &self.seen[t * batch * seen..][..batch * seen];
        layers.sensor.forward(batch, of_sensor, seen, layers.sensor.bias(), parts, 2 * PARTS);
        let places = &self.places[t * batch * AXES..][..batch * AXES];
        layers.place.forward(batch, places, AXES, layers.place.bias(), &mut parts[PARTS..], 2 * PARTS);
        rectify(parts);
        let (rows, next) = self.rows[t * batch * w..][..2 * batch * w].split_at_mut(batch * w);
        layers.glimpse.forward(batch, parts, 2 * PARTS, layers.glimpse.bias(), rows, w);
        rows.chunks_exact_mut(w).for_each(|row| rectify(&mut row[..GLIMPSE]));
        let (before, cell) = self.cell[t * batch * h..][..2 * batch * h].split_at_mut(batch * h);
        let gates = &mut self.gates[t * batch * 4 * h..][..batch * 4 * h];
        let step = lstm::Forward { hidden: h, batch, gates, before, cell, out: &mut next[GLIMPSE..], out_stride: w };
        layers.core.forward((rows, w), layers.core.gates.bias(), step);
    }

    /// Glimpse `t`'s places, from the state before it, and what the retina sees there.
    fn look(&mut self, layers: &Ram<T>, c: &Config, t: usize) {
        let (batch, seen, w) = (self.batch, c.seen(), GLIMPSE + c.hidden);
        let state = &self.rows[t * batch * w + GLIMPSE..];
        let at = t * batch * AXES..(t + 1) * batch * AXES;
        let means = &mut self.means[at.clone()];
        layers.locator.forward(batch, state, w, layers.locator.bias(), means, AXES);
        let baseline = &mut self.baseline[t * batch..][..batch];
        layers.baseline.forward(batch, state, w, layers.baseline.bias(), baseline, 1);
        let places = &mut self.places[at.clone()];
        for ((place, mean), e) in places.iter_mut().zip(means).zip(&self.noise[at]) {
            *mean = mean.tanh();
            *place = *mean + T::of(layers.deviation) * *e;
        }
        let out = self.seen[t * batch * seen..].chunks_exact_mut(seen);
        for ((sums, place), out) in self.sums.iter().zip(places.chunks_exact(AXES)).zip(out) {
            layers.retina.forward(sums, [place[0].f64(), place[1].f64()], out);
        }
    }

    /// The logits of the state after `t` glimpses `[batch, classes]`.
    pub fn classify(&mut self, layers: &Ram<T>, c: &Config, t: usize) -> &mut [T] {
        let w = GLIMPSE + c.hidden;
        self.verdicts.take(&layers.classifier, t, (&self.rows[t * self.batch * w + GLIMPSE..], w))
    }

    /// All glimpses and the logits that count where the verdicts before the last have this weight. The noise must be in
    /// place.
    pub fn forward(&mut self, layers: &Ram<T>, c: &Config, images: &[T], weight: f64) {
        for t in 0..c.glimpses {
            self.glimpse(layers, c, t, images);
        }
        self.verdicts.take_all(&layers.classifier, (&self.rows[GLIMPSE..], GLIMPSE + c.hidden), weight);
    }

    /// Cross-entropy in nats, wrong verdicts and the baseline's squared errors, summed, and the gradient of the loss. With
    /// REINFORCE the locator's is its estimate, of which a share goes on into the core.
    pub fn backward(
        &mut self,
        layers: &Ram<T>,
        c: &Config,
        labels: &[u8],
        gradient: &mut Params<T, Config>,
    ) -> [f64; 3] {
        let judged = self.verdicts.judge(labels);
        let mut surprise = 0.0;
        if layers.estimator == Estimator::Reinforce {
            for b in 0..self.batch {
                surprise += self.reward(layers, c, b, &judged) / c.glimpses as f64;
            }
        }
        self.d_cell.fill(T::zero());
        self.d_h.fill(T::zero());
        for t in (0..c.glimpses).rev() {
            self.verdicts.backward(&layers.classifier, t + 1, &mut self.d_h, c.hidden);
            self.glimpse_backward(layers, c, t, gradient);
        }
        self.weights(layers, c, gradient);
        [judged.nats, judged.wrong(), surprise]
    }

    /// REINFORCE for image `b`: the gradients of the means, by the reward beyond the baseline, and of the baseline.
    /// Gives the baseline's squared errors.
    fn reward(&mut self, layers: &Ram<T>, c: &Config, b: usize, judged: &Judged) -> f64 {
        let mut squares = 0.0;
        for t in 0..c.glimpses {
            let i = t * self.batch + b;
            let surprise = self.verdicts.reward(judged, t, b) - self.baseline[i].f64();
            squares += surprise * surprise;
            // Half the squared error's gradient.
            self.d_baseline[i] = T::of(-surprise);
            for axis in AXES * i..AXES * (i + 1) {
                // −∂ log N(place; mean, σ²)/∂mean, and the way through tanh.
                let mean = self.means[axis].f64();
                let score = self.noise[axis].f64() / layers.deviation;
                self.d_means[axis] = T::of(-surprise * score * (1.0 - mean * mean));
            }
        }
        squares
    }

    /// From the gradient of h after glimpse `t` to that of h before it.
    fn glimpse_backward(&mut self, layers: &Ram<T>, c: &Config, t: usize, gradient: &mut Params<T, Config>) {
        let (batch, h) = (self.batch, c.hidden);
        let w = GLIMPSE + h;
        let (gates, cells) = (&mut self.gates, &self.cell);
        let at = lstm::Glimpse { t, batch, gates, cells, d_out: &self.d_h, d_cell: &mut self.d_cell };
        layers.core.backward(at, Init::Zero, (&mut self.d_row, w), gradient);
        let d_glimpse = &mut self.d_glimpse[t * batch * GLIMPSE..][..batch * GLIMPSE];
        let rows = self.rows[t * batch * w..].chunks_exact(w).zip(self.d_row.chunks_exact(w));
        for ((d, (row, d_row)), d_h) in d_glimpse.chunks_exact_mut(GLIMPSE).zip(rows).zip(self.d_h.chunks_exact_mut(h))
        {
            rectified(&row[..GLIMPSE], &d_row[..GLIMPSE], d);
            d_h.copy_from_slice(&d_row[GLIMPSE..]);
        }
        let d_parts = &mut self.d_parts[t * batch * 2 * PARTS..][..batch * 2 * PARTS];
        layers.glimpse.backward(batch, d_glimpse, GLIMPSE, Init::Zero, d_parts, 2 * PARTS);
        for (d, part) in d_parts.iter_mut().zip(&self.parts[t * batch * 2 * PARTS..]) {
            if *part <= T::zero() {
                *d = T::zero();
            }
        }
        if layers.estimator == Estimator::Pathwise {
            self.place_backward(layers, c, t);
        }
        let share = T::of(if layers.estimator == Estimator::Reinforce { INTO_CORE } else { 1.0 });
        for (to, d_mean) in self.d_core.iter_mut().zip(&self.d_means[t * batch * AXES..]) {
            *to = share * *d_mean;
        }
        layers.locator.backward(batch, &self.d_core, AXES, Init::Accumulate, &mut self.d_h, h);
    }

    /// Through glimpse `t`'s places to their means.
    fn place_backward(&mut self, layers: &Ram<T>, c: &Config, t: usize) {
        let (batch, seen) = (self.batch, c.seen());
        let d_parts = &self.d_parts[t * batch * 2 * PARTS..];
        layers.sensor.backward(batch, d_parts, 2 * PARTS, Init::Zero, &mut self.d_seen, seen);
        let at = t * batch * AXES..(t + 1) * batch * AXES;
        let d_places = &mut self.d_places[at.clone()];
        layers.place.backward(batch, &d_parts[PARTS..], 2 * PARTS, Init::Zero, d_places, AXES);
        let places = self.places[at.clone()].chunks_exact(AXES).zip(&self.sums);
        let d = d_places.chunks_exact_mut(AXES).zip(self.d_seen.chunks_exact(seen));
        let means = self.means[at.clone()].chunks_exact(AXES);
        let d_means = self.d_means[at.clone()].chunks_exact_mut(AXES);
        for (((place, sums), (d_place, d_seen)), (mean, d_mean)) in places.zip(d).zip(means.zip(d_means)) {
            let through = layers.retina.backward(sums, [place[0].f64(), place[1].f64()], d_seen);
            for axis in 0..AXES {
                d_place[axis] += T::of(through[axis]);
                d_mean[axis] = d_place[axis] * (T::one() - mean[axis] * mean[axis]);
            }
        }
    }

    /// Weight gradients: one product each, over all glimpses and images.
    fn weights(&mut self, layers: &Ram<T>, c: &Config, gradient: &mut Params<T, Config>) {
        let (batch, h, buffers) = (self.batch, c.hidden, &mut self.buffers);
        let (w, k) = (GLIMPSE + h, c.glimpses * batch);
        layers.core.gates.gradient(k, (&self.gates, 4 * h), (&self.rows, w), gradient, buffers);
        let parts = (&self.parts[..], 2 * PARTS);
        let mut layer = |layer: &Linear<T>, rows, d: (&[T], usize), x| {
            layer.gradient(rows, d, x, gradient, buffers);
            layer.bias_gradient(rows, d, gradient);
        };
        layer(&layers.glimpse, k, (&self.d_glimpse, GLIMPSE), parts);
        layer(&layers.sensor, k, (&self.d_parts, 2 * PARTS), (&self.seen, c.seen()));
        layer(&layers.place, k, (&self.d_parts[PARTS..], 2 * PARTS), (&self.places, AXES));
        let state = (&self.rows[GLIMPSE..], w);
        layer(&layers.locator, k, (&self.d_means, AXES), state);
        if layers.estimator == Estimator::Reinforce {
            layer(&layers.baseline, k, (&self.d_baseline, 1), state);
        }
        self.verdicts.gradient(&layers.classifier, state, gradient, buffers);
    }
}
