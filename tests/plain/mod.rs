//! DRAW in plain loops over numbers: the whole model of the paper, forward and backward, for one image. It shares no
//! arithmetic with the engine, is slow, and is meant to be read beside the paper: arXiv 1502.04623.
//!
//! Images and canvases are `[C, B, A]`, patches `[C, N, N]`, matrices `[out, in]`. What is named `d_x` is the gradient
//! of the loss by x.

// Indices, as in the equations.
#![allow(clippy::needless_range_loop)]

mod backward;

use attentive_writer::Config;
use attentive_writer::params::Params;
pub use backward::backward;

pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// W x + b
fn linear(weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let mut out = bias.to_vec();
    for o in 0..out.len() {
        for i in 0..x.len() {
            out[o] += weight[o * x.len() + i] * x[i];
        }
    }
    out
}

/// A step of an LSTM: what it took, its four gates after their functions, and what it became.
#[derive(Clone, Default)]
pub struct Lstm {
    pub x: Vec<f64>,
    before: (Vec<f64>, Vec<f64>),
    /// i, f, g, o, one after the other.
    gates: Vec<f64>,
    pub h: Vec<f64>,
    pub c: Vec<f64>,
}

impl Lstm {
    fn start(hidden: usize) -> Self {
        Lstm { h: vec![0.0; hidden], c: vec![0.0; hidden], ..Lstm::default() }
    }

    /// The step after this one; `name` is `encoder` or `decoder`.
    fn step(&self, p: &Params<f64>, name: &str, x: Vec<f64>) -> Lstm {
        let n = self.h.len();
        let bias = p.get(&format!("{name}.bias"));
        let from_x = linear(p.get(&format!("{name}.weight_ih")), bias, &x);
        let from_h = linear(p.get(&format!("{name}.weight_hh")), &vec![0.0; 4 * n], &self.h);
        let mut gates = vec![0.0; 4 * n];
        for k in 0..4 * n {
            let sum = from_x[k] + from_h[k];
            gates[k] = if k / n == 2 { sum.tanh() } else { sigmoid(sum) };
        }
        let (mut h, mut c) = (vec![0.0; n], vec![0.0; n]);
        for u in 0..n {
            let (i, f, g, o) = (gates[u], gates[n + u], gates[2 * n + u], gates[3 * n + u]);
            c[u] = f * self.c[u] + i * g;
            h[u] = o * c[u].tanh();
        }
        Lstm { x, before: (self.h.clone(), self.c.clone()), gates, h, c }
    }
}

/// A grid of N × N Gaussian filters on an image of A × B pixels.
#[derive(Clone)]
pub struct Window {
    n: usize,
    width: usize,
    height: usize,
    pub center: [f64; 2],
    pub stride: f64,
    pub variance: f64,
    pub gamma: f64,
    /// F_X `[N, A]` and F_Y `[N, B]`.
    filters: [Vec<f64>; 2],
}

impl Window {
    /// From the five numbers that the decoder emits (equation 21): g̃_X, g̃_Y, log σ², log δ̃, log γ.
    fn new(emitted: &[f64], c: &Config, n: usize) -> Self {
        let (width, height) = (c.width, c.height);
        let center = [
            (width as f64 + 1.0) / 2.0 * (emitted[0] + 1.0),  // equation 22
            (height as f64 + 1.0) / 2.0 * (emitted[1] + 1.0), // equation 23
        ];
        // Equation 24. One filter has no stride; the divisor is kept at 1 for it.
        let stride = (width.max(height) as f64 - 1.0) / (n.max(2) as f64 - 1.0) * emitted[3].exp();
        let (variance, gamma) = (emitted[2].exp(), emitted[4].exp());
        let mut window = Window { n, width, height, center, stride, variance, gamma, filters: [vec![], vec![]] };
        window.filters = [window.bank(0), window.bank(1)];
        window
    }

    /// Pixels along an axis: 0 is x, 1 is y.
    fn len(&self, axis: usize) -> usize {
        [self.width, self.height][axis]
    }

    /// Filter i is so many strides from the centre; i counts from 0, in the paper from 1.
    fn offset(&self, i: usize) -> f64 {
        (i as f64 + 1.0) - self.n as f64 / 2.0 - 0.5
    }

    /// Where filter i lies (equations 19 and 20).
    fn mean(&self, axis: usize, i: usize) -> f64 {
        self.center[axis] + self.offset(i) * self.stride
    }

    /// The filters along an axis (equations 25 and 26); pixels count from 1, and each filter sums to 1. The engine ends a
    /// filter where it has fallen to e^-25 of its top, and so does this: without, the two agree to 1e-8 and not to 1e-9.
    fn bank(&self, axis: usize) -> Vec<f64> {
        let len = self.len(axis);
        let mut filters = vec![0.0; self.n * len];
        for i in 0..self.n {
            let filter = &mut filters[i * len..][..len];
            for a in 0..len {
                let distance = (a as f64 + 1.0) - self.mean(axis, i);
                filter[a] = (-distance * distance / (2.0 * self.variance)).exp();
            }
            let end = (-25.0f64).exp() * filter.iter().fold(0.0, |top: f64, f| top.max(*f));
            for a in 0..len {
                filter[a] = f64::max(0.0, filter[a] - end);
            }
            let sum: f64 = filter.iter().sum();
            for a in 0..len {
                filter[a] /= sum;
            }
        }
        filters
    }

