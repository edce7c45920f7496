//! The environment and the command line: what is accepted, and what is said of the rest.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use factor12::BUILD;

use crate::process::{Ended, Process, app, run};
use crate::server::{Server, environment, free_port};
use crate::web::Web;
use tests_common::Need::Redis;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["environment", needs [];
        a_bad_value_is_refused_by_every_process_in_one_line_with_exit_code_2,
        a_bad_url_is_refused_without_its_password,
        an_unknown_flag_is_refused_in_one_line_with_exit_code_2,
        help_and_version_are_printed_and_exit_0,
        all_processes_in_one_environment_are_of_one_release_and_elsewhere_of_another_with_the_same_build,
        an_empty_variable_counts_as_unset,
        a_taken_port_is_told_in_one_line_with_exit_code_1,
        web_listens_on_the_address_of_the_environment_only,
    ];
    tests.extend(tests!["environment", needs [Redis];
        a_url_wins_over_host_and_port_with_its_database,
        a_url_logs_in_with_its_password,
    ]);
    tests
}

const SOON: Duration = Duration::from_secs(5);

/// Every process, with arguments that are right.
const PROCESSES: [(&str, &[&str]); 6] = [
    ("web", &[]),
    ("reset", &[]),
    ("migrate", &["status"]),
    ("backup", &[]),
    ("restore", &["--replace"]),
    ("console", &["--write"]),
];

/// Fails unless it was refused with one line that holds all of `parts` and begins with the process.
fn assert_refused(name: &str, ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with(&format!("{name}: ")), "{ended:?}");
    for part in parts {
        assert!(ended.stderr.contains(part), "{part} is not told: {ended:?}");
    }
}

fn a_bad_value_is_refused_by_every_process_in_one_line_with_exit_code_2() {
    let port = "a port from 1 to 65535";
    let url = "redis://[[user]:password@]host[:port][/database]";
    let level = "a level (error, warn, info, debug, trace, off)";
    for (variable, value, accepted) in [
        ("PORT_REDIS", "abc", port),
        ("PORT_REDIS", "0", port),
        ("PORT_REDIS", "65536", port),
        ("PORT", "0x", port),
        ("PORT", "80 ", port),
        ("HOST", "nonsense", "an IP address"),
        ("HOST_REDIS", "red is", "a host name or an address"),
        ("REDIS_URL", "http://redis:6379", url),
        ("REDIS_URL", "rediss://redis:6379", url),
        ("REDIS_URL", "redis://redis:6379/two", url),
        ("RUST_LOG", "factor12=loud", level),
    ] {
        for (name, arguments) in PROCESSES {
            let ended = Process::start(app(name).args(arguments).env(variable, value)).end(SOON);
            assert_refused(name, &ended, &[variable, value, accepted]);
        }
    }
}

fn a_bad_url_is_refused_without_its_password() {
    for url in ["rediss://user:s3cr3t@redis", "redis://:s3cr3t@redis:99999", "redis://:s3cr3t", "s3cr3t"] {
        for (name, arguments) in PROCESSES {
            let ended = Process::start(app(name).args(arguments).env("REDIS_URL", url)).end(SOON);
            assert_refused(name, &ended, &["REDIS_URL", "***"]);
            assert!(!ended.stderr.contains("s3cr3t"), "{ended:?}");
        }
    }
}

fn an_unknown_flag_is_refused_in_one_line_with_exit_code_2() {
    for (name, accepted) in [
        ("web", "--health, --help, --version"),
        ("reset", "--help, --version"),
        ("migrate", "status, up, --help, --version"),
        ("backup", "--help, --version"),
        ("restore", "--replace, --help, --version"),
    ] {
        for argument in ["--all", "now"] {
            let ended = Process::start(app(name).arg(argument)).end(SOON);
            assert_refused(name, &ended, &[argument, accepted]);
        }
    }
}

fn help_and_version_are_printed_and_exit_0() {
    for (name, _) in PROCESSES {
        let help = Process::start(app(name).arg("--help")).end(SOON);
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        assert!(help.stdout.contains(&format!("Usage: {name}")), "{help:?}");
        // Neither needs a right environment.
        let version = Process::start(app(name).arg("--version").env("PORT", "0x")).end(SOON);
        assert_eq!((version.code, version.stderr.as_str()), (Some(0), ""));
        let release = format!(
            "{name} {}+{BUILD} (build {BUILD}, configuration that cannot be used), host ",
            env!("CARGO_PKG_VERSION")
        );
        assert!(version.stdout.starts_with(&release), "{version:?}");
        let host = version.stdout.split(", host ").nth(1).unwrap_or_default();
        assert!(!host.trim().is_empty(), "{version:?}");
        assert_eq!(version.stdout.lines().count(), 1, "{version:?}");
    }
}

