//! What a key holds, whatever that is, on one line.

use std::fmt;

use redis::{Cmd, FromRedisValue, RedisResult, Value};

use super::integer;

/// What a key held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The key did not exist.
    Nothing,
    /// A number that Redis can count up.
    Number(i64),
    /// Some other text.
    Text(Vec<u8>),
    /// No string at all; this is Redis' name of the type.
    Other(String),
}

impl Held {
    /// The commands that ask what these keys hold.
    pub(super) fn commands<const N: usize>(keys: [&str; N]) -> Vec<Cmd> {
        keys.iter().flat_map(|key| [redis::cmd("TYPE").arg(key).to_owned(), Cmd::get(key)]).collect()
    }

    /// What the keys hold, by the replies to [`Held::commands`].
    pub(super) fn all<const N: usize>(replies: impl IntoIterator<Item = Value>) -> RedisResult<[Held; N]> {
        let mut replies = replies.into_iter();
        let mut held = [const { Held::Nothing }; N];
        for held in &mut held {
            if let (Some(kind), Some(value)) = (replies.next(), replies.next()) {
                *held = Held::read(kind, value)?;
            }
        }
        Ok(held)
    }

    /// What Redis answered to `TYPE` and to `GET`. The second failed where the key held no string.
    fn read(kind: Value, value: Value) -> RedisResult<Held> {
        Ok(match String::from_redis_value(kind.extract_error()?)?.as_str() {
            "none" => Held::Nothing,
            "string" => Held::of(Vec::from_redis_value(value.extract_error()?)?),
            kind => Held::Other(kind.to_owned()),
        })
    }

    /// What a key holds whose string is `value`.
    pub(super) fn of(value: Vec<u8>) -> Held {
        integer(&value).map_or(Held::Text(value), Held::Number)
    }

    /// The bytes of a string; `None` where the key did not exist, or held no string.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Held::Nothing | Held::Other(_) => None,
            Held::Number(number) => Some(number.to_string().into_bytes()),
            Held::Text(text) => Some(text.clone()),
        }
    }

    /// A text without its quotes; anything else as it is displayed.
    pub fn plain(&self) -> String {
        match self {
            Held::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Held::Nothing => write!(f, "(nothing)"),
            Held::Number(number) => write!(f, "{number}"),
            Held::Text(text) => write!(f, "{:?}", String::from_utf8_lossy(text)),
            Held::Other(kind) => write!(f, "({kind})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_is_shown_on_one_line_whatever_it_was() {
        assert_eq!(Held::Nothing.to_string(), "(nothing)");
        assert_eq!(Held::Number(7).to_string(), "7");
        assert_eq!(Held::Text(b"a\nb".to_vec()).to_string(), r#""a\nb""#);
        assert_eq!(Held::Other("list".to_owned()).to_string(), "(list)");
    }
}
