//! A training step of the MNIST model in candle, timed on demand (see ../compare.py). Adam is AdamW without decay.

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::ops::{sigmoid, softmax};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use std::collections::HashMap;
use stopwatch::{Array, READ, SIDE, Start, WRITE};

fn tensor(a: &Array) -> Result<Tensor> {
    Tensor::from_slice(&a.values, &a.shape[..], &Device::Cpu)
}

fn lstm(x: &Tensor, h: &Tensor, c: &Tensor, w: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let gates = Tensor::cat(&[x, h], 1)?.matmul(w)?.broadcast_add(b)?.chunk(4, 1)?;
    let c = ((sigmoid(&gates[1])? * c)? + (sigmoid(&gates[0])? * gates[2].tanh()?)?)?;
    Ok(((sigmoid(&gates[3])? * c.tanh()?)?, c))
}

/// F_X, F_Y [batch, n, SIDE] and gamma [batch, 1, 1].
fn filterbanks(window: &Tensor, n: usize) -> Result<[Tensor; 3]> {
    let numbers = window.chunk(5, 1)?;
    let offsets: Vec<f32> = (1..=n).map(|i| i as f32 - n as f32 / 2.0 - 0.5).collect();
    let offsets = Tensor::new(offsets, &Device::Cpu)?.unsqueeze(0)?;
    let pixels = Tensor::arange(1f32, SIDE as f32 + 1.0, &Device::Cpu)?.reshape((1, 1, SIDE))?;
    let offsets = (numbers[3].exp()? * ((SIDE - 1) as f64 / (n - 1) as f64))?.broadcast_mul(&offsets)?;
    let scale = (numbers[2].neg()?.exp()? * -0.5)?.unsqueeze(2)?;
    let bank = |g: &Tensor| {
        let mu = ((g + 1.0)? * ((SIDE + 1) as f64 / 2.0))?.broadcast_add(&offsets)?.unsqueeze(2)?;
        softmax(&pixels.broadcast_sub(&mu)?.sqr()?.broadcast_mul(&scale)?, D::Minus1)
    };
    Ok([bank(&numbers[0])?, bank(&numbers[1])?, numbers[4].exp()?.unsqueeze(2)?])
}

fn loss(p: &HashMap<&str, Var>, x: &Tensor, noise: &Tensor) -> Result<Tensor> {
    let (batch, hidden) = (x.dim(0)?, p["latent"].dim(0)?);
    let zero = Tensor::zeros((batch, hidden), x.dtype(), x.device())?;
    let [mut h_enc, mut c_enc, mut h_dec, mut c_dec] = [zero.clone(), zero.clone(), zero.clone(), zero];
    let mut canvas = p["canvas"].broadcast_as(x.shape())?;
    let mut window = p["heads_b"].narrow(1, 5, 5)?.broadcast_as((batch, 5))?;
    let mut kl = Tensor::new(0f32, x.device())?;
    for t in 0..noise.dim(0)? {
        let [fx, fy, gamma] = filterbanks(&window, READ)?;
        // Both images in one product: [batch, READ, 2 · SIDE], then [batch, row and image, column].
        let images = Tensor::cat(&[x, &(x - sigmoid(&canvas)?)?], 2)?;
        let rows = fy.matmul(&images)?.reshape((batch, 2 * READ, SIDE))?;
        let patch = rows.matmul(&fx.t()?)?.broadcast_mul(&gamma)?;
        let patch = patch.reshape((batch, READ, 2, READ))?.transpose(1, 2)?.reshape((batch, 2 * READ * READ))?;
        let r = Tensor::cat(&[&patch, &h_dec], 1)?;
        (h_enc, c_enc) = lstm(&r, &h_enc, &c_enc, &p["encoder"], &p["encoder_b"])?;
        let stats = h_enc.matmul(&p["latent"])?.broadcast_add(&p["latent_b"])?.chunk(2, 1)?;
        let (mu, log_sigma) = (&stats[0], &stats[1]);
        let sigma = log_sigma.exp()?;
        let z = (mu + (&sigma * noise.get(t)?)?)?;
        let each = ((mu.sqr()? + sigma.sqr()?)? - ((log_sigma * 2.0)? + 1.0)?)?;
        kl = (kl + (each.sum_all()? * 0.5)?)?;
        (h_dec, c_dec) = lstm(&z, &h_dec, &c_dec, &p["decoder"], &p["decoder_b"])?;
        let heads = h_dec.matmul(&p["heads"])?.broadcast_add(&p["heads_b"])?;
        let [fx, fy, gamma] = filterbanks(&heads.narrow(1, 0, 5)?, WRITE)?;
        window = heads.narrow(1, 5, 5)?;
        let w = heads.narrow(1, 10, WRITE * WRITE)?.reshape((batch, WRITE, WRITE))?.broadcast_div(&gamma)?;
        canvas = (canvas + fy.t()?.matmul(&w)?.matmul(&fx)?)?;
    }
    let softplus = (canvas.relu()? + (canvas.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    let nats = (softplus - (&canvas * x)?)?.sum_all()?;
    (nats + kl)? / batch as f64
}

fn main() -> Result<()> {
    let start = Start::from_arguments();
    let weights = start.weights.iter().map(|(name, array)| Ok((*name, Var::from_tensor(&tensor(array)?)?)));
    let params = weights.collect::<Result<HashMap<_, _>>>()?;
    let settings = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(params.values().cloned().collect(), settings)?;
    let x = tensor(&start.images)?;
    let mut train = |noise: &Tensor| {
        let nats = loss(&params, &x, noise)?;
        optimiser.backward_step(&nats)?;
        nats.to_scalar::<f32>()
    };
    let losses = start.noise.iter().map(|noise| train(&tensor(noise)?)).collect::<Result<Vec<f32>>>()?;
    let shape = &start.noise[0].shape[..];
    stopwatch::serve(include_str!("../Cargo.lock"), "candle-core", &losses, start.batch, || {
        let noise = Tensor::randn(0f32, 1f32, shape, &Device::Cpu).expect("noise");
        train(&noise).expect("a step");
    });
    Ok(())
}
