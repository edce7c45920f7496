//! How a function becomes a test: its name becomes a sentence, and what the machine lacks is said.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Trial};

use crate::{docker, system};

/// What a test needs and not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A Docker engine that answers.
    Engine,
    /// `docker compose`.
    Compose,
    /// `docker-compose` 1.
    ComposeV1,
    /// An engine that runs what this host builds: images can be packed.
    Packing,
    /// A `redis-server` on the `PATH`.
    Redis,
    /// An image of a real Redis: pages use more of it than the stand-in has.
    RealRedis,
    /// Signals, sockets and modes of Unix.
    Unix,
    /// Chromium, or the browser that is made from it.
    Chromium,
    /// `chromedriver`, which drives it.
    Driver,
    /// `/proc`, to find processes by their environment.
    Proc,
    /// `script`, for a terminal.
    Script,
    /// `setsid`, to give a program a terminal of its own.
    Setsid,
    /// A way to be a user who may not use a socket.
    Nobody,
}

/// The tests of a module under the module's name, each with what it needs.
macro_rules! tests {
    ($kind:literal; $($test:ident: [$($need:ident),*]),+ $(,)?) => {
        vec![$($crate::harness::test($kind, stringify!($test), &[$($crate::harness::Need::$need),*], $test)),+]
    };
}
pub(crate) use tests;

/// A function as a test: `a_visit_counts` is reported as "a visit counts".
pub fn test(kind: &str, name: &str, needs: &'static [Need], run: impl FnOnce() + Send + 'static) -> Trial {
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
            Need::Engine if !docker::answers() => Some("no Docker engine answers"),
            Need::Compose if !says("docker", &["compose", "version", "--short"], "") => {
                Some("there is no “docker compose”")
            }
            Need::ComposeV1 if !says("docker-compose", &["version", "--short"], "1.") => {
                Some("there is no Compose v1 (docker-compose 1) on the PATH")
            }
            Need::Packing if !(cfg!(target_os = "linux") && docker::answers()) => {
                Some("images are packed on a Linux host with an engine only")
            }
            Need::Redis if !says("redis-server", &["--version"], "") => {
                Some("there is no redis-server on the PATH")
            }
            Need::RealRedis if docker::image_id("redis:8-alpine").is_none() => {
                Some("no image of a real Redis is here: “cargo xtask images” pulls it")
            }
            Need::Chromium if chromium().is_none() => Some("there is no chromium on the PATH"),
            Need::Driver if !says("chromedriver", &["--version"], "") => {
                Some("there is no chromedriver on the PATH")
            }
            Need::Unix if cfg!(not(unix)) => Some("this system is no Unix"),
            Need::Proc if fs::read("/proc/self/environ").is_err() => Some("this system has no /proc"),
            Need::Script if !says("script", &["--version"], "script from util-linux") => {
                Some("there is no “script” of util-linux on the PATH")
            }
            Need::Setsid if !says("setsid", &["--version"], "setsid from util-linux") => {
                Some("there is no “setsid” of util-linux on the PATH")
            }
            Need::Nobody if system::is_root() && !says("setpriv", &["--version"], "") => {
                Some("there is no “setpriv” on the PATH, and root may use every socket")
            }
            _ => None,
        }
    }
}

/// The name that Chromium goes by here.
pub fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| says(name, &["--version"], ""))
}

/// Whether a program can be run, and what it says starts as it should.
fn says(program: &str, args: &[&str], start: &str) -> bool {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success() && output.stdout.starts_with(start.as_bytes()))
}

/// Waits until `condition` gives a value; fails, naming `what` was waited for, when `limit` has passed.
pub fn eventually<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
