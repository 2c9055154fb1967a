//! Where results go: regular files whole or not at all, links followed, devices and pipes written through.
#![cfg(unix)]

use crate::support::{WEIGHTS, bars, command, entries, json, refused, run};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const SAMPLE: [&str; 6] = ["sample", "--weights", WEIGHTS, "--count", "2", "--out"];
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn sample(out: &str) -> std::process::Output {
    run(&[&SAMPLE[..], &[out]].concat())
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_link_is_followed_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("far")).unwrap();
    symlink("far/sheet.png", path("link.png")).unwrap();
    symlink("link.png", path("second.png")).unwrap();
    // The link's end need not exist yet.
    assert!(sample(&path("second.png")).status.success());
    assert!(fs::read(path("far/sheet.png")).unwrap().starts_with(PNG));
    fs::write(path("far/sheet.png"), "old").unwrap();
    assert!(sample(&path("link.png")).status.success());
    assert!(fs::read(path("far/sheet.png")).unwrap().starts_with(PNG));
    for link in ["link.png", "second.png"] {
        assert!(fs::symlink_metadata(path(link)).unwrap().is_symlink());
    }
    assert_eq!(entries(&folder.path().join("far")), ["sheet.png"]);
    symlink("b", path("a")).unwrap();
    symlink("a", path("b")).unwrap();
    refused(&[&SAMPLE[..], &[&path("a")]].concat(), &["circle"]);
}

#[test]
fn a_pipe_is_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe").to_str().unwrap().to_owned();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = command(&[&SAMPLE[..], &[&pipe, "--json"]].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let mut bytes = Vec::new();
    fs::File::open(&pipe).unwrap().read_to_end(&mut bytes).unwrap();
    let told = child.wait_with_output().unwrap();
    assert!(bytes.starts_with(PNG));
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["bytes"], bytes.len());
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    // Training writes more than once, and does not even begin.
    let data = folder.path().join("train.bits");
    bars(&data, 3);
    refused(&["train", "--data", data.to_str().unwrap(), "--out", &pipe], &[&pipe, "no regular file"]);
    assert_eq!(entries(folder.path()), ["pipe", "train.bits"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_is_an_error_and_stays_a_device() {
    refused(&[&SAMPLE[..], &["/dev/full"]].concat(), &["/dev/full", "cannot be written"]);
    refused(&["export", "--weights", WEIGHTS, "--out", "/dev/full"], &["/dev/full"]);
    assert!(fs::symlink_metadata("/dev/full").unwrap().file_type().is_char_device());
    assert!(sample("/dev/null").status.success());
    assert!(fs::symlink_metadata("/dev/null").unwrap().file_type().is_char_device());
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = command(&[&SAMPLE[..], &["-"]].concat()).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    // What is told there, too.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("test.bits");
    bars(&data, 4);
    let data = data.to_str().unwrap();
    for arguments in [&["eval", "--weights", WEIGHTS, "--data", data, "--json"][..], &["completions", "bash"]] {
        let output = command(arguments).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output cannot be written"));
    }
}

#[test]
fn a_file_beyond_the_shells_limit_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    bars(Path::new(&path("train.bits")), 4);
    let (sheet, weights, data) = (path("sheet.png"), path("a.safetensors"), path("train.bits"));
    let sample = ["sample", "--weights", WEIGHTS, "--size", "100", "--out", &sheet];
    let train =
        ["train", "--preset", "mnist-small", "--data", &data, "--epochs", "1", "--batch", "4", "--out", &weights];
    for arguments in [&sample[..], &train] {
        let mut limited = Command::new("sh");
        limited.args(["-c", r#"ulimit -f 8 && exec "$0" "$@""#, env!("CARGO_BIN_EXE_attentive-writer")]);
        let output = limited.args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains("cannot be written (File too large"), "{text}");
        let left = entries(folder.path());
        assert!(left.iter().all(|name| !name.contains(".part") && *name != "a.safetensors"), "{left:?}");
    }
}

#[test]
fn standard_output_takes_the_picture_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sheet.png");
    assert!(sample(file.to_str().unwrap()).status.success());
    let whole = fs::read(&file).unwrap();
    for name in ["-", "/dev/stdout"] {
        let output = sample(name);
        assert!(output.status.success() && output.stdout == whole, "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("2 images"));
        // As a regular file too, and after what stands there already.
        fs::write(&file, "before").unwrap();
        let appended = Stdio::from(fs::OpenOptions::new().append(true).open(&file).unwrap());
        assert!(command(&[&SAMPLE[..], &[name]].concat()).stdout(appended).status().unwrap().success());
        assert_eq!(fs::read(&file).unwrap(), [b"before", &whole[..]].concat());
        refused(&[&SAMPLE[..], &[name, "--json"]].concat(), &["--json"]);
    }
    let data = folder.path().join("train.bits");
    bars(&data, 3);
    refused(&["train", "--data", data.to_str().unwrap(), "--out", "-"], &["-: is no regular file"]);
    assert_eq!(entries(folder.path()), ["sheet.png", "train.bits"]);
    assert!(!Path::new("-").exists());
}

#[test]
fn an_ending_that_names_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("train.bits");
    bars(Path::new(&data), 3);
    for name in ["sheet.jpg", "sheet.JPEG", "sheet.bits.gz", "sheet.safetensors"] {
        refused(&[&SAMPLE[..], &[&path(name)]].concat(), &[name, ".png or .gif or .bits"]);
    }
    for name in ["model.checkpoint", "model.pt", "model.safetensors.gz", "model.bin"] {
        refused(&["train", "--data", &data, "--out", &path(name)], &[name, "expected .safetensors"]);
        refused(&["export", "--weights", WEIGHTS, "--out", &path(name)], &[name, "expected .safetensors"]);
    }
    assert_eq!(entries(folder.path()), ["train.bits"]);
    for name in ["SHEET.PNG", "sheet"] {
        assert!(sample(&path(name)).status.success());
        assert!(fs::read(path(name)).unwrap().starts_with(PNG));
    }
}

#[test]
fn a_result_obeys_the_umask_and_an_old_file_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let with_umask = |umask: &str, out: &str| {
        let line = format!("umask {umask} && exec \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line, "sh", env!("CARGO_BIN_EXE_attentive-writer")]).args(SAMPLE).arg(out);
        assert!(shell.stdout(Stdio::null()).status().unwrap().success());
    };
    for (umask, expected) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        let out = path(&format!("{umask}.png"));
        with_umask(umask, &out);
        assert_eq!(mode(&out), expected, "umask {umask}");
    }
    let old = path("022.png");
    for kept in [0o640, 0o777] {
        fs::set_permissions(&old, fs::Permissions::from_mode(kept)).unwrap();
        with_umask("077", &old);
        assert_eq!(mode(&old), kept);
    }
}

