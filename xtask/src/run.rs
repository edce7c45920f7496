//! `cargo xtask run`: one chapter, with what its commands print, and whether it is what the page shows.

use std::io::{self, Write};

use clap::Args;
use console::style;
use runbook::{Chapter, Event, Session, Verdict};

use crate::failure::{Failure, Result};
use crate::language::Language;
use crate::narration::{Step, headline, say};
use crate::pages::{self, Page, Stage};
use crate::repository::Repository;
use crate::text;

/// What a person can choose.
#[derive(Debug, Args)]
pub struct Options {
    /// The page's name, such as reset
    chapter: String,
    /// Present it to a room: its prose, its commands typed as by a hand (at once with NO_TYPING=1), each run on a key
    #[arg(long)]
    present: bool,
    /// Start at this step: those before it are run silently first, on a fresh stack. None is ever kept
    #[arg(long, value_name = "STEP", default_value_t = 1, hide_default_value = true)]
    from: usize,
}

/// Runs a chapter: the commands and what they print on stdout, the verdicts on stderr.
///
/// # Errors
///
/// The page or the step does not exist or breaks a rule, nothing can be run here, or something is not as the page
/// says.
pub fn run(repository: &Repository, options: &Options, language: Language) -> Result {
    let page = pages::find(repository, language, options.chapter.trim_end_matches(".md"))?;
    let chapter = page.chapter(repository)?;
    let (from, count) = (options.from, chapter.steps.len());
    if from != 1 && !(1..=count).contains(&from) {
        return Err(Failure::Missing {
            what: text!("no-step", name = page.name, number = from),
            cure: text!("no-step-cure", count = count),
        });
    }
    if options.present {
        return present(repository, &page, &chapter, from);
    }
    let stage = Stage::set(repository)?;
    headline(&chapter.title);
    let project = stage.project();
    let session = pages::session(repository, Some(&project));
    let outcome = before(&session, &page, &chapter, from)
        .and_then(|()| pages::play(&session, &page, &chapter.steps[from - 1..], &mut show));
    session.end_left();
    project.remove()?;
    match outcome?.wrong {
        None => {
            headline(&text!("chapter-matched"));
            Ok(())
        }
        Some(wrong) => Err(Failure::Failed(wrong)),
    }
}

#[cfg(unix)]
use crate::present::present;

/// The pages' commands need a Unix shell, and so does their presentation.
#[cfg(not(unix))]
fn present(_: &Repository, _: &Page, _: &Chapter, _: usize) -> Result {
    Err(Failure::Missing { what: text!("no-terminal"), cure: text!("no-terminal-cure") })
}

/// Runs the steps before `from` silently, but for a line that says so.
///
/// # Errors
///
/// One of them is not as the page says, or the person has asked to stop.
pub fn before(session: &Session, page: &Page, chapter: &Chapter, from: usize) -> Result {
    let steps = &chapter.steps[..from - 1];
    if steps.is_empty() {
        return Ok(());
    }
    let step = Step::begin(text!("steps-before", count = steps.len()));
    let outcome = pages::play(session, page, steps, &mut |event| {
        if let Event::Command { command, .. } = event {
            step.hear(&format!("$ {command}"));
        }
    });
    match outcome.map(|outcome| outcome.wrong) {
        Ok(None) => {
            step.done("");
            Ok(())
        }
        Ok(Some(wrong)) => {
            step.failed();
            Err(Failure::Failed(wrong))
        }
        Err(failure) => {
            step.failed();
            Err(failure)
        }
    }
}

fn show(event: &Event) {
    match event {
        Event::Command { command, .. } => {
            print(&style(format!("$ {}", command.replace('\n', "\n> "))).bold().to_string());
        }
        Event::Line { text, .. } => print(text),
        Event::Left { processes } => say(&pages::left_told(processes)),
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
