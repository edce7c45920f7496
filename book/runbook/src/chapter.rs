//! A page as a list of steps.

use std::fmt;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::attributes::Attributes;
use crate::head::{self, Head};
use crate::transcript::{self, Exchange};

/// A page of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Its name: the file's, without `.md`.
    pub name: String,
    /// Its first heading.
    pub title: String,
    /// What it says of itself.
    pub head: Head,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// The Markdown after the last step: what is left to read; the whole page where there is no step.
    pub rest: String,
}

/// One `console` block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number on the page, from 1.
    pub number: usize,
    /// The page's line on which its fence opens, from 1.
    pub line: usize,
    /// The Markdown between the step before, or the top of the page, and this one.
    pub prose: String,
    /// How it is to be run.
    pub attributes: Attributes,
    /// Its commands, with what each is expected to print.
    pub exchanges: Vec<Exchange>,
}

/// A line of a page that breaks a rule. Nothing of such a page is run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The rule.
    pub rule: Rule,
}

/// The rules of a runnable block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A fence is opened and not closed.
    UnclosedFence,
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
    /// A line of the head matter is none.
    BadHead(String),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::UnclosedFence => write!(f, "the fence is not closed"),
            Rule::BadAttribute(attribute) => {
                write!(f, "“{attribute}” is no attribute: stderr, timeout=SECONDS and norun=\"why\" are")
            }
            Rule::NorunWithoutReason => write!(f, "norun gives no reason: norun=\"why\""),
            Rule::NoCommand => write!(f, "the block holds no command: a line that starts with “$ ”"),
            Rule::EmptyCommand => write!(f, "there is no command after the “$”"),
            Rule::OutputBeforeCommand => write!(f, "an output comes before any command"),
            Rule::BadStatus(status) => write!(f, "the expected exit status “{status}” is no number"),
            Rule::OnlyWildcards => write!(f, "the output is nothing but wildcards, and would match anything"),
            Rule::BadHead(line) => {
                write!(f, "“{line}” is no line of the head matter: minutes: N, translates: HASHES")
            }
        }
    }
}

impl Chapter {
    /// Reads the page `name`.
    ///
    /// # Errors
    ///
    /// Every line that breaks a rule.
    pub fn parse(name: &str, page: &str) -> Result<Chapter, Vec<Fault>> {
        let (head, page) = head::read(page)?;
        let page = page.as_str();
        let mut chapter = Chapter {
            name: name.to_owned(),
            title: String::new(),
            head,
            steps: Vec::new(),
            rest: String::new(),
        };
        let mut faults = Vec::new();
        let mut told = 0;
        let mut in_title = false;
        for (event, range) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                    in_title = chapter.title.is_empty();
                }
                Event::End(TagEnd::Heading(HeadingLevel::H1)) => in_title = false,
                Event::Text(text) | Event::Code(text) if in_title => chapter.title.push_str(&text),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    match fence(page, &info, range.clone()) {
                        Ok(None) => {}
                        Ok(Some(step)) => {
                            let prose = page[told..range.start].to_owned();
                            told = range.end;
                            chapter.steps.push(Step { number: chapter.steps.len() + 1, prose, ..step });
                        }
                        Err(found) => faults.extend(found),
                    }
                }
                _ => {}
            }
        }
        page[told..].clone_into(&mut chapter.rest);
        if faults.is_empty() { Ok(chapter) } else { Err(faults) }
    }
}

/// The pages that a table of contents (`SUMMARY.md`) links to, in order: their names, without `.md`.
pub fn pages(summary: &str) -> Vec<String> {
    let name = |event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => dest_url.strip_suffix(".md").map(str::to_owned),
        _ => None,
    };
    Parser::new(summary).filter_map(name).collect()
}

/// The step that a fenced block is, if it is one.
fn fence(page: &str, info: &str, range: Range<usize>) -> Result<Option<Step>, Vec<Fault>> {
    let line = page[..range.start].matches('\n').count() + 1;
    let fault = |rule| vec![Fault { line, rule }];
    let block = &page[range.clone()];
    let indent = page[..range.start].rsplit('\n').next().map_or(0, str::len);
    let mark = block.trim_start().chars().next().unwrap_or('`');
    let length = block.trim_start().chars().take_while(|c| *c == mark).count();
    let last = block.trim_end_matches(['\n', '\r']).rsplit('\n').next().unwrap_or_default().trim();
    let is_closed =
        block.trim_end().contains('\n') && last.len() >= length && last.chars().all(|c| c == mark);
    if !is_closed {
        return Err(fault(Rule::UnclosedFence));
    }
    let Some(attributes) = Attributes::parse(info).map_err(fault)? else { return Ok(None) };
    let lines: Vec<&str> = block.lines().collect();
    let body: String =
        lines[1..lines.len() - 1].iter().map(|line| format!("{}\n", outdent(line, indent))).collect();
    let exchanges = transcript::parse(&body, line + 1)?;
    Ok(Some(Step { number: 0, line, prose: String::new(), attributes, exchanges }))
}

