//! What a command answers, and how RESP2 and RESP3 write it.

use bytes::Bytes;
use redis_protocol::{
    resp2::types::BytesFrame as Resp2,
    resp3::types::{BytesFrame as Resp3, VerbatimStringFormat},
};

use crate::fault::Fault;

/// What a command comes to: a reply, or the error that is sent in its place.
pub type Answer = Result<Reply, Fault>;

/// A reply, in the few shapes that the commands here need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A word such as `OK`.
    Status(&'static str),
    /// An error.
    Error(Fault),
    /// An integer of 64 bits.
    Integer(i64),
    /// A string of any bytes.
    Bulk(Bytes),
    /// A text for people: a verbatim string in RESP3.
    Text(String),
    /// No value.
    Null,
    /// No array: what `EXEC` answers when a watched key has changed.
    NullArray,
    /// Replies in order.
    Array(Vec<Reply>),
    /// Names and values in order: in RESP2, one flat array.
    Map(Vec<(&'static str, Reply)>),
}

impl Reply {
    /// The usual answer of a command that has nothing else to tell.
    pub const OK: Self = Self::Status("OK");

    /// A string of any bytes, copied.
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bulk(Bytes::copy_from_slice(bytes.as_ref()))
    }

    /// An integer that counts things in memory, and so cannot exceed 63 bits.
    pub fn count(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The value, or no value.
    pub fn bulk_or_null(value: Option<&Bytes>) -> Self {
        value.map_or(Self::Null, |bytes| Self::Bulk(bytes.clone()))
    }

    /// The reply in RESP2, which has neither maps nor texts.
    pub fn into_resp2(self) -> Resp2 {
        match self {
            Self::Status(word) => Resp2::SimpleString(Bytes::from_static(word.as_bytes())),
            Self::Error(fault) => Resp2::Error(fault.text().into()),
            Self::Integer(number) => Resp2::Integer(number),
            Self::Bulk(bytes) => Resp2::BulkString(bytes),
            Self::Text(text) => Resp2::BulkString(text.into()),
            Self::Null | Self::NullArray => Resp2::Null,
            Self::Array(replies) => Resp2::Array(replies.into_iter().map(Self::into_resp2).collect()),
            Self::Map(entries) => Resp2::Array(
                entries
                    .into_iter()
                    .flat_map(|(name, value)| [Self::bulk(name), value])
                    .map(Self::into_resp2)
                    .collect(),
            ),
        }
    }

    /// The reply in RESP3.
    pub fn into_resp3(self) -> Resp3 {
        let attributes = None;
        match self {
            Self::Status(word) => {
                Resp3::SimpleString { data: Bytes::from_static(word.as_bytes()), attributes }
            }
            Self::Error(fault) => Resp3::SimpleError { data: fault.text().into(), attributes },
            Self::Integer(data) => Resp3::Number { data, attributes },
            Self::Bulk(data) => Resp3::BlobString { data, attributes },
            Self::Text(text) => {
                Resp3::VerbatimString { data: text.into(), format: VerbatimStringFormat::Text, attributes }
            }
            Self::Null | Self::NullArray => Resp3::Null,
            Self::Array(replies) => {
                Resp3::Array { data: replies.into_iter().map(Self::into_resp3).collect(), attributes }
            }
            Self::Map(entries) => Resp3::Map {
                data: entries
                    .into_iter()
                    .map(|(name, value)| (Self::bulk(name).into_resp3(), value.into_resp3()))
                    .collect(),
                attributes,
            },
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        answer.unwrap_or_else(Self::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_flat_in_resp2_and_a_map_in_resp3() {
        let map = Reply::Map(vec![("proto", Reply::Integer(2))]);
        let flat = Reply::Array(vec![Reply::bulk("proto"), Reply::Integer(2)]);
        assert_eq!(map.clone().into_resp2(), flat.into_resp2());
        assert!(matches!(map.into_resp3(), Resp3::Map { data, .. } if data.len() == 1));
    }
}
