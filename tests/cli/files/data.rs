//! What `eval` and `train` read, and what they say of it.

use crate::support::{WEIGHTS, bars, json, jsons, refused, run};
use std::fs;
use std::io::Write;
use std::path::Path;

const EVAL: [&str; 5] = ["eval", "--weights", WEIGHTS, "--json", "--data"];

fn eval(more: &[&str]) -> serde_json::Value {
    json(&[&EVAL[..], more].concat())
}

/// What is said on standard error, the run being good.
fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// Bit rows as lines of text, as the world has binarised MNIST.
fn amat(bits: &[u8]) -> String {
    let row = |row: &[u8]| (0..784).map(|p| (row[p / 8] >> (7 - p % 8) & 1).to_string()).collect::<Vec<_>>().join(" ");
    bits.chunks_exact(98).map(|r| row(r) + "\n").collect()
}

#[test]
fn the_same_rows_by_every_format_evaluate_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let rows = path("rows.bits");
    bars(Path::new(&rows), 16);
    let bits = fs::read(&rows).unwrap();
    let bound = eval(&[&rows]);
    assert_eq!(bound["images"], 16);

    let text = amat(&bits);
    assert_eq!(text.len(), 16 * 1568);
    fs::write(path("binarized_mnist_test.amat"), &text).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    fs::write(path("text.gz"), gzip.finish().unwrap()).unwrap();
    fs::write(path("rows.bin"), &bits).unwrap();
    let ones: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let header: Vec<u8> = [0x0803u32, 16, 28, 28].iter().flat_map(|w| w.to_be_bytes()).collect();
    fs::write(path("ones-idx3-ubyte"), [header, ones].concat()).unwrap();
    for more in [
        &[&path("binarized_mnist_test.amat")[..]][..],
        &[folder.path().to_str().unwrap()],
        &[&path("text.gz")],
        &[&path("rows.bin"), "--format", "bits"],
        &[&path("ones-idx3-ubyte")],
    ] {
        assert_eq!(eval(more), bound, "{more:?}");
    }
    let said = said(&[&EVAL[..], &[&path("ones-idx3-ubyte")]].concat());
    assert!(said.lines().any(|l| l.contains("ones-idx3-ubyte: its values are 0 and 1")), "{said}");
    refused(&[&EVAL[..], &[&path("rows.bin")]].concat(), &["rows.bin", ".bits"]);
    refused(&[&EVAL[..], &[&path("rows.bits"), "--width", "32", "--height", "32"]].concat(), &["multiple of 128"]);

    let out = path("m.safetensors");
    let train = |data: &str| {
        let model = ["train", "--preset", "mnist-small", "--glimpses", "2", "--batch", "8", "--epochs", "1"];
        jsons(&[&model[..], &["--json", "--data", data, "--out", &out]].concat()).pop().unwrap()["loss_nats"].clone()
    };
    assert_eq!(train(&path("binarized_mnist_test.amat")), train(&rows));
}

#[test]
fn a_limit_reads_no_more_than_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let rows = path("rows.bits");
    bars(Path::new(&rows), 16);
    fs::write(path("first.bits"), &fs::read(&rows).unwrap()[..5 * 98]).unwrap();
    assert_eq!(eval(&[&rows, "--limit", "5"]), eval(&[&path("first.bits")]));
    refused(&[&EVAL[..], &[&rows, "--limit", "0"]].concat(), &["limit"]);
}

/// Digits that the shipped model drew, as they are, and changed.
#[test]
fn a_set_unlike_the_models_own_is_pointed_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let drawn = path("drawn.bits");
    json(&["sample", "--weights", WEIGHTS, "--count", "200", "--seed", "5", "--out", &drawn, "--json"]);
    let text: Vec<u8> = amat(&fs::read(&drawn).unwrap()).bytes().filter(u8::is_ascii_digit).collect();
    let changed = |name: &str, pixel: &dyn Fn(usize, usize) -> u8| {
        let pixels = (0..200 * 784).map(|p| pixel(p / 784 * 784, p % 784));
        let header = [0x0803u32, 200, 28, 28].iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<_>>();
        fs::write(path(name), header.into_iter().chain(pixels).collect::<Vec<_>>()).unwrap();
        said(&["eval", "--weights", WEIGHTS, "--limit", "60", "--json", "--data", &path(name)])
    };
    let ink = |first: usize, p: usize| 255 * (text[first + p] - b'0');
    assert_eq!(changed("as-they-are", &ink), "");
    type Pixel<'a> = &'a dyn Fn(usize, usize) -> u8;
    let cases: [(&str, Pixel, &str); 4] = [
        ("transposed", &|first, p| ink(first, p % 28 * 28 + p / 28), "transposed"),
        ("turned-over", &|first, p| 255 - ink(first, p), "turned over"),
        ("blank", &|_, _| 0, "blank"),
        (
            "thick",
            &|first, p| (0..25).map(|d| ink(first, (p + d % 5 + 28 * (d / 5)) % 784)).max().unwrap(),
            "unlike its own",
        ),
    ];
    for (name, pixel, expected) in cases {
        let said = changed(name, pixel);
        assert!(said.lines().count() == 1 && said.contains(name) && said.contains(expected), "{name}: {said:?}");
    }
}
