//! A page's head matter: the lines between `---` and `---` at its top.

use crate::encoding::MARK;
use crate::rule::{Fault, Rule};

/// What a page says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// How long it takes to read and to do, in minutes.
    pub minutes: Option<u32>,
    /// Of a translation: a short hash of each block of the source that it follows, in order.
    pub translates: Vec<String>,
}

/// Reads the head matter of a page, and returns it with the page in which its lines are blank, so
/// that every other line keeps its number. A page without head matter is returned as it is, but for a byte order mark before it.
///
/// # Errors
///
/// A line of the head matter is none, or its end is missing.
pub fn read(page: &str) -> Result<(Head, String), Vec<Fault>> {
    let page = page.strip_prefix(MARK).unwrap_or(page);
    let mut lines = page.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return Ok((Head::default(), page.to_owned()));
    }
    let mut head = Head::default();
    let mut faults = Vec::new();
    let mut count = 1;
    for line in lines.by_ref() {
        count += 1;
        let line = line.trim_end();
        if line == "---" {
            let rest: String = lines.collect();
            return if faults.is_empty() { Ok((head, "\n".repeat(count) + &rest)) } else { Err(faults) };
        }
        match line.split_once(": ").map(|(key, value)| (key, value.trim())) {
            Some(("minutes", value)) if value.parse().is_ok_and(|minutes: u32| minutes > 0) => {
                head.minutes = value.parse().ok();
            }
            Some(("translates", value)) => head.translates = value.split(' ').map(str::to_owned).collect(),
            _ => faults.push(Fault { line: count, rule: Rule::BadHead(line.to_owned()) }),
        }
    }
    Err(vec![Fault { line: 1, rule: Rule::BadHead("---".to_owned()) }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_and_its_lines_are_blank() {
        let (head, page) = read("---\nminutes: 10\ntranslates: 1a2b3c4 5d6e7f8\n---\n\n# Title\n").unwrap();
        assert_eq!(head.minutes, Some(10));
        assert_eq!(head.translates, ["1a2b3c4", "5d6e7f8"]);
        assert_eq!(page, "\n\n\n\n\n# Title\n");
    }

    #[test]
    fn a_head_is_seen_behind_a_byte_order_mark_and_with_any_line_ends() {
        for page in ["\u{feff}---\nminutes: 10\n---\n# T\n", "\u{feff}---\r\nminutes: 10\r\n---\r\n# T\n"] {
            let (head, page) = read(page).unwrap();
            assert_eq!((head.minutes, page.as_str()), (Some(10), "\n\n\n# T\n"));
        }
        assert_eq!(read("\u{feff}# T\n"), Ok((Head::default(), "# T\n".to_owned())));
        assert_eq!(read("---\nminutes: 10\n---").unwrap().0.minutes, Some(10));
    }

    #[test]
    fn a_page_without_a_head_is_left_alone() {
        let page = "# Title\n\n---\n\nminutes: 3\n";
        assert_eq!(read(page), Ok((Head::default(), page.to_owned())));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (page, line) in
            [("---\nminutes: soon\n---\n", 2), ("---\nhours: 1\n---\n", 2), ("---\nminutes: 3\n", 1)]
        {
            assert_eq!(read(page).unwrap_err()[0].line, line, "{page}");
        }
    }
}
