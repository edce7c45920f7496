//! What a client asks: where a request ends, and what of it is refused before it is decoded.
//!
//! The codec decodes any RESP frame: of any length, nested to any depth, from its first byte
//! again each time more bytes arrive. A server takes one shape only, an array of bulk strings,
//! so its heads are walked here first, each once, by the rules of Redis' own reader
//! (`processMultibulkBuffer` in its `networking.c`). Nothing is allocated for a length that a
//! client merely announces.

use bytes::{Bytes, BytesMut};
use redis_protocol::resp2::{decode::decode_bytes_mut, types::BytesFrame};

use crate::integer;

/// A command's name and its arguments; never empty.
pub type Request = Vec<Bytes>;

/// The most words in one request.
pub const MAX_WORDS: i64 = 1024 * 1024;
/// The most bytes in one word (Redis' `proto-max-bulk-len`).
pub const MAX_WORD: i64 = 512 * 1024 * 1024;
/// The most bytes in one request, and in all that a transaction has queued (Redis'
/// `client-query-buffer-limit`).
pub const MAX_REQUEST: usize = 1024 * 1024 * 1024;
/// The most bytes in a line: a head, or an inline command.
const MAX_LINE: usize = 64 * 1024;

/// How far the heads of the request at hand have been walked.
#[derive(Debug, Default)]
pub struct Heads {
    /// Bytes of the request that need not be looked at again.
    walked: usize,
    /// Words still to come; unknown until the array's own head has been read.
    missing: Option<i64>,
}

impl Heads {
    /// The length in bytes of the request that `buffer` starts with, or `None` while more bytes
    /// must come. The error is Redis' reason for closing the connection.
    pub fn walk(&mut self, buffer: &[u8]) -> Result<Option<usize>, String> {
        let mut missing = match self.missing {
            Some(missing) => missing,
            None => {
                let Some(line) = line(buffer, "too big mbulk count string")? else {
                    return Ok(None);
                };
                self.walked = line.len() + 2;
                integer::parse(&line[1..])
                    .filter(|words| *words <= MAX_WORDS)
                    .ok_or("invalid multibulk length")?
            }
        };
        while missing > 0 {
            self.missing = Some(missing);
            let Some(end) = self.word_end(buffer)? else {
                return Ok(None);
            };
            self.walked = end;
            missing -= 1;
        }
        self.missing = None;
        Ok(Some(std::mem::take(&mut self.walked)))
    }

    /// Where the next word ends, or `None` while it is not all there.
    fn word_end(&self, buffer: &[u8]) -> Result<Option<usize>, String> {
        let rest = &buffer[self.walked..];
        let Some(line) = line(rest, "too big bulk count string")? else {
            return Ok(None);
        };
        let length = match line.split_first() {
            Some((b'$', digits)) => integer::parse(digits)
                .filter(|length| (0..=MAX_WORD).contains(length))
                .and_then(|length| usize::try_from(length).ok())
                .ok_or("invalid bulk length")?,
            first => {
                let got = char::from(*first.map_or(&b'\r', |(byte, _)| byte));
                return Err(format!("expected '$', got '{got}'"));
            }
        };
        let end = self.walked + line.len() + 2 + length + 2;
        if end > MAX_REQUEST {
            return Err("too big request".to_owned());
        }
        Ok((buffer.len() >= end).then_some(end))
    }
}

/// The words of a request that is all there, cut out of what the connection read.
pub fn words(mut request: BytesMut) -> Result<Vec<Bytes>, String> {
    // An array of fewer than no words: Redis takes it as empty, the codec as broken.
    if request.starts_with(b"*-") {
        return Ok(Vec::new());
    }
    let frame = decode_bytes_mut(&mut request).map_err(|error| error.details().to_owned())?;
    match frame {
        Some((BytesFrame::Array(frames), ..)) => frames.into_iter().map(word).collect(),
        _ => Ok(Vec::new()),
    }
}

