//! `press live`, asked as browsers, other sites' pages and programs ask.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

#[path = "../common/mod.rs"]
mod common;

mod refusals;
mod runs;

use std::time::{Duration, Instant};

/// Waits until something is so, as long as a hang is told from a busy machine.
fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