/// A line without the spaces that its block is indented by (a step inside a list).
fn outdent(line: &str, indent: usize) -> &str {
    let spaces = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
    &line[spaces..]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn faults(page: &str) -> Vec<(usize, Rule)> {
        let faults = Chapter::parse("page", page).unwrap_err();
        faults.into_iter().map(|fault| (fault.line, fault.rule)).collect()
    }

    #[test]
    fn a_page_gives_its_title_and_its_steps_with_their_lines() {
        let page = "# Reset `hits`\n\nText.\n\n```console\n$ true\n```\n\n```rust\nlet x = 1;\n```\n\n\
                    ~~~console,timeout=5\n$ false\n? 1\n~~~\n";
        let chapter = Chapter::parse("reset", page).unwrap();
        assert_eq!(chapter.title, "Reset hits");
        let steps: Vec<_> = chapter.steps.iter().map(|step| (step.number, step.line)).collect();
        assert_eq!(steps, [(1, 5), (2, 13)]);
        assert_eq!(chapter.steps[1].attributes.timeout, Some(Duration::from_secs(5)));
        assert_eq!(chapter.steps[1].exchanges[0].line, 14);
    }

    #[test]
    fn the_prose_before_each_step_and_after_the_last_is_kept_as_it_is() {
        let page = "---\nminutes: 5\n---\n\n# T\n\nBefore *one*.\n\n```console\n$ true\n```\n\nBetween.\n\n\
                    ```rust\nlet x = 1;\n```\n\n```console\n$ false\n? 1\n```\n\nAfter.\n";
        let chapter = Chapter::parse("page", page).unwrap();
        let prose: Vec<&str> = chapter.steps.iter().map(|step| step.prose.trim()).collect();
        assert_eq!(prose, ["# T\n\nBefore *one*.", "Between.\n\n```rust\nlet x = 1;\n```"]);
        assert_eq!(chapter.rest.trim(), "After.");
        let chapter = Chapter::parse("page", "# T\n\nNo step.\n").unwrap();
        assert_eq!((chapter.steps.len(), chapter.rest.as_str()), (0, "# T\n\nNo step.\n"));
    }

    #[test]
    fn a_step_inside_a_list_is_read_without_its_indentation() {
        let page = "1. Do this:\n\n   ```console\n   $ printf 'a\\n  b\\n'\n   a\n     b\n   ```\n";
        let chapter = Chapter::parse("page", page).unwrap();
        assert_eq!(chapter.steps[0].exchanges[0].output, "a\n  b\n");
    }

    #[test]
    fn a_block_that_only_looks_like_a_step_is_none() {
        let page = "````text\n```console\n$ rm -r /\n```\n````\n\n    ```console\n    $ false\n    ```\n\n<!-- \n```console\n$ false\n```\n-->\n";
        assert_eq!(Chapter::parse("page", page).unwrap().steps, []);
    }

    #[test]
    fn an_unclosed_fence_is_named_by_its_line() {
        assert_eq!(faults("# T\n\n```console\n$ true\n"), [(3, Rule::UnclosedFence)]);
        assert_eq!(faults("```console"), [(1, Rule::UnclosedFence)]);
        assert_eq!(faults("````console\n$ true\n```\n"), [(1, Rule::UnclosedFence)]);
    }

    #[test]
    fn a_table_of_contents_gives_its_pages_in_order() {
        let summary =
            "# Summary\n\n- [One](one.md)\n  - [Two](two.md)\n- [Draft]()\n- [Out](https://example.org)\n";
        assert_eq!(pages(summary), ["one", "two"]);
    }

    #[test]
    fn every_fault_of_a_page_is_named() {
        let page = "```console,loud\n$ true\n```\n\n```console\nearly\n$\n```\n";
        let expected = [
            (1, Rule::BadAttribute("loud".to_owned())),
            (6, Rule::OutputBeforeCommand),
            (7, Rule::EmptyCommand),
        ];
        assert_eq!(faults(page), expected);
    }
}
