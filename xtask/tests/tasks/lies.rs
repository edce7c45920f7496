//! An app that lies: the demo fails, names the step, and shows the two lines that disagree.

use libtest_mimic::Trial;

use crate::harness::tests;
use crate::tree::{Draft, Tree};
use crate::xtask::{COMPILING, xtask};

pub fn tests() -> Vec<Trial> {
    tests!["lies";
        a_reset_that_does_nothing_is_caught_on_compose: [Engine, Compose],
        a_reset_that_does_nothing_is_caught_on_embedded: [],
        a_reset_that_says_it_has_reset_and_has_not_is_caught: [],
        a_reset_of_another_release_is_caught: [],
        a_counter_that_skips_is_caught: [],
        a_counter_that_repeats_is_caught: [],
    ]
}

const RESET: &str = "examples/factor12/src/bin/reset.rs";
const STORE: &str = "examples/factor12/src/store.rs";

/// Runs the demo in a copy, and expects that it fails in `step`, and shows what it expected there and what it found.
fn assert_caught(draft: Draft, stack: &str, step: &str, expected: &str, found: &str) {
    let tree = draft.write();
    let ended = xtask(&tree, ["demo", "--json", "--stack", stack]).run(COMPILING);
    ended.assert_code(1).assert_nothing_left();
    let report = ended.report();
    let release = report["release"].as_str().expect("the release that serves");
    let (failed, error) = ended.failed_step();
    assert_eq!(failed, step, "{error}");
    let lines: Vec<&str> = error.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 2, "{error}");
    let without_address = |line: &str| match (line.split_once(" ("), line.split_once(", ")) {
        (Some((start, _)), Some((_, end))) => format!("{start} (…, {end}"),
        _ => line.to_owned(),
    };
    let expected = expected.replace("RELEASE", release);
    assert_eq!(without_address(lines[0]), format!("expected: {expected}"));
    assert_eq!(without_address(lines[1]), format!("found:    {found}").trim());
    // A person sees which step it was, and the same two lines.
    ended.assert_says(&error);
    let title = ended.stderr.lines().find(|line| line.contains("failed")).unwrap_or_default();
    assert!(title.contains(step), "{title}");
    let down = report["steps"].as_array().and_then(|steps| steps.last()).expect("a last step");
    assert_eq!((&down["name"], &down["ok"]), (&"down".into(), &true.into()));
}

fn a_reset_that_does_nothing(name: &str) -> Draft {
    Tree::copy(name).replace(RESET, "fn main() {}\n")
}

fn a_reset_that_does_nothing_is_caught_on_embedded() {
    let draft = a_reset_that_does_nothing("idle-reset").compiled_here();
    assert_caught(draft, "embedded", "reset", "hits: 3 -> 0 (…, release RELEASE)", "");
}

fn a_reset_that_does_nothing_is_caught_on_compose() {
    let draft = a_reset_that_does_nothing("idle-reset-image");
    assert_caught(draft, "compose", "reset-exec", "hits: 3 -> 0 (…, release RELEASE)", "");
}

fn a_reset_that_says_it_has_reset_and_has_not_is_caught() {
    let draft = Tree::copy("lying-reset").compiled_here().edit(RESET, "store.reset()?", "store.look()?").edit(
        STORE,
        "impl Admin {",
        "impl Admin {\n    /// Changes nothing.\n    pub fn look(&mut self) -> RedisResult<i64> {\n        \
         redis::Cmd::get(HITS).query(&mut self.connection)\n    }\n",
    );
    assert_caught(draft, "embedded", "visit", "Hello World! 1 times.", "Hello World! 4 times.");
}

fn a_reset_of_another_release_is_caught() {
    let draft = Tree::copy("other-release")
        .compiled_here()
        .replace(RESET, "fn main() {\n    println!(\"hits: 3 -> 0 (127.0.0.1:6379, release 0.0.9)\");\n}\n");
    let expected = "hits: 3 -> 0 (…, release RELEASE)";
    assert_caught(draft, "embedded", "reset", expected, "hits: 3 -> 0 (…, release 0.0.9)");
}

const COUNT: &str = "self.ask(Cmd::incr(HITS, 1), PATIENCE).await";

fn a_counter_that_skips_is_caught() {
    let draft = Tree::copy("skips").compiled_here().edit(
        STORE,
        COUNT,
        "self.ask(Cmd::incr(HITS, 2), PATIENCE).await",
    );
    assert_caught(draft, "embedded", "visit", "Hello World! 1 times.", "Hello World! 2 times.");
}

fn a_counter_that_repeats_is_caught() {
    let repeats = format!("let number: i64 = {COUNT}?;\n        Ok(number.min(2))");
    let draft = Tree::copy("repeats").compiled_here().edit(STORE, COUNT, &repeats);
    assert_caught(draft, "embedded", "visit", "Hello World! 3 times.", "Hello World! 2 times.");
}
