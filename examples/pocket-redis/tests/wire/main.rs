//! The real program, started on a free port, and spoken to by real clients.

mod conformance;
mod limits;
mod program;
mod redis_cli;
mod redis_crate;
mod redis_py;
mod server;

use std::process::ExitCode;

use libtest_mimic::Failed;

/// What a test comes to.
type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    let tests = [
        conformance::tests(),
        limits::tests(),
        program::tests(),
        redis_cli::tests(),
        redis_crate::tests(),
        redis_py::tests(),
    ];
    tests_common::run(tests.into_iter().flatten().collect(), None)
}

/// Compares two values, and shows both where they differ.
#[allow(clippy::needless_pass_by_value, reason = "a comparison reads better without `&`")]
fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(got: T, expected: U) -> Outcome {
    if got == expected {
        return Ok(());
    }
    Err(format!("got      {got:?}\nexpected {expected:?}").into())
}
