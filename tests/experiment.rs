//! An experiment in a few dozen lines, of what the crate offers to all experiments: a task that predicts the sum of an
//! image's pixels from one read. It trains in the same loop, is split in the same parts and has the same checkpoints.
#![cfg(not(target_arch = "wasm32"))]

use attentive_writer::internals::{Block, Buffers, Grid, Init, Linear, glance};
use attentive_writer::layers::{Start, Tensor};
use attentive_writer::likelihood::Values;
use attentive_writer::params::{Params, Shape};
use attentive_writer::train::{Losses, Places, Settings, Source, Task, Trainer, checkpoint};
use attentive_writer::weights;
use attentive_writer::{Result, noise};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// N × N filters on a grey square.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Config {
    side: usize,
    patch: usize,
}

impl Shape for Config {
    const TASKS: &'static [&'static str] = &["generation"];

    fn validate(&self) -> Result<()> {
        Ok(())
    }

    fn tensors(&self) -> Vec<Tensor> {
        let read = self.patch * self.patch;
        vec![
            // g̃_X, g̃_Y, log σ², log δ̃, log γ: a small window to the upper left, which sees a part of the image.
            Tensor::vector("read.bias", 5).starting(Start::Window([-0.5, -0.5, 0.0, -2.0, 0.0])),
            Tensor::matrix("sum.weight", [1, read], read).of_matrices(None),
            Tensor::vector("sum.bias", 1),
        ]
    }

    fn image(&self) -> [usize; 3] {
        [self.side, self.side, 1]
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Error {
    squared_error: f64,
}

impl Losses for Error {
    const NAMES: &'static [&'static str] = &["squared_error"];

    fn total(&self) -> f64 {
        self.squared_error
    }

    fn each(&mut self) -> impl Iterator<Item = &mut f64> {
        std::iter::once(&mut self.squared_error)
    }
}

struct Adder {
    config: Config,
    window: [f32; 5],
    sum: Linear<f32>,
}

/// Buffers of a batch: images, windows, patches and what is made of them, with their gradients.
struct Slice {
    grid: Grid<f32>,
    images: Vec<f32>,
    windows: Vec<f32>,
    d_windows: Vec<f32>,
    patches: Vec<f32>,
    d_patches: Vec<f32>,
    out: Vec<f32>,
    buffers: Buffers<f32>,
}

impl Task for Adder {
    type Shape = Config;
    type Label = f32;
    type Losses = Error;
    type Slice = Slice;

    fn pack(params: &Params<f32, Config>, rows: usize) -> Result<Self> {
        let config = params.config().clone();
        let read = config.patch * config.patch;
        let sum =
            Linear::new(read, 1, Some(rows)).with([Block::whole("sum.weight", [1, read], 0, 0)], Some(("sum.bias", 0)));
        let mut adder = Adder { config, window: [0.0; 5], sum };
        adder.repack(params);
        Ok(adder)
    }

    fn repack(&mut self, params: &Params<f32, Config>) {
        self.window.copy_from_slice(params.get("read.bias"));
        self.sum.repack(params);
    }

    fn bytes(c: &Config, images: usize, _: u64) -> u64 {
        (4 * images * (c.side * c.side + 10 + 2 * c.patch * c.patch + 1)) as u64
    }

    fn slice(&self, images: usize) -> Result<Slice> {
        let Config { side, patch: n } = self.config;
        let zeros = |of_image| vec![0.0; images * of_image];
        Ok(Slice {
            grid: Grid::new(n, 1, (side, side), (side, side)),
            images: zeros(side * side),
            windows: zeros(5),
            d_windows: zeros(5),
            patches: zeros(n * n),
            d_patches: zeros(n * n),
            out: zeros(1),
            buffers: Buffers::new((n * n) as u64, n * n)?,
        })
    }

    fn run(&self, s: &mut Slice, places: &Places<f32>, gradient: &mut Params<f32, Config>) -> Error {
        let (batch, pixels, read) = (s.out.len(), self.config.side.pow(2), self.config.patch.pow(2));
        let images = s.images.chunks_exact_mut(pixels).enumerate();
        let labels: Vec<f32> = images.map(|(b, image)| places.put(b, image).label).collect();
        s.windows.chunks_exact_mut(5).for_each(|w| w.copy_from_slice(&self.window));
        let (grid, heads, image) = (&mut s.grid, &s.windows[..], &s.images[..]);
        glance::Forward { grid, batch, heads, head_stride: 5, image, out: &mut s.patches, out_stride: read }.run();
        self.sum.forward(batch, &s.patches, read, self.sum.bias(), &mut s.out, 1);
        // From here on `out` is its gradient.
        let mut squared_error = 0.0;
        for (out, label) in s.out.iter_mut().zip(labels) {
            let error = *out - label;
            squared_error += (error * error) as f64;
            *out = 2.0 * error;
        }
        self.sum.gradient(batch, (&s.out, 1), (&s.patches, read), gradient, &mut s.buffers);
        self.sum.bias_gradient(batch, (&s.out, 1), gradient);
        self.sum.backward(batch, &s.out, 1, Init::Zero, &mut s.d_patches, read);
        let (out, d_out, d_heads) = (&s.patches[..], &s.d_patches[..], &mut s.d_windows[..]);
        let (head_stride, out_stride, d_stride) = (5, read, 5);
        glance::Backward { grid, batch, heads, head_stride, image, out, d_out, out_stride, d_heads, d_stride }.run();
        for (i, d) in gradient.get_mut("read.bias").iter_mut().enumerate() {
            *d += s.d_windows.iter().skip(i).step_by(5).sum::<f32>();
        }
        Error { squared_error }
    }
}

