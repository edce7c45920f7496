//! All of the app's data as it stands at one moment: read in pieces, and put in place in one.
//!
//! The log of resets may be long. It is never held whole: it is read a page at a time, and written under a
//! key of its own that takes the log's place at the end.

use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, Value};

use crate::{count, host};

use super::admin::no_log;
use super::{Admin, AdminError, HITS, Held, KEYS, RESETS, SCHEMA, SCHEMA_RELEASE, SINCE, Schema};

/// How many entries of the log are read at once.
const PAGE: usize = 1000;

/// How many bytes of entries are written at once.
const BATCH: usize = 256 * 1024;

/// How long a staged log outlives the process that staged it, in seconds.
const STAGED: i64 = 600;

/// The data beside the log.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The schema's version.
    pub schema: i64,
    /// The release that put the schema there.
    pub release: Option<Vec<u8>>,
    /// The counter, whatever text it is.
    pub hits: Option<Vec<u8>>,
    /// When counting began.
    pub since: Option<Vec<u8>>,
}

/// The data of one moment, while its log is being read.
pub struct Snapshot<'a> {
    admin: &'a mut Admin,
    /// Watches the schema: a restore and a migration touch it, and nothing else removes from the log.
    guard: Admin,
    /// The data beside the log.
    pub contents: Contents,
    /// How many entries the log had.
    log: usize,
    /// How many of them have been asked for.
    asked: usize,
    /// How many have been read.
    read: usize,
}

impl Admin {
    // ANCHOR: snapshot
    /// Takes a snapshot: one transaction reads the counter and the log's length. The log only grows at its
    /// end, so its first entries stay what they are, however long their reading takes.
    ///
    /// # Errors
    ///
    /// A key holds another type than the app puts there; the schema is newer than this release; Redis was lost.
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>, AdminError> {
        let mut guard = self.another()?;
        redis::cmd("WATCH").arg(SCHEMA).exec(&mut guard.connection)?;
        let mut reads = Held::commands(KEYS);
        reads.push(Cmd::llen(RESETS));
        let mut replies = self.at_once(&reads)?;
        let length = replies.pop().unwrap_or(Value::Nil);
        let [hits, since, resets, version, release] = Held::all(replies)?;
        let version = Schema::of(version, release.clone())?.known()?;
        let mut contents = Contents { schema: version, hits: string(HITS, hits)?, ..Contents::default() };
        let mut log = 0;
        // A key that this schema does not have is not the app's.
        if version >= 1 {
            contents.since = string(SINCE, since)?;
            contents.release = string(SCHEMA_RELEASE, release)?;
        }
        if version >= 2 {
            log = match resets {
                Held::Nothing => 0,
                Held::Other(kind) if kind == "list" => usize::from_redis_value(length)?,
                held => return Err(no_log(held)),
            };
        }
        Ok(Snapshot { admin: self, guard, contents, log, asked: 0, read: 0 })
    }
    // ANCHOR_END: snapshot

    /// Executes commands that only read as one transaction, and returns the reply to each, also where it is
    /// an error.
    fn at_once(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let (multi, exec) = (redis::cmd("MULTI"), redis::cmd("EXEC"));
        let packet: Vec<Cmd> = [&multi].into_iter().chain(commands).chain([&exec]).cloned().collect();
        match self.send(&packet)?.pop() {
            Some(Value::Array(replies)) if replies.len() == commands.len() => Ok(replies),
            // Not of the replies inside: of those, some may well be errors.
            Some(Value::ServerError(refusal)) => Err(refusal.into()),
            _ => Err(RedisError::from((
                ErrorKind::UnexpectedReturnType,
                "EXEC did not answer with the replies",
            ))),
        }
    }

    /// Prepares to put data in place.
    pub fn stage(&mut self) -> Staging<'_> {
        // No other process has this name: its host, its number there, and the moment.
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let key = format!("restore:{}:{}:{moment}", host(), process::id());
        Staging { admin: self, key, batch: Vec::new(), bytes: 0, unanswered: false, entries: 0 }
    }
}

