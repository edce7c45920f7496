//! What was printed against what the page shows: snapbox's matcher, and its difference.

use snapbox::filter::{Filter, FilterNewlines, NormalizeToExpected};
use snapbox::report::{Palette, write_diff};
use snapbox::{Data, IntoData};

/// Where what was printed parts from what the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The page's line on which they part, from 1.
    pub line: usize,
    /// What the page shows.
    pub expected: String,
    /// What was printed; where a wildcard matched it, it is written as the wildcard.
    pub found: String,
}

impl Difference {
    /// Both, line by line; with `colour`, coloured for a terminal.
    pub fn diff(&self, colour: bool) -> String {
        self.diff_between("expected", "found", colour)
    }

    /// As [`Difference::diff`], with the two sides named in the reader's language.
    pub fn diff_between(&self, page: &str, printed: &str, colour: bool) -> String {
        let palette = if colour { Palette::color() } else { Palette::plain() };
        let (expected, found) = (text(&self.expected), text(&self.found));
        let mut diff = String::new();
        // Writing to a String cannot fail.
        write_diff(&mut diff, &expected, &found, Some(&page), Some(&printed), palette).ok();
        // It names the sides in English before it names them as it is told.
        diff.replace("---- expected: ", "---- ").replace("++++ actual:   ", "++++ ")
    }
}

/// Compares what was printed with what the page shows from its line `line` on: `[..]` stands for any
/// text within a line, `...` alone on a line for any lines.
pub fn compare(expected: &str, printed: &str, line: usize) -> Option<Difference> {
    let printed = if printed.is_empty() || printed.ends_with('\n') {
        printed.to_owned()
    } else {
        format!("{printed}\n")
    };
    let found = normalized(&printed, expected);
    if found == expected {
        return None;
    }
    // The first line up to which the page does not match, whatever may follow it.
    let lines: Vec<&str> = expected.split_inclusive('\n').collect();
    let matches = |count: &usize| {
        let rest = if lines[count - 1] == "...\n" { "" } else { "...\n" };
        let start = lines[..*count].concat() + rest;
        normalized(&printed, &start) == start
    };
    let alike = (1..=lines.len()).take_while(matches).count();
    Some(Difference { line: line + alike, expected: expected.to_owned(), found })
}

/// What was printed, with the wildcards of `expected` in the place of what they stand for.
fn normalized(printed: &str, expected: &str) -> String {
    let found = FilterNewlines.filter(text(printed));
    let found = NormalizeToExpected::new().redact().normalize(found, &text(expected));
    found.render().unwrap_or_else(|| printed.to_owned())
}

/// Text as it is: no format is guessed from it, nothing in it is rewritten.
fn text(text: &str) -> Data {
    text.into_data().raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_outputs_match_and_wildcards_stand_for_what_they_say() {
        for (expected, printed) in [
            ("", ""),
            ("a\n", "a\n"),
            ("a\n", "a"),
            ("a\n", "a\r\n"),
            ("a [..] c\n", "a b c\n"),
            ("a\n...\nd\n", "a\nb\nc\nd\n"),
            ("a\n...\nd\n", "a\nd\n"),
            ("{\"a\":1}\n", "{\"a\":1}\n"),
        ] {
            assert_eq!(compare(expected, printed, 1), None, "{expected:?} {printed:?}");
        }
    }

    #[test]
    fn a_difference_is_found_on_its_line() {
        for (expected, printed, line) in [
            ("", "a\n", 7),
            ("a\n", "", 7),
            ("a\nb\n", "a\nc\n", 8),
            ("a\n", "a\nb\n", 8),
            ("a\nb\n", "a\n", 8),
            ("a \n", "a\n", 7),
            ("x [..]\ny\n", "x 1\nz\n", 8),
            ("a\n...\nd\n", "a\nb\nc\n", 9),
            ("a\n...\nd\ne\n", "a\nb\nd\nf\n", 10),
            ("{\"a\": 1}\n", "{\"a\":1}\n", 7),
        ] {
            let difference = compare(expected, printed, 7);
            assert_eq!(difference.map(|difference| difference.line), Some(line), "{expected:?} {printed:?}");
        }
    }

    #[test]
    fn the_difference_shows_both_sides() {
        let diff = compare("Hello World! 1 times.\n", "Hello World! 4 times.\n", 1).unwrap().diff(false);
        assert!(diff.contains("Hello World! 1 times.") && diff.contains("Hello World! 4 times."), "{diff}");
        assert!(!diff.contains('\u{1b}'));
        let named = compare("a\n", "b\n", 1).unwrap().diff_between("página", "saída", false);
        assert!(named.contains("---- página\n++++ saída\n"), "{named}");
        assert!(compare("a\n", "b\n", 1).unwrap().diff(true).contains('\u{1b}'));
    }

    #[test]
    fn any_changed_character_of_an_output_is_a_difference() {
        let shown = "hits: 3 -> 0 (redis:6379, release [..])\nHello World! 1 times.\n";
        let printed = "hits: 3 -> 0 (redis:6379, release 0.1.0+1a2b3c4)\nHello World! 1 times.\n";
        assert_eq!(compare(shown, printed, 1), None);
        let wildcard = shown.find("[..]").unwrap();
        for (at, _) in shown.char_indices().filter(|(at, _)| !(wildcard..wildcard + 4).contains(at)) {
            let mut changed = shown.to_owned();
            changed.replace_range(at..=at, "~");
            assert!(compare(&changed, printed, 1).is_some(), "{changed}");
        }
    }
}
