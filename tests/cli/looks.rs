//! Classification: made data sets, training, evaluation, export, and what is refused.

use super::support::{WEIGHTS, bars, entries, json, jsons, refused, run};
use std::path::Path;
use tempfile::TempDir;

/// MNIST's four files with `count` bars in each set, whose class is their place.
fn digits(folder: &Path, count: usize) {
    for prefix in ["train", "t10k"] {
        let mut images: Vec<u8> = [0x0803u32, count as u32, 28, 28].iter().flat_map(|n| n.to_be_bytes()).collect();
        let mut labels: Vec<u8> = [0x0801u32, count as u32].iter().flat_map(|n| n.to_be_bytes()).collect();
        for i in 0..count {
            let bar = |p: usize| (6..22).contains(&(p / 28)) && (8 + i % 10..10 + i % 10).contains(&(p % 28));
            images.extend((0..784).map(|p| 250 * bar(p) as u8));
            labels.push((i % 10) as u8);
        }
        std::fs::write(folder.join(format!("{prefix}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.join(format!("{prefix}-labels-idx1-ubyte")), labels).unwrap();
    }
}

struct Place(TempDir);

impl Place {
    fn new(count: usize) -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.0.path().join("mnist")).unwrap();
        digits(&place.0.path().join("mnist"), count);
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn train(&self, preset: &str, more: &[&str]) -> serde_json::Value {
        let (mnist, out) = (self.path("mnist"), self.path("model.safetensors"));
        let own = ["train", "--preset", preset, "--data", &mnist, "--out", &out, "--batch", "20", "--json"];
        json(&[&own, more].concat())
    }
}

#[test]
fn clutter_is_made_and_read_again() {
    let place = Place::new(30);
    let (mnist, out) = (place.path("mnist"), place.path("set"));
    let lines = jsons(&["data", "clutter", "--mnist", &mnist, "--out", &out, "--count", "40", "--seed", "3", "--json"]);
    assert_eq!(lines[0]["bytes"], 16 + 40 * 10_000);
    assert_eq!(lines[1]["bytes"], 8 + 40);
    assert_eq!(entries(Path::new(&out)), ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]);
    place.train("cluttered", &["--epochs", "1", "--glimpses", "2"]);
    let weights = place.path("model.safetensors");
    // Made on the way, or beforehand with the same seed: the same images.
    let errors = |data: &str, more: &[&str]| {
        json(&[&["eval", "--weights", &weights, "--data", data, "--seed", "3", "--json"], more].concat())
    };
    let (made, read) = (errors(&mnist, &[]), errors(&out, &["--limit", "30"]));
    assert_eq!(made, read);
    assert_eq!(made["images"], 30);
    assert_eq!(errors(&mnist, &["--limit", "7"]), errors(&out, &["--limit", "7"]));
    let keys: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["error_rate", "images", "standard_error"]);
    let lines =
        jsons(&["data", "two-digits", "--mnist", &mnist, "--out", &out, "--count", "5", "--split", "train", "--json"]);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["bytes"], 16 + 5 * 3600);
}

#[test]
fn a_label_of_no_class_is_told_of_before_any_work() {
    let place = Place::new(60);
    place.train("cluttered", &["--epochs", "1", "--glimpses", "1"]);
    // The last is held out, and would be met at the first validation alone.
    for prefix in ["train", "t10k"] {
        let labels = place.path(&format!("mnist/{prefix}-labels-idx1-ubyte"));
        let mut bytes = std::fs::read(&labels).unwrap();
        *bytes.last_mut().unwrap() = 10;
        std::fs::write(&labels, bytes).unwrap();
    }
    let (mnist, weights, out) = (place.path("mnist"), place.path("model.safetensors"), place.path("b.safetensors"));
    let said = ["-labels-idx1-ubyte: a label is 10", "0 to 9"];
    refused(&["eval", "--weights", &weights, "--data", &mnist], &said);
    refused(&["train", "--preset", "cluttered", "--data", &mnist, "--out", &out, "--epochs", "1"], &said);
}

#[test]
fn a_made_set_replaces_neither_its_source_nor_another_sets_labels() {
    let place = Place::new(10);
    let (mnist, out) = (place.path("mnist"), place.path("set"));
    let all =
        || entries(Path::new(&mnist)).into_iter().map(|name| std::fs::read(Path::new(&mnist).join(name)).unwrap());
    let before: Vec<_> = all().collect();
    let roundabout = format!("{mnist}/../mnist/.");
    let file = format!("{mnist}/t10k-images-idx3-ubyte");
    for (from, to) in [(&mnist, &mnist), (&mnist, &roundabout), (&file, &mnist)] {
        for set in ["clutter", "two-digits"] {
            refused(&["data", set, "--mnist", from, "--out", to, "--count", "5"], &[to, "expected another folder"]);
        }
    }
    assert!(all().eq(before));
    // Pairs have no labels: those of digits in clutter would be taken for theirs.
    let make = |set| ["data", set, "--mnist", &mnist, "--out", &out, "--count", "5"];
    assert!(run(&make("clutter")).status.success());
    refused(&make("two-digits"), &["t10k-labels-idx1-ubyte", "of another set"]);
    assert!(run(&make("clutter")).status.success());
}

