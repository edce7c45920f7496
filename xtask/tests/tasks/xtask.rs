//! `cargo xtask …` as the tests start it, and what it leaves: output, exit code, and nothing else.

use std::cell::Cell;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::docker;
use crate::system::{self, Process, Signal};
use crate::tree::Tree;
use tests_common::{eventually, within};

/// Longer than anything takes that ends, on the busiest machine: whoever waits for longer waits in vain.
pub const ENOUGH: Duration = Duration::from_secs(5 * 60);

/// How long a task may take that has something to compile: a slow machine compiles everything anew.
pub const COMPILING: Duration = Duration::from_secs(15 * 60);

/// The variables that the person's environment may hold and that would change what is tested.
const FOREIGN: [&str; 22] = [
    "CARGO_MANIFEST_DIR",
    "REDIS_IMAGE",
    "FACTOR12_IMAGE",
    "HTTP_PORT",
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
    "HOST_REDIS",
    "PORT_REDIS",
    "REDIS_URL",
    "HOST",
    "PORT",
    "RUST_LOG",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "LC_CTYPE",
    "NO_SKIP",
];

/// A task about to be started.
pub struct Xtask {
    command: Command,
    trace: Trace,
}

/// A task in a tree, narrated in English.
pub fn xtask<Arg: AsRef<OsStr>>(tree: &Tree, args: impl IntoIterator<Item = Arg>) -> Xtask {
    Xtask::new(Command::new(binary()), tree).args(["--lang", "en"]).args(args)
}

/// The program under test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_xtask"))
}

impl Xtask {
    /// `command` starts the program, in whatever way; its arguments are still to come.
    pub fn new(mut command: Command, tree: &Tree) -> Xtask {
        let trace = Trace::new();
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command
            .current_dir(tree.root())
            .env("CARGO_TARGET_DIR", tree.target())
            .env("CARGO_BUILD_BUILD_DIR", tree.build())
            .env("TMPDIR", trace.temporary.path());
        #[cfg(unix)]
        if tree.is_compiled_here() {
            command.env("CARGO", cargo_of_the_tests());
        }
        Xtask { command, trace }
    }

    /// Adds arguments.
    pub fn args<Arg: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = Arg>) -> Xtask {
        self.command.args(args);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Xtask {
        self.command.env(name, value);
        self
    }

    /// Sets the folder in which it starts, instead of the tree's root.
    pub fn dir(mut self, dir: &Path) -> Xtask {
        self.command.current_dir(dir);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let started = Instant::now();
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", self.command.get_program()));
        self.trace.id = child.id();
        Running {
            stdout: Lines::read(child.stdout.take().expect("stdout is piped")),
            stderr: Lines::read(child.stderr.take().expect("stderr is piped")),
            child,
            started,
            trace: Some(self.trace),
        }
    }

    /// Starts it with these three streams.
    pub fn start_with(mut self, [stdin, stdout, stderr]: [Stdio; 3]) -> (Child, Trace) {
        let child = self.command.stdin(stdin).stdout(stdout).stderr(stderr).spawn();
        let child =
            child.unwrap_or_else(|error| panic!("cannot start {:?}: {error}", self.command.get_program()));
        self.trace.id = child.id();
        (child, self.trace)
    }

    /// Runs it to its end, at most `limit`.
    pub fn run(self, limit: Duration) -> Ended {
        self.start().end(limit)
    }
}

/// A cargo that builds programs with the features of the command that built these tests: what is compiled already is not
/// compiled again with a few features less, nor for a variable that one test sets.
/// Other builds, and those of other trees, are left as they are.
#[cfg(unix)]
fn cargo_of_the_tests() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let script = format!(
            "#!/bin/sh\nunset SOURCE_DATE_EPOCH\ncase \"$*\" in\n\
             'build --locked --message-format='*--profile*) ;;\n\
             'build --locked --message-format='*)\n\
             set -- build --locked --workspace --bins --test browser \"$3\" ;;\n\
             esac\nexec '{}' \"$@\"\n",
            cargo.display()
        );
        if fs::read_to_string(&path).ok().as_ref() != Some(&script) {
            fs::write(&path, script).expect("a script can be written");
            system::set_mode(&path, 0o755);
        }
        path
    })
}

