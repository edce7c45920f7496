//! The console: scripts from stdin and from the release, and, on a terminal, lines.

#[cfg(unix)]
mod terminal;

use std::io;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use redis::Cmd;

use crate::process::{Ended, Process, app, is_debug_build};
use crate::server::{Server, release};
use crate::speed::{run_timed, sorted};
use tests_common::Need::{Quiet, Redis, Unix};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["speed", needs [Redis, Quiet];
        an_empty_script_takes_at_most_10_ms_from_start_to_exit_in_a_release_build_and_100_ms_in_a_debug_build,
        a_script_that_never_ends_is_ended_within_two_seconds_in_a_release_build_and_ten_in_a_debug_build,
    ];
    tests.extend(tests!["console", needs [];
        console_help_names_each_script_of_the_release,
        a_script_that_the_release_does_not_have_is_wrong_usage,
        console_version_tells_the_release,
    ]);
    tests.extend(tests!["console", needs [Redis];
        each_operation_answers_what_the_data_says,
        every_operation_that_help_lists_can_be_called,
        help_fits_into_80_columns,
        operations_say_what_they_accept,
        without_write_each_change_is_refused_and_its_line_told,
        each_change_is_logged_with_the_release,
        the_last_value_of_a_script_is_printed_and_nothing_where_there_is_none,
        a_script_that_is_not_understood_changes_nothing,
        what_does_not_exist_is_told_with_what_does,
        a_script_that_fails_midway_says_what_it_has_changed,
        a_failure_that_a_script_catches_is_none,
        a_failure_within_a_function_is_told_with_its_own_line,
        a_message_is_one_line_whatever_is_in_it,
        arithmetic_that_overflows_is_an_error,
        nothing_of_the_host_is_within_reach,
        a_script_of_more_than_a_mebibyte_or_of_no_text_is_refused,
        a_script_is_read_as_editors_write_it_and_in_utf_16_refused_for_that_reason,
        repair_makes_a_number_of_whatever_the_counter_holds,
        repair_without_write_says_what_is_wrong_and_changes_nothing,
        report_tells_what_the_data_says,
        report_tells_of_a_counter_that_is_damaged,
        data_of_a_newer_schema_is_read_and_not_changed,
        a_console_whose_output_nobody_reads_fails_and_stops_soon,
        redis_that_cannot_be_reached_is_told,
    ]);
    tests.extend(tests!["console", needs [Redis, Unix];
        redis_that_is_lost_ends_a_script_and_the_line_is_told,
        values_that_grow_without_end_are_stopped_before_memory_is_full,
    ]);
    #[cfg(unix)]
    tests.extend(interactive::tests());
    tests
}

const LIMIT: Duration = Duration::from_secs(30);

/// Runs a script that is read on stdin.
fn script(redis: &Server, arguments: &[&str], script: impl Into<Vec<u8>>) -> Ended {
    let mut command = app("console");
    command.args(arguments).envs(redis.environment()).env("RUST_LOG", "warn");
    Process::fed(&mut command, script).end(LIMIT)
}

/// The last line of a script that ended well.
fn done(redis: &Server, script: &str, changes: &str) -> String {
    format!("{script}: done, {changes} ({}, release {})\n", redis.address(), redis.release())
}

/// Fails unless the script ends well with this output.
fn assert_prints(redis: &Server, arguments: &[&str], text: &str, printed: &str, changes: &str) {
    let ended = script(redis, arguments, text);
    let name = arguments.iter().find(|argument| !argument.starts_with('-')).unwrap_or(&"script");
    let expected = format!("{printed}{}", done(redis, name, changes));
    assert_eq!((ended.code, ended.stdout, ended.stderr), (Some(0), expected, String::new()), "{text}");
}

/// Fails unless the script fails with this message.
fn assert_fails(redis: &Server, arguments: &[&str], text: &str, said: &str) {
    let ended = script(redis, arguments, text);
    assert_eq!((ended.code, ended.stderr), (Some(1), format!("console: {said}\n")), "{text}");
}