#[test]
fn models_that_look_train_and_resume() {
    for preset in ["cluttered-4", "ram-4", "ram-pathwise"] {
        let place = Place::new(60);
        let whole = place.train(preset, &["--epochs", "4", "--optimiser", "muon"]);
        let weights = place.path("model.safetensors");
        let bytes = std::fs::read(&weights).unwrap();
        let names = ["cross_entropy_nats", "error_rate", "baseline_error", "loss_nats"];
        assert!(names.iter().all(|n| whole[n].is_f64()) || whole["validation_error_rate"].is_f64(), "{whole}");
        place.train(preset, &["--epochs", "2", "--optimiser", "muon"]);
        let (mnist, checkpoint) = (place.path("mnist"), place.path("model.checkpoint"));
        let resumed =
            ["train", "--resume", &checkpoint, "--data", &mnist, "--out", &weights, "--epochs", "4", "--json"];
        json(&resumed);
        assert!(std::fs::read(&weights).unwrap() == bytes, "{preset}: a resumed run is another");
        let small = place.path("small.safetensors");
        json(&["export", "--weights", &weights, "--format", "int8", "--out", &small, "--json"]);
        json(&["eval", "--weights", &small, "--data", &mnist, "--json"]);
        let variances =
            ["eval", "--weights", &small, "--data", &mnist, "--gradient-variance", "8", "--limit", "2", "--json"];
        if preset == "cluttered-4" {
            refused(&variances, &[&small, "no places"]);
        } else {
            let last = json(&variances);
            assert!(
                last["pathwise_variance"].as_f64() > Some(0.0) && last["score_variance"].as_f64() > Some(0.0),
                "{last}"
            );
        }
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let place = Place::new(24);
    let (mnist, out) = (place.path("mnist"), place.path("model.safetensors"));
    place.train("cluttered-4", &["--epochs", "1"]);
    refused(&["sample", "--weights", &out, "--out", &place.path("x.png")], &[&out, "'classification'", "generation"]);
    refused(&["eval", "--weights", &out, "--data", &mnist, "--samples", "3"], &[&out, "--samples"]);
    refused(&["eval", "--weights", &out, "--data", &mnist, "--width", "28"], &["mnist", "--width"]);
    let train = ["train", "--preset", "cluttered", "--data", &mnist, "--out", &place.path("x.safetensors")];
    for (more, what) in [
        (["--canvas-weight", "0.5"], "no canvas"),
        (["--antithetic", "true"], "nothing at random"),
        (["--shift", "2"], "no --shift"),
        (["--colour", "0.1"], "no --colour"),
        (["--format", "idx"], "no --format"),
    ] {
        refused(&[&train[..], &more].concat(), &[what]);
    }
    let two = ["train", "--preset", "mnist-two-digits", "--data", &mnist, "--out", &place.path("x.safetensors")];
    refused(&[&two[..], &["--shift", "2"]].concat(), &["no --shift"]);
    bars(&place.0.path().join("rows.bits"), 5);
    refused(&["eval", "--weights", &out, "--data", &place.path("rows.bits")], &["rows.bits", "no labels", "IDX"]);
    let labels = Path::new(&mnist).join("t10k-labels-idx1-ubyte");
    let bytes = std::fs::read(&labels).unwrap();
    let cut = [&bytes[..4], &23u32.to_be_bytes(), &bytes[8..31]].concat();
    std::fs::write(&labels, cut).unwrap();
    refused(&["eval", "--weights", &out, "--data", &mnist], &["labels-idx1", "23 labels for 24 images"]);
    std::fs::write(&labels, &bytes[..20]).unwrap();
    refused(&["eval", "--weights", &out, "--data", &mnist], &["labels-idx1", "24 labels before 12"]);
    std::fs::write(&labels, [&bytes[..8], &[77], &bytes[9..]].concat()).unwrap();
    refused(&["eval", "--weights", &out, "--data", &mnist], &["a label is 77", "0 to 9"]);
    std::fs::remove_file(&labels).unwrap();
    refused(&["eval", "--weights", &out, "--data", &mnist], &["no labels beside it", "t10k-labels-idx1-ubyte"]);
    // The other way round: a model that generates, on labelled clutter.
    let set = place.path("set");
    assert!(
        run(&["data", "clutter", "--mnist", &mnist, "--out", &set, "--count", "3", "--split", "train"])
            .status
            .success()
    );
    refused(&["train", "--preset", "mnist", "--data", &set, "--out", &place.path("x.safetensors")], &["100×100"]);
    refused(&["eval", "--weights", WEIGHTS, "--data", &set], &["set"]);
    let few = ["data", "clutter", "--mnist", &mnist, "--out", &set, "--count", "3", "--size", "20", "--split", "train"];
    refused(&few, &["the size is 20"]);
}
