//! What a script reaches the world by: questions to the store, and lines on stdout.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use rhai::{Dynamic, EvalAltResult, Position};

use crate::store::{Admin, AdminError};

use super::Console;

/// Something to do with the store, on the thread that has it.
pub type Request = Box<dyn FnOnce(&mut Admin) + Send>;

/// Why an operation failed, as the language has it.
pub type Failure = Box<EvalAltResult>;

/// A session, from the start of the console to its end. Its clones are the same session.
#[derive(Clone)]
pub struct Session(Rc<State>);

struct State {
    requests: Sender<Request>,
    console: Console,
    changes: Cell<usize>,
    /// Time spent waiting for the store since the line began: it is not the script's own.
    waited: Cell<Duration>,
    link: Cell<Link>,
    unwritten: RefCell<Option<io::Error>>,
}

/// What is known of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// It has answered since the line began.
    Good,
    /// Nobody knows: the session was idle.
    Idle,
    /// A command was left without an answer.
    Lost,
}

impl Session {
    /// A session whose `requests` somebody serves.
    pub fn new(requests: Sender<Request>, console: Console) -> Session {
        Session(Rc::new(State {
            requests,
            console,
            changes: Cell::new(0),
            waited: Cell::new(Duration::ZERO),
            link: Cell::new(Link::Good),
            unwritten: RefCell::new(None),
        }))
    }

    /// What it may do.
    pub fn console(&self) -> Console {
        self.0.console
    }

    /// Where the store is.
    pub fn address(&self) -> String {
        self.ask(|store| Ok(store.address().to_string())).unwrap_or_default()
    }

    /// Whether the session may change data, for the sake of the operation with this `name`.
    pub fn may_change(&self, name: &str) -> Result<(), Failure> {
        if self.0.console.write {
            return Ok(());
        }
        let refusal = format!("{name}() changes data, and this console is read-only: start it with --write");
        Err(refusal.into())
    }

    /// Notes that an operation has changed data.
    pub fn changed(&self) {
        self.0.changes.set(self.0.changes.get() + 1);
    }

    /// How many changes were made, in words.
    pub fn summary(&self) -> String {
        match self.0.changes.get() {
            0 => "nothing changed".to_owned(),
            1 => "1 change".to_owned(),
            changes => format!("{changes} changes"),
        }
    }

    // ANCHOR: ask
    /// Does something with the store, and waits until it is done.
    ///
    /// # Errors
    ///
    /// What the store says. A script can catch what is about the data; it cannot go on where Redis is lost,
    /// because then nobody may know what was changed.
    pub fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Admin) -> Result<T, AdminError> + Send + 'static,
    ) -> Result<T, Failure> {
        let link = self.0.link.get();
        let (reply, answer) = mpsc::channel();
        let request = move |store: &mut Admin| {
            let done = revive(store, link).and_then(|()| work(store));
            let done = done.map_err(|error| Refusal::of(&error, store));
            // The receiver waits for it, as long as it lives.
            reply.send(done).ok();
        };
        let start = Instant::now();
        // Whoever serves requests does so as long as there are any to come.
        self.0.requests.send(Box::new(request)).ok();
        let answer = answer.recv();
        self.0.waited.set(self.0.waited.get() + start.elapsed());
        let refusal = match answer {
            Ok(Ok(done)) => {
                self.0.link.set(Link::Good);
                return Ok(done);
            }
            Ok(Err(refusal)) => refusal,
            Err(_) => Refusal { said: "nobody serves the store".to_owned(), lost: true },
        };
        if refusal.lost {
            self.0.link.set(Link::Lost);
            return Err(EvalAltResult::ErrorTerminated(refusal.said.into(), Position::NONE).into());
        }
        self.0.link.set(Link::Good);
        Err(EvalAltResult::ErrorRuntime(refusal.said.into(), Position::NONE).into())
    }
    // ANCHOR_END: ask

    /// Begins another line: the limits count anew, and the connection may have been lost meanwhile.
    pub fn begin_line(&self) {
        self.0.waited.set(Duration::ZERO);
        if self.0.link.get() == Link::Good {
            self.0.link.set(Link::Idle);
        }
    }

    /// How long the line has waited for the store.
    pub fn waited(&self) -> Duration {
        self.0.waited.get()
    }

    /// Prints a line, at once. That nobody reads it is found out by [`Session::written`].
    pub fn say(&self, line: &str) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
            self.0.unwritten.borrow_mut().get_or_insert(error);
        }
    }

    /// Prints the value of what was run, where it has one and its text does not end with a semicolon. A text is
    /// shown in quotes, so that nothing in it can move the cursor.
    pub fn show(&self, text: &str, value: &Dynamic) {
        if !value.is_unit() && !text.trim_end().ends_with(';') {
            self.say(&format!("{value:?}"));
        }
    }

    /// Whether a line could not be printed.
    pub fn is_unread(&self) -> bool {
        self.0.unwritten.borrow().is_some()
    }

    /// Whether everything was printed.
    ///
    /// # Errors
    ///
    /// It was not, and this is why.
    pub fn written(&self) -> Result<(), AdminError> {
        self.0.unwritten.take().map_or(Ok(()), |error| Err(AdminError::Output(error)))
    }
}

/// What the store said, and whether it can still be asked.
struct Refusal {
    said: String,
    lost: bool,
}

impl Refusal {
    fn of(error: &AdminError, store: &Admin) -> Refusal {
        let said = format!("Redis at {}: {error}", store.address());
        Refusal { said, lost: matches!(error, AdminError::Redis(_)) }
    }
}

/// Makes sure that the store can be asked.
fn revive(store: &mut Admin, link: Link) -> Result<(), AdminError> {
    let good = match link {
        Link::Good => true,
        Link::Idle => store.answers(),
        Link::Lost => false,
    };
    if !good {
        store.reconnect()?;
    }
    Ok(())
}