/// The bytes of a key that a backup holds as a text.
fn string(key: &'static str, held: Held) -> Result<Option<Vec<u8>>, AdminError> {
    match held {
        Held::Other(_) => {
            let wanted = match key {
                SCHEMA_RELEASE => "only a text can be kept: restore --replace brings back a backup's",
                _ => "only a text can be kept: reset repairs it",
            };
            Err(AdminError::Unfit { key, held, wanted })
        }
        held => Ok(held.bytes()),
    }
}

impl Snapshot<'_> {
    /// The next entries of the log; none after the last. While they are being used, Redis reads the ones after.
    ///
    /// # Errors
    ///
    /// The log is no longer what it was, or Redis was lost.
    pub fn entries(&mut self) -> Result<Vec<Vec<u8>>, AdminError> {
        if self.asked == 0 {
            self.ask()?;
        }
        if self.read == self.log {
            return Ok(Vec::new());
        }
        let expected = self.asked - self.read;
        let page = self.admin.connection.recv_response()?.extract_error()?;
        let page: Vec<Vec<u8>> = FromRedisValue::from_redis_value(page)?;
        if page.len() != expected {
            return Err(gone());
        }
        self.read = self.asked;
        self.ask()?;
        Ok(page)
    }

    /// Asks for the next page, if there is one.
    fn ask(&mut self) -> RedisResult<()> {
        let end = (self.asked + PAGE).min(self.log);
        if end > self.asked {
            let page = Cmd::lrange(RESETS, self.asked as isize, end as isize - 1);
            self.admin.connection.send_packed_command(&page.get_packed_command())?;
            self.asked = end;
        }
        Ok(())
    }

    /// Makes sure that all that was read belongs together.
    ///
    /// # Errors
    ///
    /// The data was restored or migrated meanwhile, or Redis was lost.
    pub fn finish(mut self) -> Result<(), AdminError> {
        if self.guard.unwatch()? { Ok(()) } else { Err(gone()) }
    }
}

fn gone() -> AdminError {
    AdminError::Data("the data was migrated or restored while it was read: do it again".to_owned())
}

/// Data on its way into the store: its log is under a key of its own, which expires if nobody puts it in place.
pub struct Staging<'a> {
    admin: &'a mut Admin,
    key: String,
    /// The batch that comes next.
    batch: Vec<Vec<u8>>,
    /// How many bytes that is.
    bytes: usize,
    /// Whether a batch was sent whose answer is to come.
    unanswered: bool,
    /// How many entries there are in all.
    entries: usize,
}

