//! Docker on this machine: the engine, Compose, and which of the two is in the way if one is.

use std::net::{TcpListener, ToSocketAddrs};
use std::time::Duration;

use serde::Deserialize;

use crate::environment::without_ways;
use crate::failure::{Failure, Result};
use crate::narration::plain;
use crate::process::{Output, Program};
use crate::text;

/// An engine that answers.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Its version, as `docker version` has it.
    pub version: String,
    /// Its operating system and architecture, in Go's words: `linux/amd64`.
    pub platform: String,
}

/// A Compose that can talk to the engine.
#[derive(Debug, Clone)]
pub struct Compose {
    /// The words that start it: `docker compose`, or `docker-compose` where only that is there.
    pub words: Vec<&'static str>,
    /// Its version.
    pub version: String,
}

/// `docker version --format '{{json .Server}}'`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Server {
    version: String,
    os: String,
    arch: String,
}

/// How long the engine may take to say who it is: more than twenty seconds where it starts containers on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Engine {
    /// Asks the engine who it is.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: there is no `docker`, or another program goes by its name; its engine is on another machine, does
    /// not run or does not answer, or it may not be used.
    pub fn find() -> Result<Engine> {
        if which::which("docker").is_err() {
            return Err(missing(text!("no-docker"), text!("no-docker-cure")));
        }
        // What it needs no engine for comes first: none of the cures below would help.
        if let Some(other) = docker(["--version"]).limit(PATIENCE).stdout().ok().filter(|it| !is_dockers(it))
        {
            return Err(missing(text!("not-docker", program = plain(&other)), text!("not-docker-cure")));
        }
        if let Some(address) = elsewhere()? {
            return Err(missing(
                text!("engine-elsewhere", address = address),
                text!("engine-elsewhere-cure"),
            ));
        }
        let asked = docker(["version", "--format", "{{json .Server}}"]).limit(PATIENCE).output();
        let output = match asked {
            Ok(output) => output,
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(failure) => {
                return Err(missing(text!("engine-silent", reason = failure), text!("engine-silent-cure")));
            }
        };
        match serde_json::from_str::<Option<Server>>(output.stdout.trim()) {
            Ok(Some(server)) if output.status.success() => {
                let platform = plain(&format!("{}/{}", server.os, server.arch));
                Ok(Engine { version: plain(&server.version), platform })
            }
            _ => Err(refusal(&output)),
        }
    }

    /// Whether binaries built on this host run in its containers.
    pub fn runs_what_this_host_builds(&self) -> bool {
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        self.platform == format!("{}/{arch}", std::env::consts::OS)
    }
}

/// Whether `docker --version` was answered by Docker's own client. Podman and others go by its name too.
fn is_dockers(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("Docker version "))
}

/// The engine's address, where that is another machine, by `DOCKER_HOST` or by a context: ports of containers open there.
fn elsewhere() -> Result<Option<String>> {
    let asked =
        docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]).limit(PATIENCE).stdout();
    match asked {
        Ok(address) => {
            Ok(Some(address).filter(|address| machine(address).is_some_and(|machine| !is_here(machine))))
        }
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        // A context that is not there: the engine's own answer tells.
        Err(_) => Ok(None),
    }
}

/// The machine that an address names; none where that is a socket or a pipe of this one.
fn machine(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let place = rest.split('/').next()?;
    let machine = place.rsplit_once('@').map_or(place, |(_, machine)| machine);
    let name = match machine.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => machine.split(':').next()?,
    };
    (!["unix", "npipe", "fd"].contains(&scheme) && !name.is_empty()).then_some(name)
}

/// Whether a name is one of this machine: only its own addresses can be listened on.
fn is_here(machine: &str) -> bool {
    let addresses = (machine, 0).to_socket_addrs();
    addresses.is_ok_and(|mut addresses| addresses.any(|address| TcpListener::bind(address).is_ok()))
}

/// Tells apart the reasons why `docker version` found no engine, by what Docker's client says of them.
fn refusal(output: &Output) -> Failure {
    let said = output.stderr.to_lowercase();
    // Not any "permission denied": the client says that of its own configuration too, and goes on.
    if said.contains("permission denied while trying to connect")
        || said.contains("connect: permission denied")
    {
        return missing(text!("engine-forbidden"), text!("engine-forbidden-cure"));
    }
    missing(text!("engine-down", reason = output.last_lines().trim()), text!("engine-down-cure"))
}

impl Compose {
    /// Looks for Compose v2, and where there is none for v1.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: there is neither.
    pub fn find() -> Result<Compose> {
        for words in [vec!["docker", "compose"], vec!["docker-compose"]] {
            let mut compose = Compose { words, version: String::new() };
            match compose.program().args(["version", "--short"]).limit(PATIENCE).stdout() {
                Ok(version) => {
                    compose.version = plain(&version);
                    return Ok(compose);
                }
                Err(Failure::Interrupted) => return Err(Failure::Interrupted),
                Err(_) => {}
            }
        }
        Err(missing(text!("no-compose"), text!("no-compose-cure")))
    }

    /// A call of it.
    pub fn program(&self) -> Program {
        without_ways(Program::new(self.words[0])).args(&self.words[1..])
    }
}

/// A call of Docker's client.
pub fn docker(args: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Program {
    without_ways(Program::new("docker")).args(args)
}

/// Recognises a failure whose cause is a full disk, and says so; passes on any other.
pub fn no_disk(failure: Failure) -> Failure {
    match &failure {
        Failure::Failed(said) if said.to_lowercase().contains("no space left on device") => {
            missing(text!("no-disk", reason = said), text!("no-disk-cure"))
        }
        _ => failure,
    }
}

fn missing(what: String, cure: String) -> Failure {
    Failure::Missing { what, cure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_machine_or_a_socket_of_this_one() {
        for (address, expected) in [
            ("unix:///var/run/docker.sock", None),
            ("unix:///home/me@work/docker.sock", None),
            ("npipe:////./pipe/docker_engine", None),
            ("fd://", None),
            ("tcp://", None),
            ("tcp://192.0.2.1:2375", Some("192.0.2.1")),
            ("tcp://dind", Some("dind")),
            ("https://dind:2376/path", Some("dind")),
            ("tcp://[2001:db8::1]:2376", Some("2001:db8::1")),
            ("ssh://me@box:22", Some("box")),
            ("ssh://box", Some("box")),
        ] {
            assert_eq!(machine(address), expected, "{address}");
        }
    }

    #[test]
    fn this_machines_own_names_are_here_and_others_are_not() {
        assert!(is_here("localhost") && is_here("127.0.0.1"));
        // Kept for documentation: nobody has it.
        assert!(!is_here("192.0.2.1"));
    }

    #[test]
    fn another_program_by_dockers_name_is_known_by_what_it_says() {
        assert!(is_dockers("Docker version 28.2.2, build e6534b4"));
        assert!(!is_dockers("podman version 4.9.3") && !is_dockers("nerdctl version 1.7.6"));
    }
}