fn migrate(redis: &Server) {
    let ended = Process::start(app("migrate").arg("up").envs(redis.environment())).end(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

fn each_operation_answers_what_the_data_says() {
    let redis = Server::start();
    for (call, value) in [
        ("hits()", "0\n"),
        ("since()", ""),
        ("resets()", "[]\n"),
        ("resets(1)", "[]\n"),
        ("keys()", "[]\n"),
        ("kind(\"hits\")", "\"nothing\"\n"),
        ("get(\"hits\")", ""),
        ("get(\"resets\")", "0\n"),
        ("schema()", "0\n"),
        ("release()", &format!("{:?}\n", redis.release())),
        ("redis()", &format!("{:?}\n", redis.address())),
    ] {
        assert_prints(&redis, &[], call, value, "nothing changed");
    }
    assert_prints(&redis, &["--write"], "visit(); visit()", "2\n", "2 changes");
    assert_prints(&redis, &["--write"], "reset()", "2\n", "1 change");
    assert_prints(&redis, &["--write"], "reset(40); hits()", "40\n", "1 change");
    migrate(&redis);
    redis.ask::<()>("SET hits seven");
    assert_prints(&redis, &["--write"], "reset(5)", "\"seven\"\n", "1 change");
    assert_prints(&redis, &["--write"], "reset(-1)", "5\n", "1 change");
    redis.ask::<()>("DEL hits");
    assert_prints(&redis, &["--write"], "reset(3)", "", "1 change");
    let lost = "for reset in resets() { print(reset.lost); } resets(2).map(|reset| reset.lost)";
    assert_prints(&redis, &[], lost, "\"seven\"\n5\n\n[5, ()]\n", "nothing changed");
    let known = format!("resets(1)[0].release == {:?} && resets(1)[0].time == since()", redis.release());
    assert_prints(&redis, &[], &known, "true\n", "nothing changed");
    let keys = "[\"hits\", \"hits:since\", \"resets\", \"schema\", \"schema:release\"]\n";
    assert_prints(&redis, &[], "keys()", keys, "nothing changed");
    let kinds = "[\"number\", \"text\", \"list\", \"number\", \"text\"]\n";
    assert_prints(&redis, &[], "keys().map(|key| kind(key))", kinds, "nothing changed");
    let held = format!("[3, true, 3, 2, {:?}]\n", redis.release());
    let text = "let held = keys().map(|key| get(key)); held[1] = held[1] == since(); held";
    assert_prints(&redis, &[], text, &held, "nothing changed");
    redis.ask::<()>("DEL hits");
    redis.ask::<()>("RPUSH hits a");
    let text = "the key hits holds (list), and get() reads numbers and texts";
    assert_fails(&redis, &[], "get(\"hits\")", &format!("line 1: {text}; nothing was changed"));
    assert_prints(&redis, &["--write"], "reset()", "\"(list)\"\n", "1 change");
}

/// The signatures that help lists.
fn listed(redis: &Server) -> Vec<String> {
    let help = script(redis, &[], "help()").stdout;
    let signatures = help.lines().filter_map(|line| Some(line[..line.find(')')? + 1].to_owned()));
    let signatures = signatures.filter(|signature| signature.contains('(') && !signature.contains(' '));
    signatures.collect()
}

fn every_operation_that_help_lists_can_be_called() {
    let redis = Server::start();
    let listed = listed(&redis);
    let expected = "hits() since() resets() resets(n) keys() kind(key) get(key) schema() release() redis() \
                    help() help(name) visit() reset() reset(n)";
    assert_eq!(listed.join(" "), expected);
    for signature in listed {
        let call =
            signature.replace("(n)", "(1)").replace("(key)", "(\"hits\")").replace("(name)", "(\"hits\")");
        let ended = script(&redis, &["--write"], call.as_str());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{call}: {ended:?}");
    }
}

fn help_fits_into_80_columns() {
    let redis = Server::start();
    let help = script(&redis, &[], "help()").stdout;
    // The last line is the script's result.
    let lines: Vec<&str> = help.lines().collect();
    assert!(lines[..lines.len() - 1].iter().all(|line| line.chars().count() <= 80), "{help}");
}

fn operations_say_what_they_accept() {
    let redis = Server::start();
    for (call, said) in [
        ("hits(1)", "hits(number): accepted is hits()"),
        ("resets(\"x\")", "resets(text): accepted is resets(), resets(n)"),
        ("resets(-1)", "resets(-1): accepted is a number from 0 to 10000"),
        ("resets(10001)", "resets(10001): accepted is a number from 0 to 10000"),
        ("get(\"x\")", "\"x\" is none of the app's keys: hits, hits:since, resets, schema, schema:release"),
        ("kind(\"x\")", "\"x\" is none of the app's keys: hits, hits:since, resets, schema, schema:release"),
        ("help(\"x\")", "no operation is called x: help lists them"),
    ] {
        assert_fails(&redis, &[], call, &format!("line 1: {said}; nothing was changed"));
    }
}

fn without_write_each_change_is_refused_and_its_line_told() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    for call in ["visit()", "reset()", "reset(1)"] {
        let name = call.split('(').next().expect("a call has a name");
        let said = format!("{name}() changes data, and this console is read-only: start it with --write");
        let text = format!("hits();\n\n{call};");
        assert_fails(&redis, &[], &text, &format!("line 3: {said}; nothing was changed"));
    }
    assert_eq!(redis.ask::<String>("GET hits"), "7");
}

fn each_change_is_logged_with_the_release() {
    let redis = Server::start();
    let mut command = app("console");
    let ended =
        Process::fed(command.arg("--write").envs(redis.environment()), "visit(); reset(3);").end(LIMIT);
    assert_eq!((ended.code, ended.stdout), (Some(0), done(&redis, "script", "2 changes")));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let release = format!("(release {})", redis.release());
    assert!(
        lines.len() == 3
            && lines[0].contains("INFO console starts (release ")
            && lines[1].ends_with(&format!("INFO hits: counted up to 1 {release}"))
            && lines[2].ends_with(&format!("INFO hits: 1 -> 3 {release}")),
        "{lines:?}"
    );
}

fn the_last_value_of_a_script_is_printed_and_nothing_where_there_is_none() {
    let redis = Server::start();
    for (text, printed) in [
        ("", ""),
        ("// nothing", ""),
        ("hits();", ""),
        ("6 * 7", "42\n"),
        ("print(\"a\"); debug(\"b\"); `c`", "a\n\"b\"\n\"c\"\n"),
        ("let text = \"two\\nlines \\u001b[31m\"; text", "\"two\\nlines \\u{1b}[31m\"\n"),
    ] {
        assert_prints(&redis, &[], text, printed, "nothing changed");
    }
}

fn a_script_that_is_not_understood_changes_nothing() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    for (text, said) in [
        ("reset();\nlet a = [1, 2\nhits();", "line 3: syntax error: expecting ','"),
        ("reset();\nlet a = ;", "line 2: syntax error: "),
        ("reset();\nprint(count);", "line 2: unknown name count; nothing"),
        ("reset();\nprint(hits);", "line 2: unknown name hits: did you mean hits()?; nothing"),
        ("reset();\neval(\"1\");", "line 2: syntax error: reserved keyword 'eval' is disabled; nothing"),
    ] {
        let ended = script(&redis, &["--write"], text);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{text}");
        assert!(ended.stderr.starts_with(&format!("console: {said}")), "{ended:?}");
        assert!(ended.stderr.ends_with("; nothing was changed\n"), "{ended:?}");
    }
    assert_eq!(redis.ask::<String>("GET hits"), "7");
}

