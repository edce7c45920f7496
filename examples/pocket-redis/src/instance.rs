//! What all connections share, behind one lock: the store, and what `INFO` tells.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::store::Store;

/// The one state of the process. Whoever holds its lock runs a whole command, or a whole
/// transaction: that is what makes each of them atomic.
#[derive(Debug)]
pub struct Instance {
    /// The keys.
    pub store: Store,
    /// When the process began to serve.
    pub started: Instant,
    /// The time of the command at hand, in milliseconds since then: for a whole command, and a
    /// whole transaction, it stands still.
    pub now: i64,
    /// The port it listens on.
    pub port: u16,
    /// How many clients are connected.
    pub clients: usize,
    last_client: i64,
}

impl Instance {
    /// An empty store, served on `port` from now on.
    pub fn new(port: u16) -> Self {
        let (store, started) = (Store::default(), Instant::now());
        Self { store, started, now: 0, port, clients: 0, last_client: 0 }
    }

    /// Lets the time be what it is: keys whose end has come are gone, and no command meets one.
    pub fn tick(&mut self) {
        self.advance(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX));
    }

    /// Lets the time be `now`.
    pub fn advance(&mut self, now: i64) {
        self.now = now;
        for database in &mut self.store.0 {
            database.end_due(now);
        }
    }

    /// Counts a client in; its id, which no other client gets.
    pub fn connect(&mut self) -> i64 {
        self.clients += 1;
        self.last_client += 1;
        self.last_client
    }

    /// Counts a client out.
    pub fn disconnect(&mut self) {
        self.clients -= 1;
    }
}

/// Takes the lock. A command that panicked has left no half-written key behind (each changes a
/// key in one step), so the others go on.
pub fn lock(instance: &Mutex<Instance>) -> MutexGuard<'_, Instance> {
    instance.lock().unwrap_or_else(PoisonError::into_inner)
}
