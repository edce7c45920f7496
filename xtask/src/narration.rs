//! The narration: what a person sees on stderr while a task runs. A moving line with the elapsed
//! time on a terminal, plain lines in a pipe; nothing here can fail, for nobody may be listening.

use std::cell::RefCell;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use console::{AnsiCodeIterator, Emoji, strip_ansi_codes, style};
use indicatif::{ProgressBar, ProgressStyle};
use runbook::printable;

use crate::text;

/// The width of the column that names the step.
const NAME: usize = 14;

/// Says one line, whatever it holds, on stderr.
pub fn say(line: &str) {
    writeln!(io::stderr(), "{}", harmless(line)).ok();
}

/// A text with its colours, and a visible sign for whatever else a terminal would obey: in most of what is said there
/// are words of other programs.
pub fn harmless(text: &str) -> String {
    let shown = |(part, is_code)| if is_code && is_colour(part) { part.into() } else { printable(part) };
    AnsiCodeIterator::new(text).map(shown).collect()
}

fn is_colour(code: &str) -> bool {
    let numbers = code.strip_prefix("\x1b[").and_then(|code| code.strip_suffix('m'));
    numbers.is_some_and(|numbers| numbers.chars().all(|c| c.is_ascii_digit() || c == ';'))
}

/// What another program said, without colours of its own, which it might not end.
pub fn plain(said: &str) -> String {
    printable(&strip_ansi_codes(said)).into_owned()
}

/// Says a line that stands out.
pub fn headline(line: &str) {
    say(&style(line).for_stderr().bold().to_string());
}

/// Says a line that explains, less loudly, below a step.
pub fn aside(line: &str) {
    say(&format!("    {}", style(line).for_stderr().dim()));
}

/// A step under way.
pub struct Step {
    name: String,
    started: Instant,
    bar: ProgressBar,
    /// How much of its work a program has said to have done, as in `12/34`.
    progress: RefCell<String>,
}

impl Step {
    /// Begins a step that a person will wait for.
    pub fn begin(name: String) -> Step {
        let step = Step::begin_quick(name);
        if step.bar.is_hidden() {
            say(&format!("  {} …", step.name));
        }
        step
    }

    /// Begins a step that is over before a person could wait for it.
    pub fn begin_quick(name: String) -> Step {
        let bar = ProgressBar::new_spinner();
        // A template that is wrong would show at the first look; the default is no reason to stop.
        if let Ok(style) = ProgressStyle::with_template(&format!(
            "{{spinner}} {{prefix:{NAME}}} {{elapsed}} {{wide_msg:.dim}}"
        )) {
            bar.set_style(style);
        }
        bar.set_prefix(name.clone());
        bar.enable_steady_tick(Duration::from_millis(100));
        Step { name, started: Instant::now(), bar, progress: RefCell::default() }
    }

    /// Shows, on a terminal, the last line that a program said, and how much cargo has said to have done of its work.
    pub fn hear(&self, line: &str) {
        let mut progress = self.progress.borrow_mut();
        if let Some(now) = of_cargo(line) {
            *progress = format!("{now} ");
        }
        // What is wider than a character would tear the line.
        let said = plain(without_progress(line).trim()).replace(['\t', '\n'], " ");
        self.bar.set_message(format!("{progress}{said}"));
    }

    /// Milliseconds since the step began.
    pub fn ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Ends the step well, and says what came of it.
    pub fn done(self, outcome: &str) {
        self.end(&style(Emoji("✓", "+")).for_stderr().green().to_string(), outcome);
    }

    /// Ends the step badly; why is told at the end.
    pub fn failed(self) {
        let outcome = style(text!("failed")).for_stderr().red().to_string();
        self.end(&style(Emoji("✗", "x")).for_stderr().red().to_string(), &outcome);
    }

    fn end(self, mark: &str, outcome: &str) {
        let ms = self.ms();
        self.bar.finish_and_clear();
        let time = if ms < 100 { String::new() } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) };
        say(&format!("{mark} {:NAME$} {time:>7}  {outcome}", self.name));
    }
}

/// How much cargo's bar says to be done, as in `12/34`, where a line holds it (<https://doc.rust-lang.org/cargo/reference/config.html#termprogresswhen>).
fn of_cargo(line: &str) -> Option<&str> {
    let (_, bar) = line.rsplit_once("Building [")?;
    let (_, rest) = bar.split_once("] ")?;
    rest.split(|c: char| !c.is_ascii_digit() && c != '/').next().filter(|progress| progress.contains('/'))
}

/// A line without the bar that was drawn, and drawn over, in its place.
pub fn without_progress(line: &str) -> &str {
    line.rsplit_once('\r').map_or(line, |(_, said)| said.trim_start_matches("\u{1b}[K"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_of_cargo_is_read_and_left_out() {
        let line = "    Building [==>     ] 12/345: serde, syn(build.rs)\r\u{1b}[K   Compiling axum v0.8.9";
        assert_eq!((of_cargo(line), without_progress(line)), (Some("12/345"), "   Compiling axum v0.8.9"));
        for other in ["   Compiling axum v0.8.9", "Building [site] pages: 1/2", "Building [1/2"] {
            assert_eq!((of_cargo(other), without_progress(other)), (None, other));
        }
    }

    #[test]
    fn of_what_a_terminal_obeys_colours_alone_get_through() {
        let ours = style("red").red().force_styling(true).to_string();
        assert_eq!(harmless(&ours), ours);
        for (said, shown) in [
            ("\u{1b}]0;title\u{7}a", "␛]0;title␇a"),
            ("\u{1b}]0;title\u{1b}\\a", "␛]0;title␛\\a"),
            ("\u{1b}]0;no end", "␛]0;no end"),
            ("\u{1b}[?1049h\u{1b}[2J\u{1b}[H", "␛[?1049h␛[2J␛[H"),
            ("\u{1b}[>4;1m\u{1b}[?4m", "␛[>4;1m␛[?4m"),
            ("\u{1b}c\u{1b}P+q\u{1b}\\", "␛c␛P+q␛\\"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\rb\n\tc", "a␍b\n\tc"),
        ] {
            assert_eq!(harmless(said), shown, "{said:?}");
            let left: String = plain(said).chars().filter(|c| c.is_control()).collect();
            assert!(left.is_empty() || left == "\n\t", "{said:?}: {left:?}");
        }
    }

    #[test]
    fn of_another_program_not_even_colours_do() {
        assert_eq!(plain("\u{1b}[8;31mhidden\u{1b}[0m \u{202e}ab"), "hidden \\u{202e}ab");
    }
}
