//! The stack's images: on this machine, and made of this tree's sources.
//!
//! In this order: they are here; they can be built and pulled; else they are packed from what this
//! host alone can build, so that a room without a registry runs the real stack too.

mod app;
mod pack;
mod redis;

use std::time::Duration;

use crate::engine::{Engine, docker};
use crate::failure::{Failure, Result};
use crate::narration::Step;
use crate::process::{Program, succeeded};
use crate::repository::Repository;
use crate::text;

/// The label that holds the digest of the sources that an image was made of.
const SOURCES: &str = "factor12.sources";

/// The label that holds the commit that an image was made at
/// (<https://specs.opencontainers.org/image-spec/annotations/>).
const REVISION: &str = "org.opencontainers.image.revision";

/// How much is done to have the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// What is here will do, a stand-in for Redis too: for a task that only needs the stack.
    Enough,
    /// A stand-in is replaced if a real Redis can be had.
    Best,
    /// Nothing is asked of a registry.
    Offline,
}

/// The images to run the stack with.
#[derive(Debug, Clone)]
pub struct Images {
    /// The id of the app's image: no other tree can put another image in its place.
    pub app: String,
    /// The name of the image that plays Redis.
    pub redis: String,
    /// How each of them was had, a line each.
    pub told: Vec<String>,
}

/// Makes sure that the images are here and current.
///
/// # Errors
///
/// An image can neither be found, pulled, built nor packed: what was tried, and why it failed.
pub fn ensure(repository: &Repository, engine: &Engine, effort: Effort, step: &Step) -> Result<Images> {
    let maker = Maker {
        repository,
        engine,
        effort,
        step,
    };
    let (app, app_told) = app::ensure(&maker)?;
    let (redis, redis_told) = redis::ensure(&maker)?;
    Ok(Images {
        app,
        redis,
        told: vec![app_told, redis_told],
    })
}

/// `cargo xtask images`.
///
/// # Errors
///
/// As [`ensure`]; and [`Failure::Missing`] where no engine answers.
pub fn run(repository: &Repository, offline: bool) -> Result {
    let engine = Engine::find()?;
    let effort = if offline { Effort::Offline } else { Effort::Best };
    let step = Step::begin(text!("step-images"));
    match ensure(repository, &engine, effort, &step) {
        Ok(images) => {
            step.done("");
            images.told.iter().for_each(|line| crate::narration::aside(line));
            Ok(())
        }
        Err(failure) => {
            step.failed();
            Err(failure)
        }
    }
}

/// What every way to have an image needs.
struct Maker<'a> {
    repository: &'a Repository,
    engine: &'a Engine,
    effort: Effort,
    step: &'a Step,
}

impl Maker<'_> {
    /// Runs a program of which the person sees the last line.
    fn run(&self, program: Program) -> Result {
        let shown = program.shown();
        let output = program.lines(|line| self.step.hear(line))?;
        succeeded(&shown, output).map(drop)
    }

    /// Pulls an image that is not here.
    ///
    /// # Errors
    ///
    /// It cannot be pulled, or not within the limit: a registry that stalls must not stall a lesson.
    fn pull(&self, image: &str) -> Result {
        const LIMIT: Duration = Duration::from_secs(180);
        if self.effort == Effort::Offline {
            return Err(Failure::Failed(text!("not-pulled-offline", image = image)));
        }
        self.run(docker(["pull", "--quiet", image]).limit(LIMIT))
    }
}

/// The id of an image that is here.
fn id(image: &str) -> Result<Option<String>> {
    inspect(image, "{{.Id}}")
}

/// What `format` gives of an image, or `None` where it is not here.
fn inspect(image: &str, format: &str) -> Result<Option<String>> {
    let output = docker(["image", "inspect", "--format", format, image]).output()?;
    Ok(output.status.success().then(|| output.stdout.trim().to_owned()))
}

/// The id of `image`, if it is here and made of the sources with this digest, at this commit.
fn current(image: &str, digest: &str, commit: &str) -> Result<Option<String>> {
    let format = format!(
        "{{{{.Id}}}} {{{{index .Config.Labels \"{SOURCES}\"}}}} {{{{index .Config.Labels \"{REVISION}\"}}}}"
    );
    let Some(said) = inspect(image, &format)? else {
        return Ok(None);
    };
    let mut words = said.split(' ');
    let id = words.next().map(str::to_owned);
    Ok(id.filter(|_| words.next() == Some(digest) && words.next() == Some(commit)))
}

/// The value that `file` gives to the name before `marker`, up to a character that cannot belong to it.
fn named_in(repository: &Repository, file: &str, marker: &str) -> Result<String> {
    let text = repository.read(file)?;
    let value = text
        .split_once(marker)
        .map(|(_, rest)| rest.split(['}', '\n', '\r', ' ']).next().unwrap_or_default());
    value
        .map(str::to_owned)
        .ok_or_else(|| Failure::Failed(text!("not-in-file", file = file, marker = marker)))
}

/// The names of the stack's images, and whether they are here (the app's: current).
///
/// # Errors
///
/// The sources cannot be read.
pub fn look(repository: &Repository) -> Result<Vec<(String, bool)>> {
    Ok(vec![app::look(repository)?, redis::look(repository)?])
}
