//! The store as an admin process uses it, and what every change has in common: it is one transaction,
//! it is known to have happened or not, and it is logged.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{
    Client, Cmd, ConnectionLike, ErrorKind, FromRedisValue, ParsingError, RedisError, RedisResult, Value,
};
use tracing::{debug, info};

use crate::config::Redis;
use crate::{now, release};

use super::{HITS, Held, KEYS, RESETS, SCHEMA, SINCE, Schema};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a change is tried again because others change the same keys.
const PERSISTENCE: Duration = Duration::from_secs(4);

/// How many changes a failure names; of more, the first and the last.
const TOLD: usize = 5;

/// How much of a lost value the log keeps, in characters: it may have been anything.
const LOGGED: usize = 200;

/// Why an admin process failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Redis is out of reach, silent, or refuses.
    #[error("{}", redis_reason(.0))]
    Redis(#[from] RedisError),
    /// A key holds what the process cannot work with.
    #[error("the key {key} holds {held}, and {wanted}")]
    Unfit {
        /// The key.
        key: &'static str,
        /// What it holds.
        held: Held,
        /// What should be there, and what to do.
        wanted: &'static str,
    },
    /// The data is of a newer release.
    #[error(
        "the data has schema {version}, and release {} knows {} at most; release {needed} put it there, and its admin processes are the ones to use",
        release(),
        Schema::KNOWN
    )]
    Newer {
        /// The schema's version.
        version: i64,
        /// The release that put it there.
        needed: String,
    },
    /// Others changed the same keys again and again.
    #[error("others changed the data {0} times while it was to be changed")]
    Busy(u32),
    /// Something else about the data, in one sentence.
    #[error("{0}")]
    Data(String),
    /// What was read on stdin cannot be used.
    #[error("{0}")]
    Input(String),
    /// The result cannot be written.
    #[error("stdout cannot be written ({0})")]
    Output(io::Error),
}

impl From<ParsingError> for AdminError {
    fn from(error: ParsingError) -> AdminError {
        AdminError::Redis(error.into())
    }
}

fn redis_reason(error: &RedisError) -> String {
    if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() }
}

impl AdminError {
    /// Whether it is about Redis or what it holds, and not about input or output.
    pub fn is_of_redis(&self) -> bool {
        !matches!(self, AdminError::Input(_) | AdminError::Output(_))
    }
}

/// What is known of a process's changes: those that are done, and whether one was sent and not answered.
#[derive(Debug, Default)]
pub struct Changes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    done: Vec<String>,
    sent: bool,
}

impl Changes {
    fn sent(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sent = true;
    }

    fn refused(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sent = false;
    }

    fn done(&self, what: String) {
        info!("{what} (release {})", release());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.sent = false;
        known.done.push(what);
    }

    /// How a process that failed left the data; `find_out` says how one sees what cannot be known here.
    pub fn outcome(&self, find_out: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match known.done.as_slice() {
            [first, .., last] if known.done.len() > TOLD => {
                format!("{first}, {} more, {last}", known.done.len() - 2)
            }
            all => all.join(", "),
        };
        match (known.done.is_empty(), known.sent) {
            (true, false) => "nothing was changed".to_owned(),
            (false, false) => format!("done before: {done}; nothing else was changed"),
            (true, true) => format!(
                "whether anything was changed cannot be known, a command already sent may still take effect: {find_out}"
            ),
            (false, true) => format!(
                "done before: {done}; whether more was changed cannot be known, a command already sent may still take effect: {find_out}"
            ),
        }
    }
}

/// One entry of the log of resets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// When it was, in UTC.
    pub time: String,
    /// The release that did it.
    pub release: String,
    /// What was lost, as it was displayed; the beginning of it, where it was long.
    pub lost: String,
}

impl Reset {
    fn now(lost: &Held) -> Reset {
        Reset {
            time: now(),
            release: release().to_owned(),
            lost: lost.to_string().chars().take(LOGGED).collect(),
        }
    }

