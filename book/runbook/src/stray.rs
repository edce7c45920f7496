//! What a reader would take for a step and nothing would run: commands in other fences, in HTML, in prose.

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use crate::attributes::language;
use crate::rule::{Fault, Rule};

/// The languages of listings. No shell's is among them: what a shell runs is a step.
const LANGUAGES: [&str; 22] = [
    "css",
    "diff",
    "dockerfile",
    "dotenv",
    "html",
    "ini",
    "java",
    "javascript",
    "json",
    "jsonl",
    "markdown",
    "php",
    "python",
    "rhai",
    "ruby",
    "rust",
    "sql",
    "svg",
    "text",
    "toml",
    "xml",
    "yaml",
];

/// The programs whose names start the commands of the book.
const PROGRAMS: [&str; 10] =
    ["cargo", "curl", "docker", "docker-compose", "git", "kubectl", "podman", "redis-cli", "sudo", "wget"];

/// Looks for commands outside of fences, event by event.
#[derive(Default)]
pub struct Stray {
    in_fence: bool,
    is_indented: bool,
    /// The HTML block at hand, and its first line.
    html: Option<(usize, String)>,
}

impl Stray {
    /// Looks at an event whose line `line` tells.
    pub fn see(&mut self, event: &Event, line: impl Fn() -> usize) -> Vec<Fault> {
        let fault = |rule| vec![Fault { line: line(), rule }];
        match event {
            // What a fence holds is judged with its language.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => self.in_fence = true,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => self.is_indented = true,
            Event::End(TagEnd::CodeBlock) => (self.in_fence, self.is_indented) = (false, false),
            Event::Start(Tag::HtmlBlock) => self.html = Some((line(), String::new())),
            Event::Html(piece) => {
                self.html.get_or_insert_with(|| (line(), String::new())).1.push_str(piece);
            }
            Event::End(TagEnd::HtmlBlock) => {
                return self.html.take().map(|(line, html)| in_html(line, &html)).unwrap_or_default();
            }
            Event::InlineHtml(piece) if opens_pre(piece) => return fault(Rule::FenceInHtml),
            // Each line of a paragraph, or of code that is only indented, starts a text of its own.
            Event::Text(text) if !self.in_fence && is_typed(text) => return fault(Rule::CommandOutsideStep),
            Event::Text(text) if self.is_indented && is_typed(text.trim_start()) => {
                return fault(Rule::CommandOutsideStep);
            }
            Event::Code(text) if is_typed(text) || is_fence(text) => return fault(Rule::CommandOutsideStep),
            _ => {}
        }
        Vec::new()
    }
}

/// Judges a fence that is no step, which opens on the line `line`.
pub fn listing(info: &str, body: &str, line: usize) -> Result<(), Vec<Fault>> {
    let language = language(info);
    let fault = |line, rule| vec![Fault { line, rule }];
    if language.is_empty() {
        return Err(fault(line, Rule::NoLanguage));
    }
    if !LANGUAGES.contains(&language) {
        return Err(fault(line, Rule::UnknownLanguage(language.to_owned())));
    }
    let starts_a_program = |text: &str| {
        language == "text" && text.split_whitespace().next().is_some_and(|word| PROGRAMS.contains(&word))
    };
    let mut lines = body.lines().zip(line + 1..);
    match lines.find(|(text, _)| is_typed(text.trim_start()) || starts_a_program(text)) {
        Some((_, line)) => Err(fault(line, Rule::CommandOutsideStep)),
        None => Ok(()),
    }
}

/// What is wrong with an HTML block that starts on the line `line`.
fn in_html(line: usize, html: &str) -> Vec<Fault> {
    let html = without_comments(html);
    let mut faults = Vec::new();
    for (text, line) in html.lines().zip(line..) {
        if opens_pre(text) || text.trim_start().starts_with("```") || text.trim_start().starts_with("~~~") {
            faults.push(Fault { line, rule: Rule::FenceInHtml });
            break;
        }
        if is_typed(text.trim_start()) {
            faults.push(Fault { line, rule: Rule::CommandOutsideStep });
        }
    }
    faults
}

