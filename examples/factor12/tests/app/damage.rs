//! A counter that holds no number that can be counted up, and what `reset` makes of whatever is there.

use std::time::Duration;

use redis::Cmd;

use crate::server::Server;
use crate::web::Web;
use tests_common::Need::Redis;
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["damage", needs [Redis];
        a_counter_that_holds_text_is_500_and_logged_until_reset_repairs_it,
        a_counter_that_is_a_list_is_500_and_logged_until_reset_repairs_it,
        a_counter_at_the_largest_integer_is_500_and_can_still_be_read,
        a_number_that_redis_cannot_count_up_is_damage_too,
        a_negative_counter_counts_on,
        what_was_lost_is_printed_whatever_it_was,
    ]
}

const LARGEST: &str = "9223372036854775807";

/// Fails unless the request is refused with one sentence, and no promise that later is better.
fn assert_damaged(web: &Web, path: &str) {
    let answer = web.get(path);
    assert_eq!(answer.status, 500, "{answer:?}");
    assert_eq!(answer.header("retry-after"), "", "later is no better: {answer:?}");
    answer.assert_one_sentence();
}

/// Fails unless the log names the key on one line for each of `count` refusals.
fn assert_logged(web: &Web, count: usize) {
    let names_the_key = |line: &&str| line.contains("ERROR") && line.contains("the key hits");
    let what = format!("{count} lines of the log that name the key");
    eventually(&what, Duration::from_secs(2), || {
        let log = web.process.stdout();
        (log.lines().filter(names_the_key).count() == count).then_some(())
    });
}

/// Fails unless `reset` prints `lost` and the next visit is the first.
fn assert_repaired(redis: &Server, web: &Web, lost: &str) {
    assert_reset_prints(redis, lost);
    assert_eq!(web.number(), 1);
}

fn assert_reset_prints(redis: &Server, lost: &str) {
    let ended = redis.reset();
    let expected = format!("hits: {lost} -> 0 ({}, release {})\n", redis.address(), redis.release());
    assert_eq!((ended.code, ended.stdout, ended.stderr), (Some(0), expected, String::new()));
}

fn a_counter_that_holds_text_is_500_and_logged_until_reset_repairs_it() {
    let redis = Server::start();
    let web = Web::on(&redis);
    redis.ask::<()>("SET hits seven");
    assert_damaged(&web, "/");
    assert_damaged(&web, "/hits");
    assert_logged(&web, 2);
    assert_eq!(redis.ask::<String>("GET hits"), "seven");
    assert_repaired(&redis, &web, "\"seven\"");
}

fn a_counter_that_is_a_list_is_500_and_logged_until_reset_repairs_it() {
    let redis = Server::start();
    let web = Web::on(&redis);
    redis.ask::<()>("RPUSH hits 1 2");
    assert_damaged(&web, "/");
    assert_damaged(&web, "/hits");
    assert_logged(&web, 2);
    assert_repaired(&redis, &web, "(list)");
}

fn a_counter_at_the_largest_integer_is_500_and_can_still_be_read() {
    let redis = Server::start();
    let web = Web::on(&redis);
    redis.ask::<()>(&format!("SET hits {LARGEST}"));
    assert_damaged(&web, "/");
    assert_logged(&web, 1);
    let hits = web.get("/hits");
    assert_eq!((hits.status, hits.body), (200, format!("{{\"hits\":{LARGEST}}}")));
    assert_repaired(&redis, &web, LARGEST);
}

fn a_number_that_redis_cannot_count_up_is_damage_too() {
    let redis = Server::start();
    let web = Web::on(&redis);
    for text in ["", "7.5", "007", "+7", " 7", "9223372036854775808"] {
        redis.query::<()>(&Cmd::set("hits", text));
        assert_damaged(&web, "/");
        assert_damaged(&web, "/hits");
        assert_repaired(&redis, &web, &format!("\"{text}\""));
    }
}

fn a_negative_counter_counts_on() {
    let redis = Server::start();
    let web = Web::on(&redis);
    redis.ask::<()>("SET hits -7");
    assert_eq!(web.number(), -6);
    assert_eq!(web.get("/hits").body, "{\"hits\":-6}");
    assert_reset_prints(&redis, "-6");
}

fn what_was_lost_is_printed_whatever_it_was() {
    let redis = Server::start();
    assert_reset_prints(&redis, "(nothing)");
    assert_reset_prints(&redis, "0");
    redis.ask::<()>("SET hits 7");
    assert_reset_prints(&redis, "7");
    redis.query::<()>(&Cmd::set("hits", "two\nlines \"quoted\" \x1b[31m"));
    assert_reset_prints(&redis, r#""two\nlines \"quoted\" \u{1b}[31m""#);
    redis.query::<()>(&Cmd::set("hits", b"no \xff text".as_slice()));
    assert_reset_prints(&redis, "\"no \u{fffd} text\"");
    for (make, kind) in [
        ("SADD hits 1", "set"),
        ("HSET hits a 1", "hash"),
        ("ZADD hits 1 a", "zset"),
        ("XADD hits * a 1", "stream"),
    ] {
        redis.ask::<()>("DEL hits");
        redis.ask::<redis::Value>(make);
        assert_reset_prints(&redis, &format!("({kind})"));
        assert_eq!(redis.ask::<String>("GET hits"), "0");
    }
}
