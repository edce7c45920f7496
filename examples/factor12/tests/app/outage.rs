//! What visitors get while Redis is away, and afterwards: late answers never, the same number never.

use std::time::Duration;

use crate::fake::{self, Reaction};
use crate::load::{Load, assert_counted_or_put_off};
use crate::process::app;
use crate::server::{Server, environment};
use crate::web::Web;
use tests_common::Need::{Redis, Unix};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["outage", needs [Redis, Unix];
        redis_frozen_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice,
        redis_stopped_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice,
        a_visit_that_redis_left_unanswered_does_not_keep_the_next_from_being_counted,
        a_redis_that_was_frozen_unnoticed_counts_the_next_visit,
        a_redis_that_was_stopped_and_started_unnoticed_counts_the_next_visit,
        health_is_503_within_a_second_while_redis_is_silent_and_200_afterwards,
        hits_are_503_in_time_while_redis_is_silent,
    ];
    tests.extend(tests!["outage", needs [Redis];
        redis_killed_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice,
        a_redis_that_was_killed_and_started_unnoticed_counts_the_next_visit,
        a_redis_that_closed_the_connection_counts_the_next_visit,
        web_starts_without_redis_and_counts_the_first_visit_after_redis_is_up,
    ]);
    tests.extend(tests!["outage", needs [];
        a_connection_gone_without_a_word_is_replaced_for_the_next_visit,
        a_host_name_that_does_not_exist_is_503_in_time,
        health_is_503_while_redis_is_down,
    ]);
    tests
}

/// Visits go on while `strike` takes Redis away and `heal` brings it back.
fn strike_under_load(strike: impl FnOnce(&mut Server), heal: impl FnOnce(&mut Server)) {
    let mut redis = Server::start();
    let web = Web::on(&redis);
    let load = Load::on(&web, 8);
    load.wait_for(100, 200);
    strike(&mut redis);
    load.wait_for(8, 503);
    let highest = load.highest();
    heal(&mut redis);

    let next = web.number();
    assert!(next > highest, "{highest} was answered before the outage, {next} after it");
    load.wait_for(100, 200);
    let numbers = assert_counted_or_put_off(&load.end());
    assert!(!numbers.contains(&next), "two visits got the number {next}");
}

fn redis_frozen_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice() {
    strike_under_load(|redis| redis.freeze(), |redis| redis.thaw());
}

fn redis_stopped_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice() {
    strike_under_load(Server::stop, Server::up);
}

fn redis_killed_under_load_gives_503_in_time_and_then_visits_count_on_without_a_number_twice() {
    strike_under_load(Server::kill, Server::up);
}

/// The visit that was not answered may count all the same, once Redis reads it: a number is skipped then.
fn a_visit_that_redis_left_unanswered_does_not_keep_the_next_from_being_counted() {
    let redis = Server::start();
    let web = Web::on(&redis);
    assert_eq!(web.number(), 1);
    redis.freeze();
    web.visit().assert_later();
    redis.thaw();
    let next = web.number();
    assert!((2..=3).contains(&next), "{next}");
    assert_eq!(web.number(), next + 1);
}

/// Redis goes and comes back while nobody visits.
fn strike_unnoticed(strike: impl FnOnce(&mut Server), heal: impl FnOnce(&mut Server)) {
    let mut redis = Server::start();
    let web = Web::on(&redis);
    assert_eq!(web.number(), 1);
    strike(&mut redis);
    heal(&mut redis);
    assert_eq!(web.number(), 2);
}

fn a_redis_that_was_frozen_unnoticed_counts_the_next_visit() {
    strike_unnoticed(|redis| redis.freeze(), |redis| redis.thaw());
}

fn a_redis_that_was_stopped_and_started_unnoticed_counts_the_next_visit() {
    strike_unnoticed(Server::stop, Server::up);
}

fn a_redis_that_was_killed_and_started_unnoticed_counts_the_next_visit() {
    strike_unnoticed(Server::kill, Server::up);
}

fn a_redis_that_closed_the_connection_counts_the_next_visit() {
    strike_unnoticed(
        |redis| {
            let closed: usize = redis.ask("CLIENT KILL TYPE normal SKIPME yes");
            assert!(closed > 0, "web keeps a connection");
        },
        |_| {},
    );
}

fn web_starts_without_redis_and_counts_the_first_visit_after_redis_is_up() {
    let mut redis = Server::down(&[]);
    let web = Web::on(&redis);
    web.visit().assert_later();
    web.get("/hits").assert_later();
    redis.up();
    assert_eq!(web.number(), 1);
}

fn health_is_503_within_a_second_while_redis_is_silent_and_200_afterwards() {
    let redis = Server::start();
    let web = Web::on(&redis);
    assert_eq!(web.get("/health").status, 200);
    redis.freeze();
    for _ in 0..2 {
        let health = web.get("/health");
        assert_eq!(health.status, 503, "{health:?}");
        // Redis has a second; what is more is the request's own way.
        assert!(health.took < Duration::from_millis(1400), "{health:?}");
        assert!(health.body.contains("\"unavailable\""), "{health:?}");
    }
    redis.thaw();
    assert_eq!(web.get("/health").status, 200);
}

fn hits_are_503_in_time_while_redis_is_silent() {
    let redis = Server::start();
    let web = Web::on(&redis);
    redis.freeze();
    web.get("/hits").assert_later();
}

fn health_is_503_while_redis_is_down() {
    let redis = Server::down(&[]);
    let web = Web::on(&redis);
    let health = web.get("/health");
    assert_eq!(health.status, 503, "{health:?}");
}

fn a_host_name_that_does_not_exist_is_503_in_time() {
    let web = Web::start(app("web").env("HOST_REDIS", "nowhere.invalid"));
    for _ in 0..2 {
        web.visit().assert_later();
    }
}

/// As where a cable was pulled, or a container moved: nothing ever comes on the old connection again.
fn a_connection_gone_without_a_word_is_replaced_for_the_next_visit() {
    let port = fake::start(|_, connection| match connection {
        0 => Reaction::Silence,
        _ => Reaction::Say(":7\r\n"),
    });
    let web = Web::start(app("web").envs(environment(port)));
    web.visit().assert_later();
    assert_eq!(web.number(), 7);
}
