//! A training step of the MNIST model in burn, on its CPU backend `flex`, timed on demand (see ../compare.py).

use burn::module::Param;
use burn::optim::{AdamConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid, softmax};
use burn::tensor::{Distribution, TensorData};
use stopwatch::{Array, READ, SIDE, Start, WRITE};

fn tensor<const D: usize>(a: &Array, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(a.values.clone(), a.shape.clone()), device)
}

/// A layer's weights [in, out] and bias [1, out].
#[derive(Module, Debug)]
struct Linear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<2>>,
}

impl Linear {
    fn new(start: &Start, name: &str, device: &Device) -> Linear {
        let of = |name: &str| {
            let (_, array) = start.weights.iter().find(|(n, _)| *n == name).expect("a weight of this name");
            Param::from_tensor(tensor(array, device))
        };
        Linear { weight: of(name), bias: of(&format!("{name}_b")) }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val()) + self.bias.val()
    }

    /// As an LSTM's gates, i, f, g, o: what becomes of h and c.
    fn lstm(&self, x: Tensor<2>, [h, c]: [Tensor<2>; 2]) -> [Tensor<2>; 2] {
        let gates = self.forward(Tensor::cat(vec![x, h], 1)).chunk(4, 1);
        let [i, f, g, o]: [_; 4] = gates.try_into().expect("four gates");
        let c = sigmoid(f) * c + sigmoid(i) * g.tanh();
        [sigmoid(o) * c.clone().tanh(), c]
    }
}

#[derive(Module, Debug)]
struct Draw {
    encoder: Linear,
    decoder: Linear,
    latent: Linear,
    heads: Linear,
    canvas: Param<Tensor<3>>,
}

/// F_X, F_Y [batch, n, SIDE] and gamma [batch, 1, 1].
fn filterbanks(window: Tensor<2>, n: usize) -> [Tensor<3>; 3] {
    let device = window.device();
    let [gx, gy, log_var, log_delta, log_gamma]: [_; 5] = window.chunk(5, 1).try_into().expect("five numbers");
    let offsets: Vec<f32> = (1..=n).map(|i| i as f32 - n as f32 / 2.0 - 0.5).collect();
    let offsets = Tensor::<2>::from_data(TensorData::new(offsets, [1, n]), &device);
    let pixels = TensorData::new((1..=SIDE).map(|a| a as f32).collect(), [1, 1, SIDE]);
    let pixels = Tensor::<3>::from_data(pixels, &device);
    let offsets = log_delta.exp() * ((SIDE - 1) as f32 / (n - 1) as f32) * offsets;
    let scale = (-log_var).exp().mul_scalar(-0.5).unsqueeze_dim::<3>(2);
    let bank = |g: Tensor<2>| {
        let mu = (g + 1.0) * ((SIDE + 1) as f32 / 2.0) + offsets.clone();
        softmax((pixels.clone() - mu.unsqueeze_dim(2)).square() * scale.clone(), 2)
    };
    [bank(gx), bank(gy), log_gamma.exp().unsqueeze_dim(2)]
}

impl Draw {
    fn loss(&self, x: Tensor<3>, noise: Tensor<3>) -> Tensor<1> {
        let ([batch, _, _], [glimpses, _, _], device) = (x.dims(), noise.dims(), x.device());
        let [hidden, _] = self.latent.weight.dims();
        let zero = Tensor::<2>::zeros([batch, hidden], &device);
        let [mut encoder, mut decoder] = [0; 2].map(|_| [zero.clone(), zero.clone()]);
        let mut canvas = self.canvas.val().expand([batch, SIDE, SIDE]);
        let mut window = self.heads.bias.val().narrow(1, 5, 5).expand([batch, 5]);
        let mut kl = Tensor::<1>::zeros([1], &device);
        for t in 0..glimpses {
            let [fx, fy, gamma] = filterbanks(window, READ);
            // Both images in one product: [batch, READ, 2 · SIDE], then [batch, row and image, column].
            let images = Tensor::cat(vec![x.clone(), x.clone() - sigmoid(canvas.clone())], 2);
            let rows = fy.matmul(images).reshape([batch, 2 * READ, SIDE]);
            let patch = (rows.matmul(fx.transpose()) * gamma).reshape([batch, READ, 2, READ]);
            let patch = patch.swap_dims(1, 2).reshape([batch, 2 * READ * READ]);
            encoder = self.encoder.lstm(Tensor::cat(vec![patch, decoder[0].clone()], 1), encoder);
            let stats = self.latent.forward(encoder[0].clone()).chunk(2, 1);
            let [mu, log_sigma]: [_; 2] = stats.try_into().expect("two halves");
            let sigma = log_sigma.clone().exp();
            let z = mu.clone() + sigma.clone() * noise.clone().narrow(0, t, 1).squeeze_dim(0);
            kl = kl + (mu.square() + sigma.square() - log_sigma * 2.0 - 1.0).sum() * 0.5;
            decoder = self.decoder.lstm(z, decoder);
            let heads = self.heads.forward(decoder[0].clone());
            let [fx, fy, gamma] = filterbanks(heads.clone().narrow(1, 0, 5), WRITE);
            window = heads.clone().narrow(1, 5, 5);
            let w = heads.narrow(1, 10, WRITE * WRITE).reshape([batch, WRITE, WRITE]) / gamma;
            canvas = canvas + fy.transpose().matmul(w).matmul(fx);
        }
        let softplus = relu(canvas.clone()) + (-canvas.clone().abs()).exp().log1p();
        ((softplus - canvas * x).sum() + kl) / batch as f32
    }
}

fn main() {
    let start = Start::from_arguments();
    let device = Device::flex().autodiff();
    let layer = |name| Linear::new(&start, name, &device);
    let (_, canvas) = start.weights.iter().find(|(name, _)| *name == "canvas").expect("a canvas");
    let canvas = Param::from_tensor(tensor(canvas, &device));
    let [encoder, decoder, latent, heads] = ["encoder", "decoder", "latent", "heads"].map(layer);
    let mut model = Some(Draw { encoder, decoder, latent, heads, canvas });
    let mut optimiser = AdamConfig::new().with_epsilon(1e-8).init();
    let x = tensor::<3>(&start.images, &device);
    let mut train = |noise: Tensor<3>| {
        let now = model.take().expect("a model");
        let nats = now.loss(x.clone(), noise);
        let gradients = GradientsParams::from_grads(nats.backward(), &now);
        model = Some(optimiser.step(1e-3, now, gradients));
        nats.into_scalar::<f32>()
    };
    let losses: Vec<f32> = start.noise.iter().map(|noise| train(tensor(noise, &device))).collect();
    let shape = start.noise[0].shape.clone();
    stopwatch::serve(include_str!("../Cargo.lock"), "burn", &losses, start.batch, || {
        train(Tensor::random(shape.clone(), Distribution::Normal(0.0, 1.0), &device));
    });
}
