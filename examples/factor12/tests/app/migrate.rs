//! The schema, brought from one version to the next: what is printed, what is changed, and beside whom.

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;

use crate::data::{self, of_app, without_times};
use crate::load::{Load, assert_no_number_twice};
use crate::process::{Ended, Process, app};
use crate::proxy::{At, Proxy, Strike};
use crate::reset::lost;
use crate::server::{Server, release};
use crate::web::{BOUND, Web};
use tests_common::Need::Redis;
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["migrate", needs [Redis];
        migrate_status_prints_each_migration_and_whether_it_is_applied,
        migrate_up_prints_what_it_changes_and_twice_is_once,
        a_dry_run_prints_the_changes_of_the_real_run_and_changes_nothing,
        migrate_up_to_a_number_stops_after_it,
        of_two_migrates_started_at_one_moment_each_migration_is_applied_by_one_and_both_exit_0,
        a_migration_applied_meanwhile_is_told_and_not_applied_again,
        where_another_process_stops_after_one_migration_the_next_is_applied_here,
        a_migration_is_not_applied_on_a_schema_that_is_not_the_one_before_it,
        a_foreign_key_is_not_written_over,
        a_newer_schema_is_refused_by_every_admin_process_with_the_release_that_is_needed,
        a_schema_that_is_no_version_is_refused_by_every_admin_process,
        visits_go_on_without_a_refusal_or_a_lost_number_while_the_data_is_migrated,
        web_serves_every_schema_and_logs_what_is_pending,
        before_schema_1_reset_sets_the_counter_only,
        at_schema_1_reset_moves_the_moment_when_counting_began,
        under_load_at_schema_2_the_log_has_what_each_reset_printed_in_order_and_no_visit_is_lost,
    ]
}

const FIRST: &str = "1 hits:since: when counting began";
const SECOND: &str = "2 resets: a log of what resets lose";

/// What a result ends with.
fn behind(redis: &Server) -> String {
    format!(" ({}, release {})\n", redis.address(), redis.release())
}

/// Fails unless it was done and printed `expected` and the address and release, moments aside.
fn assert_prints(redis: &Server, arguments: &[&str], expected: &str) {
    let ended = redis.run("migrate", arguments, "");
    let printed = without_times(&ended.stdout);
    assert_eq!(
        (ended.code, printed, ended.stderr.as_str()),
        (Some(0), [expected, &behind(redis)].concat(), "")
    );
}

/// Fails unless it failed with this one line.
fn assert_fails(name: &str, ended: &Ended, line: &str) {
    let expected = (Some(1), "", format!("{name}: {line}\n"));
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.clone()), expected);
}

fn migrate_status_prints_each_migration_and_whether_it_is_applied() {
    let redis = Server::start();
    for (to, states) in
        [(0, ["pending", "pending"]), (1, ["applied", "pending"]), (2, ["applied", "applied"])]
    {
        if to > 0 {
            assert_eq!(redis.run("migrate", &["up", "--to", &to.to_string()], "").code, Some(0));
        }
        let before = of_app(&redis);
        let expected = format!("{} {FIRST}\n{} {SECOND}\nschema: {to} of 2", states[0], states[1]);
        assert_prints(&redis, &["status"], &expected);
        assert_eq!(of_app(&redis), before);
    }
}

fn migrate_up_prints_what_it_changes_and_twice_is_once() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    let release = redis.release();
    let expected = format!(
        "{FIRST}\n  hits:since: (nothing) -> [time]\n  schema: (nothing) -> 1\n  schema:release: (nothing) -> {release}\n\
         {SECOND}\n  schema: 1 -> 2\nschema: 0 -> 2"
    );
    assert_prints(&redis, &["up"], &expected);
    let after = of_app(&redis);
    assert_eq!(after.keys().collect::<Vec<_>>(), ["hits", "hits:since", "schema", "schema:release"]);
    assert_eq!(redis.ask::<(i64, i64, String)>("MGET hits schema schema:release"), (7, 2, release));
    assert_eq!(without_times(&redis.ask::<String>("GET hits:since")), "[time]");
    assert_prints(&redis, &["up"], "schema: 2, nothing to do");
    assert_prints(&redis, &["up", "--to", "1"], "schema: 2, nothing to do");
    assert_prints(&redis, &["up", "--dry-run"], "schema: 2, nothing to do");
    assert_eq!(of_app(&redis), after);
}

