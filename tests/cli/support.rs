//! What the tests of the command line share.

use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/weights/mnist.safetensors");

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attentive-writer"));
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Succeeds; every line of stdout is JSON. Gives the last.
pub fn json(arguments: &[&str]) -> serde_json::Value {
    jsons(arguments).pop().unwrap()
}

/// Succeeds; gives every line of stdout.
pub fn jsons(arguments: &[&str]) -> Vec<serde_json::Value> {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect()
}

/// Fails with exit code 2 and one line on stderr that holds all of `parts`; nothing on stdout.
pub fn refused(arguments: &[&str], parts: &[&str]) {
    let output = run(arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(text.contains(part), "{text:?} lacks {part:?}");
    }
}

/// Bit rows: a bar at a place that depends on the row.
pub fn bars(path: &Path, rows: usize) {
    let mut bytes = vec![0u8; 98 * rows];
    for (i, row) in bytes.chunks_exact_mut(98).enumerate() {
        for y in 6..22 {
            let x = 8 + i % 10;
            row[(y * 28 + x) / 8] |= 0x80 >> ((y * 28 + x) % 8);
            row[(y * 28 + x + 1) / 8] |= 0x80 >> ((y * 28 + x + 1) % 8);
        }
    }
    std::fs::write(path, bytes).unwrap();
}

pub fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Width, height and bytes of a PNG.
pub fn png(path: &str) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}
