//! The kernels at the shapes of the MNIST model: `cargo bench`. One thread; GFLOP/s are in the counter column.

use attentive_writer::attention::WINDOW_LEN;
use attentive_writer::internals::{Bernoulli, Grid, Init, Packed, Scratch, gemm, gemm_tn, latent, lstm, read, write};
use attentive_writer::noise;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

const HIDDEN: usize = 256;
const LATENT: usize = 100;
const READ: usize = 2;
const WRITE: usize = 5;
const SIDE: usize = 28;
const BATCHES: [usize; 7] = [1, 8, 16, 24, 32, 50, 100];
/// (what, k, n): inputs and outputs of each product in a glimpse.
const PRODUCTS: [(&str, usize, usize); 4] = [
    ("encoder gates", 2 * READ * READ + 2 * HIDDEN, 4 * HIDDEN),
    ("latent", HIDDEN, 2 * LATENT),
    ("decoder gates", LATENT + HIDDEN, 4 * HIDDEN),
    ("windows and patch", HIDDEN, 2 * WINDOW_LEN + WRITE * WRITE),
];

fn main() {
    divan::main();
}

fn normal(n: usize) -> Vec<f32> {
    let mut out = vec![0.0; n];
    noise::fill_normal(&mut noise::rng(n as u64, 0, 0), &mut out);
    out
}

/// What a product goes by: FMA alone, or what the machine has for large batches, which may be the same.
const MEANS: [&str; 2] = ["fma", "best"];

/// Each product forward, with a batch; an item is a floating-point operation.
#[divan::bench(args = cases())]
fn product(bencher: Bencher, (_, k, n, m, means): (&str, usize, usize, usize, &str)) {
    let (a, weights, bias) = (normal(m * k), normal(n * k), normal(n));
    let mut packed = if means == "fma" { Packed::new(k, n) } else { Packed::for_batches(k, n, usize::MAX) };
    packed.fill((0, k), (0, n), &weights, 1, k);
    let mut c = vec![0.0; m * n];
    bencher
        .counter(ItemsCount::new(2 * m * k * n))
        .bench_local(|| gemm(m, black_box(&a), k, &packed, Init::Bias(&bias), &mut c, n));
}

fn cases() -> impl Iterator<Item = (&'static str, usize, usize, usize, &'static str)> {
    let shapes = PRODUCTS.into_iter().flat_map(|(what, k, n)| BATCHES.map(|m| (what, k, n, m)));
    shapes.flat_map(|(what, k, n, m)| MEANS.map(move |means| (what, k, n, m, means)))
}

/// Images in a weight gradient, of 64 glimpses each.
const SUMMED: usize = 50;

/// The weight gradient of each product, over a batch and its glimpses at once.
#[divan::bench(args = PRODUCTS)]
fn weight_gradient(bencher: Bencher, (_, inputs, outputs): (&str, usize, usize)) {
    let depth = SUMMED * 64;
    let (x, dy) = (normal(depth * inputs), normal(depth * outputs));
    let mut dw = vec![0.0; outputs * inputs];
    let mut scratch = Scratch::new(inputs);
    bencher.counter(ItemsCount::new(2 * depth * inputs * outputs)).bench_local(|| {
        gemm_tn(outputs, inputs, depth, black_box(&dy), outputs, &x, inputs, &mut dw, inputs, &mut scratch)
    });
}

/// An item is a hidden unit.
#[divan::bench(args = BATCHES)]
fn gates(bencher: Bencher, batch: usize) {
    let (sums, before) = (normal(batch * 4 * HIDDEN), normal(batch * HIDDEN));
    let (mut cell, mut out) = (vec![0.0; batch * HIDDEN], vec![0.0; batch * HIDDEN]);
    bencher.counter(ItemsCount::new(batch * HIDDEN)).with_inputs(|| sums.clone()).bench_local_refs(|gates| {
        lstm::Forward {
            hidden: HIDDEN,
            batch,
            gates,
            before: &before,
            cell: &mut cell,
            out: &mut out,
            out_stride: HIDDEN,
        }
        .run()
    });
}

/// An item is a latent.
#[divan::bench(args = BATCHES)]
fn sample(bencher: Bencher, batch: usize) {
    let (stats, eps) = (normal(batch * 2 * LATENT), normal(batch * LATENT));
    let (mut z, mut kl) = (vec![0.0; batch * LATENT], vec![0.0; batch]);
    bencher.counter(ItemsCount::new(batch * LATENT)).bench_local(|| {
        latent::Forward {
            prior: latent::Standard,
            latent: LATENT,
            batch,
            stats: black_box(&stats),
            noise: &eps,
            out: &mut z,
            out_stride: LATENT,
            kl: &mut kl,
        }
        .run()
    });
}

/// An item is a pair of filterbanks.
#[divan::bench(args = [READ, WRITE, 12])]
fn filterbanks(bencher: Bencher, n: usize) {
    let mut grid = Grid::<f32>::new(n, 1, (SIDE, SIDE), (SIDE, SIDE));
    let window = [0.1, -0.2, 0.3, -1.4, 0.2];
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| grid.filterbanks(black_box(&window)));
}

/// Heads that place a window and hold a patch.
fn heads(batch: usize, n: usize) -> (Vec<f32>, usize) {
    let stride = WINDOW_LEN + n * n;
    (normal(batch * stride).iter().map(|v| 0.3 * v).collect(), stride)
}

/// An item is an image.
#[divan::bench(args = BATCHES)]
fn read_forward(bencher: Bencher, batch: usize) {
    let mut grid = Grid::new(READ, 1, (SIDE, SIDE), (SIDE, SIDE));
    let ((heads, head_stride), pixels) = (heads(batch, READ), SIDE * SIDE);
    let (image, canvas, mut out) = (normal(batch * pixels), normal(batch * pixels), vec![0.0; batch * 8]);
    bencher.counter(ItemsCount::new(batch)).bench_local(|| {
        read::Forward {
            grid: &mut grid,
            batch,
            heads: black_box(&heads),
            head_stride,
            image: &image,
            canvas: &canvas,
            out: &mut out,
            out_stride: 8,
        }
        .run()
    });
}

/// An item is an image; the canvas is `size` pixels wide.
#[divan::bench(args = [(1, 28), (50, 28), (1, 112), (1, 448)])]
fn write_forward(bencher: Bencher, (batch, size): (usize, usize)) {
    let mut grid = Grid::new(WRITE, 1, (SIDE, SIDE), (size, size));
    let ((heads, head_stride), mut canvas) = (heads(batch, WRITE), vec![0.0; batch * size * size]);
    bencher.counter(ItemsCount::new(batch)).bench_local(|| {
        write::Forward { grid: &mut grid, batch, heads: black_box(&heads), head_stride, canvas: &mut canvas }.run()
    });
}

/// An item is an image.
#[divan::bench(args = BATCHES)]
fn likelihood(bencher: Bencher, batch: usize) {
    let pixels = SIDE * SIDE;
    let (logits, images) = (normal(batch * pixels), vec![1.0; batch * pixels]);
    let (mut nats, mut d_logits) = (vec![0.0; batch], vec![0.0; batch * pixels]);
    bencher.counter(ItemsCount::new(batch)).bench_local(|| {
        Bernoulli { pixels, logits: black_box(&logits), images: &images, nats: &mut nats, d_logits: &mut d_logits }
            .run()
    });
}
