//! A real Redis, with a directory and a port of its own, that keeps an append-only file as the stack's does.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use redis::{Client, Connection, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo};
use tempfile::TempDir;

use crate::process::{Ended, Process, Signal, app, run};
use tests_common::eventually;

/// A Redis that can be started again on the same port and with the same data.
pub struct Server {
    pub port: u16,
    options: Vec<String>,
    directory: TempDir,
    process: Option<Process>,
}

impl Server {
    /// A Redis that answers.
    pub fn start() -> Server {
        Server::start_with(&[])
    }

    /// A Redis with further options on its command line, that answers.
    pub fn start_with(options: &[&str]) -> Server {
        let mut server = Server::down(options);
        server.up();
        server
    }

    /// A Redis that is not started yet; its port is refused until it is.
    pub fn down(options: &[&str]) -> Server {
        Server {
            port: free_port(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            directory: tempfile::tempdir().expect("a temporary directory can be made"),
            process: None,
        }
    }

    /// Starts it, and waits until it answers PING.
    pub fn up(&mut self) {
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(self.directory.path())
            .args(&self.options);
        self.process = Some(Process::start(&mut command));
        eventually("PONG from Redis", Duration::from_secs(10), || {
            let mut connection = self.try_connection()?;
            redis::cmd("PING").exec(&mut connection).ok()
        });
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("Redis is up");
        process.signal(Signal::Terminate);
        process.end(Duration::from_secs(10));
    }

    /// Ends it without asking.
    pub fn kill(&mut self) {
        self.process.take().expect("Redis is up").kill();
    }

    /// Makes it silent: its connections stay open, and new ones are taken by the kernel.
    pub fn freeze(&self) {
        self.process.as_ref().expect("Redis is up").signal(Signal::Freeze);
    }

    /// Ends [`Server::freeze`], and waits until it answers PING.
    pub fn thaw(&self) {
        self.process.as_ref().expect("Redis is up").signal(Signal::Thaw);
        self.ask::<String>("PING");
    }

    /// What it answers to a command, whose words are separated by spaces.
    pub fn ask<Answer: FromRedisValue>(&self, words: &str) -> Answer {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().expect("a command has a name"));
        command.arg(words.collect::<Vec<_>>());
        self.query(&command)
    }

    /// What it answers to a command.
    pub fn query<Answer: FromRedisValue>(&self, command: &redis::Cmd) -> Answer {
        command.query(&mut self.connection()).expect("Redis answers a test")
    }

    /// A connection of the test's own.
    pub fn connection(&self) -> Connection {
        eventually("a connection to Redis", Duration::from_secs(5), || self.try_connection())
    }

    fn try_connection(&self) -> Option<Connection> {
        let mut login = RedisConnectionInfo::default();
        if let [option, password] = self.options.as_slice()
            && option == "--requirepass"
        {
            login = login.set_password(password.as_str());
        }
        let address = ("127.0.0.1", self.port).into_connection_info();
        Client::open(address.expect("the address is right").set_redis_settings(login))
            .expect("the address is right")
            .get_connection_with_timeout(Duration::from_secs(2))
            .ok()
    }

    /// `127.0.0.1:6379`, as the app prints it.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The environment of a process that uses this Redis.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        environment(self.port)
    }

    /// The release of this build in that environment.
    pub fn release(&self) -> String {
        release(self.environment())
    }

    /// Runs `reset` against this Redis.
    pub fn reset(&self) -> Ended {
        run("reset", self.environment(), Duration::from_secs(10))
    }

    /// Runs one of the app's processes against this Redis, with these arguments and this input.
    pub fn run(&self, name: &str, arguments: &[&str], input: impl Into<Vec<u8>>) -> Ended {
        let mut command = app(name);
        command.args(arguments).envs(self.environment());
        Process::fed(&mut command, input).end(Duration::from_secs(60))
    }
}

/// The release of this build in an environment, as `reset --version` tells it.
pub fn release(environment: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let output = app("reset").arg("--version").envs(environment).output().expect("reset starts");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let release = version.strip_prefix("reset ").and_then(|rest| rest.split(" (build ").next());
    release.unwrap_or_else(|| panic!("no release: {version}")).to_owned()
}

/// The environment of a process whose Redis has this port.
pub fn environment(port: u16) -> [(&'static str, String); 2] {
    [("HOST_REDIS", "127.0.0.1".to_owned()), ("PORT_REDIS", port.to_string())]
}

/// A port that nobody listens on, below those that systems give to outgoing connections: while Redis
/// is down, no client of another test can be given it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    // Several test processes at once start far from each other.
    let offset = (process::id() * 97 % u32::from(COUNT)) as u16;
    eventually("a free port", Duration::from_secs(5), || {
        let port = FIRST + (offset + NEXT.fetch_add(1, Ordering::SeqCst)) % COUNT;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
    })
}
