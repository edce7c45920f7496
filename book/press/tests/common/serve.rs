//! `press serve`, on a small book.

// Not every test uses all of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Books;

/// `press serve`, ended with the test.
pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    pub fn start(books: &Books) -> Server {
        Server::on("0", books)
    }

    /// On this port.
    pub fn on(port: &str, books: &Books) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_press"));
        command.args(["serve", "--port", port]).current_dir(books.root());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").and_then(|line| line.strip_suffix('/'));
        Server { address: address.unwrap_or_else(|| panic!("no address: {line}")).to_owned(), child }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until a page holds this.
    pub fn until_shown(&self, path: &str, text: &str) {
        let started = Instant::now();
        while !self.get(path).contains(text) {
            assert!(started.elapsed() < Duration::from_secs(60), "{path} never holds “{text}”");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        stream
    }

    pub fn get(&self, path: &str) -> String {
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