fn all_processes_in_one_environment_are_of_one_release_and_elsewhere_of_another_with_the_same_build() {
    let release = |name: &str, redis: &str| {
        let version = Process::start(app(name).arg("--version").env("HOST_REDIS", redis)).end(SOON).stdout;
        let rest = version.strip_prefix(&format!("{name} ")).expect("its name");
        let (release, halves) = rest.split_once(" (build ").expect("its release");
        let (build, configuration) =
            release.split_once('+').and_then(|(_, both)| both.split_once('.')).expect("both");
        assert!(halves.starts_with(&format!("{build}, configuration {configuration}), host ")), "{version}");
        (build.to_owned(), configuration.to_owned())
    };
    let (build, configuration) = release("web", "redis");
    for (name, _) in PROCESSES {
        assert_eq!(release(name, "redis"), (build.clone(), configuration.clone()), "{name}");
        let elsewhere = release(name, "other-redis");
        assert!(elsewhere.0 == build && elsewhere.1 != configuration, "{name}: {elsewhere:?}");
    }
}

fn an_empty_variable_counts_as_unset() {
    let mut command = app("web");
    for variable in ["HOST_REDIS", "PORT_REDIS", "REDIS_URL", "RUST_LOG"] {
        command.env(variable, "");
    }
    let mut web = Web::start(&mut command);
    assert!(web.process.first_line().contains("redis redis:6379)"), "{}", web.process.first_line());
}

fn a_taken_port_is_told_in_one_line_with_exit_code_1() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback address has a free port");
    let address = taken.local_addr().expect("a listener has an address");
    let ended = run("web", [("HOST", address.ip().to_string()), ("PORT", address.port().to_string())], SOON);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("web: ") && ended.stderr.contains(&address.to_string()), "{ended:?}");
}

fn web_listens_on_the_address_of_the_environment_only() {
    let port = free_port();
    let command = |host: &str| {
        let mut command = app("web");
        command.envs(environment(free_port())).env("HOST", host).env("PORT", port.to_string());
        command
    };
    for (host, elsewhere) in [("127.0.0.1", false), ("", true)] {
        let mut web = Process::start(&mut command(host));
        let first = web.first_line();
        let told = if host.is_empty() { "0.0.0.0" } else { host };
        assert!(first.contains(&format!("listens on {told}:{port} ")), "{first}");
        // All of 127.0.0.0/8 is this machine, where the system is Linux.
        if cfg!(target_os = "linux") {
            let reached = TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).is_ok();
            assert_eq!(reached, elsewhere, "{first}");
        }
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok(), "{first}");
        web.kill();
    }
}

fn a_url_wins_over_host_and_port_with_its_database() {
    let redis = Server::start();
    let url = format!("redis://{}/2", redis.address());
    let variables = [("REDIS_URL", url.as_str()), ("HOST_REDIS", "nowhere.invalid"), ("PORT_REDIS", "1")];
    let web = Web::start(app("web").envs(variables));
    assert_eq!((web.number(), web.number()), (1, 2));
    let key: Option<i64> = redis.ask("GET hits");
    assert_eq!(key, None, "database 0 is another's");
    let keys: String = redis.ask("INFO keyspace");
    assert!(keys.contains("db2:keys=1") && !keys.contains("db0"), "{keys}");
    let reset = run("reset", variables, SOON);
    assert!(reset.stdout.starts_with(&format!("hits: 2 -> 0 ({}/2, ", redis.address())), "{reset:?}");
    assert_eq!(web.number(), 1);
}

fn a_url_logs_in_with_its_password() {
    let redis = Server::start_with(&["--requirepass", "p@ss/word"]);
    let url = format!("redis://:p%40ss%2Fword@{}", redis.address());
    let web = Web::start(app("web").env("REDIS_URL", &url));
    assert_eq!(web.number(), 1);
    let reset = run("reset", [("REDIS_URL", url)], SOON);
    assert_eq!(reset.code, Some(0), "{reset:?}");
    assert_eq!(web.number(), 1);
}
