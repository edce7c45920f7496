//! What a test needs and not every machine has.

use std::env;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::not_run::Missing;

/// What a test needs and not every machine, or not every moment, has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// A Docker engine that answers.
    Engine,
    /// `docker compose`.
    Compose,
    /// `docker-compose` 1.
    ComposeV1,
    /// An engine that runs what this host builds: images can be packed.
    Packing,
    /// An image of a real Redis: pages use more of it than the stand-in has.
    RealRedis,
    /// A `redis-server` on the `PATH`.
    Redis,
    /// The same, and of the version whose texts `pocket-redis` has.
    Redis7,
    /// `redis-cli`.
    RedisCli,
    /// Python's package `redis`.
    RedisPy,
    /// `git`.
    Git,
    /// Signals, sockets and modes of Unix.
    Unix,
    /// Chromium or Chrome, and `chromedriver`, which drives it.
    Browser,
    /// axe-core, as Python's package `axe-playwright-python` brings it.
    Axe,
    /// The port that an address leaves out, which is free and which we may take.
    Port80,
    /// `/proc`, which tells of processes.
    Proc,
    /// `script`, for a terminal.
    Script,
    /// `setsid`, to give a program a terminal of its own.
    Setsid,
    /// A way to be a user who may not use a socket.
    Nobody,
    /// Time: such a test takes longer than whoever has changed a line waits, and `NO_SKIP=1` gives it.
    Patience,
    /// No other test at the same time: this one measures, or fills the processors.
    Quiet,
}

/// What brings most of what can be missing on a Debian or Ubuntu.
const TOOLS: &str = ".ci/tools installs it (Debian, Ubuntu)";
const LINUX: &str = "run them on Linux";

impl Need {
    /// Why a test with this need cannot be run here, and what would change that.
    pub fn missing(self) -> Option<Missing> {
        let unless = |met: bool, reason, cure| (!met).then_some(Missing { reason, cure });
        match self {
            Need::Engine => unless(engine(), "no Docker engine answers", "start Docker, or install it"),
            Need::Compose => {
                let met = says("docker", &["compose", "version", "--short"], "");
                unless(met, "there is no “docker compose”", "install Docker's Compose plugin, v2 or later")
            }
            Need::ComposeV1 => {
                let met = says("docker-compose", &["version", "--short"], "1.");
                unless(met, "there is no Compose v1 (docker-compose 1) on the PATH", TOOLS)
            }
            Need::Packing => unless(
                cfg!(target_os = "linux") && engine(),
                "images are packed on a Linux host with an engine only",
                "start Docker on Linux",
            ),
            Need::RealRedis => unless(
                says("docker", &["image", "inspect", "redis:8-alpine"], ""),
                "no image of a real Redis is here",
                "cargo xtask images",
            ),
            Need::Redis => unless(redis(""), "there is no redis-server on the PATH", TOOLS),
            Need::Redis7 => unless(
                redis("Redis server v=7.0."),
                "there is no redis-server 7.0 on the PATH",
                "install it: the texts compared are those of 7.0",
            ),
            Need::RedisCli => {
                unless(says("redis-cli", &["--version"], ""), "there is no redis-cli on the PATH", TOOLS)
            }
            Need::RedisPy => unless(
                says("python3", &["-c", "import redis"], ""),
                "python3 has no package redis",
                "python3 -m pip install redis",
            ),
            Need::Git => unless(says("git", &["--version"], ""), "there is no git on the PATH", "install it"),
            Need::Unix => unless(cfg!(unix), "this system is no Unix", LINUX),
            Need::Browser => unless(
                chromium().is_some() && says("chromedriver", &["--version"], ""),
                "Chromium (or Chrome) and chromedriver are not both on the PATH",
                TOOLS,
            ),
            Need::Axe => unless(
                says("python3", &["-c", "import axe_playwright_python"], ""),
                "python3 has no package axe-playwright-python, which brings axe-core",
                "python3 -m pip install --no-deps axe-playwright-python",
            ),
            Need::Port80 => {
                let met = TcpListener::bind(("127.0.0.1", 80)).is_ok();
                unless(met, "port 80 cannot be had", "free it, and be root")
            }
            Need::Proc => unless(Path::new("/proc/self/status").exists(), "this system has no /proc", LINUX),
            Need::Script => {
                let met = says("script", &["--version"], "script from util-linux");
                unless(met, "there is no “script” of util-linux on the PATH", TOOLS)
            }
            Need::Setsid => {
                let met = says("setsid", &["--version"], "setsid from util-linux");
                unless(met, "there is no “setsid” of util-linux on the PATH", TOOLS)
            }
            Need::Nobody => unless(
                !is_root() || says("setpriv", &["--version"], ""),
                "there is no “setpriv” on the PATH, and root may use every socket",
                TOOLS,
            ),
            Need::Patience => {
                unless(is_nothing_skipped(), "they take minutes, and CI runs them", "NO_SKIP=1 cargo test")
            }
            Need::Quiet => None,
        }
    }
}

/// Whether nothing may be left out.
pub fn is_nothing_skipped() -> bool {
    env::var_os("NO_SKIP").is_some_and(|value| value == "1")
}

/// The name that Chromium goes by here.
pub fn chromium() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    *FOUND.get_or_init(|| names.into_iter().find(|name| says(name, &["--version"], "")))
}

fn engine() -> bool {
    says("docker", &["version", "--format", "{{.Server.Version}}"], "")
}

fn redis(start: &str) -> bool {
    says("redis-server", &["--version"], start)
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Whether a program can be run, and what it says starts as it should.
fn says(program: &str, args: &[&str], start: &str) -> bool {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success() && output.stdout.starts_with(start.as_bytes()))
}
