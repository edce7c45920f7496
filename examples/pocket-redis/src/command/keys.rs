//! Commands about keys, whatever they hold.

use bytes::Bytes;

use super::{Context, lower};
use crate::{
    fault::Fault,
    reply::{Answer, Reply},
    store::Value,
};

/// `DEL key…`: how many of the keys were there, and now are not.
pub fn del(context: &mut Context, request: &[Bytes]) -> Answer {
    let database = context.database();
    Ok(Reply::count(request[1..].iter().filter(|key| database.remove(key)).count()))
}

/// `EXISTS key…`: how many of the keys are there; one named twice counts twice.
pub fn exists(context: &mut Context, request: &[Bytes]) -> Answer {
    let database = context.database();
    Ok(Reply::count(request[1..].iter().filter(|key| database.get(key).is_some()).count()))
}

/// `TYPE key`: `string`, `list` or `none`.
pub fn kind(context: &mut Context, request: &[Bytes]) -> Answer {
    Ok(Reply::Status(match context.database().get(&request[1]) {
        Some(Value::Text(_)) => "string",
        Some(Value::List(_)) => "list",
        None => "none",
    }))
}

/// `DBSIZE`: how many keys the selected database has.
pub fn dbsize(context: &mut Context, _: &[Bytes]) -> Answer {
    Ok(Reply::count(context.database().len()))
}

/// `FLUSHDB [ASYNC|SYNC]`: removes every key of the selected database.
pub fn flushdb(context: &mut Context, request: &[Bytes]) -> Answer {
    check_flush(request)?;
    context.database().clear();
    Ok(Reply::OK)
}

/// `FLUSHALL [ASYNC|SYNC]`: removes every key.
pub fn flushall(context: &mut Context, request: &[Bytes]) -> Answer {
    check_flush(request)?;
    for database in &mut context.instance.store.0 {
        database.clear();
    }
    Ok(Reply::OK)
}

/// Either way of flushing is taken, and done at once.
fn check_flush(request: &[Bytes]) -> Result<(), Fault> {
    match request {
        [_] => Ok(()),
        [_, how] if matches!(lower(how).as_str(), "async" | "sync") => Ok(()),
        _ => Err(Fault::syntax()),
    }
}
