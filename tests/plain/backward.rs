//! The gradient of reconstruction + KL (equation 12), glimpse by glimpse from the last to the first.

use super::{Glimpse, Lstm, Window, sigmoid, times};
use attentive_writer::params::Params;

/// Of W x + b: adds to the gradients of W and b, and gives that of x.
fn linear(
    p: &Params<f64>,
    weight: &str,
    bias: Option<&str>,
    d: &mut Params<f64>,
    x: &[f64],
    d_out: &[f64],
) -> Vec<f64> {
    let (mut d_x, weights) = (vec![0.0; x.len()], p.get(weight));
    let d_weights = d.get_mut(weight);
    for o in 0..d_out.len() {
        for i in 0..x.len() {
            d_x[i] += weights[o * x.len() + i] * d_out[o];
            d_weights[o * x.len() + i] += x[i] * d_out[o];
        }
    }
    if let Some(bias) = bias {
        add(d.get_mut(bias), d_out);
    }
    d_x
}

impl Lstm {
    /// Of a step, given the gradients of h and c: those of x, of h before and of c before.
    fn backward(
        &self,
        p: &Params<f64>,
        name: &str,
        d: &mut Params<f64>,
        d_h: &[f64],
        d_c: &[f64],
    ) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let n = self.h.len();
        let (mut d_sums, mut d_c_before) = (vec![0.0; 4 * n], vec![0.0; n]);
        for u in 0..n {
            let (i, f, g, o) = (self.gates[u], self.gates[n + u], self.gates[2 * n + u], self.gates[3 * n + u]);
            let tanh_c = self.c[u].tanh();
            let d_c = d_c[u] + d_h[u] * o * (1.0 - tanh_c * tanh_c);
            d_sums[u] = d_c * g * i * (1.0 - i);
            d_sums[n + u] = d_c * self.before.1[u] * f * (1.0 - f);
            d_sums[2 * n + u] = d_c * i * (1.0 - g * g);
            d_sums[3 * n + u] = d_h[u] * tanh_c * o * (1.0 - o);
            d_c_before[u] = d_c * f;
        }
        let [ih, hh, bias] = ["weight_ih", "weight_hh", "bias"].map(|part| format!("{name}.{part}"));
        let d_x = linear(p, &ih, Some(&bias), d, &self.x, &d_sums);
        let d_h_before = linear(p, &hh, None, d, &self.before.0, &d_sums);
        (d_x, d_h_before, d_c_before)
    }
}

impl Window {
    /// Of Σ patch · F_Y image F_Xᵀ, which read and write both come to, by the numbers emitted; that of log γ is given.
    fn backward(&self, patches: &[f64], images: &[f64], d_log_gamma: f64) -> [f64; 5] {
        let (n, width, height, [fx, fy]) = (self.n, self.width, self.height, &self.filters);
        let (mut d_fx, mut d_fy) = (vec![0.0; fx.len()], vec![0.0; fy.len()]);
        for (patch, image) in patches.chunks(n * n).zip(images.chunks(width * height)) {
            for i in 0..n {
                for j in 0..n {
                    for b in 0..height {
                        for a in 0..width {
                            let d = patch[i * n + j] * image[b * width + a];
                            d_fy[i * height + b] += d * fx[j * width + a];
                            d_fx[j * width + a] += d * fy[i * height + b];
                        }
                    }
                }
            }
        }
        let ([d_x, d_stride_x, d_log_x], [d_y, d_stride_y, d_log_y]) =
            (self.bank_back(0, &d_fx), self.bank_back(1, &d_fy));
        [
            (width as f64 + 1.0) / 2.0 * d_x,
            (height as f64 + 1.0) / 2.0 * d_y,
            d_log_x + d_log_y,
            (d_stride_x + d_stride_y) * self.stride,
            d_log_gamma,
        ]
    }

