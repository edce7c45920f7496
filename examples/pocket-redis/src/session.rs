//! What the server remembers of one client, from its connection to its end.

use bytes::Bytes;

use crate::{
    command::Command,
    request::{MAX_REQUEST, Request},
    watch::Watch,
    wire::Protocol,
};

/// What happens to the connection after the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// It waits for the next request.
    #[default]
    Listen,
    /// It is closed (`QUIT`).
    Close,
    /// The whole process ends, without a reply (`SHUTDOWN`).
    Shutdown,
}

/// The commands between `MULTI` and `EXEC`.
#[derive(Debug, Default)]
pub struct Transaction {
    /// What `EXEC` will run, in order.
    pub queued: Vec<(&'static Command, Request)>,
    /// Whether a command was refused, so that `EXEC` must run none.
    pub spoiled: bool,
    bytes: usize,
}

impl Transaction {
    /// Queues a command. Too many bytes in all, and the transaction is spoiled: a client cannot
    /// make the process hold more than that. Whether there was room.
    pub fn queue(&mut self, command: &'static Command, request: Request) -> bool {
        let overhead = size_of::<Bytes>() * request.len() + size_of::<(&Command, Request)>();
        self.bytes += overhead + request.iter().map(Bytes::len).sum::<usize>();
        if self.bytes > MAX_REQUEST {
            *self = Self { spoiled: true, bytes: MAX_REQUEST, ..Self::default() };
            return false;
        }
        self.queued.push((command, request));
        true
    }
}

/// One client.
#[derive(Debug, Default)]
pub struct Session {
    /// A number that no other client has.
    pub id: i64,
    /// The name it gave itself.
    pub name: Option<Bytes>,
    /// The database it works on.
    pub database: usize,
    /// The protocol it asked for.
    pub protocol: Protocol,
    /// The transaction it is in.
    pub transaction: Option<Transaction>,
    /// The keys it watches.
    pub watch: Option<Watch>,
    /// What happens after this reply.
    pub next: Next,
}

impl Session {
    /// A client as it connects: database 0, RESP2, no name.
    pub fn new(id: i64) -> Self {
        Self { id, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn a_transaction_that_queues_too_much_is_spoiled_and_let_go() {
        let request = vec![Bytes::from_static(b"PING"), Bytes::from(vec![0; 1024 * 1024])];
        let ping = command::find("ping").unwrap();
        let mut transaction = Transaction::default();
        let queued = (0..2000).take_while(|_| transaction.queue(ping, request.clone())).count();
        assert_eq!(queued, 1023);
        assert!(transaction.spoiled && transaction.queued.is_empty());
    }
}
