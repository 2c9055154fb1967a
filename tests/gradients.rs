//! Every layer, and the whole model, against central differences in f64.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::backprop::{Backprop, Factors};
use attentive_writer::config::{Config, Likelihood};
use attentive_writer::internals::{Bernoulli, Grid, latent, lstm, read, write};
use attentive_writer::lab::lens::Lens;
use attentive_writer::model::{Draw, Purpose};
use attentive_writer::noise;
use attentive_writer::params::Params;
use attentive_writer::tape::Tape;

fn normal(n: usize, seed: u64) -> Vec<f64> {
    let mut out = vec![0.0; n];
    noise::fill_normal(&mut noise::rng(seed, 0, 0), &mut out);
    out
}

/// Compares `gradient` with central differences of `loss` at `x`, each within 1e-5 of the larger of
/// its own size and a thousandth of the largest, below which the differences' own rounding shows.
fn check(what: &str, x: &[f64], gradient: &[f64], mut loss: impl FnMut(&[f64]) -> f64) {
    assert_eq!(x.len(), gradient.len(), "{what}");
    let largest = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    assert!(largest > 0.0, "{what}: the gradient is all zero");
    let mut x = x.to_vec();
    for i in 0..x.len() {
        let at = x[i];
        let mut side = |x: &mut Vec<f64>, offset: f64| {
            x[i] = at + offset;
            loss(x)
        };
        // Five points: the error falls with the fourth power of the step.
        let step = 3e-4 * at.abs().max(1.0);
        let near = side(&mut x, step) - side(&mut x, -step);
        let far = side(&mut x, 2.0 * step) - side(&mut x, -2.0 * step);
        let value = side(&mut x, 0.0);
        let numeric = (8.0 * near - far) / (12.0 * step);
        // What differences of a loss so large lose to rounding.
        let lost = 8.0 * f64::EPSILON * value.abs() / step;
        let error = ((numeric - gradient[i]).abs() - lost) / gradient[i].abs().max(1e-3 * largest);
        assert!(error < 1e-5, "{what}[{i}]: backward gives {}, differences {numeric}", gradient[i]);
    }
}

fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(a, b)| a * b).sum()
}

#[test]
fn lstm_cell() {
    let (h, batch) = (5, 3);
    let (sums, before) = (normal(batch * 4 * h, 1), normal(batch * h, 2));
    let (wh, wc) = (normal(batch * h, 3), normal(batch * h, 4));
    let run = |sums: &[f64], before: &[f64]| {
        let (mut gates, mut cell, mut out) = (sums.to_vec(), vec![0.0; batch * h], vec![0.0; batch * h]);
        lstm::Forward { hidden: h, batch, gates: &mut gates, before, cell: &mut cell, out: &mut out, out_stride: h }
            .run();
        (weighted(&out, &wh) + weighted(&cell, &wc), gates, cell)
    };
    let (_, mut gates, cell) = run(&sums, &before);
    let (mut d_cell, mut d_bias) = (wc.clone(), vec![1.0; 4 * h]);
    lstm::Backward {
        hidden: h,
        batch,
        gates: &mut gates,
        before: &before,
        cell: &cell,
        d_out: &wh,
        d_cell: &mut d_cell,
        d_bias: &mut d_bias,
    }
    .run();
    for (unit, d) in d_bias.iter().enumerate() {
        let over_batch: f64 = gates.iter().skip(unit).step_by(4 * h).sum();
        assert!((d - 1.0 - over_batch).abs() < 1e-12, "bias {unit}");
    }
    check("gates", &sums, &gates, |x| run(x, &before).0);
    check("cell", &before, &d_cell, |x| run(&sums, x).0);
}

/// A latent layer's numbers but its prior.
struct Latents {
    z: usize,
    batch: usize,
    stats: Vec<f64>,
    noise: Vec<f64>,
    /// What the samples weigh in the loss, and the divergence.
    d_z: Vec<f64>,
    kl_weight: f64,
}

impl Latents {
    fn new(z: usize) -> Self {
        let batch = 3;
        let stats = normal(batch * 2 * z, 1).iter().map(|x| 0.5 * x).collect();
        Latents { z, batch, stats, noise: normal(batch * z, 2), d_z: normal(batch * z, 3), kl_weight: 0.7 }
    }