    /// Reads an entry as it is displayed.
    pub fn parse(entry: &str) -> Option<Reset> {
        let mut parts = entry.splitn(3, ' ').map(str::to_owned);
        Some(Reset { time: parts.next()?, release: parts.next()?, lost: parts.next()? })
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.time, self.release, self.lost)
    }
}

/// The store as an admin process uses it: a connection of its own, blocking.
pub struct Admin {
    redis: Redis,
    pub(super) connection: redis::Connection,
    changes: Arc<Changes>,
}

impl Admin {
    /// Connects within `patience`; what is changed will be known to `changes`.
    ///
    /// # Errors
    ///
    /// Redis is out of reach or refuses the log-in.
    pub fn connect(redis: &Redis, patience: Duration, changes: &Arc<Changes>) -> RedisResult<Admin> {
        let connection = Client::open(redis.info.clone())?.get_connection_with_timeout(patience)?;
        connection.set_read_timeout(Some(ANSWER))?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(Admin { redis: redis.clone(), connection, changes: Arc::clone(changes) })
    }

    /// Another connection to the same Redis.
    pub(super) fn another(&self) -> RedisResult<Admin> {
        Admin::connect(&self.redis, ANSWER, &self.changes)
    }

    /// Connects again, whatever became of the connection before: one that had no answer in time may still
    /// get it, and would take it for the answer to the next question.
    ///
    /// # Errors
    ///
    /// Redis is out of reach or refuses the log-in.
    pub fn reconnect(&mut self) -> RedisResult<()> {
        self.connection = self.another()?.connection;
        Ok(())
    }

    /// Whether Redis answers on this connection: one that was lost looks open until it is used.
    pub fn answers(&mut self) -> bool {
        redis::cmd("PING").query(&mut self.connection).is_ok_and(|answer: String| answer == "PONG")
    }

    /// Where the store is.
    pub fn address(&self) -> &Redis {
        &self.redis
    }

    /// What each of these keys holds.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost.
    pub fn held<const N: usize>(&mut self, keys: [&str; N]) -> Result<[Held; N], AdminError> {
        let replies = self.send(&Held::commands(keys))?;
        Ok(Held::all(replies)?)
    }

    /// The counter; 0 where nothing was ever counted.
    ///
    /// # Errors
    ///
    /// It holds no number.
    pub fn hits(&mut self) -> Result<i64, AdminError> {
        match self.held([HITS])? {
            [Held::Nothing] => Ok(0),
            [Held::Number(number)] => Ok(number),
            [held] => Err(AdminError::Unfit { key: HITS, held, wanted: "a counter holds a number" }),
        }
    }

