//! Many windows at once, which a browser gives six connections to one server, and windows that nobody sees for a while.

use serde_json::json;

use crate::common::Books;
use crate::common::live::{ENDLESS, Live, RIGHT};
use crate::common::serve::Server;
use crate::driver::Browser;
use crate::live::{click_run, open, until_verdict};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["windows";
        eight_windows_are_served_and_each_shows_every_change: [Browser, Patience],
        eight_windows_see_how_a_step_ends: [Browser],
        a_page_that_nobody_saw_shows_what_was_changed_meanwhile: [Browser],
        a_server_that_is_started_again_is_found_again: [Browser],
        a_page_that_nobody_saw_tells_what_a_step_did_meanwhile: [Browser],
    ]
}

const WINDOWS: usize = 8;

/// Opens one more window each time, and does what is to be done there; the first is open. Returns their names.
fn windows(browser: &Browser, each: impl Fn()) -> Vec<String> {
    each();
    let mut names = Vec::new();
    for _ in 1..WINDOWS {
        let (before, new) = browser.open_window();
        each();
        names.push(before);
        if names.len() == WINDOWS - 1 {
            names.push(new);
        }
    }
    names
}

/// How a page that nobody saw is seen again: its window is, or it is come back to and is as it was left.
const RETURNS: [&str; 2] =
    ["new Event('visibilitychange')", "new PageTransitionEvent('pageshow', { persisted: true })"];

/// Lets the page have it that nobody sees it, and waits until as many of its questions have come to know.
fn hide(browser: &Browser, questions: usize) {
    let script = "window.looked = 0; Object.defineProperty(document, 'hidden', { configurable: true, \
                  get: () => { window.looked++; return true; } }); \
                  document.dispatchEvent(new Event('visibilitychange')); return null";
    browser.run(script, &json!([]));
    browser.until(&format!("window.looked >= {questions}"));
}

/// Lets it have it that somebody sees it, by one of the [`RETURNS`].
fn show(browser: &Browser, event: &str) {
    let script = format!(
        "delete document.hidden; ({event}.persisted ? window : document).dispatchEvent({event}); return null"
    );
    browser.run(&script, &json!([]));
}

/// Waits until the page shows this.
fn until_shown(browser: &Browser, text: &str) {
    browser.until(&format!("document.querySelector('main')?.textContent.includes('{text}')"));
}

const PAGE: &str = "book/en/src/second.md";

fn eight_windows_are_served_and_each_shows_every_change() {
    let books = Books::new();
    let server = Server::start(&books);
    let browser = Browser::start();
    let windows = windows(&browser, || {
        browser.visit(&server.url("/en/second.html"));
        until_shown(&browser, "And then that.");
        assert_eq!(browser.run("return document.hidden", &json!([])), false);
    });
    for (before, now) in [("that", "this"), ("this", "something")] {
        books.change(PAGE, &format!("And then {before}."), &format!("And then {now}."));
        for window in &windows {
            browser.choose_window(window);
            until_shown(&browser, &format!("And then {now}."));
            browser.run("window.isTheSame = true; return null", &json!([]));
        }
    }
    // Once is enough: it asks on, and stays.
    browser.until(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/-/changes')).length >= 4",
    );
    assert_eq!(browser.run("return window.isTheSame", &json!([])), true);
}

fn eight_windows_see_how_a_step_ends() {
    let live = Live::start();
    let browser = Browser::start();
    let windows = windows(&browser, || {
        open(&browser, &live, "/en/steps.html");
        assert_eq!(browser.run("return document.hidden", &json!([])), false);
    });
    click_run(&browser, RIGHT);
    for window in &windows {
        browser.choose_window(window);
        until_verdict(&browser, RIGHT, "✓ matched");
        browser.until("document.querySelector('.live-hits').textContent === 'no app is up'");
    }
}

fn a_page_that_nobody_saw_shows_what_was_changed_meanwhile() {
    let books = Books::new();
    let server = Server::start(&books);
    let browser = Browser::start();
    browser.visit(&server.url("/en/second.html"));
    until_shown(&browser, "And then that.");
    for (event, [before, now]) in RETURNS.iter().zip([["that", "this"], ["this", "something"]]) {
        hide(&browser, 1);
        books.change(PAGE, &format!("And then {before}."), &format!("And then {now}."));
        server.until_shown("/en/second.html", &format!("And then {now}."));
        show(&browser, event);
        until_shown(&browser, &format!("And then {now}."));
    }
    // One that is come back to and was not kept, too.
    browser.visit(&server.url("/en/first.html"));
    books.change(PAGE, "And then something.", "And then that.");
    browser.back();
    until_shown(&browser, "And then that.");
}

fn a_server_that_is_started_again_is_found_again() {
    let books = Books::new();
    let server = Server::start(&books);
    let browser = Browser::start();
    browser.visit(&server.url("/en/second.html"));
    until_shown(&browser, "And then that.");
    let port = server.address.split_once(':').unwrap().1.to_owned();
    drop(server);
    books.change(PAGE, "And then that.", "And then this.");
    let _server = Server::on(&port, &books);
    until_shown(&browser, "And then this.");
}

fn a_page_that_nobody_saw_tells_what_a_step_did_meanwhile() {
    let live = Live::start();
    let browser = Browser::start();
    open(&browser, &live, "/en/steps.html");
    for event in RETURNS {
        click_run(&browser, ENDLESS);
        until_verdict(&browser, ENDLESS, "is running");
        // It asks what happens, and for the counter.
        hide(&browser, 2);
        assert_eq!(live.post("stop").status, 202);
        live.until_end("en/steps", ENDLESS);
        show(&browser, event);
        until_verdict(&browser, ENDLESS, "✗ stopped");
    }
    browser.visit("about:blank");
    live.run("en/steps", RIGHT);
    live.until_end("en/steps", RIGHT);
    browser.back();
    until_verdict(&browser, RIGHT, "✓ matched");
    click_run(&browser, ENDLESS);
    until_verdict(&browser, ENDLESS, "is running");
    live.post("stop");
    until_verdict(&browser, ENDLESS, "✗ stopped");
}
