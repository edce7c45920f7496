//! `cargo xtask verify`: every command of the book executed, every output compared, in both languages.

mod report;

use std::path::PathBuf;

use clap::Args;
use runbook::process::Stream;
use runbook::{Chapter, Event};

use crate::failure::{Failure, Result};
use crate::language::Language;
use crate::narration::{Step, aside, headline, say};
use crate::pages::{self, Outcome, Page, Stage};
use crate::process::go_on;
use crate::repository::Repository;
use crate::text;

use report::Report;

/// What a person can choose.
#[derive(Debug, Args)]
pub struct Options {
    /// The pages' names; all of them if none is named, and then once more without cleaning between them
    chapters: Vec<String>,
    /// Do not run all pages once more without cleaning between them
    #[arg(long)]
    once: bool,
    /// Write a report as JSON to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Verifies pages, and prints a table of them on stdout.
///
/// # Errors
///
/// A page does not exist or breaks a rule, nothing can be run here, or something is not as a page says.
pub fn run(repository: &Repository, options: &Options, languages: &[Language]) -> Result {
    let mut pages = Vec::new();
    for language in languages {
        if options.chapters.is_empty() {
            pages.extend(pages::all(repository, *language)?);
        }
        for name in &options.chapters {
            pages.push(pages::find(repository, *language, name.trim_end_matches(".md"))?);
        }
    }
    // A page that breaks a rule is not run; the others are.
    let (chapters, broken) = read(repository, pages);
    broken.iter().for_each(|failure| say(&failure.to_string()));

    let stage = Stage::set(repository)?;
    let mut report = Report::new(repository, &stage);
    let mut wrong = broken.len();
    for (page, chapter) in &chapters {
        let outcome = one(&stage, page, chapter)?;
        wrong += usize::from(outcome.wrong.is_some());
        report.add(page, outcome);
    }
    if options.chapters.is_empty() && !options.once {
        for language in languages {
            wrong += usize::from(!in_a_row(&stage, *language, &chapters)?);
        }
    }
    report.ok = wrong == 0;
    report.print_table();
    if let Some(path) = &options.report {
        report.write(path)?;
    }
    if wrong > 0 {
        return Err(Failure::Failed(text!("pages-wrong", count = wrong)));
    }
    headline(&text!("pages-matched", count = chapters.len()));
    Ok(())
}

fn read(repository: &Repository, pages: Vec<Page>) -> (Vec<(Page, Chapter)>, Vec<Failure>) {
    let mut chapters = Vec::new();
    let mut broken = Vec::new();
    for page in pages {
        match page.chapter(repository) {
            Ok(chapter) => chapters.push((page, chapter)),
            Err(failure) => broken.push(failure),
        }
    }
    (chapters, broken)
}

/// Runs a page from nothing, and leaves nothing.
fn one(stage: &Stage, page: &Page, chapter: &Chapter) -> Result<Outcome> {
    go_on()?;
    let step = Step::begin_quick(format!("{:5} {:25}", page.language.tag(), page.name));
    let project = stage.project();
    let mut errors = Vec::new();
    let outcome = stage.play(page, chapter, &project, &mut |event| hear(&step, &mut errors, event));
    let removed = project.remove();
    let outcome = outcome?;
    removed?;
    tell(step, &outcome, &errors);
    Ok(outcome)
}

/// Runs the pages of a language in their order, in one project, without cleaning between them: a
/// page's own removal must be enough for the next. Returns whether all was as the pages say.
fn in_a_row(stage: &Stage, language: Language, chapters: &[(Page, Chapter)]) -> Result<bool> {
    go_on()?;
    let step = Step::begin_quick(format!("{:5} {:25}", language.tag(), text!("step-in-a-row")));
    let project = stage.project();
    let mut last = Ok(Outcome::default());
    let mut steps = 0;
    let mut errors = Vec::new();
    for (page, chapter) in chapters.iter().filter(|(page, _)| page.language == language) {
        last = stage.play(page, chapter, &project, &mut |event| hear(&step, &mut errors, event));
        match &last {
            Ok(outcome) if outcome.wrong.is_none() => steps += outcome.steps,
            _ => break,
        }
    }
    let removed = project.remove();
    let last = Outcome { steps, ..last? };
    removed?;
    tell(step, &last, &errors);
    Ok(last.wrong.is_none())
}

/// Shows which command runs, and keeps what it prints on stderr: there stands why, where nothing of it is compared.
fn hear(step: &Step, errors: &mut Vec<String>, event: &Event) {
    match event {
        Event::Command { command, .. } => {
            errors.clear();
            step.hear(&format!("$ {command}"));
        }
        Event::Line { stream: Stream::Stderr, text } => errors.push(text.clone()),
        Event::Left { processes } => say(&pages::left_told(processes)),
        _ => {}
    }
}

fn tell(step: Step, outcome: &Outcome, errors: &[String]) {
    /// The most lines of stderr that are shown.
    const SHOWN: usize = 20;
    match &outcome.wrong {
        None => step.done(&text!("steps", count = outcome.steps)),
        Some(wrong) => {
            step.failed();
            say(wrong);
            if !errors.is_empty() {
                say(&text!("wrong-stderr"));
                errors[errors.len().saturating_sub(SHOWN)..].iter().for_each(|line| aside(line));
            }
        }
    }
}