fn a_dry_run_prints_the_changes_of_the_real_run_and_changes_nothing() {
    let redis = Server::start();
    // From nothing, from the schema before, and where somebody has set keys by hand.
    for (prepare, to) in [
        (&[][..], "2"),
        (&[], "1"),
        (&["SET schema 1", "SET schema:release 0.0.9+old", "SET hits:since then"], "2"),
        (&["SET schema 1"], "2"),
        (&["SET schema 0"], "2"),
        (&["SET schema:release 0.0.9+old"], "2"),
        (&["RPUSH schema:release a"], "2"),
    ] {
        redis.ask::<()>("FLUSHALL");
        for command in prepare {
            redis.ask::<redis::Value>(command);
        }
        let before = data::all(&redis);
        let dry = redis.run("migrate", &["up", "--to", to, "--dry-run"], "");
        assert_eq!((dry.code, dry.stderr.as_str()), (Some(0), ""), "{dry:?}");
        assert_eq!(data::all(&redis), before, "{prepare:?}");
        let real = redis.run("migrate", &["up", "--to", to], "");
        assert_eq!(real.code, Some(0), "{real:?}");
        let (dry, real) = (without_times(&dry.stdout), without_times(&real.stdout));
        assert_eq!(dry.replace(" is what would be done, and nothing was changed", ""), real, "{prepare:?}");
        assert_ne!(dry, real);
    }
}

