//! Transactions: commands that are queued, and run as one.

use bytes::Bytes;

use super::{Context, run};
use crate::{
    fault::Fault,
    reply::{Answer, Reply},
    session::{Session, Transaction},
};

/// `MULTI`: from here to `EXEC`, commands are queued.
pub fn multi(context: &mut Context, _: &[Bytes]) -> Answer {
    if context.session.transaction.is_some() {
        return Err(Fault::new("ERR MULTI calls can not be nested"));
    }
    context.session.transaction = Some(Transaction::default());
    Ok(Reply::OK)
}

/// `EXEC`: runs what was queued, with no other client's command in between, for the lock is held
/// all the while. A command that fails is one error among the replies; the others take effect.
pub fn exec(context: &mut Context, _: &[Bytes]) -> Answer {
    let transaction = context.session.transaction.take();
    let transaction = transaction.ok_or_else(|| Fault::new("ERR EXEC without MULTI"))?;
    let watch = context.session.watch.take();
    if transaction.spoiled {
        let text = "EXECABORT Transaction discarded because of previous errors.";
        return Err(Fault::new(text));
    }
    if watch.is_some_and(|watch| watch.is_broken()) {
        return Ok(Reply::NullArray);
    }
    let queued = transaction.queued.iter();
    Ok(Reply::Array(queued.map(|(command, request)| run(context, command, request)).collect()))
}

/// What becomes of a transaction when a request is refused: `EXEC` must run none of it, and if
/// the request was the `EXEC`, it is over. The error that the client is answered.
pub fn spoil(session: &mut Session, request: &[Bytes], fault: Fault) -> Fault {
    if request.first().is_some_and(|name| name.eq_ignore_ascii_case(b"exec")) {
        (session.transaction, session.watch) = (None, None);
        let reason = fault.text().trim_start_matches("ERR ");
        return Fault::new(format!("EXECABORT Transaction discarded because of: {reason}"));
    }
    if let Some(transaction) = &mut session.transaction {
        transaction.spoiled = true;
    }
    fault
}

/// `DISCARD`: forgets what was queued, and what was watched.
pub fn discard(context: &mut Context, _: &[Bytes]) -> Answer {
    let transaction = context.session.transaction.take();
    transaction.ok_or_else(|| Fault::new("ERR DISCARD without MULTI"))?;
    unwatch(context, &[])
}

/// `WATCH key…`: if one of the keys changes before the next `EXEC`, that runs nothing.
pub fn watch(context: &mut Context, request: &[Bytes]) -> Answer {
    if context.session.transaction.is_some() {
        return Err(Fault::new("ERR WATCH inside MULTI is not allowed"));
    }
    let watch = context.session.watch.get_or_insert_default().clone();
    for key in &request[1..] {
        context.database().watch(key, &watch);
    }
    Ok(Reply::OK)
}

/// `UNWATCH`: forgets what was watched.
pub fn unwatch(context: &mut Context, _: &[Bytes]) -> Answer {
    context.session.watch = None;
    Ok(Reply::OK)
}