/// HTML without its comments, which no reader sees; every line keeps its number.
fn without_comments(html: &str) -> String {
    let mut seen = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        let (comment, after) = comment.split_once("-->").unwrap_or((comment, ""));
        seen.push_str(before);
        seen.extend(comment.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    seen + rest
}

/// Whether a line is a prompt and a command.
fn is_typed(line: &str) -> bool {
    line.strip_prefix("$ ").is_some_and(|command| !command.trim().is_empty())
}

/// Whether a piece of code within a line is a fence that lost its lines.
fn is_fence(code: &str) -> bool {
    code.split_whitespace().next() == Some("console") && code.contains("$ ")
}

fn opens_pre(html: &str) -> bool {
    html.to_ascii_lowercase().contains("<pre")
}

#[cfg(test)]
mod tests {
    use crate::chapter::Chapter;

    use super::*;

    fn first(page: &str) -> (usize, Rule) {
        let fault = Chapter::parse("page", page).expect_err(page).remove(0);
        (fault.line, fault.rule)
    }

    #[test]
    fn a_fence_that_shows_commands_and_is_no_step_is_refused() {
        assert_eq!(first("```\ndocker compose up\n```\n"), (1, Rule::NoLanguage));
        assert_eq!(first("``` {.console}\n$ true\n```\n"), (1, Rule::NoLanguage));
        for language in
            ["bash", "Bash", "bash-session", "sh", "shell", "zsh", "terminal", "consoles", "pwsh", "no-such"]
        {
            let page = format!("Text.\n\n```{language}\ndocker compose up\n```\n");
            assert_eq!(first(&page), (3, Rule::UnknownLanguage(language.to_owned())));
        }
        assert_eq!(first("```text\na\n  $ true\n```\n"), (3, Rule::CommandOutsideStep));
        assert_eq!(first("```rust\n$ true\n```\n"), (2, Rule::CommandOutsideStep));
        assert_eq!(first("```text\na\ndocker compose up\n```\n"), (3, Rule::CommandOutsideStep));
    }

    #[test]
    fn a_command_in_what_is_no_fence_is_refused() {
        for (page, line, rule) in [
            ("Text.\n\n    $ true\n", 3, Rule::CommandOutsideStep),
            ("    ```console\n    $ true\n    ```\n", 2, Rule::CommandOutsideStep),
            ("Text.\n\n      $ true\n", 3, Rule::CommandOutsideStep),
            ("Text\n$ true\n", 2, Rule::CommandOutsideStep),
            ("Text\n\n``console\n$ true\n``\n", 3, Rule::CommandOutsideStep),
            ("```console $ true```\n", 1, Rule::CommandOutsideStep),
            ("A `$ true` in code\n", 1, Rule::CommandOutsideStep),
            ("> ```console\n$ true\n> ```\n", 1, Rule::UnclosedFence),
        ] {
            assert_eq!(first(page), (line, rule), "{page}");
        }
    }

    #[test]
    fn a_fence_inside_html_is_refused() {
        let details = "<details>\n<summary>A</summary>\n```console\n$ true\n```\n\n</details>\n";
        assert_eq!(first(details), (3, Rule::FenceInHtml));
        assert_eq!(first("<div>\n~~~console\n$ true\n~~~\n</div>\n"), (2, Rule::FenceInHtml));
        assert_eq!(first("<pre>\n$ true\n</pre>\n"), (1, Rule::FenceInHtml));
        assert_eq!(first("<div>\n$ true\n</div>\n"), (2, Rule::CommandOutsideStep));
        assert_eq!(first("<!-- a\n\nb -->\n<div>\n\nT\n\n<p>\n$ true\n"), (9, Rule::CommandOutsideStep));
    }

    #[test]
    fn what_only_speaks_of_commands_is_left_alone() {
        for page in [
            "It costs $ 5, or `$ `, or *now* $ 7.\n",
            "```text\na\n$5\n```\n",
            "```dockerfile\nRUN a && \\\n    cargo build\n```\n",
            "Run `docker compose up`.\n",
            "<details>\n<summary>A</summary>\n\n```console\n$ true\n```\n\n</details>\n",
        ] {
            assert!(Chapter::parse("page", page).is_ok(), "{page}");
        }
    }
}
