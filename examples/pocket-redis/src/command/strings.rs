//! Commands on strings, and on the integers that strings may be.

use bytes::Bytes;

use super::{Context, lower};
use crate::{
    fault::Fault,
    integer,
    reply::{Answer, Reply},
    store::Database,
};

/// `GET key`: its string, or null.
pub fn get(context: &mut Context, request: &[Bytes]) -> Answer {
    Ok(Reply::bulk_or_null(context.database().text(&request[1])?))
}

/// `SET key value [NX|XX] [GET] [KEEPTTL]`: sets the key, whatever it held.
pub fn set(context: &mut Context, request: &[Bytes]) -> Answer {
    let (key, value) = (&request[1], &request[2]);
    let options = SetOptions::parse(&request[3..])?;
    let database = context.database();
    let old = match options.get {
        true => Reply::bulk_or_null(database.text(key)?),
        false => Reply::OK,
    };
    let wanted = options.if_exists.is_none_or(|wanted| wanted == database.get(key).is_some());
    if wanted {
        database.set(key, value);
        if !options.keep_expiry {
            database.persist(key);
        }
    }
    Ok(if wanted || options.get { old } else { Reply::Null })
}

/// What `SET` was asked for besides setting.
#[derive(Default)]
struct SetOptions {
    /// `XX`: only if the key exists; `NX`: only if it does not.
    if_exists: Option<bool>,
    /// Answer the string that was there before.
    get: bool,
    /// `KEEPTTL`: the key ends when it was to end; without it, never.
    keep_expiry: bool,
}

impl SetOptions {
    fn parse(words: &[Bytes]) -> Result<Self, Fault> {
        let mut options = Self::default();
        for word in words {
            match lower(word).as_str() {
                "nx" if options.if_exists != Some(true) => options.if_exists = Some(false),
                "xx" if options.if_exists != Some(false) => options.if_exists = Some(true),
                "get" => options.get = true,
                "keepttl" => options.keep_expiry = true,
                "ex" | "px" | "exat" | "pxat" => return Err(no_expiry()),
                _ => return Err(Fault::syntax()),
            }
        }
        Ok(options)
    }
}

/// To take the option and let the key live on would be a lie.
fn no_expiry() -> Fault {
    Fault::new("ERR pocket-redis sets no expiry by SET, which takes NX, XX, GET and KEEPTTL: use EXPIRE")
}

/// `INCR key`: adds one; the new number.
pub fn incr(context: &mut Context, request: &[Bytes]) -> Answer {
    add(context.database(), &request[1], 1)
}

/// `INCRBY key increment`: adds; the new number.
pub fn incrby(context: &mut Context, request: &[Bytes]) -> Answer {
    let increment = integer::parse(&request[2]).ok_or_else(Fault::not_an_integer)?;
    add(context.database(), &request[1], increment)
}

/// `DECR key`: takes one away; the new number.
pub fn decr(context: &mut Context, request: &[Bytes]) -> Answer {
    add(context.database(), &request[1], -1)
}

/// `DECRBY key decrement`: takes away; the new number.
pub fn decrby(context: &mut Context, request: &[Bytes]) -> Answer {
    let decrement = integer::parse(&request[2]).ok_or_else(Fault::not_an_integer)?;
    let increment = decrement.checked_neg().ok_or_else(|| Fault::new("ERR decrement would overflow"))?;
    add(context.database(), &request[1], increment)
}

/// A key that does not exist counts as 0.
fn add(database: &mut Database, key: &[u8], increment: i64) -> Answer {
    let old = match database.text(key)? {
        Some(text) => integer::parse(text).ok_or_else(Fault::not_an_integer)?,
        None => 0,
    };
    let new =
        old.checked_add(increment).ok_or_else(|| Fault::new("ERR increment or decrement would overflow"))?;
    database.set(key, new.to_string().as_bytes());
    Ok(Reply::Integer(new))
}
