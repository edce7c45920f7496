//! The narration: what a person sees on stderr while a task runs. A moving line with the elapsed
//! time on a terminal, plain lines in a pipe; nothing here can fail, for nobody may be listening.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use console::{Emoji, style};
use indicatif::{ProgressBar, ProgressStyle};

use crate::text;

/// The width of the column that names the step.
const NAME: usize = 14;

/// Says one line, whatever it holds, on stderr.
pub fn say(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
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
        Step { name, started: Instant::now(), bar }
    }

    /// Shows, on a terminal, the last line that a program said.
    pub fn hear(&self, line: &str) {
        // A program's own colours and movements of the cursor would tear the line.
        let plain = console::strip_ansi_codes(line);
        self.bar.set_message(plain.trim().replace(|c: char| c.is_control(), " "));
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
