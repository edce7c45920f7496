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
    /// The port it listens on.
    pub port: u16,
    /// How many clients are connected.
    pub clients: usize,
    last_client: i64,
}

impl Instance {
    /// An empty store, served on `port` from now on.
    pub fn new(port: u16) -> Self {
        Self { store: Store::default(), started: Instant::now(), port, clients: 0, last_client: 0 }
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
