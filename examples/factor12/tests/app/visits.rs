//! What the routes answer, and which of them count.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;

use crate::process::app;
use crate::server::Server;
use crate::web::{BOUND, Web, agent, request};
use tests_common::Need::Redis;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["visits", needs [Redis];
        visits_are_answered_1_2_3_as_plain_text,
        two_webs_on_one_redis_share_the_counter,
        hits_reads_the_counter_without_counting,
        nothing_but_a_get_of_the_root_is_counted,
        health_tells_the_status_the_release_the_host_and_where_redis_is,
        web_with_health_asks_the_web_that_runs_and_exits_0_or_1,
        two_hundred_idle_and_half_sent_requests_do_not_keep_visits_from_being_counted,
    ]
}

fn visits_are_answered_1_2_3_as_plain_text() {
    let redis = Server::start();
    let web = Web::on(&redis);
    for number in 1..=3 {
        let answer = web.visit();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.body, format!("Hello World! {number} times.\n"));
    }
}

fn two_webs_on_one_redis_share_the_counter() {
    let redis = Server::start();
    let (one, other) = (Web::on(&redis), Web::on(&redis));
    let numbers = [one.number(), other.number(), one.number(), other.number()];
    assert_eq!(numbers, [1, 2, 3, 4]);
}

fn hits_reads_the_counter_without_counting() {
    let redis = Server::start();
    let web = Web::on(&redis);
    for _ in 0..2 {
        let hits = web.get("/hits");
        assert_eq!((hits.status, hits.body.as_str()), (200, "{\"hits\":0}"));
        assert_eq!(hits.header("content-type"), "application/json");
    }
    web.number();
    assert_eq!(web.get("/hits").body, "{\"hits\":1}");
}

fn nothing_but_a_get_of_the_root_is_counted() {
    let redis = Server::start();
    let web = Web::on(&redis);
    for (method, path, status) in [
        ("HEAD", "/", 200),
        ("POST", "/", 405),
        ("PUT", "/", 405),
        ("OPTIONS", "/", 405),
        ("GET", "/favicon.ico", 404),
        ("GET", "/index.html", 404),
        ("GET", "/nothing/here", 404),
        ("GET", "//", 404),
        ("POST", "/nothing", 404),
        ("HEAD", "/nothing", 404),
        ("GET", "/hits", 200),
        ("HEAD", "/hits", 200),
        ("GET", "/health", 200),
    ] {
        assert_eq!(web.request(method, path).status, status, "{method} {path}");
    }
    assert_eq!(web.get("/hits").body, "{\"hits\":0}");
    assert_eq!(web.number(), 1);
}

fn health_tells_the_status_the_release_the_host_and_where_redis_is() {
    let redis = Server::start();
    let web = Web::on(&redis);
    let health = web.get("/health");
    assert_eq!(health.status, 200);
    assert_eq!(health.header("content-type"), "application/json");
    let told: HashMap<String, String> = serde_json::from_str(&health.body).expect("an object of texts");
    let (release, address) = (redis.release(), redis.address());
    let version = app("web").arg("--version").output().expect("web starts");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.trim_end().rsplit(' ').next().expect("--version ends with the host");
    let expected = [("status", "ok"), ("release", &release), ("host", host), ("redis", &address)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(told, HashMap::from(expected));
}

fn web_with_health_asks_the_web_that_runs_and_exits_0_or_1() {
    let mut redis = Server::start();
    let mut web = Web::on(&redis);
    let port = web.address.port().to_string();
    let ask = || {
        let output = app("web").arg("--health").env("PORT", &port).output().expect("web starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), stderr.lines().count(), stderr)
    };
    assert_eq!(ask(), (Some(0), 0, String::new()));
    redis.kill();
    let (code, lines, stderr) = ask();
    assert_eq!((code, lines), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("503"), "{stderr}");
    web.process.kill();
    let (code, lines, stderr) = ask();
    assert_eq!((code, lines), (Some(1), 1), "{stderr}");
    assert!(stderr.contains(&port), "{stderr}");
}

fn two_hundred_idle_and_half_sent_requests_do_not_keep_visits_from_being_counted() {
    let redis = Server::start();
    let web = Web::on(&redis);
    let mut open: Vec<TcpStream> = Vec::new();
    for number in 1..=20 {
        // Web takes connections in turn, so a visit answered on a new one shows that it has these.
        open.extend((0..10).map(|index| web.send(["", "GET / HTTP/1.1\r\nHos"][index % 2])));
        let answer = request(&agent(), "GET", web.address, "/").expect("a visit is answered");
        assert_eq!(answer.number(), Some(number), "{answer:?}");
        assert!(answer.took < BOUND, "{answer:?}");
    }
    for mut connection in open {
        connection.set_nonblocking(true).expect("a connection can be asked");
        let read = connection.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(read, Err(ErrorKind::WouldBlock), "an idle connection stays open");
    }
}
