//! Backups: what is in them can be put back to the letter, and belongs to one moment.

use std::fs::File;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redis::Cmd;

use crate::data::{self, header, record, sealed, without_times};
use crate::load::Load;
use crate::process::{Ended, Process, app};
use crate::proxy::{At, Proxy, Strike};
use crate::server::Server;
use crate::web::Web;
use tests_common::Need::Redis;
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["backup", needs [Redis];
        a_backup_is_a_header_a_line_for_each_record_and_a_last_line,
        what_was_backed_up_is_restored_to_the_byte_whatever_it_was,
        a_line_as_long_as_a_line_can_be_is_written_and_read_and_a_longer_one_is_refused,
        the_last_line_has_the_sha256_of_all_lines_above_it,
        keys_that_a_schema_does_not_have_are_left_out,
        what_is_no_text_or_no_log_is_refused,
        a_backup_holds_one_moment_whatever_comes_before_any_of_its_commands,
        under_load_every_backup_holds_one_moment,
        a_log_that_is_replaced_while_it_is_read_is_told_and_what_was_written_is_refused,
        a_broken_pipe_is_told_in_one_line_with_exit_code_1,
        a_full_disk_is_told_in_one_line_with_exit_code_1,
    ]
}

/// A backup of what `redis` holds; fails where there is none.
pub fn backup(redis: &Server) -> String {
    let ended = redis.run("backup", &[], "");
    let told = match ended.stdout.lines().count().saturating_sub(2) {
        1 => "backup: 1 record, schema ".to_owned(),
        records => format!("backup: {records} records, schema "),
    };
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.starts_with(&told) && ended.stderr.lines().count() == 1, "{ended:?}");
    assert!(
        ended.stderr.ends_with(&format!(" ({}, release {})\n", redis.address(), redis.release())),
        "{ended:?}"
    );
    ended.stdout
}

/// Fails unless it is refused.
fn assert_refused(elsewhere: &Server, backup: &str) {
    let ended = elsewhere.run("restore", &[], backup);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.starts_with("restore: line ") && ended.stderr.lines().count() == 1, "{ended:?}");
    assert_eq!(data::all(elsewhere).len(), 0, "{ended:?}");
}

