//! Commands on lists: for what is too long for one string, and so that a key can hold the wrong type.

use std::ops::Range;

use bytes::Bytes;

use super::Context;
use crate::{
    fault::Fault,
    integer,
    reply::{Answer, Reply},
};

/// `LPUSH key element…`: adds each before the first; the new length.
pub fn lpush(context: &mut Context, request: &[Bytes]) -> Answer {
    let list = context.database().list_to_fill(&request[1])?;
    for element in elements(request) {
        list.push_front(element);
    }
    Ok(Reply::count(list.len()))
}

/// `RPUSH key element…`: adds each after the last; the new length.
pub fn rpush(context: &mut Context, request: &[Bytes]) -> Answer {
    let list = context.database().list_to_fill(&request[1])?;
    list.extend(elements(request));
    Ok(Reply::count(list.len()))
}

/// What a request adds, copied out of the connection's buffer into one of its own. A list goes
/// only as a whole, so its elements may share; and the end of a million small ones gives their
/// memory back to the machine, which it would not if each had been allocated alone.
fn elements(request: &[Bytes]) -> impl Iterator<Item = Bytes> {
    let mut all = Bytes::from(request[2..].concat());
    request[2..].iter().map(move |element| all.split_to(element.len()))
}

/// `LLEN key`: its length; 0 without a list.
pub fn llen(context: &mut Context, request: &[Bytes]) -> Answer {
    Ok(Reply::count(context.database().list(&request[1])?.map_or(0, |list| list.len())))
}

/// `LRANGE key start stop`: the elements from `start` to `stop`, both included, counted from 0,
/// or from the end if negative (-1 is the last).
pub fn lrange(context: &mut Context, request: &[Bytes]) -> Answer {
    let start = integer::parse(&request[2]).ok_or_else(Fault::not_an_integer)?;
    let stop = integer::parse(&request[3]).ok_or_else(Fault::not_an_integer)?;
    let Some(list) = context.database().list(&request[1])? else {
        return Ok(Reply::Array(Vec::new()));
    };
    let range = indexes(start, stop, list.len());
    Ok(Reply::Array(list.range(range).cloned().map(Reply::Bulk).collect()))
}

/// The indexes that `start` and `stop` mean in a list of that length, cut to the list.
fn indexes(start: i64, stop: i64, length: usize) -> Range<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start = |index: i64| if index < 0 { index + length } else { index };
    let first = from_start(start).clamp(0, length);
    let end = from_start(stop).saturating_add(1).clamp(first, length);
    // Both lie between 0 and the length, which was a `usize`.
    usize::try_from(first).unwrap_or(0)..usize::try_from(end).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::indexes;

    #[test]
    fn a_range_is_cut_to_the_list() {
        assert_eq!(indexes(0, -1, 3), 0..3);
        assert_eq!(indexes(-2, -1, 3), 1..3);
        assert_eq!(indexes(1, 1, 3), 1..2);
        assert_eq!(indexes(i64::MIN, i64::MAX, 3), 0..3);
        assert!(indexes(2, 1, 3).is_empty());
        assert!(indexes(3, 9, 3).is_empty());
        assert!(indexes(0, -9, 3).is_empty());
    }
}
