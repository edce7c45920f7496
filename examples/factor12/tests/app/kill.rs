//! Killed, or cut off from Redis, before and after each of its commands: each admin process leaves the
//! data as it was before or as it is after, and what it says of it is true.

use std::time::Duration;

use crate::data::{Data, header, long_backup, of_app, record, sealed, without_what_varies};
use crate::process::{Ended, Process, app};
use crate::proxy::{At, Proxy, Strike};
use crate::server::Server;
use tests_common::Need::Redis;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["kill", needs [Redis];
        restore_with_replace_killed_or_cut_off_at_any_command_has_replaced_all_or_nothing_and_says_so,
        restore_killed_or_cut_off_at_any_command_has_restored_all_or_nothing_and_says_so,
        backup_killed_or_cut_off_at_any_command_leaves_a_file_that_is_refused,
        migrate_killed_or_cut_off_at_any_command_leaves_the_schema_of_a_whole_migration_and_says_so,
        migrate_from_schema_1_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so,
        reset_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so,
        reset_with_a_log_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so,
    ]
}

const SOON: Duration = Duration::from_secs(10);

/// An admin process, and what it starts from.
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
    input: String,
    /// What the store holds before.
    before: &'static [&'static str],
    /// How many of its transactions change the app's data. They are its last ones.
    changes: usize,
    /// What its log calls the first change.
    first: &'static str,
    /// What it says where it cannot know what it has done.
    find_out: &'static str,
    /// What it says of its output.
    aftermath: &'static str,
}

const SCHEMA_1: &[&str] = &["MSET hits 7 hits:since 2026-01-01T00:00:00Z schema 1 schema:release 0.0.9+old"];
const SCHEMA_2: &[&str] = &[
    "MSET hits 7 hits:since 2026-01-01T00:00:00Z schema 2 schema:release 0.0.9+old",
    "RPUSH resets one two",
];

