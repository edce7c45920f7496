//! An admin process: sets the counter of visits to zero.

use std::process::ExitCode;

use clap::Parser;
use factor12::admin::Process;
use factor12::cli;

// ANCHOR: reset
/// Sets the counter of visits to zero, whatever it holds, and prints what was lost.
///
/// Configured by the environment, as web is: HOST_REDIS, PORT_REDIS (or REDIS_URL), RUST_LOG.
#[derive(Parser)]
#[command(name = "reset", version = cli::version())]
struct Args {}

fn main() -> ExitCode {
    let Args {} = cli::parse();
    let reset = Process { find_out: "GET /hits shows the counter", ..Process::new("reset") };
    reset.run(|store| Ok(format!("hits: {} -> 0", store.reset_to(0)?)))
}
// ANCHOR_END: reset
