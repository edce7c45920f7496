//! The admin process beside visits, beside a foreign program, and without a reader.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use crate::load::Load;
use crate::process::{app, run};
use crate::server::Server;
use crate::web::Web;
use tests_common::Need::Redis;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["reset", needs [Redis];
        after_reset_the_next_visit_is_the_first,
        a_foreign_program_that_sets_hits_to_0_resets_the_app_too,
        under_load_no_visit_falls_between_what_reset_prints_and_what_it_changes,
        reset_whose_result_nobody_reads_fails_and_says_that_it_was_done,
        reset_prints_its_result_to_stdout_and_its_logs_to_stderr,
    ]
}

/// The number that `reset` says was lost.
pub fn lost(printed: &str) -> i64 {
    let held = printed.strip_prefix("hits: ").and_then(|rest| rest.split(" -> 0 ").next());
    match held {
        Some("(nothing)") => 0,
        Some(number) => number.parse().unwrap_or_else(|_| panic!("no number: {printed}")),
        None => panic!("no result: {printed}"),
    }
}

fn after_reset_the_next_visit_is_the_first() {
    let redis = Server::start();
    let web = Web::on(&redis);
    for _ in 0..3 {
        web.number();
    }
    let ended = redis.reset();
    let expected = format!("hits: 3 -> 0 ({}, release {})\n", redis.address(), redis.release());
    assert_eq!((ended.code, ended.stdout), (Some(0), expected));
    assert_eq!(web.get("/hits").body, "{\"hits\":0}");
    assert_eq!(web.number(), 1);
}

fn a_foreign_program_that_sets_hits_to_0_resets_the_app_too() {
    let redis = Server::start();
    let web = Web::on(&redis);
    web.number();
    redis.ask::<()>("SET hits 0");
    assert_eq!(web.number(), 1);
}

fn under_load_no_visit_falls_between_what_reset_prints_and_what_it_changes() {
    let redis = Server::start();
    let web = Web::on(&redis);
    let load = Load::on(&web, 8);
    let mut counted = 0;
    for _ in 0..20 {
        load.wait_for(50, 200);
        let ended = redis.reset();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        counted += lost(&ended.stdout);
    }
    let outcomes = load.end();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(answer) if answer.status == 200)));
    counted += redis.ask::<i64>("GET hits");
    assert_eq!(counted, outcomes.len() as i64, "counted and answered");
}

fn reset_whose_result_nobody_reads_fails_and_says_that_it_was_done() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    let (reader, writer) = io::pipe().expect("a pipe can be made");
    drop(reader);
    let output = app("reset")
        .envs(redis.environment())
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("reset starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("reset: done") && stderr.contains("hits: 7 -> 0"), "{stderr}");
    assert_eq!(redis.ask::<i64>("GET hits"), 0);
}

fn reset_prints_its_result_to_stdout_and_its_logs_to_stderr() {
    let redis = Server::start();
    let environment = redis.environment().into_iter().chain([("RUST_LOG", "info".to_owned())]);
    let ended = run("reset", environment, Duration::from_secs(5));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    assert!(ended.stdout.starts_with("hits: (nothing) -> 0 ("), "{ended:?}");
    let first = ended.stderr.lines().next().unwrap_or_default();
    assert!(
        first.contains("INFO reset starts")
            && first.contains(&redis.release())
            && first.contains(&redis.address()),
        "{ended:?}"
    );
    assert!(!ended.stderr.contains('\x1b'), "{ended:?}");
}
