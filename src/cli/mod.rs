//! Arguments, and what all commands share.

mod bench;
mod eval;
mod export;
mod files;
mod output;
mod sample;
mod serve;
mod train;

use attentive_writer::train::Precision;
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

/// DRAW, the Deep Recurrent Attentive Writer: draw digits, train and evaluate models, serve the demo.
#[derive(Parser)]
#[command(version, after_help = "Without a command, the demo is served on http://localhost:8080.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Train(Box<train::Train>),
    Eval(eval::Eval),
    Sample(sample::Sample),
    Export(export::Export),
    Bench(bench::Bench),
}

/// A command's failure: one line for a person. Bad input exits with 2.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<attentive_writer::Error> for Failure {
    fn from(e: attentive_writer::Error) -> Self {
        Failure(e.to_string())
    }
}

pub type Outcome<T = ()> = Result<T, Failure>;

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command.unwrap_or(Command::Serve(serve::Serve::default())) {
        Command::Serve(c) => c.run(),
        Command::Train(c) => c.run(),
        Command::Eval(c) => c.run(),
        Command::Sample(c) => c.run(),
        Command::Export(c) => c.run(),
        Command::Bench(c) => c.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            eprintln!("error: {}", text.replace('\n', " "));
            ExitCode::from(2)
        }
    }
}

/// Prints one line of JSON on stdout. A reader that went away (`| head`) is no failure.
pub fn print_json(value: &impl serde::Serialize) {
    use std::io::Write;
    let line = serde_json::to_string(value).expect("plain data");
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line for a person on stdout.
pub fn say(line: impl AsRef<str>) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", line.as_ref());
}

/// A progress bar on stderr, shown only on a terminal.
pub fn progress(length: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = format!("{{bar:32}} {{pos}}/{{len}} {unit}  {{elapsed}} elapsed, {{eta}} left  {{msg}}");
    bar.set_style(ProgressStyle::with_template(&style).expect("a fixed template"));
    bar
}

/// The number of threads, unless one is given: all cores.
pub fn threads(given: Option<usize>) -> usize {
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()))
}

/// Parses `--precision`.
fn precision(name: &str) -> Result<Precision, String> {
    match name {
        "f32" => Ok(Precision::F32),
        "bf16" => Ok(Precision::Bf16),
        _ => Err("f32 or bf16".to_owned()),
    }
}