fn a_backup_is_a_header_a_line_for_each_record_and_a_last_line() {
    let redis = Server::start();
    let by = redis.release();
    let made = |release: &str, schema| {
        format!(r#"{{"format":"factor12-backup-1","release":"{release}","schema":{schema},"time":"[time]"}}"#)
    };
    // An empty store; then the counter alone; then everything, of another release.
    let mut rounds = vec![("PING", vec![made(&by, 0)])];
    rounds.push(("SET hits 7", vec![made(&by, 0), record("hits", "7")]));
    let all = vec![
        made(&by, 2),
        record("hits", "7"),
        record("hits:since", "then"),
        record("schema:release", "0.0.9+old"),
        record("resets", "one"),
        record("resets", "two"),
    ];
    rounds.push(("MSET hits:since then schema 2 schema:release 0.0.9+old", all));
    for (prepare, lines) in rounds {
        redis.ask::<redis::Value>(prepare);
        if lines.len() > 2 {
            redis.ask::<()>("RPUSH resets one two");
        }
        let (before, written) = (data::all(&redis), backup(&redis));
        assert_eq!(data::all(&redis), before, "a backup only reads");
        let time = written.split(r#""time":""#).nth(1).and_then(|rest| rest.get(..20)).expect("a time");
        let lines: Vec<String> = lines.iter().map(|line| line.replace("[time]", time)).collect();
        assert_eq!(without_times(time), "[time]");
        assert_eq!(written, sealed(&lines));
    }
}

/// What a store may hold.
#[derive(Debug, Clone)]
struct Held {
    schema: i64,
    hits: Option<Vec<u8>>,
    since: Option<Vec<u8>>,
    release: Option<Vec<u8>>,
    log: Vec<Vec<u8>>,
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (-5_i64..1_000_000).prop_map(|number| number.to_string().into_bytes()),
        3 => "\\PC{0,40}".prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..60),
        1 => (any::<u8>(), 0_usize..70_000).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn held() -> impl Strategy<Value = Held> {
    let log = vec(value(), 0..12);
    let text = || proptest::option::of(value());
    (0_i64..=2, text(), text(), text(), log).prop_map(|(schema, hits, since, release, log)| Held {
        schema,
        hits,
        since: since.filter(|_| schema >= 1),
        release: release.filter(|_| schema >= 1),
        log: if schema >= 2 { log } else { Vec::new() },
    })
}

impl Held {
    fn put(&self, redis: &Server) {
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("FLUSHALL");
        let texts = [("hits", &self.hits), ("hits:since", &self.since), ("schema:release", &self.release)];
        for (key, value) in texts {
            if let Some(value) = value {
                pipeline.set(key, value);
            }
        }
        if self.schema > 0 {
            pipeline.set("schema", self.schema);
        }
        for entry in &self.log {
            pipeline.rpush("resets", entry);
        }
        pipeline.exec(&mut redis.connection()).expect("Redis takes it");
    }
}

fn what_was_backed_up_is_restored_to_the_byte_whatever_it_was() {
    let (redis, other) = (Server::start(), Server::start());
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let restored = |held: Held| {
        held.put(&redis);
        let (whole, written) = (data::all(&redis), backup(&redis));
        other.ask::<()>("FLUSHALL");
        let ended = other.run("restore", &[], written.clone());
        prop_assert_eq!(ended.code, Some(0), "{:?}", ended);
        prop_assert_eq!(data::all(&other), whole.clone());
        // The same onto something else.
        other.ask::<()>("MSET hits seven hits:since then schema 1 schema:release x");
        let ended = other.run("restore", &["--replace"], written);
        prop_assert_eq!(ended.code, Some(0), "{:?}", ended);
        prop_assert_eq!(data::all(&other), whole);
        Ok(())
    };
    TestRunner::new(config).run(&held(), restored).unwrap_or_else(|failure| panic!("{failure}"));
}

fn a_line_as_long_as_a_line_can_be_is_written_and_read_and_a_longer_one_is_refused() {
    const LONGEST: usize = 1024 * 1024;
    let (redis, other) = (Server::start(), Server::start());
    let text =
        "x".repeat(LONGEST - sealed(&[header(0), record("hits", "")]).lines().nth(1).map_or(0, str::len) - 1);
    redis.query::<()>(&Cmd::set("hits", &text));
    let written = backup(&redis);
    assert_eq!(written.lines().nth(1).map(str::len), Some(LONGEST - 1));
    assert_eq!(other.run("restore", &[], written).code, Some(0));
    assert_eq!(data::all(&other), data::all(&redis));

    redis.query::<()>(&Cmd::set("hits", text + "x"));
    let ended = redis.run("backup", &[], "");
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(
        ended.stderr.starts_with(&format!(
            "backup: Redis at {}: the key hits holds a value that is longer ",
            redis.address()
        )),
        "{ended:?}"
    );
    other.ask::<()>("FLUSHALL");
    assert_refused(&other, &ended.stdout);
}

fn the_last_line_has_the_sha256_of_all_lines_above_it() {
    let redis = Server::start();
    let (release, log) = (Some(b"0.0.9+old".into()), vec![b"a\n".into(), vec![0, 255]]);
    Held { schema: 2, hits: Some(b"7".into()), since: None, release, log }.put(&redis);
    let written = backup(&redis);
    let mut sums = Command::new("sh")
        .args(["-c", "head -n -1 | sha256sum"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let mut stdin = sums.stdin.take().expect("stdin is piped");
    stdin.write_all(written.as_bytes()).expect("sha256sum reads");
    drop(stdin);
    let summed = sums.wait_with_output().expect("sha256sum ends");
    let sum = String::from_utf8_lossy(&summed.stdout).split(' ').next().unwrap_or_default().to_owned();
    let last = written.lines().next_back().unwrap_or_default();
    assert_eq!(last, format!(r#"{{"records":4,"sha256":"{sum}"}}"#));
    assert_eq!(sum.len(), 64);
}

fn keys_that_a_schema_does_not_have_are_left_out() {
    let redis = Server::start();
    redis.ask::<()>("MSET hits 7 hits:since foreign");
    redis.ask::<()>("RPUSH resets foreign");
    for schema in ["0", "1"] {
        redis.ask::<()>(&format!("SET schema {schema}"));
        let written = backup(&redis);
        assert!(!written.contains("resets"), "{written}");
        assert_eq!(written.contains("foreign"), schema == "1", "{written}");
    }
}

fn what_is_no_text_or_no_log_is_refused() {
    let redis = Server::start();
    let at = redis.address();
    let kept = "only a text can be kept: reset repairs it";
    let brought = "only a text can be kept: restore --replace brings back a backup's";
    let log = "the log of resets is a list: restore --replace brings back a backup's";
    for (make, key, held, wanted) in [
        ("RPUSH hits 1 2", "hits", "(list)", kept),
        ("HSET hits a 1", "hits", "(hash)", kept),
        ("SET resets 3", "resets", "3", log),
        ("SADD resets a", "resets", "(set)", log),
        ("SADD hits:since a", "hits:since", "(set)", kept),
        ("SADD schema:release a", "schema:release", "(set)", brought),
    ] {
        redis.ask::<()>("FLUSHALL");
        redis.ask::<()>("SET schema 2");
        redis.ask::<redis::Value>(make);
        let ended = redis.run("backup", &[], "");
        let line = format!(
            "backup: Redis at {at}: the key {key} holds {held}, and {wanted}; nothing was changed, \
             and what was written is no whole backup: restore refuses it\n"
        );
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr), (Some(1), "", line));
    }
}

/// How many visits a backup knows of: those that resets have lost, and those since.
fn visits_in(backup: &str) -> i64 {
    let mut visits = 0;
    for line in backup.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let text = line["text"].as_str().unwrap_or_default();
        let lost = text.rsplit(' ').next().unwrap_or_default();
        visits += match line["key"].as_str() {
            Some("hits" | "resets") => lost.parse().unwrap_or(0),
            _ => 0,
        };
    }
    visits
}

/// A migrated store.
fn migrated() -> Server {
    let redis = Server::start();
    assert_eq!(redis.run("migrate", &["up"], "").code, Some(0));
    redis
}

fn a_backup_holds_one_moment_whatever_comes_before_any_of_its_commands() {
    let redis = migrated();
    let mut visits = 0;
    let mut held = true;
    let mut command = 0;
    while held {
        let proxy = Proxy::before(&redis, Strike::Hold, At::Command(command));
        let mut process = Process::start(app("backup").envs(proxy.environment()));
        held = proxy.holds(&mut process);
        let before = visits;
        if held {
            redis.ask::<()>("INCRBY hits 3");
            assert_eq!(redis.reset().code, Some(0));
            redis.ask::<()>("INCRBY hits 2");
            visits += 3 + 2;
            proxy.let_go();
        }
        let ended = process.end(Duration::from_secs(10));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let seen = visits_in(&ended.stdout);
        assert!(seen == before || seen == visits, "{seen} is neither {before} nor {visits}: {ended:?}");
        command += 1;
    }
    assert!(command > 15, "{command}");
}

fn under_load_every_backup_holds_one_moment() {
    let (redis, other) = (migrated(), Server::start());
    let web = Web::on(&redis);
    let load = Load::on(&web, 4);
    let mut least = 0;
    for _ in 0..8 {
        load.wait_for(20, 200);
        let mut process = Process::start(app("backup").envs(redis.environment()));
        assert_eq!(redis.reset().code, Some(0));
        assert_eq!(redis.reset().code, Some(0));
        let Ended { code, stdout, .. } = process.end(Duration::from_secs(10));
        assert_eq!(code, Some(0));
        let seen = visits_in(&stdout);
        let now = visits_in(&backup(&redis));
        assert!(least <= seen && seen <= now, "{seen} is not from {least} to {now}");
        least = seen;
        other.ask::<()>("FLUSHALL");
        assert_eq!(other.run("restore", &[], stdout.clone()).code, Some(0));
        assert_eq!(visits_in(&backup(&other)), seen);
    }
    let answered = load.end().len() as i64;
    assert_eq!(visits_in(&backup(&redis)), answered);
}

fn a_log_that_is_replaced_while_it_is_read_is_told_and_what_was_written_is_refused() {
    let (redis, other) = (migrated(), Server::start());
    let entries: Vec<String> = (0..3500).map(|entry| format!("entry {entry}")).collect();
    redis.query::<()>(&Cmd::rpush("resets", &entries));
    let whole = backup(&redis);
    let short = sealed(&[header(2), record("hits", "1"), record("resets", "other")]);
    let acts: [(&str, &dyn Fn()); 5] = [
        ("restored", &|| assert_eq!(redis.run("restore", &["--replace"], whole.clone()).code, Some(0))),
        ("shortened", &|| assert_eq!(redis.run("restore", &["--replace"], short.clone()).code, Some(0))),
        ("emptied", &|| redis.ask("FLUSHALL")),
        ("deleted", &|| redis.ask("DEL resets")),
        ("trimmed", &|| redis.ask("LTRIM resets 0 10")),
    ];
    for (act, strike) in acts {
        for page in [1, 3] {
            assert_eq!(redis.run("restore", &["--replace"], whole.clone()).code, Some(0));
            let proxy = Proxy::before(&redis, Strike::Hold, At::Named("LRANGE", page));
            let mut process = Process::start(app("backup").envs(proxy.environment()));
            assert!(proxy.holds(&mut process), "no such page");
            strike();
            proxy.let_go();
            let ended = process.end(Duration::from_secs(10));
            assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{act}: {ended:?}");
            let said = "the data was migrated or restored while it was read: do it again; nothing was changed, \
                        and what was written is no whole backup: restore refuses it\n";
            assert!(ended.stderr.ends_with(said), "{act}: {ended:?}");
            assert_refused(&other, &ended.stdout);
        }
    }
    // A log that only grows is read to where it ended.
    assert_eq!(redis.run("restore", &["--replace"], whole.clone()).code, Some(0));
    let proxy = Proxy::before(&redis, Strike::Hold, At::Named("LRANGE", 2));
    let mut process = Process::start(app("backup").envs(proxy.environment()));
    assert!(proxy.holds(&mut process), "no such page");
    assert_eq!(redis.reset().code, Some(0));
    proxy.let_go();
    let ended = process.end(Duration::from_secs(10));
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), whole.lines().count()));
}