    /// The loss, and each image's divergence.
    fn forward(&self, stats: &[f64], prior: impl latent::Prior<f64>) -> (f64, Vec<f64>) {
        let (z, batch, noise) = (self.z, self.batch, &self.noise);
        let (mut out, mut kl) = (vec![0.0; batch * z], vec![0.0; batch]);
        latent::Forward { prior, latent: z, batch, stats, noise, out: &mut out, out_stride: z, kl: &mut kl }.run();
        (weighted(&out, &self.d_z) + self.kl_weight * kl.iter().sum::<f64>(), kl)
    }

    /// The loss's gradient by the statistics.
    fn backward(&self, prior: impl latent::Prior<f64>) -> Vec<f64> {
        let Latents { z, batch, ref noise, ref d_z, kl_weight, .. } = *self;
        let mut d = self.stats.clone();
        latent::Backward { prior, latent: z, batch, stats: &mut d, noise, d_z, d_stride: z, kl_weight }.run();
        d
    }
}

#[test]
fn latent_layer() {
    let latents = Latents::new(4);
    let d = latents.backward(latent::Standard);
    check("stats", &latents.stats, &d, |stats| latents.forward(stats, latent::Standard).0);
}

/// A prior that something emits, as rows of μ and log σ.
struct Emitted<'a> {
    rows: &'a [f64],
    gradients: &'a mut [f64],
    latents: usize,
}

impl latent::Prior<f64> for Emitted<'_> {
    fn moments(&self, b: usize) -> Option<[&[f64]; 2]> {
        let (mean, log_sigma) = self.rows[2 * self.latents * b..][..2 * self.latents].split_at(self.latents);
        Some([mean, log_sigma])
    }

    fn learned(&mut self, b: usize) -> Option<latent::Learned<'_, f64>> {
        let row = 2 * self.latents * b..2 * self.latents * (b + 1);
        let (mean, log_sigma) = self.rows[row.clone()].split_at(self.latents);
        let (d_mean, d_log_sigma) = self.gradients[row].split_at_mut(self.latents);
        Some(latent::Learned { moments: [mean, log_sigma], gradients: [d_mean, d_log_sigma] })
    }
}

#[test]
fn a_prior_that_is_learned_fits_the_latent() {
    let latents = Latents::new(5);
    let (z, batch) = (latents.z, latents.batch);
    let rows: Vec<f64> = normal(batch * 2 * z, 4).iter().map(|x| 0.5 * x).collect();
    fn prior(rows: &[f64], latents: usize) -> Emitted<'_> {
        Emitted { rows, gradients: &mut [], latents }
    }
    let loss = |stats: &[f64], rows: &[f64]| latents.forward(stats, prior(rows, z)).0;
    // Between two Gaussians, term by term.
    let (_, kl) = latents.forward(&latents.stats, prior(&rows, z));
    for b in 0..batch {
        let of = |all: &[f64], u: usize| (all[2 * z * b + u], all[2 * z * b + z + u].exp());
        let expected: f64 = (0..z)
            .map(|u| {
                let ((m, s), (m_p, s_p)) = (of(&latents.stats, u), of(&rows, u));
                (s_p / s).ln() + (s * s + (m - m_p) * (m - m_p)) / (2.0 * s_p * s_p) - 0.5
            })
            .sum();
        assert!((kl[b] - expected).abs() < 1e-12, "image {b}: {} and {expected}", kl[b]);
        let p = prior(&rows, z);
        let (m_p, s_p) = of(&rows, 1);
        assert!((latent::Prior::draw(&p, b, 1, 0.3) - (m_p + 0.3 * s_p)).abs() < 1e-15);
        let [square, log_sigma] = latent::Prior::measure(&p, b, 1, 0.9);
        assert!((square - ((0.9 - m_p) / s_p).powi(2)).abs() < 1e-12 && (log_sigma - s_p.ln()).abs() < 1e-15);
    }
    let mut d_rows = vec![0.0; rows.len()];
    let d = latents.backward(Emitted { rows: &rows, gradients: &mut d_rows, latents: z });
    check("stats", &latents.stats, &d, |x| loss(x, &rows));
    check("prior", &rows, &d_rows, |x| loss(&latents.stats, x));
}

