//! The codec of one connection: requests in, replies out.

use std::io;

use bytes::{Buf, BytesMut};
use redis_protocol::{
    error::RedisProtocolError, resp2::encode::extend_encode as encode_resp2,
    resp3::encode::complete::extend_encode as encode_resp3,
};
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    reply::Reply,
    request::{self, Heads, Request},
};

/// Which RESP the client asked for by `HELLO`; it starts with the older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// What every client speaks.
    #[default]
    Resp2,
    /// What redis-py asks for since version 8, without falling back.
    Resp3,
}

/// Why no more can be read from, or written to, a connection.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The client broke the protocol; it is told how, and the connection is closed.
    #[error("ERR Protocol error: {0}")]
    Malformed(String),
    /// The connection is gone.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A reply could not be written as RESP.
    #[error(transparent)]
    Encode(#[from] RedisProtocolError),
}

/// One connection's codec.
#[derive(Debug, Default)]
pub struct Wire {
    /// The protocol of the next reply.
    pub protocol: Protocol,
    heads: Heads,
}

impl Wire {
    /// The next request's words (none for an empty request), or `None` until all of it is there.
    fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Request>, String> {
        match buffer.first() {
            None => Ok(None),
            Some(b'*') => match self.heads.walk(buffer)? {
                Some(length) => request::words(buffer.split_to(length)).map(Some),
                None => Ok(None),
            },
            Some(_) => request::inline(buffer),
        }
    }
}

impl Decoder for Wire {
    type Item = Request;
    type Error = WireError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Request>, WireError> {
        loop {
            match self.take(buffer).map_err(WireError::Malformed)? {
                // Redis answers nothing to an empty line or an empty array.
                Some(words) if words.is_empty() => {}
                request => return Ok(request),
            }
        }
    }

    /// A client that goes away in the middle of a request has simply gone away.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Request>, WireError> {
        let request = self.decode(buffer)?;
        if request.is_none() {
            buffer.advance(buffer.len());
        }
        Ok(request)
    }
}

impl Encoder<Reply> for Wire {
    type Error = WireError;

    fn encode(&mut self, reply: Reply, buffer: &mut BytesMut) -> Result<(), WireError> {
        let end = match self.protocol {
            Protocol::Resp2 if reply == Reply::NullArray => {
                // The codec has one null for RESP2; Redis has two.
                buffer.extend_from_slice(b"*-1\r\n");
                buffer.len()
            }
            Protocol::Resp2 => encode_resp2(buffer, &reply.into_resp2(), false)?,
            Protocol::Resp3 => encode_resp3(buffer, &reply.into_resp3(), false)?,
        };
        // The codec measures an integer by its logarithm, in floating point, and so makes room
        // for one byte too many next to a large power of ten (999999999999999); that byte must
        // not be sent.
        buffer.truncate(end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(protocol: Protocol, reply: Reply) -> BytesMut {
        let mut buffer = BytesMut::from("+before\r\n");
        let mut wire = Wire { protocol, ..Wire::default() };
        wire.encode(reply, &mut buffer).unwrap();
        buffer.split_off("+before\r\n".len())
    }

    #[test]
    fn an_integer_next_to_a_power_of_ten_is_followed_by_nothing() {
        for digits in 1..=18 {
            let largest = "9".repeat(digits);
            let number: i64 = largest.parse().unwrap();
            for protocol in [Protocol::Resp2, Protocol::Resp3] {
                let bytes = encoded(protocol, Reply::Integer(number));
                assert_eq!(bytes, format!(":{largest}\r\n"));
            }
        }
    }

    #[test]
    fn each_protocol_has_its_own_nulls() {
        assert_eq!(encoded(Protocol::Resp2, Reply::Null), "$-1\r\n");
        assert_eq!(encoded(Protocol::Resp2, Reply::NullArray), "*-1\r\n");
        assert_eq!(encoded(Protocol::Resp3, Reply::Null), "_\r\n");
        assert_eq!(encoded(Protocol::Resp3, Reply::NullArray), "_\r\n");
    }

    #[test]
    fn an_empty_request_is_passed_over() {
        let mut buffer = BytesMut::from("\r\n*0\r\n*-1\r\nPING\r\n");
        let request = Wire::default().decode(&mut buffer).unwrap();
        assert_eq!(request, Some(vec!["PING".into()]));
    }

    #[test]
    fn half_a_request_at_the_end_is_no_request() {
        let mut buffer = BytesMut::from("*1\r\n$4\r\nPI");
        assert!(Wire::default().decode_eof(&mut buffer).unwrap().is_none());
    }
}
