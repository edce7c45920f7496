//! redis-cli talks to pocket-redis unaware.

use std::process::Command;

use libtest_mimic::Failed;
use tests_common::{Need, Test, test};

use crate::{
    Outcome, same,
    server::{Server, finish},
};

pub fn tests() -> Vec<Test> {
    vec![
        test("redis-cli", "redis-cli runs commands from its command line", &[Need::RedisCli], arguments),
        test(
            "redis-cli",
            "redis-cli runs commands from a pipe, as it does at its prompt",
            &[Need::RedisCli],
            pipe,
        ),
        test("redis-cli", "redis-cli speaks RESP3 by its flag -3", &[Need::RedisCli], resp3),
        test("redis-cli", "redis-cli reads INFO, which says that it is a stand-in", &[Need::RedisCli], info),
    ]
}

/// What redis-cli prints for a command, or for lines that it reads from its stdin.
fn cli(server: &Server, words: &[&str], input: &str) -> Result<String, Failed> {
    let port = server.address.port().to_string();
    let mut command = Command::new("redis-cli");
    let output = finish(command.args(["-p", &port]).args(words), input)?;
    Ok(String::from_utf8(output.stdout)?)
}

fn arguments() -> Outcome {
    let server = Server::pocket()?;
    same(cli(&server, &["PING"], "")?, "PONG\n")?;
    same(cli(&server, &["INCR", "hits"], "")?, "1\n")?;
    same(cli(&server, &["-n", "3", "EXISTS", "hits"], "")?, "0\n")
}

fn pipe() -> Outcome {
    let server = Server::pocket()?;
    let input = "SET hits 6\nMULTI\nINCR hits\nGET hits\nEXEC\nNONE a\n";
    let output = cli(&server, &[], input)?;
    let unknown = "ERR unknown command 'NONE', with args beginning with: 'a' ";
    let expected = format!("OK\nOK\nQUEUED\nQUEUED\n7\n7\n{unknown}\n\n");
    same(output, expected)
}

fn resp3() -> Outcome {
    let server = Server::pocket()?;
    let hello = cli(&server, &["-3", "--no-raw", "HELLO"], "")?;
    same(hello.contains("3# \"proto\" => (integer) 3"), true)
}

fn info() -> Outcome {
    let server = Server::pocket()?;
    cli(&server, &[], "SET hits 1\nSET staged 1\nEXPIRE staged 100\n")?;
    let info = cli(&server, &["INFO"], "")?;
    let lines = ["a stand-in for Redis; it keeps nothing", "redis_version:7", "db0:keys=2,expires=1,"];
    same(lines.map(|line| info.contains(line)), [true; 3])
}
