//! A page of the book, executed: text in, events out.
//!
//! A Markdown page is parsed into a [`Chapter`] of [`Step`]s; a [`Session`] runs steps and tells what
//! happens as a stream of [`Event`]s; what a command printed is compared with what the page shows.
//! Who listens (a terminal, a verifier, a browser) is none of this crate's business: it knows no
//! terminal, no HTTP and no book format beyond CommonMark.
//!
//! `tests/greetings.rs` is the shortest use of it.

pub mod attributes;
pub mod chapter;
mod commit;
pub mod compare;
pub mod encoding;
pub mod head;
mod include;
mod left;
pub mod pattern;
pub mod process;
mod rule;
pub mod session;
mod stray;
pub mod text;
pub mod transcript;

pub use chapter::{Chapter, Step};
pub use commit::commit;
pub use compare::Difference;
pub use rule::{Fault, Rule};
pub use session::{Event, Session, Verdict};
pub use text::printable;
pub use transcript::Exchange;

use pulldown_cmark::Options;

/// The Markdown that mdBook 0.5 reads where its `smart-punctuation` is off, as it is in both books: a page means the same
/// to every reader of it.
pub const MARKDOWN: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_DEFINITION_LIST)
    .union(Options::ENABLE_GFM);
