//! Everything that a Redis holds, to be compared; and backups as tests make them.

use std::collections::BTreeMap;
use std::fmt;

use factor12::BUILD;
use redis::{Cmd, Connection};
use sha2::{Digest, Sha256};

use crate::server::Server;

/// What keys hold, by their names.
pub type Data = BTreeMap<String, Kept>;

/// What one key holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// Redis' name of its type.
    kind: String,
    /// Its value, or the values of its entries.
    values: Vec<Vec<u8>>,
    /// Whether it goes away by itself.
    expires: bool,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires = if self.expires { ", expires" } else { "" };
        write!(f, "{} of {} values{expires}", self.kind, self.values.len())?;
        for value in self.values.iter().take(3) {
            let text = String::from_utf8_lossy(value);
            write!(f, " {:?}", text.chars().take(60).collect::<String>())?;
        }
        Ok(())
    }
}

/// Everything that `redis` holds.
pub fn all(redis: &Server) -> Data {
    let mut connection = redis.connection();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("Redis answers");
    keys.into_iter().map(|key| (key.clone(), kept(&mut connection, &key))).collect()
}

/// What the app's keys hold. Fails where a key is left that only a restore uses, and that does not expire.
pub fn of_app(redis: &Server) -> Data {
    let mut data = all(redis);
    data.retain(|key, kept| {
        let staged = key.starts_with("restore:");
        assert!(!staged || kept.expires, "{key} was left for good");
        !staged
    });
    data
}

fn kept(connection: &mut Connection, key: &str) -> Kept {
    let kind: String = redis::cmd("TYPE").arg(key).query(connection).expect("Redis answers");
    let values = match kind.as_str() {
        "string" => Cmd::get(key).query(connection).map(|value| vec![value]),
        "list" => Cmd::lrange(key, 0, -1).query(connection),
        _ => redis::cmd("DUMP").arg(key).query(connection).map(|value| vec![value]),
    };
    let expiry: i64 = redis::cmd("TTL").arg(key).query(connection).expect("Redis answers");
    Kept { kind, values: values.expect("Redis answers"), expires: expiry != -1 }
}

/// The same, with `[time]` in place of every moment, and of this build's releases the build alone: a process that is
/// given another address has another configuration.
pub fn without_what_varies(mut data: Data) -> Data {
    for value in data.values_mut().flat_map(|kept| &mut kept.values) {
        if value.len() < 1000 {
            *value = without_configurations(&without_times(&String::from_utf8_lossy(value))).into_bytes();
        }
    }
    data
}

fn without_configurations(text: &str) -> String {
    let build = format!("+{BUILD}.");
    let mut parts = text.split(&build);
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |masked, part| {
        masked + build.as_str() + part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit())
    })
}

/// `text` with `[time]` in place of every moment, such as 2026-11-22T06:30:00Z.
pub fn without_times(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    let is_time = |window: &[u8]| {
        window.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
    };
    let mut rest = text;
    let mut masked = String::new();
    while let Some(start) = rest.as_bytes().windows(SHAPE.len()).position(is_time) {
        masked += &rest[..start];
        masked += "[time]";
        rest = &rest[start + SHAPE.len()..];
    }
    masked + rest
}

/// The release that made the backups that tests make.
pub const MADE_BY: &str = "0.0.9+made";

/// The header of a backup, without its checksum.
pub fn header(schema: i64) -> String {
    format!(
        r#"{{"format":"factor12-backup-1","release":"{MADE_BY}","schema":{schema},"time":"2026-01-02T03:04:05Z"}}"#
    )
}

/// A record of a backup, without its checksum.
pub fn record(key: &str, text: &str) -> String {
    let (key, text) = (serde_json::json!(key), serde_json::json!(text));
    format!(r#"{{"key":{key},"text":{text}}}"#)
}

/// The lines as a backup has them: each with its checksum, and below them the last.
pub fn sealed(lines: &[String]) -> String {
    let (mut backup, mut sum) = (String::new(), Sha256::new());
    for line in lines {
        let content = line.strip_suffix('}').expect("a line is an object");
        sum.update(content);
        let end = format!(",\"sum\":\"{}\"}}\n", &digits(&sum)[..8]);
        sum.update(&end);
        backup.push_str(content);
        backup.push_str(&end);
    }
    let (records, sha256) = (lines.len() - 1, digits(&sum));
    backup.push_str(&format!("{{\"records\":{records},\"sha256\":\"{sha256}\"}}\n"));
    backup
}

/// A checksum as backups have it.
fn digits(sum: &Sha256) -> String {
    sum.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A backup of schema 2 whose log has more bytes than are written at once, twice over.
pub fn long_backup() -> String {
    let mut lines = vec![header(2), record("hits", "41"), record("schema:release", "0.0.8+old")];
    let long = "x".repeat(30_000);
    lines.extend((0..20).map(|index| record("resets", &format!("{index} {long}"))));
    sealed(&lines)
}
