//! Results, JSON, and bad input.

use crate::support::{WEIGHTS, bars, command, entries, json, jsons, png, refused, run};
use attentive_writer::Config;
use attentive_writer::params::Params;
use attentive_writer::weights::{self, Format, Part};
use std::io::Write;
use std::path::Path;

#[test]
fn train_resume_evaluate_export_and_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("train.bits"), path("model.safetensors"));
    bars(Path::new(&data), 60);
    let common = ["--data", &data, "--out", &out, "--json", "--batch", "20", "--seed", "3"];
    let train = |more: &[&str]| json(&[&["train", "--preset", "mnist-small"], &common[..], more].concat());
    let first = train(&["--epochs", "4", "--learning-rate", "0.01"]);
    assert_eq!(first["step"], 12);
    assert!(first["examples_per_second"].as_f64().unwrap() > 0.0 && first["loss_nats"].as_f64().unwrap() > 0.0);
    let checkpoint = path("model.checkpoint");
    let second = train(&["--epochs", "10", "--resume", &checkpoint]);
    assert_eq!(second["step"], 30);
    assert!(second["loss_nats"].as_f64() < first["loss_nats"].as_f64());

    let whole = json(&["eval", "--weights", &out, "--data", &data, "--json"]);
    let sum = whole["reconstruction_nats"].as_f64().unwrap() + whole["kl_nats"].as_f64().unwrap();
    assert!((whole["nll_bound_nats"].as_f64().unwrap() - sum).abs() < 1e-9);
    assert_eq!((&whole["images"], &whole["samples"]), (&60.into(), &1.into()));
    let lines = jsons(&["eval", "--weights", &out, "--data", &data, "--by-glimpse", "--json"]);
    assert_eq!(lines.len(), 12, "the canvas before the first of ten glimpses, each glimpse, the bound");
    let at = |i: usize, part: &str| lines[i][part].as_f64().unwrap();
    let kl: f64 = (0..=10).map(|i| at(i, "kl_nats")).sum();
    assert!((kl - at(11, "kl_nats")).abs() < 0.1 * kl, "glimpses have {kl} nats, {}", lines[11]);
    assert!((at(10, "reconstruction_nats") - at(11, "reconstruction_nats")).abs() < 2.0, "{} {}", lines[10], lines[11]);
    assert!(at(0, "reconstruction_nats") > at(10, "reconstruction_nats"));
    let halves = path("halves.safetensors");
    json(&["export", "--weights", &out, "--out", &halves, "--json"]);
    assert!(Path::new(&path("halves.encoder.safetensors")).is_file());
    let again = json(&["eval", "--weights", &halves, "--data", &data, "--samples", "3", "--json"]);
    let difference = again["nll_bound_nats"].as_f64().unwrap() - whole["nll_bound_nats"].as_f64().unwrap();
    assert!(difference.abs() < 2.0, "{whole} {again}");
    assert!(again["importance_weighted_nats"].as_f64() <= again["nll_bound_nats"].as_f64());

    let gif = path("draw.gif");
    json(&["sample", "--weights", &halves, "--count", "3", "--size", "30", "--out", &gif, "--json"]);
    let mut decoder = gif::DecodeOptions::new().read_info(std::fs::File::open(gif).unwrap()).unwrap();
    assert_eq!((decoder.width(), decoder.height()), (60, 60));
    let mut frames = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, 11);

    // Sampled bit rows are data again.
    let bits = path("samples.bits");
    json(&["sample", "--weights", WEIGHTS, "--count", "20", "--seed", "2", "--out", &bits, "--json"]);
    assert_eq!(std::fs::metadata(&bits).unwrap().len(), 20 * 98);
    let own = json(&["eval", "--weights", WEIGHTS, "--data", &bits, "--json"]);
    assert!(own["nll_bound_nats"].as_f64().unwrap() < 130.0, "{own}");
    let levels = ["sample", "--weights", "www/weights/svhn-32.safetensors", "--count", "1", "--out", &path("x.bits")];
    refused(&levels, &["svhn-32", "bit rows hold none", ".png or .gif"]);
}

/// The shipped model uses three of its latents. Without the others it is the same distribution, in smaller files.
#[test]
fn a_pruned_model_has_the_same_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, pruned, half) = (path("own.bits"), path("pruned.safetensors"), path("half.safetensors"));
    json(&["sample", "--weights", WEIGHTS, "--count", "40", "--out", &data, "--json"]);
    let output = run(&["export", "--weights", WEIGHTS, "--format", "int8", "--prune", "--out", &pruned]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("3 of 100 latents"), "{text}");
    let bound = |weights: &str| {
        let told = json(&["eval", "--weights", weights, "--data", &data, "--samples", "10", "--json"]);
        told["nll_bound_nats"].as_f64().unwrap()
    };
    // The deviation of a bound by the noise of its ten samples is below 0.3 nats here.
    assert!((bound(WEIGHTS) - bound(&pruned)).abs() < 1.5);
    let size = |name: &str| std::fs::metadata(name).unwrap().len();
    run(&["export", "--weights", WEIGHTS, "--format", "int8", "--out", &half]);
    assert!(size(&pruned) + 97 * 1024 <= size(&half), "{} {}", size(&pruned), size(&half));
    std::fs::remove_file(path("pruned.encoder.safetensors")).unwrap();
    refused(&["export", "--weights", &pruned, "--prune", "--out", &half], &["pruned.safetensors", "both halves"]);
}

