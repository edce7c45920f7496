//! A page as a list of steps.

use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::MARKDOWN;
use crate::attributes::Attributes;
use crate::head::{self, Head};
use crate::include;
use crate::rule::{Fault, Rule};
use crate::stray::{self, Stray};
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

impl Chapter {
    /// Reads the page `name`. What its listings include is not looked at: see [`Chapter::parse_in`].
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
        let mut faults = include::outside_listings(page);
        let has_control = |line: &str| line.chars().any(|c| c.is_control() && c != '\t');
        let lines = page.lines().zip(1..).filter(|(line, _)| has_control(line));
        faults.extend(lines.map(|(_, line)| Fault { line, rule: Rule::ControlCharacter }));
        let mut stray = Stray::default();
        let mut told = 0;
        let mut in_title = false;
        let mut footnotes = 0;
        let mut block: Option<Fence> = None;
        for (event, range) in Parser::new_ext(page, MARKDOWN).into_offset_iter() {
            faults.extend(stray.see(&event, || line_at(page, range.start)));
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                    in_title = chapter.title.is_empty();
                }
                Event::End(TagEnd::Heading(HeadingLevel::H1)) => in_title = false,
                Event::Text(text) | Event::Code(text) if in_title => chapter.title.push_str(&text),
                Event::Start(Tag::FootnoteDefinition(_)) => footnotes += 1,
                Event::End(TagEnd::FootnoteDefinition) => footnotes -= 1,
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let line = line_at(page, range.start);
                    let lines = page[range.clone()].lines().count();
                    block = Some(Fence { line, lines, info: info.into_string(), body: String::new() });
                }
                Event::Text(text) => block.iter_mut().for_each(|block| block.body.push_str(&text)),
                Event::End(TagEnd::CodeBlock) => match block.take().map(|block| block.step()).transpose() {
                    Ok(None | Some(None)) => {}
                    Ok(Some(Some(step))) => {
                        if footnotes > 0 {
                            faults.push(Fault { line: step.line, rule: Rule::StepInFootnote });
                        }
                        let prose = page[told..range.start].to_owned();
                        told = range.end;
                        chapter.steps.push(Step { number: chapter.steps.len() + 1, prose, ..step });
                    }
                    Err(found) => faults.extend(found),
                },
                _ => {}
            }
        }
        page[told..].clone_into(&mut chapter.rest);
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(chapter) } else { Err(faults) }
    }

    /// As [`Chapter::parse`], for a page in `folder`: what its listings include is looked at too, since it must not end them.
    ///
    /// # Errors
    ///
    /// Every line that breaks a rule.
    pub fn parse_in(folder: &Path, name: &str, page: &str) -> Result<Chapter, Vec<Fault>> {
        let parsed = Chapter::parse(name, page);
        let mut faults = include::ends_its_listing(folder, page);
        match parsed {
            Ok(chapter) if faults.is_empty() => Ok(chapter),
            Ok(_) => Err(faults),
            Err(found) => {
                faults.extend(found);
                faults.sort_by_key(|fault| fault.line);
                Err(faults)
            }
        }
    }
}

/// The pages that a table of contents (`SUMMARY.md`) links to, in order: their names, without `.md`.
///
/// # Errors
///
/// Every link that leads to anything but a file beside it: such a page would be shown, and not be run.
pub fn pages(summary: &str) -> Result<Vec<String>, Vec<Fault>> {
    let (mut names, mut faults) = (Vec::new(), Vec::new());
    for (event, range) in Parser::new(summary).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        let is_plain = |name: &&str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        match dest_url.strip_suffix(".md").filter(is_plain).map(str::to_owned) {
            // A draft: a title without a page.
            None if dest_url.is_empty() => {}
            Some(name) if !names.contains(&name) => names.push(name),
            _ => {
                let line = line_at(summary, range.start);
                faults.push(Fault { line, rule: Rule::BadPage(dest_url.into_string()) });
            }
        }
    }
    if faults.is_empty() { Ok(names) } else { Err(faults) }
}

/// The line, from 1, of what starts at a byte of a text.
fn line_at(text: &str, start: usize) -> usize {
    text[..start].matches('\n').count() + 1
}

/// A fenced block.
struct Fence {
    /// The line on which it opens.
    line: usize,
    /// How many lines it takes, its fences included.
    lines: usize,
    info: String,
    /// What is inside, without what a list or a quotation puts before each line.
    body: String,
}

