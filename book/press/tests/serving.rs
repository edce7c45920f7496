//! The served site shows a change, and only served pages listen for one.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use common::Books;
use common::serve::Server;

/// Waits until another build is shown than the one of this name, as pages do, and takes its name.
fn next(server: &Server, build: &mut String) {
    let started = Instant::now();
    loop {
        let answer = server.get("/-/changes");
        let (head, shown) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("no-store"), "{head}");
        if shown != *build {
            shown.clone_into(build);
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{build} is still shown");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The build that a page says it is of.
fn build(page: &str) -> String {
    common::values(page, "data-build")[0].to_owned()
}

#[test]
fn a_saved_page_theme_and_included_file_are_shown_and_told_of() {
    let books = Books::new();
    let server = Server::start(&books);
    let mut shown = build(&server.get("/pt-BR/second.html"));
    for (path, text, by, name) in [
        ("book/pt-BR/src/second.md", "E depois aquilo", "E depois o resto", "/pt-BR/second.html"),
        ("examples/app.rs", "Hello,", "Salve,", "/en/first.html"),
    ] {
        let saved = Instant::now();
        books.change(path, text, by);
        next(&server, &mut shown);
        let elapsed = saved.elapsed();
        let page = server.get(name);
        assert!(page.contains(by), "{path}: {page}");
        assert_eq!(build(&page), shown, "{path}");
        // A second on a quiet machine; a test shares its own with others.
        assert!(elapsed < Duration::from_secs(5), "{path}: {elapsed:?}");
    }
    books.change("book/theme/press.css", "/* Text */", "main { --new: 1; }");
    next(&server, &mut shown);
    let style = server.get("/en/first.html");
    let style = common::tags(&style, "<link rel=\"stylesheet\"")[0].to_owned();
    let style = common::values(&style, "href")[0].to_owned();
    assert!(server.get(&format!("/en/{style}")).contains("--new: 1;"));
}

#[test]
fn a_page_that_breaks_a_rule_leaves_the_last_good_build_until_it_is_mended() {
    let books = Books::new();
    let server = Server::start(&books);
    let mut shown = build(&server.get("/en/second.html"));
    books.change("book/en/src/second.md", "   $ redis-cli", "   $");
    books.change("book/en/src/second.md", "And then that.", "And then this.");
    assert!(server.get("/en/second.html").contains("And then that."));
    books.change("book/en/src/second.md", "   $\n", "   $ redis-cli\n");
    next(&server, &mut shown);
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
fn it_ends_when_asked_to_even_while_somebody_is_connected() {
    let books = Books::new();
    let mut server = Server::start(&books);
    let mut kept = TcpStream::connect(&server.address).unwrap();
    write!(kept, "GET /-/changes HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    assert!(kept.read(&mut [0; 100]).unwrap() > 0);
    let asked = Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
