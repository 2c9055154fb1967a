//! The command line as a user meets it.
#![cfg(not(target_arch = "wasm32"))]

mod commands;
mod files;
mod looks;
mod runs;
mod serve;
mod shapes;
mod support;
