//! The rules of a page. Nothing of a page that breaks one is run, shown or checked further.

use std::fmt;

/// A line of a page that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The rule.
    pub rule: Rule,
}

/// The rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A fence is opened and not closed.
    UnclosedFence,
    /// An info string is meant for a step, and written otherwise.
    BadInfo(String),
    /// An attribute is unknown, or its value is not of its kind.
    BadAttribute(String),
    /// `norun` gives no reason.
    NorunWithoutReason,
    /// A block holds no command.
    NoCommand,
    /// A `$` has nothing after it.
    EmptyCommand,
    /// A line of output comes before any command.
    OutputBeforeCommand,
    /// The expected exit status is no number.
    BadStatus(String),
    /// An output is nothing but wildcards, and would match anything.
    OnlyWildcards,
    /// A step holds a character that a page cannot show.
    ControlCharacter,
    /// A step includes a file: what it would run is not what the page shows.
    IncludeInStep,
    /// A file is included outside a listing: a step in it would be shown, and not be run.
    IncludeOutsideListing,
    /// An included file holds a line that ends the listing that it stands in, or includes another.
    IncludeEndsListing(String),
    /// A step stands in a footnote, which readers find elsewhere on the page.
    StepInFootnote,
    /// A fence, or a `<pre>`, inside a piece of HTML: it is shown, and is no code block.
    FenceInHtml,
    /// A command that is shown, and that nothing runs.
    CommandOutsideStep,
    /// A fence that names no language.
    NoLanguage,
    /// A fence of a language that the book does not have: another spelling of a shell's, perhaps.
    UnknownLanguage(String),
    /// A table of contents links to anything but a page beside it, or to one twice.
    BadPage(String),
    /// A line of the head matter is none.
    BadHead(String),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::UnclosedFence => write!(f, "the fence is not closed"),
            Rule::BadInfo(info) => {
                write!(
                    f,
                    "“{info}” is neither a step nor anything else: write console, and attributes after commas"
                )
            }
            Rule::BadAttribute(attribute) => {
                write!(f, "“{attribute}” is no attribute: stderr, timeout=SECONDS and norun=\"why\" are")
            }
            Rule::NorunWithoutReason => write!(f, "norun gives no reason: norun=\"why\""),
            Rule::NoCommand => write!(f, "the block holds no command: a line that starts with “$ ”"),
            Rule::EmptyCommand => write!(f, "there is no command after the “$”"),
            Rule::OutputBeforeCommand => write!(f, "an output comes before any command"),
            Rule::BadStatus(status) => write!(
                f,
                "the expected exit status “{status}” is no number; if it is what the command prints, write “\\? {status}”"
            ),
            Rule::OnlyWildcards => write!(f, "the output is nothing but wildcards, and would match anything"),
            Rule::ControlCharacter => write!(f, "the line holds a control character, which no reader sees"),
            Rule::IncludeInStep => {
                write!(f, "a step includes nothing: write what it runs and what that prints")
            }
            Rule::IncludeOutsideListing => {
                write!(
                    f,
                    "a file is included outside a fence of its own: a step in it would be shown, and not be run"
                )
            }
            Rule::IncludeEndsListing(file) => {
                write!(f, "“{file}” holds a line that ends the fence around it, or includes another file")
            }
            Rule::StepInFootnote => {
                write!(f, "a footnote holds no step: readers find it at the end of the page")
            }
            Rule::FenceInHtml => write!(
                f,
                "a fence inside HTML is shown as it is, and not run: leave an empty line between the tag and the fence"
            ),
            Rule::CommandOutsideStep => {
                write!(
                    f,
                    "a command is shown that nothing runs: make it a step, a fence that starts with ```console"
                )
            }
            Rule::NoLanguage => {
                write!(f, "the fence names no language: console for a step, text for what is no command")
            }
            Rule::UnknownLanguage(language) => write!(
                f,
                "“{language}” is no language of the book: a command is a step (console); for another, add it to \
                 LANGUAGES in book/runbook/src/stray.rs"
            ),
            Rule::BadPage(link) => {
                write!(
                    f,
                    "“{link}” is no page beside the table of contents, or is one twice: link to NAME.md, once"
                )
            }
            Rule::BadHead(line) => {
                write!(f, "“{line}” is no line of the head matter: minutes: N, translates: HASHES")
            }
        }
    }
}