#[test]
fn a_lens_reads_and_writes_back() {
    let (n, size) = (3, (9, 7));
    let image: Vec<f64> = normal(63, 1).iter().map(|x| (x.abs() / 3.0).min(1.0)).collect();
    let mut lens = Lens::new(n, size, &image).unwrap();
    let window = [0.1, -0.2, 0.4, -0.9, -1.1];
    lens.place(&window).unwrap();
    let (fx, fy) = lens.filterbanks(&window);
    let x = ndarray::ArrayView2::from_shape((7, 9), &image).unwrap();
    let patch = fy.dot(&x).dot(&fx.t());
    let back = fy.t().dot(&patch).dot(&fx) / window[4].exp();
    for (a, b) in lens.patch().iter().zip(&patch).chain(lens.back().iter().zip(&back)) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
    let gradient = lens.gradient();
    check("window", &window, &gradient, |w| {
        lens.place(w.try_into().unwrap()).unwrap();
        lens.error()
    });
    assert!(Lens::new(0, size, &image).is_err() && Lens::new(3, (9, 8), &image).is_err());
}

#[test]
fn bernoulli_likelihood() {
    let (pixels, batch) = (7, 2);
    let logits: Vec<f64> = normal(pixels * batch, 1).iter().map(|x| 3.0 * x).collect();
    let images: Vec<f64> = normal(pixels * batch, 2).iter().map(|x| (x.abs() / 3.0).min(1.0)).collect();
    let run = |logits: &[f64]| {
        let (mut nats, mut d) = (vec![0.0; batch], vec![0.0; pixels * batch]);
        Bernoulli { pixels, logits, images: &images, nats: &mut nats, d_logits: &mut d }.run();
        (nats.iter().sum::<f64>(), d)
    };
    let (loss, d) = run(&logits);
    let direct: f64 = logits
        .iter()
        .zip(&images)
        .map(|(l, x)| {
            let p = 1.0 / (1.0 + (-l).exp());
            -(x * p.ln() + (1.0 - x) * (1.0 - p).ln())
        })
        .sum();
    assert!((loss - direct).abs() < 1e-9);
    check("logits", &logits, &d, |x| run(x).0);
}

/// Windows of a batch of two, one of them half outside the image.
fn windows(stride: usize) -> Vec<f64> {
    let mut heads = normal(2 * stride, 9);
    heads[..5].copy_from_slice(&[0.2, -0.3, 0.4, -1.2, 0.3]);
    heads[stride..stride + 5].copy_from_slice(&[-1.1, 0.9, -0.5, -0.8, -0.4]);
    heads
}

#[test]
fn read_and_its_window() {
    for channels in [1, 3] {
        let (n, size, batch) = (3, (9, 7), 2);
        let pixels = channels * 63;
        let (heads, image) = (windows(5), normal(batch * pixels, 1));
        let logits = normal(batch * pixels, 2);
        let len = 2 * channels * n * n;
        let weights = normal(batch * len, 3);
        let sigma = |l: &[f64]| l.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect::<Vec<_>>();
        let read = |heads: &[f64], logits: &[f64]| {
            let mut out = vec![0.0; batch * len];
            read::Forward {
                grid: &mut Grid::new(n, channels, size, size),
                batch,
                heads,
                head_stride: 5,
                image: &image,
                canvas: &sigma(logits),
                out: &mut out,
                out_stride: len,
            }
            .run();
            out
        };
        let run = |heads: &[f64], logits: &[f64]| weighted(&read(heads, logits), &weights);
        let (mut d_heads, mut d_logits) = (vec![0.0; batch * 5], vec![0.0; batch * pixels]);
        read::Backward {
            grid: &mut Grid::new(n, channels, size, size),
            batch,
            heads: &heads,
            head_stride: 5,
            image: &image,
            canvas: &sigma(&logits),
            out: &read(&heads, &logits),
            d_out: &weights,
            out_stride: len,
            d_heads: &mut d_heads,
            d_logits: &mut d_logits,
        }
        .run();
        check("read window", &heads, &d_heads, |x| run(x, &logits));
        check("canvas", &logits, &d_logits, |x| run(&heads, x));
    }
}

