//! `cargo xtask demo`, `images`, `doctor` and the book's tasks, started for real: on this tree, on copies of it that
//! were doctored, and on a machine that lacks things.
//!
//! Each test is named as the sentence that it proves. What a machine cannot run (no engine, no
//! Compose v1, no Unix) is told at the end; with `NO_SKIP=1` it fails. Each
//! test removes what it made, also where it fails, and ends only what it started.

#![allow(
    clippy::expect_used,
    reason = "what a test expects and does not get is its failure, and the text says what that was"
)]

mod docker;
mod doctor;
mod failures;
#[cfg(unix)]
mod foreign;
mod images;
mod interrupts;
mod keep;
mod kit;
mod lies;
mod live;
mod machine;
mod narration;
mod neighbours;
mod packages;
mod pages;
mod prerequisites;
#[cfg(unix)]
mod present;
mod programs;
mod readme;
mod story;
mod system;
#[cfg(unix)]
mod terminal;
mod tree;
mod xtask;

use std::process::ExitCode;

use tests_common::Need;

/// Most tests wait for an engine or for cargo most of their time.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    // These take turns on the pages' port, and wait most of their time.
    let on_the_port = [
        live::tests(),
        #[cfg(unix)]
        present::tests(),
        machine::tests(),
        pages::tests(),
    ];
    let others = [
        images::tests(),
        prerequisites::tests(),
        lies::tests(),
        failures::tests(),
        interrupts::tests(),
        neighbours::tests(),
        keep::tests(),
        story::tests(),
        narration::tests(),
        doctor::tests(),
        #[cfg(unix)]
        foreign::tests(),
        kit::tests(),
        packages::tests(),
        readme::tests(),
    ];
    let mut on_the_port = on_the_port.into_iter().flatten();
    let mut others = others.into_iter().flatten();
    let mut tests = Vec::from_iter(on_the_port.next());
    // Where that first one runs it keeps the port for minutes, and all that want it would wait.
    if Need::Patience.missing().is_some() {
        tests.extend(on_the_port.by_ref().flat_map(|test| [Some(test), others.next()]).flatten());
    }
    tests.extend(others.chain(on_the_port));
    // Whoever wants the port waits behind one that wants it for itself, which waits for the longest: these come last.
    tests.extend(live::alone().into_iter().chain(pages::alone()));
    tests_common::run(tests, Some(AT_ONCE))
}
