//! The real program, started on a free port, and spoken to by real clients.

mod conformance;
mod limits;
mod program;
mod redis_cli;
mod redis_crate;
mod redis_py;
mod server;

use std::{env, process::ExitCode};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// What a test comes to.
type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests = [
        conformance::tests(),
        limits::tests(),
        program::tests(),
        redis_cli::tests(),
        redis_crate::tests(),
        redis_py::tests(),
    ];
    libtest_mimic::run(&arguments, tests.into_iter().flatten().collect()).exit_code()
}

/// A test that needs a program which this machine may lack. Without it the test is named as
/// ignored, with the reason; with `NO_SKIP=1` in the environment it fails instead.
fn needing(missing: fn() -> Option<String>, name: &str, test: fn() -> Outcome) -> Trial {
    Trial::ignorable_test(name, move || match missing() {
        None => test().map(|()| Completion::Completed),
        Some(reason) if env::var("NO_SKIP").is_ok_and(|value| value == "1") => {
            Err(format!("NO_SKIP=1, and {reason}").into())
        }
        Some(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// Compares two values, and shows both where they differ.
#[allow(clippy::needless_pass_by_value, reason = "a comparison reads better without `&`")]
fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(got: T, expected: U) -> Outcome {
    if got == expected {
        return Ok(());
    }
    Err(format!("got      {got:?}\nexpected {expected:?}").into())
}
