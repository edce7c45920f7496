//! Pages run for real, by a shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

use std::time::{Duration, Instant};

use runbook::process::Stream;
use runbook::{Chapter, Event, Session, Verdict};

/// Runs the steps of a page in a folder of its own, and returns what was told.
fn run(page: &str) -> Vec<Event> {
    let dir = tempfile::tempdir().unwrap();
    let session = Session::new(dir.path()).env("GREETING", "hello");
    let chapter = Chapter::parse("page", page).unwrap();
    let mut events = Vec::new();
    for step in &chapter.steps {
        session.run(step, &|| false, &mut |event| events.push(event));
    }
    events
}

fn verdicts(page: &str) -> Vec<Verdict> {
    let verdict = |event| if let Event::Verdict(verdict) = event { Some(verdict) } else { None };
    run(page).into_iter().filter_map(verdict).collect()
}

fn step(body: &str) -> String {
    format!("```console\n{body}```\n")
}

#[test]
fn outputs_and_statuses_that_are_the_pages_match() {
    let page = step("$ echo $GREETING ${HOME-nowhere}\nhello nowhere\n$ false\n? 1\n$ exit 7\n? 7\n");
    let verdicts = verdicts(&page);
    assert_eq!(verdicts.len(), 3);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Matched { .. })), "{verdicts:?}");
}

#[test]
fn a_command_sees_the_variables_that_were_set_and_none_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let session = Session::new(dir.path()).env("GREETING", "hello").env("EMPTY", "");
    let chapter = Chapter::parse("page", &step("$ /usr/bin/env\n")).unwrap();
    let mut printed = Vec::new();
    session.run(&chapter.steps[0], &|| false, &mut |event| {
        if let Event::Line { text, .. } = event {
            printed.push(text);
        }
    });
    // What a shell sets by itself.
    let own = ["PWD=", "OLDPWD", "SHLVL=", "_="];
    printed.retain(|line| !own.iter().any(|name| line.starts_with(name)));
    printed.sort();
    assert_eq!(printed, ["EMPTY=", "GREETING=hello"]);
}

#[test]
fn nothing_but_files_survives_from_one_command_to_the_next() {
    let page = step("$ cd / && x=1 && export x\n$ echo \"$x\" > kept; pwd | grep -c /\n1\n")
        + &step("$ cat kept\n\n");
    assert!(verdicts(&page).iter().take(2).all(Verdict::is_good));
}

#[test]
fn a_wrong_output_ends_the_step_and_is_found_on_its_line() {
    let verdicts = verdicts(&step("$ printf 'a\\nb\\n'\na\nc\n$ true\n"));
    let [Verdict::Differs { difference, .. }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(difference.line, 4);
}

#[test]
fn a_wrong_status_is_told_with_both() {
    let verdicts = verdicts(&step("$ exit 3\n"));
    assert!(matches!(verdicts[..], [Verdict::Status { expected: 0, found: Some(3), .. }]), "{verdicts:?}");
}

#[test]
fn stderr_is_told_and_compared_only_where_the_block_says_so() {
    let command = "$ echo out; echo err >&2; echo more\n";
    let events = run(&step(&format!("{command}out\nmore\n")));
    let told = |event: &Event| matches!(event, Event::Line { stream: Stream::Stderr, text } if text == "err");
    assert!(events.iter().any(told), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Verdict(Verdict::Matched { .. }))), "{events:?}");
    let both = format!("```console,stderr\n{command}out\nerr\nmore\n```\n");
    assert!(matches!(verdicts(&both)[..], [Verdict::Matched { .. }]));
}

#[test]
fn a_command_is_ended_at_its_limit_with_its_children() {
    let started = Instant::now();
    let page = "```console,timeout=1\n$ sleep 60 & sleep 60\n```\n";
    let expected = Duration::from_secs(1);
    assert_eq!(verdicts(page), [Verdict::TimedOut { limit: expected }]);
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_command_is_ended_when_somebody_asks_to_stop() {
    let chapter = Chapter::parse("page", &step("$ echo on; sleep 60\n")).unwrap();
    let mut lines = 0;
    let started = Instant::now();
    let stop = || started.elapsed() > Duration::from_millis(200);
    let mut last = None;
    Session::new("/").run(&chapter.steps[0], &stop, &mut |event| match event {
        Event::Line { .. } => lines += 1,
        Event::Verdict(verdict) => last = Some(verdict),
        Event::Command { .. } => {}
    });
    assert_eq!((lines, last), (1, Some(Verdict::Stopped)));
}

#[test]
fn a_step_that_cannot_run_unattended_is_told_and_not_run() {
    let verdicts = verdicts("```console,norun=\"it waits for a person\"\n$ exit 9\n```\n");
    assert_eq!(verdicts, [Verdict::NotRun { reason: "it waits for a person".to_owned() }]);
}