fn scenario(name: &'static str, arguments: &'static [&'static str]) -> Scenario {
    let before = &["SET hits 7"];
    let empty = "";
    Scenario {
        name,
        arguments,
        input: String::new(),
        before,
        changes: 1,
        first: empty,
        find_out: empty,
        aftermath: empty,
    }
}

impl Scenario {
    fn prepare(&self, redis: &Server) {
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("FLUSHALL");
        for command in self.before {
            for (index, word) in command.split(' ').enumerate() {
                if index == 0 {
                    pipeline.cmd(word)
                } else {
                    pipeline.arg(word)
                };
            }
        }
        pipeline.exec(&mut redis.connection()).expect("Redis takes it");
    }

    fn start(&self, proxy: &Proxy) -> Process {
        let mut command = app(self.name);
        Process::fed(command.args(self.arguments).envs(proxy.environment()), self.input.clone())
    }

    /// Runs it, and strikes at each of its commands in turn, in each way.
    fn strike_everywhere(&self) {
        let redis = Server::start();
        let (commands, states) = self.undisturbed(&redis);
        let transactions: Vec<usize> =
            (0..commands.len()).filter(|index| commands[*index] == "EXEC").collect();
        let changes = &transactions[transactions.len() - self.changes..];
        for strike in [Strike::Hold, Strike::Cut, Strike::CutReply] {
            for (index, name) in commands.iter().enumerate() {
                let place = format!("{strike:?} at {index} {name}");
                self.prepare(&redis);
                let proxy = Proxy::before(&redis, strike, At::Command(index));
                let mut process = self.start(&proxy);
                let ended = if strike == Strike::Hold {
                    assert!(proxy.holds(&mut process), "{place}: it ends without it");
                    process.kill();
                    process.end(SOON)
                } else {
                    process.end(SOON)
                };
                assert_eq!(proxy.names().get(index), Some(name), "{place}");
                drop(proxy);

                let answered = changes.iter().filter(|change| **change < index).count();
                let sent = changes.contains(&index);
                let done = answered + usize::from(sent && strike == Strike::CutReply);
                let now = without_what_varies(of_app(&redis));
                assert!(now == states[done], "{place}: {now:?} is not {:?}", states[done]);
                if strike == Strike::Hold {
                    assert_eq!((ended.code, ended.stderr.as_str()), (None, ""), "{place}");
                } else {
                    self.assert_told(&place, &ended, answered, sent);
                }
                if self.name == "backup" {
                    let refused = redis.run("restore", &["--replace"], ended.stdout);
                    assert_eq!(refused.code, Some(1), "{place}: {refused:?}");
                    assert!(without_what_varies(of_app(&redis)) == now, "{place}");
                }
            }
        }
    }

    /// The commands of a whole run, and the states of the data: before, and after each change.
    fn undisturbed(&self, redis: &Server) -> (Vec<String>, Vec<Data>) {
        let mut states = Vec::new();
        self.prepare(redis);
        states.push(without_what_varies(of_app(redis)));
        if self.changes == 2 {
            assert_eq!(redis.run("migrate", &["up", "--to", "1"], "").code, Some(0));
            states.push(without_what_varies(of_app(redis)));
            self.prepare(redis);
        }
        let proxy = Proxy::before(redis, Strike::Hold, At::Command(usize::MAX));
        let ended = self.start(&proxy).end(SOON);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        if self.changes > 0 {
            states.push(without_what_varies(of_app(redis)));
            assert_ne!(states.first(), states.last());
        }
        (proxy.names(), states)
    }

    /// Fails unless it ended with one line that says how many changes were `answered`, and whether another was `sent`.
    fn assert_told(&self, place: &str, ended: &Ended, answered: usize, sent: bool) {
        assert_eq!(ended.code, Some(1), "{place}: {ended:?}");
        assert!(ended.stdout.is_empty() || self.name == "backup", "{place}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{place}: {ended:?}");
        assert!(
            ended.stderr.starts_with(&format!("{}: Redis at 127.0.0.1:", self.name)),
            "{place}: {ended:?}"
        );
        let may = "was changed cannot be known, a command already sent may still take effect";
        let (first, find_out, aftermath) = (self.first, self.find_out, self.aftermath);
        let outcome = match (answered, sent) {
            (0, false) => "nothing was changed".to_owned(),
            (0, true) => format!("whether anything {may}: {find_out}"),
            (_, false) => format!("done before: {first}; nothing else was changed"),
            (_, true) => format!("done before: {first}; whether more {may}: {find_out}"),
        };
        assert!(ended.stderr.ends_with(&format!("; {outcome}{aftermath}\n")), "{place}: {ended:?}");
    }
}

fn migrate_killed_or_cut_off_at_any_command_leaves_the_schema_of_a_whole_migration_and_says_so() {
    let find_out = "migrate status shows the schema";
    Scenario { changes: 2, first: "schema: 0 -> 1", find_out, ..scenario("migrate", &["up"]) }
        .strike_everywhere();
}

fn migrate_from_schema_1_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so() {
    let find_out = "migrate status shows the schema";
    Scenario { before: SCHEMA_1, find_out, ..scenario("migrate", &["up"]) }.strike_everywhere();
}

fn reset_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so() {
    Scenario { find_out: "GET /hits shows the counter", ..scenario("reset", &[]) }.strike_everywhere();
}

fn reset_with_a_log_killed_or_cut_off_at_any_command_is_done_or_not_and_says_so() {
    let find_out = "GET /hits shows the counter";
    Scenario { before: SCHEMA_2, find_out, ..scenario("reset", &[]) }.strike_everywhere();
}

fn restore_killed_or_cut_off_at_any_command_has_restored_all_or_nothing_and_says_so() {
    let find_out = "a new backup shows what is there";
    let input =
        sealed(&[header(2), record("hits", "1"), record("hits:since", "then"), record("resets", "r")]);
    Scenario { before: &[], input, find_out, ..scenario("restore", &[]) }.strike_everywhere();
}

fn restore_with_replace_killed_or_cut_off_at_any_command_has_replaced_all_or_nothing_and_says_so() {
    let find_out = "a new backup shows what is there";
    let input = long_backup();
    Scenario { before: SCHEMA_2, input, find_out, ..scenario("restore", &["--replace"]) }.strike_everywhere();
}

fn backup_killed_or_cut_off_at_any_command_leaves_a_file_that_is_refused() {
    let aftermath = ", and what was written is no whole backup: restore refuses it";
    Scenario { before: SCHEMA_2, changes: 0, aftermath, ..scenario("backup", &[]) }.strike_everywhere();
}
