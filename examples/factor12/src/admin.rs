//! The frame of every admin process: the same release and configuration as `web`, a result on
//! stdout, and an end in bounded time whatever Redis does.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tracing::info;

use crate::config::Config;
use crate::store::{Admin, AdminError, Changes};
use crate::{FAILED, WRONG_USAGE, host, logs, release};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a process may take until it is connected, and a short one in all: name look-ups know no
/// limit of their own.
const LIMIT: Duration = Duration::from_millis(4500);

/// Where a result goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To stdout, as it should.
    Stdout,
    /// To stderr, because stdout is taken by the process's work.
    Stderr,
}

/// An admin process.
#[derive(Debug)]
pub struct Process {
    /// Its name.
    pub name: &'static str,
    /// Whether its work is over at once, or may take as long as its input, its output or its user do. Every
    /// single answer of Redis has its limit in any case.
    pub short: bool,
    /// Which events are logged where `RUST_LOG` sets none.
    pub log: &'static str,
    /// Where its result goes.
    pub result: Output,
    /// How to find out what was changed, where the process itself cannot know.
    pub find_out: &'static str,
    /// What else is to be said when it has failed; most often nothing.
    pub aftermath: &'static str,
}

enum Event {
    Connected,
    Ended(Result<String, AdminError>),
}

impl Process {
    /// A short process, whose result goes to stdout.
    pub fn new(name: &'static str) -> Process {
        Process { name, short: true, log: "warn", result: Output::Stdout, find_out: "", aftermath: "" }
    }
}

// ANCHOR: run
impl Process {
    /// Runs it: connects, does its `job`, and prints what that says with the address and the release behind it.
    ///
    /// The exit code is 0 when it is done, 1 when it failed (the message says whether something may
    /// have changed), 2 when the environment is wrong.
    pub fn run(
        self,
        job: impl FnOnce(&mut Admin) -> Result<String, AdminError> + Send + 'static,
    ) -> ExitCode {
        let name = self.name;
        let config = match Config::from_env(self.log) {
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

        let changes = Arc::new(Changes::default());
        let (sender, receiver) = mpsc::channel();
        let known = Arc::clone(&changes);
        thread::spawn(move || {
            let ended =
                Admin::connect(&redis, CONNECT, &known).map_err(AdminError::from).and_then(|mut store| {
                    sender.send(Event::Connected).ok();
                    job(&mut store)
                });
            // The receiver is gone only where the limit has passed, and then nobody waits for the result.
            sender.send(Event::Ended(ended)).ok();
        });
        let failure = match self.await_end(&receiver) {
            Ok(Ok(result)) => {
                return self.print(&format!("{result} ({address}, release {})", release()));
            }
            Ok(Err(error)) if error.is_of_redis() => format!("Redis at {address}: {error}"),
            Ok(Err(error)) => error.to_string(),
            Err(RecvTimeoutError::Timeout) => {
                format!("Redis at {address}: no answer within {} ms", LIMIT.as_millis())
            }
            Err(RecvTimeoutError::Disconnected) => "the job stopped unexpectedly".to_owned(),
        };
        eprintln!("{name}: {failure}; {}{}", changes.outcome(self.find_out), self.aftermath);
        FAILED.into()
    }
}
// ANCHOR_END: run

impl Process {
    /// Waits until the job is over; if that may take long, only its connecting has a limit here.
    fn await_end(
        &self,
        events: &mpsc::Receiver<Event>,
    ) -> Result<Result<String, AdminError>, RecvTimeoutError> {
        let start = std::time::Instant::now();
        let mut limited = true;
        loop {
            let event = if limited {
                events.recv_timeout(LIMIT.saturating_sub(start.elapsed()))?
            } else {
                events.recv().map_err(|_| RecvTimeoutError::Disconnected)?
            };
            match event {
                Event::Connected => limited = self.short,
                Event::Ended(ended) => return Ok(ended),
            }
        }
    }

    /// Prints a result; a reader who is gone makes it a failure, for the result is then lost.
    fn print(&self, result: &str) -> ExitCode {
        let printed = match self.result {
            Output::Stdout => writeln!(io::stdout(), "{result}"),
            Output::Stderr => writeln!(io::stderr(), "{}: {result}", self.name),
        };
        match printed {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: done, but its result could not be written ({error}): {result}", self.name);
                FAILED.into()
            }
        }
    }
}
