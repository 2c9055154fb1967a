//! Images that are not square, nor grey, nor in three colours; and colours where they are shown.

use crate::support::{json, png, refused, run};
use std::fs;

const WIDTH: usize = 20;
const HEIGHT: usize = 36;

/// A NumPy array N×H×W×C of bytes.
fn npy(
    count: usize,
    [width, height, channels]: [usize; 3],
    level: impl Fn(usize, usize, usize, usize) -> u8,
) -> Vec<u8> {
    let shape = format!("({count}, {height}, {width}, {channels})");
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{text:<117}\n");
    let places = (0..count * height * width * channels).map(|p| {
        let (i, at) = (p / channels / width / height, p / channels % (width * height));
        level(i, p % channels, at / width, at % width)
    });
    [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), &places.collect::<Vec<_>>()].concat()
}

/// Of the first channel the upper half is inked, of the second the lower, less a row that depends on the image.
fn halves(i: usize, channel: usize, y: usize, _: usize) -> u8 {
    let inked = (y < HEIGHT / 2) == (channel == 0) && y % 9 != i % 9;
    if inked { 255 } else { 0 }
}

#[test]
fn two_channels_of_20_by_36_are_trained_evaluated_drawn_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("set"), path("model.safetensors"));
    fs::create_dir(&data).unwrap();
    fs::write(path("set/train.npy"), npy(64, [WIDTH, HEIGHT, 2], halves)).unwrap();
    fs::write(path("set/test.npy"), npy(10, [WIDTH, HEIGHT, 2], halves)).unwrap();
    let train = |more: &[&str]| {
        let common = ["train", "--data", &data, "--out", &out, "--batch", "16", "--json"];
        json(&[&common[..], more].concat())
    };
    let model = ["--preset", "mnist-small", "--image", "20x36x2", "--glimpses", "4", "--learning-rate", "0.01"];
    let first = train(&[&model[..], &["--epochs", "1"]].concat())["loss_nats"].as_f64().unwrap();
    let checkpoint = path("model.checkpoint");
    let last = train(&["--resume", &checkpoint, "--epochs", "60"])["loss_nats"].as_f64().unwrap();
    assert!(last < 0.9 * first, "from {first} to {last} nats");

    let bound = |weights: &str| json(&["eval", "--weights", weights, "--data", &data, "--json"]);
    let whole = bound(&out);
    let nats = |name: &str| whole[name].as_f64().unwrap();
    assert_eq!(whole["images"], 10);
    assert!((nats("reconstruction_nats") + nats("kl_nats") - nats("nll_bound_nats")).abs() < 1e-6);
    let parts = path("parts.safetensors");
    for format in ["f32", "f16", "int8"] {
        assert!(run(&["export", "--weights", &out, "--format", format, "--out", &parts]).status.success());
        let apart = bound(&parts)["nll_bound_nats"].as_f64().unwrap() - nats("nll_bound_nats");
        assert!(apart.abs() < 0.05 * nats("nll_bound_nats"), "{format}: {apart} nats more");
    }

    // Three in two columns, each 40 wide and 72 high: above red, below cyan; and paper where the fourth would be.
    let sample = |name: &str, size: &str| {
        let shape = ["--count", "3", "--columns", "2", "--size", size, "--json", "--out", name];
        json(&[&["sample", "--weights", &out][..], &shape].concat());
    };
    let (sheet, drawing, bits) = (path("sheet.png"), path("draw.gif"), path("rows.bits"));
    sample(&sheet, "40");
    let (width, height, pixels) = png(&sheet);
    assert_eq!((width, height), (80, 144));
    let mean = |x0: usize, y0: usize, c: usize| {
        let at = |p: usize| pixels[3 * ((y0 + p / 40) * 80 + x0 + p % 40) + c] as f64;
        (0..40 * 36).map(at).sum::<f64>() / (40.0 * 36.0)
    };
    for (x, y) in [(0, 0), (40, 0), (0, 72)] {
        assert!(mean(x, y, 0) > mean(x, y, 1) + 100.0, "above at {x}, {y}");
        assert!(mean(x, y + 36, 0) + 100.0 < mean(x, y + 36, 1), "below at {x}, {y}");
    }
    assert!(pixels.chunks_exact(3).all(|p| p[1] == p[2]));
    assert_eq!((mean(40, 72, 0), mean(40, 108, 1)), (255.0, 255.0));
    sample(&drawing, "40");
    near(&drawing, &pixels, (80, 144), &[(40, 72)]);
    sample(&bits, "20");
    assert_eq!(fs::metadata(&bits).unwrap().len(), 3 * (20 * 36 * 2 / 8));
    let rows = ["--format", "bits", "--width", "20", "--height", "36", "--channels", "2"];
    assert_eq!(json(&[&["eval", "--weights", &out, "--data", &bits, "--json"][..], &rows].concat())["images"], 3);

    // What is not of this shape.
    fs::write(path("grey.npy"), npy(4, [WIDTH, HEIGHT, 1], |_, _, y, _| (7 * y) as u8)).unwrap();
    let of_two = ["20×36 grey", "expects 20×36 of 2 channels"];
    refused(&["eval", "--weights", &out, "--data", &path("grey.npy")], &of_two);
    refused(&["train", "--data", &data, "--out", &path("x.safetensors")], &["of 2 channels", "expects 28×28 grey"]);
    for (image, parts) in
        [("20x36x5", "channels is 5; expected 1 to 4"), ("20", "WIDTHxHEIGHT"), ("2000x3", "width is 2000")]
    {
        refused(&["train", "--data", &data, "--out", &path("x.safetensors"), "--image", image], &[parts]);
    }
    let resume = ["--resume", &checkpoint, "--image", "20x36x2"];
    refused(&[&["train", "--data", &data, "--out", &out][..], &resume].concat(), &["--image", "--resume"]);
    let looks = ["--preset", "cluttered", "--image", "20x36x2"];
    refused(&[&["train", "--data", &data, "--out", &path("x.safetensors")][..], &looks].concat(), &["grey", "20x36"]);
}

