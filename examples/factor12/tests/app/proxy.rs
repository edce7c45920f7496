//! What stands between a process and its Redis, passes on one command after the other, and strikes at
//! the one that a test names.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::process::Process;
use crate::server::{Server, environment};
use tests_common::eventually;

/// What it does at the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// Before it is passed on: waits until the test lets it go on.
    Hold,
    /// Instead of passing it on: cuts all connections, and takes no new one.
    Cut,
    /// The same, once Redis has carried it out, and before its reply is passed back.
    CutReply,
}

/// Which command it is, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Of all commands.
    Command(usize),
    /// Of those with this name.
    Named(&'static str, usize),
}

/// A Redis that is cut off, or held, at one command. It ends when it is dropped.
pub struct Proxy {
    port: u16,
    wire: Arc<Wire>,
    reached: Receiver<()>,
    go_on: Sender<()>,
}

struct Wire {
    upstream: u16,
    strike: Strike,
    at: At,
    /// Tells the test that the command came, and waits for the test.
    gate: Mutex<(Sender<()>, Receiver<()>)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: Vec<String>,
    open: Vec<TcpStream>,
    lost: bool,
}

impl Proxy {
    /// Starts it before `redis`, on a free port.
    pub fn before(redis: &Server, strike: Strike, at: At) -> Proxy {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback address has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (arrival, reached) = mpsc::channel();
        let (go_on, leave) = mpsc::channel();
        let gate = Mutex::new((arrival, leave));
        let wire = Arc::new(Wire { upstream: redis.port, strike, at, gate, state: Mutex::default() });
        let taken = Arc::clone(&wire);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wire = Arc::clone(&taken);
                if wire.state.lock().expect("no connection panics").lost {
                    break;
                }
                // An error means that one end has gone.
                thread::spawn(move || wire.serve(&stream).ok());
            }
        });
        Proxy { port, wire, reached, go_on }
    }

    /// The environment of a process that takes it for its Redis.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        environment(self.port)
    }

    /// The names of the commands that have come so far, in capitals.
    pub fn names(&self) -> Vec<String> {
        self.wire.state.lock().expect("no connection panics").names.clone()
    }

    /// Waits until it holds the command, or `process` has ended without it. Whether it holds it.
    pub fn holds(&self, process: &mut Process) -> bool {
        eventually("the command to hold, or the end", Duration::from_secs(20), || {
            if self.reached.try_recv().is_ok() {
                return Some(true);
            }
            process.has_ended().then_some(false)
        })
    }

    /// Lets the command go on.
    pub fn let_go(&self) {
        self.go_on.send(()).expect("a command is held");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.cut();
        // Wakes the thread that takes connections, so that it ends.
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
    }
}

impl Wire {
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        {
            let mut state = self.state.lock().expect("no connection panics");
            state.open.extend([client.try_clone()?, server.try_clone()?]);
        }
        let passed = self.pass(client, &server);
        client.shutdown(Shutdown::Both).ok();
        server.shutdown(Shutdown::Both).ok();
        passed
    }

    /// Passes commands on, each with its reply before the next, in whatever packets they came.
    fn pass(&self, mut client: &TcpStream, mut server: &TcpStream) -> io::Result<()> {
        let (mut commands, mut replies) = (BufReader::new(client), BufReader::new(server));
        loop {
            let command = message(&mut commands)?;
            let struck = self.is_struck(&command);
            if struck && self.strike == Strike::Hold {
                let gate = self.gate.lock().expect("no connection panics");
                // An error means that the test is over.
                gate.0.send(()).ok();
                gate.1.recv().map_err(io::Error::other)?;
            }
            if struck && self.strike == Strike::Cut {
                self.cut();
                return Ok(());
            }
            server.write_all(&command)?;
            let reply = message(&mut replies)?;
            if struck && self.strike == Strike::CutReply {
                self.cut();
                return Ok(());
            }
            client.write_all(&reply)?;
        }
    }

    fn is_struck(&self, command: &[u8]) -> bool {
        let name = String::from_utf8_lossy(command).lines().nth(2).unwrap_or_default().to_uppercase();
        let mut state = self.state.lock().expect("no connection panics");
        state.names.push(name.clone());
        match self.at {
            At::Command(index) => state.names.len() - 1 == index,
            At::Named(wanted, index) => {
                wanted == name && state.names.iter().filter(|name| *name == wanted).count() == index + 1
            }
        }
    }

    fn cut(&self) {
        let mut state = self.state.lock().expect("no connection panics");
        state.lost = true;
        for stream in state.open.drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

/// Reads one command, or one reply, as it is
/// (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
fn message(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let mut missing = 1_u64;
    while missing > 0 {
        missing -= 1;
        let start = message.len();
        stream.read_until(b'\n', &mut message)?;
        let line = message[start..].strip_suffix(b"\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = || String::from_utf8_lossy(&line[1..]).parse::<i64>().map_err(io::Error::other);
        match line.first() {
            Some(b'*') => missing += u64::try_from(length()?).unwrap_or(0),
            Some(b'$') => {
                if let Ok(length) = u64::try_from(length()?) {
                    let read = stream.by_ref().take(length + 2).read_to_end(&mut message)?;
                    if read as u64 != length + 2 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(message)
}
