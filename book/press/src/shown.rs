//! What a reader sees as a step is a step that is run: a rendered page holds the steps that the parser found, in their
//! order, and nothing else that looks like one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::{Result, ensure};
use lol_html::{RewriteStrSettings, element, end_tag, rewrite_str, text};
use runbook::{Chapter, Step};

use crate::markup::unescape;

/// Compares the steps of a page's source with those of its rendering.
///
/// # Errors
///
/// The rendered page shows other steps, or a command that is none's.
pub fn check(chapter: &Chapter, html: &str) -> Result<()> {
    let page = read(html)?;
    let steps: Vec<String> = chapter.steps.iter().map(commands).collect();
    let alike = steps.iter().zip(&page.steps).take_while(|(step, shown)| step == shown).count();
    ensure!(
        steps == page.steps,
        "the page shows {} steps, and {} are run; the first that is not the same is number {}: is it shown in another way?",
        page.steps.len(),
        steps.len(),
        alike + 1
    );
    let stray = page.code.lines().chain(page.prose.lines().filter(|line| !line.is_empty()));
    let is_command = |line: &&str| {
        let line = line.trim_start();
        line.strip_prefix("$ ").is_some_and(|command| !command.trim().is_empty())
    };
    let is_fence = |line: &&str| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
    let mut stray = stray.filter(|line| is_command(line) || is_fence(line));
    match stray.next() {
        Some(line) => Err(anyhow::anyhow!("the page shows “{}”, which is part of no step", line.trim())),
        None => Ok(()),
    }
}

/// The commands of a step, one after the other.
fn commands(step: &Step) -> String {
    let commands: Vec<&str> = step.exchanges.iter().map(|exchange| exchange.command.as_str()).collect();
    commands.join("\n")
}

/// What a rendered page holds.
#[derive(Default)]
struct Page {
    /// The commands of its steps.
    steps: Vec<String>,
    /// The text of its code that is no step.
    code: String,
    /// Its other text.
    prose: String,
}

fn read(html: &str) -> Result<Page> {
    let page = Rc::new(RefCell::new(Page::default()));
    // How deep in code the text at hand is, and whether in a step's.
    let (depth, in_step) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let enter = |counter: &Rc<Cell<i32>>| {
        let counter = Rc::clone(counter);
        move |element: &mut lol_html::html_content::Element<'_, '_>| {
            counter.set(counter.get() + 1);
            let counter = Rc::clone(&counter);
            if let Some(handlers) = element.end_tag_handlers() {
                handlers.push(end_tag!(move |_| {
                    counter.set(counter.get() - 1);
                    Ok(())
                }));
            }
            Ok(())
        }
    };
    let steps = Rc::clone(&page);
    let (texts, lines) = (Rc::clone(&page), Rc::clone(&page));
    let (text_depth, text_in_step) = (Rc::clone(&depth), Rc::clone(&in_step));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("main pre, main code", enter(&depth)))
        .append_element_content_handler(element!("main pre.console", enter(&in_step)))
        .append_element_content_handler(element!("main pre, main code", move |_| {
            lines.borrow_mut().code.push('\n');
            Ok(())
        }))
        .append_element_content_handler(element!("main pre.console", move |element| {
            let commands = element.get_attribute("data-commands").unwrap_or_default();
            steps.borrow_mut().steps.push(unescape(&commands));
            Ok(())
        }))
        .append_element_content_handler(text!("main", move |chunk| {
            let mut page = texts.borrow_mut();
            match (text_depth.get(), text_in_step.get()) {
                (_, 1..) => {}
                (1.., _) => page.code.push_str(chunk.as_str()),
                _ => page.prose.push_str(chunk.as_str()),
            }
            Ok(())
        }));
    rewrite_str(html, settings)?;
    Ok(page.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(html: &str) -> Result<(), String> {
        let chapter = Chapter::parse("page", "```console\n$ a \\\n>  \"b\"\n$ c\n```\n").unwrap();
        check(&chapter, &format!("<body><main>{html}</main></body>")).map_err(|error| error.to_string())
    }

    const STEP: &str = "<pre class=\"console\" data-commands=\"a &#92;&#10; &quot;b&quot;&#10;c\"><code>$ a\n$ c</code></pre>";

    #[test]
    fn a_page_that_shows_its_steps_is_right() {
        assert_eq!(checked(&format!("<p>T <code>$ </code></p>{STEP}<pre><code>$x\n</code></pre>")), Ok(()));
    }

    #[test]
    fn a_page_that_shows_anything_else_is_wrong() {
        for html in [
            String::new(),
            format!("{STEP}{STEP}"),
            STEP.replace("&#10;c", "&#10;d"),
            format!("{STEP}<pre><code>\n$ d\n</code></pre>"),
            format!("{STEP}<p>\n$ d</p>"),
            format!("{STEP}<p>\n```console\n</p>"),
            format!("{STEP}<p><code>$ d</code></p>"),
        ] {
            assert!(checked(&html).is_err(), "{html}");
        }
    }
}
