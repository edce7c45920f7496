//! The frame of every admin process: the same release and configuration as `web`, a result on
//! stdout, and an end within five seconds whatever Redis does.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use redis::RedisResult;
use tracing::info;

use crate::config::Config;
use crate::store::Admin;
use crate::{FAILED, WRONG_USAGE, host, logs, release};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How long the whole process may take: name look-ups know no limit of their own.
const LIMIT: Duration = Duration::from_millis(4500);

/// Whether a command that changes something has left the process.
static CHANGING: AtomicBool = AtomicBool::new(false);

// ANCHOR: run
/// Runs an admin process called `name`: connects, does its `job`, and prints what it says with the
/// address and the release behind it.
///
/// The exit code is 0 when it is done, 1 when it failed (the message says whether something may
/// have changed), 2 when the environment is wrong.
pub fn run(name: &str, job: impl FnOnce(&mut Admin) -> RedisResult<String> + Send + 'static) -> ExitCode {
    let config = match Config::from_env("warn") {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{name}: {error}");
            return WRONG_USAGE.into();
        }
    };
    logs::to_stderr(config.log);
    let redis = config.redis;
    let address = redis.to_string();
    info!("{name} starts (release {}, host {}, redis {address})", release(), host());

    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let result = Admin::connect(&redis, CONNECT, &CHANGING).and_then(|mut store| job(&mut store));
        // The receiver is gone only where the limit has passed, and then nobody waits for the result.
        sender.send(result).ok();
    });
    let failure = match receiver.recv_timeout(LIMIT) {
        Ok(Ok(result)) => {
            return print(name, &format!("{result} ({address}, release {})", release()));
        }
        Ok(Err(error)) if error.is_timeout() => "no answer in time".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(RecvTimeoutError::Timeout) => format!("no answer within {} ms", LIMIT.as_millis()),
        Err(RecvTimeoutError::Disconnected) => "the job stopped unexpectedly".to_owned(),
    };
    let outcome = if CHANGING.load(Ordering::SeqCst) {
        "whether anything was changed cannot be known: a command already sent may still take effect"
    } else {
        "nothing was changed"
    };
    eprintln!("{name}: Redis at {address}: {failure}; {outcome}");
    FAILED.into()
}
// ANCHOR_END: run

/// Prints a result; a reader who is gone makes it a failure, for the result is then lost.
fn print(name: &str, result: &str) -> ExitCode {
    match writeln!(io::stdout(), "{result}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: done, but its result could not be written ({error}): {result}");
            FAILED.into()
        }
    }
}
