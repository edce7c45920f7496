//! What was printed against what the page shows: a pattern that the whole of it has to match.

use snapbox::Data;
use snapbox::IntoData;
use snapbox::report::{Palette, write_diff};

use crate::pattern;
use crate::text::printable;

/// How many lines after the first that differs a difference shows: nobody reads more.
const SHOWN: usize = 1000;

/// Where what was printed parts from what the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The page's line on which they part, from 1.
    pub line: usize,
    /// What the page shows.
    pub expected: String,
    /// What was printed; where a line of the page matches it, it is written as that line. It can be shown on a terminal.
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

/// Compares what was printed with what the page shows from its line `line` on; `None` where it is the same. Of the end of a
/// line, `\r\n` counts as `\n`, and the last line may lack it.
pub fn compare(expected: &str, printed: &str, line: usize) -> Option<Difference> {
    let mut printed = printed.replace("\r\n", "\n");
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    let lines: Vec<&str> = expected.lines().collect();
    if pattern::regex(&lines, true).is_some_and(|regex| regex.is_match(&printed)) {
        return None;
    }
    // What the first lines match, and not what one more does: each count that matches, all smaller ones do too.
    let end = |count: usize| Some(pattern::regex(&lines[..count], false)?.find(&printed)?.end());
    let (mut alike, mut differs) = (0, lines.len() + 1);
    while differs - alike > 1 {
        let count = usize::midpoint(alike, differs);
        if end(count).is_some() { alike = count } else { differs = count }
    }
    let rest = &printed[end(alike).unwrap_or_default()..];
    let mut found: String = lines[..alike].iter().map(|line| format!("{line}\n")).collect();
    for line in as_on_the_page(rest, &lines[alike..]) {
        found.push_str(&line);
        found.push('\n');
    }
    Some(Difference { line: line + alike, expected: printable(expected).into_owned(), found })
}

/// The lines of `printed`; in the place of one that a line of the page matches there stands that line of the page.
fn as_on_the_page<'a>(printed: &'a str, lines: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let patterns = lines.iter().take(SHOWN).filter(|line| **line != "...");
    let patterns: Vec<_> =
        patterns.filter_map(|line| Some((*line, pattern::regex(&[line], true)?))).collect();
    printed.split_inclusive('\n').take(SHOWN).map(move |line| {
        let known =
            patterns.iter().find(|(_, regex)| regex.is_match(line)).map(|(known, _)| (*known).to_owned());
        known.unwrap_or_else(|| printable(line.trim_end_matches('\n')).into_owned())
    })
}

