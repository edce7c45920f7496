//! Other programs: run to their end with a limit, or kept running as services; ended when the
//! person says stop.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use runbook::process::{self, Child, Ended, Limits, Stream};

use crate::failure::{Context, Failure, Result};
use crate::{narration, text};

static STOP: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C, SIGTERM and SIGHUP end what runs, and let the clean-up happen.
pub fn watch_for_interrupts() -> Result {
    let stop = || {
        if !STOP.swap(true, Ordering::SeqCst) {
            narration::say(&format!("\n{}", text!("stopping")));
        }
    };
    ctrlc::set_handler(stop).context(|| text!("doing-signals"))
}

/// Fails if the person has asked to stop.
pub fn go_on() -> Result {
    if STOP.load(Ordering::SeqCst) { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Waits until `ready` gives a value; gives up at `limit` (with `None`) or when asked to stop.
pub fn wait_for<T>(limit: Duration, ready: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    wait(limit, false, ready)
}

/// As [`wait_for`]; what `must_end` is waited for even when asked to stop.
fn wait<T>(
    limit: Duration,
    must_end: bool,
    mut ready: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = ready()? {
            return Ok(Some(value));
        }
        if !must_end {
            go_on()?;
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(process::TICK);
    }
}

/// A program about to be run to its end.
pub struct Program {
    command: Command,
    limit: Duration,
    silence: Option<Duration>,
    must_end: bool,
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Output {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// The last lines that it said, on stderr if there are any: what to show when it failed.
    pub fn last_lines(&self) -> String {
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        last_lines(said)
    }
}

/// The last lines of what a program said, indented. A bare carriage return is how it wrote one line over another.
pub fn last_lines(said: &str) -> String {
    const LINES: usize = 12;
    let mut last = VecDeque::new();
    for line in said.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()) {
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(format!("    {}", narration::plain(line)));
    }
    Vec::from(last).join("\n")
}

impl Program {
    /// The program `name`, found on the PATH, with a limit of one minute.
    pub fn new(name: impl AsRef<OsStr>) -> Program {
        Program {
            command: Command::new(name),
            limit: Duration::from_secs(60),
            silence: None,
            must_end: false,
        }
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Program {
        self.command.args(args);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    /// Removes a variable of its environment.
    pub fn env_remove(mut self, name: &str) -> Program {
        self.command.env_remove(name);
        self
    }

    /// Sets the folder in which it runs.
    pub fn dir(mut self, dir: &Path) -> Program {
        self.command.current_dir(dir);
        self
    }

    /// Sets its limit.
    pub fn limit(mut self, limit: Duration) -> Program {
        self.limit = limit;
        self
    }

    /// Sets how long it may take until its first line: what has said nothing by then waits for someone who is not there.
    pub fn first_line_within(mut self, silence: Duration) -> Program {
        self.silence = Some(silence);
        self
    }

    /// Lets it run to its end even when the person has asked to stop: for the clean-up.
    pub fn must_end(mut self) -> Program {
        self.must_end = true;
        self
    }

    /// The command line, as a person would type it.
    pub fn shown(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    /// Runs it to its end, whatever its exit status.
    ///
    /// # Errors
    ///
    /// It cannot be started, or does not end within its limit (then it was killed, with its children), or the
    /// person has asked to stop.
    pub fn output(self) -> Result<Output> {
        self.lines(|_| {})
    }

    /// Runs it to its end and returns its stdout, trimmed.
    ///
    /// # Errors
    ///
    /// As [`Program::output`]; and an exit status other than 0.
    pub fn stdout(self) -> Result<String> {
        let shown = self.shown();
        let output = self.output()?;
        succeeded(&shown, output).map(|output| output.stdout.trim().to_owned())
    }

    /// Runs it to its end with files in the place of its stdin, its stdout or both. What is in a file of one's
    /// own is not returned.
    ///
    /// # Errors
    ///
    /// As [`Program::output`]; and a file that cannot be opened.
    pub fn with_files(mut self, stdin: Option<&Path>, stdout: Option<&Path>) -> Result<Output> {
        let (shown, temporary) = (self.shown(), || text!("doing-temporary"));
        let (mut out, mut err) = (Kept::new().context(temporary)?, Kept::new().context(temporary)?);
        self.command.stdin(match stdin {
            Some(path) => File::open(path).context(|| path.display().to_string())?.into(),
            None => Stdio::null(),
        });
        self.command.stdout(match stdout {
            Some(path) => File::create(path).context(|| path.display().to_string())?.into(),
            None => out.stream().context(temporary)?,
        });
        self.command.stderr(err.stream().context(temporary)?);
        let mut child = process::spawn(self.command).context(|| text!("doing-start", program = shown))?;
        let status = wait(self.limit, self.must_end, || {
            child.try_wait().context(|| text!("doing-start", program = shown))
        });
        if !matches!(status, Ok(Some(_))) {
            process::end(child.as_mut());
        }
        let (stdout, stderr) = (out.text().context(temporary)?, err.text().context(temporary)?);
        match status? {
            Some(status) => Ok(Output { status, stdout, stderr }),
            None => Err(took_too_long(&shown, self.limit, &format!("{stdout}{stderr}"))),
        }
    }

    /// Runs it to its end, and hands every line that it says to `heard`, as it comes.
    ///
    /// # Errors
    ///
    /// As [`Program::output`].
    pub fn lines(self, mut heard: impl FnMut(&str)) -> Result<Output> {
        let shown = self.shown();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let limits = Limits {
            total: self.limit,
            first_line: self.silence,
            stop: &|| !self.must_end && go_on().is_err(),
            one_pipe: false,
        };
        let ended = process::run(self.command, &limits, &mut |stream, line| {
            heard(line.trim_end());
            match stream {
                Stream::Stdout => stdout.push_str(line),
                Stream::Stderr => stderr.push_str(line),
            }
        });
        let (ended, _) = ended.context(|| text!("doing-start", program = shown))?;
        match ended {
            Ended::Exited(status) => Ok(Output { status, stdout, stderr }),
            Ended::Stopped => Err(Failure::Interrupted),
            Ended::TooMuch => {
                let what = text!("printed-too-much", program = shown, size = process::OUTPUT >> 20);
                Err(Failure::Failed(format!("{what}\n{}", last_lines(&format!("{stdout}{stderr}")))))
            }
            Ended::TimedOut(limit) => Err(took_too_long(&shown, limit, &format!("{stdout}{stderr}"))),
        }
    }
}

/// Why a program was ended: it did not end by itself.
fn took_too_long(shown: &str, limit: Duration, said: &str) -> Failure {
    let what = text!("took-too-long", program = shown, seconds = limit.as_secs());
    Failure::Failed(format!("{what}\n{}", last_lines(said)))
}

/// What a program writes to a file that has no name, and that nothing is left of.
struct Kept(File);

impl Kept {
    fn new() -> io::Result<Kept> {
        tempfile::tempfile().map(Kept)
    }

    /// The stream for the program.
    fn stream(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }

    /// All of it, once the program has ended.
    fn text(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.0.rewind()?;
        self.0.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Passes on the output of a program that succeeded.
///
/// # Errors
///
/// The exit status is not 0: the command line, and the last lines that it said.
pub fn succeeded(shown: &str, output: Output) -> Result<Output> {
    if output.status.success() {
        return Ok(output);
    }
    let what = text!("program-failed", program = shown, status = output.status);
    Err(Failure::Failed(format!("{what}\n{}", output.last_lines())))
}

/// A program that goes on running: its output goes to a file, so that it survives us where it shall.
pub struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts `command`, its output to the file `log`.
    pub fn start(mut command: Command, log: PathBuf) -> Result<Service> {
        let file = File::create(&log).context(|| log.display().to_string())?;
        let again = file.try_clone().context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file).stderr(again);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = process::spawn(command).context(|| text!("doing-start", program = program))?;
        Ok(Service { child, log })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Ends it and waits until it has: asks first, and kills it where it does not listen.
    pub fn stop(&mut self) {
        process::end(self.child.as_mut());
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn both_streams_are_heard_and_kept_apart() {
        let output = sh("echo out; echo err >&2; exit 3").output().unwrap();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn a_failed_program_is_shown_with_its_last_lines() {
        let failure = sh("echo reason >&2; exit 1").stdout().unwrap_err().to_string();
        assert!(failure.contains("sh -c") && failure.contains("    reason"), "{failure}");
    }

    #[test]
    fn a_program_is_ended_at_its_limit_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 60 & echo $! > {}; wait", pid.display());
        let failure = sh(&script).limit(Duration::from_millis(300)).output().unwrap_err();
        assert!(matches!(failure, Failure::Failed(_)), "{failure}");
        let child = std::fs::read_to_string(pid).unwrap();
        let gone = wait_for(Duration::from_secs(5), || {
            let alive = sh(&format!("kill -0 {child}")).output()?.status.success();
            Ok((!alive).then_some(()))
        });
        assert!(gone.unwrap().is_some(), "the child {child} still runs");
    }

    #[test]
    fn a_program_reads_and_writes_the_files_that_it_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        std::fs::write(&from, "in\n").unwrap();
        let output = sh("cat; echo err >&2").with_files(Some(&from), Some(&to)).unwrap();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", "err\n"));
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "in\n");
        let output = sh("cat; exit 3").with_files(Some(&from), None).unwrap();
        assert_eq!((output.stdout.as_str(), output.status.code()), ("in\n", Some(3)));
        let failure = sh("cat").with_files(Some(&dir.path().join("none")), None).unwrap_err().to_string();
        assert!(failure.contains("none"), "{failure}");
    }

    #[test]
    fn a_program_with_files_is_ended_at_its_limit_too() {
        let script = "echo last; exec sleep 60";
        let failure = sh(script).limit(Duration::from_millis(300)).with_files(None, None).unwrap_err();
        assert!(failure.to_string().contains("    last"), "{failure}");
    }

    #[test]
    fn a_program_that_says_nothing_is_not_waited_for_as_long_as_one_that_speaks() {
        let silent = sh("sleep 60").first_line_within(Duration::from_millis(100)).output();
        assert!(silent.is_err());
        let speaking = sh("echo; sleep 0.3").first_line_within(Duration::from_millis(100)).output();
        assert!(speaking.is_ok());
    }

    #[test]
    fn a_program_that_cannot_be_started_is_named() {
        let failure = Program::new("no-such-program-here").output().unwrap_err().to_string();
        assert!(failure.contains("no-such-program-here"), "{failure}");
    }
}
