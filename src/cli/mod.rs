//! Arguments, and what all commands share.

mod bench;
mod data;
mod eval;
mod export;
mod files;
mod folders;
mod images;
mod labelled;
mod numbers;
mod output;
mod sample;
mod serve;
mod train;

use clap::{CommandFactory, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::process::ExitCode;
use std::sync::OnceLock;
#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};

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
    Data(data::Data),
    Export(export::Export),
    Bench(bench::Bench),
    Completions(Completions),
}

/// Print the completions of a shell, for its own folder of them.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  attentive-writer completions bash > ~/.local/share/bash-completion/completions/attentive-writer
  attentive-writer completions zsh > ~/.zfunc/_attentive-writer
  attentive-writer completions fish > ~/.config/fish/completions/attentive-writer.fish")]
struct Completions {
    shell: clap_complete::Shell,
}

impl Completions {
    fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "attentive-writer", &mut script);
        told(std::io::stdout().write_all(&script));
        Ok(())
    }
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

/// A file that grows beyond the shell's limit (`ulimit -f`) is a failed write, which is told and leaves nothing behind,
/// instead of the process's silent end.
fn hear_of_full_files() {
    #[cfg(unix)]
    // Where no handler can be set, all stays as it was.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::<AtomicBool>::default());
}

pub fn main() -> ExitCode {
    hear_of_full_files();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and the version are no errors.
        Err(e) if !e.use_stderr() => e.exit(),
        Err(e) => return failed(&one_line(&e.to_string())),
    };
    let done = |()| ExitCode::SUCCESS;
    let result = match arguments.command.unwrap_or(Command::Serve(serve::Serve::default())) {
        Command::Serve(c) => c.run().map(done),
        Command::Train(c) => c.run(),
        Command::Eval(c) => c.run().map(done),
        Command::Sample(c) => c.run().map(done),
        Command::Data(c) => c.run().map(done),
        Command::Export(c) => c.run().map(done),
        Command::Bench(c) => c.run().map(done),
        Command::Completions(c) => c.run().map(done),
    };
    match (result, UNTOLD.get()) {
        (Err(Failure(text)), _) => failed(&format!("error: {}", text.replace('\n', " "))),
        (Ok(_), Some(e)) => failed(&format!("error: standard output cannot be written ({e})")),
        (Ok(code), None) => code,
    }
}

fn failed(line: &str) -> ExitCode {
    tell(line);
    ExitCode::from(2)
}

/// What is wrong with the arguments, without the usage that follows it.
fn one_line(text: &str) -> String {
    let said = text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:"));
    let said = said.filter(|l| !l.is_empty() && !l.starts_with("For more information"));
    said.collect::<Vec<_>>().join(" ")
}

/// Prints one line of JSON on stdout. A reader that went away (`| head`) is no failure.
pub fn print_json(value: &impl serde::Serialize) {
    let line = serde_json::to_string(value).expect("plain data");
    told(writeln!(std::io::stdout(), "{line}"));
}

/// Prints a line for a person on stdout.
pub fn say(line: impl AsRef<str>) {
    told(writeln!(std::io::stdout(), "{}", line.as_ref()));
}

/// What went wrong on stdout first. Work goes on, and fails at its end.
static UNTOLD: OnceLock<String> = OnceLock::new();

/// Remembers that stdout could not be written. A reader that went away is no failure.
fn told(written: std::io::Result<()>) {
    if let Err(e) = written
        && e.kind() != std::io::ErrorKind::BrokenPipe
    {
        UNTOLD.get_or_init(|| e.to_string());
    }
}

/// Prints a line for a person on stderr. A terminal that is gone is no failure.
pub fn tell(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
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
