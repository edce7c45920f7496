//! A command run to its end: its lines as they come, its limit, and its children ended with it.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(windows)]
use process_wrap::std::JobObject;
#[cfg(unix)]
use process_wrap::std::ProcessGroup;
use process_wrap::std::{ChildWrapper, CommandWrap};

/// How often a wait looks at the clock and at the request to stop.
pub const TICK: Duration = Duration::from_millis(20);

/// The longest that a look at the clock is after the one before: where it is later, we or the whole machine slept in between.
const LOOK: Duration = Duration::from_millis(500);

/// How long a program may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// The request to end, by its POSIX number: the same on every Unix.
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// How many lines may wait to be heard: a program that prints faster waits.
const LINES: usize = 1024;

/// Who is told of the groups that run.
static LISTENER: OnceLock<fn(u32, bool)> = OnceLock::new();

/// From here on `listener` is told of each group of processes that [`run`] starts, by its number (with `true`) and of its end
/// (with `false`), so that somebody can end it where we are killed. The first listener stays.
pub fn tell_groups(listener: fn(u32, bool)) {
    LISTENER.get_or_init(|| listener);
}

/// A group that runs: its end is told when this is dropped.
struct Group(u32);

impl Group {
    fn begun(leader: u32) -> Group {
        LISTENER.get().inspect(|tell| tell(leader, true));
        Group(leader)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        LISTENER.get().inspect(|tell| tell(self.0, false));
    }
}

/// A started program, in a group of its own.
pub type Child = Box<dyn ChildWrapper>;

/// Which of its two streams a program wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It was ended at this limit.
    TimedOut(Duration),
    /// It was ended because somebody asked to stop.
    Stopped,
}

/// How a program is run.
pub struct Limits<'a> {
    /// How long it may take. What we sleep through, as a laptop that is closed does, is not counted.
    pub total: Duration,
    /// How long it may take until its first line, where that is shorter.
    pub first_line: Option<Duration>,
    /// Whether somebody has asked to stop.
    pub stop: &'a dyn Fn() -> bool,
    /// Both streams go through one pipe, in order, as [`Stream::Stdout`].
    pub one_pipe: bool,
}

/// Runs `command` to its end, without input, and hands each line (with its newline) to `heard` as it comes.
///
/// # Errors
///
/// It cannot be started, or not be waited for.
pub fn run(mut command: Command, limits: &Limits, heard: &mut dyn FnMut(Stream, &str)) -> io::Result<Ended> {
    let (sender, lines) = mpsc::sync_channel(LINES);
    command.stdin(Stdio::null());
    let mut child = if limits.one_pipe {
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        read(reader, Stream::Stdout, sender);
        spawn(command)?
    } else {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command)?;
        if let Some(stdout) = child.stdout().take() {
            read(stdout, Stream::Stdout, sender.clone());
        }
        if let Some(stderr) = child.stderr().take() {
            read(stderr, Stream::Stderr, sender);
        }
        child
    };
    let _group = Group::begun(child.id());

    let mut ran = Duration::ZERO;
    let mut looked = Instant::now();
    let mut is_silent = true;
    loop {
        match lines.recv_timeout(TICK) {
            Ok((stream, line)) => {
                is_silent = false;
                heard(stream, &line);
            }
            // The pipes are closed: all was heard. A program that closed them early is waited for.
            Err(RecvTimeoutError::Disconnected) => {
                if let Some(status) = child.try_wait()? {
                    return Ok(Ended::Exited(status));
                }
                thread::sleep(Duration::from_millis(1));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        ran += looked.elapsed().min(LOOK);
        looked = Instant::now();
        let limit = limits.first_line.filter(|_| is_silent).unwrap_or(limits.total);
        let ended = if (limits.stop)() {
            Ended::Stopped
        } else if ran >= limit {
            Ended::TimedOut(limit)
        } else {
            continue;
        };
        end(child.as_mut());
        return Ok(ended);
    }
}

/// Starts a command in a group of its own: Ctrl-C in the terminal reaches us alone, and whoever it
/// starts can be ended with it.
///
/// # Errors
///
/// It cannot be started.
pub fn spawn(command: Command) -> io::Result<Child> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(JobObject);
    command.spawn()
}

/// Ends a program and its group, and waits until it has: asks first, and kills where that is not heard.
pub fn end(child: &mut dyn ChildWrapper) {
    end_within(child, GRACE);
}

/// As [`end`], for a program that may take as long as `grace` since it ends others.
pub fn end_within(child: &mut dyn ChildWrapper, grace: Duration) {
    #[cfg(not(unix))]
    let _ = grace;
    #[cfg(unix)]
    if child.signal(SIGTERM).is_ok() {
        let asked = Instant::now();
        while asked.elapsed() < grace && !matches!(child.try_wait(), Ok(Some(_))) {
            thread::sleep(TICK);
        }
    }
    // Also after a good end: a child of its own may have stayed.
    child.start_kill().ok();
    child.wait().ok();
}

/// Sends each line of `stream` on, until it is closed.
fn read(stream: impl Read + Send + 'static, which: Stream, lines: SyncSender<(Stream, String)>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            // Nobody listens any more where the program was ended: the rest is not wanted.
            if lines.send((which, String::from_utf8_lossy(&line).into_owned())).is_err() {
                break;
            }
            line.clear();
        }
    });
}
