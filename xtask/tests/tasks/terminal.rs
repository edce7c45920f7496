//! A terminal of the tests' own: what stands on its screen, and somebody who presses its keys.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use vt100::Parser;

use crate::tree::Tree;
use crate::xtask::{ENOUGH, Trace, Xtask, binary};
use tests_common::eventually;

/// A task on a terminal. Dropped, it is killed, and what it leaves is removed.
pub struct Terminal {
    child: Child,
    trace: Trace,
    /// Our side, to which keys are written.
    ours: File,
    /// Its side, held open so that its state can be looked at when the task has ended.
    theirs: Option<OwnedFd>,
    before: LocalModes,
    seen: Arc<Mutex<Seen>>,
    reader: JoinHandle<()>,
}

struct Seen {
    screen: Parser,
    bytes: Vec<u8>,
}

/// A task in a tree, about to be started on a terminal of its own.
pub fn on_a_terminal(tree: &Tree) -> Xtask {
    // A program of util-linux starts it, which becomes it: a terminal is given to who asks for it only.
    Xtask::new(Command::new("setsid"), tree)
        .args([Path::new("--ctty"), binary()])
        .env("TERM", "xterm-256color")
        .env("NO_TYPING", "1")
}

impl Terminal {
    /// Starts a task on a terminal of this size.
    pub fn start(task: Xtask, lines: u16, columns: u16) -> Terminal {
        let ours =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("the terminal can be used");
        let name = ptsname(&ours, Vec::new()).expect("the terminal has a name");
        // No other test's processes shall hold it.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = open(name, flags, Mode::empty()).expect("its other side");
        let before = tcgetattr(&theirs).expect("its state").local_modes;
        set_size(&ours, lines, columns);
        let stream = || Stdio::from(theirs.try_clone().expect("a stream"));
        let (child, trace) = task.start_with([stream(), stream(), stream()]);
        let screen = Parser::new(lines, columns, 0);
        let seen = Arc::new(Mutex::new(Seen { screen, bytes: Vec::new() }));
        let ours = File::from(ours);
        let (mut reader, sink) = (ours.try_clone().expect("a stream"), Arc::clone(&seen));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let mut seen = sink.lock().expect("no reader panics");
                seen.screen.process(&bytes[..count]);
                seen.bytes.extend(&bytes[..count]);
            }
        });
        Terminal { child, trace, ours, theirs: Some(theirs), before, seen, reader }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no reader panics")
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.seen().screen.screen().contents()
    }

    /// Everything that was written to it until now.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen().bytes.clone()
    }

    /// The lines of the screen that did not fit into it, and go on in the next.
    pub fn overlong(&self) -> Vec<String> {
        let seen = self.seen();
        let screen = seen.screen.screen();
        let (rows, columns) = screen.size();
        (0..rows)
            .filter(|row| screen.row_wrapped(*row))
            .filter_map(|row| screen.rows(0, columns).nth(row.into()))
            .collect()
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        (&self.ours).write_all(keys.as_bytes()).expect("keys can be pressed");
    }

    /// Gives the window another size.
    pub fn resize(&self, lines: u16, columns: u16) {
        self.seen().screen.screen_mut().set_size(lines, columns);
        set_size(&self.ours, lines, columns);
    }

    /// Waits until all of these stand on the screen; returns it.
    #[track_caller]
    pub fn shows(&self, wanted: &[&str]) -> String {
        self.comes(ENOUGH, wanted, &[])
    }

    /// Waits, at most `limit`, until all that is wanted stands on the screen and nothing that is not; returns it.
    #[track_caller]
    pub fn comes(&self, limit: Duration, wanted: &[&str], unwanted: &[&str]) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            let holds = |text: &&str| screen.contains(text);
            if wanted.iter().all(holds) && !unwanted.iter().any(holds) {
                return screen;
            }
            assert!(
                started.elapsed() < limit,
                "waited {limit:?} in vain for {wanted:?} without {unwanted:?}:\n{screen}"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end, and fails unless it has this code, the terminal is as it was, and nothing is left.
    #[track_caller]
    pub fn ends(mut self, code: i32, limit: Duration) -> String {
        let status = eventually(&format!("the end of\n{}", self.screen()), limit, || {
            self.child.try_wait().expect("a child can be waited for")
        });
        assert_eq!(status.code(), Some(code), "the exit code\n{}", self.screen());
        let theirs = self.theirs.take().expect("it ends once");
        let after = tcgetattr(&theirs).expect("its state").local_modes;
        assert_eq!(after, self.before, "the terminal is not as it was");
        // When nobody holds their side, what was written last has been read.
        drop(theirs);
        eventually("all that was written is read", ENOUGH, || self.reader.is_finished().then_some(()));
        {
            let seen = self.seen();
            let screen = seen.screen.screen();
            assert!(!screen.hide_cursor() && !screen.alternate_screen(), "{}", screen.contents());
        }
        let screen = self.screen();
        self.trace.assert_nothing_left(&screen);
        screen
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn set_size(terminal: impl std::os::fd::AsFd, lines: u16, columns: u16) {
    let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("the window can have another size");
}