/// Muon learns at its higher rate, and goes on from its checkpoint as if it had not been cut.
#[test]
fn muon_trains_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("train.bits");
    bars(Path::new(&data), 60);
    let train = |out: &str, more: &[&str]| {
        let common = ["train", "--preset", "mnist-small", "--data", &data, "--out", out, "--json", "--batch", "20"];
        json(&[&common[..], &["--optimiser", "muon", "--learning-rate", "0.01", "--seed", "3"], more].concat())
    };
    let whole = train(&path("whole.safetensors"), &["--epochs", "6"]);
    train(&path("cut.safetensors"), &["--epochs", "4"]);
    let resumed = train(&path("cut.safetensors"), &["--epochs", "6", "--resume", &path("cut.checkpoint")]);
    assert_eq!((&whole["step"], &resumed["step"]), (&18.into(), &18.into()));
    assert!(whole["loss_nats"].as_f64() < Some(150.0), "{whole}");
    let weights = |name: &str| std::fs::read(path(name)).unwrap();
    assert!(weights("whole.safetensors") == weights("cut.safetensors"));
    let wrong = run(&["train", "--data", &data, "--out", &path("x"), "--optimiser", "sgd"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("adam or muon"));
}

#[test]
fn a_sheet_is_the_same_with_every_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let mut sheets = Vec::new();
    for set in ["scalar", "avx2", "avx512", "avx512"] {
        let out = folder.path().join(format!("{}.png", sheets.len()));
        let out = out.to_str().unwrap();
        let arguments = ["sample", "--weights", WEIGHTS, "--count", "10", "--seed", "4", "--size", "40", "--out", out];
        assert!(command(&arguments).env("ATTENTIVE_WRITER_SIMD", set).status().unwrap().success());
        sheets.push(png(out));
    }
    assert_eq!((sheets[0].0, sheets[0].1), (160, 120));
    assert!(sheets[0].2.contains(&255) && sheets[0].2.iter().any(|v| *v < 20));
    assert_eq!(sheets[2], sheets[3]);
    for sheet in &sheets[1..] {
        let worst = sheets[0].2.iter().zip(&sheet.2).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(1), "{worst:?}");
    }
}

#[test]
fn bad_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (bad, data, out) = (path("bad.safetensors"), path("test.bits"), path("sheet.png"));
    bars(Path::new(&data), 2);
    let good = std::fs::read(WEIGHTS).unwrap();
    for bytes in [&b""[..], &good[..good.len() / 2], &vec![7; 100_000_000], b"GIF89a and so on"] {
        std::fs::write(&bad, bytes).unwrap();
        refused(&["sample", "--weights", &bad, "--out", &out], &[&bad, "expected"]);
        refused(&["eval", "--weights", &bad, "--data", &data], &[&bad]);
    }
    refused(&["sample", "--weights", &path("none"), "--out", &out], &["none"]);
    refused(&["sample", "--weights", folder.path().to_str().unwrap(), "--out", &out], &["is a folder"]);
    std::fs::write(&bad, &good).unwrap();
    refused(&["eval", "--weights", &bad, "--data", &data], &["encoder half", "bad.encoder.safetensors"]);
    refused(&["sample", "--weights", WEIGHTS, "--count", "0", "--out", &out], &["count is 0"]);
    assert_eq!(entries(folder.path()), ["bad.safetensors", "test.bits"]);
}

/// A small file of weights asks for no more than the budget, whatever its shape: it is drawn or refused, and never more
/// memory taken than a drawing may have beside what the program itself needs.
#[cfg(target_os = "linux")]
#[test]
fn a_small_file_that_asks_for_much_is_drawn_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let small = Config { hidden: 1, latent: 1, read_patch: 1, ..Config::preset("mnist-small").unwrap() };
    let long = Config { glimpses: 1024, write_patch: 64, channels: 4, ..small.clone() };
    let tall = Config { width: 1, height: 1024, glimpses: 2, write_patch: 2, ..small };
    for (name, config) in [("long", long), ("tall", tall)] {
        let params = Params::init(&config, 1, None).unwrap();
        let bytes = weights::save(&params, Format::F16, Part::Decoder).unwrap();
        assert!(bytes.len() < 200_000, "{name}: {} bytes", bytes.len());
        std::fs::write(path(name), bytes).unwrap();
    }
    for (name, count, size, ending, refusal) in [
        ("long", "100", "28", "png", "count is 100; expected at most "),
        ("long", "10000", "28", "png", "count is 10000; expected at most "),
        ("long", "100", "28", "gif", "count is 100; expected at most "),
        ("tall", "1", "256", "png", "size is 256; expected at most "),
        ("tall", "100", "256", "bits", "size is 256; expected at most "),
    ] {
        let out = path(&format!("out.{ending}"));
        let sample = ["sample", "--weights", &path(name), "--count", count, "--size", size, "--out", &out];
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", r#"ulimit -v 1500000 && exec "$0" "$@""#, env!("CARGO_BIN_EXE_attentive-writer")]);
        let output = limited.args(sample).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name} {count} {size} {ending}: {text}");
        assert!(text.contains(refusal) && text.contains("a drawing may take 1 GiB"), "{text}");
    }
    assert_eq!(entries(folder.path()), ["long", "tall"]);
}

