//! Commands about keys, whatever they hold.

use bytes::Bytes;

use super::{Context, lower};
use crate::{
    fault::Fault,
    integer,
    reply::{Answer, Reply},
    store::Value,
};

/// `DEL key…` and `UNLINK key…`: how many of the keys were there, and now are not. What Redis
/// takes apart behind the client's back, for `UNLINK`, is let go at once here.
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

/// `RENAME key newkey`: the value and its expiry are those of the new key, whatever it held.
pub fn rename(context: &mut Context, request: &[Bytes]) -> Answer {
    if context.database().rename(&request[1], &request[2]) {
        Ok(Reply::OK)
    } else {
        Err(Fault::new("ERR no such key"))
    }
}

/// `EXPIRE key seconds`: the key ends then, or at once if no time is left; 1 if it is there,
/// else 0. The options of Redis 7 are unsupported, and said to be so in Redis' words.
pub fn expire(context: &mut Context, request: &[Bytes]) -> Answer {
    if let Some(option) = request.get(3) {
        let option = String::from_utf8_lossy(option);
        return Err(Fault::new(format!("ERR Unsupported option {option}")));
    }
    let seconds = integer::parse(&request[2]).ok_or_else(Fault::not_an_integer)?;
    let (key, now) = (&request[1], context.instance.now);
    let end = seconds.checked_mul(1000).and_then(|left| now.checked_add(left)).ok_or_else(bad_expire)?;
    let database = context.database();
    let there = if end > now { database.end_at(key, end) } else { database.remove(key) };
    Ok(Reply::Integer(i64::from(there)))
}

fn bad_expire() -> Fault {
    Fault::new("ERR invalid expire time in 'expire' command")
}

/// `TTL key`: the seconds that it has left, rounded; -1 if it never ends, -2 if it is not there.
pub fn ttl(context: &mut Context, request: &[Bytes]) -> Answer {
    let now = context.instance.now;
    let database = context.database();
    Ok(Reply::Integer(match (database.get(&request[1]), database.end(&request[1])) {
        (None, _) => -2,
        (Some(_), None) => -1,
        (Some(_), Some(end)) => (end - now + 500) / 1000,
    }))
}

/// `PERSIST key`: the key never ends; 1 if it was to end, else 0.
pub fn persist(context: &mut Context, request: &[Bytes]) -> Answer {
    Ok(Reply::Integer(i64::from(context.database().persist(&request[1]))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{instance::Instance, session::Session};

    #[test]
    fn the_seconds_left_are_rounded() {
        let (mut instance, mut session) = (Instance::new(0), Session::default());
        instance.store.0[0].set(b"key", b"");
        instance.store.0[0].end_at(b"key", 2000);
        for (now, left) in [(0, 2), (500, 2), (501, 1), (1500, 1), (1501, 0), (2000, -2)] {
            instance.advance(now);
            let mut context = Context { instance: &mut instance, session: &mut session };
            let answer = ttl(&mut context, &["ttl".into(), "key".into()]);
            assert_eq!(answer, Ok(Reply::Integer(left)), "at {now} ms");
        }
    }
}
