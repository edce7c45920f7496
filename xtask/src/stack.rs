//! A stack: the app and its backing service, up together, in one of the ways that a machine can have one.

pub mod compose;
pub mod host;

use std::path::Path;

use clap::ValueEnum;

use crate::failure::Result;
use crate::narration::Step;
use crate::process::{Output, Program, succeeded};
use crate::repository::Repository;
use crate::visit::{Health, Visitor};

/// The ways to have a stack, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Docker Compose, as the book has it.
    Compose,
    /// A real `redis-server` of this machine; the app as plain processes.
    Host,
    /// `pocket-redis`, which comes with the repository; the app as plain processes.
    Embedded,
}

impl Kind {
    /// All of them, best first.
    pub const ALL: [Kind; 3] = [Kind::Compose, Kind::Host, Kind::Embedded];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Compose => "compose",
            Kind::Host => "host",
            Kind::Embedded => "embedded",
        }
    }

    /// Whether this machine can have it.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`](crate::failure::Failure::Missing): what it lacks, and how to get it.
    pub fn find(self) -> Result<Box<dyn Blueprint>> {
        Ok(match self {
            Kind::Compose => Box::new(compose::Blueprint::find()?),
            Kind::Host => Box::new(host::Blueprint::host()?),
            Kind::Embedded => Box::new(host::Blueprint::embedded()),
        })
    }
}

/// A stack that this machine can have, not made yet.
pub trait Blueprint {
    /// With what it will be made, for people: names and versions.
    fn told(&self) -> String;

    /// Makes what the stack is started from: images, or binaries; those of the second act only for the `whole` story. Returns what was
    /// made, a line each.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    fn prepare(
        &self,
        repository: &Repository,
        whole: bool,
        step: &Step,
    ) -> Result<(Box<dyn Stack>, Vec<String>)>;
}

/// The ways to run an admin process in a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the container that runs.
    Exec,
    /// In a new container of the same image.
    Run,
    /// As a plain process beside `web`.
    Process,
}

/// An admin process to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub args: &'a [&'a str],
    /// The file that it reads on stdin, if it reads one.
    pub stdin: Option<&'a Path>,
    /// The file that its stdout goes to, if it goes to one.
    pub stdout: Option<&'a Path>,
}

impl Call<'_> {
    /// Its name, and its arguments.
    fn words(&self) -> Vec<&str> {
        [&[self.name], self.args].concat()
    }

    /// As a person would type it who keeps such files in the current folder.
    fn typed(&self) -> String {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stdin = self.stdin.map(|path| format!("< {}", name(path)));
        let stdout = self.stdout.map(|path| format!("> {}", name(path)));
        let words = self.words().into_iter().map(str::to_owned);
        words.chain(stdin).chain(stdout).collect::<Vec<_>>().join(" ")
    }

    /// Whether it reads or writes a file.
    fn has_file(&self) -> bool {
        self.stdin.is_some() || self.stdout.is_some()
    }

    /// Runs it by `program`, and returns its result: what is on stdout, or, where that is in a file, the line on
    /// stderr that begins with its name.
    ///
    /// # Errors
    ///
    /// It failed.
    fn run(&self, program: Program) -> Result<String> {
        let shown = program.shown();
        let Output { stdout, stderr, .. } = succeeded(&shown, program.with_files(self.stdin, self.stdout)?)?;
        if self.stdout.is_none() {
            return Ok(stdout.trim().to_owned());
        }
        let start = format!("{}: ", self.name);
        let last = stderr.lines().rfind(|line| line.starts_with(&start));
        Ok(last.unwrap_or_default().trim().to_owned())
    }
}

/// An admin process that ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The command, as a person would type it.
    pub command: String,
    /// Its result.
    pub output: String,
}

/// A stack, up or not. [`Stack::down`] may be called at any time, and more than once.
pub trait Stack {
    /// Starts it, and returns its visitor and its health once that is good.
    ///
    /// # Errors
    ///
    /// A part of it cannot be started, or its health is not good within the limit.
    fn up(&mut self, step: &Step) -> Result<(Visitor, Health)>;

    /// The address of the app; empty before it is up.
    fn url(&self) -> &str;

    /// What plays Redis in it: an image, or a program.
    fn redis(&self) -> &str;

    /// Where its Redis is, as the app's processes know it: `host:port`.
    fn redis_address(&self) -> String;

    /// The ways to run an admin process in it.
    fn ways(&self) -> &'static [Way];

    /// Runs an admin process.
    ///
    /// # Errors
    ///
    /// It failed.
    fn admin(&mut self, way: Way, call: &Call) -> Result<Ran>;

    /// Shows that an admin process that is run in this way runs where the factor wants it, a line each.
    ///
    /// # Errors
    ///
    /// It does not.
    fn prove(&self, way: Way) -> Result<Vec<String>>;

    /// The last lines that its services logged.
    fn last_words(&self) -> String;

    /// Removes all of it, even when the person has asked to stop.
    ///
    /// # Errors
    ///
    /// Something is left: what, and how to remove it.
    fn down(&mut self) -> Result;

    /// The command that removes it, for a person who keeps it.
    fn how_to_remove(&self) -> String;

    /// Lets go of it without removing it.
    fn keep(&mut self);
}
