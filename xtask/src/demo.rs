//! The story of the book in one command: up, visit, reset, visit, down; and the proof that the
//! counter restarted from 1. A second act, where it is asked for, comes before the end.

mod report;
mod second_act;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::narration::{Step, aside, headline, say};
use crate::process::go_on;
use crate::repository::{Repository, Sources};
use crate::stack::{Call, Kind, Stack, Way};
use crate::text;
use crate::visit::{Health, Visitor};

use report::{Report, StepReport};

/// What a person can choose.
#[derive(Debug, Args)]
pub struct Options {
    /// How to have the stack: the first of compose, host and embedded that this machine can have, or one of them
    #[arg(long, value_name = "STACK", default_value = "auto", value_parser = ["auto", "compose", "host", "embedded"])]
    stack: String,
    /// Tell the second act too: migrate, back up, lose everything, restore it, and look at it in the console
    #[arg(long)]
    all: bool,
    /// How many visits come before each reset
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    visits: u32,
    /// Leave the stack up, and say where it is and how to remove it
    #[arg(long)]
    keep: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Options {
    fn kinds(&self) -> Vec<Kind> {
        let chosen = Kind::ALL.into_iter().find(|kind| kind.name() == self.stack);
        chosen.map_or(Kind::ALL.to_vec(), |kind| vec![kind])
    }
}

/// `cargo xtask demo`.
///
/// # Errors
///
/// No stack can be had, a step failed, or the person asked to stop. Nothing is left behind in any case.
pub fn run(repository: &Repository, options: &Options) -> Result {
    let mut report = Report::default();
    let told = Demo { repository, options, report: &mut report }.tell();
    report.ok = told.is_ok();
    if options.json {
        report.print()?;
    }
    told
}

struct Demo<'a> {
    repository: &'a Repository,
    options: &'a Options,
    report: &'a mut Report,
}

/// A stack that is removed whatever happens, a panic included, unless it was let go of.
struct Guard {
    stack: Option<Box<dyn Stack>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut stack) = self.stack.take()
            && let Err(failure) = stack.down()
        {
            say(&failure.to_string());
        }
    }
}

/// What a step has to tell when it is done.
#[derive(Default)]
struct Outcome {
    /// Behind the step's name.
    line: String,
    /// Below it.
    asides: Vec<String>,
    /// For the report.
    report: StepReport,
}