fn what_does_not_exist_is_told_with_what_does() {
    let redis = Server::start();
    for (text, said) in [
        ("hist()", "unknown operation hist(): did you mean hits()?"),
        ("visits()", "unknown operation visits(): did you mean visit()?"),
        ("calculate(1, \"a\")", "unknown operation calculate(number, text)"),
        ("1 - \"a\"", "- is not possible with number, text"),
    ] {
        assert_fails(&redis, &[], text, &format!("line 1: {said}; nothing was changed"));
    }
}

fn a_script_that_fails_midway_says_what_it_has_changed() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    let ended = script(&redis, &["--write"], "print(hits());\nreset();\nnosuch();\nreset(9);");
    let said =
        "console: line 3: unknown operation nosuch(); done before: hits: 7 -> 0; nothing else was changed\n";
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(1), "7\n", said));
    assert_eq!(redis.ask::<String>("GET hits"), "0");
}

fn a_failure_that_a_script_catches_is_none() {
    let redis = Server::start();
    redis.ask::<()>("SET hits seven");
    let text = "try { hits() } catch (error) { print(error); }";
    let said =
        format!("Redis at {}: the key hits holds \"seven\", and a counter holds a number\n", redis.address());
    assert_prints(&redis, &[], text, &said, "nothing changed");
    assert_fails(&redis, &[], "hits()", &format!("line 1: {}; nothing was changed", said.trim_end()));
}

fn a_failure_within_a_function_is_told_with_its_own_line() {
    let redis = Server::start();
    let text = "fn inner() {\n  throw \"enough\";\n}\nfn outer() { inner() }\n\nouter();";
    assert_fails(&redis, &[], text, "line 2: enough; nothing was changed");
}

fn a_message_is_one_line_whatever_is_in_it() {
    let redis = Server::start();
    assert_fails(&redis, &[], "throw \"a\\nb\\x1b[31m\";", "line 1: a\\nb\\u{1b}[31m; nothing was changed");
    let long = script(&redis, &[], "let long = \"x\"; long.pad(1000000, \"x\"); throw long;").stderr;
    assert!(long.len() < 400 && long.contains("xxx[..]; nothing was changed"), "{long}");
}

fn arithmetic_that_overflows_is_an_error() {
    let redis = Server::start();
    for text in ["9223372036854775807 + 1", "-9223372036854775807 - 2", "9223372036854775807 * 2", "1 / 0"] {
        let ended = script(&redis, &[], text);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{text}: {ended:?}");
        assert!(ended.stderr.starts_with("console: line 1: "), "{text}: {ended:?}");
    }
}

fn nothing_of_the_host_is_within_reach() {
    let redis = Server::start();
    for text in [
        "import \"x\" as x;",
        "open_file(\"/etc/passwd\")",
        "sleep(1)",
        "exit(0)",
        "eval(\"1\")",
        "timestamp()",
        "parse_json(\"[]\")",
    ] {
        let ended = script(&redis, &[], text);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{text}: {ended:?}");
    }
}