fn migrate_up_to_a_number_stops_after_it() {
    let redis = Server::start();
    assert_eq!(redis.run("migrate", &["up", "--to", "1"], "").code, Some(0));
    assert_eq!(redis.ask::<i64>("GET schema"), 1);
    assert_prints(&redis, &["up"], &format!("{SECOND}\n  schema: 1 -> 2\nschema: 1 -> 2"));
    for to in ["0", "3", "-1", "one"] {
        let ended = redis.run("migrate", &["up", "--to", to], "");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

fn of_two_migrates_started_at_one_moment_each_migration_is_applied_by_one_and_both_exit_0() {
    let redis = Server::start();
    let mut elsewhere = 0;
    for round in 0..24 {
        redis.ask::<()>("FLUSHALL");
        let arguments: &[&str] = if round % 2 == 0 { &["up"] } else { &["up", "--to", "1"] };
        let start = Barrier::new(2);
        let both = thread::scope(|scope| {
            let one = || {
                start.wait();
                redis.run("migrate", arguments, "")
            };
            let both = [scope.spawn(one), scope.spawn(one)];
            both.map(|one| one.join().expect("no run panics"))
        });
        let lines: Vec<&str> = both.iter().flat_map(|ended| ended.stdout.lines()).collect();
        for ended in &both {
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{both:?}");
            let idle = !ended.stdout.contains(" -> ");
            assert_eq!(ended.stdout.contains(", nothing to do"), idle, "{both:?}");
        }
        for (title, version) in [(FIRST, 1), (SECOND, 2)] {
            let applied = lines.iter().filter(|line| **line == title).count();
            let wanted = usize::from(version == 1 || round % 2 == 0);
            assert_eq!(applied, wanted, "{both:?}");
        }
        elsewhere +=
            both.iter().filter(|ended| ended.stdout.contains("another process has applied it")).count();
        let schema = if round % 2 == 0 { 2 } else { 1 };
        assert_eq!(redis.ask::<i64>("GET schema"), schema);
    }
    assert!(elsewhere > 0, "no two of them met: the test proves nothing");
}

/// Runs `migrate up`, and does something to the data before one of its commands. Nothing if it has no such.
fn migrate_beside(redis: &Server, at: At, act: impl FnOnce()) -> Option<Ended> {
    let proxy = Proxy::before(redis, Strike::Hold, at);
    let mut migrate = Process::start(app("migrate").arg("up").envs(proxy.environment()));
    if !proxy.holds(&mut migrate) {
        return None;
    }
    act();
    proxy.let_go();
    let mut ended = migrate.end(BOUND);
    // The process names the address that it has been given, and a release that goes with it.
    let [_, (_, port)] = proxy.environment();
    for said in [&mut ended.stdout, &mut ended.stderr] {
        *said = said.replace(&port, &redis.port.to_string());
        *said = said.replace(&release(proxy.environment()), &redis.release());
    }
    Some(ended)
}

fn a_migration_applied_meanwhile_is_told_and_not_applied_again() {
    let redis = Server::start();
    let said = "another process has applied it meanwhile";
    let both = format!("{FIRST}: {said}\n{SECOND}: {said}\nschema: 2, nothing to do{}", behind(&redis));
    let none = format!("schema: 2, nothing to do{}", behind(&redis));
    let other = || {
        assert_eq!(redis.run("migrate", &["up"], "").code, Some(0));
        assert_eq!(redis.reset().code, Some(0));
    };
    let mut told = HashSet::new();
    for command in 0.. {
        redis.ask::<()>("FLUSHALL");
        let Some(ended) = migrate_beside(&redis, At::Command(command), other) else { break };
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "before command {command}: {ended:?}");
        let second = ended.stdout.ends_with(&format!("\n{SECOND}: {said}\nschema: 0 -> 2{}", behind(&redis)));
        assert!(
            second || ended.stdout == both || ended.stdout == none,
            "before command {command}: {ended:?}"
        );
        told.insert(if second { 1 } else { ended.stdout.matches(said).count() });
        assert_eq!(redis.ask::<i64>("GET schema"), 2);
        assert_eq!(redis.ask::<i64>("LLEN resets"), 1);
    }
    assert_eq!(told, HashSet::from([0, 1, 2]));
}

fn where_another_process_stops_after_one_migration_the_next_is_applied_here() {
    let redis = Server::start();
    let other = || assert_eq!(redis.run("migrate", &["up", "--to", "1"], "").code, Some(0));
    let by = redis.release();
    let ended = migrate_beside(&redis, At::Named("EXEC", 0), other).expect("a migration is a transaction");
    let said = format!(
        "{FIRST}: another process has applied it meanwhile\n{SECOND}\n  schema: 1 -> 2\n  schema:release: {by} -> {by}\n"
    );
    let expected = format!("{said}schema: 0 -> 2{}", behind(&redis));
    assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (Some(0), expected, ""));
    assert_eq!(redis.ask::<i64>("GET schema"), 2);
}

fn a_migration_is_not_applied_on_a_schema_that_is_not_the_one_before_it() {
    let redis = Server::start();
    let ended = migrate_beside(&redis, At::Named("EXEC", 1), || redis.ask("FLUSHALL"))
        .expect("two migrations are two transactions");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.ends_with("; done before: schema: 0 -> 1; nothing else was changed\n"), "{ended:?}");
    assert!(ended.stderr.contains("schema 0"), "{ended:?}");
    assert_eq!(data::all(&redis).len(), 0);
}

fn a_foreign_key_is_not_written_over() {
    let redis = Server::start();
    let wanted = "and the migration that brings this key does not write over it: move it away first";
    for (make, key, held, done) in [
        ("SET hits:since yesterday", "hits:since", "\"yesterday\"", "nothing was changed"),
        ("RPUSH hits:since a", "hits:since", "(list)", "nothing was changed"),
        ("RPUSH resets a", "resets", "(list)", "done before: schema: 0 -> 1; nothing else was changed"),
        ("SET resets 3", "resets", "3", "done before: schema: 0 -> 1; nothing else was changed"),
    ] {
        redis.ask::<()>("FLUSHALL");
        redis.ask::<redis::Value>(make);
        let before = data::all(&redis);
        let at = redis.address();
        let refusal = format!("Redis at {at}: the key {key} holds {held}, {wanted}; ");
        assert_fails(
            "migrate",
            &redis.run("migrate", &["up", "--dry-run"], ""),
            &[&refusal, "nothing was changed"].concat(),
        );
        assert_eq!(data::all(&redis), before);
        assert_fails("migrate", &redis.run("migrate", &["up"], ""), &[&refusal, done].concat());
        let after = data::all(&redis);
        assert_eq!(after.get(key), before.get(key));
        assert_eq!(after.contains_key("schema"), key == "resets");
    }
}

