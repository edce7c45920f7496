//! What the processes say where Redis is there and refuses, or where an admin process cannot reach it.

use std::net::TcpListener;
use std::time::Duration;

use crate::fake::{self, Reaction};
use crate::process::{Ended, app, run};
use crate::server::{Server, environment, free_port};
use crate::web::Web;
use tests_common::Need::{Redis, Unix};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["refusal", needs [Redis, Unix];
        reset_against_a_silent_redis_fails_within_five_seconds_and_says_truly_that_nothing_was_changed,
    ];
    tests.extend(tests!["refusal", needs [Redis];
        a_wrong_password_is_503_until_redis_accepts_it,
        a_wrong_password_fails_reset_which_changes_nothing,
        a_redis_without_memory_is_503_until_it_has_some,
        a_read_only_redis_is_503_until_it_can_be_written,
        reset_on_a_read_only_redis_says_that_nothing_was_changed,
    ]);
    tests.extend(tests!["refusal", needs [];
        a_redis_that_still_loads_is_503,
        a_redis_that_cannot_save_is_503,
        a_redis_that_is_no_redis_is_503,
        reset_without_redis_fails_within_five_seconds_and_says_that_nothing_was_changed,
        reset_on_a_host_name_that_does_not_exist_fails_within_five_seconds,
        reset_that_gets_no_answer_to_its_greeting_says_that_nothing_was_changed,
        reset_that_gets_no_answer_to_its_change_says_that_it_cannot_be_known,
        reset_whose_connection_is_lost_amid_its_change_says_that_it_cannot_be_known,
    ]);
    tests
}

const NOTHING: &str = "nothing was changed";
const UNKNOWN: &str = "cannot be known";

/// An admin process must have ended by then; waiting longer would only hide how late it is.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

fn reset_on(port: u16) -> Ended {
    run("reset", environment(port), FIVE_SECONDS)
}

/// Fails unless it failed with one line that names the process and the address, and ends as `outcome` says.
fn assert_failed(ended: &Ended, address: &str, outcome: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("reset: "), "{ended:?}");
    assert!(ended.stderr.contains(address), "{ended:?}");
    let other = if outcome == NOTHING { UNKNOWN } else { NOTHING };
    assert!(ended.stderr.contains(outcome) && !ended.stderr.contains(other), "{ended:?}");
}

fn a_wrong_password_is_503_until_redis_accepts_it() {
    let redis = Server::start_with(&["--requirepass", "right"]);
    let url = format!("redis://:other@{}", redis.address());
    let web = Web::start(app("web").env("REDIS_URL", url));
    web.visit().assert_later();
    // The test's own connections need the first password, so this is the last command of theirs.
    redis.ask::<()>("CONFIG SET requirepass other");
    assert_eq!(web.number(), 1);
}

fn a_wrong_password_fails_reset_which_changes_nothing() {
    let redis = Server::start_with(&["--requirepass", "right"]);
    redis.ask::<()>("SET hits 7");
    for url in ["redis://:other@", "redis://"] {
        let url = format!("{url}{}", redis.address());
        let ended = run("reset", [("REDIS_URL", url)], FIVE_SECONDS);
        assert_failed(&ended, &redis.address(), NOTHING);
    }
    assert_eq!(redis.ask::<i64>("GET hits"), 7);
}

fn a_redis_without_memory_is_503_until_it_has_some() {
    let redis = Server::start();
    let web = Web::on(&redis);
    assert_eq!(web.number(), 1);
    redis.ask::<()>("CONFIG SET maxmemory 1");
    web.visit().assert_later();
    redis.ask::<()>("CONFIG SET maxmemory 0");
    assert_eq!(web.number(), 2);
}

fn a_read_only_redis_is_503_until_it_can_be_written() {
    let redis = Server::start();
    let web = Web::on(&redis);
    assert_eq!(web.number(), 1);
    redis.ask::<()>(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    web.visit().assert_later();
    redis.ask::<()>("REPLICAOF NO ONE");
    assert_eq!(web.number(), 2);
}

fn reset_on_a_read_only_redis_says_that_nothing_was_changed() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    redis.ask::<()>(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    let ended = redis.reset();
    assert_eq!(redis.ask::<i64>("GET hits"), 7);
    assert_failed(&ended, &redis.address(), NOTHING);
}

fn web_on(script: fake::Script) -> Web {
    Web::start(app("web").envs(environment(fake::start(script))))
}

fn a_redis_that_still_loads_is_503() {
    let web = web_on(|_, _| Reaction::Say("-LOADING Redis is loading the dataset in memory\r\n"));
    for path in ["/", "/hits"] {
        web.get(path).assert_later();
    }
    assert_eq!(web.get("/health").status, 503);
}

fn a_redis_that_cannot_save_is_503() {
    let web =
        web_on(|_, _| Reaction::Say("-MISCONF Errors writing to the AOF file: No space left on device\r\n"));
    web.visit().assert_later();
}

fn a_redis_that_is_no_redis_is_503() {
    let web = web_on(|_, _| Reaction::Say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    web.visit().assert_later();
}

fn reset_without_redis_fails_within_five_seconds_and_says_that_nothing_was_changed() {
    let port = free_port();
    assert_failed(&reset_on(port), &format!("127.0.0.1:{port}"), NOTHING);
}

fn reset_on_a_host_name_that_does_not_exist_fails_within_five_seconds() {
    let ended = run("reset", [("HOST_REDIS", "nowhere.invalid")], FIVE_SECONDS);
    assert_failed(&ended, "nowhere.invalid:6379", NOTHING);
}

fn reset_against_a_silent_redis_fails_within_five_seconds_and_says_truly_that_nothing_was_changed() {
    let redis = Server::start();
    redis.ask::<()>("SET hits 7");
    redis.freeze();
    let ended = reset_on(redis.port);
    redis.thaw();
    assert_failed(&ended, &redis.address(), NOTHING);
    assert_eq!(redis.ask::<i64>("GET hits"), 7);
}

fn reset_that_gets_no_answer_to_its_greeting_says_that_nothing_was_changed() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("the loopback address has a free port");
    let address = silent.local_addr().expect("a listener has an address");
    assert_failed(&reset_on(address.port()), &address.to_string(), NOTHING);
}

/// Holds nothing, takes every command of a transaction, and reacts as told to the one that carries it out.
fn transaction(name: &str, at_last: Reaction) -> Reaction {
    match name {
        "WATCH" | "MULTI" => Reaction::Say("+OK\r\n"),
        "TYPE" => Reaction::Say("+none\r\n"),
        "GET" => Reaction::Say("$-1\r\n"),
        "EXEC" => at_last,
        _ => Reaction::Say("+QUEUED\r\n"),
    }
}

fn reset_that_gets_no_answer_to_its_change_says_that_it_cannot_be_known() {
    let port = fake::start(|name, _| transaction(name, Reaction::Silence));
    assert_failed(&reset_on(port), &format!("127.0.0.1:{port}"), UNKNOWN);
}

fn reset_whose_connection_is_lost_amid_its_change_says_that_it_cannot_be_known() {
    let port = fake::start(|name, _| transaction(name, Reaction::HangUp));
    assert_failed(&reset_on(port), &format!("127.0.0.1:{port}"), UNKNOWN);
}
