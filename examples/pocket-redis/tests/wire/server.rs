//! A server process that is started for one test, and ends with it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;

/// How long anything may take before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running server.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    /// What it printed until it was ready, line by line.
    pub log: Vec<String>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// pocket-redis on a free port.
    pub fn pocket() -> Result<Self, Failed> {
        Self::pocket_with(&["--port", "0"])
    }

    /// pocket-redis with the given arguments.
    pub fn pocket_with(arguments: &[&str]) -> Result<Self, Failed> {
        let mut server = Self::start(pocket_redis().args(arguments))?;
        let address = server.log.last().and_then(|line| line.rsplit(' ').next());
        server.address = address
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("no address at the end of the ready line: {error}: {:?}", server.log))?;
        Ok(server)
    }

    /// A real Redis on a free port, which keeps nothing either.
    pub fn redis() -> Result<Self, Failed> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let port = free.port().to_string();
        let directory = std::env::temp_dir();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir"]);
        let mut server = Self::start(command.arg(directory))?;
        server.address = free;
        Ok(server)
    }

    fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let mut server = Self { child, lines, log: Vec::new(), address };
        server.await_line("Ready to accept connections")?;
        Ok(server)
    }

    /// Waits for a line that contains `text`.
    pub fn await_line(&mut self, text: &str) -> Result<(), Failed> {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.map_err(|_| format!("no line {text:?} after {:?}", self.log))?;
            let found = line.contains(text);
            self.log.push(line);
            if found {
                return Ok(());
            }
        }
    }

    /// The process' number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the process to end by itself.
    pub fn await_end(&mut self) -> Result<ExitStatus, Failed> {
        await_end(&mut self.child).ok_or_else(|| "the server did not end".into())
    }

    /// A bare connection, on which nothing waits longer than the deadline.
    pub fn connect(&self) -> Result<TcpStream, Failed> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(stream)
    }

    /// Sends raw bytes, and reads raw bytes until the server closes the connection.
    pub fn exchange(&self, bytes: &[u8]) -> Result<Vec<u8>, Failed> {
        let mut stream = self.connect()?;
        stream.write_all(bytes)?;
        let mut replies = Vec::new();
        stream.read_to_end(&mut replies)?;
        Ok(replies)
    }

    /// The address as the redis crate takes it.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test, not yet started.
pub fn pocket_redis() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pocket-redis"))
}

/// Runs a program to its end with `input` on its stdin; it is killed at the deadline.
pub fn finish(command: &mut Command, input: &str) -> Result<Output, Failed> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    if await_end(&mut child).is_none() {
        child.kill()?;
        let output = child.wait_with_output()?;
        return Err(format!("{command:?} did not end; it printed {output:?}").into());
    }
    Ok(child.wait_with_output()?)
}

/// Waits for a process to end by itself, or for the deadline.
fn await_end(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}
