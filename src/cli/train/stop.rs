//! Ctrl-C and its like: a run ends after its step, not in it.

use super::super::{Failure, Outcome};
use signal_hook::consts::signal;
use signal_hook::flag;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A signal that asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(i32);

impl Signal {
    pub fn name(self) -> &'static str {
        match self.0 {
            signal::SIGINT => "Ctrl-C",
            signal::SIGTERM => "SIGTERM",
            _ => "SIGHUP",
        }
    }

    /// As shells have it: 128 and the signal's number.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(128 + self.0 as u8)
    }
}

/// Listens for the signals that end a run.
pub struct Stop {
    /// The last one's number; 0 before any.
    received: Arc<AtomicUsize>,
}

impl Stop {
    /// From here on the first signal is noted, and a Ctrl-C after it ends the process at once.
    ///
    /// # Errors
    /// If the system lets no handler be set.
    pub fn listen() -> Outcome<Stop> {
        let (received, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let failed = |e: std::io::Error| Failure(format!("cannot listen for signals ({e})"));
        // Handlers run in this order, so the first Ctrl-C finds the flag unset. Of the others a second one means
        // nothing: a closing terminal may well send two SIGHUPs.
        let code = 128 + signal::SIGINT;
        flag::register_conditional_shutdown(signal::SIGINT, code, asked.clone()).map_err(failed)?;
        for number in signals() {
            flag::register_usize(number, received.clone(), number as usize).map_err(failed)?;
            flag::register(number, asked.clone()).map_err(failed)?;
        }
        Ok(Stop { received })
    }

    pub fn signal(&self) -> Option<Signal> {
        let number = self.received.load(Ordering::Relaxed);
        (number != 0).then_some(Signal(number as i32))
    }
}

#[cfg(unix)]
fn signals() -> Vec<i32> {
    let mut signals = vec![signal::SIGINT, signal::SIGTERM];
    // Under `nohup` the run is to outlive its terminal.
    if !ignored(signal::SIGHUP) {
        signals.push(signal::SIGHUP);
    }
    signals
}

#[cfg(not(unix))]
fn signals() -> Vec<i32> {
    vec![signal::SIGINT, signal::SIGTERM]
}

/// Whether who started this process had it ignore a signal.
#[cfg(unix)]
fn ignored(number: i32) -> bool {
    // SAFETY: `sigaction` is a plain C struct, for which zeros are valid; given no new action the call only writes the
    // present one into it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(number, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
