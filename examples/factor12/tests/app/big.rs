//! What must be quick where there is nothing to do, and small where there is much: measured without
//! other tests beside it.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::data::{self, header, sealed};
use crate::process::{Process, app, is_debug_build};
use crate::server::Server;
use crate::speed::{run_timed, sorted};
use tests_common::Need::{Patience, Proc, Quiet, Redis};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["big", needs [Redis, Quiet];
        each_admin_process_takes_at_most_10_ms_on_an_empty_store_in_a_release_build_and_100_ms_in_a_debug_build,
    ];
    tests.extend(tests!["big", needs [Redis, Quiet, Proc, Patience];
        a_backup_and_a_restore_of_a_million_entries_use_at_most_64_mb_each,
    ]);
    tests
}

fn each_admin_process_takes_at_most_10_ms_on_an_empty_store_in_a_release_build_and_100_ms_in_a_debug_build() {
    let short = Duration::from_millis(if is_debug_build() { 100 } else { 10 });
    let redis = Server::start();
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let backup = directory.path().join("backup");
    std::fs::write(&backup, sealed(&[header(0)])).expect("it can be written");
    let processes: [(&str, &[&str]); 6] = [
        ("migrate", &["status"]),
        ("migrate", &["up"]),
        ("migrate", &["up", "--dry-run"]),
        ("backup", &[]),
        ("restore", &[]),
        ("reset", &[]),
    ];
    for (name, arguments) in processes {
        let runs = sorted(|| {
            redis.ask::<()>("FLUSHALL");
            let mut command = app(name);
            command.args(arguments).envs(redis.environment());
            command.stdin(File::open(&backup).expect("it was written"));
            run_timed(&mut command)
        });
        let median = runs[runs.len() / 2];
        assert!(median <= short, "{name} {arguments:?}: the median is {median:?} of {runs:?}");
    }
}

/// Fails if it does not succeed, or uses more than 64 MB.
fn assert_small(command: &mut Command, stdin: Stdio, stdout: Stdio) {
    const MOST: u64 = 64_000_000;
    let mut process = Process::with(command, stdin, stdout);
    let mut peak = 0;
    let started = Instant::now();
    while !process.has_ended() {
        assert!(started.elapsed() < Duration::from_secs(120), "it does not end");
        peak = process.peak().unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    let ended = process.end(Duration::from_secs(1));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!((1_000_000..=MOST).contains(&peak), "{peak} bytes");
}

fn a_backup_and_a_restore_of_a_million_entries_use_at_most_64_mb_each() {
    const FILL: &str = "for i = 0, 999 do local batch = {} \
        for j = 1, 1000 do batch[j] = '2026-11-22T06:30:00Z 0.1.0+1a2b3c4 ' .. i * 1000 + j end \
        redis.call('RPUSH', 'resets', unpack(batch)) end";
    const DIGEST: &str = "return redis.sha1hex(table.concat(redis.call('LRANGE', 'resets', 0, -1), ' '))";
    let redis = Server::start();
    redis.ask::<()>("MSET hits 7 hits:since 2026-11-22T06:30:00Z schema 2 schema:release 0.1.0+1a2b3c4");
    redis.query::<()>(redis::cmd("EVAL").arg(FILL).arg(0));
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("backup");
    let written = File::create(&file).expect("it can be written");
    assert_small(app("backup").envs(redis.environment()), Stdio::null(), written.into());
    let log = || redis.query::<String>(redis::cmd("EVAL").arg(DIGEST).arg(0));
    let before = log();
    redis.ask::<()>("FLUSHALL");
    let written = File::open(&file).expect("it was written");
    assert_small(app("restore").envs(redis.environment()), written.into(), Stdio::null());
    assert_eq!(redis.ask::<i64>("LLEN resets"), 1_000_000);
    assert_eq!(log(), before);
    assert_eq!(data::of_app(&redis).len(), 5);
}
