//! The site in a real browser: Chromium, driven through its driver, on both books as they are published.
//!
//! Each test is named as the sentence that it proves. Where a browser, its driver or axe-core is
//! missing, that is told at the end; with `NO_SKIP=1` they fail.
//! `FACTOR12_SITE=DIR` tests the site in this folder instead of building one, and
//! `FACTOR12_SHOTS=DIR` saves pictures of pages there.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what a test needs and does not get is its failure"
)]

#[path = "../common/mod.rs"]
mod common;

mod access;
#[cfg(unix)]
mod address;
mod copy;
mod driver;
mod entry;
#[cfg(unix)]
mod live;
#[cfg(unix)]
mod outputs;
mod phone;
mod scriptless;
mod search;
mod shots;
mod site;
mod visit;
#[cfg(unix)]
mod windows;

use std::process::ExitCode;

fn main() -> ExitCode {
    // The slowest come first.
    let tests = [
        access::tests(),
        #[cfg(unix)]
        live::tests(),
        #[cfg(unix)]
        outputs::tests(),
        #[cfg(unix)]
        address::tests(),
        #[cfg(unix)]
        windows::tests(),
        shots::tests(),
        search::tests(),
        scriptless::tests(),
        visit::tests(),
        copy::tests(),
        phone::tests(),
        entry::tests(),
        driver::tests(),
    ];
    let code = tests_common::run(tests.into_iter().flatten().collect(), None);
    driver::end_all();
    code
}