    /// When counting began, at the latest; `None` before schema 1.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost.
    pub fn since(&mut self) -> Result<Option<String>, AdminError> {
        let [held] = self.held([SINCE])?;
        Ok(held.bytes().map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    /// The last `count` entries of the log of resets, the oldest first.
    ///
    /// # Errors
    ///
    /// The log is no list, or Redis was lost.
    pub fn resets(&mut self, count: usize) -> Result<Vec<Reset>, AdminError> {
        let Some(first) = isize::try_from(count).ok().filter(|count| *count > 0) else {
            return Ok(Vec::new());
        };
        let entries: Vec<Vec<u8>> = Cmd::lrange(RESETS, -first, -1).query(&mut self.connection)?;
        let unknown = |entry: &str| Reset {
            time: String::new(),
            release: String::new(),
            lost: entry.chars().take(LOGGED).collect(),
        };
        let parse = |entry: &Vec<u8>| {
            let entry = String::from_utf8_lossy(entry);
            Reset::parse(&entry).unwrap_or_else(|| unknown(&entry))
        };
        Ok(entries.iter().map(parse).collect())
    }

    /// The app's keys that exist.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost.
    pub fn keys(&mut self) -> Result<Vec<&'static str>, AdminError> {
        let held = self.held(KEYS)?;
        let there = KEYS.into_iter().zip(held).filter(|(_, held)| *held != Held::Nothing);
        Ok(there.map(|(key, _)| key).collect())
    }

    // ANCHOR: reset
    /// Sets the counter to `number`, whatever its key holds, and returns what that was.
    ///
    /// Counting begins anew with it, and the log of resets gains an entry, as far as the schema has them:
    /// all in one transaction, so that no visit falls between the look and the change.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost; the schema is newer than this release.
    pub fn reset_to(&mut self, number: i64) -> Result<Held, AdminError> {
        self.change(&[SINCE, RESETS, SCHEMA], |store| {
            let schema = store.schema()?.known()?;
            if schema >= 2 {
                store.length_of_log()?;
            }
            // Visits change it all the time: it is looked at last, or there would always be one in between.
            let held = store.watched(HITS)?;
            let mut commands = vec![Cmd::set(HITS, number)];
            if schema >= 1 {
                commands.push(Cmd::set(SINCE, now()));
            }
            if schema >= 2 {
                commands.push(Cmd::rpush(RESETS, Reset::now(&held).to_string()));
            }
            Ok((commands, format!("{HITS}: {held} -> {number}"), held))
        })
    }

    /// What a key holds, which is watched from this moment on.
    fn watched(&mut self, key: &str) -> Result<Held, AdminError> {
        let mut commands = vec![redis::cmd("WATCH").arg(key).to_owned()];
        commands.extend(Held::commands([key]));
        let mut replies = self.send(&commands)?.into_iter();
        replies.next().unwrap_or(Value::Nil).extract_error()?;
        let [held] = Held::all(replies)?;
        Ok(held)
    }

    /// Prepares a change and makes it, in one transaction: if another client touches one of the `keys`
    /// in between, nothing is changed, and it is prepared again.
    ///
    /// `prepare` gives the commands, a line for the log, and what to return.
    pub(super) fn change<T>(
        &mut self,
        keys: &[&str],
        mut prepare: impl FnMut(&mut Admin) -> Result<(Vec<Cmd>, String, T), AdminError>,
    ) -> Result<T, AdminError> {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            redis::cmd("WATCH").arg(keys).exec(&mut self.connection)?;
            match prepare(self) {
                Ok((commands, _, result)) if commands.is_empty() => return Ok(result),
                Ok((commands, line, result)) => {
                    if self.execute(&commands)? {
                        self.changes.done(line);
                        return Ok(result);
                    }
                }
                // It may have looked once before another client's change, and once after it.
                Err(error) => {
                    if self.unwatch().unwrap_or(true) {
                        return Err(error);
                    }
                }
            }
            tries += 1;
            debug!("another client was first; try {tries} is over");
            if start.elapsed() > PERSISTENCE {
                return Err(AdminError::Busy(tries));
            }
        }
    }
    // ANCHOR_END: reset

    /// Makes a change of one command.
    pub(super) fn once<Answer: FromRedisValue + fmt::Display>(
        &mut self,
        command: &Cmd,
        line: &str,
    ) -> Result<Answer, AdminError> {
        self.changes.sent();
        let answer: RedisResult<Answer> = command.query(&mut self.connection);
        match answer {
            Ok(answer) => {
                self.changes.done(format!("{line}{answer}"));
                Ok(answer)
            }
            Err(error) => {
                if !error.is_io_error() {
                    self.changes.refused();
                }
                Err(error.into())
            }
        }
    }

    /// Counts a visit, as `web` does, and returns its number.
    ///
    /// # Errors
    ///
    /// The counter is no number, or Redis was lost.
    pub fn visit(&mut self) -> Result<i64, AdminError> {
        self.once(&Cmd::incr(HITS, 1), "hits: counted up to ")
    }

    /// How many entries the log of resets has.
    ///
    /// # Errors
    ///
    /// The log is no list, or Redis was lost.
    pub fn length_of_log(&mut self) -> Result<usize, AdminError> {
        match self.held([RESETS])? {
            [Held::Nothing] => Ok(0),
            [Held::Other(kind)] if kind == "list" => Ok(Cmd::llen(RESETS).query(&mut self.connection)?),
            [held] => Err(no_log(held)),
        }
    }