impl Demo<'_> {
    fn tell(&mut self) -> Result {
        let mut guard = Guard { stack: Some(self.prepare()?) };
        let mut result = Ok(());
        if let Some(stack) = guard.stack.as_deref_mut() {
            result = self.story(stack);
            if result.is_err() {
                let words = stack.last_words();
                if !words.is_empty() {
                    say(&text!("last-words"));
                    say(&words);
                }
            }
        }
        if let Some(mut stack) = guard.stack.take_if(|_| self.options.keep && result.is_ok()) {
            stack.keep();
            headline(&text!("kept", url = stack.url(), command = stack.how_to_remove()));
            return Ok(());
        }
        if let Some(mut stack) = guard.stack.take() {
            let down =
                self.step("down", text!("step-down"), true, |_| stack.down().map(|()| Outcome::default()));
            // What went wrong first is the cause; that something is left behind must be known all the same.
            match (&result, down) {
                (Err(_), Err(failure)) => say(&failure.to_string()),
                (Ok(()), Err(failure)) => result = Err(failure),
                (_, Ok(_)) => {}
            }
        }
        if result.is_ok() {
            headline(&text!("proved", release = self.report.release));
            if self.options.all {
                headline(&text!("proved-all", visits = self.options.visits));
            }
            if self.report.redis == "pocket-redis" {
                say(&text!("on-a-stand-in"));
            }
        }
        result
    }

    /// The first stack of those wanted that this machine can have.
    fn prepare(&mut self) -> Result<Box<dyn Stack>> {
        let kinds = self.options.kinds();
        let mut refusal = None;
        for kind in &kinds {
            go_on()?;
            self.report.stack = kind.name();
            self.report.steps.clear();
            match self.prepare_one(*kind) {
                Ok(stack) => return Ok(stack),
                Err(Failure::Interrupted) => return Err(Failure::Interrupted),
                Err(failure) => {
                    if kinds.len() > 1 {
                        say(&text!("not-this-stack", stack = kind.name(), reason = failure));
                    }
                    refusal = Some(failure);
                }
            }
        }
        Err(refusal.unwrap_or(Failure::Interrupted))
    }

    fn prepare_one(&mut self, kind: Kind) -> Result<Box<dyn Stack>> {
        let (name, title) = match kind {
            Kind::Compose => ("images", text!("step-images")),
            Kind::Host | Kind::Embedded => ("build", text!("step-build")),
        };
        let blueprint = kind.find().inspect_err(|failure| self.report.failed(name, 0, failure))?;
        headline(&text!("stack", stack = kind.name(), told = blueprint.told()));
        let mut made = None;
        self.step(name, title, true, |step| {
            let (stack, told) = blueprint.prepare(self.repository, self.options.all, step)?;
            made = Some(stack);
            Ok(Outcome { asides: told, ..Outcome::default() })
        })?;
        made.ok_or(Failure::Interrupted)
    }

    fn story(&mut self, stack: &mut dyn Stack) -> Result {
        let (repository, mut up) = (self.repository, None);
        self.step("up", text!("step-up"), true, |step| {
            let (visitor, health) = stack.up(step)?;
            is_built_here(repository, &health.release)?;
            let line = stack.url().to_owned();
            up = Some((visitor, health));
            Ok(Outcome { line, ..Outcome::default() })
        })?;
        let (visitor, Health { release, .. }) = up.ok_or(Failure::Interrupted)?;
        self.report.url = stack.url().to_owned();
        self.report.redis = stack.redis().to_owned();
        self.report.release = release;

        let visits = self.options.visits;
        self.visits(&visitor, 1..=visits)?;
        for (index, way) in stack.ways().iter().enumerate() {
            if index > 0 {
                self.visits(&visitor, 2..=visits)?;
            }
            self.reset(stack, *way)?;
            self.visits(&visitor, 1..=1)?;
        }
        if self.options.all { self.second_act(stack, &visitor) } else { Ok(()) }
    }

    /// Visits that must read these numbers, one after the other.
    fn visits(&mut self, visitor: &Visitor, numbers: std::ops::RangeInclusive<u32>) -> Result {
        for number in numbers {
            self.step("visit", text!("step-visit"), false, |_| {
                let body = visitor.visit()?;
                agree(&format!("Hello World! {number} times."), &body)?;
                Ok(Outcome {
                    line: body.clone(),
                    report: StepReport { body: Some(body), ..StepReport::default() },
                    ..Outcome::default()
                })
            })?;
        }
        Ok(())
    }

    /// A reset that must lose all visits, in the release that `web` runs.
    fn reset(&mut self, stack: &mut dyn Stack, way: Way) -> Result {
        let name = match way {
            Way::Exec => "reset-exec",
            Way::Run => "reset-run",
            Way::Process => "reset",
        };
        let (visits, release) = (self.options.visits, self.report.release.clone());
        self.step(name, name.to_owned(), false, |_| {
            let ran = stack.admin(way, &Call { name: "reset", ..Call::default() })?;
            agree(&format!("hits: {visits} -> 0{}", signature(stack, &release)), &ran.output)?;
            let mut proof = stack.prove(way)?;
            proof.push(text!("proof-same-release", release = release));
            let report = StepReport {
                output: Some(ran.output.clone()),
                proof: proof.clone(),
                ..StepReport::default()
            };
            let asides = [vec![ran.output], proof].concat();
            Ok(Outcome { line: ran.command, asides, report })
        })
    }

    /// Tells and reports a step; `long` if a person will wait for it.
    fn step(
        &mut self,
        name: &'static str,
        title: String,
        long: bool,
        job: impl FnOnce(&Step) -> Result<Outcome>,
    ) -> Result {
        let step = if long { Step::begin(title) } else { Step::begin_quick(title) };
        // The removal goes on where everything else stops.
        let outcome = if name == "down" { job(&step) } else { go_on().and_then(|()| job(&step)) };
        let ms = step.ms();
        match outcome {
            Ok(outcome) => {
                step.done(&outcome.line);
                outcome.asides.iter().for_each(|line| aside(line));
                self.report.done(name, ms, outcome.report);
                Ok(())
            }
            Err(failure) => {
                step.failed();
                self.report.failed(name, ms, &failure);
                Err(failure)
            }
        }
    }
}

/// The end of what an admin process says: the Redis that it worked on, and its release, which must be web's.
fn signature(stack: &dyn Stack, release: &str) -> String {
    format!(" ({}, release {release})", stack.redis_address())
}

/// Fails unless what runs was built from the sources that are here.
fn is_built_here(repository: &Repository, release: &str) -> Result {
    let build = repository.build(Sources::App)?;
    if release.split_once('+').is_some_and(|(_, both)| both.starts_with(&format!("{build}."))) {
        return Ok(());
    }
    Err(Failure::Failed(text!("built-elsewhere", build = build, release = release)))
}

/// Fails with both lines if what was found is not what was expected.
fn agree(expected: &str, found: &str) -> Result {
    if expected == found {
        return Ok(());
    }
    Err(Failure::Failed(text!("two-lines", expected = expected, found = found)))
}