/// Makes the images of this tree current, once for all tests: what is timed afterwards builds nothing.
/// Where that fails, the test that needs them does too, and says so.
pub fn images_are_current() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| drop(xtask(&Tree::real(), ["images"]).run(COMPILING)));
}

/// Builds the programs of this tree, once for all tests, as a demo does.
pub fn programs_are_built() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| drop(xtask(&Tree::real(), ["demo", "--stack", "embedded"]).run(COMPILING)));
}

/// A task under way. Dropped, it is asked to stop, and what it leaves is removed.
pub struct Running {
    child: Child,
    stdout: Lines,
    stderr: Lines,
    started: Instant,
    trace: Option<Trace>,
}

impl Running {
    /// What it has narrated so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// What it has narrated so far, and whether that is all.
    fn narrated(&mut self) -> (String, bool) {
        match self.has_ended() {
            true => (self.stderr.all(), true),
            false => (self.stderr.text(), false),
        }
    }

    /// Waits until it has narrated `count` lines; returns the last of them, or nothing where it ended before.
    pub fn line(&mut self, count: usize, limit: Duration) -> Option<String> {
        eventually(&format!("line {count} of the narration"), limit, || {
            let (stderr, ended) = self.narrated();
            let mut lines = stderr.split_inclusive('\n');
            match lines.nth(count - 1).filter(|line| line.ends_with('\n')) {
                Some(line) => Some(Some(line.to_owned())),
                None => ended.then_some(None),
            }
        })
    }

    /// Waits until its narration's lines are such that `is_now`; fails, showing all, where it ends before.
    pub fn until(&mut self, what: &str, is_now: impl Fn(&[&str]) -> bool) {
        let came = within(ENOUGH, || {
            let (stderr, ended) = self.narrated();
            let came = is_now(&stderr.lines().collect::<Vec<_>>());
            (came || ended).then_some(came)
        });
        let said = || format!("{}\n{}", self.stderr(), self.stdout.text());
        assert!(came == Some(true), "{what}: that did not come (ended: {})\n{}", came.is_some(), said());
    }

    /// The processes that it has started and that run, itself included.
    pub fn processes(&self) -> Vec<Process> {
        self.trace.as_ref().map(Trace::processes).unwrap_or_default()
    }

    /// Waits until it runs a process whose name starts so, and returns its number.
    pub fn process(&self, name: &str, limit: Duration) -> u32 {
        eventually(&format!("“{name}” runs"), limit, || {
            // To look at all processes takes a while, which others could use.
            thread::sleep(Duration::from_millis(20));
            let processes = self.processes();
            assert!(!processes.is_empty(), "it has ended without “{name}”:\n{}", self.stderr());
            processes.iter().find(|process| process.name.starts_with(name)).map(|process| process.id)
        })
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    /// Its process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        system::send(self.child.id(), Some(signal));
    }

    /// Waits for its end, at most `limit`.
    pub fn end(mut self, limit: Duration) -> Ended {
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "not ended within {limit:?}; it said:\n{}", self.stderr());
            thread::sleep(Duration::from_millis(2));
        };
        let took = self.started.elapsed();
        let trace = self.trace.take().expect("a task ends once");
        Ended { code: status.code(), stdout: self.stdout.all(), stderr: self.stderr.all(), took, trace }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.trace.is_none() || self.has_ended() {
            return;
        }
        system::send(self.child.id(), Some(Signal::Terminate));
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// How a task ended. Dropped, what it left is removed.
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
    trace: Trace,
}