/// Weights whose numbers f32 can hold, but not their results.
#[test]
fn results_that_are_not_finite_name_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, bad) = (path("test.bits"), path("bad.safetensors"));
    bars(Path::new(&data), 2);
    let mnist = Config::preset("mnist-small").unwrap();
    let config = Config { glimpses: 2, hidden: 4, ..mnist };
    let spoilt = |values: &[(&str, usize, f32)]| {
        // As much ink as the bars have, so that there is nothing to say of the data.
        let mut params = Params::init(&config, 1, Some(&[0.04; 784])).unwrap();
        for &(tensor, first, value) in values {
            params.get_mut(tensor)[first..].fill(value);
        }
        std::fs::write(&bad, weights::save(&params, Format::F32, Part::All).unwrap()).unwrap();
    };
    // The second half of the bias is the log sigmas'.
    spoilt(&[("latent.bias", config.latent, 50.0)]);
    for more in [&[][..], &["--json"], &["--by-glimpse"], &["--by-glimpse", "--json"], &["--samples", "2", "--json"]] {
        refused(
            &[&["eval", "--weights", &bad, "--data", &data], more].concat(),
            &["bad.safetensors: the bound", "is not finite"],
        );
    }
    // All gates open: four hidden units of 0.76 each.
    spoilt(&[("decoder.bias", 0, 100.0), ("patch.weight", 0, 3e38)]);
    for out in ["sheet.png", "draw.gif", "samples.bits"] {
        refused(&["sample", "--weights", &bad, "--count", "2", "--out", &path(out)], &["bad.safetensors: what the"]);
    }
    spoilt(&[("latent.bias", 0, 1e6)]);
    refused(
        &["export", "--weights", &bad, "--out", &path("halves.safetensors")],
        &["bad.safetensors: weights: tensor 'latent.bias' holds 1000000"],
    );
    assert_eq!(entries(folder.path()), ["bad.safetensors", "test.bits"]);
}

#[test]
fn bad_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("images-idx3-ubyte"), path("model.safetensors"));
    let header = |words: [u32; 4]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    let mut short = header([0x0803, 10, 28, 28]);
    short.extend(vec![0; 784 * 9]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&short).unwrap();
    let mut gzip = gzip.finish().unwrap();
    gzip.truncate(gzip.len() - 9);
    let other_size = [header([0x0803, 1, 2, 2]), vec![0; 4]].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"", "cut short"),
        (&short, "10 images of 28×28 make"),
        (&header([0x0801, 10, 28, 28]), "0x00000803"),
        (&header([0x0803, u32::MAX, u32::MAX, u32::MAX]), "make"),
        (&gzip, "gzip"),
        (&other_size, "2×2"),
    ];
    for (bytes, part) in cases {
        std::fs::write(&data, bytes).unwrap();
        refused(&["train", "--data", &data, "--out", &out, "--epochs", "1"], &[&data, part]);
        refused(&["eval", "--weights", WEIGHTS, "--data", &data], &[&data, part]);
    }
    refused(&["train", "--data", folder.path().to_str().unwrap(), "--out", &out], &["train.bits"]);
    assert_eq!(entries(folder.path()), ["images-idx3-ubyte"]);
}

#[test]
fn bad_arguments_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("train.bits");
    bars(Path::new(&data), 3);
    let train = |more: &[&str], parts: &[&str]| refused(&[&["train", "--data", &data], more].concat(), parts);
    let out = path("m.safetensors");
    train(&["--preset", "minst", "--out", &out], &["'minst'", "mnist-small"]);
    train(&["--out", "/proc/no/m.safetensors"], &["/proc/no/m.safetensors", "cannot be written"]);
    train(&["--out", folder.path().to_str().unwrap()], &["is a folder"]);
    train(&["--out", &out, "--batch", "0"], &["batch is 0"]);
    train(&["--out", &out, "--learning-rate", "nan"], &["learning rate is NaN"]);
    refused(&["sample", "--weights", WEIGHTS, "--out", "/proc/sheet.png"], &["/proc/sheet.png", "cannot be written"]);
    assert_eq!(run(&["sample"]).status.code(), Some(2));
    assert_eq!(run(&["paint"]).status.code(), Some(2));
    for command in ["serve", "train", "eval", "sample", "export", "bench"] {
        let output = run(&[command, "--help"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("Examples:") && text.contains("--json"), "{text}");
    }
    assert_eq!(entries(folder.path()), ["train.bits"]);
}