fn a_script_of_more_than_a_mebibyte_or_of_no_text_is_refused() {
    let redis = Server::start();
    let mut text = vec![b' '; 1 << 20];
    let ended = script(&redis, &[], text.clone());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    text.push(b' ');
    let ended = script(&redis, &[], text);
    let said = "console: the script on stdin is longer than 1048576 bytes; nothing was changed\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), said));
    let ended = script(&redis, &[], b"print(\"a\xe7\xe3o\")".as_slice());
    let said = "console: the script on stdin is no UTF-8 (";
    assert!(ended.code == Some(1) && ended.stderr.starts_with(said), "{ended:?}");
}

fn a_script_is_read_as_editors_write_it_and_in_utf_16_refused_for_that_reason() {
    let redis = Server::start();
    let text = "\u{feff}print(\"ação\");\r\n1 + 1\r\n";
    assert_prints(&redis, &[], text, "ação\n2\n", "nothing changed");
    // The mark is no part of a line, and takes no place in one.
    let ended = script(&redis, &[], "\u{feff}let a = ;\r\n");
    assert!(ended.stderr.starts_with("console: line 1: syntax error: "), "{ended:?}");
    let said =
        "the script on stdin is UTF-16, as PowerShell's > writes it: save it as UTF-8; nothing was changed";
    for (mark, unit) in [
        ("\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("\u{feff}", u16::to_be_bytes),
        ("", u16::to_le_bytes),
        ("", u16::to_be_bytes),
    ] {
        let utf16: Vec<u8> = format!("{mark}hits()\n").encode_utf16().flat_map(unit).collect();
        let ended = script(&redis, &[], utf16);
        assert_eq!((ended.code, ended.stderr), (Some(1), format!("console: {said}\n")));
    }
}

fn repair_makes_a_number_of_whatever_the_counter_holds() {
    let redis = Server::start();
    let arguments = &["repair", "--write"];
    assert_prints(&redis, arguments, "", "hits: 0, nothing to repair\n", "nothing changed");
    redis.ask::<()>("SET hits -7");
    assert_prints(&redis, arguments, "", "hits: -7, nothing to repair\n", "nothing changed");
    let with = "is no number, but begins with one";
    let without = "is no number, and does not begin with one";
    for (held, shown, what, number) in [
        ("42 visits", "\"42 visits\"", with, "42"),
        ("  42\n", "\"  42\\n\"", with, "42"),
        ("007", "\"007\"", with, "7"),
        ("7.9", "\"7.9\"", with, "7"),
        ("999999999999999999", "999999999999999999", "", ""),
        ("0999999999999999999", "\"0999999999999999999\"", without, "0"),
        ("99999999999999999999", "\"99999999999999999999\"", without, "0"),
        ("seven", "\"seven\"", without, "0"),
        ("+7", "\"+7\"", without, "0"),
        ("", "\"\"", without, "0"),
    ] {
        redis.query::<()>(&Cmd::set("hits", held));
        if what.is_empty() {
            let printed = format!("hits: {shown}, nothing to repair\n");
            assert_prints(&redis, arguments, "", &printed, "nothing changed");
            continue;
        }
        let printed = format!("hits: {shown} {what}\nhits: {shown} -> {number}\n");
        assert_prints(&redis, arguments, "", &printed, "1 change");
        assert_eq!(redis.ask::<String>("GET hits"), number, "{held:?}");
    }
    for (make, kind) in [("RPUSH hits 1 2", "list"), ("HSET hits a 1", "hash")] {
        redis.ask::<()>("DEL hits");
        redis.ask::<redis::Value>(make);
        let printed = format!("hits: ({kind}) {without}\nhits: ({kind}) -> 0\n");
        assert_prints(&redis, arguments, "", &printed, "1 change");
        assert_eq!(redis.ask::<String>("GET hits"), "0");
    }
}

fn repair_without_write_says_what_is_wrong_and_changes_nothing() {
    let redis = Server::start();
    assert_prints(&redis, &["repair"], "", "hits: 0, nothing to repair\n", "nothing changed");
    redis.query::<()>(&Cmd::set("hits", "42 visits"));
    let ended = script(&redis, &["repair"], "");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "hits: \"42 visits\" is no number, but begins with one\n");
    let said =
        "reset() changes data, and this console is read-only: start it with --write; nothing was changed\n";
    assert!(ended.stderr.starts_with("console: line ") && ended.stderr.ends_with(said), "{ended:?}");
    assert_eq!(redis.ask::<String>("GET hits"), "42 visits");
}

