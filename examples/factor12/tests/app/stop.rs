//! How `web` ends: soon, and without a word cut off.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::load::{Load, assert_no_number_twice};
use crate::process::{Ended, Process, Signal, app};
use crate::server::{Server, environment, free_port};
use crate::web::{BOUND, Web};
use tests_common::Need::{Redis, Unix};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["stop", needs [Unix];
        a_client_that_sends_half_a_request_does_not_hold_web_beyond_ten_seconds,
        connections_without_a_request_do_not_hold_web,
        a_name_that_cannot_be_looked_up_does_not_hold_web,
        ctrl_c_stops_web_as_sigterm_does,
        a_signal_at_any_moment_of_the_start_ends_web,
    ];
    tests.extend(tests!["stop", needs [Redis, Unix];
        visits_under_way_while_redis_is_silent_are_answered_503_before_web_stops,
        visits_under_way_that_redis_answers_after_the_signal_are_answered_200,
        under_load_every_visit_that_was_counted_is_answered_before_web_stops,
    ]);
    tests
}

/// What a container's engine grants between SIGTERM and SIGKILL.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// A `web` whose Redis is not there.
fn web_alone() -> Web {
    Web::start(app("web").envs(environment(free_port())))
}

/// Fails unless `web` ended in order, within `limit` of the signal, and said so.
fn assert_stops(web: &mut Web, signal: Signal, limit: Duration) {
    let start = Instant::now();
    web.process.signal(signal);
    let ended = web.process.end(limit);
    assert_stopped(&ended);
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}

fn assert_stopped(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
    let last = ended.stdout.lines().next_back().unwrap_or_default();
    assert!(last.ends_with("web has stopped"), "{ended:?}");
}

fn a_client_that_sends_half_a_request_does_not_hold_web_beyond_ten_seconds() {
    let mut web = web_alone();
    let _half = web.send("GET /nothing HTTP/1.1\r\nHost:");
    let _body = web.send("POST /nothing HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhal");
    web.get("/nothing");
    assert_stops(&mut web, Signal::Terminate, TEN_SECONDS);
}

fn connections_without_a_request_do_not_hold_web() {
    let mut web = web_alone();
    let _unused: Vec<TcpStream> = (0..20).map(|_| web.send("")).collect();
    let _used: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut connection = web.send("GET /nothing HTTP/1.1\r\nHost: web\r\n\r\n");
            connection.read_exact(&mut [0]).expect("web answers");
            connection
        })
        .collect();
    assert_stops(&mut web, Signal::Terminate, Duration::from_secs(3));
}

fn a_name_that_cannot_be_looked_up_does_not_hold_web() {
    let mut web = Web::start(app("web").env("HOST_REDIS", "nowhere.invalid"));
    web.visit().assert_later();
    assert_stops(&mut web, Signal::Terminate, TEN_SECONDS);
}

fn ctrl_c_stops_web_as_sigterm_does() {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        assert_stops(&mut web_alone(), signal, Duration::from_secs(3));
    }
}

/// Before it has said that it listens, the system may end it, as it ends any process; afterwards it ends in order.
fn a_signal_at_any_moment_of_the_start_ends_web() {
    for delay in 0..15 {
        let mut web = Process::start(app("web").env("HOST", "127.0.0.1").env("PORT", "0"));
        thread::sleep(Duration::from_millis(delay));
        let listened = web.stdout().contains("listens");
        web.signal(Signal::Terminate);
        let ended = web.end(Duration::from_secs(3));
        assert!(matches!(ended.code, None | Some(0)), "{ended:?}");
        if listened {
            assert_stopped(&ended);
        }
    }
}

/// Connections each of which has a visit under way while Redis is frozen.
///
/// The visit leaves in one piece with a request before it: once that is answered, `web` has read the visit.
fn visits_under_way(web: &Web) -> Vec<BufReader<TcpStream>> {
    const BOTH: &str = "GET /nothing HTTP/1.1\r\nHost: web\r\n\r\nGET / HTTP/1.1\r\nHost: web\r\n\r\n";
    let connect = |_| {
        let mut connection = BufReader::new(web.send(BOTH));
        assert_eq!(read_answer(&mut connection).0, 404);
        connection
    };
    (0..8).map(connect).collect()
}

/// Reads one answer, whole: its status and its body.
fn read_answer(connection: &mut impl BufRead) -> (u16, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let length = connection.read_line(&mut head).expect("the connection is not reset");
        assert!(length > 0, "the answer ends within its head: {head:?}");
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let (Some(status), Some(length)) = (status, length) else {
        panic!("neither status nor length: {head}");
    };
    let mut body = vec![0; length];
    connection.read_exact(&mut body).expect("the body is whole");
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn visits_under_way_while_redis_is_silent_are_answered_503_before_web_stops() {
    let redis = Server::start();
    let mut web = Web::on(&redis);
    web.number();
    redis.freeze();
    let visits = visits_under_way(&web);
    let start = Instant::now();
    web.process.signal(Signal::Terminate);
    for mut visit in visits {
        assert_eq!(read_answer(&mut visit).0, 503);
        assert_eq!(visit.read(&mut [0]).ok(), Some(0), "the connection is closed in order");
    }
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    assert_stopped(&web.process.end(TEN_SECONDS));
}

fn visits_under_way_that_redis_answers_after_the_signal_are_answered_200() {
    let redis = Server::start();
    let mut web = Web::on(&redis);
    web.number();
    redis.freeze();
    let visits = visits_under_way(&web);
    web.process.signal(Signal::Terminate);
    redis.thaw();
    let mut bodies: Vec<String> = visits
        .into_iter()
        .map(|mut visit| {
            let (status, body) = read_answer(&mut visit);
            assert_eq!(status, 200, "{body}");
            body
        })
        .collect();
    bodies.sort();
    let expected: Vec<String> = (2..=9).map(|number| format!("Hello World! {number} times.\n")).collect();
    assert_eq!(bodies, expected);
    assert_stopped(&web.process.end(TEN_SECONDS));
}

/// A client whose connection `web` closes between two visits sees its next visit fail; that one was not counted.
fn under_load_every_visit_that_was_counted_is_answered_before_web_stops() {
    let redis = Server::start();
    let mut web = Web::on(&redis);
    let load = Load::on(&web, 16);
    load.wait_for(500, 200);
    web.process.signal(Signal::Terminate);
    assert_stopped(&web.process.end(TEN_SECONDS));
    let outcomes = load.end();
    let numbers = assert_no_number_twice(&outcomes);
    assert!(outcomes.iter().flatten().all(|answer| answer.status == 200));
    assert_eq!(numbers.len(), redis.ask::<usize>("GET hits"), "counted, but not answered");
}
