//! The processes of the app, started for real against a real Redis, and asked over HTTP.
//!
//! Each test is named as the sentence that it proves. What a machine cannot run (no `redis-server`
//! on the `PATH`, no Unix signals) is told at the end; with `NO_SKIP=1` it fails.

#![allow(
    clippy::expect_used,
    reason = "what a test expects and does not get is its failure, and the text says what that was"
)]

mod backup;
mod big;
mod console;
mod damage;
mod data;
mod environment;
mod fake;
mod kill;
mod load;
mod logs;
mod migrate;
mod outage;
mod process;
mod proxy;
mod refusal;
mod reset;
mod restore;
mod server;
mod speed;
mod stop;
mod visits;
mod web;

use std::process::ExitCode;

/// Most tests wait for another process most of their time, so more of them run at once than there are processors.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    // The tests that want the machine for themselves come first, and the slowest of the others next.
    let tests = [
        speed::tests(),
        console::tests(),
        big::tests(),
        kill::tests(),
        stop::tests(),
        restore::tests(),
        backup::tests(),
        outage::tests(),
        migrate::tests(),
        refusal::tests(),
        damage::tests(),
        environment::tests(),
        logs::tests(),
        reset::tests(),
        visits::tests(),
    ];
    tests_common::run(tests.into_iter().flatten().collect(), Some(AT_ONCE))
}
