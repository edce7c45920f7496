//! What the tests of this repository share: how a function becomes a test, what the machine has to have for it, and what is said
//! of the tests that cannot be run for want of it.
//!
//! A test is named as the sentence that it proves. One whose need is not met is left out, and counted; at the end stands how many
//! there were, why, and what would change it. With `NO_SKIP=1` such a test fails.

mod need;
mod not_run;

pub use need::{Need, chromium};

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

/// A test, and what it needs.
pub struct Test {
    kind: String,
    name: String,
    needs: &'static [Need],
    run: Box<dyn FnOnce() -> Result<(), Failed> + Send>,
}

/// What a test comes to: nothing, where it panics if it fails, or a result.
pub trait Outcome {
    /// The outcome as a result.
    ///
    /// # Errors
    ///
    /// The test failed.
    fn result(self) -> Result<(), Failed>;
}

impl Outcome for () {
    fn result(self) -> Result<(), Failed> {
        Ok(self)
    }
}

impl Outcome for Result<(), Failed> {
    fn result(self) -> Result<(), Failed> {
        self
    }
}

/// The tests of a module under the module's name, all with the same needs or each with its own.
#[macro_export]
macro_rules! tests {
    ($kind:literal, needs $needs:expr; $($test:ident),+ $(,)?) => {
        vec![$($crate::test($kind, stringify!($test), &$needs, $test)),+]
    };
    ($kind:literal; $($test:ident: [$($need:ident),*]),+ $(,)?) => {
        vec![$($crate::test($kind, stringify!($test), &[$($crate::Need::$need),*], $test)),+]
    };
}

/// A function as a test: `a_visit_counts` is reported as "a visit counts".
pub fn test<Result: Outcome>(
    kind: &str,
    name: &str,
    needs: &'static [Need],
    run: impl FnOnce() -> Result + Send + 'static,
) -> Test {
    let alone = needs.contains(&Need::Quiet);
    let run = Box::new(move || in_turn(alone, run).result());
    Test { kind: kind.to_owned(), name: name.replace('_', " "), needs, run }
}

/// Runs beside other tests, or with no other at the same time.
fn in_turn<Result>(alone: bool, run: impl FnOnce() -> Result) -> Result {
    static TURN: RwLock<()> = RwLock::new(());
    if alone {
        let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
        run()
    } else {
        let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
        run()
    }
}

/// Runs what the command line asks for, `at_once` tests at a time unless it says otherwise, and tells what could not be run.
pub fn run(tests: Vec<Test>, at_once: Option<usize>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.test_threads.is_none() {
        arguments.test_threads = at_once;
    }
    let no_skip = need::is_nothing_skipped();
    let mut not_run = BTreeMap::new();
    let mut trials = Vec::new();
    let mut known = HashMap::new();
    for test in tests {
        let missing =
            test.needs.iter().find_map(|need| *known.entry(*need).or_insert_with(|| need.missing()));
        let trial = match &missing {
            Some(missing) if no_skip => {
                let reason = format!("NO_SKIP=1, but {}", missing.reason);
                Trial::test(test.name, move || Err(reason.into()))
            }
            _ => Trial::test(test.name, test.run),
        };
        let trial = trial.with_kind(test.kind);
        match missing {
            // Whoever lists the tests to run them one by one is told which not to run.
            Some(_) if arguments.list => trials.push(trial.with_ignored_flag(true)),
            Some(missing) if !no_skip => {
                // As many as would have been run.
                if is_wanted(&arguments, trial.name()) {
                    *not_run.entry(missing).or_insert(0) += 1;
                }
            }
            _ => trials.push(trial),
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        not_run::tell(&not_run);
    }
    conclusion.exit_code()
}

/// Whether the command line asks for a test of this name, or names none.
fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let fits = |filter: &str| if arguments.exact { name == filter } else { name.contains(filter) };
    arguments.filter.as_deref().is_none_or(fits) && !arguments.skip.iter().any(|filter| fits(filter))
}

/// Waits until `condition` gives a value; fails, naming `what` was waited for, when `limit` has passed.
///
/// # Panics
///
/// It gave none within the limit.
pub fn eventually<T>(what: &str, limit: Duration, condition: impl FnMut() -> Option<T>) -> T {
    within(limit, condition).unwrap_or_else(|| panic!("waited {limit:?} in vain: {what}"))
}

/// Waits until `condition` gives a value, at most for `limit`.
pub fn within<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if start.elapsed() >= limit {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
