//! Files that a page includes, by mdBook's directives
//! (<https://rust-lang.github.io/mdBook/format/mdbook.html#including-files>): in a listing, and so that it stays one.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::MARKDOWN;
use crate::rule::{Fault, Rule};

/// The directives that put a file's content in their place.
const DIRECTIVES: [&str; 3] = ["{{#include", "{{#rustdoc_include", "{{#playground"];

/// An include of a page.
struct Include<'a> {
    line: usize,
    /// Whether it stands in a fenced block.
    in_listing: bool,
    /// The file, as the page names it.
    file: &'a str,
}

/// The includes outside of listings.
pub fn outside_listings(page: &str) -> Vec<Fault> {
    let outside = includes(page).into_iter().filter(|include| !include.in_listing);
    outside.map(|include| Fault { line: include.line, rule: Rule::IncludeOutsideListing }).collect()
}

/// The includes whose file would end the listing that they stand in; a file that is not there ends none.
pub fn ends_its_listing(folder: &Path, page: &str) -> Vec<Fault> {
    let ends = |include: &Include| {
        let text = fs::read_to_string(folder.join(include.file)).unwrap_or_default();
        let ends = |line: &str| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        text.lines().any(ends) || DIRECTIVES.iter().any(|directive| text.contains(directive))
    };
    let found = includes(page).into_iter().filter(|include| include.in_listing && ends(include));
    let fault = |include: Include| Fault {
        line: include.line,
        rule: Rule::IncludeEndsListing(include.file.to_owned()),
    };
    found.map(fault).collect()
}

fn includes(page: &str) -> Vec<Include<'_>> {
    let listings: Vec<_> = Parser::new_ext(page, MARKDOWN)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => Some(range),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for directive in DIRECTIVES {
        for (at, _) in page.match_indices(directive) {
            // One with a backslash before it is shown, and not followed.
            if page[..at].ends_with('\\') {
                continue;
            }
            let argument = page[at + directive.len()..].split("}}").next().unwrap_or_default().trim();
            found.push(Include {
                line: page[..at].matches('\n').count() + 1,
                in_listing: listings.iter().any(|listing| listing.contains(&at)),
                file: argument.split([':', ' ']).next().unwrap_or_default(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::chapter::Chapter;

    use super::*;

    #[test]
    fn a_file_is_included_in_a_listing_and_nowhere_else() {
        let fault = Fault { line: 3, rule: Rule::IncludeOutsideListing };
        for page in [
            "# T\n\n{{#include step.md}}\n",
            "# T\n\nText {{#rustdoc_include a.rs:b}}\n",
            "# T\n\n> {{#include a.md}}\n",
        ] {
            assert_eq!(Chapter::parse("page", page), Err(vec![fault.clone()]), "{page}");
        }
        for page in
            ["```rust\n{{#include a.rs}}\n```\n", "Text \\{{#include a.md}}\n", "{{#schedule 90 reset}}\n"]
        {
            assert!(Chapter::parse("page", page).is_ok(), "{page}");
        }
    }

    #[test]
    fn an_included_file_does_not_end_its_listing() {
        let dir = tempfile::tempdir().unwrap();
        let page = "# T\n\n```text\n{{#include a.txt:part}}\n```\n";
        let parse = |text: &str| {
            fs::write(dir.path().join("a.txt"), text).unwrap();
            Chapter::parse_in(dir.path(), "page", page)
        };
        assert!(parse("/// ```\na\n").is_ok());
        let refused = Err(vec![Fault { line: 4, rule: Rule::IncludeEndsListing("a.txt".to_owned()) }]);
        assert_eq!(parse("a\n```\n\n```console\n$ true\n```\n"), refused);
        assert_eq!(parse("a\n{{#include b.txt}}\n"), refused);
    }
}