fn report_tells_what_the_data_says() {
    let redis = Server::start();
    let empty = "schema: 0\nhits: 0\nsince: unknown\nresets: 0\nlost: 0\n";
    assert_prints(&redis, &["report"], "", empty, "nothing changed");
    migrate(&redis);
    redis.ask::<()>("SET hits:since 2026-01-02T03:04:05Z");
    redis.ask::<()>("SET hits 5");
    for (time, release, lost) in [
        ("2026-01-01T00:00:00Z", "0.1.0+aaaaaaa", "7"),
        ("2026-01-02T00:00:00Z", "0.1.0+bbbbbbb", "30"),
        ("2026-01-02T01:00:00Z", "0.1.0+aaaaaaa", "(nothing)"),
        ("2026-01-02T03:04:05Z", "0.1.0+aaaaaaa", "\"42 visits\""),
    ] {
        redis.query::<()>(&Cmd::rpush("resets", format!("{time} {release} {lost}")));
    }
    let full = "schema: 2\nhits: 5\nsince: 2026-01-02T03:04:05Z\nresets: 4\nlost: 37\nlost, and no number: 1\n\
                release 0.1.0+aaaaaaa: resets 3, lost 7\nrelease 0.1.0+bbbbbbb: resets 1, lost 30\n";
    assert_prints(&redis, &["report"], "", full, "nothing changed");
    redis.ask::<()>("DEL resets");
    let entries = vec!["2026-01-01T00:00:00Z 0.1.0+aaaaaaa 1"; 10_001];
    redis.query::<()>(&Cmd::rpush("resets", entries));
    let long = "schema: 2\nhits: 5\nsince: 2026-01-02T03:04:05Z\nresets: 10001\nthe newest 10000 of them:\n\
                lost: 10000\nrelease 0.1.0+aaaaaaa: resets 10000, lost 10000\n";
    assert_prints(&redis, &["report"], "", long, "nothing changed");
}

fn report_tells_of_a_counter_that_is_damaged() {
    let redis = Server::start();
    redis.ask::<()>("RPUSH hits 1 2");
    let damaged = "schema: 0\nhits: damaged, it holds a list\nsince: unknown\nresets: 0\nlost: 0\n";
    assert_prints(&redis, &["report"], "", damaged, "nothing changed");
}

fn data_of_a_newer_schema_is_read_and_not_changed() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    redis.ask::<()>("SET schema 99");
    redis.ask::<()>("SET schema:release 9.9.9+abc");
    assert_prints(&redis, &["--write"], "[hits(), schema()]", "[7, 99]\n", "nothing changed");
    for call in ["visit()", "reset()", "reset(1)"] {
        let ended = script(&redis, &["--write"], call);
        let newer = format!("console: line 1: Redis at {}: the data has schema 99, ", redis.address());
        assert!(ended.code == Some(1) && ended.stderr.starts_with(&newer), "{call}: {ended:?}");
        assert!(
            ended.stderr.contains("9.9.9+abc") && ended.stderr.ends_with("; nothing was changed\n"),
            "{ended:?}"
        );
    }
    assert_eq!(redis.ask::<String>("GET hits"), "7");
}

fn a_console_whose_output_nobody_reads_fails_and_stops_soon() {
    let redis = Server::start();
    for text in ["print(1); reset(5);", "6 * 7", "loop { print(1); }"] {
        let (reader, writer) = io::pipe().expect("a pipe can be made");
        drop(reader);
        let mut command = app("console");
        command.arg("--write").envs(redis.environment()).env("RUST_LOG", "warn").stderr(Stdio::piped());
        let mut child = command.stdin(Stdio::piped()).stdout(writer).spawn().expect("console starts");
        io::Write::write_all(&mut child.stdin.take().expect("stdin is piped"), text.as_bytes())
            .expect("console reads");
        let output = child.wait_with_output().expect("console ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}: {stderr}");
        assert!(
            stderr.starts_with("console: stdout cannot be written (") && stderr.lines().count() == 1,
            "{stderr}"
        );
        assert!(stderr.ends_with("nothing was changed\n"), "{stderr}");
    }
    assert_eq!(redis.ask::<Option<String>>("GET hits"), None);
}

fn redis_that_cannot_be_reached_is_told() {
    let mut redis = Server::start();
    redis.stop();
    let ended = script(&redis, &["report"], "");
    assert!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:?}");
    let told = ended.stderr.starts_with(&format!("console: Redis at {}: ", redis.address()));
    assert!(told && ended.stderr.ends_with("; nothing was changed\n"), "{ended:?}");
}

fn redis_that_is_lost_ends_a_script_and_the_line_is_told() {
    for text in [
        "visit();\nprint(hits());\nloop { hits() }",
        "visit();\nprint(hits());\nloop { try { hits() } catch { } }",
    ] {
        let mut redis = Server::start();
        let mut command = app("console");
        command.arg("--write").envs(redis.environment()).env("RUST_LOG", "warn");
        let mut process = Process::fed(&mut command, text);
        assert_eq!(process.first_line(), "1\n");
        redis.kill();
        let ended = process.end(LIMIT);
        let start = format!("console: line 3: Redis at {}: ", redis.address());
        assert!(ended.code == Some(1) && ended.stderr.starts_with(&start), "{ended:?}");
        let done = "; done before: hits: counted up to 1; nothing else was changed\n";
        assert!(ended.stderr.ends_with(done), "{ended:?}");
    }
}

