//! The schema: which version the data has, which this release knows, and how one becomes the next.

use std::fmt;

use redis::Cmd;

use crate::{now, release};

use super::{Admin, AdminError, Held, RESETS, SCHEMA, SCHEMA_RELEASE, SINCE};

/// Which schema the data has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its version; 0 where no migration was ever applied.
    pub version: i64,
    /// The release that put it there.
    pub release: Held,
}

// ANCHOR: migration
/// One step from a schema to the next.
pub struct Migration {
    /// The schema's version afterwards.
    pub version: i64,
    /// Its name: the key that it brings.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it changes, beside the version. Run in front of a transaction that watches the key it is named
    /// by, so that what it has seen still holds when its changes are made.
    changes: fn(&mut Admin) -> Result<Vec<Change>, AdminError>,
}

/// Every migration, in order. One that was released is never changed again: what it should have done
/// otherwise is the next one.
pub static MIGRATIONS: [Migration; 2] = [
    Migration {
        version: 1,
        name: SINCE,
        about: "when counting began",
        changes: |store| {
            absent(store, SINCE)?;
            // Nobody has noted when the first visit was. It was now, or before.
            Ok(vec![Change { key: SINCE, from: Held::Nothing, to: now() }])
        },
    },
    Migration {
        version: 2,
        name: RESETS,
        about: "a log of what resets lose",
        changes: |store| {
            // An empty list does not exist in Redis: from this schema on, reset begins and continues it.
            absent(store, RESETS)?;
            Ok(Vec::new())
        },
    },
];
// ANCHOR_END: migration

/// A key that is set to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: &'static str,
    /// What it holds before.
    pub from: Held,
    /// What it holds afterwards.
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.key, self.from.plain(), self.to)
    }
}

/// What became of a migration.
#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was applied; these were its changes.
    Here(Vec<Change>),
    /// Another process has applied it meanwhile; nothing was done.
    Elsewhere,
}

impl Schema {
    /// The newest version that this release knows.
    pub const KNOWN: i64 = MIGRATIONS.len() as i64;

    /// The version in what its key holds.
    pub fn number(held: Option<&[u8]>) -> Option<i64> {
        held.map_or(Some(0), super::integer).filter(|version| *version >= 0)
    }

    /// The schema, by what its two keys hold.
    ///
    /// # Errors
    ///
    /// The first holds no version.
    pub(super) fn of(version: Held, release: Held) -> Result<Schema, AdminError> {
        match version {
            Held::Nothing => Ok(Schema { version: 0, release }),
            Held::Number(version) if version >= 0 => Ok(Schema { version, release }),
            held => Err(AdminError::Unfit {
                key: SCHEMA,
                held,
                wanted: "a schema has a version, 0 or more: restore --replace brings back a backup's",
            }),
        }
    }

    /// The migrations after `version`, in one line.
    pub fn pending(version: i64) -> String {
        let pending = MIGRATIONS.iter().filter(|migration| migration.version > version);
        let named = pending.map(|migration| format!("{} {}", migration.version, migration.name));
        named.collect::<Vec<_>>().join(", ")
    }

    /// The version, where this release knows it.
    ///
    /// # Errors
    ///
    /// It is newer.
    pub fn known(self) -> Result<i64, AdminError> {
        if self.version <= Schema::KNOWN {
            return Ok(self.version);
        }
        let needed = match self.release {
            Held::Nothing => "a newer one".to_owned(),
            release => release.plain(),
        };
        Err(AdminError::Newer { version: self.version, needed })
    }
}

impl Admin {
    /// Which schema the data has, whether this release knows it or not.
    ///
    /// # Errors
    ///
    /// Its key holds no version.
    pub fn schema(&mut self) -> Result<Schema, AdminError> {
        let [version, release] = self.held([SCHEMA, SCHEMA_RELEASE])?;
        Schema::of(version, release)
    }

    /// What `migration` would change, on data that has the schema before it.
    ///
    /// # Errors
    ///
    /// A key that it brings is there already.
    pub fn plan(&mut self, migration: &Migration) -> Result<Vec<Change>, AdminError> {
        let mut changes = (migration.changes)(self)?;
        let before = migration.version - 1;
        let [version, by] = self.held([SCHEMA, SCHEMA_RELEASE])?;
        // In a dry run, the migrations before this one are taken for done.
        let (from, by) = match Schema::of(version.clone(), by.clone())?.version == before {
            true => (version, by),
            false => (Held::Number(before), Held::Text(release().into())),
        };
        changes.push(Change { key: SCHEMA, from, to: migration.version.to_string() });
        changes.push(Change { key: SCHEMA_RELEASE, from: by, to: release().to_owned() });
        changes.retain(|change| change.from.plain() != change.to);
        Ok(changes)
    }

    // ANCHOR: apply
    /// Applies `migration` wholly or not at all: its changes and the version are one transaction.
    ///
    /// # Errors
    ///
    /// A key that it brings is there already; the schema is newer than this release; Redis was lost.
    pub fn apply(&mut self, migration: &Migration) -> Result<Applied, AdminError> {
        self.change(&[migration.name, SCHEMA, SCHEMA_RELEASE], |store| {
            let version = store.schema()?.known()?;
            if version >= migration.version {
                return Ok((Vec::new(), String::new(), Applied::Elsewhere));
            }
            if version < migration.version - 1 {
                return Err(AdminError::Data(format!(
                    "the data has gone back to schema {version} meanwhile: do it again"
                )));
            }
            let changes = store.plan(migration)?;
            let commands = changes.iter().map(|change| Cmd::set(change.key, &change.to)).collect();
            let line = format!("{SCHEMA}: {} -> {}", migration.version - 1, migration.version);
            Ok((commands, line, Applied::Here(changes)))
        })
    }
    // ANCHOR_END: apply
}

/// Fails where `key` is there: a migration that brings it must not write over what someone else put there.
fn absent(store: &mut Admin, key: &'static str) -> Result<(), AdminError> {
    match store.held([key])? {
        [Held::Nothing] => Ok(()),
        [held] => Err(AdminError::Unfit {
            key,
            held,
            wanted: "the migration that brings this key does not write over it: move it away first",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_from_1_without_a_gap() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=Schema::KNOWN).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_pending_is_named() {
        assert_eq!(Schema::pending(0), "1 hits:since, 2 resets");
        assert_eq!(Schema::pending(1), "2 resets");
        assert_eq!(Schema::pending(2), "");
    }

    #[test]
    fn a_version_is_a_whole_number_and_absent_it_is_0() {
        assert_eq!(Schema::number(None), Some(0));
        assert_eq!(Schema::number(Some(b"2")), Some(2));
        for text in ["", "two", "-1", "02", "1.5"] {
            assert_eq!(Schema::number(Some(text.as_bytes())), None, "{text:?}");
        }
    }

    #[test]
    fn a_newer_schema_is_refused_with_the_release_that_is_needed() {
        let schema = |release| Schema { version: Schema::KNOWN + 1, release };
        let said = schema(Held::Text(b"9.0.0+abc".to_vec())).known().unwrap_err().to_string();
        assert!(
            said.contains("schema 3") && said.contains("9.0.0+abc") && said.contains(release()),
            "{said}"
        );
        let said = schema(Held::Nothing).known().unwrap_err().to_string();
        assert!(said.contains("a newer one"), "{said}");
    }
}
