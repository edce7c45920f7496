//! Keys that clients watch: what `WATCH` promises and `EXEC` asks.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

/// One client's watch. It breaks when one of its keys changes, whoever changes it, and ends when
/// it is dropped.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Whether a watched key has changed.
    pub fn is_broken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Who watches which key of one database.
#[derive(Debug, Default)]
pub struct Watchers(HashMap<Bytes, Vec<Weak<AtomicBool>>>);

impl Watchers {
    /// Adds a watch to a key.
    pub fn add(&mut self, key: &Bytes, watch: &Watch) {
        // Watches that ended since are let go here, so that they cannot pile up.
        self.0.retain(|_, watches| {
            watches.retain(|watch| watch.strong_count() > 0);
            !watches.is_empty()
        });
        let key = Bytes::copy_from_slice(key);
        self.0.entry(key).or_default().push(Arc::downgrade(&watch.0));
    }

    /// Breaks the watches of a key that has changed.
    pub fn touch(&mut self, key: &[u8]) {
        for watch in self.0.remove(key).into_iter().flatten() {
            if let Some(broken) = watch.upgrade() {
                broken.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_breaks_when_its_key_changes_and_only_then() {
        let (mut watchers, watch) = (Watchers::default(), Watch::default());
        watchers.add(&Bytes::from("hits"), &watch);
        watchers.touch(b"other");
        assert!(!watch.is_broken());
        watchers.touch(b"hits");
        assert!(watch.is_broken());
    }

    #[test]
    fn watches_that_ended_do_not_pile_up() {
        let mut watchers = Watchers::default();
        for number in 0..100 {
            watchers.add(&Bytes::from(format!("key {number}")), &Watch::default());
        }
        assert_eq!(watchers.0.len(), 1);
    }
}
