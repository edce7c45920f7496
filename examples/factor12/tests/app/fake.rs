//! What only looks like Redis: it answers each command as a test wants, or not at all.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// What it does when a command comes.
pub enum Reaction {
    Say(&'static str),
    Silence,
    HangUp,
}

/// What it does when a command comes, by its name in capitals and the connection, counted from 0.
pub type Script = fn(&str, usize) -> Reaction;

/// Starts it on a free port, which it returns. It ends with the tests.
pub fn start(script: Script) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback address has a free port");
    let port = listener.local_addr().expect("a listener has an address").port();
    thread::spawn(move || {
        for (connection, stream) in listener.incoming().flatten().enumerate() {
            // An error means that the other end has gone.
            thread::spawn(move || serve(stream, |name| script(name, connection)).ok());
        }
    });
    port
}

fn serve(mut stream: TcpStream, script: impl Fn(&str) -> Reaction) -> io::Result<()> {
    let mut commands = BufReader::new(stream.try_clone()?);
    loop {
        let name = command_name(&mut commands)?;
        // What a driver says of itself when it connects.
        let reaction = if name == "CLIENT" { Reaction::Say("+OK\r\n") } else { script(&name) };
        match reaction {
            Reaction::Say(answer) => stream.write_all(answer.as_bytes())?,
            Reaction::Silence => {}
            Reaction::HangUp => return Ok(()),
        }
    }
}

/// Reads one command, an array of strings, each with its length before it
/// (<https://redis.io/docs/latest/develop/reference/protocol-spec/>), and returns its first word.
fn command_name(commands: &mut impl BufRead) -> io::Result<String> {
    let words = number(commands)?;
    let mut name = String::new();
    for index in 0..words {
        let mut word = vec![0; number(commands)? + "\r\n".len()];
        commands.read_exact(&mut word)?;
        if index == 0 {
            name = String::from_utf8_lossy(&word).trim_end().to_uppercase();
        }
    }
    Ok(name)
}

/// Reads a line such as `*3` or `$5`.
fn number(commands: &mut impl BufRead) -> io::Result<usize> {
    let mut line = String::new();
    commands.read_line(&mut line)?;
    let digits = line.get(1..).unwrap_or_default().trim_end();
    digits.parse().map_err(|_| io::ErrorKind::UnexpectedEof.into())
}
