//! The terminal of a presentation: its keys one by one, its size, and its state, which is put back
//! whatever happens.

use std::collections::VecDeque;
use std::env;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use console::Term;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};

use crate::failure::{Context, Failure, Result};
use crate::narration::harmless;
use crate::process::go_on;
use crate::text;

/// How often a wait looks whether the person has asked to stop, and whether the window has another size.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// What a person asks for with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Enter, the space bar, and what a presenter's remote control sends for “forward”.
    On,
    /// The step, or the part of it, before.
    Back,
    /// The step once more.
    Again,
    /// The step once more, on a fresh stack on which the steps before it were run.
    Afresh,
    /// On to the next step, without running this one.
    Skip,
    /// The speaker notes.
    Notes,
    /// The end.
    Quit,
    /// Any other key.
    Other,
    /// No key: the window has another size.
    Resized,
}

/// The terminal, which gives its keys one by one without showing them. Dropped, also by a panic, it is as it was.
/// Ctrl-C stays a signal, whatever runs.
pub struct Terminal {
    /// To write to.
    pub screen: Term,
    input: OwnedFd,
    before: Termios,
    keys: VecDeque<Key>,
    size: (u16, u16),
    is_dumb: bool,
    is_aside: bool,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: stdin or stdout is none.
    pub fn open() -> Result<Terminal> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(Failure::Missing { what: text!("no-terminal"), cure: text!("no-terminal-cure") });
        }
        let input = io::stdin().as_fd().try_clone_to_owned().context(|| text!("doing-terminal"))?;
        let terminal = Terminal::on(input).context(|| text!("doing-terminal"))?;
        terminal.screen.hide_cursor().ok();
        Ok(terminal)
    }

    fn on(input: OwnedFd) -> io::Result<Terminal> {
        let before = tcgetattr(&input)?;
        let mut ours = before.clone();
        ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        ours.special_codes[SpecialCodeIndex::VMIN] = 1;
        ours.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Nothing that stops us or ends us without a chance to put the terminal back.
        for code in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
            ours.special_codes[code] = 0;
        }
        tcsetattr(&input, OptionalActions::Now, &ours)?;
        let screen = Term::stdout();
        let size = screen.size();
        let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        Ok(Terminal { screen, input, before, keys: VecDeque::new(), size, is_dumb, is_aside: false })
    }

    /// Its lines and its columns; what is too small for anything counts as larger.
    pub fn size(&mut self) -> (usize, usize) {
        self.size = self.screen.size();
        (usize::from(self.size.0).max(8), usize::from(self.size.1).max(20))
    }

    /// An empty screen.
    pub fn clear(&self) {
        // One that knows no movement scrolls.
        if self.is_dumb { self.say("") } else { self.screen.clear_screen().ok().unwrap_or_default() }
    }

    /// Writes a line.
    pub fn say(&self, line: &str) {
        self.screen.write_line(&harmless(line)).ok();
    }

    /// Writes, without ending the line.
    pub fn write(&self, text: &str) {
        self.screen.write_str(text).ok();
        self.screen.flush().ok();
    }

    /// Takes back `count` lines, of which the last is not ended.
    pub fn take_back(&self, count: usize) {
        if self.is_dumb {
            return self.say("");
        }
        self.screen.clear_line().ok();
        self.screen.clear_last_lines(count - 1).ok();
    }

    /// Turns to another screen for a while, or back to the first one and what stands there.
    pub fn aside(&mut self, aside: bool) {
        if aside != self.is_aside && !self.is_dumb {
            self.write(if aside { "\x1b[?1049h" } else { "\x1b[?1049l" });
        }
        self.is_aside = aside;
    }

    /// Waits for a key, at most `limit` where there is one.
    ///
    /// # Errors
    ///
    /// The person has asked to stop, or the terminal is gone.
    pub fn key(&mut self, limit: Option<Duration>) -> Result<Option<Key>> {
        let started = Instant::now();
        loop {
            go_on()?;
            if let Some(key) = self.keys.pop_front() {
                return Ok(Some(key));
            }
            if limit.is_none() && self.screen.size() != self.size {
                return Ok(Some(Key::Resized));
            }
            let mut wait = TICK;
            if let Some(limit) = limit {
                let left = limit.saturating_sub(started.elapsed());
                if left.is_zero() {
                    return Ok(None);
                }
                wait.tv_nsec = wait.tv_nsec.min(left.subsec_nanos().into());
            }
            let mut ready = [PollFd::new(&self.input, PollFlags::IN)];
            match poll(&mut ready, Some(&wait)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(io::Error::from(error)).context(|| text!("doing-terminal")),
            }
            let mut bytes = [0; 64];
            match read(&self.input, &mut bytes) {
                Err(Errno::INTR) => {}
                // The window was closed: nobody looks any more.
                Ok(0) | Err(_) => return Err(Failure::Interrupted),
                Ok(count) => self.keys.extend(keys(&bytes[..count])),
            }
        }
    }

    /// Forgets what was typed until now: it was meant for what was there before.
    pub fn forget_keys(&mut self) {
        self.keys.clear();
        tcflush(&self.input, QueueSelector::IFlush).ok();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.aside(false);
        self.screen.show_cursor().ok();
        tcsetattr(&self.input, OptionalActions::Now, &self.before).ok();
    }
}

/// The keys that stand for themselves in what was read, and those that come as a sequence of their own.
fn keys(bytes: &[u8]) -> Vec<Key> {
    match bytes {
        // Right, down, page down; left, up, page up.
        [27, b'[' | b'O', b'C' | b'B'] | [27, b'[', b'6', b'~'] => vec![Key::On],
        [27, b'[' | b'O', b'D' | b'A'] | [27, b'[', b'5', b'~'] => vec![Key::Back],
        [27, ..] => vec![Key::Other],
        bytes => bytes.iter().map(key).collect(),
    }
}

fn key(byte: &u8) -> Key {
    match byte.to_ascii_lowercase() {
        b'\n' | b'\r' | b' ' => Key::On,
        b'b' => Key::Back,
        b'a' => Key::Again,
        b'r' => Key::Afresh,
        b's' => Key::Skip,
        b'n' => Key::Notes,
        // Ctrl-D says that nothing more will be typed.
        b'q' | 4 => Key::Quit,
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    #[test]
    fn after_a_panic_the_terminal_is_as_it_was() {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let modes = || tcgetattr(&theirs).unwrap().local_modes;
        let before = modes();
        assert!(before.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _terminal = Terminal::on(theirs.try_clone().unwrap()).unwrap();
            assert_eq!(modes(), before - LocalModes::ICANON - LocalModes::ECHO);
            panic!("on purpose");
        }));
        assert!(panicked.unwrap_err().downcast_ref() == Some(&"on purpose"));
        assert_eq!(modes(), before);
    }

    #[test]
    fn letters_of_either_case_sequences_and_a_remote_control_are_read() {
        assert_eq!(keys(b"\nB q"), [Key::On, Key::Back, Key::On, Key::Quit]);
        assert_eq!(keys(b"\x1b[6~"), [Key::On]);
        assert_eq!(keys(b"\x1b[5~"), [Key::Back]);
        assert_eq!(keys(b"\x1b[1;5A"), [Key::Other]);
    }
}
