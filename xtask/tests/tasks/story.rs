//! The story, on each stack: what it reports, what it proves, and that nothing is left of it.

use std::process::Command;

use serde_json::Value;

use crate::docker;
use crate::programs::{Programs, real};
use crate::tree::Tree;
use crate::xtask::{ENOUGH, Ended, Xtask, binary, images_are_current, programs_are_built, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["story";
        auto_takes_compose_where_an_engine_answers_and_the_demo_proves_where_each_reset_ran: [Engine, Compose],
        the_demo_passes_on_host: [Redis],
        the_demo_passes_on_embedded: [],
        the_whole_demo_passes_on_compose: [Engine, Compose],
        the_whole_demo_passes_on_compose_v1: [Engine, ComposeV1, Unix, Patience],
        the_whole_demo_passes_on_host: [Redis],
        the_whole_demo_passes_on_embedded: [],
        the_demo_visits_as_often_as_asked: [],
        the_whole_demo_visits_as_often_as_asked: [],
        stdout_holds_nothing_where_no_json_is_asked_for: [],
        wrong_usage_exits_with_2_and_says_what_is_accepted: [],
    ]
}

fn demo(stack: &str, more: &[&str]) -> Ended {
    match stack {
        "compose" => images_are_current(),
        _ => programs_are_built(),
    }
    xtask(&Tree::real(), ["demo", "--stack", stack]).args(more).run(ENOUGH)
}

/// The steps of a story with this many visits before each reset, of both acts if `all` of it is told: their
/// names, and what is read or printed.
fn steps(stack: &str, visits: u32, all: bool) -> Vec<(&'static str, Option<String>)> {
    let visit = |number: u32| ("visit", Some(format!("Hello World! {number} times.")));
    let reset = |name| (name, Some(format!("hits: {visits} -> 0 (…, release …)")));
    let mut steps = vec![(if stack == "compose" { "images" } else { "build" }, None), ("up", None)];
    steps.extend((1..=visits).map(visit));
    if stack == "compose" {
        steps.extend([reset("reset-exec"), visit(1)]);
        steps.extend((2..=visits).map(visit));
        steps.extend([reset("reset-run"), visit(1)]);
    } else {
        steps.extend([reset("reset"), visit(1)]);
    }
    if all {
        let says = |name, lines: &str| (name, Some(lines.replace("VISITS", &visits.to_string())));
        let hits = |number: u32| ("hits", Some(format!("{{\"hits\":{number}}}")));
        steps.push(says("migrate", MIGRATE));
        steps.extend((2..=visits).map(visit));
        steps.push(reset(if stack == "compose" { "reset-exec" } else { "reset" }));
        steps.extend((1..=visits).map(visit));
        steps.extend([
            says("backup", BACKUP),
            ("lose", None),
            hits(0),
            says("restore", RESTORE),
            hits(visits),
        ]);
        let report = REPORT.replace("ONE MORE", &(visits + 1).to_string());
        steps.extend([visit(visits + 1), says("console", &report)]);
    }
    steps.push(("down", None));
    steps
}

/// What the admin processes of the second act say, of every time `TIME`.
const MIGRATE: &str = "\
1 hits:since: when counting began
  hits:since: (nothing) -> TIME
  schema: (nothing) -> 1
  schema:release: (nothing) -> …
2 resets: a log of what resets lose
  schema: 1 -> 2
schema: 0 -> 2 (…, release …)";
const BACKUP: &str = "backup: 4 records, schema 2 (…, release …)";
const RESTORE: &str = "\
hits: (nothing) -> VISITS
hits:since: (nothing) -> TIME
resets: (nothing) -> 1 entry
schema: (nothing) -> 2
schema:release: (nothing) -> …
restored: 4 records of TIME, by release … (…, release …)";
const REPORT: &str = "\
schema: 2
hits: ONE MORE
since: TIME
resets: 1
lost: VISITS
release …: resets 1, lost VISITS
report: done, nothing changed (…, release …)";