/// Text as it is: no format is guessed from it, nothing in it is rewritten.
fn text(text: &str) -> Data {
    text.into_data().raw()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_outputs_match_and_wildcards_stand_for_what_they_say() {
        for (expected, printed) in [
            ("", ""),
            ("a\n", "a\n"),
            ("a\n", "a"),
            ("a\n", "a\r\n"),
            ("a [..] c\n", "a b c\n"),
            ("a[..]\n", "a\n"),
            ("a\n...\nd\n", "a\nb\nc\nd\n"),
            ("a\n...\nd\n", "a\nd\n"),
            ("...\nready\ndone\n", "ready\nloading\nready\ndone\n"),
            ("...\na\n...\nb\n...\n", "b\na\na\nb\n"),
            ("x [..] y [..] z\n", "x y y z z\n"),
            ("{\"a\":1}\n", "{\"a\":1}\n"),
            ("\\...\n\\$ a [..]\n\\\\\n", "...\n$ a [..]\n\\\n"),
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
            // What one wildcard or text has taken, another may not take again.
            ("0[..]0\n", "0\n", 7),
            ("Hello[..]Hello World!\n", "Hello World!\n", 7),
            ("a[..]a[..]a\n", "aa\n", 7),
            ("...\na\na\n", "a\n", 9),
            ("\n...\n\n", "\n", 9),
            ("[..]b\n", "b c\n", 7),
            ("a\n", "a\n\n", 8),
            ("\\...\n", "a\n", 7),
            ("\\[..]\n", "a\n", 7),
        ] {
            let difference = compare(expected, printed, 7);
            assert_eq!(
                difference.as_ref().map(|difference| difference.line),
                Some(line),
                "{expected:?} {printed:?}"
            );
            let difference = difference.unwrap();
            assert_ne!(difference.expected, difference.found, "{expected:?} {printed:?}");
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
    fn lines_that_the_page_matches_are_no_part_of_the_difference() {
        let difference = compare("at [..]\nb\n\\> c\nd [..]\n", "at noon\nB\n> c\nd 1\n", 1).unwrap();
        assert_eq!(difference.found, "at [..]\nB\n\\> c\nd [..]\n");
    }

    #[test]
    fn what_was_printed_does_not_reach_a_terminal_raw_and_not_without_end() {
        let printed = format!("\u{1b}[2J\n{}", "y\n".repeat(100_000));
        let difference = compare("a\n", &printed, 1).unwrap();
        assert!(!difference.found.contains('\u{1b}'), "{}", &difference.found[..20]);
        assert!(difference.found.lines().count() <= SHOWN);
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

    /// Whether lines match, by trying every way to spend a wildcard: slow, and plain to see.
    fn model(expected: &[&str], printed: &[&str]) -> bool {
        match expected.split_first() {
            None => printed.is_empty(),
            Some((&"...", rest)) => (0..=printed.len()).any(|taken| model(rest, &printed[taken..])),
            Some((line, rest)) => {
                printed.split_first().is_some_and(|(first, others)| alike(line, first) && model(rest, others))
            }
        }
    }

    fn alike(line: &str, printed: &str) -> bool {
        if let Some(rest) = line.strip_prefix("[..]") {
            return (0..=printed.len()).any(|taken| alike(rest, &printed[taken..]));
        }
        match line.chars().next() {
            None => printed.is_empty(),
            Some(c) => printed.strip_prefix(c).is_some_and(|printed| alike(&line[c.len_utf8()..], printed)),
        }
    }

    fn joined(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    proptest! {
        /// On small alphabets, so that texts meet often: the verdict is the model's, and the line that is named is the first
        /// one up to which the model finds no match, whatever may follow.
        #[test]
        fn the_verdict_and_its_line_are_those_of_a_naive_model(
            expected in prop::collection::vec(r"(\.\.\.|(a|b|\[\.\.\]|\.){0,4})", 0..6),
            printed in prop::collection::vec("[ab.]{0,4}", 0..6),
        ) {
            let page: Vec<&str> = expected.iter().map(String::as_str).collect();
            let lines: Vec<&str> = printed.iter().map(String::as_str).collect();
            let found = compare(&joined(&expected), &joined(&printed), 1);
            prop_assert_eq!(found.is_none(), model(&page, &lines));
            if let Some(difference) = found {
                let begins = |count: &usize| {
                    let mut page = page[..*count].to_vec();
                    page.push("...");
                    model(&page, &lines)
                };
                let alike = (1..=page.len()).take_while(begins).count();
                prop_assert_eq!(difference.line, 1 + alike);
                prop_assert_ne!(difference.expected, difference.found);
            }
        }

        /// A page made of what was printed, some of it replaced by wildcards, matches.
        #[test]
        fn what_wildcards_were_made_of_matches(
            lines in prop::collection::vec("[ab]{0,5}", 1..6),
            cut in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
        ) {
            let page: Vec<String> = lines.iter().zip(cut.iter().cycle()).map(|(line, (from, to))| {
                let (from, to) = (from.index(line.len() + 1), to.index(line.len() + 1));
                let (from, to) = (from.min(to), from.max(to));
                format!("{}[..]{}", &line[..from], &line[to..])
            }).collect();
            prop_assert_eq!(compare(&joined(&page), &joined(&lines), 1), None);
        }
    }
}
