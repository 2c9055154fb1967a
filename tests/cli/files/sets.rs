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
    // Cut short, one of several and by itself.
    let batch = t.path("bin/data_batch_3.bin");
    let whole = fs::read(&batch).unwrap();
    fs::write(&batch, &whole[..whole.len() - 5]).unwrap();
    refused(&t.train(&t.path("bin")), &["data_batch_3.bin", "12287 bytes", "multiple of 3073"]);
    refused(&["eval", "--weights", &t.weights, "--data", &batch], &["data_batch_3.bin", "multiple of 3073"]);
    fs::write(&batch, whole).unwrap();
    let sheet = t.path("png/test_batch.png");
    let whole = fs::read(&sheet).unwrap();
    fs::write(&sheet, &whole[..whole.len() / 2]).unwrap();
    refused(&["eval", "--weights", &t.weights, "--data", &t.path("png")], &["test_batch.png", "cut short, or broken"]);
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

/// Pictures of one size, whatever is in them, are a set for a model in colour, and those without colour for a grey one.
#[test]
fn pictures_of_every_kind_are_a_set() {
    use png::{BitDepth, ColorType};
    let t = Trial::new();
    let write = |folder: &str, name: &str, color, depth, palette: &[u8], bytes: usize| {
        let path = t.folder.path().join(folder).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), 32, 32);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if !palette.is_empty() {
            encoder.set_palette(palette.to_vec());
        }
        let pixels: Vec<u8> =
            (0..bytes).map(|p| if depth == BitDepth::One { 0x0f } else { (p / 40 % 200) as u8 }).collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    };
    let colours: Vec<u8> = (0..=255u8).flat_map(|i| [i, 255 - i, i / 2]).collect();
    let greys: Vec<u8> = (0..=255u8).flat_map(|i| [i; 3]).collect();
    for folder in ["grey", "colour"] {
        write(folder, "1.png", ColorType::Grayscale, BitDepth::Eight, &[], 1024);
        write(folder, "2.png", ColorType::Grayscale, BitDepth::Sixteen, &[], 2048);
        write(folder, "3.png", ColorType::GrayscaleAlpha, BitDepth::Eight, &[], 2048);
        write(folder, "4.png", ColorType::Indexed, BitDepth::Eight, &greys, 1024);
        write(folder, "5.png", ColorType::Grayscale, BitDepth::One, &[], 128);
    }
    write("colour", "6.png", ColorType::Indexed, BitDepth::Eight, &colours, 1024);
    write("colour", "7.png", ColorType::Rgb, BitDepth::Sixteen, &[], 6144);
    write("colour", "8.png", ColorType::Rgba, BitDepth::Eight, &[], 4096);
    let (said, steps) = t.trained(&t.path("colour"));
    assert_eq!(steps, 2);
    let told = [
        "2 of 8 pictures are 16-bit",
        "2 of 8 pictures have a palette",
        "2 of 8 pictures are transparent",
        "5 of 8 pictures are grey",
    ];
    for part in told {
        assert!(said.contains(part), "{said:?} lacks {part:?}");
    }
    assert_eq!(t.images(&t.path("colour")), 8);
    refused(&t.train(&t.path("grey")), &["32×32 grey", "expects 32×32 in colour", "--preset mnist"]);
    let small =
        ["--preset", "mnist-small", "--glimpses", "2", "--batch", "5", "--epochs", "1", "--json", "--out", &t.weights];
    let train = |data: &str| [&["train", "--image", "32x32", "--data"][..], &[data], &small].concat().join("\n");
    json(&train(&t.path("grey")).lines().collect::<Vec<_>>());
    assert_eq!(t.images(&t.path("grey")), 5);
    refused(
        &train(&t.path("colour")).lines().collect::<Vec<_>>(),
        &["in colour", "expects 32×32 grey", "--preset svhn"],
    );
}

/// A MATLAB 5 file with one variable of bytes.
fn matlab(name: &str, sides: [u32; 4]) -> Vec<u8> {
    let element = |kind: u32, bytes: &[u8]| {
        let mut out = [&kind.to_le_bytes()[..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        out.resize(out.len().next_multiple_of(8), 0);
        out
    };
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let levels: Vec<u8> = (0..sides.iter().product::<u32>()).map(|p| (p / 24) as u8).collect();
    let parts =
        [element(6, &words(&[9, 0])), element(5, &words(&sides)), element(1, name.as_bytes()), element(2, &levels)];
    let mut header = b"MATLAB 5.0 MAT-file, made up".to_vec();
    header.resize(124, b' ');
    [&header[..], b"\x00\x01IM", &element(14, &parts.concat())].concat()
}

/// House numbers as they are published, and files that are not.
#[test]
fn house_numbers_are_a_set_and_what_is_none_is_refused() {
    let t = Trial::new();
    let folder = t.path("svhn");
    fs::create_dir(&folder).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(t.folder.path().join("svhn").join(name), bytes).unwrap();
    let whole = matlab("X", [32, 32, 3, 8]);
    put("train_32x32.mat", &whole);
    put("test_32x32.mat", &matlab("X", [32, 32, 3, 5]));
    let train = |preset: &'static str| {
        let model = ["train", "--preset", preset, "--glimpses", "2", "--batch", "4", "--epochs", "1", "--json"];
        [&model[..], &["--data", &folder, "--out", &t.weights]].concat()
    };
    assert_eq!(json(&train("svhn-32"))["step"], 2);
    assert_eq!(t.images(&folder), 5);
    refused(&train("mnist"), &["train_32x32.mat", "32×32 in colour", "expects 28×28 grey", "svhn-32"]);
    refused(&train("svhn"), &["train_32x32.mat", "32×32 in colour", "expects 54×54 in colour"]);
    let before = fs::read(&t.weights).unwrap();
    let bad: [(&[u8], &[&str]); 7] = [
        (b"\x89HDF\r\n\x1a\n and more", &["version 7.3", "HDF5", "-v7"]),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64", &["version 7.3"]),
        (&whole[..100], &["cut short"]),
        (&whole[..whole.len() - 1000], &["cut short"]),
        (&matlab("images", [32, 32, 3, 8]), &["images without X"]),
        (&matlab("X", [8, 3, 32, 32]), &["X of 8×3×32×32", "1 to 4 channels"]),
        (&matlab("X", [16, 16, 3, 8]), &["16×16 in colour", "expects 32×32 in colour"]),
    ];
    for (bytes, parts) in bad {
        put("train_32x32.mat", bytes);
        refused(&train("svhn-32"), &[&["train_32x32.mat"][..], parts].concat());
        put("test_32x32.mat", bytes);
        refused(&["eval", "--weights", &t.weights, "--data", &folder], &[&["test_32x32.mat"][..], parts].concat());
    }
    assert!(
        fs::read(&t.weights).unwrap() == before && !entries(t.folder.path()).iter().any(|name| name.ends_with(".part"))
    );
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