/// What an admin process said, without what differs from run to run: where Redis is, the release, the times. In the second
/// act Redis may have another address, and then the release has another configuration; the build is the same.
fn without_what_varies(output: &str, release: &str) -> String {
    let (build, configuration) = release.rsplit_once('.').expect("a build and a configuration");
    let mut parts = output.split(build);
    let first = parts.next().unwrap_or_default().to_owned();
    let output = parts.fold(first, |said, part| {
        let rest = part.strip_prefix('.').and_then(|part| part.get(configuration.len()..));
        said + "RELEASE" + rest.unwrap_or_else(|| panic!("{output}"))
    });
    let end = ", release RELEASE)";
    let start = output.strip_suffix(end).unwrap_or_else(|| panic!("{output} names {end}"));
    let (start, address) = start.rsplit_once(" (").expect("an address");
    assert!(address.contains(':') && !address.contains(' '), "{output}");
    let is_time = |word: &str| {
        let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00T00:00:00Z"
    };
    let said = start.replace("RELEASE", "…");
    let times = said.split([' ', '\n', ',']).filter(|word| is_time(word));
    let said = times.fold(said.clone(), |said, time| said.replace(time, "TIME"));
    format!("{said} (…, release …)")
}

/// The names of an object's fields, in alphabetical order.
fn fields(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Fails unless the report is the contract's, of a story that went well.
fn assert_report(report: &Value, stack: &str, visits: u32, all: bool) {
    assert_eq!(fields(report), ["ok", "redis", "release", "stack", "steps", "url"], "{report}");
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["stack"], stack);
    let url = report["url"].as_str().expect("a text");
    let port = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
    assert!(port.is_some_and(|port| port.parse::<u16>().is_ok()), "{url}");
    let release = report["release"].as_str().expect("a text");
    assert!(!release.is_empty());

    let told = report["steps"].as_array().expect("a list");
    let told_steps: Vec<_> = told
        .iter()
        .map(|step| {
            assert_eq!(step["ok"], true, "{report}");
            assert!(step["ms"].is_u64(), "{step}");
            let text = |name: &str| step[name].as_str().map(str::to_owned);
            let name = text("name").expect("a step has a name");
            let (what, its_fields) = match name.as_str() {
                "visit" | "hits" => (text("body"), vec!["body", "ms", "name", "ok"]),
                "reset" | "reset-exec" | "reset-run" | "migrate" | "backup" | "restore" | "console" => {
                    let output = text("output").expect("an admin process has an output");
                    let its_fields = match name.starts_with("reset") {
                        true => vec!["ms", "name", "ok", "output", "proof"],
                        false => vec!["ms", "name", "ok", "output"],
                    };
                    (Some(without_what_varies(&output, release)), its_fields)
                }
                _ => (None, vec!["ms", "name", "ok"]),
            };
            assert_eq!(fields(step), its_fields, "{step}");
            (name, what)
        })
        .collect();
    let told_steps: Vec<_> = told_steps.iter().map(|(name, what)| (name.as_str(), what.clone())).collect();
    assert_eq!(told_steps, steps(stack, visits, all));
}

fn assert_passes(stack: &str) {
    let ended = demo(stack, &["--json"]);
    ended.assert_code(0).assert_nothing_left();
    assert_report(&ended.report(), stack, 3, false);
}

fn assert_all_passes(stack: &str) {
    let ended = demo(stack, &["--json", "--all"]);
    ended.assert_code(0).assert_nothing_left();
    let report = ended.report();
    assert_report(&report, stack, 3, true);
    ended.assert_says("Proved: after each reset the counter restarted from 1").assert_says(
        "Proved: the backup brought back what was lost with the stack, and the counter went on from 3.",
    );
    // The stack that was lost had another address than the one that the report names.
    let urls: Vec<&str> =
        ended.stderr.split_whitespace().filter(|word| word.starts_with("http://")).collect();
    assert_eq!((urls.len(), urls.last().copied()), (2, report["url"].as_str()), "{urls:?}");
}

fn the_whole_demo_passes_on_compose() {
    assert_all_passes("compose");
}

fn the_whole_demo_passes_on_host() {
    assert_all_passes("host");
}

fn the_whole_demo_passes_on_embedded() {
    assert_all_passes("embedded");
}

fn the_demo_passes_on_host() {
    assert_passes("host");
}

fn the_demo_passes_on_embedded() {
    assert_passes("embedded");
}