impl Staging<'_> {
    /// Adds an entry to the log. Redis writes one batch while the next is gathered.
    ///
    /// # Errors
    ///
    /// Redis refused, or was lost.
    pub fn push(&mut self, entry: Vec<u8>) -> RedisResult<()> {
        self.bytes += entry.len();
        self.entries += 1;
        self.batch.push(entry);
        if self.bytes < BATCH { Ok(()) } else { self.send() }
    }

    fn send(&mut self) -> RedisResult<()> {
        self.answered()?;
        let mut pipeline = redis::pipe();
        pipeline.atomic().rpush(&self.key, &self.batch).expire(&self.key, STAGED);
        self.batch.clear();
        self.bytes = 0;
        self.admin.connection.send_packed_command(&pipeline.get_packed_pipeline())?;
        self.unanswered = true;
        Ok(())
    }

    /// Waits for the answer to the batch before, if there was one.
    fn answered(&mut self) -> RedisResult<()> {
        if std::mem::take(&mut self.unanswered) {
            // To MULTI, to the two commands, to EXEC. All are read, whatever the first says.
            let replies = [(); 4].map(|()| self.admin.connection.recv_response());
            for reply in replies {
                reply?.extract_error()?;
            }
        }
        Ok(())
    }

    // ANCHOR: put_in_place
    /// Puts everything in place at once, in one transaction, and returns a line for each key: what it held,
    /// and what it holds.
    ///
    /// # Errors
    ///
    /// The store is not empty, and nobody said `replace`; its schema is newer than this release; Redis was lost.
    pub fn put_in_place(&mut self, contents: &Contents, replace: bool) -> Result<Vec<String>, AdminError> {
        if !self.batch.is_empty() {
            self.send()?;
        }
        self.answered()?;
        let (key, entries) = (self.key.as_str(), self.entries);
        let watched = [&KEYS[1..], &[key]].concat();
        self.admin.change(&watched, |store| {
            let staged: usize = Cmd::llen(key).query(&mut store.connection)?;
            if staged != entries {
                return Err(AdminError::Data(format!(
                    "of {entries} staged entries, {staged} are left: do it again"
                )));
            }
            // Visits change the counter all the time: it is looked at last, or there would always be one in between.
            let before = store.look(Some(HITS), replace)?;
            let mut commands = vec![redis::cmd("UNLINK").arg(&KEYS).to_owned()];
            let schema = (contents.schema > 0).then(|| contents.schema.to_string().into_bytes());
            let values = [
                (HITS, contents.hits.clone()),
                (SINCE, contents.since.clone()),
                (SCHEMA, schema),
                (SCHEMA_RELEASE, contents.release.clone()),
            ];
            for (key, value) in &values {
                commands.extend(value.as_ref().map(|value| Cmd::set(key, value)));
            }
            if entries > 0 {
                commands.extend([Cmd::rename(key, RESETS), Cmd::persist(RESETS)]);
            }
            let lines = KEYS.into_iter().zip(before).map(|(key, before)| {
                let value = values.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.clone());
                let after = match value {
                    Some(value) => shown(key, &Held::of(value)),
                    None if key == RESETS && entries > 0 => count(entries as u64, "entry", "entries"),
                    None => Held::Nothing.to_string(),
                };
                format!("{key}: {before} -> {after}")
            });
            let lines: Vec<String> = lines.collect();
            Ok((commands, lines.join(", "), lines))
        })
    }
    // ANCHOR_END: put_in_place

    /// Takes away what was staged, without waiting for it to expire.
    ///
    /// # Errors
    ///
    /// Redis was lost.
    pub fn discard(mut self) -> RedisResult<()> {
        self.answered()?;
        Cmd::unlink(&self.key).exec(&mut self.admin.connection)
    }
}

impl Admin {
    /// Makes sure that data can be put in place.
    ///
    /// # Errors
    ///
    /// There is some, and nobody said `replace`; or its schema is newer than this release.
    pub fn replaceable(&mut self, replace: bool) -> Result<(), AdminError> {
        self.look(None, replace).map(drop)
    }

    /// What is to be replaced, in the order of [`KEYS`]; `watch` is watched from this moment on.
    fn look(&mut self, watch: Option<&str>, replace: bool) -> Result<[String; KEYS.len()], AdminError> {
        let watch = watch.map(|key| redis::cmd("WATCH").arg(key).to_owned());
        let commands: Vec<Cmd> =
            watch.iter().cloned().chain([Cmd::llen(RESETS)]).chain(Held::commands(KEYS)).collect();
        let mut replies = self.send(&commands)?.into_iter();
        if watch.is_some() {
            replies.next().unwrap_or(Value::Nil).extract_error()?;
        }
        let length = replies.next().unwrap_or(Value::Nil);
        let held: [Held; KEYS.len()] = Held::all(replies)?;
        let [_, _, resets, version, release] = &held;
        // A damaged schema is no reason to keep it.
        if let Ok(schema) = Schema::of(version.clone(), release.clone()) {
            schema.known()?;
        }
        let is_log = *resets == Held::Other("list".to_owned());
        let empty = held.iter().all(|held| *held == Held::Nothing);
        let mut lines = std::array::from_fn(|index| shown(KEYS[index], &held[index]));
        if is_log {
            lines[2] = count(u64::from_redis_value(length)?, "entry", "entries");
        }
        if empty || replace {
            return Ok(lines);
        }
        let there = KEYS.iter().zip(&lines).filter(|(_, line)| **line != Held::Nothing.to_string());
        let there: Vec<String> = there.map(|(key, line)| format!("{key}: {line}")).collect();
        Err(AdminError::Data(format!("there is data already ({}); --replace replaces it", there.join(", "))))
    }
}

/// What a key holds, as it is told. Only the counter is no text when all is well: there the quotes tell.
fn shown(key: &str, held: &Held) -> String {
    if key == HITS { held.to_string() } else { held.plain() }
}
