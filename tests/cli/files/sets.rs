//! Folders of images in colour: sets as the world has them, pictures, and windows of larger ones.

use crate::support::{entries, json, refused, run};
use std::fs;
use std::path::Path;

fn png(path: &Path, size: (u32, u32), color: png::ColorType, level: impl Fn(usize) -> u8) {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(color);
    let pixels: Vec<u8> = (0..(size.0 * size.1) as usize * color.samples()).map(level).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Trains `cifar` a little, and evaluates it.
struct Trial {
    folder: tempfile::TempDir,
    weights: String,
}

impl Trial {
    fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("m.safetensors").to_str().unwrap().to_owned();
        Trial { folder, weights }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn train<'a>(&'a self, data: &'a str) -> Vec<&'a str> {
        let model = ["train", "--preset", "cifar", "--glimpses", "2", "--batch", "4", "--epochs", "1", "--json"];
        [&model[..], &["--data", data, "--out", &self.weights]].concat()
    }

    /// Trains; what is said on standard error, and the number of steps.
    fn trained(&self, data: &str) -> (String, u64) {
        let output = run(&self.train(data));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
        (said, serde_json::from_str::<serde_json::Value>(&last).unwrap()["step"].as_u64().unwrap())
    }

    fn images(&self, data: &str) -> u64 {
        json(&["eval", "--weights", &self.weights, "--json", "--data", data])["images"].as_u64().unwrap()
    }
}

#[test]
fn cifars_batches_are_a_set() {
    let t = Trial::new();
    for ending in ["bin", "png"] {
        let write = |name: &str, count: usize| {
            let path = t.folder.path().join(ending).join(format!("{name}.{ending}"));
            if ending == "png" {
                return png(&path, (1024, count as u32), png::ColorType::Rgb, |p| (p % 1024 / 4) as u8);
            }
            let row = |i: usize| (0..3073).map(move |p| if p == 0 { i as u8 } else { (p % 1024 / 4) as u8 });
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, (0..count).flat_map(row).collect::<Vec<_>>()).unwrap();
        };
        write("data_batch_1", 4);
        let folder = t.path(ending);
        refused(&t.train(&folder), &["data_batch_2", "is not there", "CIFAR-10"]);
        (2..=5).for_each(|n| write(&format!("data_batch_{n}"), 4));
        assert_eq!(t.trained(&folder).1, 5);
        refused(&["eval", "--weights", &t.weights, "--data", &folder], &["test_batch", "is not there"]);
        write("test_batch", 3);
        assert_eq!(t.images(&folder), 3);
        assert_eq!(t.images(&t.path(&format!("{ending}/data_batch_1.{ending}"))), 4);
    }
    let wrong = ["train", "--preset", "mnist", "--data", &t.path("bin"), "--out", &t.weights];
    refused(&wrong, &["32×32 in colour", "expects 28×28 grey", "--preset svhn, svhn-32 or cifar"]);
}

#[test]
fn pictures_are_a_set() {
    let t = Trial::new();
    let at = |name: &str| t.folder.path().join(name);
    for i in 0..8 {
        png(&at(&format!("set/train/{i}.png")), (32, 32), png::ColorType::Rgba, |p| (p / 16 + i) as u8);
    }
    (0..3).for_each(|i| png(&at(&format!("set/test/{i}.PNG")), (32, 32), png::ColorType::Rgb, |p| (p / 12 + i) as u8));
    let (said, steps) = t.trained(&t.path("set"));
    assert!(steps == 2 && said.contains("8 of 8 pictures are transparent"), "{said}");
    assert_eq!((t.images(&t.path("set")), t.images(&t.path("set/train"))), (3, 8));
    fs::create_dir(at("empty")).unwrap();
    refused(&t.train(&t.path("empty")), &["empty", "train.npy", "train_32x32.mat", "data_batch_1", "PNG pictures"]);
    png(&at("set/train/10.png"), (31, 32), png::ColorType::Rgb, |_| 0);
    refused(&t.train(&t.path("set")), &["10.png", "31×32; expected 32×32, as 0.png"]);
    fs::write(at("set/test/3.png"), b"no picture").unwrap();
    let eval = ["eval", "--weights", &t.weights, "--data", &t.path("set")];
    refused(&eval, &["3.png", "expected a PNG"]);
    (0..4).for_each(|i| png(&at(&format!("grey/{i}.png")), (32, 32), png::ColorType::Grayscale, |p| (p / 8) as u8));
    refused(&t.train(&t.path("grey")), &["32×32 grey", "expects 32×32 in colour", "--preset mnist"]);
    assert!(!entries(t.folder.path()).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn of_larger_images_windows_are_taken() {
    let t = Trial::new();
    for split in ["train", "valid", "test"] {
        for i in 0..4 {
            let path = t.folder.path().join(format!("set/{split}/{i}.png"));
            png(&path, (38, 36), png::ColorType::Rgb, |p| (p / 20 + i) as u8);
        }
    }
    let (said, steps) = t.trained(&t.path("set"));
    assert!(steps == 1 && said.contains("random windows of 32×32") && said.contains("the middle 32×32"), "{said}");
    assert_eq!(t.images(&t.path("set")), 4);
    for i in 0..4 {
        let path = t.folder.path().join(format!("large/{i}.png"));
        png(&path, (41, 32), png::ColorType::Rgb, |p| (p / 20 + i) as u8);
    }
    refused(&t.train(&t.path("large")), &["41×32 in colour", "expects 32×32 in colour"]);
}
