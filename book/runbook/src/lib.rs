//! A page of the book, executed: text in, events out.
//!
//! A Markdown page is parsed into a [`Chapter`] of [`Step`]s; a [`Session`] runs steps and tells what
//! happens as a stream of [`Event`]s; what a command printed is compared with what the page shows.
//! Who listens (a terminal, a verifier, a browser) is none of this crate's business: it knows no
//! terminal, no HTTP and no book format beyond CommonMark.
//!
//! ```
//! use runbook::{Chapter, Event, Session, Verdict};
//!
//! let page = "# Greetings\n\n```console\n$ echo Hello from $(uname)\nHello from [..]\n```\n";
//! let chapter = Chapter::parse("greetings", page).expect("the page keeps to the rules");
//!
//! let session = Session::new(".");
//! let mut verdicts = Vec::new();
//! for step in &chapter.steps {
//!     session.run(step, &|| false, &mut |event| {
//!         if let Event::Verdict(verdict) = event {
//!             verdicts.push(verdict);
//!         }
//!     });
//! }
//! assert!(matches!(verdicts[..], [Verdict::Matched { .. }]));
//! ```

pub mod attributes;
pub mod chapter;
pub mod compare;
pub mod head;
pub mod process;
pub mod session;
pub mod text;
pub mod transcript;

pub use chapter::{Chapter, Fault, Rule, Step};
pub use compare::Difference;
pub use session::{Event, Session, Verdict};
pub use text::printable;
pub use transcript::Exchange;