#[test]
fn what_a_killed_run_left_is_removed_and_what_a_live_run_writes_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let live = fs::File::create(path(".sheet.png.live00.part")).unwrap();
    live.lock().unwrap();
    for left in [".sheet.png.dead00.part", ".sheet.png.mine", ".other.png.dead00.part", ".sheet.png.longer-name.part"] {
        fs::write(path(left), "left").unwrap();
    }
    assert!(sample(&path("sheet.png")).status.success());
    let stay = [
        ".other.png.dead00.part",
        ".sheet.png.live00.part",
        ".sheet.png.longer-name.part",
        ".sheet.png.mine",
        "sheet.png",
    ];
    assert_eq!(entries(folder.path()), stay);
    drop(live);
    assert!(sample(&path("sheet.png")).status.success());
    assert!(!entries(folder.path()).contains(&".sheet.png.live00.part".to_owned()));
}

#[test]
fn halves_are_written_both_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("m.safetensors")).unwrap();
    refused(&["export", "--weights", WEIGHTS, "--out", &path("m.safetensors")], &["is a folder"]);
    refused(&["export", "--weights", WEIGHTS, "--out", "-"], &["--whole"]);
    assert_eq!(entries(folder.path()), ["m.safetensors"]);
    let whole = run(&["export", "--weights", WEIGHTS, "--whole", "--out", "-"]);
    json(&["export", "--weights", WEIGHTS, "--whole", "--out", &path("w.safetensors"), "--json"]);
    assert!(whole.status.success() && whole.stdout == fs::read(path("w.safetensors")).unwrap());
}

/// A process that does not outlive a test, whatever its end.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn two_trainings_do_not_write_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, out) = (path("train.bits"), path("m.safetensors"));
    bars(Path::new(&data), 30);
    let train = |out: &str, steps: &str| {
        let common = ["train", "--preset", "mnist-small", "--glimpses", "2", "--data", &data, "--batch", "10"];
        command(&[&common[..], &["--out", out, "--epochs", steps, "--checkpoint-minutes", "0"]].concat())
    };
    let mut first = Killed(train(&out, "100000").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let lock = folder.path().join(".m.safetensors.lock");
    while !Path::new(&path("m.checkpoint")).exists() {
        assert!(first.0.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Under another name of the same file too.
    symlink("m.safetensors", path("link.safetensors")).unwrap();
    for name in ["m.safetensors", "link.safetensors"] {
        let second = train(&path(name), "1").output().unwrap();
        let text = String::from_utf8_lossy(&second.stderr);
        assert!(second.status.code() == Some(2) && text.contains("another run"), "{text}");
    }
    assert!(train(&path("other.safetensors"), "1").output().unwrap().status.success());
    drop(first);
    // A killed run holds nothing up, and the next leaves nothing.
    assert!(train(&out, "1").output().unwrap().status.success());
    assert!(!lock.exists());
}