impl Ended {
    /// Fails, showing what was said, unless it ended with this code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Ended {
        assert_eq!(self.code, Some(code), "the exit code\n{}", self.said());
        self
    }

    /// Fails unless it narrated this.
    #[track_caller]
    pub fn assert_says(&self, text: &str) -> &Ended {
        assert!(self.stderr.contains(text), "“{text}” was not said\n{}", self.said());
        self
    }

    /// Fails if anything is left of it: a container, a network, a volume, a process, a temporary file.
    #[track_caller]
    pub fn assert_nothing_left(&self) -> &Ended {
        self.trace.assert_nothing_left(&self.said());
        self
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub fn report(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one object, on one line\n{}", self.said());
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.said()))
    }

    /// The step that failed, of a report that says so: its name, and its error.
    #[track_caller]
    pub fn failed_step(&self) -> (String, String) {
        let report = self.report();
        assert_eq!(report["ok"], false, "{report}");
        let steps = report["steps"].as_array().expect("there are steps");
        let failed: Vec<&Value> = steps.iter().filter(|step| step["ok"] == false).collect();
        assert_eq!(failed.len(), 1, "one step failed: {report}");
        let text = |name: &str| failed[0][name].as_str().expect("a text").to_owned();
        (text("name"), text("error"))
    }

    /// The command that removes a stack that was kept.
    #[track_caller]
    pub fn removal(&self) -> &str {
        let said = self.stderr.lines().find_map(|line| line.trim().strip_prefix("Remove it with: "));
        said.unwrap_or_else(|| panic!("no command that removes the stack\n{}", self.said()))
    }

    /// What is left of it, for a stack that was kept.
    pub fn left(&self) -> Vec<String> {
        self.trace.left()
    }

    /// The names of the Compose projects that are left of it.
    pub fn projects(&self) -> Vec<String> {
        self.trace.projects()
    }

    fn said(&self) -> String {
        format!("exit code {:?} after {:?}\n{}{}", self.code, self.took, self.stderr, self.stdout)
    }
}

/// How what a run leaves is found, and removed in the end.
pub struct Trace {
    id: u32,
    /// The folder for its temporary files. Its name in TMPDIR marks each process of the run, a page's steps included.
    temporary: TempDir,
    /// It was seen that nothing is left, and so there is nothing to remove.
    is_clean: Cell<bool>,
}

impl Trace {
    fn new() -> Trace {
        let temporary = tempfile::tempdir().expect("a folder can be made");
        #[cfg(unix)]
        system::set_mode(temporary.path(), 0o777);
        Trace { id: 0, temporary, is_clean: Cell::new(false) }
    }

    fn processes(&self) -> Vec<Process> {
        system::processes_with(&format!("TMPDIR={}", self.temporary.path().display()))
    }

    fn projects(&self) -> Vec<String> {
        let is_ours = |project: &String| {
            ["demo", "book"].iter().any(|kind| project.starts_with(&format!("factor12-{kind}-{}-", self.id)))
        };
        docker::projects().into_iter().filter(is_ours).collect()
    }

    /// Fails if anything is left when what was ending has had the time to end.
    #[track_caller]
    pub fn assert_nothing_left(&self, said: &str) {
        const GRACE: Duration = Duration::from_secs(60);
        let mut left = Vec::new();
        let nothing = within(GRACE, || {
            left = self.left();
            left.is_empty().then_some(())
        });
        assert!(nothing.is_some(), "left behind after {GRACE:?}: {left:?}\n{said}");
        self.is_clean.set(true);
    }

    /// What is left: processes, projects of Compose, temporary files.
    pub fn left(&self) -> Vec<String> {
        let processes = self.processes().into_iter().map(|process| format!("{process:?}"));
        let files = fs::read_dir(self.temporary.path()).into_iter().flatten().flatten();
        let files = files.map(|entry| entry.path().display().to_string());
        // The compiler does not clean up where it is interrupted.
        let files = files.filter(|path| !path.contains("/rustc"));
        processes.chain(self.projects()).chain(files).collect()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if self.is_clean.get() {
            return;
        }
        self.processes().iter().for_each(|process| system::send(process.id, None));
        if self.id != 0 {
            self.projects().iter().for_each(|project| docker::remove_project(project));
        }
    }
}

/// What a process prints to one stream, read by a thread.
struct Lines {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Lines {
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