    /// Of an axis's filters: by the centre, the stride and log σ². Equations 25 and 26 are a softmax over the pixels.
    fn bank_back(&self, axis: usize, d_filters: &[f64]) -> [f64; 3] {
        let len = self.len(axis);
        let [mut d_center, mut d_stride, mut d_log_variance] = [0.0; 3];
        for i in 0..self.n {
            let (filter, d_filter) = (&self.filters[axis][i * len..][..len], &d_filters[i * len..][..len]);
            let inner: f64 = filter.iter().zip(d_filter).map(|(f, d)| f * d).sum();
            for a in 0..len {
                let distance = (a as f64 + 1.0) - self.mean(axis, i);
                let d_exponent = filter[a] * (d_filter[a] - inner);
                let d_mean = d_exponent * distance / self.variance;
                d_center += d_mean;
                d_stride += d_mean * self.offset(i);
                d_log_variance += d_exponent * distance * distance / (2.0 * self.variance);
            }
        }
        [d_center, d_stride, d_log_variance]
    }
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds the gradient for one image to `d`.
pub fn backward(p: &Params<f64>, image: &[f64], noise: &[f64], glimpses: &[Glimpse], d: &mut Params<f64>) {
    let c = p.config();
    let zeros = || vec![0.0; c.hidden];
    let (mut d_h_enc, mut d_c_enc, mut d_h_dec, mut d_c_dec) = (zeros(), zeros(), zeros(), zeros());
    // Equation 9, for the last canvas.
    let last = &glimpses[glimpses.len() - 1].canvas;
    let mut d_canvas: Vec<f64> = last.iter().zip(image).map(|(v, x)| sigmoid(*v) - x).collect();
    for (g, noise) in glimpses.iter().zip(noise.chunks(c.latent)).rev() {
        // Equation 8: the write.
        let d_patch = match &g.write_window {
            None => d_canvas.clone(),
            Some(w) => {
                let d_patch = times(1.0 / w.gamma, w.through(&d_canvas));
                let d_emitted = w.backward(&times(1.0 / w.gamma, g.patch.clone()), &d_canvas, -dot(&d_patch, &g.patch));
                add(&mut d_h_dec, &linear(p, "write.weight", Some("write.bias"), d, &g.decoder.h, &d_emitted));
                d_patch
            }
        };
        add(&mut d_h_dec, &linear(p, "patch.weight", Some("patch.bias"), d, &g.decoder.h, &d_patch));
        // Equation 7: the decoder.
        let d_z;
        (d_z, d_h_dec, d_c_dec) = g.decoder.backward(p, "decoder", d, &d_h_dec, &d_c_dec);
        // Equations 1, 2 and 6, and the divergence of equation 11.
        let mut d_stats = vec![0.0; 2 * c.latent];
        for k in 0..c.latent {
            let sigma = g.log_sigma[k].exp();
            d_stats[k] = d_z[k] + g.mu[k];
            d_stats[c.latent + k] = d_z[k] * noise[k] * sigma + sigma * sigma - 1.0;
        }
        add(&mut d_h_enc, &linear(p, "latent.weight", Some("latent.bias"), d, &g.encoder.h, &d_stats));
        // Equation 5: the encoder, which took the read and h_dec of the glimpse before.
        let d_x;
        (d_x, d_h_enc, d_c_enc) = g.encoder.backward(p, "encoder", d, &d_h_enc, &d_c_enc);
        let (d_read, d_h_dec_before) = d_x.split_at(g.read.len());
        add(&mut d_h_dec, d_h_dec_before);
        // Equations 3 and 4: the read of the image and of the error image, which holds −σ(c).
        let (d_of_image, d_of_error) = d_read.split_at(d_read.len() / 2);
        let d_error = match &g.read_window {
            None => d_of_error.to_vec(),
            Some(w) => {
                let error: Vec<f64> = image.iter().zip(&g.shown).map(|(x, s)| x - s).collect();
                let (patches, images) = ([d_of_image, d_of_error].concat(), [image, &error].concat());
                let d_emitted = w.backward(&times(w.gamma, patches), &images, dot(d_read, &g.read));
                let h_dec_before = &g.decoder.before.0;
                add(&mut d_h_dec, &linear(p, "read.weight", Some("read.bias"), d, h_dec_before, &d_emitted));
                times(w.gamma, w.onto(d_of_error))
            }
        };
        for ((d, s), d_error) in d_canvas.iter_mut().zip(&g.shown).zip(d_error) {
            *d -= d_error * s * (1.0 - s);
        }
    }
    add(d.get_mut("canvas"), &d_canvas);
}