    /// Sends commands in one packet, and returns the reply to each, also where it is an error.
    pub(super) fn send(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let packet: Vec<u8> = commands.iter().flat_map(Cmd::get_packed_command).collect();
        let replies = self.connection.req_packed_commands(&packet, 0, commands.len())?;
        if replies.len() == commands.len() {
            return Ok(replies);
        }
        Err(RedisError::from((ErrorKind::UnexpectedReturnType, "not every command was answered")))
    }

    /// Ends a watch. `false` where a watched key has changed.
    pub(super) fn unwatch(&mut self) -> RedisResult<bool> {
        let replies = self.send(&[redis::cmd("MULTI"), redis::cmd("EXEC")])?;
        let executed = replies.into_iter().next_back().unwrap_or(Value::Nil);
        Ok(executed.extract_error()? != Value::Nil)
    }

    /// Executes commands as one transaction. `false` where a watched key has changed, and nothing was done.
    ///
    /// Until `EXEC` is sent nothing is changed, nor where Redis refuses it; where Redis is lost in the
    /// middle of it, nobody knows.
    fn execute(&mut self, commands: &[Cmd]) -> RedisResult<bool> {
        let multi = redis::cmd("MULTI");
        let queued: Vec<Cmd> = std::iter::once(&multi).chain(commands).cloned().collect();
        if let Some(refusal) = self.send(&queued)?.into_iter().find_map(|reply| reply.extract_error().err()) {
            redis::cmd("DISCARD").exec(&mut self.connection)?;
            return Err(refusal);
        }
        self.changes.sent();
        let executed = self.connection.req_command(&redis::cmd("EXEC"));
        let refused = executed.as_ref().is_err_and(|error| !error.is_io_error())
            || matches!(executed, Ok(Value::Nil | Value::ServerError(_)));
        if refused {
            self.changes.refused();
        }
        match executed?.extract_error()? {
            Value::Nil => Ok(false),
            Value::Array(replies) if replies.len() == commands.len() => {
                for reply in replies {
                    reply.extract_error()?;
                }
                Ok(true)
            }
            _ => Err(RedisError::from((
                ErrorKind::UnexpectedReturnType,
                "EXEC did not answer with the replies",
            ))),
        }
    }
}

/// Something else is where the log of resets should be.
pub(super) fn no_log(held: Held) -> AdminError {
    let wanted = "the log of resets is a list: restore --replace brings back a backup's";
    AdminError::Unfit { key: RESETS, held, wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_log_is_read_as_it_was_written_whatever_was_lost() {
        for held in [Held::Nothing, Held::Number(-7), Held::Text(b"a b\n\"c\"".to_vec())] {
            let reset = Reset::now(&held);
            assert_eq!(reset.lost, held.to_string());
            assert_eq!(Reset::parse(&reset.to_string()), Some(reset));
        }
        assert_eq!(Reset::parse("no entry"), None);
    }

    #[test]
    fn the_log_keeps_the_beginning_of_what_was_long() {
        let reset = Reset::now(&Held::Text(vec![b'x'; 1_000_000]));
        assert_eq!(reset.lost.len(), LOGGED);
    }

    #[test]
    fn an_outcome_never_says_less_than_what_was_done() {
        let changes = Changes::default();
        assert_eq!(changes.outcome("look"), "nothing was changed");
        changes.sent();
        assert!(
            changes.outcome("look").contains("cannot be known") && changes.outcome("look").ends_with("look")
        );
        changes.done("a: 1 -> 2".to_owned());
        assert_eq!(changes.outcome("look"), "done before: a: 1 -> 2; nothing else was changed");
        changes.sent();
        let outcome = changes.outcome("look");
        assert!(outcome.contains("a: 1 -> 2") && outcome.contains("cannot be known"), "{outcome}");
        changes.refused();
        assert_eq!(changes.outcome("look"), "done before: a: 1 -> 2; nothing else was changed");
        for number in 3..=1000 {
            changes.done(format!("a: {} -> {number}", number - 1));
        }
        let told = "done before: a: 1 -> 2, 997 more, a: 999 -> 1000; nothing else was changed";
        assert_eq!(changes.outcome("look"), told);
    }
}
