//! `--keep`: the stack stays up, and the command that was printed removes it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use crate::tree::Tree;
use crate::xtask::{ENOUGH, Ended, images_are_current, programs_are_built, xtask};
use tests_common::{Test, chromium, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["keep";
        a_kept_stack_answers_until_it_is_removed_on_compose: [Engine, Compose, Unix],
        a_kept_stack_answers_until_it_is_removed_on_host: [Unix, Redis, Proc],
        a_kept_stack_answers_until_it_is_removed_on_embedded: [Unix, Proc],
        after_the_second_act_the_stack_that_was_restored_is_kept: [Unix, Proc],
        no_two_of_20_000_visits_from_64_clients_get_one_number: [Unix],
        a_browser_reads_the_number_and_its_favicon_request_does_not_count: [Unix, Browser],
    ]
}

/// Runs the demo with `--keep`, and returns how it ended and the address of the stack that it left.
fn kept(stack: &str, more: &[&str]) -> (Ended, String) {
    match stack {
        "compose" => images_are_current(),
        _ => programs_are_built(),
    }
    let demo = xtask(&Tree::real(), ["demo", "--keep", "--json", "--stack", stack]);
    let ended = demo.args(more).run(ENOUGH);
    let report = ended.assert_code(0).report();
    let url = report["url"].as_str().expect("an address").to_owned();
    ended.assert_says(&format!("The stack stays up: {url}"));
    let steps = report["steps"].as_array().expect("a list");
    assert!(steps.iter().all(|step| step["name"] != "down"), "{report}");
    (ended, url)
}

/// Runs the command that was printed, as a person does: in a shell, in the repository.
fn remove(ended: &Ended) {
    let output = Command::new("sh").args(["-c", ended.removal()]).current_dir(Tree::real().root()).output();
    let output = output.expect("sh starts");
    assert!(output.status.success(), "{}: {}", ended.removal(), String::from_utf8_lossy(&output.stderr));
    eventually(&format!("“{}” has removed all", ended.removal()), ENOUGH, || {
        ended.left().is_empty().then_some(())
    });
}

/// Expects that the next visit of a stack that is kept reads `next`.
fn assert_kept(stack: &str, more: &[&str], next: u32) {
    let (ended, url) = kept(stack, more);
    let mut answer = ureq::get(&url).call().expect("the stack answers");
    let body = answer.body_mut().read_to_string().expect("a body");
    assert_eq!(body, format!("Hello World! {next} times.\n"));
    assert!(!ended.left().is_empty());
    remove(&ended);
    assert!(ureq::get(&url).call().is_err(), "{url} still answers");
}

fn a_kept_stack_answers_until_it_is_removed_on_compose() {
    // The demo's last visit read 1.
    assert_kept("compose", &[], 2);
}

fn a_kept_stack_answers_until_it_is_removed_on_host() {
    assert_kept("host", &[], 2);
}

fn a_kept_stack_answers_until_it_is_removed_on_embedded() {
    assert_kept("embedded", &[], 2);
}

fn after_the_second_act_the_stack_that_was_restored_is_kept() {
    // Three visits were in the backup, and the demo came once more.
    assert_kept("embedded", &["--all"], 5);
}

fn a_browser_reads_the_number_and_its_favicon_request_does_not_count() {
    let (ended, url) = kept("embedded", &[]);
    let profile = tempfile::tempdir().expect("a folder for the browser");
    let browser = Command::new(chromium().expect("it was asked for"))
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--dump-dom",
        ])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(&url)
        .output()
        .expect("the browser starts");
    let page = String::from_utf8_lossy(&browser.stdout);
    // The demo's last visit read 1.
    assert!(page.contains("Hello World! 2 times."), "{page}");
    let icon = ureq::get(format!("{url}favicon.ico")).call();
    assert!(matches!(icon, Err(ureq::Error::StatusCode(404))), "{icon:?}");
    let mut hits = ureq::get(format!("{url}hits")).call().expect("the stack answers");
    assert_eq!(hits.body_mut().read_to_string().expect("a body"), "{\"hits\":2}");
    remove(&ended);
}

fn no_two_of_20_000_visits_from_64_clients_get_one_number() {
    const CLIENTS: usize = 64;
    const VISITS: usize = 20_000;
    let (ended, url) = kept("embedded", &[]);
    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    // The first clients take one visit more each, so that the sum is right.
    let client = |index: usize| {
        let visits = VISITS / CLIENTS + usize::from(index < VISITS % CLIENTS);
        let address = address.clone();
        thread::spawn(move || visit(&address, visits))
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let answers: Vec<u64> =
        clients.into_iter().flat_map(|client| client.join().expect("no client fails")).collect();
    assert_eq!(answers.len(), VISITS);
    let different: HashSet<&u64> = answers.iter().collect();
    assert_eq!(different.len(), VISITS, "some visits got one number");
    // The demo's own last visit was the first.
    assert_eq!(answers.iter().max(), Some(&(VISITS as u64 + 1)));
    remove(&ended);
}

/// Visits on one connection that is kept; the numbers that were read.
fn visit(address: &str, visits: usize) -> Vec<u64> {
    let stream = TcpStream::connect(address).expect("the stack takes a connection");
    stream.set_nodelay(true).expect("an option can be set");
    stream.set_read_timeout(Some(ENOUGH)).expect("an option can be set");
    let mut answers = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    (0..visits)
        .map(|_| {
            (&stream)
                .write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
                .expect("a request");
            number(&body(&mut answers))
        })
        .collect()
}

/// The body of the next answer, which says its length.
fn body(answers: &mut impl BufRead) -> String {
    let mut lines = answers.by_ref().lines().map(|line| line.expect("an answer").to_lowercase());
    assert_eq!(lines.next().as_deref(), Some("http/1.1 200 ok"));
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).expect("a length")];
    answers.read_exact(&mut body).expect("a body");
    String::from_utf8(body).expect("a text")
}

fn number(body: &str) -> u64 {
    let number = body.strip_prefix("Hello World! ").and_then(|rest| rest.strip_suffix(" times.\n"));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{body:?}"))
}
