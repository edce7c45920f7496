//! The console: a language ([Rhai](https://rhai.rs)) against the live data.
//!
//! A script has the [operations](OPERATIONS) and nothing else: no files, no network, no other keys. The
//! scripts that a release ships with are compiled into it, for the twelfth factor asks that admin code ships
//! with the app's code (<https://12factor.net/admin-processes>).

mod interactive;
mod language;
mod operations;
mod session;

use std::io::{self, IsTerminal, Read};
use std::sync::mpsc;
use std::thread;

use rhai::Scope;

use crate::store::{Admin, AdminError};
use crate::{BYTE_ORDER_MARK, is_utf_16};

pub use operations::{OPERATIONS, Operation};

use language::Language;
use session::{Request, Session};

/// How long a script on stdin may be, in bytes.
const LONGEST: u64 = 1 << 20;

/// The stack of the thread that runs scripts, in bytes: room for as many calls as the language allows, each
/// as complex as it allows, also in a debug build. Only what is used takes memory.
const STACK: usize = 64 << 20;

// ANCHOR: scripts
/// A script that ships with the release.
pub struct Script {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every script that ships with the release.
pub static SCRIPTS: [Script; 2] = [
    Script {
        name: "repair",
        about: "repairs a counter that holds no number",
        text: include_str!("../scripts/repair.rhai"),
    },
    Script {
        name: "report",
        about: "prints the counter, and what resets have lost",
        text: include_str!("../scripts/report.rhai"),
    },
];
// ANCHOR_END: scripts

impl Script {
    /// The script with this name.
    ///
    /// # Errors
    ///
    /// There is none; the message lists those that there are.
    pub fn find(name: &str) -> Result<&'static Script, String> {
        SCRIPTS.iter().find(|script| script.name == name).ok_or_else(|| {
            let names: Vec<&str> = SCRIPTS.iter().map(|script| script.name).collect();
            format!("the scripts are {}", names.join(", "))
        })
    }

    /// Every script, with what it does, in one line.
    pub fn list() -> String {
        let scripts: Vec<String> =
            SCRIPTS.iter().map(|script| format!("`{}` {}", script.name, script.about)).collect();
        format!("A script of this release: {}", scripts.join(", "))
    }
}

/// What a console may do.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    /// Whether it may change data.
    pub write: bool,
    /// How many bytes the process has allocated.
    pub allocated: fn() -> usize,
}

/// Runs `script`; where there is none, what is typed, or what stdin holds. Returns what is to be said of it
/// in the end.
///
/// # Errors
///
/// What went wrong, and in which line.
pub fn run(
    store: &mut Admin,
    console: Console,
    script: Option<&'static Script>,
) -> Result<String, AdminError> {
    let (requests, served) = mpsc::channel::<Request>();
    let work = move || {
        let session = Session::new(requests, console);
        match script {
            Some(script) => run_script(&session, script.name, script.text),
            None if io::stdin().is_terminal() => interactive::run(&session),
            None => run_script(&session, "script", &read_stdin()?),
        }
    };
    // The interpreter keeps its values to its thread, and has the stack it needs; the connection stays here.
    thread::scope(|scope| {
        let interpreter = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let interpreter = interpreter.map_err(|error| AdminError::Input(format!("no thread: {error}")))?;
        for request in served {
            request(store);
        }
        let stopped = |_| Err(AdminError::Input("the interpreter stopped unexpectedly".to_owned()));
        interpreter.join().unwrap_or_else(stopped)
    })
}

/// Runs a whole script, called `name`, and shows its value. An editor may have put a mark before it.
fn run_script(session: &Session, name: &str, text: &str) -> Result<String, AdminError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut language = Language::new(session);
    let value = language.run(&mut Scope::new(), text);
    if let Ok(value) = &value {
        session.show(text, value);
    }
    session.written()?;
    match value {
        Ok(_) => Ok(format!("{name}: done, {}", session.summary())),
        Err(failure) => Err(AdminError::Input(failure.to_string())),
    }
}

fn read_stdin() -> Result<String, AdminError> {
    let mut script = Vec::new();
    let read = io::stdin().lock().take(LONGEST + 1).read_to_end(&mut script);
    read.map_err(|error| AdminError::Input(format!("stdin cannot be read ({error})")))?;
    let refused = |reason: String| AdminError::Input(format!("the script on stdin is {reason}"));
    if script.len() as u64 > LONGEST {
        return Err(refused(format!("longer than {LONGEST} bytes")));
    }
    if is_utf_16(&script) {
        return Err(refused("UTF-16, as PowerShell's > writes it: save it as UTF-8".to_owned()));
    }
    String::from_utf8(script).map_err(|error| refused(format!("no UTF-8 ({})", error.utf8_error())))
}
