//! An expected output as a pattern: `[..]` stands for any text within a line, `...` alone on a line for any lines,
//! and a `\` at the start of a line makes the rest of it be taken as it is: no prompt, no wildcard.

use std::fmt::Write;

use regex::{Regex, RegexBuilder};

/// A line of an expected output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// Any number of whole lines, none included.
    Any,
    /// One line: its pieces, in order.
    Pieces(Vec<Piece<'a>>),
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Any text within the line, none included.
    Any,
    /// This text.
    Text(&'a str),
}

/// The most that a page's pattern may take, compiled, in bytes: more than any page shows.
const SIZE: usize = 1 << 30;

/// Reads a line of an expected output.
pub fn line(text: &str) -> Line<'_> {
    if text == "..." {
        return Line::Any;
    }
    if let Some(literal) = text.strip_prefix('\\') {
        return Line::Pieces(vec![Piece::Text(literal)]);
    }
    let mut pieces = Vec::new();
    for (at, piece) in text.split("[..]").enumerate() {
        if at > 0 {
            pieces.push(Piece::Any);
        }
        if !piece.is_empty() {
            pieces.push(Piece::Text(piece));
        }
    }
    Line::Pieces(pieces)
}

/// Whether an expected output is wildcards and nothing else: it would match whatever is printed.
pub fn is_only_wildcards(output: &str) -> bool {
    let mut has_wildcard = false;
    for text in output.lines() {
        match line(text) {
            Line::Any => has_wildcard = true,
            Line::Pieces(pieces) => {
                let is_text = |piece: &Piece| matches!(piece, Piece::Text(text) if !text.trim().is_empty());
                if pieces.iter().any(is_text) {
                    return false;
                }
                has_wildcard |= pieces.contains(&Piece::Any);
            }
        }
    }
    has_wildcard
}

/// The regular expression of these lines, from the start of a text on; with `whole`, up to its end.
/// `None` where it is larger than any page has a use for.
pub fn regex(lines: &[&str], whole: bool) -> Option<Regex> {
    let mut pattern = String::from(r"\A");
    for text in lines {
        match line(text) {
            Line::Any => pattern.push_str(r"(?:[^\n]*\n)*?"),
            Line::Pieces(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Any => pattern.push_str(r"[^\n]*"),
                        // Writing to a String cannot fail.
                        Piece::Text(text) => drop(write!(pattern, "{}", regex::escape(text))),
                    }
                }
                pattern.push_str(r"\n");
            }
        }
    }
    if whole {
        pattern.push_str(r"\z");
    }
    RegexBuilder::new(&pattern).size_limit(SIZE).dfa_size_limit(SIZE / 64).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_wildcards_or_as_it_is() {
        assert_eq!(line("..."), Line::Any);
        assert_eq!(line(" ..."), Line::Pieces(vec![Piece::Text(" ...")]));
        assert_eq!(line("a[..]b"), Line::Pieces(vec![Piece::Text("a"), Piece::Any, Piece::Text("b")]));
        assert_eq!(line(r"\..."), Line::Pieces(vec![Piece::Text("...")]));
        assert_eq!(line(r"\$ a [..]"), Line::Pieces(vec![Piece::Text("$ a [..]")]));
        assert_eq!(line(r"\\a"), Line::Pieces(vec![Piece::Text(r"\a")]));
        assert_eq!(line(""), Line::Pieces(vec![]));
    }
}
