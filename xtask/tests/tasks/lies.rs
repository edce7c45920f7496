//! An app that lies: the demo fails, names the step, and shows the two lines that disagree.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use crate::docker;
use crate::system;
use crate::tree::{Draft, Tree};
use crate::xtask::{COMPILING, Ended, Xtask, images_are_current, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["lies";
        a_reset_that_does_nothing_is_caught_on_compose: [Engine, Compose, Packing],
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

/// One app that knows every lie, and is compiled once: where it is doctored, what stands there, and what takes its place.
const DOCTORED: [[&str; 3]; 11] = [
    [
        "lib.rs",
        "\npub mod admin;",
        r#"
/// Whether this is the lie to tell.
pub fn lie(name: &str) -> bool {
    std::env::var_os("LIE").is_some_and(|lie| lie == name)
}

/// The Redis that a process works on, and the release, as an honest one says them.
pub fn signed(said: &str) -> std::process::ExitCode {
    let [host, port] = ["HOST_REDIS", "PORT_REDIS"].map(|name| std::env::var(name).unwrap());
    println!("{said} ({host}:{port}, release {})", release());
    std::process::ExitCode::SUCCESS
}

pub mod admin;"#,
    ],
    [
        "lib.rs",
        "configuration().map_or_else(",
        r#"let build = if lie("another-build") { "0.1.0+0000000" } else { build };
        configuration().map_or_else("#,
    ],
    ["store.rs", "Cmd::incr(HITS, 1), PATIENCE).await", "Cmd::incr(HITS, step()), PATIENCE).await.map(told)"],
    [
        "store.rs",
        "\nimpl ",
        r#"
fn step() -> i64 {
    if crate::lie("skips") { 2 } else { 1 }
}

fn told(number: i64) -> i64 {
    if crate::lie("repeats") { number.min(2) } else { number }
}

impl "#,
    ],
    [
        "bin/reset.rs",
        "let Args {} = cli::parse();",
        r#"if factor12::lie("idle-reset") {
        return ExitCode::SUCCESS;
    }
    if factor12::lie("another-release") {
        println!("hits: 3 -> 0 (127.0.0.1:6379, release 0.0.9)");
        return ExitCode::SUCCESS;
    }
    let Args {} = cli::parse();"#,
    ],
    [
        "bin/reset.rs",
        "store.reset_to(0)?",
        r#"if factor12::lie("lying-reset") { "3".to_owned() } else { store.reset_to(0)?.to_string() }"#,
    ],
    [
        "bin/migrate.rs",
        "let args: Args = cli::parse();",
        r#"if factor12::lie("announced-migration") {
        return factor12::signed("schema: 0 -> 2");
    }
    let args: Args = cli::parse();"#,
    ],
    [
        "bin/backup.rs",
        "let Args {} = cli::parse();",
        r#"if factor12::lie("long-backup") {
        println!("its first line");
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    let Args {} = cli::parse();"#,
    ],
    [
        "bin/backup.rs",
        "if let Some(value) = value {",
        r#"if let Some(value) = value.filter(|_| key != HITS || !factor12::lie("backup-without-counter")) {"#,
    ],
    [
        "bin/backup.rs",
        "for entry in entries {",
        r#"for entry in entries.into_iter().skip(usize::from(factor12::lie("backup-without-log"))) {"#,
    ],
    [
        "bin/restore.rs",
        "let args: Args = cli::parse();",
        r#"if factor12::lie("lying-restore") {
        let backup: Vec<String> = io::stdin().lines().map(Result::unwrap).collect();
        let [time, release] = ["time\":\"", "release\":\""]
            .map(|name| backup[0].split_once(name).unwrap().1.split('"').next().unwrap());
        println!("hits: (nothing) -> 3");
        let records = backup.len() - 2;
        return factor12::signed(&format!("restored: {records} records of {time}, by release {release}"));
    }
    let args: Args = cli::parse();"#,
    ],
];

