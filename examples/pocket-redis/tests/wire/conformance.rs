//! The same bytes, sent to pocket-redis and to a real Redis 7, are answered by the same bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use tests_common::{Need, Test, test};

use crate::{
    Outcome, same,
    server::{DEADLINE, Server},
};

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

/// What a client asks before keys end, one line's reply each, and what after that, on the same
/// connection; a pair for each database but the first, and no more.
const ENDS: &[(&str, &str)] = &[
    ("SET a 1; EXPIRE a 1", "GET a; TTL a; TYPE a; EXISTS a; PERSIST a; EXPIRE a 100; DEL a; RENAME a b"),
    ("SET a 7; EXPIRE a 1", "INCR a; TTL a"),
    ("RPUSH l a; EXPIRE l 1", "RPUSH l b; LRANGE l 0 -1; TTL l"),
    ("RPUSH l a; EXPIRE l 1; RENAME l m", "LLEN l; LLEN m; TTL m"),
    ("SET a 1; EXPIRE a 1", "SET a 2 XX; SET a 2 KEEPTTL NX; TTL a"),
    ("SET a 1; EXPIRE a 1", "EXISTS a; DBSIZE; FLUSHDB; DBSIZE"),
    ("SET a 1; EXPIRE a 1; PERSIST a; SET b 1; EXPIRE b 1; EXPIRE b 100", "GET a; GET b"),
    ("SET a 1; EXPIRE a 1; SET a 2; SET b 1; EXPIRE b 1; DEL b; INCR b", "GET a; GET b"),
    ("SET a 1; EXPIRE a 1; RENAME a b; SET a 1", "GET a; GET b"),
    ("SET a 1; EXPIRE a 1; SET b 1; RENAME b a", "GET a; TTL a"),
    ("SET a 1; EXPIRE a 1; WATCH a", "MULTI; GET a; EXEC; MULTI; GET a; EXEC"),
    ("SET a 1; EXPIRE a 1; WATCH a", "GET a; SET a 1; MULTI; GET a; EXEC"),
    ("SET a 1; EXPIRE a 1; WATCH b", "GET a; MULTI; GET a; EXEC"),
    ("SET a 1; EXPIRE a 1; MULTI; GET a; SET a 2", "EXEC; GET a"),
    ("SET a 1; EXPIRE a 1; WATCH a; UNWATCH; WATCH b", "MULTI; GET a; EXEC"),
];

pub fn tests() -> Vec<Test> {
    vec![
        test(
            "conformance",
            "commands get the replies of a real Redis, byte for byte",
            &[Need::Redis7],
            || compare(sequences().map(encode)),
        ),
        test(
            "conformance",
            "broken and inline requests get the replies of a real Redis",
            &[Need::Redis7],
            || compare(RAW.iter().map(|bytes| (*bytes).to_owned())),
        ),
        test(
            "conformance",
            "keys end as they do in a real Redis, and break their watches",
            &[Need::Redis7],
            || {
                let (expected, got) = (after_the_end(&Server::redis()?)?, after_the_end(&Server::pocket()?)?);
                ENDS.iter()
                    .zip(got.iter().zip(&expected))
                    .try_for_each(|(sequence, (got, expected))| same((sequence, got), (sequence, expected)))
            },
        ),
        test(
            "conformance",
            "5000 words are added and are to end in one transaction, sent at once",
            &[Need::Redis7],
            || {
                let words: Vec<_> = (0..5000).map(|number| format!("entry-{number}")).collect();
                let fill = format!("MULTI; RPUSH l {}; EXPIRE l 100; EXEC; LLEN l; TTL l", words.join(" "));
                compare([encode(&format!("{fill}; LRANGE l 0 -1; LRANGE l 4000 4999; RENAME l m; TTL m"))])
            },
        ),
        test("conformance", "quoted arguments are cut where a real Redis cuts them", &[Need::Redis7], || {
            compare([1, 2, 60, 127, 128, 129, 300].map(|length| {
                let (word, name) = ("x".repeat(length), "F".repeat(length));
                encode(&format!("{name} {word} {word} {word}"))
            }))
        }),
        test(
            "conformance",
            "a line without an end is refused where a real Redis refuses it",
            &[Need::Redis7],
            || {
                // One byte too many, and no more: what a server has not read when it closes the
                // connection would reset it, and the reply be lost.
                compare(["*", "*1\r\n$", "P"].map(|head| head.to_owned() + &"1".repeat(64 * 1024)))
            },
        ),
    ]
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

/// Begins every sequence, lets its keys end, and goes on; the raw replies to the second half.
fn after_the_end(server: &Server) -> Result<Vec<String>, Failed> {
    let mut clients = Vec::new();
    for ((before, _), database) in ENDS.iter().zip(1..) {
        clients.push(begin(server, &format!("SELECT {database}; {before}"))?);
    }
    // What is to end last has ended when all has.
    begin(server, "SET last 1; EXPIRE last 1")?;
    let deadline = Instant::now() + DEADLINE;
    while server.exchange(encode("EXISTS last").as_bytes())? != b":0\r\n+OK\r\n" {
        same(Instant::now() < deadline, true)?;
        sleep(Duration::from_millis(5));
    }
    let mut replies = Vec::new();
    for ((_, after), mut client) in ENDS.iter().zip(clients) {
        client.get_mut().write_all(encode(after).as_bytes())?;
        let mut text = String::new();
        client.read_to_string(&mut text)?;
        replies.push(text);
    }
    Ok(replies)
}

/// A connection on which a sequence has been run, each of whose replies is one line.
fn begin(server: &Server, sequence: &str) -> Result<BufReader<TcpStream>, Failed> {
    let mut client = BufReader::new(server.connect()?);
    for command in sequence.split("; ") {
        client.get_mut().write_all(encode_command(command).as_bytes())?;
        client.read_line(&mut String::new())?;
    }
    Ok(client)
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