/// What a process may have of memory, in KiB: 64 MiB of data, and as much for a stack that is reserved.
const DATA: &str = "131072";

fn values_that_grow_without_end_are_stopped_before_memory_is_full() {
    let redis = Server::start();
    let long = "let s = \"x\"; s.pad(1000000, \"y\"); let i = 0; ";
    let texts = [
        "let s = \"x\"; loop { s += s; }".to_owned(),
        "let s = \"\"; s.pad(1000000000, \"x\");".to_owned(),
        "let a = []; a.pad(1000000000, 1);".to_owned(),
        "let a = []; loop { a.push(1); }".to_owned(),
        "let a = [1]; loop { a += a; }".to_owned(),
        "let a = [1]; loop { a = [a, a]; }".to_owned(),
        "let a = []; for i in range(0, 1000000000000) { a.push(i); }".to_owned(),
        "let a = []; loop { a.push(resets(10000)); a.push(#{ a: [1, 2, 3] }); }".to_owned(),
        "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }".to_owned(),
        "fn f(n) { f(n + 1) + 1 } f(1)".to_owned(),
        format!("{long} let m = #{{}}; loop {{ m[s + i] = i; i += 1; }}"),
        format!("{long} let a = []; loop {{ a.push(s + i); i += 1; }}"),
        format!("{long} fn f(a) {{}} let g = Fn(\"f\"); loop {{ g = g.curry(s + i); i += 1; }}"),
        format!("{long} let l = (); loop {{ let t = s + i; let o = l; l = || [t, o]; i += 1; }}"),
        format!("{long} fn f(n, s) {{ let t = s + n; f(n + 1, t) }} f(1, s)"),
        format!("{long} s.replace(\"y\", s);"),
        format!("{long} s.replace('y', s);"),
        (0..250).map(|i| format!("let v{i} = \"x\"; v{i}.pad(1000000, \"y\"); ")).collect(),
        "(".repeat(500_000),
        "{".repeat(500_000),
        "[".repeat(500_000),
        format!("1{}", "+1".repeat(300_000)),
        format!("let a = 1; a{}", ".b".repeat(300_000)),
    ];
    let ends = |text: &String| {
        let shown: String = text.chars().take(100).collect();
        // `ulimit -d` is in KiB; a process that asks for more is aborted, and says so in other words.
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", &format!("ulimit -d {DATA} && exec \"$0\"")]).arg(app("console").get_program());
        limited.envs(redis.environment()).env("RUST_LOG", "warn").env_remove("REDIS_URL");
        let ended = Process::fed(&mut limited, text.as_str()).end(LIMIT);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{shown}: {ended:?}");
        let told = ["too large", "too much memory", "too many", "too slow", "exceeds", "syntax error"];
        // Where it ends for its time, that is at no line.
        let said = ended.stderr.strip_prefix("console: ").unwrap_or_default();
        assert!(told.iter().any(|part| said.contains(part)), "{shown}: {ended:?}");
    };
    thread::scope(|scope| {
        for part in texts.chunks(texts.len().div_ceil(2)) {
            scope.spawn(|| part.iter().for_each(ends));
        }
    });
}

fn console_help_names_each_script_of_the_release() {
    let output = app("console").arg("--help").output().expect("console starts");
    let help = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    for part in ["--write", "`repair` repairs", "`report` prints", "HOST_REDIS"] {
        assert!(help.contains(part), "no {part}: {help}");
    }
}

fn a_script_that_the_release_does_not_have_is_wrong_usage() {
    let output = app("console").arg("nosuch").output().expect("console starts");
    let said = "console: invalid value 'nosuch' for '[SCRIPT]': the scripts are repair, report; \
                accepted: --write, --help, --version\n";
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(2), said));
}

fn console_version_tells_the_release() {
    let output = app("console").arg("--version").output().expect("console starts");
    let version = String::from_utf8_lossy(&output.stdout);
    assert!(version.starts_with(&format!("console {} (build ", release([]))), "{version}");
}

fn an_empty_script_takes_at_most_10_ms_from_start_to_exit_in_a_release_build_and_100_ms_in_a_debug_build() {
    let most = Duration::from_millis(if is_debug_build() { 100 } else { 10 });
    let redis = Server::start();
    let mut command = app("console");
    command.envs(redis.environment()).stdin(Stdio::null());
    let runs = sorted(|| run_timed(&mut command));
    let median = runs[runs.len() / 2];
    assert!(median <= most, "the median is {median:?} of {runs:?}");
}

