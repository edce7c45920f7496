//! An admin process: a language against the live data.

use std::alloc::System;
use std::process::ExitCode;

use cap::Cap;
use clap::Parser;
use factor12::admin::Process;
use factor12::cli;
use factor12::console::{self, Console, Script};

/// Counts the bytes in use, so that a script that wants too many ends with a message.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

// ANCHOR: arguments
/// Runs a script against the live data: one of this release's, or one that is typed, or read on stdin.
///
/// Without SCRIPT, on a terminal, it asks for lines, and `help` lists what they can do; else it runs what it
/// reads on stdin.
///
/// Configured by the environment, as web is: HOST_REDIS, PORT_REDIS (or REDIS_URL), RUST_LOG.
#[derive(Parser)]
#[command(name = "console", version = cli::version())]
struct Args {
    /// Allow the operations that change data
    #[arg(long)]
    write: bool,
    #[arg(value_name = "SCRIPT", value_parser = Script::find, help = Script::list())]
    script: Option<&'static Script>,
}
// ANCHOR_END: arguments

fn main() -> ExitCode {
    let Args { write, script } = cli::parse();
    let process = Process {
        short: false,
        log: "info",
        find_out: "hits() shows the counter, resets() the log",
        ..Process::new("console")
    };
    let console = Console { write, allocated: || HEAP.allocated() };
    process.run(move |store| console::run(store, console, script))
}
