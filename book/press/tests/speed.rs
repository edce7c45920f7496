//! Building both books costs little more than mdBook's own work on the same sources.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use mdbook_driver::MDBook;
use press::build::{self, Order};
use press::language::Language;

/// How much longer it may take than mdBook alone.
const MOST: f64 = 1.3;

/// mdBook as it comes, on the sources of both books.
fn plain(root: &Path, out: &Path) -> Duration {
    let started = Instant::now();
    for language in Language::ALL {
        let book = root.join("book").join(language.tag());
        let mut config = mdbook_driver::config::Config::default();
        config.build.build_dir = out.join(language.tag());
        MDBook::load_with_config(book, config).unwrap().build().unwrap();
    }
    started.elapsed()
}

/// This book's way.
fn pressed(order: &Order) -> Duration {
    let started = Instant::now();
    build::build(order).unwrap();
    started.elapsed()
}

#[test]
fn both_books_take_at_most_a_third_longer_than_mdbook_alone() {
    let root = common::repository();
    let out = tempfile::tempdir().unwrap();
    let order = Order {
        out: out.path().join("pressed"),
        reports: vec![out.path().join("none.json")],
        root: root.clone(),
        ..common::Books::new().order()
    };
    // By turns, since the machine's other work comes and goes, and the best of each.
    let runs = (0..5).map(|_| (plain(&root, &out.path().join("plain")), pressed(&order)));
    let runs: Vec<(Duration, Duration)> = runs.collect();
    let plain = runs.iter().map(|(plain, _)| *plain).min().unwrap();
    let pressed = runs.iter().map(|(_, pressed)| *pressed).min().unwrap();
    let ratio = pressed.as_secs_f64() / plain.as_secs_f64();
    eprintln!("mdBook alone {plain:.2?}, press {pressed:.2?}: {ratio:.2} times");
    assert!(ratio <= MOST, "{ratio:.2} times mdBook's own time: {runs:?}");
}