/// The last frame of a GIF has, in squares of 8×8 pixels, the colours of a picture, but where there is no digit.
fn near(gif: &str, pixels: &[u8], (width, height): (usize, usize), nothing: &[(usize, usize)]) {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(fs::File::open(gif).unwrap()).unwrap();
    assert_eq!((decoder.width() as usize, decoder.height() as usize), (width, height));
    let mut last = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        last = frame.buffer.to_vec();
    }
    let inside = |(x, y): (usize, usize)| !nothing.iter().any(|(x0, y0)| x >= *x0 && y >= *y0);
    for (x, y, c) in
        (0..width / 8 * (height / 8) * 3).map(|n| (n / 3 % (width / 8) * 8, n / 3 / (width / 8) * 8, n % 3))
    {
        let mean = |bytes: &[u8], size: usize| {
            (0..64).map(|p| bytes[size * ((y + p / 8) * width + x + p % 8) + c] as f64).sum::<f64>() / 64.0
        };
        let apart = (mean(&last, 4) - mean(pixels, 3)).abs();
        assert!(apart < 8.0 || !inside((x, y)), "{apart} levels at {x}, {y}");
    }
}

/// Four channels, and one in a column: wide, flat and thin.
#[test]
fn other_shapes_train_and_draw() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out, sheet) = (path("set.npy"), path("model.safetensors"), path("sheet.png"));
    for (preset, [width, height, channels], drawn) in [
        ("mnist-small", [9, 5, 4], (18, 10)),
        ("svhn-32", [5, 17, 3], (10, 34)),
        ("vae", [40, 6, 3], (40, 6)),
        ("autoencoder", [1, 30, 1], (2, 60)),
    ] {
        fs::write(&data, npy(6, [width, height, channels], |i, c, y, x| (31 * i + 50 * c + 9 * y + 5 * x) as u8))
            .unwrap();
        let image = format!("{width}x{height}x{channels}");
        let model =
            ["--preset", preset, "--image", &image, "--glimpses", "2", "--batch", "3", "--epochs", "1", "--json"];
        json(&[&["train", "--data", &data, "--out", &out][..], &model].concat());
        assert_eq!(json(&["eval", "--weights", &out, "--data", &data, "--json"])["images"], 6, "{preset}");
        let size = drawn.0.to_string();
        json(&["sample", "--weights", &out, "--count", "1", "--size", &size, "--out", &sheet, "--json"]);
        let (w, h, _) = png(&sheet);
        assert_eq!((w, h), drawn, "{preset}");
    }
}

/// House numbers are in colour, as a picture and as a GIF.
#[test]
fn colours_are_colours_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/www/weights/svhn-32.safetensors");
    for name in ["sheet.png", "draw.gif"] {
        json(&[
            "sample",
            "--weights",
            weights,
            "--count",
            "4",
            "--size",
            "32",
            "--seed",
            "3",
            "--json",
            "--out",
            &path(name),
        ]);
    }
    let (width, height, pixels) = png(&path("sheet.png"));
    assert_eq!((width, height), (64, 64));
    let coloured = pixels.chunks_exact(3).filter(|p| p.iter().max().unwrap() - p.iter().min().unwrap() > 12).count();
    assert!(coloured > 64 * 64 / 10, "{coloured} pixels in colour");
    near(&path("draw.gif"), &pixels, (64, 64), &[]);
}
