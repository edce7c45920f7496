//! `cargo xtask run`: one chapter, with what its commands print, and whether it is what the page shows.

use std::io::{self, Write};

use clap::Args;
use console::style;
use runbook::{Event, Verdict};

use crate::failure::{Failure, Result};
use crate::language::Language;
use crate::narration::{headline, say};
use crate::pages::{self, Stage};
use crate::repository::Repository;
use crate::text;

/// What a person can choose.
#[derive(Debug, Args)]
pub struct Options {
    /// The page's name, such as reset
    chapter: String,
}

/// Runs a chapter: the commands and what they print on stdout, the verdicts on stderr.
///
/// # Errors
///
/// The page does not exist or breaks a rule, nothing can be run here, or something is not as the page says.
pub fn run(repository: &Repository, options: &Options, language: Language) -> Result {
    let page = pages::find(repository, language, options.chapter.trim_end_matches(".md"))?;
    let chapter = page.chapter(repository)?;
    let stage = Stage::set(repository)?;
    headline(&chapter.title);
    let project = stage.project();
    let outcome = stage.play(&page, &chapter, &project, &mut show);
    project.remove()?;
    match outcome?.wrong {
        None => {
            headline(&text!("chapter-matched"));
            Ok(())
        }
        Some(wrong) => Err(Failure::Failed(wrong)),
    }
}

fn show(event: &Event) {
    match event {
        Event::Command { command, .. } => {
            print(&style(format!("$ {}", command.replace('\n', "\n> "))).bold().to_string());
        }
        Event::Line { text, .. } => print(text),
        Event::Verdict(Verdict::Matched { elapsed }) => {
            let time = format!("{:.1} s", elapsed.as_secs_f64());
            say(&style(format!("✓ {time}")).for_stderr().green().to_string());
        }
        Event::Verdict(Verdict::NotRun { reason }) => say(&text!("step-not-run", reason = reason)),
        Event::Verdict(_) => say(&style("✗").for_stderr().red().to_string()),
    }
}

/// Prints a line; who has stopped reading has seen enough.
fn print(line: &str) {
    writeln!(io::stdout(), "{line}").ok();
}
