//! The stack as plain processes of this machine: `web`, beside a real `redis-server` or `pocket-redis`.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::cargo::{self, Binaries, Purpose, binary};
use crate::failure::{Context, Failure, Result};
use crate::narration::Step;
use crate::process::{Program, Service, last_lines, wait_for};
use crate::repository::{Repository, Sources};
use crate::text;
use crate::visit::{Health, Visitor};

use super::{Call, Kind, Ran, Stack, Way};

/// How long a service may take until it is ready.
const READY: Duration = Duration::from_secs(15);

/// What Redis logs once it serves; `pocket-redis` says the same.
const REDIS_IS_READY: &str = "Ready to accept connections";

/// Every variable that the app reads: the person's own must not reach the demo's.
pub const VARIABLES: [&str; 6] = ["HOST_REDIS", "PORT_REDIS", "REDIS_URL", "HOST", "PORT", "RUST_LOG"];

/// Which program plays Redis.
pub struct Blueprint {
    kind: Kind,
    redis_server: Option<PathBuf>,
}

impl Blueprint {
    /// A real `redis-server` on the PATH.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: there is none.
    pub fn host() -> Result<Blueprint> {
        let found = which::which("redis-server");
        let redis_server =
            found.map_err(|_| Failure::Missing { what: text!("no-redis"), cure: text!("no-redis-cure") })?;
        Ok(Blueprint { kind: Kind::Host, redis_server: Some(redis_server) })
    }

    /// `pocket-redis`, built from this repository.
    pub fn embedded() -> Blueprint {
        Blueprint { kind: Kind::Embedded, redis_server: None }
    }
}

impl super::Blueprint for Blueprint {
    fn told(&self) -> String {
        match &self.redis_server {
            Some(path) => text!("told-host", path = path.display()),
            None => text!("told-embedded"),
        }
    }

    fn prepare(
        &self,
        repository: &Repository,
        whole: bool,
        step: &Step,
    ) -> Result<(Box<dyn Stack>, Vec<String>)> {
        let (mut packages, mut programs) = (vec![Sources::App.package()], vec!["reset", "web"]);
        if whole {
            programs.extend(["backup", "console", "migrate", "restore"]);
        }
        if self.kind == Kind::Embedded {
            packages.push(Sources::PocketRedis.package());
            programs.push("pocket-redis");
        }
        let purpose = Purpose::Host(&programs);
        let binaries = cargo::build(repository, &packages, purpose, |line| step.hear(line))?;
        let redis_server = match &self.redis_server {
            Some(path) => path.clone(),
            None => binary(&binaries, "pocket-redis")?.clone(),
        };
        let stack = HostStack {
            redis_server,
            binaries,
            dir: None,
            redis: None,
            web: None,
            redis_port: 0,
            url: String::new(),
        };
        Ok((Box::new(stack), Vec::new()))
    }
}

struct HostStack {
    redis_server: PathBuf,
    binaries: Binaries,
    /// Where the services keep their data and logs.
    dir: Option<TempDir>,
    redis: Option<Service>,
    web: Option<Service>,
    redis_port: u16,
    url: String,
}

impl HostStack {
    /// Starts Redis on a port that is free; another program may take it first, so more than one is tried.
    fn start_redis(&mut self, dir: &Path) -> Result {
        const TRIES: usize = 5;
        let mut said = String::new();
        for _ in 0..TRIES {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let port = free.context(|| text!("doing-port"))?.port();
            let mut command = Command::new(&self.redis_server);
            command
                .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
                .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
                .arg(dir);
            let redis = self.redis.insert(Service::start(command, dir.join("redis.log"))?);
            let ready = wait_for(READY, || {
                Ok(redis
                    .said()
                    .contains(REDIS_IS_READY)
                    .then_some(true)
                    .or(redis.has_ended().then_some(false)))
            })?;
            if ready == Some(true) {
                self.redis_port = port;
                return Ok(());
            }
            said = redis.said();
            redis.stop();
        }
        Err(Failure::Failed(text!("redis-not-ready", log = last_lines(&said))))
    }

