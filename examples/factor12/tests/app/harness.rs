//! How a function becomes a test: its name becomes a sentence, and what the machine lacks is said.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Trial};

/// What a test needs and not every machine, or not every moment, has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A `redis-server` on the `PATH`.
    Redis,
    /// Signals, to freeze a process or to ask it to stop.
    Signals,
    /// A `/proc`, which tells how much memory a process has used.
    Proc,
    /// No other test at the same time: this one measures, or fills the processors.
    Quiet,
}

/// The tests of a module, all with the same needs, under the module's name.
macro_rules! tests {
    ($kind:literal, needs $needs:expr; $($test:ident),+ $(,)?) => {
        vec![$($crate::harness::test($kind, stringify!($test), &$needs, $test)),+]
    };
}
pub(crate) use tests;

/// A function as a test: `a_visit_counts` is reported as "a visit counts".
pub fn test(kind: &str, name: &str, needs: &'static [Need], run: fn()) -> Trial {
    let checked = move || {
        if let Some(reason) = needs.iter().find_map(|need| need.missing()) {
            return if env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
                Err(format!("NO_SKIP=1, but {reason}").into())
            } else {
                Ok(Completion::ignored_with(reason))
            };
        }
        take_turn(needs.contains(&Need::Quiet), run);
        Ok(Completion::Completed)
    };
    Trial::ignorable_test(name.replace('_', " "), checked).with_kind(kind)
}

/// Runs beside other tests, or with no other at the same time.
fn take_turn(alone: bool, run: fn()) {
    static TURN: RwLock<()> = RwLock::new(());
    if alone {
        let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
        run();
    } else {
        let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
        run();
    }
}

impl Need {
    /// Why a test with this need cannot run here.
    fn missing(self) -> Option<&'static str> {
        match self {
            Need::Redis if !has_redis() => Some("there is no redis-server on the PATH"),
            Need::Signals if cfg!(not(unix)) => Some("this system has no Unix signals"),
            Need::Proc if !Path::new("/proc/self/status").exists() => Some("this system has no /proc"),
            _ => None,
        }
    }
}

fn has_redis() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
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
