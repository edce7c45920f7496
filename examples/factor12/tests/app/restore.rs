//! Restoring: what is no whole backup is refused by its line, and changes nothing.

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::data::{self, MADE_BY, header, long_backup, record, sealed};
use crate::load::Load;
use crate::process::{Ended, Process, app};
use crate::proxy::{At, Proxy, Strike};
use crate::server::Server;
use crate::web::Web;
use tests_common::Need::{Proc, Redis, Unix};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["restore", needs [Redis];
        a_backup_that_is_cut_or_altered_is_refused_by_its_line_and_changes_nothing,
        a_backup_that_is_whole_and_wrong_is_refused_by_its_line_and_changes_nothing,
        a_backup_that_powershell_wrote_is_refused_for_that_reason_and_changes_nothing,
        what_was_staged_is_taken_away_when_the_rest_is_refused,
        what_is_staged_expires_if_nobody_puts_it_in_place,
        restore_prints_what_each_key_held_and_holds,
        a_store_that_is_not_empty_is_refused_without_replace_and_says_what_is_there,
        a_store_that_is_filled_while_the_backup_is_read_is_not_empty,
        a_damaged_store_can_be_replaced,
        under_load_no_visit_falls_between_what_restore_says_it_replaced_and_what_it_puts_in_place,
    ];
    tests.extend(tests!["restore", needs [Redis, Proc];
        a_gibibyte_of_one_line_is_refused_at_its_line_in_little_memory_and_time,
    ]);
    tests.extend(tests!["restore", needs [Unix];
        a_terminal_on_stdin_is_wrong_usage,
    ]);
    tests
}

/// Fails unless it is refused at `line` for a reason that begins with `reason`, and nothing is changed.
fn refused(redis: &Server, input: &[u8], line: usize, reason: &str) -> Result<(), TestCaseError> {
    let before = data::all(redis);
    let ended = redis.run("restore", &["--replace"], input);
    prop_assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{:?}", &ended);
    let start = format!("restore: line {line}: {reason}");
    prop_assert!(ended.stderr.starts_with(&start), "{}, not {:?}", start, ended);
    prop_assert!(ended.stderr.ends_with("; nothing was changed\n"), "{:?}", ended);
    prop_assert_eq!(ended.stderr.lines().count(), 1, "{:?}", ended);
    // Neither the app's keys, nor what a restore stages.
    prop_assert_eq!(data::all(redis), before);
    Ok(())
}

/// A way to damage a backup without knowing how its checksums are made.
#[derive(Debug, Clone)]
enum Damage {
    Empty,
    Cut(Index),
    CutAtLine(Index),
    Flip(Index, u8),
    Repeat(Index),
    LeaveOut(Index),
    Swap(Index),
    Insert(Index, String),
    Append(Vec<u8>),
    CarriageReturns,
    ForeignHeader(String),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        1 => Just(Damage::Empty),
        4 => any::<Index>().prop_map(Damage::Cut),
        4 => any::<Index>().prop_map(Damage::CutAtLine),
        8 => (any::<Index>(), 1_u8..).prop_map(|(index, bits)| Damage::Flip(index, bits)),
        4 => any::<Index>().prop_map(Damage::Repeat),
        4 => any::<Index>().prop_map(Damage::LeaveOut),
        4 => any::<Index>().prop_map(Damage::Swap),
        2 => (any::<Index>(), "\\PC{0,20}").prop_map(|(index, line)| Damage::Insert(index, line)),
        2 => vec(any::<u8>(), 1..50).prop_map(Damage::Append),
        1 => Just(Damage::CarriageReturns),
        2 => "\\PC{0,50}".prop_map(Damage::ForeignHeader),
    ]
}