/// Every way to start an admin process, but for the console.
const ADMIN_PROCESSES: [(&str, &[&str]); 7] = [
    ("reset", &[]),
    ("migrate", &["status"]),
    ("migrate", &["up"]),
    ("migrate", &["up", "--dry-run"]),
    ("backup", &[]),
    ("restore", &[]),
    ("restore", &["--replace"]),
];

/// What a failed process says of the data, if it has changed none.
fn unchanged(name: &str) -> &'static str {
    match name {
        "backup" => "nothing was changed, and what was written is no whole backup: restore refuses it",
        _ => "nothing was changed",
    }
}

fn a_newer_schema_is_refused_by_every_admin_process_with_the_release_that_is_needed() {
    let redis = Server::start();
    let (at, release) = (redis.address(), redis.release());
    let backup = data::sealed(&[data::header(2), data::record("hits", "1")]);
    for (by, needed) in [(Some("9.8.7+cafe"), "9.8.7+cafe"), (None, "a newer one")] {
        redis.ask::<()>("FLUSHALL");
        redis.ask::<()>("MSET hits 7 hits:since then schema 3");
        if let Some(by) = by {
            redis.ask::<()>(&format!("SET schema:release {by}"));
        }
        let before = data::all(&redis);
        for (name, arguments) in ADMIN_PROCESSES {
            let line = format!(
                "Redis at {at}: the data has schema 3, and release {release} knows 2 at most; \
                 release {needed} put it there, and its admin processes are the ones to use; {}",
                unchanged(name)
            );
            assert_fails(name, &redis.run(name, arguments, backup.clone()), &line);
            assert_eq!(data::all(&redis), before, "{name} {arguments:?}");
        }
    }
}

fn a_schema_that_is_no_version_is_refused_by_every_admin_process() {
    let redis = Server::start();
    let at = redis.address();
    for (make, held) in [
        ("SET schema two", "\"two\""),
        ("SET schema -1", "-1"),
        ("SET schema 02", "\"02\""),
        ("RPUSH schema 2", "(list)"),
    ] {
        redis.ask::<()>("FLUSHALL");
        redis.ask::<redis::Value>(make);
        redis.ask::<()>("SET hits 7");
        let before = data::all(&redis);
        for (name, arguments) in ADMIN_PROCESSES {
            if name == "restore" {
                continue;
            }
            let line = format!(
                "Redis at {at}: the key schema holds {held}, and a schema has a version, 0 or more: \
                 restore --replace brings back a backup's; {}",
                unchanged(name)
            );
            assert_fails(name, &redis.run(name, arguments, ""), &line);
            assert_eq!(data::all(&redis), before, "{name} {arguments:?}");
        }
        // As the message says.
        let backup = data::sealed(&[data::header(1), data::record("hits", "1")]);
        assert_eq!(redis.run("restore", &[], backup.clone()).code, Some(1));
        assert_eq!(data::all(&redis), before);
        let ended = redis.run("restore", &["--replace"], backup);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(redis.ask::<(i64, i64)>("MGET hits schema"), (1, 1));
    }
}