fn the_whole_demo_passes_on_compose_v1() {
    images_are_current();
    let script = format!("[ \"$1\" = compose ] && exit 1\nexec '{}' \"$@\"", real("docker").display());
    let programs = Programs::all().with("docker", &script);
    let demo = xtask(&Tree::real(), ["demo", "--stack", "compose", "--json", "--all"]);
    let ended = demo.env("PATH", programs.path()).run(ENOUGH);
    ended.assert_code(0).assert_says("Compose 1.").assert_nothing_left();
    for command in ["run --rm worker reset", "run --rm -T worker backup > backup.jsonl"] {
        ended.assert_says(&format!("$ docker-compose {command}"));
    }
    assert_report(&ended.report(), "compose", 3, true);
}

fn the_demo_visits_as_often_as_asked() {
    for visits in [1, 5] {
        let ended = demo("embedded", &["--json", "--visits", &visits.to_string()]);
        ended.assert_code(0).assert_nothing_left();
        assert_report(&ended.report(), "embedded", visits, false);
    }
}

fn the_whole_demo_visits_as_often_as_asked() {
    for visits in [1, 5] {
        let ended = demo("embedded", &["--json", "--all", "--visits", &visits.to_string()]);
        ended.assert_code(0).assert_nothing_left();
        assert_report(&ended.report(), "embedded", visits, true);
    }
}

fn stdout_holds_nothing_where_no_json_is_asked_for() {
    let ended = demo("embedded", &[]);
    ended.assert_code(0).assert_says("Proved: after each reset the counter restarted from 1");
    assert_eq!(ended.stdout, "");
}

fn auto_takes_compose_where_an_engine_answers_and_the_demo_proves_where_each_reset_ran() {
    images_are_current();
    let ended = xtask(&Tree::real(), ["demo", "--json"]).run(ENOUGH);
    ended.assert_code(0).assert_says("on the stack “compose”: Docker ").assert_nothing_left();
    let report = ended.report();
    assert_report(&report, "compose", 3, false);
    let steps = report["steps"].as_array().expect("a list");
    let proof = |name: &str| -> Vec<String> {
        let step = steps.iter().find(|step| step["name"] == name).expect("a step");
        let lines = step["proof"].as_array().expect("a list").iter();
        lines.map(|line| line.as_str().expect("a text").to_owned()).collect()
    };
    let release = format!("in the same release {}", report["release"].as_str().expect("a text"));

    let exec = proof("reset-exec");
    let worker = exec[0].strip_prefix("in the worker's own container ").expect("the worker's container");
    assert!(worker.len() == 12 && worker.chars().all(|c| c.is_ascii_hexdigit()), "{worker}");
    assert_eq!(exec.get(1), Some(&release));

    let run = proof("reset-run");
    assert!(run[0].contains(&format!("the worker's is {worker})")), "{run:?}");
    let (_, other) = run[0].split_once("kept for a look: ").expect("the other container");
    assert!(!other.starts_with(worker), "{run:?}");
    let image = docker::image_id("factor12").expect("the app's image is here");
    assert_eq!(run[1], format!("of the same image {}…", &image[..19]));
    let environment = run[2].strip_prefix("with the same environment: ").expect("the environment");
    assert!(environment.contains("HOST_REDIS=redis PORT_REDIS=6379 (and PATH)"), "{environment}");
    assert_eq!(run[3..], [release]);

    // A person sees what a program reads.
    for line in exec.iter().chain(&run) {
        ended.assert_says(line);
    }
}

fn wrong_usage_exits_with_2_and_says_what_is_accepted() {
    for (args, says) in [
        (["--visits", "0"], "1..=10000"),
        (["--visits", "three"], "invalid value 'three'"),
        (["--stack", "swarm"], "[possible values: auto, compose, host, embedded]"),
        (["--colour", "red"], "unexpected argument '--colour'"),
        (["--lang", "fr"], "[possible values: en, pt-BR"),
    ] {
        let task = Xtask::new(Command::new(binary()), &Tree::real()).args(["demo"]).args(args);
        let ended = task.run(ENOUGH);
        ended.assert_code(2).assert_says(says);
        assert_eq!(ended.stdout, "");
    }
}
