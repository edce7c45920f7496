//! What only some systems have: signals, modes, sockets in the file system, `/proc`.

use std::path::Path;

/// A request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

impl Signal {
    /// All of them.
    pub const ALL: [Signal; 3] = [Signal::Interrupt, Signal::Terminate, Signal::HangUp];
}

#[cfg(unix)]
pub use unix::{dead_socket, is_root, link, send, set_mode};

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use rustix::process::{Pid, kill_process};

    use super::Signal;

    /// Sends a signal to a process that this test started; nothing happens where it has ended.
    pub fn send(id: u32, signal: Option<Signal>) {
        let number = match signal {
            Some(Signal::Interrupt) => rustix::process::Signal::INT,
            Some(Signal::Terminate) => rustix::process::Signal::TERM,
            Some(Signal::HangUp) => rustix::process::Signal::HUP,
            None => rustix::process::Signal::KILL,
        };
        if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            kill_process(id, number).ok();
        }
    }

    pub fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    pub fn link(original: &Path, link: &Path) {
        std::os::unix::fs::symlink(original, link).expect("a link can be made");
    }

    pub fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode can be set");
    }

    /// A socket that takes connections and never answers, for as long as the value lives.
    pub fn dead_socket(path: &Path) -> impl Send + use<> {
        UnixListener::bind(path).expect("a socket can be made")
    }
}

#[cfg(not(unix))]
pub use elsewhere::{dead_socket, is_root, link, send, set_mode};

/// The tests that need these are ignored here.
#[cfg(not(unix))]
mod elsewhere {
    use std::path::Path;

    use super::Signal;

    pub fn send(id: u32, signal: Option<Signal>) {
        panic!("this system cannot send {signal:?} to {id}");
    }

    pub fn is_root() -> bool {
        false
    }

    pub fn link(_original: &Path, link: &Path) {
        panic!("this system makes no link {}", link.display());
    }

    pub fn set_mode(path: &Path, mode: u32) {
        panic!("this system has no mode {mode:o} for {}", path.display());
    }

    pub fn dead_socket(path: &Path) -> impl Send + use<> {
        panic!("this system has no socket {}", path.display());
    }
}

/// A running process: its id, and its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// Its program's name, as the system has it.
    pub name: String,
}

/// The processes whose environment holds `NAME=value`, as all have that a program started with it
/// has started; none where there is no `/proc`.
pub fn processes_with(variable: &str) -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| {
        let folder = Path::new("/proc").join(id.to_string());
        let environment = std::fs::read(folder.join("environ")).ok()?;
        let name = std::fs::read_to_string(folder.join("comm")).ok()?.trim().to_owned();
        let holds = environment.split(|byte| *byte == 0).any(|pair| pair == variable.as_bytes());
        holds.then_some(Process { id, name })
    })
    .collect()
}
