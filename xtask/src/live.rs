//! `cargo xtask live`: the book on this machine, with a button on every step. `press` serves it and runs the steps;
//! this sets the stage for them, and removes what they have left, however `press` ends. `press` does so where this is killed.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use runbook::process;

use crate::cargo::{self, Purpose, binary};
use crate::engine::Compose;
use crate::environment;
use crate::failure::{Context, Failure, Result};
use crate::language::Language;
use crate::narration::{Step, headline};
use crate::pages::{self, Stage};
use crate::process::{Program, go_on};
use crate::project::Project;
use crate::repository::Repository;
use crate::text;

/// How long `press` may take to end: a command that it runs has ten seconds itself, a removal more.
const GRACE: Duration = Duration::from_secs(60);

/// How long what `press` ran may take to end once it was asked to, where `press` is no more.
const STEP: Duration = Duration::from_secs(10);

/// Which command fails where the engine does not answer.
const ENGINE: &str = "docker version --format '{{.Server.Version}}'";

/// The start of the names of the projects that pages run in.
const PROJECTS: &str = "factor12-book-";

/// What a person can choose.
#[derive(Debug, Args)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

/// Serves the book until the person has seen enough. The address is on stdout.
///
/// # Errors
///
/// [`Failure::Missing`]: the port is taken, or nothing can be run here; or `press` ends by itself, or something is left behind.
pub fn run(repository: &Repository, options: &Options, language: Language) -> Result {
    port_is_free(options.port)?;
    let step = Step::begin(text!("step-book"));
    let built = cargo::build(repository, &["press"], Purpose::Host(&["press"]), |line| step.hear(line));
    let Ok(built) = built else {
        step.failed();
        return built.map(drop);
    };
    step.done("");
    let stage = Stage::set(repository)?;
    let project = stage.project();
    let mut press = Command::new(binary(&built, "press")?);
    press
        .args(["live", "--until-eof", "--port", &options.port.to_string()])
        .args(["--app", &format!("127.0.0.1:{}", pages::PORT)])
        .args(["--engine", ENGINE, "--start-over", &start_over(&project, language)?])
        .current_dir(&repository.root)
        // Its end is ours, however we come to it.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What its steps see is what it sees itself.
        .env_clear()
        .envs(environment::of_steps(repository, Some(&project)));
    let served = serve(press, language);
    // Whatever the steps have left.
    project.remove()?;
    served
}

/// Runs `press` until it ends or the person asks to stop.
fn serve(press: Command, language: Language) -> Result {
    let mut press = process::spawn(press).context(|| text!("doing-start", program = "press"))?;
    let (sender, said) = mpsc::channel();
    let listener = press.stdout().take().map(|stdout| thread::spawn(move || listen(stdout, &sender)));
    loop {
        if let Ok(url) = said.try_recv() {
            let url = format!("{url}{}/", language.tag());
            headline(&text!("live-ready", url = url));
            // Who does not read it has read the line above.
            writeln!(io::stdout(), "{url}").ok();
        }
        let ended = press.try_wait().context(|| text!("doing-start", program = "press"))?;
        let is_asked = go_on().is_err();
        if ended.is_none() && !is_asked {
            thread::sleep(process::TICK);
            continue;
        }
        match ended {
            Some(_) => drop(press.start_kill()),
            None => process::end_within(press.as_mut(), GRACE),
        }
        // What it ran goes on without it, and would start again what is removed.
        let left = listener.and_then(|listener| listener.join().ok()).unwrap_or_default();
        left.into_iter().for_each(end_group);
        return match ended {
            Some(status) if !is_asked => {
                Err(Failure::Failed(text!("program-failed", program = "press", status = status)))
            }
            // To stop is how it ends.
            _ => Ok(()),
        };
    }
}

/// Hears `press` to its end: passes on its address, and returns the groups of processes that it has not seen end.
fn listen(stdout: impl Read, address: &Sender<String>) -> BTreeSet<i32> {
    let mut groups = BTreeSet::new();
    for line in BufReader::new(stdout).lines().map_while(io::Result::ok) {
        match line.split_once(' ').map(|(sign, group)| (sign, group.parse())) {
            Some(("+", Ok(group))) => groups.insert(group),
            Some(("-", Ok(group))) => groups.remove(&group),
            _ => address.send(line).is_ok(),
        };
    }
    groups
}

/// Ends a group of processes that are nobody's children any more: asks first, and kills where that is not heard.
#[cfg(unix)]
fn end_group(group: i32) {
    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    // The first process's would be every process there is.
    let Some(group) = Some(group).filter(|group| *group > 1).and_then(Pid::from_raw) else { return };
    kill_process_group(group, Signal::TERM).ok();
    let asked = Instant::now();
    while asked.elapsed() < STEP && test_kill_process_group(group).is_ok() {
        thread::sleep(process::TICK);
    }
    kill_process_group(group, Signal::KILL).ok();
}

/// There they end with `press`, whose job they are.
#[cfg(not(unix))]
fn end_group(_group: i32) {}

/// The command by which `press` has the stack removed: this program's own.
fn start_over(project: &Project, language: Language) -> Result<String> {
    let program = env::current_exe().context(|| text!("doing-start", program = "xtask"))?;
    let program = program.display().to_string().replace('\'', "'\\''");
    Ok(format!("'{program}' --lang {} remove {}", language.tag(), project.name))
}

/// Removes the stack of a project in which pages run, for `press`.
///
/// # Errors
///
/// It is no such project, or something is left.
pub fn remove(repository: &Repository, project: &str) -> Result {
    if !project.starts_with(PROJECTS) {
        return Err(Failure::Failed(text!("no-such-project", project = project)));
    }
    Project::named(project, repository, &Compose::find()?).remove()
}

/// Fails if something else listens on the port, and says what, as far as can be told.
fn port_is_free(port: u16) -> Result {
    let Err(error) = TcpListener::bind(("127.0.0.1", port)) else { return Ok(()) };
    if error.kind() != io::ErrorKind::AddrInUse {
        return Err(Failure::Missing {
            what: text!("live-port-refused", port = port, reason = error),
            cure: text!("live-port-refused-cure"),
        });
    }
    let by = listener(port).or_else(|| pages::holder(port)).unwrap_or_else(|| error.to_string());
    Err(Failure::Missing {
        what: text!("live-port-taken", port = port, by = by),
        cure: text!("live-port-taken-cure", other = port.wrapping_add(1).max(1024)),
    })
}

/// Which program of this user listens on a port, where `ss` is there to tell.
fn listener(port: u16) -> Option<String> {
    let said = Program::new("ss").args(["-Hltnp", &format!("sport = :{port}")]).stdout().ok()?;
    // users:(("press",pid=12,fd=9))
    let (_, users) = said.split_once("((\"")?;
    let (name, rest) = users.split_once('"')?;
    let (_, id) = rest.split_once("pid=")?;
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{name} ({id})"))
}
