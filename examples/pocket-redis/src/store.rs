//! What is kept while the process runs: sixteen databases of keys, in memory.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::{
    expiry::Expiries,
    fault::Fault,
    watch::{Watch, Watchers},
};

/// How many databases there are (Redis' default for `databases`).
pub const DATABASES: usize = 16;

/// A key's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string of any bytes; a number is one, too.
    Text(Bytes),
    /// A list; never empty, for its key goes with its last element.
    List(VecDeque<Bytes>),
}

/// One database: its keys, when they end, and who watches them.
#[derive(Debug, Default)]
pub struct Database {
    entries: HashMap<Bytes, Value>,
    expiries: Expiries,
    watchers: Watchers,
}

impl Database {
    /// The value of a key, whatever its type.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The string of a key; an error if the key holds a list.
    pub fn text(&self, key: &[u8]) -> Result<Option<&Bytes>, Fault> {
        match self.get(key) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::List(_)) => Err(Fault::wrong_type()),
            None => Ok(None),
        }
    }

    /// The list of a key; an error if the key holds a string.
    pub fn list(&self, key: &[u8]) -> Result<Option<&VecDeque<Bytes>>, Fault> {
        match self.get(key) {
            Some(Value::List(list)) => Ok(Some(list)),
            Some(Value::Text(_)) => Err(Fault::wrong_type()),
            None => Ok(None),
        }
    }

    /// The list of a key, which is made if there is none, to be added to.
    pub fn list_to_fill(&mut self, key: &[u8]) -> Result<&mut VecDeque<Bytes>, Fault> {
        self.list(key)?;
        self.watchers.touch(key);
        let empty = || Value::List(VecDeque::new());
        match self.entries.entry(Bytes::copy_from_slice(key)).or_insert_with(empty) {
            Value::List(list) => Ok(list),
            Value::Text(_) => Err(Fault::wrong_type()),
        }
    }

    /// Sets a key to a string, whatever was there; it ends when it was to end. Both are copied:
    /// what a request holds is a part of a larger buffer, which the store must not keep alive.
    pub fn set(&mut self, key: &[u8], text: &[u8]) {
        self.watchers.touch(key);
        let text = Value::Text(Bytes::copy_from_slice(text));
        self.entries.insert(Bytes::copy_from_slice(key), text);
    }

    /// Removes a key; whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let removed = self.entries.remove(key).is_some();
        if removed {
            self.expiries.remove(key);
            self.watchers.touch(key);
        }
        removed
    }

    /// Gives a key's value, and when it ends, to the key `to`, whatever that held; whether there
    /// was such a key.
    pub fn rename(&mut self, key: &[u8], to: &[u8]) -> bool {
        if key == to {
            return self.entries.contains_key(key);
        }
        let Some(value) = self.entries.remove(key) else {
            return false;
        };
        self.watchers.touch(key);
        self.watchers.touch(to);
        let end = self.expiries.remove(key);
        self.expiries.remove(to);
        self.entries.insert(Bytes::copy_from_slice(to), value);
        if let Some(end) = end {
            self.expiries.set(to, end);
        }
        true
    }

    /// When a key ends, if it ever does.
    pub fn end(&self, key: &[u8]) -> Option<i64> {
        self.expiries.get(key)
    }

    /// Lets a key end then; whether it was there.
    pub fn end_at(&mut self, key: &[u8], end: i64) -> bool {
        let there = self.entries.contains_key(key);
        if there {
            self.expiries.set(key, end);
            self.watchers.touch(key);
        }
        there
    }

    /// Lets a key stay; whether it was to end.
    pub fn persist(&mut self, key: &[u8]) -> bool {
        let was_to_end = self.expiries.remove(key).is_some();
        if was_to_end {
            self.watchers.touch(key);
        }
        was_to_end
    }

    /// Removes every key that is to end by `now`.
    pub fn end_due(&mut self, now: i64) {
        while let Some(key) = self.expiries.take_due(now) {
            self.remove(&key);
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many of the keys are to end.
    pub fn ending(&self) -> usize {
        self.expiries.len()
    }

    /// Removes every key.
    pub fn clear(&mut self) {
        self.expiries = Expiries::default();
        for key in std::mem::take(&mut self.entries).into_keys() {
            self.watchers.touch(&key);
        }
    }

    /// Lets a client know, by its watch, when the key changes.
    pub fn watch(&mut self, key: &Bytes, watch: &Watch) {
        self.watchers.add(key, watch);
    }
}

/// All databases.
#[derive(Debug)]
pub struct Store(pub [Database; DATABASES]);

impl Default for Store {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Database::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_one_type_at_a_time() {
        let mut database = Database::default();
        database.list_to_fill(b"key").unwrap().push_back("a".into());
        assert_eq!(database.text(b"key"), Err(Fault::wrong_type()));
        database.set(b"key", b"text");
        assert_eq!(database.list(b"key"), Err(Fault::wrong_type()));
        assert_eq!(database.text(b"key"), Ok(Some(&Bytes::from("text"))));
    }

    #[test]
    fn a_key_ends_on_time_and_breaks_its_watch() {
        let (mut database, watch) = (Database::default(), Watch::default());
        database.set(b"key", b"");
        database.end_at(b"key", 5);
        database.watch(&"key".into(), &watch);
        database.end_due(4);
        assert!(database.get(b"key").is_some() && !watch.is_broken());
        database.end_due(5);
        assert!(database.get(b"key").is_none() && watch.is_broken());
    }

    #[test]
    fn an_expiry_goes_with_its_key_and_wherever_that_goes() {
        let mut database = Database::default();
        assert!(!database.end_at(b"absent", 5));
        let fill = |database: &mut Database| {
            database.set(b"a", b"");
            database.end_at(b"a", 5);
            database.set(b"b", b"");
            database.end_at(b"b", 7);
        };
        fill(&mut database);
        assert!(database.rename(b"a", b"b"));
        assert_eq!((database.end(b"a"), database.end(b"b"), database.ending()), (None, Some(5), 1));
        database.remove(b"b");
        assert_eq!(database.ending(), 0);
        fill(&mut database);
        database.clear();
        assert_eq!(database.ending(), 0);
    }

    #[test]
    fn clearing_breaks_the_watches_of_keys_that_were_there() {
        let (mut database, [there, absent]) = (Database::default(), [(); 2].map(|()| Watch::default()));
        database.set(b"there", b"");
        database.watch(&"there".into(), &there);
        database.watch(&"absent".into(), &absent);
        database.clear();
        assert!(there.is_broken() && !absent.is_broken());
    }
}
