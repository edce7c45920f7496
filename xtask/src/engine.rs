//! Docker on this machine: the engine, Compose, and which of the two is in the way if one is.

use std::time::Duration;

use serde::Deserialize;

use crate::environment::without_ways;
use crate::failure::{Failure, Result};
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

/// How long the engine may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(10);

impl Engine {
    /// Asks the engine who it is.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: there is no `docker`, its engine does not run or does not answer, or it may not be used.
    pub fn find() -> Result<Engine> {
        if which::which("docker").is_err() {
            return Err(missing(text!("no-docker"), text!("no-docker-cure")));
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
                Ok(Engine { version: server.version, platform: format!("{}/{}", server.os, server.arch) })
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
                    compose.version = version;
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
