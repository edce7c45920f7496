//! The format of a backup: a text, one JSON object a line, which can be trusted or is refused.
//!
//! The first line is the header, then comes a line for each record, and the last says how many those
//! are, and the SHA-256 of all lines above it. So that damage is found where it is, and not at the end
//! only, each line carries the beginning of the same checksum, of everything up to its own end:
//!
//! ```text
//! {"format":"factor12-backup-1","release":"0.1.0+1a2b3c4","schema":2,"time":"…","sum":"9f86d081"}
//! {"key":"hits","text":"7","sum":"60303ae2"}
//! {"key":"resets","text":"2026-11-22T06:30:00Z 0.1.0+1a2b3c4 12","sum":"fd61a03a"}
//! {"records":2,"sha256":"a4e624d686e03ed2767c0abd85c14426b0b1157d2ce81d27bb4fe4f6f01d688a"}
//! ```
//!
//! A value that is no UTF-8 is written in hexadecimal digits, as `hex` instead of `text`.

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{BYTE_ORDER_MARK, is_utf_16, now, release};

/// What every format of a backup of this app begins with.
const FAMILY: &str = "factor12-backup-";

/// The format that this release writes, and the one that it reads.
const FORMAT: &str = "factor12-backup-1";

/// What the last line begins with, and no other.
const END: &[u8] = br#"{"records":"#;

/// The longest line that is written, and that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// How a line ends, with 8 hexadecimal digits in place of the dots.
const SUM: (&str, &str) = (r#","sum":""#, "\"}\n");

/// What to do where a shell or an editor has rewritten a backup on its way.
const AGAIN: &str = "take the backup again; in PowerShell, back up and restore by cmd, \
    as in: cmd /c \"docker compose run --rm -T worker backup > backup.jsonl\"";

/// Whence a backup comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    /// The release that wrote it.
    pub release: String,
    /// The schema of the data.
    pub schema: i64,
    /// When it was taken, in UTC.
    pub time: String,
}

impl Header {
    /// The header of a backup that this release writes, now.
    pub fn new(schema: i64) -> Header {
        Header { format: FORMAT.to_owned(), release: release().to_owned(), schema, time: now() }
    }
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

#[derive(Serialize)]
struct End {
    records: u64,
    sha256: String,
}

/// One value of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key that it belongs to; the entries of a list have one record each.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Writes a backup, line by line.
pub struct Writer<Out> {
    out: Out,
    sum: Sha256,
    records: u64,
}

impl<Out: Write> Writer<Out> {
    /// Begins a backup.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn begin(out: Out, header: &Header) -> io::Result<Writer<Out>> {
        let mut writer = Writer { out, sum: Sha256::new(), records: 0 };
        writer.line("format", header)?;
        Ok(writer)
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// `out` cannot be written; or the value is too long, and this is an [`io::ErrorKind::InvalidInput`].
    pub fn record(&mut self, key: &str, value: &[u8]) -> io::Result<()> {
        let key = Cow::Borrowed(key);
        let line = match std::str::from_utf8(value) {
            Ok(text) => Line { key, text: Some(Cow::Borrowed(text)), hex: None },
            Err(_) => Line { key, text: None, hex: Some(hex(value)) },
        };
        self.records += 1;
        self.line(&line.key, &line)
    }

    /// Ends the backup, and returns how many records it has.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn end(mut self) -> io::Result<u64> {
        self.out.write_all(&last_line(self.records, &self.sum))?;
        self.out.flush()?;
        Ok(self.records)
    }

    fn line(&mut self, key: &str, content: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(content)?;
        line.pop();
        if line.len() + SUM.0.len() + 8 + SUM.1.len() > LONGEST {
            let reason = format!("the key {key} holds a value that is longer than a line of a backup can be");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        self.sum.update(&line);
        let sum = short(&self.sum);
        line.extend([SUM.0, &sum, SUM.1].concat().bytes());
        self.sum.update(&line[line.len() - (SUM.0.len() + 8 + SUM.1.len())..]);
        self.out.write_all(&line)
    }
}

/// Why a backup is refused, and where.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {reason}")]
pub struct Refusal {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong there.
    pub reason: String,
}

/// Reads a backup, line by line, and believes none of them before it has been checked.
pub struct Reader<In> {
    input: In,
    sum: Sha256,
    records: u64,
    line: u64,
    buffer: Vec<u8>,
}

impl<In: BufRead> Reader<In> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// There is none, or none that this release can read.
    pub fn begin(input: In) -> Result<(Header, Reader<In>), Refusal> {
        let mut reader = Reader { input, sum: Sha256::new(), records: 0, line: 0, buffer: Vec::new() };
        if !reader.next_line()? {
            return Err(reader.refuse("there is nothing here, and a backup begins with a header"));
        }
        if is_utf_16(&reader.buffer) {
            return Err(reader.refuse(format!("this is UTF-16, as PowerShell's > writes it: {AGAIN}")));
        }
        let header = reader.buffer.strip_prefix(BYTE_ORDER_MARK.as_bytes());
        let format = serde_json::from_slice::<serde_json::Value>(header.unwrap_or(&reader.buffer)).ok();
        let format = format.as_ref().and_then(|header| header["format"].as_str()).unwrap_or_default();
        if format.starts_with(FAMILY) && header.is_some() {
            let reason = "a byte order mark comes first, as PowerShell and some editors write it";
            return Err(reader.refuse(format!("{reason}: {AGAIN}")));
        }
        if !format.starts_with(FAMILY) {
            return Err(reader.refuse("this is no header of a backup of this app"));
        }
        if format != FORMAT {
            return Err(
                reader.refuse(format!("the backup has the format {format}; this release reads {FORMAT}"))
            );
        }
        reader.check_sum()?;
        match serde_json::from_slice(&reader.buffer) {
            Ok(header) => Ok((header, reader)),
            Err(error) => Err(reader.refuse(format!("the header lacks something ({error})"))),
        }
    }

