//! The programs of `examples/` run, and print what they say. `cargo test` builds them; for this file alone,
//! `cargo build --examples` does.
#![cfg(not(target_arch = "wasm32"))]

use std::path::PathBuf;
use std::process::Command;

/// The output of an example that succeeds.
fn run(name: &str, arguments: &[&str]) -> String {
    // Tests are in `deps/`, examples beside it.
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let path: PathBuf = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let output = Command::new(&path).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{}: {e}; cargo build --examples makes it", path.display()));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The number before these words.
fn number(line: &str, words: &str) -> f64 {
    let (before, _) = line.split_once(words).unwrap_or_else(|| panic!("{line:?} lacks {words:?}"));
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn draw() {
    let sheet = run("draw", &[]);
    let lines: Vec<&str> = sheet.lines().collect();
    assert_eq!(lines.len(), 28, "{sheet}");
    assert!(lines.iter().all(|line| line.chars().count() == 4 * 28), "{sheet}");
    for (row, column) in (0..8).map(|i| (i / 4, i % 4)) {
        let digit = lines[14 * row..][..14].iter().flat_map(|line| line.chars().skip(28 * column).take(28));
        let inked = digit.filter(|c| *c != ' ').count();
        assert!((15..200).contains(&inked), "{inked} of 392 characters show ink:\n{sheet}");
    }
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/digits.gif");
    run("draw", &[path]);
    assert!(std::fs::read(path).unwrap().starts_with(b"GIF89a"));
}

#[test]
fn redraw() {
    let text = run("redraw", &[]);
    let last = text.lines().last().unwrap();
    let (reconstruction, kl) = (number(last, " nats of reconstruction"), number(last, " nats of KL"));
    let bound: f64 = last.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((reconstruction + kl - bound).abs() < 0.02, "{last}");
    assert!((40.0..140.0).contains(&bound) && reconstruction > 0.0 && kl > 0.0, "{last}");
}

#[test]
fn train() {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/bars.safetensors");
    let text = run("train", &[path]);
    let bounds: Vec<f64> = text.lines().filter(|l| l.starts_with("step")).map(|l| number(l, " nats =")).collect();
    assert!(bounds.len() == 6 && bounds[5] < 0.7 * bounds[0], "{text}");
    let loaded = attentive_writer::weights::load(&std::fs::read(path).unwrap(), None).unwrap();
    assert!(loaded.has_encoder());
}
