//! `web`, started on a free port, and what it answers.

use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use ureq::Agent;

use crate::process::{Process, app};
use crate::server::Server;

/// How soon every request must be answered, whatever Redis does.
pub const BOUND: Duration = Duration::from_secs(2);

/// A running `web`.
pub struct Web {
    pub process: Process,
    pub address: SocketAddr,
    agent: Agent,
}

impl Web {
    /// Starts it on `redis`.
    pub fn on(redis: &Server) -> Web {
        Web::start(app("web").envs(redis.environment()))
    }

    /// Starts it on a free port of the loopback address, with what else `command` sets.
    pub fn start(command: &mut Command) -> Web {
        let mut process = Process::start(command.env("HOST", "127.0.0.1").env("PORT", "0"));
        let first = process.first_line();
        let address = first
            .split_once("listens on ")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("the first log line names no address: {first}"));
        Web { process, address, agent: agent() }
    }

    /// `GET /`
    pub fn visit(&self) -> Answer {
        self.get("/")
    }

    /// `GET /`, which must count.
    pub fn number(&self) -> i64 {
        let answer = self.visit();
        answer.number().unwrap_or_else(|| panic!("no visit: {answer:?}"))
    }

    /// `GET path`
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path)
    }

    /// A request without a body.
    pub fn request(&self, method: &str, path: &str) -> Answer {
        request(&self.agent, method, self.address, path)
            .unwrap_or_else(|error| panic!("{method} {path} was not answered: {error}"))
    }

    /// A connection of its own, on which `text` was sent as it is.
    pub fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("web takes connections");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("20 s is a timeout");
        stream.write_all(text.as_bytes()).expect("web reads requests");
        stream
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// By their names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
    pub took: Duration,
}

impl Answer {
    /// The visit's number, if this is the answer to a visit that was counted, to the letter.
    pub fn number(&self) -> Option<i64> {
        let number = self.body.strip_prefix("Hello World! ")?.strip_suffix(" times.\n")?;
        number.parse().ok().filter(|_| self.status == 200)
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Fails unless this is what a visitor gets while Redis is out of reach.
    pub fn assert_later(&self) {
        assert_eq!(self.status, 503, "{self:?}");
        assert_eq!(self.header("retry-after"), "1", "{self:?}");
        assert!(self.took < BOUND, "{self:?}");
        self.assert_one_sentence();
    }

    /// Fails unless the body is one sentence on one line.
    pub fn assert_one_sentence(&self) {
        let sentence = self.body.strip_suffix(".\n").unwrap_or_default();
        assert!(
            !sentence.is_empty() && !sentence.contains('\n') && !sentence.contains(". "),
            "not one sentence: {self:?}"
        );
    }
}

/// A client with connections of its own, which it keeps.
pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

/// One request and its whole answer; it is never sent twice.
pub fn request(agent: &Agent, method: &str, address: SocketAddr, path: &str) -> Result<Answer, ureq::Error> {
    let start = Instant::now();
    let request = ureq::http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    // Else a POST has an empty chunk after its head, and a server that has answered before it comes ends the connection.
    let request = request.header("content-length", "0").body(())?;
    let mut response = agent.run(request)?;
    let body = response.body_mut().read_to_string()?;
    let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
        took: start.elapsed(),
    })
}
