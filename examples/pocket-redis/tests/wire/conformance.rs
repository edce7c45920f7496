//! The same bytes, sent to pocket-redis and to a real Redis 7, are answered by the same bytes.

use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::{Outcome, needing, server::Server};

/// Sequences of commands, a line each; how to read them stands in the file.
const SEQUENCES: &str = include_str!("commands.txt");

/// Bytes that are no sequence of well-formed commands. Each ends with the connection.
const RAW: &[&str] = &[
    "PING\r\nQUIT\r\n",
    "PING\nQUIT\n",
    "  set  a  1  \r\nget a\r\n\r\n\r\nQUIT\r\n",
    "*0\r\n*-1\r\n*-9\r\n*1\r\n$4\r\nQUIT\r\n",
    "*x\r\n",
    "*\r\n",
    "*01\r\n",
    "*+1\r\n",
    "*99999999999\r\n",
    "*1\r\nx4\r\n",
    "*1\r\n*1\r\n",
    "*1\r\n$x\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$536870913\r\n",
    "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nQUIT\r\n",
    "*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\n*1\r\n$4\r\nQUIT\r\n",
    "*1\r\n$0\r\n\r\n*1\r\n$4\r\nQUIT\r\n",
    "*1\r\n$4\r\nPING\r\n!\r\nQUIT\r\n",
];

pub fn tests() -> Vec<Trial> {
    vec![
        needing(absent, "commands get the replies of a real Redis, byte for byte", || {
            compare(sequences().map(encode))
        }),
        needing(absent, "broken and inline requests get the replies of a real Redis", || {
            compare(RAW.iter().map(|bytes| (*bytes).to_owned()))
        }),
        needing(absent, "quoted arguments are cut where a real Redis cuts them", || {
            compare([1, 2, 60, 127, 128, 129, 300].map(|length| {
                let (word, name) = ("x".repeat(length), "F".repeat(length));
                encode(&format!("{name} {word} {word} {word}"))
            }))
        }),
        needing(absent, "a line without an end is refused where a real Redis refuses it", || {
            // One byte too many, and no more: what a server has not read when it closes the
            // connection would reset it, and the reply be lost.
            compare(["*", "*1\r\n$", "P"].map(|head| head.to_owned() + &"1".repeat(64 * 1024)))
        }),
    ]
}

fn absent() -> Option<String> {
    let output = match Command::new("redis-server").arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => return Some(format!("redis-server cannot be run here: {error}")),
    };
    let seven = output.contains("v=7.0.");
    (!seven).then(|| format!("the texts are those of Redis 7.0, and here is {}", output.trim()))
}

/// Sends each request to both servers, and lists where their replies differ.
fn compare(requests: impl IntoIterator<Item = String>) -> Outcome {
    let (redis, pocket) = (Server::redis()?, Server::pocket()?);
    let mut differences = String::new();
    for request in requests {
        let (expected, got) = (replies(&redis, &request)?, replies(&pocket, &request)?);
        if got != expected {
            differences +=
                &format!("\n{request:.400?}\n  Redis        {expected:?}\n  pocket-redis {got:?}\n");
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.into()) }
}

/// The raw replies, from empty databases, but for what no two servers have alike.
fn replies(server: &Server, request: &str) -> Result<String, Failed> {
    server.exchange(b"FLUSHALL\r\nQUIT\r\n")?;
    let bytes = server.exchange(request.as_bytes())?;
    let mut lines: Vec<_> = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
    for index in 1..lines.len() {
        match lines[index - 1].as_str() {
            // The version's length and itself, and the connection's number, in HELLO's reply.
            "version" => lines.splice(index..index + 2, ["<version>", ""].map(str::to_owned)).for_each(drop),
            "id" => lines[index] = "<id>".to_owned(),
            _ => {}
        }
    }
    Ok(lines.join("\r\n") + if bytes.ends_with(b"\r\n") { "\r\n" } else { "" })
}

/// The lines of the file that are not empty and no comments.
fn sequences() -> impl Iterator<Item = &'static str> {
    let lines = SEQUENCES.lines().filter(|line| !line.starts_with('#'));
    lines.filter(|line| !line.is_empty())
}

/// A line's commands as arrays of bulk strings, and `QUIT`, upon which the server closes the
/// connection.
fn encode(sequence: &str) -> String {
    let commands = sequence.split("; ").chain(["QUIT"]);
    commands.map(encode_command).collect()
}

fn encode_command(command: &str) -> String {
    let words = command.split(' ').map(|word| word.trim_matches('"').replace('_', " "));
    let bulks: Vec<_> = words.map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{}", bulks.len(), bulks.concat())
}