/// Fails unless it failed with one line about stdout.
fn assert_unwritten(ended: &Ended, reason: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let line = format!(
        "backup: stdout cannot be written ({reason}); nothing was changed, \
         and what was written is no whole backup: restore refuses it\n"
    );
    assert_eq!(ended.stderr, line);
}

/// Runs a backup whose output goes to `stdout`.
fn backup_to(redis: &Server, stdout: impl Into<Stdio>) -> Ended {
    let output = app("backup")
        .envs(redis.environment())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .expect("backup starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ended { code: output.status.code(), stdout: String::new(), stderr }
}

/// Stores with little and with much in them.
fn small_and_large() -> [Server; 2] {
    let (small, large) = (Server::start(), migrated());
    let entries = vec!["x".repeat(100); 5000];
    large.query::<()>(&Cmd::rpush("resets", &entries));
    [small, large]
}

fn a_broken_pipe_is_told_in_one_line_with_exit_code_1() {
    for redis in small_and_large() {
        let (reader, writer) = io::pipe().expect("a pipe can be made");
        drop(reader);
        assert_unwritten(&backup_to(&redis, writer), "Broken pipe (os error 32)");
    }
    // A reader who leaves in the middle has no backup.
    let [other, large] = small_and_large();
    let mut process = Command::new("sh")
        .args(["-c", "\"$0\" | head -c 20000", env!("CARGO_BIN_EXE_backup")])
        .envs(large.environment())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    eventually("the end of the pipe", Duration::from_secs(10), || process.try_wait().ok().flatten());
    let output = process.wait_with_output().expect("the shell ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_unwritten(&Ended { code: Some(1), stdout: String::new(), stderr }, "Broken pipe (os error 32)");
    assert_eq!(output.stdout.len(), 20_000);
    assert_refused(&other, &String::from_utf8_lossy(&output.stdout));
}

fn a_full_disk_is_told_in_one_line_with_exit_code_1() {
    // Linux has a disk that is always full.
    let Ok(_) = File::options().write(true).open("/dev/full") else { return };
    for redis in small_and_large() {
        let full = File::options().write(true).open("/dev/full").expect("it was there");
        assert_unwritten(&backup_to(&redis, full), "No space left on device (os error 28)");
    }
}
