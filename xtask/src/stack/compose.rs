//! The stack in containers, by Docker Compose, under a project name of its own.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::engine::{Compose, Engine, docker, no_disk};
use crate::failure::{Failure, Result};
use crate::images::{self, Effort, Images};
use crate::narration::Step;
use crate::process::{last_lines, succeeded, wait_for};
use crate::project::Project;
use crate::repository::Repository;
use crate::text;
use crate::visit::{Health, Visitor};

use super::{Call, Ran, Stack, Way, host};

/// How long the app may take until its health is good.
const HEALTHY: Duration = Duration::from_secs(30);

/// An engine and a Compose that answer.
pub struct Blueprint {
    engine: Engine,
    compose: Compose,
}

impl Blueprint {
    /// Looks for both.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: which of them is missing.
    pub fn find() -> Result<Blueprint> {
        Ok(Blueprint { engine: Engine::find()?, compose: Compose::find()? })
    }
}

impl super::Blueprint for Blueprint {
    fn told(&self) -> String {
        text!("told-compose", engine = self.engine.version, compose = self.compose.version)
    }

    fn prepare(
        &self,
        repository: &Repository,
        _: bool,
        step: &Step,
    ) -> Result<(Box<dyn Stack>, Vec<String>)> {
        let images = images::ensure(repository, &self.engine, Effort::Enough, step)?;
        let told = images.told.clone();
        let stack = ComposeStack {
            project: Project::new("demo", repository, &self.compose).with(&images.app, &images.redis, 0),
            images,
            worker: None,
            url: String::new(),
        };
        Ok((Box::new(stack), told))
    }
}

struct ComposeStack {
    project: Project,
    images: Images,
    worker: Option<Container>,
    url: String,
}

/// What `docker inspect` tells of a container.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    id: String,
    /// The image's id.
    image: String,
    config: Config,
    state: State,
    network_settings: NetworkSettings,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    env: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    running: bool,
    exit_code: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    ports: std::collections::HashMap<String, Option<Vec<Binding>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_ip: String,
    host_port: String,
}

impl Container {
    /// The short id, which is also the host's name that its processes see.
    fn host(&self) -> &str {
        &self.id[..12.min(self.id.len())]
    }

    /// Where a port of it is published.
    fn published(&self, port: &str) -> Option<String> {
        let binding = self.network_settings.ports.get(port)?.as_ref()?.first()?;
        Some(format!("http://{}:{}/", binding.host_ip, binding.host_port))
    }

    /// Its environment, in one order.
    fn environment(&self) -> Vec<&str> {
        let mut environment: Vec<&str> = self.config.env.iter().map(String::as_str).collect();
        environment.sort_unstable();
        environment
    }
}

impl ComposeStack {
    fn worker(&self) -> Result<&Container> {
        self.worker.as_ref().ok_or_else(|| Failure::Failed(text!("not-up")))
    }

    /// Waits for good health; gives up early where the worker has ended.
    fn healthy(&self, visitor: &Visitor) -> Result<Health> {
        let id = &self.worker()?.id;
        let mut looked = Instant::now();
        let mut why = String::new();
        let healthy = wait_for(HEALTHY, || match visitor.health() {
            Ok(health) => Ok(Some(health)),
            Err(reason) => {
                why = reason;
                if looked.elapsed() > Duration::from_secs(1) {
                    looked = Instant::now();
                    let worker = inspect(&[id])?.remove(0);
                    if !worker.state.running {
                        return Err(ended(&worker));
                    }
                }
                Ok(None)
            }
        })?;
        healthy
            .ok_or_else(|| Failure::Failed(text!("not-healthy", seconds = HEALTHY.as_secs(), reason = why)))
    }

    /// Shows that `exec` joined the worker's container: the process there has its host's name.
    fn prove_exec(&self) -> Result<Vec<String>> {
        let said = self.project.call(&["exec", "-T", "worker", "reset", "--version"]).stdout()?;
        let worker = self.worker()?.host();
        expect_host(&said, worker)?;
        Ok(vec![text!("proof-same-container", container = worker)])
    }

