//! A terminal of 80 columns, with somebody who types and reads.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use tests_common::eventually;

/// How long a program may take to answer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ctrl-C.
pub const INTERRUPT: &str = "\x03";

/// Ctrl-D.
pub const END: &str = "\x04";

/// A program on a terminal of its own.
pub struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    /// How much of what was shown is read already.
    read: usize,
    child: Child,
}

impl Terminal {
    /// Starts `command`, all three streams of it on the terminal.
    pub fn start(command: &mut Command) -> Terminal {
        let pair = || -> rustix::io::Result<(File, File)> {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
            grantpt(&master)?;
            unlockpt(&master)?;
            tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 })?;
            let name = ptsname(&master, Vec::new())?;
            let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
            let slave = rustix::fs::open(&name, flags, rustix::fs::Mode::empty())?;
            Ok((master.into(), slave.into()))
        };
        let (keyboard, slave) = pair().expect("a terminal can be made");
        let stream = || slave.try_clone().expect("a stream can be shared");
        let started = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn();
        let child = started.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        // The command keeps its streams: while it has them, the terminal never ends.
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (sink, mut shown) = (Arc::clone(&screen), keyboard.try_clone().expect("a stream can be shared"));
        thread::spawn(move || {
            let mut some = [0; 4096];
            // An error means that nobody has the other end any more.
            while let Ok(length @ 1..) = shown.read(&mut some) {
                sink.lock().expect("no reader panics").extend_from_slice(&some[..length]);
            }
        });
        Terminal { keyboard, screen, read: 0, child }
    }

    /// Presses these keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal takes keys");
    }

    /// Types a line.
    pub fn enter(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    /// Waits until `text` is shown, behind what was waited for before.
    pub fn shows(&mut self, text: &str) {
        let shown = eventually(&format!("{text:?} on the screen"), PATIENCE, || {
            let all = self.text();
            let found = all.get(self.read..)?.find(text)?;
            Some(self.read + found + text.len())
        });
        self.read = shown;
    }

    /// What was shown since the start, without what moves the cursor or colours.
    pub fn text(&self) -> String {
        let bytes = self.screen.lock().expect("no reader panics").clone();
        let all = String::from_utf8_lossy(&bytes).replace('\r', "");
        let mut parts = all.split('\x1b');
        let first = parts.next().unwrap_or_default().to_owned();
        // An escape sequence: a bracket, parameters, and a letter that ends it.
        parts.fold(first, |text, part| {
            let end = part.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_alphabetic());
            text + end.map_or("", |(at, _)| &part[at + 1..])
        })
    }

    /// Waits for its end, and returns its exit code.
    pub fn end(&mut self) -> Option<i32> {
        let ended = || self.child.try_wait().expect("a child can be waited for");
        let mut ended = ended;
        eventually("the end of the session", PATIENCE, &mut ended).code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("--- the terminal showed\n{}\n---", self.text());
        }
    }
}
