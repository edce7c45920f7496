//! Every Redis key and every Redis command of the app: nowhere else is one named.
//!
//! `web` shares one connection among all visits ([`Store`]); an admin process opens one of its own
//! ([`Admin`]), because on a shared connection the commands of others would come between its own.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionLike, ErrorKind, FromRedisValue,
    RedisError, RedisResult, Value,
};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::Redis;

// ANCHOR: key
/// The counter: an integer, as the original has it, so that a foreign `SET hits 0` resets this app too.
pub const HITS: &str = "hits";
// ANCHOR_END: key

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
        Ok(Link { connection, driver: tokio::spawn(driver) })
    }
}

/// What the key of the counter held.
#[derive(Debug, PartialEq, Eq)]
pub enum Held {
    /// The key did not exist.
    Nothing,
    /// A counter.
    Number(i64),
    /// Some other text.
    Text(Vec<u8>),
    /// No string at all; this is Redis' name of the type.
    Other(String),
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

/// The store as an admin process uses it: a connection of its own, blocking, one command at a time.
pub struct Admin {
    connection: redis::Connection,
    changing: &'static AtomicBool,
}

impl Admin {
    /// Connects. `changing` is set right before a command that changes something is sent.
    ///
    /// # Errors
    ///
    /// Redis is out of reach or refuses the log-in.
    pub fn connect(redis: &Redis, patience: Duration, changing: &'static AtomicBool) -> RedisResult<Admin> {
        let connection = Client::open(redis.info.clone())?.get_connection_with_timeout(patience)?;
        Ok(Admin { connection, changing })
    }

    // ANCHOR: reset
    /// Sets the counter to zero, whatever its key holds, and returns what that was: in one
    /// transaction, so that no visit falls between the look and the change.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost.
    pub fn reset(&mut self) -> RedisResult<Held> {
        let mut of_type = redis::cmd("TYPE");
        for command in [&redis::cmd("MULTI"), of_type.arg(HITS), &Cmd::get(HITS), &Cmd::set(HITS, 0)] {
            command.exec(&mut self.connection)?;
        }
        let [kind, value, done] = self.execute()?;
        done.extract_error()?;
        // GET has failed where the key held no string; TYPE says what it held then.
        Ok(match String::from_redis_value(kind)?.as_str() {
            "none" => Held::Nothing,
            "string" => {
                let value = Vec::<u8>::from_redis_value(value)?;
                integer(&value).map_or(Held::Text(value), Held::Number)
            }
            kind => Held::Other(kind.to_owned()),
        })
    }
    // ANCHOR_END: reset

    /// Executes the commands queued since `MULTI` and returns their replies. Until it is sent nothing is
    /// changed, nor where Redis refuses it; where Redis is lost in the middle, nobody knows.
    fn execute<const N: usize>(&mut self) -> RedisResult<[Value; N]> {
        self.changing.store(true, Ordering::SeqCst);
        let refused = |reply: Value| match reply.extract_error() {
            Err(error) => error,
            Ok(_) => {
                RedisError::from((ErrorKind::UnexpectedReturnType, "EXEC did not answer with the replies"))
            }
        };
        let executed = self.connection.req_command(&redis::cmd("EXEC")).and_then(|reply| match reply {
            Value::Array(replies) => replies.try_into().map_err(|replies| refused(Value::Array(replies))),
            other => Err(refused(other)),
        });
        if executed.as_ref().is_err_and(|error| !error.is_io_error()) {
            self.changing.store(false, Ordering::SeqCst);
        }
        executed
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

    #[test]
    fn what_was_lost_is_shown_on_one_line_whatever_it_was() {
        assert_eq!(Held::Nothing.to_string(), "(nothing)");
        assert_eq!(Held::Number(7).to_string(), "7");
        assert_eq!(Held::Text(b"a\nb".to_vec()).to_string(), r#""a\nb""#);
        assert_eq!(Held::Other("list".to_owned()).to_string(), "(list)");
    }
}
