//! Steps, run one after the other: what happens is told as events.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::attributes::Stderr;
use crate::chapter::Step;
use crate::compare::{Difference, compare};
use crate::left::{self, Left};
use crate::process::{self, Ended, Limits, Stream};
use crate::text::printable;
use crate::transcript::Exchange;

/// The limit of a command, unless its step sets another.
const LIMIT: Duration = Duration::from_secs(120);

/// Where and in which environment steps are run. The environment is made, not inherited: a command sees the variables
/// that were set here, and none of ours. Nothing survives from one command to the next but files and what the commands
/// themselves leave behind; what they leave running ends with the session.
#[derive(Debug)]
pub struct Session {
    dir: PathBuf,
    environment: Vec<(OsString, OsString)>,
    left: Left,
}

/// What happens while a step runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// A command starts.
    Command {
        /// The page's line.
        line: usize,
        /// The command.
        command: String,
    },
    /// It printed a line.
    Line {
        /// To which stream; where both are compared, always stdout.
        stream: Stream,
        /// The line, without its newline, as it can be shown on a terminal; one that is very long comes in pieces.
        text: String,
    },
    /// It has ended, and left processes running that end with the session.
    Left {
        /// Each with its command line and its number.
        processes: Vec<String>,
    },
    /// The command has ended, or the step is not run: what came of it.
    Verdict(Verdict),
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its exit status and its output are the page's.
    Matched {
        /// How long it took.
        elapsed: Duration,
    },
    /// Its output is not the page's.
    Differs {
        /// Where and how.
        difference: Difference,
        /// How long it took.
        elapsed: Duration,
    },
    /// Its exit status is not the page's.
    Status {
        /// What the page says.
        expected: i32,
        /// How it ended; `None` by a signal.
        found: Option<i32>,
        /// How long it took.
        elapsed: Duration,
    },
    /// It was ended at its limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// It was ended because it printed without end.
    TooMuch {
        /// How much it might have printed, in bytes.
        limit: usize,
    },
    /// It was ended because somebody asked to stop.
    Stopped,
    /// It could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
    /// The page says that the step cannot run unattended.
    NotRun {
        /// Why.
        reason: String,
    },
}

impl Verdict {
    /// Whether the page is right.
    pub fn is_good(&self) -> bool {
        matches!(self, Verdict::Matched { .. } | Verdict::NotRun { .. })
    }
}

impl Session {
    /// A session whose commands run in `dir`, in an environment that is empty so far.
    pub fn new(dir: impl AsRef<Path>) -> Session {
        Session { dir: dir.as_ref().to_owned(), environment: Vec::new(), left: Left::new() }
    }

    /// Sets a variable for the commands.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Session {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Ends what the commands have left running. It happens at the latest when the session is dropped.
    pub fn end_left(&self) {
        self.left.end();
    }

    /// Runs the commands of a step, up to the first whose page is wrong, and tells what happens.
    /// `stop` is asked all the time; once it says yes, the command is ended. Returns whether all is as the page says.
    pub fn run(&self, step: &Step, stop: &dyn Fn() -> bool, tell: &mut dyn FnMut(Event)) -> bool {
        if let Some(reason) = &step.attributes.norun {
            tell(Event::Verdict(Verdict::NotRun { reason: reason.clone() }));
            return true;
        }
        step.exchanges.iter().all(|exchange| {
            tell(Event::Command { line: exchange.line, command: exchange.command.clone() });
            let verdict = self.exchange(step, exchange, stop, tell);
            let is_good = verdict.is_good();
            tell(Event::Verdict(verdict));
            is_good
        })
    }

    fn exchange(
        &self,
        step: &Step,
        exchange: &Exchange,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Event),
    ) -> Verdict {
        let limits = Limits {
            total: step.attributes.timeout.unwrap_or(LIMIT),
            first_line: None,
            stop,
            one_pipe: step.attributes.stderr == Some(Stderr::Whole),
        };
        let start = match &step.attributes.stderr {
            Some(Stderr::Of(program)) => Some(format!("{program}: ")),
            _ => None,
        };
        let mut printed = String::new();
        let mut program_said = String::new();
        // A long line comes in pieces.
        let (mut is_its, mut begins) = (false, true);
        let started = Instant::now();
        let ran = process::run(self.command(&exchange.command), &limits, &mut |stream, line| {
            if stream == Stream::Stdout {
                printed.push_str(line);
            } else if let Some(start) = &start {
                is_its = if begins { line.starts_with(start) } else { is_its };
                begins = line.ends_with('\n');
                program_said.push_str(if is_its { line } else { "" });
            }
            let text = printable(line.trim_end_matches(['\n', '\r'])).into_owned();
            tell(Event::Line { stream, text });
        });
        let elapsed = started.elapsed();
        let (ended, group) = match ran {
            Ok(ran) => ran,
            Err(error) => return Verdict::NotStarted { reason: error.to_string() },
        };
        let processes = self.left.after(group);
        if !processes.is_empty() {
            tell(Event::Left { processes });
        }
        match ended {
            Ended::Exited(status) => judge(exchange, status, &(printed + &program_said), elapsed),
            Ended::TimedOut(limit) => Verdict::TimedOut { limit },
            Ended::TooMuch => Verdict::TooMuch { limit: process::OUTPUT },
            Ended::Stopped => Verdict::Stopped,
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).current_dir(&self.dir).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env(left::VARIABLE, &self.left.mark);
        command
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end_left();
    }
}

/// The output is judged first: where both are wrong, it tells more than the status.
fn judge(exchange: &Exchange, status: ExitStatus, printed: &str, elapsed: Duration) -> Verdict {
    if let Some(difference) = compare(&exchange.output, printed, exchange.output_line) {
        return Verdict::Differs { difference, elapsed };
    }
    if status.code() != Some(exchange.status) {
        return Verdict::Status { expected: exchange.status, found: status.code(), elapsed };
    }
    Verdict::Matched { elapsed }
}