fn visits_go_on_without_a_refusal_or_a_lost_number_while_the_data_is_migrated() {
    let redis = Server::start();
    let web = Web::on(&redis);
    let load = Load::on(&web, 8);
    for arguments in [&["up", "--to", "1"][..], &["up"], &["up"]] {
        load.wait_for(100, 200);
        let ended = redis.run("migrate", arguments, "");
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    load.wait_for(100, 200);
    let outcomes = load.end();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(answer) if answer.status == 200)));
    let visits = outcomes.len() as i64;
    assert_eq!(assert_no_number_twice(&outcomes), (1..=visits).collect::<HashSet<i64>>());
    assert_eq!(redis.ask::<(i64, i64)>("MGET hits schema"), (visits, 2));
}

fn web_serves_every_schema_and_logs_what_is_pending() {
    let redis = Server::start();
    for (set, told) in [
        ("DEL schema", Some("INFO the data has schema 0, and is served; pending: 1 hits:since, 2 resets")),
        ("SET schema 1", Some("INFO the data has schema 1, and is served; pending: 2 resets")),
        ("SET schema 2", None),
        ("SET schema 3", Some("WARN the data has schema 3, and is served; this release knows 2")),
        ("SET schema two", Some("WARN the key schema holds no version; the data is served")),
    ] {
        redis.ask::<redis::Value>(set);
        redis.ask::<()>("SET hits 0");
        let mut web = Web::on(&redis);
        assert_eq!((web.number(), web.number()), (1, 2));
        let schema = |log: &str| log.lines().filter(|line| line.contains("schema")).count();
        if let Some(told) = told {
            eventually(told, BOUND, || web.process.stdout().contains(told).then_some(()));
        }
        web.process.kill();
        let ended = web.process.end(BOUND);
        assert_eq!(schema(&ended.stdout), usize::from(told.is_some()), "{ended:?}");
    }
}

fn before_schema_1_reset_sets_the_counter_only() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    assert_eq!(redis.reset().code, Some(0));
    assert_eq!(data::all(&redis).keys().collect::<Vec<_>>(), ["hits"]);
    assert_eq!(redis.ask::<i64>("GET hits"), 0);
}

fn at_schema_1_reset_moves_the_moment_when_counting_began() {
    let redis = Server::start();
    assert_eq!(redis.run("migrate", &["up", "--to", "1"], "").code, Some(0));
    redis.ask::<()>("MSET hits 7 hits:since 2001-01-01T00:00:00Z");
    let before = factor12::now();
    let ended = redis.reset();
    let after = factor12::now();
    assert_eq!(ended.stdout, format!("hits: 7 -> 0{}", behind(&redis)));
    let since: String = redis.ask("GET hits:since");
    assert!(before <= since && since <= after, "{before} {since} {after}");
    assert_eq!(
        data::all(&redis).keys().collect::<Vec<_>>(),
        ["hits", "hits:since", "schema", "schema:release"]
    );
}

fn under_load_at_schema_2_the_log_has_what_each_reset_printed_in_order_and_no_visit_is_lost() {
    let redis = Server::start();
    assert_eq!(redis.run("migrate", &["up"], "").code, Some(0));
    let web = Web::on(&redis);
    let load = Load::on(&web, 8);
    let mut printed = Vec::new();
    for _ in 0..12 {
        load.wait_for(30, 200);
        let ended = redis.reset();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        printed.push(lost(&ended.stdout));
    }
    let outcomes = load.end();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(answer) if answer.status == 200)));
    let log: Vec<String> = redis.ask("LRANGE resets 0 -1");
    let release = redis.release();
    let expected: Vec<String> = printed.iter().map(|lost| format!("[time] {release} {lost}")).collect();
    assert_eq!(log.iter().map(|entry| without_times(entry)).collect::<Vec<_>>(), expected);
    assert!(log.is_sorted_by_key(|entry| entry[..20].to_owned()), "{log:?}");
    let since: String = redis.ask("GET hits:since");
    assert!(log.last().is_some_and(|last| last.starts_with(&since)), "{since}: {log:?}");
    let hits: i64 = redis.ask("GET hits");
    assert_eq!(printed.iter().sum::<i64>() + hits, outcomes.len() as i64, "counted and answered");
}
