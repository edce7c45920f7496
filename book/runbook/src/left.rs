//! What a session's commands leave running: found by a variable that all of them inherit, whatever group they have
//! gone to; where a system does not tell a process's environment, by the group that it was started in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::process::{Group, TICK};

/// The variable whose value is the session's own.
pub const VARIABLE: &str = "RUNBOOK_SESSION";

/// How long a process may take to end after the shell that started it: one that is about to was not left.
const DYING: Duration = Duration::from_millis(300);

/// How long a process may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The processes of a session.
#[derive(Debug)]
pub struct Left {
    /// The value of [`VARIABLE`].
    pub mark: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The groups that commands were started in.
    #[cfg_attr(
        any(target_os = "linux", not(unix)),
        allow(dead_code, reason = "processes are found by their mark")
    )]
    started: Vec<i32>,
    /// Those that were named, by their number. Their groups are told until they end, so that they can be ended where we are killed.
    named: BTreeMap<i32, Group>,
}

/// A process, or a group of them, that runs.
struct Process {
    id: i32,
    group: i32,
    command: String,
}

impl Left {
    /// Of a session that has started nothing.
    pub fn new() -> Left {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Left { mark: format!("{}-{count}-{moment:x}", std::process::id()), state: Mutex::default() }
    }

    /// Takes note of the group that a command was started in, which has ended: returns what it left running, each with its
    /// number. What was named before is not named again.
    pub fn after(&self, group: u32) -> Vec<String> {
        let mut state = self.state();
        state.started.extend(i32::try_from(group));
        let asked = Instant::now();
        loop {
            let running = self.running(&state.started);
            state.named.retain(|id, _| running.iter().any(|process| process.id == *id));
            let new: Vec<_> =
                running.into_iter().filter(|process| !state.named.contains_key(&process.id)).collect();
            if new.is_empty() {
                return Vec::new();
            }
            if asked.elapsed() < DYING {
                thread::sleep(TICK);
                continue;
            }
            for process in &new {
                state.named.insert(process.id, Group::begun(process.group.unsigned_abs()));
            }
            return new.into_iter().map(|process| process.command).collect();
        }
    }

    /// Ends all of them: asks first, and kills where that is not heard.
    pub fn end(&self) {
        let mut state = self.state();
        let asked = Instant::now();
        let mut running = self.running(&state.started);
        running.iter().for_each(|process| signal(process, false));
        while !running.is_empty() && asked.elapsed() < 2 * GRACE {
            thread::sleep(TICK);
            running = self.running(&state.started);
            if asked.elapsed() >= GRACE {
                running.iter().for_each(|process| signal(process, true));
            }
        }
        *state = State::default();
    }

    #[cfg(target_os = "linux")]
    fn running(&self, _: &[i32]) -> Vec<Process> {
        use std::fs;
        let mark = format!("{VARIABLE}={}", self.mark);
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        ids.filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            // Empty of a process that has ended and was not waited for.
            let environment = fs::read(entry.path().join("environ")).ok()?;
            environment.split(|byte| *byte == 0).find(|variable| *variable == mark.as_bytes())?;
            let words = fs::read(entry.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " ");
            let group = rustix::process::getpgid(rustix::process::Pid::from_raw(id)).ok()?;
            Some(Process { id, group: group.as_raw_nonzero().get(), command: format!("{command} ({id})") })
        })
        .collect()
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn running(&self, started: &[i32]) -> Vec<Process> {
        use rustix::process::{Pid, test_kill_process_group};
        let runs =
            |group: &&i32| Pid::from_raw(**group).is_some_and(|group| test_kill_process_group(group).is_ok());
        let process = |group: &i32| Process { id: *group, group: *group, command: format!("-{group}") };
        started.iter().filter(runs).map(process).collect()
    }

    /// There what a command starts ends with its job.
    #[cfg(not(unix))]
    fn running(&self, _: &[i32]) -> Vec<Process> {
        Vec::new()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
fn signal(process: &Process, kill: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    let Some(id) = Pid::from_raw(process.id) else { return };
    // It may have ended meanwhile.
    if cfg!(target_os = "linux") { kill_process(id, signal) } else { kill_process_group(id, signal) }.ok();
}

#[cfg(not(unix))]
fn signal(_: &Process, _: bool) {}