    /// Shows that `run` makes a new container of the same image, environment and release: with one that
    /// differs from the last in nothing but that it stays for a look.
    fn prove_run(&self) -> Result<Vec<String>> {
        let name = format!("{}-proof", self.project.name);
        let said =
            self.project.call(&["run", "-T", "--name", &name, "worker", "reset", "--version"]).stdout()?;
        let (worker, one_off) = {
            let mut both = inspect(&[&self.worker()?.id, &name])?;
            (both.remove(0), both.remove(0))
        };
        docker(["rm", "--volumes", &name]).must_end().stdout()?;
        expect_host(&said, one_off.host())?;
        differ(&text!("proof-container"), worker.host(), one_off.host())?;
        same(&text!("proof-image"), &worker.image, &one_off.image)?;
        same_environment(&worker.environment(), &one_off.environment())?;
        Ok(vec![
            text!("proof-new-container", container = one_off.host(), worker = worker.host()),
            text!("proof-same-image", image = worker.image.chars().take(19).collect::<String>()),
            environment_told(&worker.environment()),
        ])
    }
}

impl Stack for ComposeStack {
    fn up(&mut self, step: &Step) -> Result<(Visitor, Health)> {
        let program = self.project.call(&["up", "--detach", "--no-build"]);
        let shown = program.shown();
        let output = program.lines(|line| step.hear(line))?;
        succeeded(&shown, output).map_err(no_disk)?;
        let id = self.project.call(&["ps", "--all", "--quiet", "worker"]).stdout()?;
        let worker = inspect(&[&id])?.remove(0);
        // A worker that has ended has no port any more.
        self.url = worker.published("8080/tcp").ok_or_else(|| ended(&worker))?;
        self.worker = Some(worker);
        let visitor = Visitor::new(&self.url);
        let health = self.healthy(&visitor)?;
        same(&text!("proof-container"), self.worker()?.host(), &health.host)?;
        Ok((visitor, health))
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn redis(&self) -> &str {
        &self.images.redis
    }

    fn redis_address(&self) -> String {
        let value = |name: &str| {
            let environment = self.worker.as_ref().map(Container::environment).unwrap_or_default();
            let value = environment.iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().to_owned()
        };
        format!("{}:{}", value("HOST_REDIS"), value("PORT_REDIS"))
    }

    fn ways(&self) -> &'static [Way] {
        &[Way::Exec, Way::Run]
    }

    fn admin(&mut self, way: Way, call: &Call) -> Result<Ran> {
        let start: &[&str] = if way == Way::Run { &["run", "--rm"] } else { &["exec"] };
        let output = call.run(self.project.call(&[start, &["-T", "worker"], &call.words()].concat()))?;
        // Without files a person has a terminal, and needs no -T.
        let no_terminal: &[&str] = if call.has_file() { &["-T"] } else { &[] };
        let typed = self.project.typed(&[start, no_terminal, &["worker", &call.typed()]].concat());
        Ok(Ran { command: format!("$ {typed}"), output })
    }

    fn prove(&self, way: Way) -> Result<Vec<String>> {
        if way == Way::Run { self.prove_run() } else { self.prove_exec() }
    }

    fn last_words(&self) -> String {
        let logs = self.project.call(&["logs", "--no-color", "--tail", "8"]).output();
        logs.map(|output| last_lines(&output.stdout)).unwrap_or_default()
    }

    fn down(&mut self) -> Result {
        self.project.remove()
    }

    fn how_to_remove(&self) -> String {
        self.project.typed(&["--project-name", &self.project.name, "down", "--volumes"])
    }

    fn keep(&mut self) {}
}

fn ended(worker: &Container) -> Failure {
    Failure::Failed(text!("worker-ended", code = worker.state.exit_code))
}

