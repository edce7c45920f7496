//! The served site shows a change, and only served pages listen for one.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::Books;

/// `press serve`, ended with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(books: &Books) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_press"));
        command.args(["serve", "--port", "0"]).current_dir(books.root());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").and_then(|line| line.strip_suffix('/'));
        Server { address: address.unwrap_or_else(|| panic!("no address: {line}")).to_owned(), child }
    }

    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.ask(path).read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The number of the next build that is told of.
fn next(events: &mut impl BufRead) -> usize {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(events.read_line(&mut line).unwrap(), 0, "the events have ended");
        if let Some(number) = line.trim().strip_prefix("data: ") {
            return number.parse().unwrap();
        }
    }
}

/// Waits until the server listens to us.
fn listen(server: &Server) -> BufReader<TcpStream> {
    let mut events = BufReader::new(server.ask("/-/changes"));
    let mut line = String::new();
    while !line.starts_with("retry:") {
        line.clear();
        assert_ne!(events.read_line(&mut line).unwrap(), 0, "there are no events");
    }
    events
}

#[test]
fn a_saved_page_theme_and_included_file_are_shown_and_told_of() {
    let books = Books::new();
    let server = Server::start(&books);
    assert!(server.get("/pt-BR/second.html").contains("new EventSource(\"/-/changes\")"));
    let mut events = listen(&server);
    for (path, text, by, shown) in [
        ("book/pt-BR/src/second.md", "E depois aquilo", "E depois o resto", "/pt-BR/second.html"),
        ("examples/app.rs", "Hello,", "Salve,", "/en/first.html"),
    ] {
        let saved = Instant::now();
        books.change(path, text, by);
        next(&mut events);
        let elapsed = saved.elapsed();
        let page = server.get(shown);
        assert!(page.contains(by), "{shown}: {page}");
        // A second on a quiet machine; a test shares its own with others.
        assert!(elapsed < Duration::from_secs(5), "{path}: {elapsed:?}");
    }
    books.change("book/theme/press.css", "/* Text */", "main { --new: 1; }");
    next(&mut events);
    let style = server.get("/en/first.html");
    let style = common::tags(&style, "<link rel=\"stylesheet\"")[0].to_owned();
    let style = common::values(&style, "href")[0].to_owned();
    assert!(server.get(&format!("/en/{style}")).contains("--new: 1;"));
}

#[test]
fn a_page_that_breaks_a_rule_leaves_the_last_good_build_until_it_is_mended() {
    let books = Books::new();
    let server = Server::start(&books);
    let mut events = listen(&server);
    books.change("book/en/src/second.md", "   $ redis-cli", "   $");
    books.change("book/en/src/second.md", "And then that.", "And then this.");
    assert!(server.get("/en/second.html").contains("And then that."));
    books.change("book/en/src/second.md", "   $\n", "   $ redis-cli\n");
    next(&mut events);
    assert!(server.get("/en/second.html").contains("And then this."));
}

#[test]
fn an_address_that_leads_nowhere_is_answered_in_its_books_language() {
    let books = Books::new();
    let server = Server::start(&books);
    let answer = server.get("/pt-BR/gone.html");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("Esta página não existe"), "{answer}");
    assert!(server.get("/../Cargo.toml").starts_with("HTTP/1.1 404"));
    assert!(server.address.starts_with("127.0.0.1:"));
}

#[cfg(unix)]
#[test]
fn it_ends_when_asked_to_even_while_somebody_listens() {
    let books = Books::new();
    let mut server = Server::start(&books);
    let _events = listen(&server);
    let asked = Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
