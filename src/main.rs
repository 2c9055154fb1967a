//! The command line: serve the demo, train, evaluate, sample, export, benchmark.

#[cfg(not(target_arch = "wasm32"))]
mod cli;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

/// The command line is native; this empty one lets the tests of the library build for wasm.
#[cfg(target_arch = "wasm32")]
fn main() {}