fn a_script_that_never_ends_is_ended_within_two_seconds_in_a_release_build_and_ten_in_a_debug_build() {
    // Two seconds for the limit that counts steps. A debug build on a busy machine comes to the other first, of five seconds.
    let (most, count) = if is_debug_build() { (10, 2) } else { (2, 1) };
    let redis = Server::start();
    for text in ["let i = 0;\nloop { i += 1; i -= 1; }", "let i = 0;\nwhile true { i += 1; }"] {
        let start = Instant::now();
        let ended = script(&redis, &[], text);
        let took = start.elapsed();
        let limits = ["too many operations: 10000000 are the limit", "too slow: 5 seconds are the limit"];
        let is_limit =
            |limit: &&str| ended.stderr == format!("console: line 2: {limit}; nothing was changed\n");
        assert!(ended.code == Some(1) && limits[..count].iter().any(is_limit), "{text}: {ended:?}");
        assert!(took <= Duration::from_secs(most), "{text}: {took:?}");
    }
}

/// The console on a terminal.
#[cfg(unix)]
mod interactive {
    use tests_common::Need::Redis;
    use tests_common::{Test, tests};

    use crate::process::app;
    use crate::server::Server;

    use super::terminal::{END, INTERRUPT, Terminal};

    pub fn tests() -> Vec<Test> {
        tests!["terminal", needs [Redis];
            a_session_begins_with_how_to_get_help_and_a_prompt_that_says_where_it_is,
            a_session_that_may_write_says_so_and_logs_each_change,
            values_are_printed_and_definitions_stay,
            an_error_ends_no_session,
            limits_count_for_each_line,
            a_block_goes_on_until_it_is_closed,
            ctrl_c_clears_the_line_and_ctrl_d_ends_the_session,
            exit_and_quit_end_the_session,
            help_is_a_word,
            tab_completes_operations_and_keys,
            the_line_before_comes_back,
            redis_may_go_and_come_back_within_a_session,
            a_session_needs_nothing_of_its_environment,
        ]
    }

    fn session(redis: &Server, arguments: &[&str]) -> Terminal {
        let mut command = app("console");
        command.args(arguments).envs(redis.environment()).env("TERM", "xterm");
        Terminal::start(&mut command)
    }

    fn prompt(redis: &Server, mode: &str) -> String {
        format!("factor12 {} {} {mode}> ", redis.release(), redis.address())
    }

    /// Enters a line, and waits for what it answers, and for the next prompt.
    fn ask(terminal: &mut Terminal, line: &str, answer: &str) {
        terminal.enter(line);
        // The line itself is shown while it is typed, and once more when it is entered.
        terminal.shows(&format!("\n{answer}\n"));
        terminal.shows("> ");
    }

    fn started(redis: &Server) -> Terminal {
        let mut terminal = session(redis, &[]);
        terminal.shows(&prompt(redis, "read-only"));
        terminal
    }

    fn ends(terminal: &mut Terminal, changes: &str) {
        terminal.shows(&format!("\nsession: done, {changes} ("));
        assert_eq!(terminal.end(), Some(0));
    }

    fn a_session_begins_with_how_to_get_help_and_a_prompt_that_says_where_it_is() {
        let redis = Server::start();
        let mut terminal = session(&redis, &[]);
        terminal.shows("INFO console starts");
        terminal.shows("\nhelp lists the operations, exit ends; read-only: --write allows changes\n");
        terminal.shows(&prompt(&redis, "read-only"));
        terminal.press(END);
        ends(&mut terminal, "nothing changed");
    }

    fn a_session_that_may_write_says_so_and_logs_each_change() {
        let redis = Server::start();
        let mut terminal = session(&redis, &["--write"]);
        terminal.shows("\nhelp lists the operations, exit ends; each change is logged\n");
        terminal.shows(&prompt(&redis, "read-write"));
        terminal.enter("visit()");
        terminal.shows(&format!("INFO hits: counted up to 1 (release {})\n1\n", redis.release()));
        terminal.shows("read-write> ");
        terminal.press(END);
        ends(&mut terminal, "1 change");
        assert_eq!(redis.ask::<i64>("GET hits"), 1);
    }

    fn values_are_printed_and_definitions_stay() {
        let redis = Server::start();
        redis.ask::<()>("SET hits 7");
        let mut terminal = started(&redis);
        ask(&mut terminal, "hits()", "7");
        terminal.enter("let before = hits();");
        terminal.shows("hits();\nfactor12");
        terminal.shows("read-only> ");
        terminal.enter("fn twice(n) { n * 2 }");
        terminal.shows("read-only> ");
        ask(&mut terminal, "twice(before)", "14");
        ask(&mut terminal, "release()", &format!("{:?}", redis.release()));
    }

