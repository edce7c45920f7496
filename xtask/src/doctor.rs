//! What is here, what is missing, and what to do about it.

use std::io::{self, Write};
use std::net::TcpListener;

use console::style;

use crate::engine::{Compose, Engine, docker};
use crate::environment;
use crate::failure::{Failure, Result};
use crate::narration::{harmless, plain};
use crate::process::Program;
use crate::repository::Repository;
use crate::stack::Kind;
use crate::{images, text};

/// The port that the stack publishes, unless `HTTP_PORT` says another.
const PORT: u16 = 8080;

/// What was found of one thing.
enum Finding {
    Here(String),
    /// Not here, and what to do; the stacks that need it cannot be had until then.
    Missing(String),
    /// Worth knowing: the work goes on without it.
    Note(String),
}

/// `cargo xtask doctor`: prints the findings on stdout, the stack that `demo` would choose, and whether the book's pages
/// can be run: what a learner has to know the evening before.
///
/// # Errors
///
/// Interrupted. What is missing is a finding, for a stack can always be had.
pub fn run(repository: &Repository) -> Result {
    let engine = Engine::find();
    let compose = Compose::find();
    if matches!(engine, Err(Failure::Interrupted)) || matches!(compose, Err(Failure::Interrupted)) {
        return Err(Failure::Interrupted);
    }
    // What the pages lack.
    let mut lacking: Vec<String> = Vec::new();
    let mut lacks = |name: &str, is_lacking: bool| {
        if is_lacking {
            lacking.push(name.to_owned());
        }
    };
    lacks("docker", engine.is_err());
    lacks("compose", !compose.as_ref().is_ok_and(|compose| compose.words == ["docker", "compose"]));
    print(
        "docker",
        &found(engine.as_ref().map(|engine| format!("{} ({})", engine.version, engine.platform))),
    );
    print(
        "compose",
        &match &compose {
            // The demo runs on it, the pages do not.
            Ok(compose) if compose.words != ["docker", "compose"] => {
                let found = format!("{} ({})", compose.version, compose.words.join(" "));
                Finding::Note(format!("{found}: {}\n{}", text!("no-compose-2"), text!("no-compose-cure")))
            }
            compose => found(compose.as_ref().map(|it| format!("{} ({})", it.version, it.words.join(" ")))),
        },
    );
    if engine.is_ok() {
        // A kit brings what others build.
        if repository.kit.is_none() {
            print("buildx", &buildx());
        }
        let real = images::real_redis(repository)?;
        for (name, here) in images::look(repository)? {
            lacks(&name, !here);
            // The stand-in plays for the demo alone.
            if name == images::STAND_IN {
                lacks(&real, true);
                print(&real, &Finding::Note(text!("doctor-stand-in")));
            }
            print(
                &name,
                &if here {
                    Finding::Here(text!("doctor-image-here"))
                } else {
                    Finding::Note(text!("doctor-image-missing"))
                },
            );
        }
        for (kind, left) in leftovers()? {
            print(kind, &left);
        }
    }
    print("redis-server", &found(Kind::Host.find().as_ref().map(|host| host.told())));
    if repository.kit.is_none() {
        print("git", &version_of(Program::new("git"), text!("doctor-no-git")));
    }
    let curl = which::which("curl");
    lacks("curl", curl.is_err());
    let curl = curl.map(|path| path.display().to_string());
    print("curl", &curl.map_or(Finding::Missing(text!("doctor-no-curl")), Finding::Here));
    if let Some(proxies) = environment::proxies() {
        print("proxy", &Finding::Here(text!("doctor-proxy", names = proxies.join(" "))));
    }
    let port = port();
    lacks(&format!("port {PORT}"), !matches!(port, Finding::Here(_)));
    print(&format!("port {PORT}"), &port);
    for kind in Kind::ALL {
        if kind.find().is_ok() {
            say(&text!("doctor-choice", stack = kind.name()));
            break;
        }
    }
    if lacking.is_empty() {
        say(&text!("doctor-ready"));
    } else {
        say(&text!("doctor-not-ready", lacking = lacking.join(", ")));
    }
    Ok(())
}

fn print(name: &str, finding: &Finding) {
    let (mark, text) = match finding {
        Finding::Here(text) => (style("✓").green(), text),
        Finding::Missing(text) => (style("✗").red(), text),
        Finding::Note(text) => (style("·").yellow(), text),
    };
    // It may be what another program said.
    say(&format!("{mark} {name:20} {}", plain(text).replace('\n', "\n                       ")));
}

/// Prints a line of the result; who has stopped reading has seen enough.
fn say(line: &str) {
    writeln!(io::stdout(), "{}", harmless(line)).ok();
}

fn found(found: std::result::Result<String, &Failure>) -> Finding {
    match found {
        Ok(text) => Finding::Here(text),
        Err(failure) => Finding::Missing(failure.to_string()),
    }
}

fn version_of(program: Program, otherwise: String) -> Finding {
    program.args(["version"]).stdout().map_or(Finding::Note(otherwise), Finding::Here)
}

fn buildx() -> Finding {
    version_of(docker(["buildx"]), text!("doctor-no-buildx"))
}

fn port() -> Finding {
    match TcpListener::bind(("127.0.0.1", PORT)) {
        Ok(_) => Finding::Here(text!("doctor-port-free")),
        Err(error) => Finding::Note(text!("doctor-port-taken", error = error)),
    }
}

/// Demos that were kept, and tasks that were killed before they could remove what they had started: the kind of task, and
/// its project. The name of a project holds the number of the process that made it; of one that still runs, it is no leftover.
fn leftovers() -> Result<Vec<(&'static str, Finding)>> {
    let format = "{{.Label \"com.docker.compose.project\"}}";
    let listed = docker(["ps", "--all", "--filter", "label=com.docker.compose.project", "--format", format])
        .stdout()?;
    let mut projects: Vec<&str> = listed.lines().collect();
    projects.sort_unstable();
    projects.dedup();
    let left = |project: &str| {
        let kinds = ["demo", "book"].into_iter();
        let mut named =
            kinds.filter_map(|kind| Some((kind, project.strip_prefix(&format!("factor12-{kind}-"))?)));
        let (kind, rest) = named.next()?;
        let maker = rest.split('-').next()?.parse().ok()?;
        (!runs(maker)).then(|| (kind, Finding::Note(text!("doctor-leftover", project = project))))
    };
    Ok(projects.into_iter().filter_map(left).collect())
}

/// Whether a process runs, ours or another's.
#[cfg(unix)]
fn runs(process: i32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    Pid::from_raw(process).is_some_and(|process| !matches!(test_kill_process(process), Err(Errno::SRCH)))
}

/// It cannot be told: what is listed may be at work.
#[cfg(not(unix))]
fn runs(_process: i32) -> bool {
    false
}