    /// F_Y image F_Xᵀ for each channel.
    fn through(&self, image: &[f64]) -> Vec<f64> {
        let (n, width, height, [fx, fy]) = (self.n, self.width, self.height, &self.filters);
        let mut patches = Vec::new();
        for plane in image.chunks(width * height) {
            for i in 0..n {
                for j in 0..n {
                    let mut sum = 0.0;
                    for b in 0..height {
                        for a in 0..width {
                            sum += fy[i * height + b] * plane[b * width + a] * fx[j * width + a];
                        }
                    }
                    patches.push(sum);
                }
            }
        }
        patches
    }

    /// F_Yᵀ patch F_X for each channel.
    fn onto(&self, patches: &[f64]) -> Vec<f64> {
        let (n, width, height, [fx, fy]) = (self.n, self.width, self.height, &self.filters);
        let mut image = Vec::new();
        for patch in patches.chunks(n * n) {
            for b in 0..height {
                for a in 0..width {
                    let mut sum = 0.0;
                    for i in 0..n {
                        for j in 0..n {
                            sum += fy[i * height + b] * patch[i * n + j] * fx[j * width + a];
                        }
                    }
                    image.push(sum);
                }
            }
        }
        image
    }
}

/// Everything times a number.
fn times(factor: f64, values: Vec<f64>) -> Vec<f64> {
    values.iter().map(|v| factor * v).collect()
}

/// What a glimpse computed.
pub struct Glimpse {
    /// σ(c) of the canvas before it.
    pub shown: Vec<f64>,
    pub read_window: Option<Window>,
    pub read: Vec<f64>,
    pub encoder: Lstm,
    pub mu: Vec<f64>,
    pub log_sigma: Vec<f64>,
    pub decoder: Lstm,
    pub write_window: Option<Window>,
    pub patch: Vec<f64>,
    /// After it; logits.
    pub canvas: Vec<f64>,
    /// In nats.
    pub kl: f64,
}

/// The read: with attention equation 27, without it equation 17.
fn read(window: &Option<Window>, image: &[f64], error: &[f64]) -> Vec<f64> {
    match window {
        Some(w) => [times(w.gamma, w.through(image)), times(w.gamma, w.through(error))].concat(),
        None => [image, error].concat(),
    }
}

/// The write: with attention equations 28 and 29, without it equation 18.
fn write(window: &Option<Window>, patch: &[f64]) -> Vec<f64> {
    match window {
        Some(w) => times(1.0 / w.gamma, w.onto(patch)),
        None => patch.to_vec(),
    }
}

/// All glimpses of an image `[C, B, A]`, with noise `[T, Z]` from N(0, 1).
pub fn forward(p: &Params<f64>, image: &[f64], noise: &[f64]) -> Vec<Glimpse> {
    let c = p.config();
    let (mut encoder, mut decoder) = (Lstm::start(c.hidden), Lstm::start(c.hidden));
    let mut canvas = p.get("canvas").to_vec();
    let mut glimpses = Vec::new();
    for noise in noise.chunks(c.latent) {
        let window = |name: &str, h_dec: &[f64], n| {
            let [weight, bias] = ["weight", "bias"].map(|part| format!("{name}.{part}"));
            c.attention.then(|| Window::new(&linear(p.get(&weight), p.get(&bias), h_dec), c, n))
        };
        // Equation 3: the error image.
        let shown: Vec<f64> = canvas.iter().map(|v| sigmoid(*v)).collect();
        let error: Vec<f64> = image.iter().zip(&shown).map(|(x, s)| x - s).collect();
        // Equation 4: the read, through the window that the decoder emitted a glimpse before.
        let read_window = window("read", &decoder.h, c.read_patch);
        let read = read(&read_window, image, &error);
        // Equation 5: the encoder.
        encoder = encoder.step(p, "encoder", [&read[..], &decoder.h].concat());
        // Equations 1, 2 and 6: the latent.
        let mut mu = linear(p.get("latent.weight"), p.get("latent.bias"), &encoder.h);
        let log_sigma = mu.split_off(c.latent);
        let z: Vec<f64> = (0..c.latent).map(|k| mu[k] + log_sigma[k].exp() * noise[k]).collect();
        // Equation 11, one glimpse of it.
        let term = |k: usize| mu[k] * mu[k] + (2.0 * log_sigma[k]).exp() - 2.0 * log_sigma[k] - 1.0;
        let kl = 0.5 * (0..c.latent).map(term).sum::<f64>();
        // Equation 7: the decoder.
        decoder = decoder.step(p, "decoder", z);
        // Equation 8: the write.
        let write_window = window("write", &decoder.h, c.write_patch);
        let patch = linear(p.get("patch.weight"), p.get("patch.bias"), &decoder.h);
        for (v, w) in canvas.iter_mut().zip(write(&write_window, &patch)) {
            *v += w;
        }
        let (encoder, decoder, canvas) = (encoder.clone(), decoder.clone(), canvas.clone());
        glimpses.push(Glimpse {
            shown,
            read_window,
            read,
            encoder,
            mu,
            log_sigma,
            decoder,
            write_window,
            patch,
            canvas,
            kl,
        });
    }
    glimpses
}

/// −log p(x | canvas) in nats: Bernoulli with means σ(canvas) (equation 9).
pub fn reconstruction(canvas: &[f64], image: &[f64]) -> f64 {
    let nats = |(v, x): (&f64, &f64)| -(x * sigmoid(*v).ln() + (1.0 - x) * sigmoid(-*v).ln());
    canvas.iter().zip(image).map(nats).sum()
}
