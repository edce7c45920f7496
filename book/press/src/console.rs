//! A step as HTML: prompts, commands and outputs told apart.

use runbook::pattern::{self, Line, Piece};
use runbook::{Exchange, Step};

use crate::markup::escape;
use crate::texts::Texts;

/// A wildcard, within a line or for whole lines, as a reader sees it.
const ANY: &str = "<span class=\"any\">…</span>";

/// A step as one line of HTML.
pub fn html(step: &Step, texts: &Texts) -> String {
    let commands: Vec<&str> = step.exchanges.iter().map(|exchange| exchange.command.as_str()).collect();
    let commands = escape(&commands.join("\n"));
    let lines: Vec<String> = step.exchanges.iter().flat_map(|exchange| lines(exchange, texts)).collect();
    let lines = lines.join("&#10;");
    let note = step.attributes.norun.as_ref().map(|reason| {
        let reason = escape(reason);
        format!("<p class=\"norun\"><strong>{}</strong> {reason}</p>", texts.norun)
    });
    let note = note.unwrap_or_default();
    format!("<pre class=\"console\" data-commands=\"{commands}\"><code>{lines}</code></pre>{note}")
}

/// A command with its status and its output, line by line.
fn lines(exchange: &Exchange, texts: &Texts) -> Vec<String> {
    let prompts = ["$ "].into_iter().chain(std::iter::repeat("&gt; "));
    let command = prompts.zip(exchange.command.split('\n')).map(|(prompt, line)| {
        format!("<span class=\"prompt\">{prompt}</span><span class=\"command\">{}</span>", escape(line))
    });
    let status = (exchange.status != 0)
        .then(|| format!("<span class=\"status\">{} {}</span>", texts.exit_status, exchange.status));
    let output = exchange.output.lines().map(|line| match pattern::line(line) {
        Line::Any => ANY.to_owned(),
        Line::Pieces(pieces) if pieces.is_empty() => String::new(),
        Line::Pieces(pieces) => {
            let shown = pieces.into_iter().map(|piece| match piece {
                Piece::Any => ANY.to_owned(),
                Piece::Text(text) => escape(text),
            });
            format!("<span class=\"output\">{}</span>", shown.collect::<String>())
        }
    });
    command.chain(status).chain(output).collect()
}

#[cfg(test)]
mod tests {
    use runbook::Chapter;

    use super::*;
    use crate::texts::{ENGLISH, PORTUGUESE};

    fn step(block: &str) -> Step {
        Chapter::parse("page", block).unwrap().steps.remove(0)
    }

    #[test]
    fn the_copy_holds_the_commands_alone() {
        let html = html(&step("```console\n$ echo \"a\" \\\n>   b\na [..]\n$ true\n```\n"), &ENGLISH);
        assert!(html.contains("data-commands=\"echo &quot;a&quot; \\&#10;  b&#10;true\""), "{html}");
    }

    #[test]
    fn wildcards_are_shown_as_an_ellipsis() {
        let html = html(&step("```console\n$ ls\na [..] b\n...\nc\n```\n"), &ENGLISH);
        assert!(!html.contains("[..]") && !html.contains("..."), "{html}");
        assert_eq!(html.matches(ANY).count(), 2, "{html}");
    }

    #[test]
    fn an_output_that_is_taken_as_it_is_is_shown_without_its_backslash() {
        let html = html(&step("```console\n$ cat\n\\$ a [..]\n\\...\n```\n"), &ENGLISH);
        assert!(
            html.contains(">$ a [..]</span>") && html.contains(">...</span>") && !html.contains(ANY),
            "{html}"
        );
    }

    #[test]
    fn an_exit_status_and_a_reason_are_said_in_the_pages_language() {
        let step = step("```console,norun=\"it <asks>\"\n$ false\n? 1\n```\n");
        let (english, portuguese) = (html(&step, &ENGLISH), html(&step, &PORTUGUESE));
        assert!(english.contains(">exit status 1<") && english.contains("it &lt;asks&gt;"), "{english}");
        assert!(portuguese.contains(">código de saída 1<"), "{portuguese}");
    }
}