/// What `docker inspect` tells of these containers, in this order.
fn inspect(containers: &[&str]) -> Result<Vec<Container>> {
    let said = docker(["inspect", "--type", "container"]).args(containers).must_end().stdout()?;
    let told: Vec<Container> =
        serde_json::from_str(&said).map_err(|error| Failure::Failed(text!("bad-inspect", reason = error)))?;
    if told.len() == containers.len() && !told.is_empty() {
        return Ok(told);
    }
    Err(Failure::Failed(text!("bad-inspect", reason = said.chars().take(200).collect::<String>())))
}

/// Expects that `reset --version` was said on this host.
fn expect_host(said: &str, host: &str) -> Result {
    let on = said.rsplit_once("host ").map_or(said, |(_, host)| host);
    same(&text!("proof-container"), host, on)
}

/// Expects the same variables with the same values, and tells no value: what Docker's configuration gives to every container,
/// such as a proxy, may hold a password.
fn same_environment(one: &[&str], other: &[&str]) -> Result {
    let of_one_alone = one.iter().filter(|pair| !other.contains(pair));
    let differing = of_one_alone.chain(other.iter().filter(|pair| !one.contains(pair)));
    let names: BTreeSet<&str> = differing.map(|pair| name(pair)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = names.into_iter().collect::<Vec<_>>().join(" ");
    Err(Failure::Failed(text!("environment-differs", names = names)))
}

/// An environment for a room: the app's own variables with their values, but not the one that may hold a password; the others
/// by their names.
fn environment_told(environment: &[&str]) -> String {
    let is_shown = |pair: &&&str| host::VARIABLES.contains(&name(pair)) && name(pair) != "REDIS_URL";
    let (shown, others): (Vec<&str>, Vec<&str>) = environment.iter().partition(|pair| is_shown(pair));
    // Compose v1 gives a container the same variable twice.
    let names: BTreeSet<&str> = others.into_iter().map(name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(" ");
    text!("proof-same-environment-of-both", environment = shown.join(" "), others = names)
}

/// The name in `NAME=value`.
fn name(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn same(what: &str, expected: &str, found: &str) -> Result {
    if expected == found {
        Ok(())
    } else {
        Err(Failure::Failed(text!("disagree", what = what, expected = expected, found = found)))
    }
}

fn differ(what: &str, one: &str, other: &str) -> Result {
    if one == other { Err(Failure::Failed(text!("should-differ", what = what, one = one))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: [&str; 6] = [
        "HOST_REDIS=redis",
        "HTTP_PROXY=http://u:s3cret@proxy:3128",
        "HTTP_PROXY=http://u:s3cret@proxy:3128",
        "PATH=/usr/local/bin",
        "REDIS_URL=redis://u:s3cret@redis",
        "RUST_LOG=a=b",
    ];

    #[test]
    fn the_apps_own_variables_are_shown_and_the_others_named() {
        let told = environment_told(&ENVIRONMENT);
        assert!(told.contains("HOST_REDIS=redis RUST_LOG=a=b"), "{told}");
        assert!(told.contains("HTTP_PROXY PATH REDIS_URL"), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }

    #[test]
    fn the_whole_environment_is_compared_and_a_difference_is_named_without_its_value() {
        same_environment(&ENVIRONMENT, &ENVIRONMENT).unwrap();
        let mut other = ENVIRONMENT;
        other[1..3].fill("HTTP_PROXY=http://u:0ther@proxy:3128");
        for (one, other) in [
            (&ENVIRONMENT[..], &other[..]),
            (&ENVIRONMENT, &ENVIRONMENT[3..]),
            (&ENVIRONMENT[3..], &ENVIRONMENT),
        ] {
            let said = same_environment(one, other).unwrap_err().to_string();
            assert!(said.contains("HTTP_PROXY") && !said.contains("PATH"), "{said}");
            assert!(!said.contains("s3cret") && !said.contains("0ther"), "{said}");
        }
    }
}
