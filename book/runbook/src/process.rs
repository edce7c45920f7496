//! A command run to its end: its lines as they come, its limit, and its children ended with it.

use std::io::{self, Read};
use std::ops::Range;
#[cfg(unix)]
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SendError, SyncSender};
use std::sync::{Arc, OnceLock};
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
const LINES: usize = 256;

/// The longest line that is heard as one, in bytes: what is longer is heard in pieces.
const LINE: usize = 64 << 10;

/// How much a program may print, in bytes: it is ended where it prints more.
pub const OUTPUT: usize = 16 << 20;

/// Who is told of the groups that run.
static LISTENER: OnceLock<fn(u32, bool)> = OnceLock::new();

/// From here on `listener` is told of each group of processes that [`run`] starts, by its number (with `true`) and of its end
/// (with `false`), so that somebody can end it where we are killed. The first listener stays.
pub fn tell_groups(listener: fn(u32, bool)) {
    LISTENER.get_or_init(|| listener);
}

/// A group that runs: its end is told when this is dropped.
#[derive(Debug)]
pub(crate) struct Group(u32);

impl Group {
    pub(crate) fn begun(leader: u32) -> Group {
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
    /// It was ended because it printed more than [`OUTPUT`].
    TooMuch,
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

/// Runs `command` to its end, without input, and hands each line (with its newline) to `heard` as it comes. It has ended
/// once the program itself has, and what was printed until then has been heard: what it left running in the background is
/// not waited for. Returns how it ended, and the number of the group of processes that it ran in.
///
/// # Errors
///
/// It cannot be started, or not be waited for.
pub fn run(
    mut command: Command,
    limits: &Limits,
    heard: &mut dyn FnMut(Stream, &str),
) -> io::Result<(Ended, u32)> {
    let (sender, lines) = mpsc::sync_channel(LINES);
    let has_ended = Arc::new(AtomicBool::new(false));
    command.stdin(Stdio::null());
    let mut child = if limits.one_pipe {
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        read(reader, Stream::Stdout, sender, &has_ended);
        spawn(command)?
    } else {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command)?;
        if let Some(stdout) = child.stdout().take() {
            read(stdout, Stream::Stdout, sender.clone(), &has_ended);
        }
        if let Some(stderr) = child.stderr().take() {
            read(stderr, Stream::Stderr, sender, &has_ended);
        }
        child
    };
    let group = Group::begun(child.id());

    let mut status = None;
    let mut ran = Duration::ZERO;
    let (mut looked, mut asked) = (Instant::now(), Instant::now());
    let mut printed = 0;
    loop {
        let mut is_heard = false;
        match lines.recv_timeout(TICK) {
            Ok((stream, line)) => {
                printed += line.len();
                heard(stream, &line);
            }
            Err(RecvTimeoutError::Disconnected) => is_heard = true,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if status.is_none() && (is_heard || asked.elapsed() >= TICK) {
            asked = Instant::now();
            status = child.try_wait()?;
            has_ended.store(status.is_some(), Ordering::SeqCst);
        }
        if let Some(status) = status.filter(|_| is_heard) {
            return Ok((Ended::Exited(status), group.0));
        }
        if is_heard {
            // It closed its streams early, and is waited for.
            thread::sleep(Duration::from_millis(1));
        }
        ran += looked.elapsed().min(LOOK);
        looked = Instant::now();
        let limit = limits.first_line.filter(|_| printed == 0).unwrap_or(limits.total);
        let ended = if (limits.stop)() {
            Ended::Stopped
        } else if printed > OUTPUT {
            Ended::TooMuch
        } else if ran >= limit {
            Ended::TimedOut(limit)
        } else {
            continue;
        };
        end(child.as_mut());
        return Ok((ended, group.0));
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

/// What a program prints to.
#[cfg(unix)]
trait Pipe: Read + AsFd + Send + 'static {}
#[cfg(unix)]
impl<T: Read + AsFd + Send + 'static> Pipe for T {}

/// What a program prints to.
#[cfg(not(unix))]
trait Pipe: Read + Send + 'static {}
#[cfg(not(unix))]
impl<T: Read + Send + 'static> Pipe for T {}

/// Sends each line of `pipe` on, until it is closed, or the program has ended and what it printed is sent.
fn read(
    mut pipe: impl Pipe,
    stream: Stream,
    sender: SyncSender<(Stream, String)>,
    has_ended: &Arc<AtomicBool>,
) {
    let has_ended = Arc::clone(has_ended);
    thread::spawn(move || {
        let mut lines = Lines { stream, sender, rest: Vec::new() };
        let mut buffer = vec![0; LINE];
        loop {
            // Asked before the pipe is: what the program itself printed is in the pipe by then.
            if has_ended.load(Ordering::SeqCst)
                && let Some(waiting) = waiting(&pipe)
            {
                let mut last = Vec::new();
                pipe.by_ref().take(waiting).read_to_end(&mut last).ok();
                lines.send(&last);
                lines.end();
                // What it left running may go on printing: with nobody to read, that would end it.
                io::copy(&mut pipe, &mut io::sink()).ok();
                return;
            }
            if !is_readable(&pipe) {
                continue;
            }
            let Some(length) = pipe.read(&mut buffer).ok().filter(|length| *length > 0) else {
                return lines.end();
            };
            // Nobody listens any more where the program was ended: the rest is not wanted.
            if !lines.send(&buffer[..length]) {
                return;
            }
        }
    });
}

/// How many bytes wait in a pipe; nothing where that cannot be known.
#[cfg(unix)]
fn waiting(pipe: &impl AsFd) -> Option<u64> {
    rustix::io::ioctl_fionread(pipe).ok()
}

#[cfg(not(unix))]
fn waiting<T>(_: &T) -> Option<u64> {
    None
}

/// Whether a pipe has something to read, its end included; it is waited for as long as a [`TICK`].
#[cfg(unix)]
fn is_readable(pipe: &impl AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = Timespec { tv_sec: 0, tv_nsec: TICK.subsec_nanos().into() };
    poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&timeout)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn is_readable<T>(_: &T) -> bool {
    true
}

/// What was read of a stream, sent on line by line.
struct Lines {
    stream: Stream,
    sender: SyncSender<(Stream, String)>,
    /// The start of a line whose end is still to come.
    rest: Vec<u8>,
}

impl Lines {
    /// Sends the lines that are whole by now; returns whether somebody listens.
    fn send(&mut self, read: &[u8]) -> bool {
        self.rest.extend_from_slice(read);
        let mut sent = 0;
        while let Some(length) = whole(&self.rest[sent..]) {
            if self.pass(sent..sent + length).is_err() {
                return false;
            }
            sent += length;
        }
        self.rest.drain(..sent);
        true
    }

    /// Sends the last line, which nothing ends.
    fn end(self) {
        if !self.rest.is_empty() {
            self.pass(0..self.rest.len()).ok();
        }
    }

    fn pass(&self, range: Range<usize>) -> Result<(), SendError<(Stream, String)>> {
        self.sender.send((self.stream, String::from_utf8_lossy(&self.rest[range]).into_owned()))
    }
}

/// How long the line is that bytes start with, its newline included; as much of it as is heard as one where it is longer.
fn whole(bytes: &[u8]) -> Option<usize> {
    let start = &bytes[..bytes.len().min(LINE)];
    if let Some(newline) = start.iter().position(|byte| *byte == b'\n') {
        return Some(newline + 1);
    }
    // A character is not cut in two.
    (start.len() == LINE).then(|| match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => LINE,
    })
}
