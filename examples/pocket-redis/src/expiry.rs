//! Keys that end by themselves: when each does, and which is next.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;

/// When keys of one database end, in milliseconds on the instance's clock.
#[derive(Debug, Default)]
pub struct Expiries {
    ends: HashMap<Bytes, i64>,
    /// The same, the next to end first: whether one is due is known without a look at the rest.
    order: BTreeSet<(i64, Bytes)>,
}

impl Expiries {
    /// When the key ends, if it ever does.
    pub fn get(&self, key: &[u8]) -> Option<i64> {
        self.ends.get(key).copied()
    }

    /// Lets the key end then, and no longer when it was to end before.
    pub fn set(&mut self, key: &[u8], end: i64) {
        self.remove(key);
        let key = Bytes::copy_from_slice(key);
        self.order.insert((end, key.clone()));
        self.ends.insert(key, end);
    }

    /// Lets the key stay; when it was to end.
    pub fn remove(&mut self, key: &[u8]) -> Option<i64> {
        let (key, end) = self.ends.remove_entry(key)?;
        self.order.remove(&(end, key));
        Some(end)
    }

    /// Takes a key that is to end by `now`, if there is one, the first to end.
    pub fn take_due(&mut self, now: i64) -> Option<Bytes> {
        self.order.first().filter(|(end, _)| *end <= now)?;
        let (_, key) = self.order.pop_first()?;
        self.ends.remove(&key);
        Some(key)
    }

    /// How many keys are to end.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no key is to end.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_ends_first_is_due_first_whenever_it_was_set() {
        let mut expiries = Expiries::default();
        expiries.set(b"late", 30);
        expiries.set(b"early", 20);
        assert_eq!(expiries.take_due(19), None);
        assert_eq!(expiries.take_due(20), Some("early".into()));
        assert_eq!(expiries.take_due(20), None);
        assert_eq!(expiries.take_due(30), Some("late".into()));
        assert!(expiries.is_empty());
    }

    #[test]
    fn a_key_whose_end_is_set_again_is_remembered_once() {
        let mut expiries = Expiries::default();
        for end in 1..=100 {
            expiries.set(b"key", end);
        }
        assert_eq!((expiries.len(), expiries.order.len()), (1, 1));
        assert_eq!((expiries.get(b"key"), expiries.take_due(99)), (Some(100), None));
        expiries.remove(b"key");
        assert!(expiries.is_empty() && expiries.order.is_empty());
    }
}