    /// Starts `web` on a port that it takes itself, and learns it from its first line.
    fn start_web(&mut self, dir: &Path) -> Result {
        let mut command = Command::new(binary(&self.binaries, "web")?);
        VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.envs(self.environment()).env("HOST", "127.0.0.1").env("PORT", "0");
        let web = self.web.insert(Service::start(command, dir.join("web.log"))?);
        let address = wait_for(READY, || {
            let said = web.said();
            let address = said.split_once("web listens on ").and_then(|(_, rest)| rest.split_once(' '));
            Ok(address.map(|(address, _)| Some(address.to_owned())).or(web.has_ended().then_some(None)))
        })?;
        let address = address.flatten().ok_or_else(|| Failure::Failed(text!("web-not-ready")))?;
        self.url = format!("http://{address}/");
        Ok(())
    }

    /// What both `web` and its admin processes are told: the same, as the factor wants it.
    fn environment(&self) -> [(&'static str, String); 2] {
        [("HOST_REDIS", "127.0.0.1".to_owned()), ("PORT_REDIS", self.redis_port.to_string())]
    }
}

impl HostStack {
    fn environment_told(&self) -> String {
        self.environment().map(|(name, value)| format!("{name}={value}")).join(" ")
    }
}

impl Stack for HostStack {
    fn up(&mut self, step: &Step) -> Result<(Visitor, Health)> {
        let dir = tempfile::Builder::new()
            .prefix("factor12-demo-")
            .tempdir()
            .context(|| text!("doing-temporary"))?;
        let path = dir.path().to_owned();
        self.dir = Some(dir);
        step.hear(&self.redis_server.display().to_string());
        self.start_redis(&path)?;
        step.hear("web");
        self.start_web(&path)?;
        let visitor = Visitor::new(&self.url);
        let mut why = String::new();
        let healthy = wait_for(READY, || Ok(visitor.health().map_err(|reason| why = reason).ok()))?;
        let health = healthy
            .ok_or_else(|| Failure::Failed(text!("not-healthy", seconds = READY.as_secs(), reason = why)))?;
        Ok((visitor, health))
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn redis(&self) -> &str {
        self.redis_server.file_stem().and_then(OsStr::to_str).unwrap_or_default()
    }

    fn redis_address(&self) -> String {
        let [(_, host), (_, port)] = self.environment();
        format!("{host}:{port}")
    }

    fn ways(&self) -> &'static [Way] {
        &[Way::Process]
    }

    fn admin(&mut self, _way: Way, call: &Call) -> Result<Ran> {
        let program = Program::new(binary(&self.binaries, call.name)?).args(call.args);
        let mut program = program.limit(Duration::from_secs(10));
        for name in VARIABLES {
            program = program.env_remove(name);
        }
        for (name, value) in self.environment() {
            program = program.env(name, value);
        }
        let output = call.run(program)?;
        Ok(Ran { command: format!("$ {} {}", self.environment_told(), call.typed()), output })
    }

    fn prove(&self, _way: Way) -> Result<Vec<String>> {
        Ok(vec![text!("proof-same-environment", environment = self.environment_told())])
    }

    fn last_words(&self) -> String {
        let services = [("redis", &self.redis), ("web", &self.web)];
        let said = services.into_iter().filter_map(|(name, service)| {
            service.as_ref().map(|service| format!("    {name}:\n{}", last_lines(&service.said())))
        });
        said.collect::<Vec<_>>().join("\n")
    }

    fn down(&mut self) -> Result {
        for mut service in [self.web.take(), self.redis.take()].into_iter().flatten() {
            service.stop();
        }
        match self.dir.take() {
            Some(dir) => dir.close().context(|| text!("doing-temporary")),
            None => Ok(()),
        }
    }

    fn how_to_remove(&self) -> String {
        let ids = [&self.web, &self.redis].into_iter().flatten().map(|service| service.id().to_string());
        let ids = ids.collect::<Vec<_>>().join(" ");
        match &self.dir {
            // Redis writes there until it has ended.
            Some(dir) => format!("kill {ids}; until rm -rf {}; do sleep 1; done", dir.path().display()),
            None => format!("kill {ids}"),
        }
    }

    fn keep(&mut self) {
        if let Some(dir) = &mut self.dir {
            dir.disable_cleanup(true);
        }
    }
}
