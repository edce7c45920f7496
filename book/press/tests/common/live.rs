//! `press live` on a small book whose steps need no engine.

// Not every test uses all of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Books;

/// Steps that are right, wrong, long, endless, not for us, and at the end of a page.
pub const STEPS: &str = r#"# The steps

```console
$ echo one; touch ran
one
$ echo two >&2
```

```console
$ printf 'one\ntwo\nthree\n'
one
too
three
```

```console
$ seq 100000
1
...
100000
```

```console
$ echo started; echo $$ > pid; sleep 60 & sleep 60
started
```

```console,norun="it waits for a person"
$ cat
```

```console
$ exit 3 # as docker does
```

<details class="notes">
<summary>Speaker notes</summary>

Say this.

</details>
"#;

/// Steps that are all right.
pub const GOOD: &str = "# All good\n\nText.\n\n```console\n$ touch up\n```\n\nMore text.\n\n```console\n$ echo two\ntwo\n```\n\n\
                        ```console\n$ rm up\n```\n";

/// The numbers of the steps.
pub const RIGHT: usize = 1;
pub const WRONG: usize = 2;
pub const LONG: usize = 3;
pub const ENDLESS: usize = 4;
pub const FAILING: usize = 6;

/// How long something may take to happen, and to be told.
const PATIENCE: Duration = Duration::from_secs(90);

/// The server, ended with the test.
pub struct Live {
    pub child: Child,
    pub address: String,
    pub token: String,
    pub books: Books,
}

/// An answer: its status, its head and its body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// The books with these pages.
pub fn books(more: &str) -> Books {
    let books = Books::new();
    for language in ["en", "pt-BR"] {
        let source = |name: &str| format!("book/{language}/src/{name}.md");
        let contents =
            "# Summary\n\n- [Steps](steps.md)\n- [Good](good.md)\n- [More](more.md)\n- [Prose](prose.md)\n";
        books.write(&source("SUMMARY"), contents);
        books.write(&source("steps"), STEPS);
        books.write(&source("good"), GOOD);
        books.write(&source("more"), more);
        books.write(&source("prose"), "# Prose\n\nNothing to run.\n");
    }
    books
}

/// A page with one step.
pub const MORE: &str = "# More\n\n```console\n$ test ! -e up && echo from nothing\nfrom nothing\n```\n";

impl Live {
    pub fn start() -> Live {
        Live::with(books(MORE), "127.0.0.1:1", &[])
    }

    /// On these books, with the app at this address; the start is `press live` with `more` arguments.
    pub fn with(books: Books, app: &str, more: &[&str]) -> Live {
        let mut command = command(books.root(), app);
        command.args(more);
        Live::begin(command, books)
    }

    /// By this command, on a free port.
    pub fn begin(command: Command, books: Books) -> Live {
        Live::on(0, command, books)
    }

    /// By this command, on this port.
    pub fn on(port: u16, mut command: Command, books: Books) -> Live {
        let mut child = command.args(["--port", &port.to_string()]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").and_then(|line| line.strip_suffix('/'));
        let address = address.unwrap_or_else(|| panic!("no address: {line}")).to_owned();
        let mut live = Live { child, address, token: String::new(), books };
        let page = live.get("/en/steps.html").body;
        let token = page.split_once("\"token\":\"").unwrap().1;
        live.token = token.split('"').next().unwrap().to_owned();
        live
    }

    /// Lets the server sleep, as it does with its machine; what it runs is awake.
    #[cfg(unix)]
    pub fn sleep(&self, time: Duration) {
        let send = |signal: &str| {
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        };
        send("-STOP");
        std::thread::sleep(time);
        send("-CONT");
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request with exactly these lines of head, and no body.
    pub fn send(&self, request: &str, head: &[String]) -> Answer {
        send(&self.address, request, head)
    }

    pub fn host(&self) -> String {
        format!("Host: {}", self.address)
    }

    pub fn key(&self) -> String {
        format!("X-Live-Token: {}", self.token)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[self.host()])
    }

    /// As the page's script asks.
    pub fn post(&self, path: &str) -> Answer {
        self.send(&format!("POST /-/live/{path}"), &[self.host(), self.key()])
    }

    pub fn run(&self, place: &str, step: usize) {
        let answer = self.post(&format!("{place}/steps/{step}"));
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    /// What happens in a chapter, from there on.
    pub fn events(&self, place: &str, after: u64) -> Events {
        Events {
            address: self.address.clone(),
            head: [self.host(), self.key()],
            place: place.to_owned(),
            after,
            busy: None,
            since: Instant::now(),
        }
    }

    pub fn connect(&self) -> TcpStream {
        connect(&self.address)
    }

    /// Waits until a step has ended, and returns everything that is told of it.
    pub fn until_end(&self, place: &str, step: usize) -> Vec<Value> {
        self.events(place, 0).until_end(step)
    }
}

/// `press live`, about to be started.
pub fn command(root: &Path, app: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_press"));
    command.args([
        "live",
        "--start-over",
        "test ! -e gone || { echo no engine; exit 1; }; rm -f up; echo over >> overs",
        "--engine",
        "test ! -e gone",
        "--app",
        app,
    ]);
    command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

impl Drop for Live {
    fn drop(&mut self) {
        // Asked first, so that what it runs ends with it.
        Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status().ok();
        self.child.wait().ok();
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn send(address: &str, request: &str, head: &[String]) -> Answer {
    let mut stream = connect(address);
    let head = head.join("\r\n");
    write!(stream, "{request} HTTP/1.1\r\n{head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Somebody who is told what happens, by asking again and again.
pub struct Events {
    address: String,
    head: [String; 2],
    place: String,
    after: u64,
    busy: Option<Value>,
    since: Instant,
}

impl Events {
    /// The next that is told, once something is.
    pub fn next(&mut self) -> Value {
        loop {
            let request = format!("GET /-/live/{}/news/{}", self.place, self.after);
            let answer = send(&self.address, &request, &self.head);
            assert_eq!(answer.status, 200, "{}", answer.body);
            let news: Value = serde_json::from_str(&answer.body).unwrap();
            let last = news["items"].as_array().unwrap().last().map(|item| item["at"].as_u64().unwrap());
            if last.is_some() || self.busy.as_ref() != Some(&news["busy"]) {
                self.after = last.unwrap_or(self.after);
                self.busy = Some(news["busy"].clone());
                return news;
            }
            assert!(self.since.elapsed() < PATIENCE, "waited in vain for something to happen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What happened until a step ended, of all steps.
    pub fn until_end(&mut self, step: usize) -> Vec<Value> {
        self.until(|item| item["type"] == "end" && item["step"] == step)
    }

    /// What happened until something did.
    pub fn until(&mut self, is: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        while !items.iter().any(&is) {
            items.extend(self.next()["items"].as_array().unwrap().iter().cloned());
        }
        items
    }
}