impl Damage {
    /// The backup, damaged, and the line where that can be seen first.
    fn apply(&self, backup: &str) -> (Vec<u8>, usize) {
        let whole = backup.as_bytes();
        let mut lines: Vec<&str> = backup.split_inclusive('\n').collect();
        let line_of = |position: usize| 1 + whole[..position].iter().filter(|byte| **byte == b'\n').count();
        match self {
            Damage::Empty => (Vec::new(), 1),
            Damage::Cut(index) => {
                let end = index.index(whole.len());
                // Cut between two lines, it ends with the first of them.
                (whole[..end].to_vec(), line_of(end.saturating_sub(1)).max(1))
            }
            Damage::CutAtLine(index) => {
                let kept = index.index(lines.len());
                (lines[..kept].concat().into_bytes(), kept.max(1))
            }
            Damage::Flip(index, bits) => {
                let position = index.index(whole.len());
                let mut altered = whole.to_vec();
                altered[position] ^= bits;
                (altered, line_of(position))
            }
            Damage::Repeat(index) => {
                let repeated = index.index(lines.len());
                lines.insert(repeated, lines[repeated]);
                (lines.concat().into_bytes(), repeated + 2)
            }
            Damage::LeaveOut(index) => {
                let left_out = index.index(lines.len());
                lines.remove(left_out);
                // Without its last line, it ends with the line before.
                (lines.concat().into_bytes(), (left_out + 1).min(lines.len()))
            }
            Damage::Swap(index) => {
                let first = index.index(lines.len() - 1);
                lines.swap(first, first + 1);
                (lines.concat().into_bytes(), first + 1)
            }
            Damage::Insert(index, line) => {
                let inserted = index.index(lines.len() + 1);
                let line = format!("{line}\n");
                lines.insert(inserted, &line);
                (lines.concat().into_bytes(), inserted + 1)
            }
            Damage::Append(bytes) => ([whole, bytes].concat(), lines.len() + 1),
            Damage::CarriageReturns => (backup.replace('\n', "\r\n").into_bytes(), 1),
            Damage::ForeignHeader(line) => {
                let line = format!("{line}\n");
                lines[0] = &line;
                (lines.concat().into_bytes(), 1)
            }
        }
    }
}

/// Whole backups, of every schema, with short logs and with some that are staged in several batches.
fn whole() -> impl Strategy<Value = String> {
    let entry = prop_oneof![8 => "\\PC{0,30}", 1 => (0_usize..200_000).prop_map(|length| "y".repeat(length))];
    (0_i64..=2, "\\PC{0,20}", vec(entry, 0..8)).prop_map(|(schema, hits, log)| {
        let mut lines = vec![header(schema), record("hits", &hits)];
        if schema >= 1 {
            lines.push(record("hits:since", "2026-01-01T00:00:00Z"));
        }
        if schema >= 2 {
            lines.extend(log.iter().map(|entry| record("resets", entry)));
        }
        sealed(&lines)
    })
}

/// Puts the app's data in a store, or none.
fn fill(redis: &Server, filled: bool) {
    redis.ask::<()>("FLUSHALL");
    if filled {
        redis.ask::<()>("MSET hits 7 hits:since then schema 2 schema:release 0.0.8+before");
        redis.ask::<()>("RPUSH resets one two");
    }
}

