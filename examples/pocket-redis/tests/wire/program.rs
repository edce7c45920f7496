//! The program as a process: its first words, its command line, its end.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use tests_common::{Test, test};

use crate::{
    Outcome, same,
    server::{Server, finish, pocket_redis},
};

pub fn tests() -> Vec<Test> {
    let mut tests = vec![
        test("program", "the first line says that it is a stand-in which keeps nothing", &[], first_line),
        test("program", "a durability that was asked for and is not given is named", &[], not_done),
        test("program", "every address of --bind is listened on", &[], every_address),
        test("program", "an optional address that is missing is left out", &[], optional_address),
        test("program", "a port that is taken is one line and exit 1", &[], port_taken),
        test("program", "an unknown option is one line and exit 1", &[], unknown_option),
        test("program", "--version and --help say what it is, and exit 0", &[], version_and_help),
        test("program", "its redis-cli answers a health check as Redis' own does", &[], health_check),
        test("program", "SHUTDOWN ends the process with exit 0 and no reply", &[], shutdown),
    ];
    if cfg!(unix) {
        let at_once = "SIGTERM ends the process with exit 0 although clients are connected";
        tests.push(test("program", at_once, &[], || signal("TERM")));
        tests.push(test("program", "SIGINT ends the process with exit 0", &[], || signal("INT")));
    }
    tests
}

fn first_line() -> Outcome {
    let server = Server::pocket()?;
    let first = server.log.first().ok_or("it printed nothing")?;
    let says = ["pocket-redis", "stand-in", "keeps nothing"];
    same(says.map(|words| first.contains(words)), [true; 3])?;
    same(server.log.len(), 2)
}

fn not_done() -> Outcome {
    let server = Server::pocket_with(&["--appendonly", "yes", "--port", "0"])?;
    let named = server.log.iter().any(|line| line.contains("--appendonly yes was asked for"));
    same(named, true)
}

fn every_address() -> Outcome {
    let mut server = Server::pocket_with(&["--port", "0", "--bind", "127.0.0.1", "localhost"])?;
    server.await_line("Ready to accept connections")?;
    let ready = server.log.iter().filter_map(|line| line.rsplit_once(" on "));
    let addresses = ready.map(|(_, address)| TcpStream::connect(address)).collect::<Vec<_>>();
    same(addresses.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true])
}

fn optional_address() -> Outcome {
    // An address of the range that is for documentation only, which no machine has.
    let bind = ["--bind", "-192.0.2.1", "127.0.0.1", "--port", "0"];
    same(Server::pocket_with(&bind)?.address.ip().is_loopback(), true)?;
    same(refusal(&["--bind", "192.0.2.1", "--port", "0"])?.contains("192.0.2.1"), true)
}

fn port_taken() -> Outcome {
    let first = Server::pocket()?;
    let port = first.address.port().to_string();
    let line = refusal(&["--port", &port])?;
    same([line.contains("127.0.0.1"), line.contains(&port)], [true; 2])
}

fn unknown_option() -> Outcome {
    same(refusal(&["--port", "0", "--requirepass", "secret"])?.contains("--requirepass"), true)
}

/// Exit 0 where a server answers PONG, 1 where another answer comes, or none.
fn health_check() -> Outcome {
    let check = |port: u16| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redis-cli"));
        finish(command.args(["-p", &port.to_string(), "-e", "ping"]), "")
    };
    let server = Server::pocket()?;
    let well = check(server.address.port())?;
    same((well.status.code(), String::from_utf8(well.stdout)?), (Some(0), "PONG\n".to_owned()))?;

    let other = TcpListener::bind("127.0.0.1:0")?;
    let port = other.local_addr()?.port();
    let loading = thread::spawn(move || {
        other.accept()?.0.write_all(b"-LOADING Redis is loading the dataset in memory\r\n")
    });
    let ill = check(port)?;
    loading.join().map_err(|_| "the other server failed")??;
    same((ill.status.code(), String::from_utf8(ill.stdout)?.starts_with("LOADING")), (Some(1), true))?;

    // Nobody listens there any more.
    same(check(port)?.status.code(), Some(1))?;
    let asked = finish(Command::new(env!("CARGO_BIN_EXE_redis-cli")).arg("get"), "")?;
    same(asked.status.code(), Some(1))
}

/// The one line on stderr with which the program exits 1.
fn refusal(arguments: &[&str]) -> Result<String, libtest_mimic::Failed> {
    let output = finish(pocket_redis().args(arguments), "")?;
    same(output.status.code(), Some(1))?;
    let line = String::from_utf8(output.stderr)?;
    same(line.lines().count(), 1)?;
    Ok(line)
}

fn version_and_help() -> Outcome {
    for option in ["--version", "-v", "--help", "-h"] {
        let output = finish(pocket_redis().arg(option), "")?;
        let text = String::from_utf8(output.stdout)?;
        same(output.status.code(), Some(0))?;
        same(text.contains("stand-in for Redis; it keeps nothing"), true)?;
    }
    Ok(())
}

fn shutdown() -> Outcome {
    let mut server = Server::pocket()?;
    same(server.exchange(b"SHUTDOWN NOSAVE\r\n")?, b"")?;
    same(server.await_end()?.code(), Some(0))
}

fn signal(name: &str) -> Outcome {
    let mut server = Server::pocket()?;
    let _client = server.connect()?;
    let pid = server.pid().to_string();
    let kill = Command::new("kill").args(["-s", name, &pid]).status()?;
    same(kill.success(), true)?;
    same(server.await_end()?.code(), Some(0))
}
