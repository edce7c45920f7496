//! Logs as a stream of events, one line each (the eleventh factor, <https://12factor.net/logs>).

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Logs to stdout: for a long-running process, which has no other result.
pub fn to_stdout(filter: Targets) {
    let lines = tracing_subscriber::fmt::layer().with_ansi(io::stdout().is_terminal()).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// Logs to stderr: for an admin process, whose stdout is its result.
pub fn to_stderr(filter: Targets) {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .with_writer(io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}
