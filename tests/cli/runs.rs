//! Training that is interrupted, resumed, refused or told badly; the arguments of the long commands.

use crate::support::{WEIGHTS, bars, command, entries, json, jsons, refused, run};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A folder with training images, and a name in it for what is written.
struct Place {
    folder: tempfile::TempDir,
    data: String,
    out: String,
}

impl Place {
    fn new(rows: usize) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (data, out) = (path("train.bits"), path("model.safetensors"));
        bars(Path::new(&data), rows);
        Place { folder, data, out }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn entries(&self) -> Vec<String> {
        entries(self.folder.path())
    }

    /// Steps of twenty images of a small model.
    fn small<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let common = ["train", "--data", &self.data, "--out", &self.out, "--batch", "20", "--threads", "2"];
        [&common[..], more].concat()
    }

    /// Starts a training whose output is read line by line, and waits until it says that it begins.
    fn start(&self, arguments: &[&str]) -> Started {
        let mut command = command(arguments);
        #[cfg(unix)]
        // SAFETY: setting a signal's action is safe between fork and exec.
        unsafe {
            use std::os::unix::process::CommandExt;
            // Under nohup it would be ignored, and these tests with it.
            command.pre_exec(|| {
                libc::signal(libc::SIGHUP, libc::SIG_DFL);
                Ok(())
            });
        }
        Started::new(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn wait_for(&self, name: &str) {
        while !self.folder.path().join(name).exists() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

struct Started {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    stderr: BufReader<std::process::ChildStderr>,
    /// What it said first.
    words: String,
}

impl Started {
    fn new(mut child: Child) -> Started {
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (stdout, mut stderr) = (BufReader::new(stdout), BufReader::new(stderr));
        let mut words = String::new();
        stderr.read_line(&mut words).unwrap();
        assert!(words.starts_with("training from step "), "{words}");
        Started { child, stdout, stderr, words }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, and what was still said on stdout and stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), out, err)
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[cfg(unix)]
#[test]
fn a_signal_saves_and_the_printed_command_goes_on_as_if_it_had_not_been() {
    let place = Place::new(60);
    let whole = place.path("whole.safetensors");
    let model = ["--preset", "mnist-small", "--glimpses", "2", "--seed", "5"];
    let length = ["--epochs=30", "--final-learning-rate", "0.0001"];
    let uninterrupted = ["train", "--data", &place.data, "--out", &whole, "--batch", "20", "--threads", "2", "--json"];
    json(&[&uninterrupted[..], &model, &length].concat());
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let arguments = place.small(&[&model[..], &length, &["--checkpoint-minutes", "0", "--json"]].concat());
        let training = place.start(&arguments);
        place.wait_for("model.checkpoint");
        training.signal(signal);
        let (exit, _, words) = training.end();
        assert_eq!(exit, Some(code), "{words}");
        let (said, command) = words.trim_end().split_once('\n').unwrap();
        assert!(said.contains("to go on:") && said.contains(&place.out), "{said}");
        let options = [" --resume ", " --falling-from 0", "--epochs=30", " --final-learning-rate 0.0001"];
        assert!(options.iter().all(|o| command.contains(o)), "{command}");
        assert!(!command.contains("--preset") && !command.contains("--glimpses"), "{command}");
        assert_ne!(read(&place.out), read(&whole), "the run was to be cut before its end");
        let resumed = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
        assert!(read(&place.out) == read(&whole), "after {signal} the weights are others");
        for name in ["model.checkpoint", "model.safetensors"] {
            std::fs::remove_file(place.path(name)).unwrap();
        }
    }
    let left = place.entries();
    assert_eq!(left, ["train.bits", "whole.checkpoint", "whole.safetensors"], "no lock and no half file stays");
}

/// The step of a large batch is long: the first Ctrl-C waits for it, the second does not.
#[cfg(unix)]
#[test]
fn a_second_ctrl_c_ends_at_once() {
    let place = Place::new(60);
    let arguments = ["train", "--data", &place.data, "--out", &place.out, "--batch", "2000", "--threads", "1"];
    let training = place.start(&arguments);
    // Within the first step: before it, there is nothing to wait for.
    std::thread::sleep(Duration::from_millis(500));
    training.signal("INT");
    std::thread::sleep(Duration::from_millis(100));
    training.signal("INT");
    assert_eq!(training.end(), (Some(130), String::new(), String::new()));
    assert!(!Path::new(&place.out).exists());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_validation_pass() {
    let place = Place::new(20);
    bars(Path::new(&place.path("valid.bits")), 30_000);
    let folder = place.folder.path().to_str().unwrap();
    let arguments = ["train", "--data", folder, "--out", &place.out, "--batch", "20", "--json", "--epochs", "1000"];
    let training = place.start(&arguments);
    std::thread::sleep(Duration::from_millis(700));
    training.signal("TERM");
    let (exit, lines, words) = training.end();
    assert_eq!(exit, Some(143), "{words}");
    assert!(words.contains("SIGTERM at step 1,"), "{words}");
    assert!(lines.contains("loss_nats") && !lines.contains("validation_nats"), "{lines}");
    json(&["eval", "--weights", &place.out, "--data", &place.data, "--json"]);
}

#[cfg(unix)]
#[test]
fn under_nohup_a_run_outlives_its_terminal() {
    let place = Place::new(60);
    let arguments = place.small(&["--preset", "mnist-small", "--checkpoint-minutes", "0", "--epochs", "10000"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_attentive-writer")]).args(&arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let training = Started::new(child);
    training.signal("HUP");
    place.wait_for("model.safetensors");
    std::fs::remove_file(&place.out).unwrap();
    place.wait_for("model.safetensors");
    training.signal("INT");
    let (exit, _, words) = training.end();
    assert_eq!(exit, Some(130), "{words}");
}

#[cfg(unix)]
#[test]
fn minutes_that_were_trained_count_after_a_signal() {
    let place = Place::new(60);
    let arguments =
        place.small(&["--preset", "mnist-small", "--checkpoint-minutes", "0", "--minutes", "500", "--json"]);
    let training = place.start(&arguments);
    assert!(training.words.contains("for 500 minutes"), "{}", training.words);
    place.wait_for("model.safetensors");
    training.signal("INT");
    let (_, _, words) = training.end();
    assert!(words.contains("--minutes 500 ") && words.contains(" --minutes-done 0.0"), "{words}");
    let resume = ["--resume", &place.path("model.checkpoint"), "--minutes", "500"];
    let refusal = ["nothing is left to do", "all of --minutes 500 are done"];
    refused(&place.small(&[&resume[..], &["--minutes-done", "500"]].concat()), &refusal);
}

/// Killed while it writes its files over and over, a training leaves whole ones.
#[test]
fn a_kill_leaves_the_last_whole_files() {
    let place = Place::new(60);
    let model = ["--preset", "mnist-small", "--glimpses", "2", "--checkpoint-minutes", "0", "--epochs", "10000"];
    for round in 0..6 {
        let training = place.start(&place.small(&model));
        place.wait_for("model.checkpoint");
        std::thread::sleep(Duration::from_millis(17 * round));
        training.kill();
        json(&["eval", "--weights", &place.out, "--data", &place.data, "--json"]);
        let (checkpoint, on) = (place.path("model.checkpoint"), place.path("on.safetensors"));
        let arguments = ["train", "--data", &place.data, "--out", &on, "--resume", &checkpoint, "--json"];
        let line = json(&[&arguments[..], &["--minutes", "0.0001"]].concat());
        assert!(line["step"].as_u64() >= Some(2), "{line}");
        std::fs::remove_file(&checkpoint).unwrap();
    }
}

#[test]
fn nothing_left_to_do_is_told() {
    let place = Place::new(60);
    let model = ["--preset", "mnist-small", "--glimpses", "2", "--json"];
    json(&place.small(&[&model[..], &["--epochs", "4"]].concat()));
    let (checkpoint, before) = (place.path("model.checkpoint"), read(&place.out));
    let resume = |more: &[&str], parts: &[&str]| {
        let arguments = ["train", "--data", &place.data, "--out", &place.out, "--resume", &checkpoint];
        refused(
            &[&arguments[..], more].concat(),
            &[&["nothing is left to do", "expected more --epochs"], parts].concat(),
        );
    };
    resume(&["--epochs", "4"], &["step 12 is epoch 4.00 of 60 images in steps of 20", "epoch 4.00, step 12"]);
    resume(&["--epochs", "1.5"], &["epoch 1.67, step 5"]);
    resume(&["--epochs", "8", "--batch", "60"], &["step 12 is epoch 12.00 of 60 images in steps of 60", "step 8"]);
    resume(&["--epochs", "8", "--limit", "20"], &["step 12 is epoch 12.00 of 20 images"]);
    assert!(read(&place.out) == before);
    assert_eq!(place.entries(), ["model.checkpoint", "model.safetensors", "train.bits"]);
}

#[test]
fn the_usual_length_of_a_run_is_said() {
    let place = Place::new(60);
    let training = place.start(&place.small(&["--preset", "mnist-small"]));
    assert!(training.words.contains("to step 300, which is epoch 100:"), "{}", training.words);
    assert!(training.words.contains("Ctrl-C ends it and saves"), "{}", training.words);
    training.kill();
    let help = String::from_utf8(run(&["train", "--help"]).stdout).unwrap();
    assert!(help.contains("Without --epochs or --minutes a run is of 100 epochs."), "{help}");
    assert!(help.contains("[default: 100]"), "{help}");
}

#[test]
fn another_model_than_the_checkpoint_is_refused() {
    let place = Place::new(60);
    json(&place.small(&["--preset", "mnist-small", "--epochs", "1", "--json"]));
    for resume in ["model.checkpoint", "model.safetensors"] {
        let path = place.path(resume);
        let arguments = |preset| place.small(&["--resume", &path, "--preset", preset, "--epochs", "2", "--json"]);
        refused(&arguments("mnist"), &[&path, "another model than --preset mnist"]);
        refused(&arguments("ram"), &[&path, "another model than --preset ram"]);
        refused(&arguments("minst"), &["'minst'", "mnist, ", "cluttered, ", "ram-4"]);
        let line = json(&arguments("mnist-small"));
        assert_eq!(line["step"], 6, "by the checkpoint's steps, or with a fresh optimiser");
    }
}

#[test]
fn numbers_out_of_range_are_refused_before_anything_is_written() {
    let place = Place::new(60);
    json(&place.small(&["--preset", "mnist-small", "--epochs", "1", "--json"]));
    let before = (read(&place.out), read(place.path("model.checkpoint")));
    for (option, values, expected) in [
        ("--epochs", &["nan", "-1", "0", "inf", "1e300", "x"][..], "expected a number above 0, at most 1000000"),
        ("--minutes", &["nan", "-1", "0", "inf", "-0.5"], "expected a number above 0, at most 1000000"),
        ("--checkpoint-minutes", &["nan", "-1", "inf"], "expected a number of at least 0, at most 1000000"),
        ("--final-learning-rate", &["nan", "-1", "inf", "1.5"], "expected a number of at least 0, at most 1"),
        ("--final-learning-rate", &["0.5"], "expected 0 to the learning rate, 0.001"),
        ("--clip", &["nan", "-1", "0", "inf"], "expected a number above 0, finite"),
        ("--limit", &["0", "-1", "nan", "1.5"], ""),
        ("--threads", &["0", "9999", "-1", "nan"], ""),
        ("--batch", &["0", "10001", "-1"], ""),
        ("--seed", &["-1", "1.5", "18446744073709551616"], ""),
        ("--learning-rate", &["nan", "-1", "0", "2", "inf"], "expected above 0, at most 1"),
        ("--adam-share", &["nan", "-1", "1.1"], "expected 0 to 1"),
        ("--weight-decay", &["nan", "-1", "1.1"], "expected 0 to 1"),
        ("--canvas-weight", &["nan", "-1", "1.1"], "expected 0 to 1"),
        ("--verdict-weight", &["nan", "-1", "1.1"], "expected 0 to 1"),
        ("--verdict-weight", &["0.5"], "gives no verdict"),
        ("--average", &["nan", "-1", "1"], "expected at least 0, below 1"),
        ("--glimpses", &["0", "-1", "nan"], ""),
    ] {
        let name = option.trim_start_matches('-').replace('-', " ");
        for value in values {
            let text = refusal(&place.small(&["--preset", "mnist-small", option, value]));
            let named = text.contains(option) || text.contains(&name) || text.contains("Adam's share");
            assert!(named && text.contains(expected), "{option} {value}: {text}");
        }
    }
    let falling = ["--final-learning-rate", "0.0001", "--falling-from", "4"];
    let resume = ["--resume", &place.path("model.checkpoint")];
    refused(&place.small(&[&falling[..], &resume].concat()), &["--falling-from is 4", "this run's 3"]);
    refused(&place.small(&falling), &["--resume"]);
    refused(&place.small(&["--minutes-done", "3"]), &["--minutes"]);
    assert!((read(&place.out), read(place.path("model.checkpoint"))) == before);
    assert_eq!(place.entries(), ["model.checkpoint", "model.safetensors", "train.bits"]);

    let eval = ["eval", "--weights", WEIGHTS, "--data", &place.data];
    let bench = ["bench", "--only", "draw"];
    for (command, option, values) in [
        (&eval[..], "--samples", &["0", "4611686018427387904", "100001", "-1", "nan"][..]),
        (&eval, "--threads", &["0", "9999"]),
        (&eval, "--limit", &["0", "-1"]),
        (&bench, "--seconds", &["nan", "-1", "0", "inf", "1e9"]),
        (&bench, "--threads", &["0", "9999"]),
        (&bench, "--batch", &["0", "10001"]),
        (&bench, "--glimpses", &["0"]),
        (&bench, "--image", &["0"]),
        (&bench, "--hidden", &["0"]),
        (&bench, "--channels", &["0", "5"]),
    ] {
        for value in values {
            let text = refusal(&[command, &[option, value]].concat());
            let name = option.trim_start_matches('-');
            assert!(text.contains(name), "{option} {value}: {text}");
        }
    }
}

/// Exit code 2 and one line, which is given.
fn refusal(arguments: &[&str]) -> String {
    refused(arguments, &[]);
    String::from_utf8(run(arguments).stderr).unwrap()
}

#[test]
fn an_out_that_is_no_file_of_weights_is_refused() {
    let place = Place::new(60);
    let train = |out: &str, parts: &[&str]| {
        refused(&["train", "--preset", "mnist-small", "--data", &place.data, "--out", out], parts);
    };
    train("-", &["-: ", "no regular file"]);
    train(&place.path("x.checkpoint"), &["x.checkpoint", "expected .safetensors"]);
    #[cfg(unix)]
    train("/dev/null", &["/dev/null", "no regular file"]);
    // By any name: a log would go into what is read or written.
    let roundabout = format!("{}/../{}", place.path("."), place.path(".").split('/').nth_back(1).unwrap());
    for (name, does) in [("model.safetensors", "writes"), ("model.checkpoint", "writes"), ("train.bits", "reads")] {
        for log in [place.path(name), format!("{roundabout}/{name}")] {
            let arguments = place.small(&["--preset", "mnist-small", "--log", &log]);
            refused(&arguments, &["--log", &log, does]);
        }
    }
    assert_eq!(place.entries(), ["train.bits"]);
}

#[test]
fn what_another_training_left_is_kept() {
    let place = Place::new(60);
    let train = |more: &[&str]| run(&place.small(&[&["--epochs", "1"], more].concat()));
    assert!(train(&["--preset", "mnist-small"]).status.success());
    let before = read(place.path("model.checkpoint"));
    // As when the shell's last command is given again.
    let again = train(&["--preset", "mnist-small", "--seed", "5"]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("of another training") && said.contains("model.earlier.checkpoint"), "{said}");
    assert_eq!(read(place.path("model.earlier.checkpoint")), before);
    assert_ne!(read(place.path("model.checkpoint")), before);
    // Who goes on leaves nothing behind.
    std::fs::remove_file(place.path("model.earlier.checkpoint")).unwrap();
    let checkpoint = place.path("model.checkpoint");
    assert!(run(&place.small(&["--resume", &checkpoint, "--epochs", "2"])).status.success());
    assert_eq!(place.entries(), ["model.checkpoint", "model.safetensors", "train.bits"]);
}

#[test]
fn two_trainings_do_not_share_an_output() {
    let place = Place::new(60);
    let model = ["--preset", "mnist-small", "--checkpoint-minutes", "0", "--epochs", "100000"];
    let first = place.start(&place.small(&model));
    place.wait_for("model.checkpoint");
    let second = |out: &str| {
        let arguments = ["train", "--preset", "mnist-small", "--data", &place.data, "--out", out];
        refused(&arguments, &["is being written by another run", "expected a name of its own"]);
    };
    second(&place.out);
    // Its checkpoint would be the same.
    second(&place.path("model"));
    #[cfg(unix)]
    {
        let link = place.path("link.safetensors");
        std::os::unix::fs::symlink(&place.out, &link).unwrap();
        second(&link);
        std::fs::remove_file(&link).unwrap();
    }
    first.kill();
    // The lock went with its process, though that could not clean up.
    json(&place.small(&["--preset", "mnist-small", "--epochs", "1", "--json"]));
    assert!(!place.entries().iter().any(|name| name.ends_with(".lock")), "{:?}", place.entries());
}

/// Checkpoints of before say in which precision they were trained.
#[test]
fn a_checkpoint_of_another_precision_goes_on() {
    let place = Place::new(60);
    json(&place.small(&["--preset", "mnist-small", "--epochs", "1", "--json"]));
    let checkpoint = place.path("model.checkpoint");
    let bytes = read(&checkpoint);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    let batch = r#"{\"batch\":"#;
    assert!(header.contains(batch), "{header}");
    let header = header.trim_end().replace(batch, r#"{\"precision\":\"bf16\",\"batch\":"#);
    let header = format!("{header:width$}", width = header.len().next_multiple_of(8));
    let changed = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[8 + length..]].concat();
    std::fs::write(&checkpoint, changed).unwrap();
    let output = command(&place.small(&["--resume", &checkpoint, "--epochs", "2", "--json"])).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"step\":6,"));
}

#[test]
fn a_pipe_gets_lines_before_the_epoch_ends() {
    let place = Place::new(40_000);
    let mut training = place.start(&["train", "--data", &place.data, "--out", &place.out, "--batch", "20"]);
    let mut line = String::new();
    training.stdout.read_line(&mut line).unwrap();
    training.kill();
    assert!(line.starts_with("step ") && line.contains("  epoch 0."), "{line}");
}

#[test]
fn a_log_is_json_lines_or_a_table() {
    let place = Place::new(60);
    let valid = place.path("valid.bits");
    bars(Path::new(&valid), 20);
    let folder = place.folder.path().to_str().unwrap();
    let train = |log: &str, more: &[&str]| {
        let arguments = ["train", "--data", folder, "--out", &place.out, "--batch", "20", "--log", log, "--json"];
        jsons(&[&arguments[..], more].concat())
    };
    let (table, lines) = (place.path("run.csv"), place.path("run.jsonl"));
    let said = train(&table, &["--preset", "mnist-small", "--epochs", "2"]);
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let headers = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), said.len());
    for (row, line) in rows.iter().zip(&said) {
        for (name, field) in headers.iter().zip(row) {
            match line.get(name).and_then(serde_json::Value::as_f64) {
                // Read back from text, a last digit may differ.
                Some(x) => assert!((field.parse::<f64>().unwrap() - x).abs() <= 1e-12 * x.abs(), "{name} of {line}"),
                None => assert_eq!(field, "", "{name} of {line}"),
            }
        }
        let keys = line.as_object().unwrap().keys();
        assert!(keys.into_iter().all(|k| headers.iter().any(|h| h == k)), "{line}");
    }
    assert!(said.iter().any(|l| l["validation_nats"].is_f64()), "{said:?}");
    let resume = ["--resume", &place.path("model.checkpoint"), "--epochs", "3"];
    train(&table, &resume);
    assert!(csv::Reader::from_path(&table).unwrap().records().count() > rows.len());

    let again = ["--resume", &place.path("model.checkpoint"), "--epochs", "4"];
    let said = train(&lines, &again);
    let logged = std::fs::read_to_string(&lines).unwrap();
    let logged: Vec<serde_json::Value> = logged.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((logged.len(), &logged[0]["step"]), (said.len(), &said[0]["step"]));
}

/// What was trained is not lost with the log.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_fails_ends_the_run_with_its_state_saved() {
    let place = Place::new(60);
    let output = run(&place.small(&["--preset", "mnist-small", "--epochs", "2", "--log", "/dev/full"]));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("/dev/full: cannot be written") && text.contains("of step 6, is in"), "{text}");
    json(&["eval", "--weights", &place.out, "--data", &place.data, "--json"]);
    refused(
        &place.small(&["--preset", "mnist-small", "--log", "/proc/no/log"]),
        &["/proc/no/log", "cannot be written"],
    );
}

#[test]
fn shells_complete_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("checkpoint-minutes"), "{shell}: {script}");
    }
    refused(&["completions", "tcsh"], &["tcsh", "bash"]);
}

#[test]
fn wrong_arguments_are_one_line() {
    refused(&["train", "--epoch", "3"], &["--epoch", "--epochs"]);
    refused(&["train"], &["--data <DATA>", "--out <OUT>"]);
    refused(&["paint"], &["paint"]);
    refused(&["eval", "--weights", "a", "--data", "b", "--samples"], &["--samples"]);
    let version = run(&["--version"]);
    assert!(version.status.success() && version.stdout.starts_with(b"attentive-writer "));
}
