//! What `web` logs: a stream of events on stdout, one line each.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::process::{Process, app, run};
use crate::server::{Server, free_port};
use crate::web::{BOUND, Web, agent, request};
use tests_common::Need::Redis;
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["logs", needs [Redis];
        web_logs_each_event_on_one_plain_line_of_stdout,
        web_logs_no_more_than_rust_log_asks_for,
        a_password_is_printed_nowhere,
    ]
}

fn web_logs_each_event_on_one_plain_line_of_stdout() {
    let redis = Server::start();
    let mut web = Web::on(&redis);
    for _ in 0..3 {
        web.number();
    }
    redis.ask::<()>("SET hits two\nlines\x1b[31m");
    web.visit();
    web.process.kill();
    let ended = web.process.end(BOUND);
    // The schema is asked for beside the first visit, and told before or after it.
    let (told, lines): (Vec<&str>, Vec<&str>) =
        ended.stdout.lines().partition(|line| line.contains("the data has schema"));
    assert_eq!((told.len(), lines.len()), (1, 5), "{ended:?}");
    assert!(told[0].contains("INFO the data has schema 0, and is served; pending: 1 "), "{}", told[0]);
    assert!(!ended.stdout.contains('\x1b'), "{ended:?}");
    assert_eq!(ended.stderr, "");
    for (line, event) in lines.iter().zip([
        "INFO web listens on 127.0.0.1:",
        "INFO visit 1",
        "INFO visit 2",
        "INFO visit 3",
        "ERROR the key hits ",
    ]) {
        assert!(line.contains(event), "{event} is not in {line}");
    }
    assert!(lines[0].contains(&format!("release {}", redis.release())), "{}", lines[0]);
    assert!(lines[0].contains(&redis.address()), "{}", lines[0]);
}

fn web_logs_no_more_than_rust_log_asks_for() {
    let redis = Server::start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut command = app("web");
    command.envs(redis.environment()).env("RUST_LOG", "error");
    command.env("HOST", address.ip().to_string()).env("PORT", address.port().to_string());
    let mut web = Process::start(&mut command);
    let answer = eventually("web answers", BOUND, || request(&agent(), "GET", address, "/").ok());
    assert_eq!(answer.number(), Some(1), "{answer:?}");
    web.kill();
    assert_eq!(web.end(BOUND).stdout, "");
}

/// Neither where it is right, nor where it is wrong, nor where nobody listens; not even in the finest log.
fn a_password_is_printed_nowhere() {
    const SECRET: &str = "s3cr3t";
    let redis = Server::start_with(&["--requirepass", SECRET]);
    let good = format!("redis://:{SECRET}@{}/2", redis.address());
    let wrong = format!("redis://someone:{SECRET}@{}", redis.address());
    let nobody = format!("redis://:{SECRET}@127.0.0.1:{}", free_port());
    for (url, status) in [(good, 200), (wrong, 503), (nobody, 503)] {
        let variables = [("REDIS_URL", url.as_str()), ("RUST_LOG", "trace")];
        let mut web = Web::start(app("web").envs(variables));
        let visit = web.visit();
        assert_eq!(visit.status, status, "{visit:?}");
        let health = web.get("/health");
        web.process.kill();
        let web = web.process.end(BOUND);
        let reset = run("reset", variables, Duration::from_secs(5));
        assert_eq!(reset.code, Some(i32::from(status != 200)), "{reset:?}");
        for text in [visit.body, health.body, web.stdout, web.stderr, reset.stdout, reset.stderr] {
            assert!(!text.contains(SECRET), "{text}");
        }
    }
}
