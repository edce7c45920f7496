//! An app that lies: the demo fails, names the step, and shows the two lines that disagree.

use crate::tree::{Draft, Tree};
use crate::xtask::{COMPILING, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["lies";
        a_reset_that_does_nothing_is_caught_on_compose: [Engine, Compose],
        a_reset_that_does_nothing_is_caught_on_embedded: [],
        a_reset_that_says_it_has_reset_and_has_not_is_caught: [],
        a_reset_of_another_release_is_caught: [],
        an_app_that_was_built_from_other_sources_than_it_says_is_caught: [],
        a_counter_that_skips_is_caught: [],
        a_counter_that_repeats_is_caught: [],
        a_migration_that_was_only_announced_is_caught: [],
        a_backup_without_the_counter_is_caught: [],
        a_backup_without_the_log_is_caught: [],
        a_restore_that_says_it_has_restored_and_has_not_is_caught: [],
    ]
}

const RESET: &str = "examples/factor12/src/bin/reset.rs";
const STORE: &str = "examples/factor12/src/store.rs";

/// Runs the demo in a copy, and expects that it fails in `step`, and shows what it expected there and what it found.
fn assert_caught(draft: Draft, stack: &str, step: &str, expected: &str, found: &str) {
    let tree = draft.write();
    let ended = xtask(&tree, ["demo", "--all", "--json", "--stack", stack]).run(COMPILING);
    ended.assert_code(1).assert_nothing_left();
    let report = ended.report();
    let release = report["release"].as_str().expect("the release that serves");
    let (failed, error) = ended.failed_step();
    assert_eq!(failed, step, "{error}");
    let lines: Vec<&str> = error.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 2, "{error}");
    let without_address = |line: &str| match (line.rsplit_once(" ("), line.rsplit_once(", ")) {
        (Some((start, _)), Some((_, end))) => format!("{start} (…, {end}"),
        _ => line.to_owned(),
    };
    let expected = expected.replace("RELEASE", release);
    assert_eq!(without_address(lines[0]), format!("expected: {expected}"));
    let found = found.replace("RELEASE", release);
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
    let draft =
        Tree::copy("lying-reset").compiled_here().edit(RESET, "store.reset_to(0)?", "{ drop(store); 3 }");
    assert_caught(draft, "embedded", "visit", "Hello World! 1 times.", "Hello World! 4 times.");
}

fn a_reset_of_another_release_is_caught() {
    let draft = Tree::copy("other-release")
        .compiled_here()
        .replace(RESET, "fn main() {\n    println!(\"hits: 3 -> 0 (127.0.0.1:6379, release 0.0.9)\");\n}\n");
    let expected = "hits: 3 -> 0 (…, release RELEASE)";
    assert_caught(draft, "embedded", "reset", expected, "hits: 3 -> 0 (…, release 0.0.9)");
}

fn an_app_that_was_built_from_other_sources_than_it_says_is_caught() {
    let tree = Tree::copy("other-build")
        .compiled_here()
        .edit(
            "examples/factor12/build/main.rs",
            "digest::short(&digest::digest(&root, \"factor12\")?)",
            "\"0000000\"",
        )
        .write();
    let ended = xtask(&tree, ["demo", "--json", "--stack", "embedded"]).run(COMPILING);
    ended.assert_code(1).assert_nothing_left();
    let (failed, error) = ended.failed_step();
    assert!(failed == "up" && error.contains("+0000000."), "{failed}: {error}");
}

/// The Redis that a process works on, and the release, as an honest one says them.
const SIGNED: &str = r#"
fn signed(said: &str) {
    let [host, port] = ["HOST_REDIS", "PORT_REDIS"].map(|name| std::env::var(name).unwrap());
    println!("{said} ({host}:{port}, release {})", factor12::release());
}
"#;

fn a_migration_that_was_only_announced_is_caught() {
    let migrate = format!("{SIGNED}\nfn main() {{\n    signed(\"schema: 0 -> 2\");\n}}\n");
    let draft = Tree::copy("announced-migration")
        .compiled_here()
        .replace("examples/factor12/src/bin/migrate.rs", &migrate);
    let (expected, found) = (
        "backup: 1 records, schema 2 (…, release RELEASE)",
        "backup: 1 record, schema 0 (…, release RELEASE)",
    );
    assert_caught(draft, "embedded", "backup", expected, found);
}

const BACKUP: &str = "examples/factor12/src/bin/backup.rs";

fn a_backup_without_the_counter_is_caught() {
    let draft = Tree::copy("backup-without-counter").compiled_here().edit(
        BACKUP,
        "if let Some(value) = value {",
        "if let Some(value) = value.filter(|_| key != HITS) {",
    );
    assert_caught(draft, "embedded", "restore", "hits: (nothing) -> 3", "hits: (nothing) -> (nothing)");
}

fn a_backup_without_the_log_is_caught() {
    let draft = Tree::copy("backup-without-log").compiled_here().edit(
        BACKUP,
        "for entry in entries {",
        "for entry in entries.into_iter().skip(1) {",
    );
    assert_caught(draft, "embedded", "console", "resets: 1", "resets: 0");
}

fn a_restore_that_says_it_has_restored_and_has_not_is_caught() {
    let restore = format!(
        "{SIGNED}\n{}",
        r#"fn main() {
    let backup: Vec<String> = std::io::stdin().lines().map(Result::unwrap).collect();
    let [time, release] = ["time\":\"", "release\":\""].map(|name| {
        backup[0].split_once(name).unwrap().1.split('"').next().unwrap()
    });
    println!("hits: (nothing) -> 3");
    signed(&format!("restored: {} records of {time}, by release {release}", backup.len() - 2));
}
"#
    );
    let draft =
        Tree::copy("lying-restore").compiled_here().replace("examples/factor12/src/bin/restore.rs", &restore);
    assert_caught(draft, "embedded", "hits", "{\"hits\":3}", "{\"hits\":0}");
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