impl Fence {
    /// The step that it is, if it is one.
    fn step(self) -> Result<Option<Step>, Vec<Fault>> {
        let fault = |rule| vec![Fault { line: self.line, rule }];
        if self.lines != self.body.lines().count() + 2 {
            return Err(fault(Rule::UnclosedFence));
        }
        let Some(attributes) = Attributes::parse(&self.info).map_err(fault)? else {
            stray::listing(&self.info, &self.body, self.line)?;
            return Ok(None);
        };
        let exchanges = transcript::parse(&self.body, self.line + 1)?;
        Ok(Some(Step { number: 0, line: self.line, prose: String::new(), attributes, exchanges }))
    }
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
    fn a_step_is_read_without_what_a_quotation_or_a_tab_puts_before_its_lines() {
        for (page, line) in [
            ("> ```console\n> $ printf 'a\\n  b\\n'\n> a\n>   b\n> ```\n", 1),
            ("> [!NOTE]\n> ```console\n> $ printf 'a\\n  b\\n'\n> a\n>   b\n> ```\n", 2),
            ("1. Do:\n\n\t```console\n\t$ printf 'a\\n  b\\n'\n\ta\n\t  b\n\t```\n", 3),
            ("- > ```console\n  > $ printf 'a\\n  b\\n'\n  > a\n  >   b\n  > ```\n", 1),
            ("```console\r\n$ printf 'a\\n  b\\n'\r\na\r\n  b\r\n```\r\n", 1),
        ] {
            let steps = Chapter::parse("page", page).unwrap().steps;
            assert_eq!((steps.len(), steps[0].line), (1, line), "{page}");
            let exchange = &steps[0].exchanges[0];
            assert_eq!((exchange.line, exchange.output_line), (line + 1, line + 2), "{page}");
            assert_eq!(
                (&*exchange.command, &*exchange.output),
                ("printf 'a\\n  b\\n'", "a\n  b\n"),
                "{page}"
            );
        }
        assert_eq!(Chapter::parse("page", "> ```text\n> a\n> ```\n").unwrap().steps, []);
    }

    #[test]
    fn a_step_that_readers_find_elsewhere_is_refused() {
        let page = "Text[^1]\n\n[^1]: Note\n\n    ```console\n    $ true\n    ```\n";
        assert_eq!(faults(page), [(5, Rule::StepInFootnote)]);
    }

    #[test]
    fn a_step_that_nobody_sees_is_none() {
        let page = "<!-- \n```console\n$ false\n```\n-->\n\nText. <!--\n$ false -->\n";
        assert_eq!(Chapter::parse("page", page).unwrap().steps, []);
    }

    #[test]
    fn an_unclosed_fence_is_named_by_its_line() {
        assert_eq!(faults("# T\n\n```console\n$ true\n"), [(3, Rule::UnclosedFence)]);
        assert_eq!(faults("```console"), [(1, Rule::UnclosedFence)]);
        assert_eq!(faults("````console\n$ true\n```\n"), [(1, Rule::UnclosedFence)]);
        assert_eq!(faults("```console\n$ true"), [(1, Rule::UnclosedFence)]);
        assert_eq!(faults("> ```console\n> $ true\n\nText.\n"), [(1, Rule::UnclosedFence)]);
        assert_eq!(faults("- ```console\n  $ true\n\n\n- b\n"), [(1, Rule::UnclosedFence)]);
    }

    #[test]
    fn a_table_of_contents_gives_its_pages_in_order() {
        let summary =
            "\u{feff}# Summary\n\n[Start](start.md)\n\n- [One](one.md)\n  - [Two](two.md)\n- [Draft]()\n";
        assert_eq!(pages(summary).unwrap(), ["start", "one", "two"]);
    }

    #[test]
    fn a_page_that_would_be_shown_and_not_run_is_refused() {
        for link in [
            "./one.md",
            "sub/one.md",
            "../one.md",
            "one.markdown",
            "one",
            "https://example.org",
            "one.md#part",
            "%C3%A9.md",
            "start.md",
        ] {
            let summary = format!("# Summary\n\n- [Start](start.md)\n- [One]({link})\n");
            assert_eq!(pages(&summary), Err(vec![Fault { line: 4, rule: Rule::BadPage(link.to_owned()) }]));
        }
    }

    #[test]
    fn a_control_character_is_refused_wherever_it_stands() {
        for page in ["# T\n\n```console\n$ echo \u{1b}[2J\n```\n", "# T\n\n\nText\u{7}\n", "# T\n\n\na\rb\n"]
        {
            assert_eq!(faults(page), [(4, Rule::ControlCharacter)], "{page:?}");
        }
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
