//! Every Redis key and every Redis command of the app: nowhere else is one named.
//!
//! `web` shares one connection among all visits ([`Store`]); an admin process opens one of its own
//! ([`Admin`]), because on a shared connection the commands of others would come between its own.

mod admin;
mod held;
mod migrations;
mod snapshot;

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, RedisError, RedisResult};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::config::Redis;

pub use admin::{Admin, AdminError, Changes, Reset};
pub use held::Held;
pub use migrations::{Applied, Change, MIGRATIONS, Migration, Schema};
pub use snapshot::{Contents, Snapshot, Staging};

// ANCHOR: key
/// The counter: an integer, as the original has it, so that a foreign `SET hits 0` resets this app too.
pub const HITS: &str = "hits";
// ANCHOR_END: key

// ANCHOR: later_keys
/// When counting began, at the latest: a moment in UTC. From schema 1.
pub const SINCE: &str = "hits:since";

/// The log of resets: a list with a [`Reset`] in each entry, the oldest first. From schema 2.
pub const RESETS: &str = "resets";

/// The schema's version: a number. Where the key is missing, the version is 0.
pub const SCHEMA: &str = "schema";

/// The release that put this schema there.
pub const SCHEMA_RELEASE: &str = "schema:release";
// ANCHOR_END: later_keys

/// Every key that holds the app's data, the counter first.
pub const KEYS: [&str; 5] = [HITS, SINCE, RESETS, SCHEMA, SCHEMA_RELEASE];

/// How long a visit waits for Redis, connecting included.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a health check waits for Redis, connecting included.
const HEALTH_PATIENCE: Duration = Duration::from_millis(900);

/// Why Redis gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis is out of reach, silent, or refuses to serve: later it may.
    #[error("{0}")]
    Unavailable(String),
    /// What a key holds is not what the app put there: only an admin process can mend it.
    #[error("the key {key} holds no number that can be used: {reason}")]
    Damaged {
        /// The key.
        key: &'static str,
        /// What Redis said of it.
        reason: String,
    },
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> StoreError {
        let reason = error.detail().map_or_else(|| error.to_string(), str::to_owned);
        let no_number = ["not an integer", "would overflow"].iter().any(|part| reason.contains(part));
        if error.code() == Some("WRONGTYPE") || no_number {
            StoreError::Damaged { key: HITS, reason }
        } else {
            StoreError::Unavailable(error.to_string())
        }
    }
}

/// The counter as `web` uses it: one connection for all visits, opened when it is needed, replaced
/// as soon as it is lost.
pub struct Store {
    redis: Redis,
    link: Mutex<Option<Link>>,
}

/// An open connection and the task that reads and writes it, which ends when the connection does.
struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Store {
    /// A store on `redis`; nothing is connected yet.
    pub fn new(redis: Redis) -> Store {
        Store { redis, link: Mutex::new(None) }
    }

    /// Where the store is.
    pub fn address(&self) -> &Redis {
        &self.redis
    }

    // ANCHOR: visit
    /// Counts a visit and returns its own number: one atomic `INCR`, so that no two visits get the same.
    ///
    /// # Errors
    ///
    /// Within 1.5 seconds. Of a visit that fails midway it is unknown whether it was counted.
    pub async fn visit(&self) -> Result<i64, StoreError> {
        self.ask(Cmd::incr(HITS, 1), PATIENCE).await
    }
    // ANCHOR_END: visit

    /// The counter as it stands, without counting; 0 where nothing was ever counted.
    ///
    /// # Errors
    ///
    /// Within 1.5 seconds.
    pub async fn hits(&self) -> Result<i64, StoreError> {
        let Some(value) = self.ask::<Option<Vec<u8>>>(Cmd::get(HITS), PATIENCE).await? else {
            return Ok(0);
        };
        integer(&value)
            .ok_or_else(|| StoreError::Damaged { key: HITS, reason: "value is not an integer".to_owned() })
    }

    /// Whether Redis answers, within a second.
    ///
    /// # Errors
    ///
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.ask(redis::cmd("PING"), HEALTH_PATIENCE).await
    }

    async fn ask<Answer: FromRedisValue>(
        &self,
        command: Cmd,
        patience: Duration,
    ) -> Result<Answer, StoreError> {
        let mut asked = None;
        let answer = timeout(patience, async {
            let (id, mut connection) = self.connection().await?;
            asked = Some(id);
            command.query_async(&mut connection).await
        });
        match answer.await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                if let Some(id) = asked {
                    self.give_up(id).await;
                }
                Err(StoreError::Unavailable(format!("no answer within {} ms", patience.as_millis())))
            }
        }
    }

    /// The open connection, or a new one where there is none or the driver of the last one has ended.
    async fn connection(&self) -> RedisResult<(tokio::task::Id, MultiplexedConnection)> {
        let mut link = self.link.lock().await;
        let open = match link.take().filter(|link| !link.driver.is_finished()) {
            Some(open) => open,
            None => Link::open(&self.redis).await?,
        };
        let open = link.insert(open);
        Ok((open.driver.id(), open.connection.clone()))
    }

    /// Drops the connection that left a command unanswered: the other end may be gone without a word,
    /// and TCP alone would go on believing in it for minutes. A newer connection stays.
    async fn give_up(&self, silent: tokio::task::Id) {
        let mut link = self.link.lock().await;
        if let Some(link) = link.take_if(|link| link.driver.id() == silent) {
            link.driver.abort();
        }
    }
}

impl Link {
    async fn open(redis: &Redis) -> RedisResult<Link> {
        let ConnectionAddr::Tcp(host, port) = redis.info.addr() else {
            return Err(RedisError::from((ErrorKind::InvalidClientConfig, "only TCP is supported")));
        };
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        // Every question has its own limit, so the driver's own is switched off.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(redis.info.redis_settings(), stream, config).await?;
        let driver = tokio::spawn(driver);
        // Beside the visits: none of them waits for it.
        tokio::spawn(tell_schema(connection.clone()));
        Ok(Link { connection, driver })
    }
}

/// Logs what the schema lacks, or has beyond this release. Visits are served in any case: the counter
/// itself is the same in every schema.
async fn tell_schema(mut connection: MultiplexedConnection) {
    let ask = Cmd::get(SCHEMA);
    let asked = timeout(PATIENCE, ask.query_async::<Option<Vec<u8>>>(&mut connection));
    // Where there is no answer, the visits say so.
    let Ok(Ok(version)) = asked.await else { return };
    match Schema::number(version.as_deref()) {
        Some(Schema::KNOWN) => {}
        Some(version) if version < Schema::KNOWN => {
            info!("the data has schema {version}, and is served; pending: {}", Schema::pending(version));
        }
        Some(version) => {
            warn!("the data has schema {version}, and is served; this release knows {}", Schema::KNOWN);
        }
        None => warn!("the key {SCHEMA} holds no version; the data is served"),
    }
}

/// An integer as Redis writes one: no other spelling can be counted up.
fn integer(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_redis_itself_counts_up_is_an_integer() {
        assert_eq!(integer(b"-7"), Some(-7));
        assert_eq!(integer(b"9223372036854775807"), Some(i64::MAX));
        for text in ["", "+7", "07", " 7", "7 ", "seven", "9223372036854775808"] {
            assert_eq!(integer(text.as_bytes()), None, "{text:?}");
        }
    }
}
