//! A program that was started: its output is read as it comes, and it never outlives its test.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tests_common::eventually;

/// Every variable that the app reads.
const VARIABLES: [&str; 6] = ["HOST_REDIS", "PORT_REDIS", "REDIS_URL", "HOST", "PORT", "RUST_LOG"];

/// Names the folder of the programs to be tested where they are those of a release build, an image's say, and not cargo's.
const RELEASED: &str = "FACTOR12_RELEASED";

/// Whether the programs are slow, and good to debug.
pub fn is_debug_build() -> bool {
    cfg!(debug_assertions) && env::var_os(RELEASED).is_none()
}

/// The command that starts one of the app's processes, in an environment that sets none of its variables.
pub fn app(name: &str) -> Command {
    let own = match name {
        "web" => env!("CARGO_BIN_EXE_web"),
        "reset" => env!("CARGO_BIN_EXE_reset"),
        "migrate" => env!("CARGO_BIN_EXE_migrate"),
        "backup" => env!("CARGO_BIN_EXE_backup"),
        "restore" => env!("CARGO_BIN_EXE_restore"),
        "console" => env!("CARGO_BIN_EXE_console"),
        _ => panic!("the app has no process called {name}"),
    };
    let released = env::var_os(RELEASED).map(|folder| Path::new(&folder).join(name));
    let mut command = Command::new(released.as_deref().unwrap_or(Path::new(own)));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// A running process. Dropped, it is killed; dropped by a test that fails, it shows what it printed.
pub struct Process {
    program: String,
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
}

impl Process {
    /// Starts `command` with its input closed and its outputs read.
    pub fn start(command: &mut Command) -> Process {
        Process::with(command, Stdio::null(), Stdio::piped())
    }

    /// Starts `command` with this input, which is closed at its end.
    pub fn fed(command: &mut Command, input: impl Into<Vec<u8>>) -> Process {
        let input = input.into();
        Process::fed_by(command, move |stdin| stdin.write_all(&input))
    }

    /// Starts `command` with the input that `write` writes, which is closed when that is done.
    pub fn fed_by(
        command: &mut Command,
        write: impl FnOnce(&mut ChildStdin) -> io::Result<()> + Send + 'static,
    ) -> Process {
        let mut process = Process::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut stdin = process.child.stdin.take().expect("stdin is piped");
        // An error means that it has stopped reading, as it may.
        thread::spawn(move || write(&mut stdin).ok());
        process
    }

    /// Starts `command` with this input and this output; what it prints to stderr is read in any case.
    pub fn with(command: &mut Command, stdin: Stdio, stdout: Stdio) -> Process {
        Process::spawn(command.stdin(stdin).stdout(stdout))
    }

    fn spawn(command: &mut Command) -> Process {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        Process {
            stdout: Lines::of(child.stdout.take()),
            stderr: Lines::of(child.stderr.take()),
            child,
            program,
        }
    }

    /// What it has printed to stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Waits for its first line on stdout.
    pub fn first_line(&mut self) -> String {
        eventually("a first line on stdout", Duration::from_secs(10), || {
            let line = self.stdout().split_inclusive('\n').next()?.to_owned();
            line.ends_with('\n').then_some(line)
        })
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    /// The most memory that it has used so far, in bytes; nothing once it has ended, or where the system
    /// does not say.
    pub fn peak(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// Waits for its end, at most `limit`.
    pub fn end(&mut self, limit: Duration) -> Ended {
        let what = format!("the end of {}", self.program);
        let status = eventually(&what, limit, || self.child.try_wait().expect("a child can be waited for"));
        Ended { code: status.code(), stdout: self.stdout.all(), stderr: self.stderr.all() }
    }

    /// Ends it without asking.
    pub fn kill(&mut self) {
        // An error means that it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub fn signal(&self, signal: Signal) {
        use rustix::process;
        let number = match signal {
            Signal::Terminate => process::Signal::TERM,
            Signal::Interrupt => process::Signal::INT,
            Signal::Freeze => process::Signal::STOP,
            Signal::Thaw => process::Signal::CONT,
        };
        process::kill_process(process::Pid::from_child(&self.child), number)
            .unwrap_or_else(|error| panic!("cannot send {signal:?} to {}: {error}", self.program));
    }

    /// Sends it a signal, which this system does not have: the tests that do so are ignored here.
    #[cfg(not(unix))]
    pub fn signal(&self, signal: Signal) {
        panic!("this system cannot send {signal:?} to {}", self.program);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let (stdout, stderr) = (self.stdout.all(), self.stderr.all());
            eprintln!("--- {} printed\n{}{}---", self.program, last_lines(&stdout), last_lines(&stderr));
        }
    }
}

/// The end of a long output.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines[lines.len().saturating_sub(30)..].concat()
}

/// A signal, by what it does.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    /// SIGTERM: asks a process to stop.
    Terminate,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGSTOP: the process keeps its connections and does nothing.
    Freeze,
    /// SIGCONT.
    Thaw,
}

/// What a process prints to one stream, read by a thread.
struct Lines {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Lines {
    /// What comes from a stream, if it is read here.
    fn of(stream: Option<impl Read + Send + 'static>) -> Lines {
        stream.map_or_else(|| Lines { text: Arc::default(), reader: None }, Lines::read)
    }

    fn read(stream: impl Read + Send + 'static) -> Lines {
        let text = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                sink.lock().expect("no reader panics").append(&mut line);
            }
        });
        Lines { text, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("no reader panics")).into_owned()
    }

    /// Everything, once the process has ended.
    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no reader panics");
        }
        self.text()
    }
}

/// Runs one of the app's processes to its end, at most `limit`, in the given environment.
pub fn run<Name: AsRef<OsStr>, Value: AsRef<OsStr>>(
    name: &str,
    environment: impl IntoIterator<Item = (Name, Value)>,
    limit: Duration,
) -> Ended {
    Process::start(app(name).envs(environment)).end(limit)
}