#[test]
fn write_and_its_window() {
    for channels in [1, 3] {
        let (n, size, batch) = (3, (9, 7), 2);
        let pixels = channels * 63;
        let stride = 5 + channels * n * n;
        let (heads, weights) = (windows(stride), normal(batch * pixels, 3));
        let run = |heads: &[f64]| {
            let mut canvas = vec![0.0; batch * pixels];
            write::Forward {
                grid: &mut Grid::new(n, channels, size, size),
                batch,
                heads,
                head_stride: stride,
                canvas: &mut canvas,
            }
            .run();
            weighted(&canvas, &weights)
        };
        let mut d_heads = vec![0.0; batch * stride];
        write::Backward {
            grid: &mut Grid::new(n, channels, size, size),
            batch,
            heads: &heads,
            head_stride: stride,
            d_canvas: &weights,
            d_heads: &mut d_heads,
        }
        .run();
        check("write window and patch", &heads, &d_heads, run);
    }
}

#[test]
fn whole_model() {
    use Likelihood::{Bernoulli, Logistic};
    let of = |likelihood| [(true, 1), (true, 3), (false, 1), (false, 3)].map(|(a, c)| (a, c, likelihood));
    let all = [of(Bernoulli), of(Logistic)].concat().into_iter().map(|(a, c, l)| (a, c, l, true));
    // The last is a plain autoencoder.
    for (attention, channels, likelihood, variational) in all.chain([(true, 1, Bernoulli, false)]) {
        let config = Config {
            width: 6,
            height: 5,
            channels,
            glimpses: 3,
            hidden: 4,
            latent: 3,
            read_patch: 2,
            write_patch: 3,
            attention,
            likelihood,
            variational,
        };
        let batch = 2;
        let mut params = Params::<f64>::init(&config, 11, None).unwrap();
        let jitter = normal(params.data().len(), 12);
        for (p, n) in params.data_mut().iter_mut().zip(jitter) {
            *p += 0.2 * n;
        }
        let images: Vec<f64> =
            normal(batch * config.pixels(), 13).iter().map(|x| (0.5 + 0.3 * x).clamp(0.0, 1.0)).collect();
        let factors = Factors { kl: 0.8, canvases: if likelihood == Bernoulli { 0.3 } else { 0.0 } };
        let mut tape = Tape::new(&Draw::new(&params, Purpose::Train(batch)).unwrap(), batch, true).unwrap();
        let noise = normal(tape.all_noise_mut().len(), 14);
        tape.all_noise_mut().copy_from_slice(&noise);
        let run = |tape: &mut Tape<f64>, params: &Params<f64>| {
            let model = Draw::new(params, Purpose::Train(batch)).unwrap();
            tape.start(&model);
            let mut loss = 0.0;
            for t in 0..config.glimpses {
                tape.encode(&model, t, &images);
                tape.decode(&model, t);
                tape.write(&model, t);
                tape.compare(&images);
                let factor = if t + 1 < config.glimpses { factors.canvases } else { 1.0 };
                loss += factor * tape.reconstruction().iter().sum::<f64>();
            }
            (loss + factors.kl * tape.kl().iter().sum::<f64>(), model)
        };
        let (_, model) = run(&mut tape, &params);
        let mut gradient = Params::zeros(&config).unwrap();
        Backprop::new(&model, batch).unwrap().backward(&model, &mut tape, &images, factors, &mut gradient);
        // The Gaussian of a plain autoencoder's codes is fitted, not learnt.
        for slot in gradient.slots().iter().filter(|slot| !slot.name.starts_with("codes.")) {
            let what = format!(
                "{likelihood:?}, attention {attention}, {channels} channels, variational {variational}, {}",
                slot.name
            );
            check(&what, &params.data()[slot.range()], &gradient.data()[slot.range()], |x| {
                let mut params = params.clone();
                params.data_mut()[slot.range()].copy_from_slice(x);
                run(&mut tape, &params).0
            });
        }
    }
}