    /// The next record, or `None` behind the last, once the end was found to be right and nothing is behind it.
    ///
    /// # Errors
    ///
    /// The line, or the input's end, is not what it should be.
    pub fn record(&mut self) -> Result<Option<Record>, Refusal> {
        if !self.next_line()? {
            self.line -= 1;
            return Err(self.refuse("the backup ends here, without its last line: the rest is missing"));
        }
        if self.buffer.starts_with(END) {
            return self.end().map(|()| None);
        }
        self.check_sum()?;
        self.records += 1;
        let record = serde_json::from_slice::<Line>(&self.buffer).ok().and_then(|line| {
            let value = match (line.text, line.hex) {
                (Some(text), None) => text.into_owned().into_bytes(),
                (None, Some(hex)) => bytes(&hex)?,
                _ => return None,
            };
            Some(Record { key: line.key.into_owned(), value })
        });
        record.map(Some).ok_or_else(|| self.refuse("this is no record"))
    }

    /// An error at the line that was read last.
    pub fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal { line: self.line.max(1), reason: reason.into() }
    }

    /// How many records have been read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Reads the next line into the buffer, never more of it than a line can have. `false` at the input's end.
    fn next_line(&mut self) -> Result<bool, Refusal> {
        self.line += 1;
        self.buffer.clear();
        let mut limited = self.input.by_ref().take(LONGEST as u64);
        match limited.read_until(b'\n', &mut self.buffer) {
            Err(error) => Err(self.refuse(format!("it cannot be read ({error})"))),
            Ok(0) => Ok(false),
            Ok(_) if self.buffer.ends_with(b"\n") => Ok(true),
            Ok(length) if length == LONGEST => {
                Err(self.refuse(format!("it is longer than {LONGEST} bytes, and no line of a backup is")))
            }
            Ok(_) => Err(self.refuse("the backup ends in the middle of this line: the rest is missing")),
        }
    }

    /// Checks the sum in the line, and with it all that came before.
    fn check_sum(&mut self) -> Result<(), Refusal> {
        let tail = SUM.0.len() + 8 + SUM.1.len();
        let content = self.buffer.len().saturating_sub(tail);
        self.sum.update(&self.buffer[..content]);
        let expected = [SUM.0, &short(&self.sum), SUM.1].concat();
        self.sum.update(&self.buffer[content..]);
        if self.buffer[content..] == *expected.as_bytes() {
            return Ok(());
        }
        let reason = "its checksum is wrong: it was altered, or a line is missing, repeated or out of order";
        Err(self.refuse_altered(reason))
    }

    /// As [`Reader::refuse`], unless it can be seen what was done to the line.
    fn refuse_altered(&self, reason: &str) -> Refusal {
        if self.buffer.ends_with(b"\r\n") {
            return self
                .refuse(format!("it ends with CRLF, as PowerShell and some editors end lines: {AGAIN}"));
        }
        self.refuse(reason)
    }

    fn end(&mut self) -> Result<(), Refusal> {
        if self.buffer != last_line(self.records, &self.sum) {
            let reason = "the number of records or their checksum is wrong: the backup was altered";
            return Err(self.refuse_altered(reason));
        }
        if self.next_line()? {
            return Err(self.refuse("something follows the end of the backup"));
        }
        Ok(())
    }
}

fn last_line(records: u64, sum: &Sha256) -> Vec<u8> {
    let end = End { records, sha256: hex(&sum.clone().finalize()) };
    // Two fields that are always written: it cannot fail.
    let mut line = serde_json::to_vec(&end).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The first 8 hexadecimal digits of a checksum.
fn short(sum: &Sha256) -> String {
    hex(&sum.clone().finalize()[..4])
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