/// The whole demo on embedded, told by an app that tells this lie.
pub fn demo(lie: &str) -> Xtask {
    static TREE: OnceLock<Tree> = OnceLock::new();
    let tree = TREE.get_or_init(|| {
        let draft = Tree::copy("lies").compiled_here();
        let doctor = |draft: Draft, [file, from, to]: [&str; 3]| {
            draft.edit(&format!("examples/factor12/src/{file}"), from, to)
        };
        DOCTORED.into_iter().fold(draft, doctor).write()
    });
    xtask(tree, ["demo", "--all", "--json", "--stack", "embedded"]).env("LIE", lie)
}

/// Fails unless the demo failed in `step`, and showed what it expected there and what it found.
fn assert_caught(demo: Xtask, step: &str, expected: &str, found: &str) {
    let ended = demo.run(COMPILING);
    let error = failed(&ended, step);
    let report = ended.report();
    let release = report["release"].as_str().expect("the release that serves");
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

/// Fails unless it failed in this step, and left nothing; returns what was said of the failure.
fn failed(ended: &Ended, step: &str) -> String {
    ended.assert_code(1).assert_nothing_left();
    let (failed, error) = ended.failed_step();
    assert_eq!(failed, step, "{error}");
    error
}

fn a_reset_that_does_nothing_is_caught_on_embedded() {
    assert_caught(demo("idle-reset"), "reset", "hits: 3 -> 0 (…, release RELEASE)", "");
}

fn a_reset_that_does_nothing_is_caught_on_compose() {
    images_are_current();
    let tree = Tree::copy("idle-reset").write();
    // This tree's own image, but for one program.
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (program, recipe) = (folder.path().join("reset"), folder.path().join("Dockerfile"));
    fs::write(folder.path().join("idle.rs"), "fn main() {}\n").expect("a source can be written");
    let mut rustc = Command::new("rustc");
    rustc.args(["-C", "target-feature=+crt-static", "idle.rs", "-o"]).arg(&program);
    assert!(rustc.current_dir(folder.path()).status().is_ok_and(|status| status.success()));
    system::set_mode(&program, 0o755);
    fs::write(&recipe, "FROM factor12\nCOPY reset /usr/local/bin/reset\n").expect("a recipe can be written");
    docker::docker(&["build", "--tag", tree.image(), &folder.path().display().to_string()]);
    let demo = xtask(&tree, ["demo", "--all", "--json", "--stack", "compose"]);
    assert_caught(demo, "reset-exec", "hits: 3 -> 0 (…, release RELEASE)", "");
}

fn a_reset_that_says_it_has_reset_and_has_not_is_caught() {
    assert_caught(demo("lying-reset"), "visit", "Hello World! 1 times.", "Hello World! 4 times.");
}

fn a_reset_of_another_release_is_caught() {
    let expected = "hits: 3 -> 0 (…, release RELEASE)";
    assert_caught(demo("another-release"), "reset", expected, "hits: 3 -> 0 (…, release 0.0.9)");
}

fn an_app_that_was_built_from_other_sources_than_it_says_is_caught() {
    let error = failed(&demo("another-build").run(COMPILING), "up");
    assert!(error.contains("+0000000."), "{error}");
}

fn a_migration_that_was_only_announced_is_caught() {
    let (expected, found) = (
        "backup: 1 records, schema 2 (…, release RELEASE)",
        "backup: 1 record, schema 0 (…, release RELEASE)",
    );
    assert_caught(demo("announced-migration"), "backup", expected, found);
}

fn a_backup_without_the_counter_is_caught() {
    let (expected, found) = ("hits: (nothing) -> 3", "hits: (nothing) -> (nothing)");
    assert_caught(demo("backup-without-counter"), "restore", expected, found);
}

fn a_backup_without_the_log_is_caught() {
    assert_caught(demo("backup-without-log"), "console", "resets: 1", "resets: 0");
}

fn a_restore_that_says_it_has_restored_and_has_not_is_caught() {
    assert_caught(demo("lying-restore"), "hits", "{\"hits\":3}", "{\"hits\":0}");
}

fn a_counter_that_skips_is_caught() {
    assert_caught(demo("skips"), "visit", "Hello World! 1 times.", "Hello World! 2 times.");
}

fn a_counter_that_repeats_is_caught() {
    assert_caught(demo("repeats"), "visit", "Hello World! 3 times.", "Hello World! 2 times.");
}