fn a_backup_that_is_cut_or_altered_is_refused_by_its_line_and_changes_nothing() {
    let redis = Server::start();
    let config = Config { cases: 160, failure_persistence: None, ..Config::default() };
    let checked = |(backup, damage, filled): (String, Damage, bool)| {
        fill(&redis, filled);
        let (damaged, line) = damage.apply(&backup);
        prop_assume!(damaged != backup.as_bytes());
        refused(&redis, &damaged, line, "")
    };
    TestRunner::new(config)
        .run(&(whole(), damage(), any::<bool>()), checked)
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn a_backup_that_powershell_wrote_is_refused_for_that_reason_and_changes_nothing() {
    let redis = Server::start();
    fill(&redis, true);
    let backup = sealed(&[header(2), record("hits", "1")]);
    let utf16 = format!("\u{feff}{backup}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let cure = "take the backup again; in PowerShell, back up and restore by cmd, \
                as in: cmd /c \"docker compose run --rm -T worker backup > backup.jsonl\"";
    for (written, reason) in [
        (utf16, "this is UTF-16, as PowerShell's > writes it"),
        (
            format!("\u{feff}{backup}").into_bytes(),
            "a byte order mark comes first, as PowerShell and some editors write it",
        ),
        (
            backup.replace('\n', "\r\n").into_bytes(),
            "it ends with CRLF, as PowerShell and some editors end lines",
        ),
    ] {
        refused(&redis, &written, 1, &format!("{reason}: {cure}; nothing was changed\n"))
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// Backups whose checksums are right, and which are wrong all the same.
fn a_backup_that_is_whole_and_wrong_is_refused_by_its_line_and_changes_nothing() {
    let redis = Server::start();
    let (hits, since, entry) = (record("hits", "1"), record("hits:since", "t"), record("resets", "r"));
    let lines = |schema, records: &[&str]| {
        let lines = [header(schema)].into_iter().chain(records.iter().map(|record| (*record).to_owned()));
        lines.collect::<Vec<_>>()
    };
    let release = redis.release();
    let newer =
        format!("the backup has schema 3, of release {MADE_BY}; this release, {release}, knows 2 at most");
    let format = "the backup has the format factor12-backup-2; this release reads factor12-backup-1";
    let wrong = [
        (vec![header(3), hits.clone()], 1, newer.as_str()),
        (vec![header(-1)], 1, "the backup has schema -1"),
        (vec![header(2).replace("backup-1", "backup-2")], 1, format),
        (vec![header(2).replace("factor12", "factor11")], 1, "this is no header of a backup of this app"),
        (vec![header(2).replace("schema", "version")], 1, "the header lacks something"),
        (vec![header(2).replace("\"schema\":2", "\"schema\":\"2\"")], 1, "the header lacks something"),
        (vec![header(2).replace("time", "tide")], 1, "the header lacks something"),
        (lines(2, &[&hits, &hits]), 3, "the key hits comes again, or too late"),
        (lines(2, &[&hits, &since, &since]), 4, "the key hits:since comes again, or too late"),
        (
            lines(2, &[&record("schema:release", "a"), &hits, &record("schema:release", "b")]),
            4,
            "the key schema:release comes again, or too late",
        ),
        (lines(0, &[&record("schema:release", "a")]), 2, "schema 0 has no key \"schema:release\""),
        (lines(2, &[&entry, &entry, &hits]), 4, "the key hits comes again, or too late"),
        (lines(0, &[&hits, &since]), 3, "schema 0 has no key \"hits:since\""),
        (lines(1, &[&hits, &since, &entry]), 4, "schema 1 has no key \"resets\""),
        (lines(2, &[&hits, &record("schema", "3")]), 3, "schema 2 has no key \"schema\""),
        (lines(2, &[&record("other\nkey", "3")]), 2, "schema 2 has no key \"other\\nkey\""),
        (lines(2, &[&hits, r#"{"key":"resets","hex":"0"}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"key":"resets","hex":"0g"}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"key":"resets","hex":"00","text":""}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"key":"resets"}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"key":"resets","text":1}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"key":"resets","text":"a","text":"b"}"#]), 3, "this is no record"),
        (lines(2, &[&hits, r#"{"text":"a"}"#]), 3, "this is no record"),
        (lines(2, &[&hits, &header(2)]), 3, "this is no record"),
        (lines(2, &[r#"{"key":"hits","text":"\ud800"}"#]), 2, "this is no record"),
    ];
    for filled in [false, true] {
        fill(&redis, filled);
        for (lines, line, reason) in &wrong {
            refused(&redis, sealed(lines).as_bytes(), *line, reason)
                .unwrap_or_else(|failure| panic!("{failure}"));
        }
        let whole = sealed(&lines(2, &[&hits, &entry]));
        let reason = "the number of records or their checksum is wrong: the backup was altered";
        for (part, other) in [("\"records\":2", "\"records\":3"), ("\"records\":2", "\"records\": 2")] {
            let altered = whole.replace(part, other);
            refused(&redis, altered.as_bytes(), 4, reason).unwrap_or_else(|failure| panic!("{failure}"));
        }
        let twice = whole.repeat(2);
        refused(&redis, twice.as_bytes(), 5, "something follows the end of the backup")
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
    // What it is that was left out: the same backups are good without it.
    fill(&redis, false);
    assert_eq!(redis.run("restore", &[], sealed(&lines(2, &[&hits, &since, &entry]))).code, Some(0));
}

fn what_was_staged_is_taken_away_when_the_rest_is_refused() {
    let redis = Server::start();
    let backup = long_backup();
    let lines = backup.lines().count();
    let last = backup.lines().next_back().unwrap_or_default();
    let cut = backup.strip_suffix(&format!("{last}\n")).unwrap_or_default();
    let altered = backup.replace("\"records\":22", "\"records\":21");
    for filled in [false, true] {
        fill(&redis, filled);
        for (damaged, line) in [(cut, lines - 1), (&altered, lines)] {
            refused(&redis, damaged.as_bytes(), line, "").unwrap_or_else(|failure| panic!("{failure}"));
        }
    }
}

fn what_is_staged_expires_if_nobody_puts_it_in_place() {
    let redis = Server::start();
    // Before each of its transactions but the first, something is staged.
    for nth in 1..=2 {
        redis.ask::<()>("FLUSHALL");
        let proxy = Proxy::before(&redis, Strike::Hold, At::Named("EXEC", nth));
        let mut restore = Process::fed(app("restore").envs(proxy.environment()), long_backup());
        assert!(proxy.holds(&mut restore), "restore writes in fewer transactions");
        restore.kill();
        let keys: Vec<String> = redis.ask("KEYS *");
        let [key] = keys.as_slice() else { panic!("{keys:?}") };
        assert!(key.starts_with("restore:"), "{key}");
        let seconds: i64 = redis.query(redis::cmd("TTL").arg(key));
        assert!((500..=600).contains(&seconds), "{seconds}");
    }
    // Which would be too soon for one that is put in place.
    redis.ask::<()>("FLUSHALL");
    assert_eq!(redis.run("restore", &[], long_backup()).code, Some(0));
    assert!(data::of_app(&redis) == data::all(&redis), "nothing is left");
    assert_eq!(redis.ask::<i64>("TTL resets"), -1);
}

/// What a result ends with.
fn behind(redis: &Server) -> String {
    format!(" ({}, release {})\n", redis.address(), redis.release())
}

fn restore_prints_what_each_key_held_and_holds() {
    let redis = Server::start();
    let texts = [record("hits", "5"), record("hits:since", "then"), record("schema:release", "0.0.8+old")];
    let backup = [&[header(2)][..], &texts, &[record("resets", "r")]].concat();
    let ended = redis.run("restore", &[], sealed(&backup));
    let expected = format!(
        "hits: (nothing) -> 5\nhits:since: (nothing) -> then\nresets: (nothing) -> 1 entry\nschema: (nothing) -> 2\n\
         schema:release: (nothing) -> 0.0.8+old\nrestored: 4 records of 2026-01-02T03:04:05Z, by release {MADE_BY}{}",
        behind(&redis)
    );
    assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (Some(0), expected, ""));
    let ended = redis.run("restore", &["--replace"], sealed(&[header(0), record("hits", "no number")]));
    let expected = format!(
        "hits: 5 -> \"no number\"\nhits:since: then -> (nothing)\nresets: 1 entry -> (nothing)\nschema: 2 -> (nothing)\n\
         schema:release: 0.0.8+old -> (nothing)\nrestored: 1 record of 2026-01-02T03:04:05Z, by release {MADE_BY}{}",
        behind(&redis)
    );
    assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (Some(0), expected, ""));
    assert_eq!(data::all(&redis).keys().collect::<Vec<_>>(), ["hits"]);
}

/// Fails unless it was refused with this line.
fn assert_refused(ended: &Ended, redis: &Server, reason: &str) {
    let line = format!("restore: Redis at {}: {reason}; nothing was changed\n", redis.address());
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.clone()), (Some(1), "", line));
}

fn a_store_that_is_not_empty_is_refused_without_replace_and_says_what_is_there() {
    let redis = Server::start();
    let backup = sealed(&[header(0), record("hits", "1")]);
    for (prepare, there) in [
        ("SET hits 0", "hits: 0"),
        ("SET hits:since x", "hits:since: x"),
        ("RPUSH resets a b", "resets: 2 entries"),
        ("SET schema:release x", "schema:release: x"),
    ] {
        redis.ask::<()>("FLUSHALL");
        redis.ask::<redis::Value>(prepare);
        let before = data::all(&redis);
        let reason = format!("there is data already ({there}); --replace replaces it");
        assert_refused(&redis.run("restore", &[], backup.clone()), &redis, &reason);
        // Before anything is read: a backup on a terminal would be typed in vain.
        assert_refused(&redis.run("restore", &[], "no backup"), &redis, &reason);
        assert_eq!(data::all(&redis), before);
    }
    // Other programs' keys are none of the app's.
    redis.ask::<()>("FLUSHALL");
    redis.ask::<()>("SET other 1");
    assert_eq!(redis.run("restore", &[], backup).code, Some(0));
    assert_eq!(data::all(&redis).keys().collect::<Vec<_>>(), ["hits", "other"]);
}

fn a_store_that_is_filled_while_the_backup_is_read_is_not_empty() {
    let redis = Server::start();
    let backup = sealed(&[header(0), record("hits", "1")]);
    // Before the backup is put in place, and when that has been prepared.
    for at in [At::Named("WATCH", 0), At::Named("MULTI", 0), At::Named("EXEC", 0)] {
        redis.ask::<()>("FLUSHALL");
        let proxy = Proxy::before(&redis, Strike::Hold, at);
        let mut restore = Process::fed(app("restore").envs(proxy.environment()), backup.clone());
        assert!(proxy.holds(&mut restore), "there is no such command");
        redis.ask::<()>("INCR hits");
        proxy.let_go();
        let ended = restore.end(Duration::from_secs(10));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("there is data already (hits: 1)"), "{ended:?}");
        assert!(ended.stderr.ends_with("; nothing was changed\n"), "{ended:?}");
        assert_eq!(redis.ask::<i64>("GET hits"), 1);
    }
}

/// Every visit is in exactly one of the numbers that were replaced, or in the last.
fn under_load_no_visit_falls_between_what_restore_says_it_replaced_and_what_it_puts_in_place() {
    const RESTORED: i64 = 1000;
    let redis = Server::start();
    redis.ask::<()>(&format!("SET hits {RESTORED}"));
    let backup = redis.run("backup", &[], "").stdout;
    redis.ask::<()>("FLUSHALL");
    let web = Web::on(&redis);
    let load = Load::on(&web, 8);
    let mut counted = 0;
    let rounds = 10;
    for _ in 0..rounds {
        load.wait_for(50, 200);
        let ended = redis.run("restore", &["--replace"], backup.clone());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let replaced = ended.stdout.strip_prefix("hits: ").and_then(|rest| rest.split(" -> ").next());
        counted += replaced.and_then(|number| number.parse::<i64>().ok()).expect("a number was replaced");
    }
    let outcomes = load.end();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(answer) if answer.status == 200)));
    counted += redis.ask::<i64>("GET hits") - rounds * RESTORED;
    assert_eq!(counted, outcomes.len() as i64, "counted and answered");
}

fn a_damaged_store_can_be_replaced() {
    let redis = Server::start();
    let release = record("schema:release", "x");
    let backup = sealed(&[header(2), record("hits", "1"), release, record("resets", "r")]);
    for prepare in [
        "SADD hits a",
        "HSET hits:since a b",
        "SET resets 3",
        "SET schema two",
        "RPUSH schema 9",
        "SADD schema:release a",
    ] {
        fill(&redis, true);
        let key = prepare.split(' ').nth(1).expect("a command has a key");
        redis.ask::<()>(&format!("DEL {key}"));
        redis.ask::<redis::Value>(prepare);
        let ended = redis.run("restore", &["--replace"], backup.clone());
        assert_eq!(ended.code, Some(0), "{prepare}: {ended:?}");
        assert_eq!(
            data::all(&redis).keys().collect::<Vec<_>>(),
            ["hits", "resets", "schema", "schema:release"]
        );
        assert_eq!(redis.ask::<(i64, i64)>("MGET hits schema"), (1, 2));
        assert_eq!(redis.ask::<Vec<String>>("LRANGE resets 0 -1"), ["r"]);
    }
}

fn a_gibibyte_of_one_line_is_refused_at_its_line_in_little_memory_and_time() {
    const GIBIBYTE: usize = 1 << 30;
    const MOST: u64 = 64 << 20;
    let redis = Server::start();
    fill(&redis, true);
    let before = data::all(&redis);
    for (start, line) in [
        (String::new(), 1),
        (sealed(&[header(2)]).lines().next().map_or_else(String::new, |line| format!("{line}\n")), 2),
    ] {
        let started = Instant::now();
        // It has read what it reads when it takes away what it has staged.
        let proxy = Proxy::before(&redis, Strike::Hold, At::Named("UNLINK", 0));
        let mut command = app("restore");
        let mut restore = Process::fed_by(command.arg("--replace").envs(proxy.environment()), move |stdin| {
            stdin.write_all(start.as_bytes())?;
            let block = vec![b'x'; 1 << 20];
            (0..GIBIBYTE / block.len()).try_for_each(|_| stdin.write_all(&block))
        });
        assert!(proxy.holds(&mut restore), "restore ends without cleaning up");
        let peak = restore.peak().expect("a process has a status");
        proxy.let_go();
        let ended = restore.end(Duration::from_secs(5));
        assert!(peak <= MOST, "{peak} bytes");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        let said = format!(
            "restore: line {line}: it is longer than 1048576 bytes, and no line of a backup is; nothing was changed\n"
        );
        assert_eq!((ended.code, ended.stderr), (Some(1), said));
        assert_eq!(data::all(&redis), before);
    }
}

#[cfg(unix)]
fn a_terminal_on_stdin_is_wrong_usage() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let terminal =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("there are terminals");
    grantpt(&terminal).expect("it can be used");
    unlockpt(&terminal).expect("it can be opened");
    let name = ptsname(&terminal, Vec::new()).expect("it has a name");
    let path = name.to_str().expect("its name is a text");
    let stdin = std::fs::File::options().read(true).write(true).open(path).expect("it can be opened");
    let output = app("restore").stdin(stdin).output().expect("restore starts");
    let stderr = "restore: stdin is a terminal; give it a backup, as in: restore < backup.jsonl\n";
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b""[..], stderr.as_bytes()));
}

#[cfg(not(unix))]
fn a_terminal_on_stdin_is_wrong_usage() {}