/// Images of more or less noise, made when they are asked for; the label is the sum, over a tenth of the pixels.
struct Noise;

const SIDE: usize = 12;

impl Noise {
    fn image(index: usize, out: &mut [f32]) {
        let mut rng = noise::rng(1, 0, index as u64);
        let most = rng.random::<f32>();
        out.fill_with(|| most * rng.random::<f32>());
    }
}

impl Source<f32> for Noise {
    fn len(&self) -> usize {
        500
    }

    fn size(&self) -> [usize; 3] {
        [SIDE, SIDE, 1]
    }

    fn label(&self, index: usize) -> f32 {
        let mut image = [0.0; SIDE * SIDE];
        Noise::image(index, &mut image);
        image.iter().sum::<f32>() / 14.4
    }

    fn put(&self, index: usize, _: Values, _: &mut Xoshiro256PlusPlus, image: &mut [f32]) {
        Noise::image(index, image);
    }
}

fn trainer(threads: usize) -> Trainer<Adder> {
    let settings = Settings { batch: 20, threads, seed: 2, warm_up: 1, learning_rate: 0.02, ..Settings::default() };
    Trainer::fresh(&Config { side: SIDE, patch: 4 }, settings).unwrap()
}

fn mean_of_steps(trainer: &mut Trainer<Adder>, steps: usize) -> f64 {
    (0..steps).map(|_| trainer.step(&Noise, 1.0).unwrap().losses.squared_error).sum::<f64>() / steps as f64
}

#[test]
fn it_learns_and_its_window_grows() {
    let mut trainer = trainer(2);
    let first = mean_of_steps(&mut trainer, 5);
    mean_of_steps(&mut trainer, 600);
    let last = mean_of_steps(&mut trainer, 20);
    assert!(last < first / 100.0, "the loss was {first}, and is {last}");
    let window = trainer.params().get("read.bias");
    assert!(window[0].abs() < 0.25 && window[1].abs() < 0.25, "the window is not in the middle: {window:?}");
    assert!(window[3] > -1.0, "the window is still small: {window:?}");
}

#[test]
fn its_gradient_is_that_of_differences() {
    let loss = |params: &Params<f32, Config>| {
        let mut trainer: Trainer<Adder> = Trainer::tune(params.clone(), trainer(1).settings().clone()).unwrap();
        trainer.begin(&Noise, 0..20).unwrap();
        trainer.part().unwrap()
    };
    let params = trainer(1).params().clone();
    let gradient = loss(&params).gradient;
    for (i, got) in gradient.iter().enumerate() {
        let side = |offset: f32| {
            let mut params = params.clone();
            params.data_mut()[i] += offset;
            loss(&params).losses.squared_error
        };
        let numeric = (side(1e-2) - side(-1e-2)) / 2e-2;
        let error = (numeric - *got as f64).abs() / numeric.abs().max(1.0);
        assert!(error < 1e-2, "parameter {i}: backward gives {got}, differences {numeric}");
    }
}

#[test]
fn parts_make_the_step_of_one() {
    let (mut one, mut lead, mut helper) = (trainer(1), trainer(2), trainer(1));
    for _ in 0..5 {
        let expected = one.step(&Noise, 1.0).unwrap();
        helper.follow(lead.params().data(), lead.steps()).unwrap();
        helper.begin(&Noise, 7..20).unwrap();
        lead.begin(&Noise, 0..7).unwrap();
        let report = lead.finish(&[helper.part().unwrap()], 1.0).unwrap();
        let (got, expected) = (report.losses.squared_error, expected.losses.squared_error);
        assert!((got - expected).abs() < 1e-4 * expected, "{got}, expected {expected}");
    }
    for (a, b) in lead.params().data().iter().zip(one.params().data()) {
        assert!((a - b).abs() < 1e-4, "{a}, expected {b}");
    }
}

#[test]
fn it_resumes_where_it_was_cut() {
    let (mut whole, mut cut) = (trainer(2), trainer(2));
    mean_of_steps(&mut whole, 30);
    mean_of_steps(&mut cut, 17);
    let bytes = checkpoint::save(&cut).unwrap();
    let mut resumed: Trainer<Adder> = checkpoint::load_task(&bytes, |settings| settings).unwrap();
    mean_of_steps(&mut resumed, 13);
    assert_eq!(resumed.steps(), whole.steps());
    assert!(checkpoint::save(&resumed).unwrap() == checkpoint::save(&whole).unwrap(), "the states differ");
    let file = weights::save(whole.average(), weights::Format::F32, weights::Part::All).unwrap();
    assert_eq!(weights::load_task::<Config>(&file).unwrap(), *resumed.average());
}