fn word(frame: BytesFrame) -> Result<Bytes, String> {
    match frame {
        BytesFrame::BulkString(bytes) => Ok(bytes),
        _ => Err("expected a bulk string".to_owned()),
    }
}

/// Takes one inline command, as a person types it by telnet, off the buffer; `None` while its
/// line is not all there. Words end at blanks; quotes are not taken.
pub fn inline(buffer: &mut BytesMut) -> Result<Option<Vec<Bytes>>, String> {
    let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
        let full = buffer.len() > MAX_LINE;
        return if full { Err("too big inline request".to_owned()) } else { Ok(None) };
    };
    let line = buffer.split_to(end + 1).freeze();
    if line.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
        return Err("pocket-redis takes no quotes in an inline request".to_owned());
    }
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    Ok(Some(words.map(|word| line.slice_ref(word)).collect()))
}

/// The line that `bytes` starts with, without its end; `None` while that has not come.
fn line<'a>(bytes: &'a [u8], too_long: &str) -> Result<Option<&'a [u8]>, String> {
    match bytes.windows(2).position(|pair| pair == b"\r\n") {
        Some(end) => Ok(Some(&bytes[..end])),
        None if bytes.len() > MAX_LINE => Err(too_long.to_owned()),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_found_however_its_bytes_arrive() {
        let bytes = b"*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\n";
        let mut heads = Heads::default();
        for length in 0..bytes.len() {
            assert_eq!(heads.walk(&bytes[..length]), Ok(None), "{length} bytes");
        }
        assert_eq!(heads.walk(bytes), Ok(Some(bytes.len())));
        let words = words(BytesMut::from(&bytes[..])).unwrap();
        assert_eq!(words, [Bytes::from("ECHO"), Bytes::from("\r\n")]);
    }

    #[test]
    fn a_word_that_has_come_is_not_walked_again() {
        let mut heads = Heads::default();
        assert_eq!(heads.walk(b"*2\r\n$4\r\nECHO\r\n$2"), Ok(None));
        assert_eq!(heads.walk(b"walked already$2\r\nok\r\n"), Ok(Some(22)));
    }

    #[test]
    fn a_length_beyond_the_limits_is_refused_by_its_head_alone() {
        let refused = |bytes: &[u8]| Heads::default().walk(bytes).unwrap_err();
        assert_eq!(refused(b"*1048577\r\n"), "invalid multibulk length");
        assert_eq!(refused(b"*x\r\n"), "invalid multibulk length");
        assert_eq!(refused(b"*1\r\n$536870913\r\n"), "invalid bulk length");
        assert_eq!(refused(b"*1\r\n$-1\r\n"), "invalid bulk length");
        assert_eq!(refused(&[b'*'; 70_000]), "too big mbulk count string");
    }

    #[test]
    fn a_request_that_adds_up_to_more_than_the_limit_is_refused() {
        let head = b"*2\r\n$536870912\r\n";
        let second = head.len() + 536_870_912 + 2;
        // Zeroes that nobody touches cost no memory.
        let mut buffer = vec![0; second + 12];
        buffer[..head.len()].copy_from_slice(head);
        buffer[second..].copy_from_slice(b"$536870912\r\n");
        assert_eq!(Heads::default().walk(&buffer).unwrap_err(), "too big request");
    }

    #[test]
    fn a_nested_array_is_refused_before_it_is_decoded() {
        let error = Heads::default().walk(b"*1\r\n*1\r\n*1\r\n").unwrap_err();
        assert_eq!(error, "expected '$', got '*'");
    }

    #[test]
    fn an_inline_command_is_split_at_blanks() {
        let mut buffer = BytesMut::from("PING\r\n  set  a 1\nrest");
        assert_eq!(inline(&mut buffer), Ok(Some(vec![Bytes::from("PING")])));
        let words = ["set", "a", "1"].map(Bytes::from).to_vec();
        assert_eq!(inline(&mut buffer), Ok(Some(words)));
        assert_eq!(inline(&mut buffer), Ok(None));
        assert_eq!(buffer, "rest");
    }
}