    fn an_error_ends_no_session() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        ask(&mut terminal, "hist()", "console: unknown operation hist(): did you mean hits()?");
        let refused = "console: reset() changes data, and this console is read-only: start it with --write";
        ask(&mut terminal, "reset()", refused);
        ask(&mut terminal, "1 2", "console: syntax error: expecting ';' to terminate this statement");
        ask(&mut terminal, "hits()", "0");
        terminal.press(END);
        ends(&mut terminal, "nothing changed");
    }

    fn limits_count_for_each_line() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        for _ in 0..2 {
            ask(&mut terminal, "loop { }", "console: too many operations: 10000000 are the limit");
            ask(&mut terminal, "let n = 0; for i in 0..100000 { n += 1; } n", "100000");
        }
    }

    fn a_block_goes_on_until_it_is_closed() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        terminal.enter("fn third(a) {");
        terminal.enter("    a[2]");
        terminal.enter("}");
        // The old prompt is shown again with each key.
        terminal.shows(&format!("\n}}\n{}", prompt(&redis, "read-only")));
        ask(&mut terminal, "third([1,\r2,\r3])", "3");
        ask(&mut terminal, "1 +\rnosuch()", "console: line 2: unknown operation nosuch()");
        ask(&mut terminal, "`two\rlines`", "\"two\\nlines\"");
        // What can never be closed is told at once.
        ask(&mut terminal, "\"two", "console: syntax error: open string is not terminated");
    }

    fn ctrl_c_clears_the_line_and_ctrl_d_ends_the_session() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        // The old prompt is shown again with each key; the new one stands on a new line. Keys that come with Ctrl-C, before it,
        // are thrown away as a shell does.
        let new_prompt = format!("\n{}", prompt(&redis, "read-only"));
        terminal.press("nonsense(");
        terminal.shows("nonsense(");
        terminal.press(INTERRUPT);
        terminal.shows(&new_prompt);
        terminal.enter("fn unfinished() {");
        terminal.press(INTERRUPT);
        terminal.shows(&new_prompt);
        ask(&mut terminal, "hits()", "0");
        terminal.press(END);
        ends(&mut terminal, "nothing changed");
        assert!(!terminal.text().contains("console: "), "{}", terminal.text());
    }

    fn exit_and_quit_end_the_session() {
        let redis = Server::start();
        for word in ["exit", "  quit "] {
            let mut terminal = started(&redis);
            terminal.enter(word);
            ends(&mut terminal, "nothing changed");
        }
    }

    fn help_is_a_word() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        terminal.enter("help");
        terminal.shows("\nhits()     the counter");
        terminal.shows("\nwith --write:\nvisit()    counts");
        terminal.shows("read-only> ");
        ask(&mut terminal, "help hits", "hits()     the counter; 0 where nothing was ever counted");
        ask(&mut terminal, "help nosuch", "console: no operation is called nosuch: help lists them");
    }

    fn tab_completes_operations_and_keys() {
        let redis = Server::start();
        redis.ask::<()>("SET hits 7");
        let mut terminal = started(&redis);
        ask(&mut terminal, "hi\t", "7");
        ask(&mut terminal, "1 + hi\t", "8");
        terminal.press("re\t\t");
        for candidate in ["resets()", "resets(n)", "release()", "redis()", "reset()", "reset(n)", "return"] {
            terminal.shows(candidate);
        }
        terminal.shows("> re");
        terminal.press(INTERRUPT);
        terminal.shows(&format!("\n{}", prompt(&redis, "read-only")));
        ask(&mut terminal, "kind(\"schema:\t)", "\"nothing\"");
    }

    fn the_line_before_comes_back() {
        let redis = Server::start();
        let mut terminal = started(&redis);
        ask(&mut terminal, "40 + 2", "42");
        ask(&mut terminal, "\x1b[A + 1", "43");
    }

    fn redis_may_go_and_come_back_within_a_session() {
        let mut redis = Server::start();
        redis.ask::<()>("SET hits 7");
        let mut terminal = started(&redis);
        ask(&mut terminal, "hits()", "7");
        redis.stop();
        terminal.enter("hits()");
        terminal.shows(&format!("\nconsole: Redis at {}: ", redis.address()));
        terminal.shows("read-only> ");
        ask(&mut terminal, "1 + 1", "2");
        redis.up();
        ask(&mut terminal, "hits()", "7");
        // Nobody asked while it was away this time.
        redis.stop();
        redis.up();
        ask(&mut terminal, "hits()", "7");
    }

    /// As in an image from scratch: no terminal's name, no home, no path.
    fn a_session_needs_nothing_of_its_environment() {
        let redis = Server::start();
        for term in [None, Some("dumb")] {
            let mut command = app("console");
            command.env_clear().envs(redis.environment());
            if let Some(term) = term {
                command.env("TERM", term);
            }
            let mut terminal = Terminal::start(&mut command);
            terminal.shows(&prompt(&redis, "read-only"));
            ask(&mut terminal, "hits()", "0");
            ask(&mut terminal, "[1,\r2]", "[1, 2]");
            terminal.press(END);
            terminal.shows("session: done, nothing changed (");
            assert_eq!(terminal.end(), Some(0));
        }
    }
}
