//! What a script can do with the app's data: one table, from which the language, its help and its completion come.

use std::any::TypeId;

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};

use crate::release;
use crate::store::{Held, KEYS, RESETS, Reset};

use super::session::{Failure, Session};

/// How many entries of the log `resets()` returns.
const RECENT: usize = 100;

/// How many entries of the log can be asked for at once.
const MOST: usize = 10_000;

/// Something that a script can do.
pub struct Operation {
    /// How it is called: `resets(n)`.
    pub signature: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whether it changes data.
    pub writes: bool,
    call: Call,
}

// ANCHOR: operations
/// Everything that a script can do beyond the language itself.
pub static OPERATIONS: [Operation; 15] = [
    reads("hits()", "the counter; 0 where nothing was ever counted", |session, _| {
        Ok(session.ask(|store| store.hits())?.into())
    }),
    reads("since()", "when counting began, at the latest: a text, or () before schema 1", |session, _| {
        Ok(session.ask(|store| store.since())?.map_or(Dynamic::UNIT, Dynamic::from))
    }),
    reads(
        "resets()",
        "the last 100 resets: #{time, lost, release} of each, the oldest first",
        |session, _| resets(session, RECENT),
    ),
    reads("resets(n)", "the last n resets, 10000 at most", |session, arguments| {
        let count = integer(arguments)?;
        match usize::try_from(count) {
            Ok(count) if count <= MOST => resets(session, count),
            _ => Err(format!("resets({count}): accepted is a number from 0 to {MOST}").into()),
        }
    }),
    reads("keys()", "the app's keys that exist: an array of texts", |session, _| {
        let keys = session.ask(|store| store.keys())?;
        Ok(keys.into_iter().map(Dynamic::from).collect::<Array>().into())
    }),
    reads(
        "kind(key)",
        "nothing, number, text, or what else Redis calls what a key holds",
        |session, arguments| {
            let key = key(arguments)?;
            let [held] = session.ask(move |store| store.held([key]))?;
            Ok(match held {
                Held::Nothing => "nothing".into(),
                Held::Number(_) => "number".into(),
                Held::Text(_) => "text".into(),
                Held::Other(kind) => kind.into(),
            })
        },
    ),
    reads(
        "get(key)",
        "what a key holds: (), a number, a text; of resets, how many they are",
        |session, arguments| {
            let key = key(arguments)?;
            if key == RESETS {
                let count = session.ask(|store| store.length_of_log())?;
                return Ok(Dynamic::from(count as INT));
            }
            match session.ask(move |store| store.held([key]))? {
                [held @ Held::Other(_)] => {
                    Err(format!("the key {key} holds {held}, and get() reads numbers and texts").into())
                }
                [held] => Ok(value(held)),
            }
        },
    ),
    reads("schema()", "the schema's version; 0 where no migration was ever applied", |session, _| {
        Ok(session.ask(|store| store.schema())?.version.into())
    }),
    reads("release()", "the release of this console", |_, _| Ok(release().into())),
    reads("redis()", "the address of the Redis that it works on", |session, _| Ok(session.address().into())),
    writes("visit()", "counts a visit, and returns its number", |session, _| {
        // Redis would count in any schema; a change by an admin process wants one that it knows.
        let number = session.ask(|store| {
            store.schema()?.known()?;
            store.visit()
        })?;
        Ok(number.into())
    }),
    writes(
        "reset()",
        "sets the counter to 0, and returns what is lost: (), a number, a text",
        |session, _| Ok(value(session.ask(|store| store.reset_to(0))?)),
    ),
    writes("reset(n)", "sets the counter to n, and returns what is lost", |session, arguments| {
        let number = integer(arguments)?;
        Ok(value(session.ask(move |store| store.reset_to(number))?))
    }),
    reads("help()", "prints this list", |session, _| {
        session.say(&help());
        Ok(Dynamic::UNIT)
    }),
    reads("help(name)", "prints how one of these is called", |session, arguments| {
        let name = text(arguments)?;
        session.say(&help_on(&name)?);
        Ok(Dynamic::UNIT)
    }),
];
// ANCHOR_END: operations

/// What is passed to an operation.
type Arguments<'a> = [&'a mut Dynamic];

type Call = fn(&Session, &mut Arguments) -> Result<Dynamic, Failure>;

const fn reads(signature: &'static str, about: &'static str, call: Call) -> Operation {
    Operation { signature, about, writes: false, call }
}

const fn writes(signature: &'static str, about: &'static str, call: Call) -> Operation {
    Operation { signature, about, writes: true, call }
}

