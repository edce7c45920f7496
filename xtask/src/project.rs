//! A Compose project of our own: called under its name, and removed by its labels to the last piece.

use std::ffi::OsStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::engine::{Compose, docker};
use crate::environment;
use crate::failure::{Failure, Result};
use crate::process::Program;
use crate::repository::Repository;
use crate::text;

/// How long one call of Compose may take: its images are here, and on a busy machine `up` was seen to take 46 s.
const CALL: Duration = Duration::from_secs(3 * 60);

/// The file that describes the stack.
pub const COMPOSE_FILE: &str = "docker-compose.yml";

/// What that file reads of the environment: the images, and the port.
pub const VARIABLES: [&str; 3] = ["FACTOR12_IMAGE", "REDIS_IMAGE", "HTTP_PORT"];

/// A project of Compose.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The values of [`VARIABLES`], where it is to be started.
    values: Vec<(&'static str, String)>,
    repository: Repository,
    compose: Compose,
}

impl Project {
    /// A project whose name starts with `purpose` and that no other project on this machine has: by the
    /// process, and by the moment.
    pub fn new(purpose: &str, repository: &Repository, compose: &Compose) -> Project {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("factor12-{purpose}-{}-{:x}", std::process::id(), moment.as_millis());
        Project::named(&name, repository, compose)
    }

    /// The project of this name.
    pub fn named(name: &str, repository: &Repository, compose: &Compose) -> Project {
        let (repository, compose) = (repository.clone(), compose.clone());
        Project { name: name.to_owned(), values: Vec::new(), repository, compose }
    }

    /// With these images, and on this port; 0 takes a free one.
    pub fn with(mut self, app: &str, redis: &str, port: u16) -> Project {
        self.values =
            VARIABLES.into_iter().zip([app.to_owned(), redis.to_owned(), port.to_string()]).collect();
        self
    }

    /// By which variables a person's own call of Compose is one for this project.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        [vec![("COMPOSE_PROJECT_NAME", self.name.clone())], self.values.clone()].concat()
    }

    /// A call of Compose for this project and no other, whatever the person's environment and their `.env` say.
    /// It is never cut off midway, or the engine would go on with what nobody waits for.
    pub fn call(&self, args: &[&str]) -> Program {
        let file = self.repository.root.join(COMPOSE_FILE);
        let program = self
            .compose
            .program()
            .args(["--project-name", &self.name, "--file"])
            .args([&file])
            .args([OsStr::new("--env-file"), environment::compose_env(&self.repository).as_os_str()])
            .args(args);
        let program = self.values.iter().fold(program, |program, (name, value)| program.env(name, value));
        program.dir(&self.repository.root).limit(CALL).must_end()
    }

    /// A command of Compose, as a person would type it.
    pub fn typed(&self, args: &[&str]) -> String {
        format!("{} {}", self.compose.words.join(" "), args.join(" "))
    }

    /// Removes all of it, even when the person has asked to stop.
    ///
    /// # Errors
    ///
    /// Something is left, and how to remove it.
    pub fn remove(&self) -> Result {
        // Whatever Compose says of it, what counts is what is left.
        let said = self.call(&["down", "--volumes", "--remove-orphans", "--timeout", "10"]).output();
        self.sweep()?;
        said.map(drop)
    }

    /// Removes by label what Compose has left, one-off containers included.
    fn sweep(&self) -> Result {
        let label = format!("label=com.docker.compose.project={}", self.name);
        let mut left = Vec::new();
        for (list, remove) in [
            (vec!["ps", "--all", "--quiet"], vec!["rm", "--force", "--volumes"]),
            (vec!["network", "ls", "--quiet"], vec!["network", "rm"]),
            (vec!["volume", "ls", "--quiet"], vec!["volume", "rm", "--force"]),
        ] {
            let listed = || docker(&list).args(["--filter", &label]).must_end().stdout();
            let ids = listed()?;
            if !ids.is_empty() {
                docker(&remove).args(ids.lines()).must_end().output()?;
                left.extend(listed()?.lines().map(|id| format!("docker {} {id}", remove.join(" "))));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(Failure::Failed(text!("left-behind", commands = left.join("\n    "))))
    }
}
