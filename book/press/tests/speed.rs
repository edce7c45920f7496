//! What building both books takes of the processors, beside mdBook's own work on the same sources. (On the wall it is less: the
//! books are built side by side.)

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::path::Path;
use std::time::Duration;

use mdbook_driver::MDBook;
use press::build::{self, Order};
use press::language::Language;
use rustix::time::{ClockId, clock_gettime};

/// How much more of the processors it may take than mdBook alone.
const MOST: f64 = 1.8;

/// What `work` takes of the processors: a clock on the wall would tell what else this machine does.
fn measured(work: impl FnOnce()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap();
    let started = now();
    work();
    now() - started
}

/// mdBook as it comes, on the sources of both books.
fn plain(root: &Path, out: &Path) {
    for language in Language::ALL {
        let book = root.join("book").join(language.tag());
        let mut config = mdbook_driver::config::Config::default();
        config.build.build_dir = out.join(language.tag());
        MDBook::load_with_config(book, config).unwrap().build().unwrap();
    }
}

#[test]
fn both_books_take_at_most_four_fifths_more_than_mdbook_alone() {
    let root = common::repository();
    let out = tempfile::tempdir().unwrap();
    let order = Order {
        out: out.path().join("pressed"),
        reports: vec![out.path().join("none.json")],
        root: root.clone(),
        ..common::Books::new().order()
    };
    // By turns, and the best of each: what else the machine does is felt in the processors' caches, and the same work was
    // seen to take a third more. The more rounds, the nearer both are to what the work itself takes.
    let (mut best_plain, mut best_pressed) = (Duration::MAX, Duration::MAX);
    let mut ratio = f64::INFINITY;
    for round in 1..=30 {
        best_plain = best_plain.min(measured(|| plain(&root, &out.path().join("plain"))));
        best_pressed = best_pressed.min(measured(|| build::build(&order).unwrap()));
        ratio = best_pressed.as_secs_f64() / best_plain.as_secs_f64();
        eprintln!("{round}: mdBook alone {best_plain:.2?}, press {best_pressed:.2?}: {ratio:.2} times");
        if round >= 3 && ratio <= MOST {
            return;
        }
    }
    panic!("{ratio:.2} times mdBook's own time");
}
