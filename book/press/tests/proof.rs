//! The footer says when a page's commands were last executed, and is not there where that is not known.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::process::ExitCode;

use common::Books;
use tests_common::{Need, tests};

fn main() -> ExitCode {
    let tests = tests!("proof", needs [Need::Git];
        the_footer_says_when_and_with_what_in_the_pages_language,
        the_footer_names_each_engine_and_is_there_only_where_the_page_is_right_on_all,
        there_is_no_footer_without_a_report_a_real_redis_and_a_good_run,
        there_is_no_footer_once_the_tree_has_changed,
        a_file_that_is_no_report_is_named,
    );
    tests_common::run(tests, None)
}

/// A tree with one commit, and a report on it with `change` made to it.
fn reported(change: (&str, &str)) -> Books {
    let books = Books::new();
    books.write(".gitignore", "/target\n");
    books.git(&["init", "--quiet"]);
    books.git(&["add", "--all"]);
    books.git(&["commit", "--quiet", "--message", "one"]);
    let commit = books.git(&["log", "-1", "--abbrev=7", "--format=%h"]);
    let report = format!(
        "{{\"ok\": true, \"at\": 1795322315, \"commit\": \"{commit}\", \"engine\": \"28.5.1\", \"compose\": \"2.40.0\", \
         \"redis\": \"redis:8\", \"stand_in\": false, \"pages\": [\
         {{\"page\": \"first\", \"language\": \"en\", \"file\": \"f\", \"ok\": true, \"steps\": 1, \"ms\": 1, \"commands_ms\": 1}},\
         {{\"page\": \"first\", \"language\": \"pt-BR\", \"file\": \"f\", \"ok\": true, \"steps\": 1, \"ms\": 1, \"commands_ms\": 1}},\
         {{\"page\": \"alone\", \"language\": \"en\", \"file\": \"f\", \"ok\": true, \"steps\": 0, \"ms\": 1, \"commands_ms\": 1}}]}}"
    );
    let changed = report.replace(change.0, change.1);
    std::fs::create_dir_all(books.root().join("target")).unwrap();
    books.write("target/verify.json", &changed);
    books
}

fn has_footer(books: &Books, page: &str) -> bool {
    books.page(page).contains("<footer class=\"proof\">")
}

fn the_footer_says_when_and_with_what_in_the_pages_language() {
    let books = reported(("", ""));
    books.build();
    let english = books.page("en/first.html");
    assert!(english.contains("<time datetime=\"2026-11-22\">22 November 2026</time>"), "{english}");
    assert!(english.contains("with Docker Engine 28.5.1 and Compose 2.40.0."), "{english}");
    let portuguese = books.page("pt-BR/first.html");
    assert!(portuguese.contains(">22 de novembro de 2026</time>"), "{portuguese}");
    assert!(portuguese.contains("com o Docker Engine 28.5.1 e o Compose 2.40.0."), "{portuguese}");
    assert!(!has_footer(&books, "en/second.html"), "the page was not run");
    assert!(!has_footer(&books, "en/alone.html"), "the page has no step");
}

/// As [`reported`], with another report on the same commit.
fn reported_twice(change: (&str, &str)) -> String {
    let books = reported(("", ""));
    let second = books.read("target/verify.json").replace("28.5.1", "20.10.24").replace("2.40.0", "2.26.1");
    books.write("target/oldest.json", &second.replace(change.0, change.1));
    let mut order = books.order();
    order.reports.push(books.root().join("target/oldest.json"));
    press::build::build(&order).unwrap();
    books.page("en/first.html")
}

fn the_footer_names_each_engine_and_is_there_only_where_the_page_is_right_on_all() {
    let page = reported_twice(("", ""));
    let said =
        "with Docker Engine 28.5.1 and Compose 2.40.0, and with Docker Engine 20.10.24 and Compose 2.26.1.";
    assert!(page.contains(said), "{page}");
    let page = reported_twice(("\"ok\": true, \"steps\": 1", "\"ok\": false, \"steps\": 1"));
    assert!(!page.contains("class=\"proof\""), "{page}");
    let page = reported_twice((
        "\"page\": \"first\", \"language\": \"en\"",
        "\"page\": \"second\", \"language\": \"en\"",
    ));
    assert!(!page.contains("class=\"proof\""), "another page of the language was executed: {page}");
    let page = reported_twice(("\"language\": \"en\"", "\"language\": \"pt-BR\""));
    assert!(
        page.contains("with Docker Engine 28.5.1 and Compose 2.40.0."),
        "the other language alone: {page}"
    );
}

fn there_is_no_footer_without_a_report_a_real_redis_and_a_good_run() {
    for change in [
        ("\"commit\": \"", "\"commit\": null, \"was\": \""),
        ("\"stand_in\": false", "\"stand_in\": true"),
        ("\"ok\": true, \"steps\"", "\"ok\": false, \"steps\""),
    ] {
        let books = reported(change);
        books.build();
        assert!(!has_footer(&books, "en/first.html"), "{change:?}");
    }
    let books = Books::new();
    books.build();
    assert!(!has_footer(&books, "en/first.html"));
}

fn there_is_no_footer_once_the_tree_has_changed() {
    let books = reported(("", ""));
    books.change("book/en/src/second.md", "And then that.", "And then this.");
    books.build();
    assert!(!has_footer(&books, "en/first.html"), "a change that is not committed");
    books.git(&["commit", "--quiet", "--all", "--message", "two"]);
    books.build();
    assert!(!has_footer(&books, "en/first.html"), "a report on another commit");
}

fn a_file_that_is_no_report_is_named() {
    let books = reported(("\"pages\"", "\"sites\""));
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert!(error.contains("verify.json is no report"), "{error}");
}