impl Operation {
    /// Its name, without what is passed to it.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or(self.signature)
    }

    /// The types of what is passed to it: `n` is a number, anything else a text.
    fn parameters(&self) -> Vec<TypeId> {
        let list = self.signature.trim_start_matches(self.name()).trim_matches(['(', ')']);
        let typed = |name| if name == "n" { TypeId::of::<INT>() } else { TypeId::of::<ImmutableString>() };
        list.split(", ").filter(|name| !name.is_empty()).map(typed).collect()
    }

    /// Makes it known to the language. What changes data asks first whether it may.
    pub fn register(&'static self, engine: &mut Engine, session: &Session) {
        let session = session.clone();
        engine.register_raw_fn(self.name(), self.parameters(), move |_, arguments| {
            if !self.writes {
                return (self.call)(&session, arguments);
            }
            session.may_change(self.name())?;
            let value = (self.call)(&session, arguments)?;
            session.changed();
            Ok(value)
        });
    }
}

/// Every operation, one on a line.
pub fn help() -> String {
    listed(&OPERATIONS.iter().collect::<Vec<_>>())
}

/// The operations with this name.
///
/// # Errors
///
/// There is none.
pub fn help_on(name: &str) -> Result<String, String> {
    let called: Vec<&Operation> = OPERATIONS.iter().filter(|operation| operation.name() == name).collect();
    if called.is_empty() {
        return Err(format!("no operation is called {name}: help lists them"));
    }
    Ok(listed(&called))
}

/// The operations, each on a line; those that change data come last.
fn listed(operations: &[&Operation]) -> String {
    let line = |operation: &&Operation| format!("{:<10} {}", operation.signature, operation.about);
    let (writes, reads): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().partition(|operation| operation.writes);
    let mut lines: Vec<String> = reads.iter().map(line).collect();
    if !writes.is_empty() {
        lines.push("with --write:".to_owned());
        lines.extend(writes.iter().map(line));
    }
    lines.join("\n")
}

fn resets(session: &Session, count: usize) -> Result<Dynamic, Failure> {
    let entries = session.ask(move |store| store.resets(count))?;
    Ok(entries.into_iter().map(entry).collect::<Array>().into())
}

/// An entry of the log.
fn entry(reset: Reset) -> Dynamic {
    let lost = match reset.lost.parse::<INT>() {
        Ok(number) => number.into(),
        Err(_) if reset.lost == Held::Nothing.to_string() => Dynamic::UNIT,
        Err(_) => reset.lost.into(),
    };
    let map: Map = [("time", reset.time.into()), ("lost", lost), ("release", reset.release.into())]
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    map.into()
}

/// What a key held, as a value of the language.
fn value(held: Held) -> Dynamic {
    match held {
        Held::Nothing => Dynamic::UNIT,
        Held::Number(number) => number.into(),
        Held::Text(_) => held.plain().into(),
        Held::Other(kind) => format!("({kind})").into(),
    }
}

/// The one of the app's keys that is meant.
fn key(arguments: &mut Arguments) -> Result<&'static str, Failure> {
    let name = text(arguments)?;
    let known = KEYS.into_iter().find(|key| *key == name.as_str());
    known.ok_or_else(|| format!("{:?} is none of the app's keys: {}", name.as_str(), KEYS.join(", ")).into())
}

fn text(arguments: &mut Arguments) -> Result<ImmutableString, Failure> {
    let text = arguments.first().map(|argument| argument.as_immutable_string_ref().map(|text| text.clone()));
    text.and_then(Result::ok).ok_or_else(|| "a text is expected".into())
}

fn integer(arguments: &mut Arguments) -> Result<INT, Failure> {
    let number = arguments.first().map(|argument| argument.as_int());
    number.and_then(Result::ok).ok_or_else(|| "a number is expected".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_called_as_its_signature_says() {
        let called = |signature: &str| {
            let operation = OPERATIONS.iter().find(|operation| operation.signature == signature);
            let operation = operation.unwrap();
            (operation.name(), operation.parameters())
        };
        assert_eq!(called("hits()"), ("hits", vec![]));
        assert_eq!(called("reset(n)"), ("reset", vec![TypeId::of::<INT>()]));
        assert_eq!(called("get(key)"), ("get", vec![TypeId::of::<ImmutableString>()]));
    }

    #[test]
    fn no_two_operations_are_called_in_the_same_way() {
        let mut ways: Vec<_> = OPERATIONS.iter().map(|known| (known.name(), known.parameters())).collect();
        ways.sort();
        ways.dedup();
        assert_eq!(ways.len(), OPERATIONS.len());
    }
}
