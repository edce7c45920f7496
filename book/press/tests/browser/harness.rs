//! How a function becomes a test: its name becomes a sentence, and what the machine lacks is said.

use std::env;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Trial};

use crate::access::axe;
use crate::driver::browser;

/// What a test needs and not every machine has.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Chromium or Chrome, and chromedriver, on the `PATH`.
    Browser,
    /// axe-core, as Python's package `axe-playwright-python` brings it.
    Axe,
    /// The port that an address leaves out, which is free and which we may take.
    Port80,
}

/// The tests of a module, all with the same needs, under the module's name.
macro_rules! tests {
    ($kind:literal, needs $needs:expr; $($test:ident),+ $(,)?) => {
        vec![$($crate::harness::test($kind, stringify!($test), &$needs, $test)),+]
    };
}
pub(crate) use tests;

/// A function as a test: `the_language_link_keeps_the_page` is reported as "the language link keeps the page".
pub fn test(kind: &str, name: &str, needs: &'static [Need], run: fn()) -> Trial {
    let checked = move || {
        if let Some(reason) = needs.iter().find_map(|need| need.missing()) {
            return if env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
                Err(format!("NO_SKIP=1, but {reason}").into())
            } else {
                Ok(Completion::ignored_with(reason))
            };
        }
        run();
        Ok(Completion::Completed)
    };
    Trial::ignorable_test(name.replace('_', " "), checked).with_kind(kind)
}

impl Need {
    /// Why a test with this need cannot run here.
    fn missing(self) -> Option<&'static str> {
        match self {
            Need::Browser => browser().err(),
            Need::Axe => axe().err(),
            Need::Port80 => TcpListener::bind(("127.0.0.1", 80)).is_err().then_some("port 80 cannot be had"),
        }
    }
}

/// How long something is waited for that must come: a hang is to be found, and a busy machine to be borne with.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives a value; fails, telling `what` was waited for, when nobody would wait any longer.
pub fn eventually<T>(what: impl Fn() -> String, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {}", what());
        thread::sleep(Duration::from_millis(20));
    }
}
