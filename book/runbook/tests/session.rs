//! Pages run for real, by a shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

use std::env;
use std::fs;
use std::time::{Duration, Instant};

use runbook::process::{OUTPUT, Stream};
use runbook::{Chapter, Event, Session, Verdict};

/// Runs the steps of a page in a folder of its own, and returns what was told.
fn run(page: &str) -> Vec<Event> {
    let dir = tempfile::tempdir().unwrap();
    let session = Session::new(dir.path()).env("PATH", env::var("PATH").unwrap()).env("GREETING", "hello");
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
    let page = step(
        "$ echo $GREETING ${HOME-nowhere} ${CARGO_MANIFEST_DIR-none}\nhello nowhere none\n$ false\n? 1\n$ exit 7\n? 7\n",
    );
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
    // What a shell sets by itself, and what the session knows its processes by.
    let own = ["PWD=", "OLDPWD", "SHLVL=", "_=", "RUNBOOK_SESSION="];
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
fn of_stderr_the_lines_of_one_program_are_compared_where_the_block_names_it() {
    let command = "$ echo ' Container Creating' >&2; echo 'reset: failed' >&2; echo out; echo >&2\n";
    let judged = |body: &str| verdicts(&format!("```console,stderr=reset\n{command}{body}```\n"));
    assert!(matches!(judged("out\nreset: failed\n")[..], [Verdict::Matched { .. }]));
    // Of the program and of stdout, nothing may be more, less or other.
    for wrong in ["out\n", "reset: failed\n", "out\nreset: done\n", "out\nreset: failed\nreset: again\n"] {
        assert!(matches!(judged(wrong)[..], [Verdict::Differs { .. }]), "{wrong}");
    }
    let long = format!("reset: {}", "x".repeat(200_000));
    let page =
        format!("```console,stderr=reset\n$ printf 'reset: %0200000d\\n' 0 | tr 0 x >&2\n{long}\n```\n");
    assert!(matches!(verdicts(&page)[..], [Verdict::Matched { .. }]));
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
    let session = Session::new("/").env("PATH", env::var("PATH").unwrap());
    session.run(&chapter.steps[0], &stop, &mut |event| match event {
        Event::Line { .. } => lines += 1,
        Event::Verdict(verdict) => last = Some(verdict),
        Event::Command { .. } | Event::Left { .. } => {}
    });
    assert_eq!((lines, last), (1, Some(Verdict::Stopped)));
}

#[test]
fn a_step_that_cannot_run_unattended_is_told_and_not_run() {
    let verdicts = verdicts("```console,norun=\"it waits for a person\"\n$ exit 9\n```\n");
    assert_eq!(verdicts, [Verdict::NotRun { reason: "it waits for a person".to_owned() }]);
}

/// Whether a process runs, and is not only waited for.
fn runs(id: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn a_step_is_judged_once_its_shell_has_ended() {
    let started = Instant::now();
    for command in ["sleep 60 & echo up", "sleep 60 >/dev/null 2>&1 & echo up", "setsid sleep 60 & echo up"] {
        let verdicts = verdicts(&step(&format!("$ {command}\nup\n")));
        assert!(matches!(verdicts[..], [Verdict::Matched { .. }]), "{command}: {verdicts:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn all_that_was_printed_before_the_shell_ended_is_compared() {
    let numbers: String = (1..=20_000).map(|number| format!("{number}\n")).collect();
    let verdicts = verdicts(&step(&format!("$ sleep 60 & seq 20000\n{numbers}")));
    assert!(matches!(verdicts[..], [Verdict::Matched { .. }]), "{verdicts:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_step_leaves_running_is_named_goes_on_and_ends_with_the_session() {
    for start in [
        "sleep 61 &",
        "sleep 61 >/dev/null 2>&1 &",
        "setsid sleep 61 &",
        "(setsid sh -c 'trap \"\" TERM; sleep 61 & wait; sleep 61' &) ;",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let session = Session::new(dir.path()).env("PATH", env::var("PATH").unwrap());
        let page = step(&format!("$ {start} echo on\non\n")) + &step("$ echo next\nnext\n");
        let chapter = Chapter::parse("page", &page).unwrap();
        let mut left = Vec::new();
        for step in &chapter.steps {
            let good = session.run(step, &|| false, &mut |event| {
                if let Event::Left { processes } = event {
                    left.push(processes);
                }
            });
            assert!(good);
        }
        // Once, after the step that left it.
        assert_eq!(left.len(), 1, "{start}: {left:?}");
        let ids: Vec<String> = left[0]
            .iter()
            .filter(|process| process.contains("sleep 61"))
            .map(|process| process.rsplit(['(', ')']).nth(1).unwrap().to_owned())
            .collect();
        assert!(!ids.is_empty() && ids.iter().all(|id| runs(id)), "{start}: {left:?}");
        drop(session);
        assert!(!ids.iter().any(|id| runs(id)), "{start}: {left:?}");
    }
}

#[test]
fn what_goes_on_printing_in_the_background_is_not_ended_by_that() {
    let page = step("$ (while :; do echo x; sleep 0.01; done) & echo $! > id; echo up | cat\n...\nup\n...\n")
        + &step("$ sleep 0.3; kill -0 $(cat id) && echo runs\nruns\n");
    let verdicts = verdicts(&page);
    assert!(verdicts.iter().all(Verdict::is_good) && verdicts.len() == 2, "{verdicts:?}");
}

#[test]
fn a_command_that_prints_without_end_is_ended_with_a_verdict_of_its_own() {
    let long = "yes a line as long as most";
    for command in [long, "yes | tr -d '\\n'", &format!("{long} >&2"), "cat /dev/zero", "yes & echo up"] {
        let mut heard = 0;
        let mut longest = 0;
        let chapter = Chapter::parse("page", &step(&format!("$ {command}\n"))).unwrap();
        let session = Session::new("/").env("PATH", env::var("PATH").unwrap());
        let mut last = None;
        session.run(&chapter.steps[0], &|| false, &mut |event| match event {
            Event::Line { text, .. } => {
                heard += text.len();
                longest = longest.max(text.chars().count());
            }
            Event::Verdict(verdict) => last = Some(verdict),
            _ => {}
        });
        if command.contains('&') && !command.contains(">&") {
            assert!(
                matches!(last, Some(Verdict::Differs { .. } | Verdict::TooMuch { .. })),
                "{command}: {last:?}"
            );
        } else {
            assert_eq!(last, Some(Verdict::TooMuch { limit: OUTPUT }), "{command}");
        }
        assert!(longest <= 64 << 10, "{command}: {longest}");
    }
}

#[test]
fn escape_sequences_are_told_as_text_and_compared_as_they_are() {
    let page = step("$ printf '\\033]0;mine\\007\\033[?1049h\\033[2Jdone\\n'\n[..]done\n");
    let events = run(&page);
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| if let Event::Line { text, .. } = event { Some(text.as_str()) } else { None })
        .collect();
    assert_eq!(told, ["␛]0;mine␇␛[?1049h␛[2Jdone"]);
    assert!(matches!(events.last(), Some(Event::Verdict(Verdict::Matched { .. }))), "{events:?}");
}

#[test]
fn a_line_that_is_longer_than_what_is_heard_at_once_is_compared_whole() {
    let line = "é".repeat(100_000);
    let verdicts =
        verdicts(&step(&format!("$ printf '%s' x; printf 'é%.0s' $(seq 100000); echo\nx{line}\n")));
    assert!(matches!(verdicts[..], [Verdict::Matched { .. }]));
}
