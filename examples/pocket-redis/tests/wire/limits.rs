//! What a client cannot do to the process.

use std::{
    io::{Read, Write},
    thread::sleep,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use tests_common::{Need, Test, test};

use crate::{
    Outcome, same,
    server::{DEADLINE, Server},
};

/// The most memory that an idle process with a few greedy clients may have, in KiB.
const MOST_KIB: u64 = 32 * 1024;

pub fn tests() -> Vec<Test> {
    vec![
        test("limits", "a length that is only announced takes no memory", &[Need::Proc], announced),
        test("limits", "a value that was overwritten takes no memory", &[Need::Proc], overwritten),
        test(
            "limits",
            "a list of a million, once it has ended, takes no memory unasked",
            &[Need::Proc],
            ended,
        ),
        test("limits", "a chunk of a list of a million is read as quickly as a short list", &[], chunks),
        test("limits", "a nested array cannot exhaust the stack", &[], nested),
        test("limits", "a web page's post is not obeyed", &[], web_page),
        test("limits", "a client that breaks the protocol harms no other", &[], other_client),
        test("limits", "a value of 8 MiB comes back whole", &[], large_value),
        test("limits", "1000 commands sent at once are answered in order", &[], pipelined),
    ]
}

/// The memory that the server has now, in KiB.
fn memory(server: &Server) -> Result<u64, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kib.parse()?)
}

/// Fails if the server has more memory than it may.
fn check_memory(server: &Server) -> Outcome {
    let kib = memory(server)?;
    if kib > MOST_KIB { Err(format!("{kib} KiB").into()) } else { Ok(()) }
}

fn announced() -> Outcome {
    let server = Server::pocket()?;
    let mut clients = Vec::new();
    for head in ["*1048576\r\n$536870912\r\n", "*2\r\n$4\r\nECHO\r\n$536870912\r\nx"] {
        for _ in 0..20 {
            let mut client = server.connect()?;
            // The reply shows that what was announced has been read, too.
            client.write_all(b"PING\r\n")?;
            client.read_exact(&mut [0; 7])?;
            client.write_all(head.as_bytes())?;
            clients.push(client);
        }
    }
    same(server.exchange(b"QUIT\r\n")?, b"+OK\r\n")?;
    check_memory(&server)
}

fn overwritten() -> Outcome {
    let server = Server::pocket()?;
    let large = vec![b'x'; 8 * 1024 * 1024];
    let mut bytes = Vec::new();
    for key in 0..8 {
        bytes.extend(format!("*3\r\n$3\r\nSET\r\n$1\r\n{key}\r\n${}\r\n", large.len()).bytes());
        bytes.extend([&large[..], b"\r\n"].concat());
        bytes.extend(format!("SET {key} small\r\n").bytes());
    }
    bytes.extend(b"QUIT\r\n");
    same(server.exchange(&bytes)?, b"+OK\r\n".repeat(17))?;
    check_memory(&server)
}

/// Fills the list `l` with a million numbers, 5000 at a time.
fn fill(server: &Server) -> Outcome {
    let mut requests = String::new();
    for first in (0..1_000_000).step_by(5000) {
        requests += "*5002\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n";
        (first..first + 5000).for_each(|number| requests += &format!("$7\r\n{number:07}\r\n"));
    }
    let replies = server.exchange((requests + "QUIT\r\n").as_bytes())?;
    same(replies.ends_with(b":1000000\r\n+OK\r\n"), true)
}

fn ended() -> Outcome {
    let server = Server::pocket()?;
    fill(&server)?;
    same(memory(&server)? > MOST_KIB, true)?;
    same(server.exchange(b"EXPIRE l 1\r\nQUIT\r\n")?, b":1\r\n+OK\r\n")?;
    let deadline = Instant::now() + DEADLINE;
    while memory(&server)? > MOST_KIB && Instant::now() < deadline {
        sleep(Duration::from_millis(5));
    }
    check_memory(&server)
}

fn chunks() -> Outcome {
    let server = Server::pocket()?;
    fill(&server)?;
    let read = |list: &str, first: usize| -> Result<(Vec<u8>, Duration), Failed> {
        let request = format!("LRANGE {list} {first} {}\r\n", first + 999).repeat(100) + "QUIT\r\n";
        let begun = Instant::now();
        Ok((server.exchange(request.as_bytes())?, begun.elapsed()))
    };
    let numbers = (999_000..1_000_000).map(|number| number.to_string());
    let short = format!("RPUSH short 0{}\r\nQUIT\r\n", numbers.collect::<Vec<_>>().join(" 0"));
    same(server.exchange(short.as_bytes())?, b":1000\r\n+OK\r\n")?;
    let ((expected, quick), (got, took)) = (read("short", 0)?, read("l", 999_000)?);
    same(got == expected, true)?;
    // With a copy of the list, it would take a hundred times as long.
    same(took < quick * 10, true).map_err(|_| format!("{quick:?} from a short list, here {took:?}").into())
}

fn nested() -> Outcome {
    let server = Server::pocket()?;
    let reply = server.exchange(b"*1\r\n*1\r\n")?;
    same(reply, b"-ERR Protocol error: expected '$', got '*'\r\n")?;
    let mut client = server.connect()?;
    // It closes the connection at the first of them; whether the rest can be sent is its matter.
    let _ = client.write_all(&b"*1\r\n".repeat(1_000_000));
    same(server.exchange(b"QUIT\r\n")?, b"+OK\r\n")
}

fn web_page() -> Outcome {
    let server = Server::pocket()?;
    let post = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET hits 9\r\n";
    let mut client = server.connect()?;
    client.write_all(post)?;
    // A reset or an end: in either case the connection is over, without a reply.
    let mut replies = Vec::new();
    let _ = client.read_to_end(&mut replies);
    same(replies, b"")?;
    same(server.exchange(b"EXISTS hits\r\nQUIT\r\n")?, b":0\r\n+OK\r\n")
}

fn other_client() -> Outcome {
    let server = Server::pocket()?;
    let mut other = server.connect()?;
    other.write_all(b"*2\r\n$4\r\nECHO\r\n$2\r\no")?;
    server.exchange(b"*1\r\n!\r\n")?;
    other.write_all(b"k\r\n")?;
    let mut reply = [0; 8];
    other.read_exact(&mut reply)?;
    same(&reply, b"$2\r\nok\r\n")
}

fn large_value() -> Outcome {
    let server = Server::pocket()?;
    let large = "x".repeat(8 * 1024 * 1024);
    let word = format!("${}\r\n{large}\r\n", large.len());
    let echo = format!("*2\r\n$4\r\nECHO\r\n{word}QUIT\r\n");
    same(server.exchange(echo.as_bytes())? == format!("{word}+OK\r\n").as_bytes(), true)
}

fn pipelined() -> Outcome {
    let server = Server::pocket()?;
    let commands = "INCR hits\r\n".repeat(1000) + "QUIT\r\n";
    let numbers: String = (1..=1000).map(|number| format!(":{number}\r\n")).collect();
    same(String::from_utf8(server.exchange(commands.as_bytes())?)?, numbers + "+OK\r\n")
}
