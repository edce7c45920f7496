//! A page before it is rendered: its head matter is taken off, its steps and its code are made HTML.

use std::ops::Range;

use anyhow::{Result, bail, ensure};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use runbook::{Chapter, Fault, MARKDOWN, Step, attributes::Attributes, head};

use crate::highlight;
use crate::texts::Texts;

/// The Markdown of a page, its files included, as mdBook is to render it. `source` are the steps of the page itself.
///
/// # Errors
///
/// The lines that break a rule of runnable blocks; or the page holds other steps than its source.
pub fn prepare(name: &str, page: &str, source: &[Step], texts: &Texts) -> Result<String> {
    let chapter = Chapter::parse(name, page).map_err(|faults| told(name, &faults))?;
    ensure!(
        commands(&chapter.steps).eq(commands(source)),
        "{name}: with what it includes, the page shows other steps than those that are run"
    );
    let (head, page) = head::read(page).map_err(|faults| told(name, &faults))?;
    let mut changes = Vec::new();
    let mut steps = chapter.steps.iter();
    let mut minutes = head.minutes;
    let mut code: Option<(String, String)> = None;
    for (event, range) in Parser::new_ext(&page, MARKDOWN).into_offset_iter() {
        match event {
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                let minutes = minutes.take().map(|minutes| texts.minutes(minutes));
                let line = minutes.map(|minutes| format!("\n\n<p class=\"minutes\">{minutes}</p>\n\n"));
                changes.extend(line.map(|line| (range.end..range.end, line)));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                code = Some((info.into_string(), String::new()));
            }
            Event::Text(text) => {
                if let Some((_, code)) = &mut code {
                    code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let Some((info, code)) = code.take() else { continue };
                let html = match Attributes::parse(&info) {
                    Ok(Some(_)) => steps.next().map(|step| crate::console::html(step, texts)),
                    _ => highlight::html(&info, &code),
                };
                changes.extend(html.map(|html| (range, html)));
            }
            _ => {}
        }
    }
    if steps.next().is_some() {
        bail!("{name}: a step is lost: the page is read in two ways");
    }
    Ok(changed(&page, changes))
}

/// The commands of steps, with what they are expected to print.
fn commands(steps: &[Step]) -> impl Iterator<Item = (&str, &str)> {
    steps.iter().flat_map(|step| &step.exchanges).map(|exchange| (&*exchange.command, &*exchange.output))
}

/// The page with each range replaced; a range's last newline stays.
fn changed(page: &str, changes: Vec<(Range<usize>, String)>) -> String {
    let mut result = String::with_capacity(page.len() * 2);
    let mut done = 0;
    for (range, text) in changes {
        result.push_str(&page[done..range.start]);
        result.push_str(&text);
        done = range.end - usize::from(page[range.clone()].ends_with('\n'));
    }
    result + &page[done..]
}

/// The faults of a page, each with its line.
pub fn told(name: &str, faults: &[Fault]) -> anyhow::Error {
    let faults: Vec<String> = faults.iter().map(|fault| format!("{name}: {fault}")).collect();
    anyhow::Error::msg(faults.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{ENGLISH, PORTUGUESE};

    fn prepared(page: &str) -> String {
        let chapter = Chapter::parse("page", page).unwrap();
        prepare("page", page, &chapter.steps, &PORTUGUESE).unwrap()
    }

    #[test]
    fn the_head_matter_is_gone_and_the_minutes_stand_under_the_title() {
        let page = prepared("---\nminutes: 10\n---\n\n# Title\n\nText.\n");
        assert!(!page.contains("---") && !page.contains("minutes:"), "{page}");
        assert!(page.contains("# Title\n\n\n<p class=\"minutes\">10 minutos</p>\n\n"), "{page}");
        assert_eq!((ENGLISH.minutes(1), ENGLISH.minutes(2)), ("1 minute".to_owned(), "2 minutes".to_owned()));
    }

    #[test]
    fn a_block_becomes_one_line_where_it_stood() {
        let page = prepared(
            "1. Do:\n\n   ```console\n   $ echo\n\n   ```\n\n   ```rust\n   fn f() {}\n   ```\n2. Next\n",
        );
        let lines: Vec<&str> = page.lines().collect();
        assert!(lines[2].starts_with("   <pre class=\"console\""), "{page}");
        assert!(lines[4].starts_with("   <pre><code class=\"language-rust\">"), "{page}");
        assert_eq!(lines[5], "2. Next");
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        let error = prepare("p", "# T\n\n```console\n$\n```\n", &[], &ENGLISH).unwrap_err();
        assert!(error.to_string().starts_with("p: line 4:"), "{error}");
    }

    #[test]
    fn a_step_that_came_with_a_file_is_refused() {
        let error = prepare("p", "# T\n\n```console\n$ true\n```\n", &[], &ENGLISH).unwrap_err();
        assert!(error.to_string().contains("other steps than those that are run"), "{error}");
    }

    #[test]
    fn a_step_in_a_quotation_stays_in_it() {
        let page = prepared("> Text.\n>\n> ```console\n> $ a\n> b\n> ```\n>\n> After.\n");
        let lines: Vec<&str> = page.lines().collect();
        assert!(lines[2].starts_with("> <pre class=\"console\"") && lines[2].ends_with("</pre>"), "{page}");
        assert_eq!(&lines[3..], [">", "> After."]);
    }
}
