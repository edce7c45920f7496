//! The stack's images: on this machine, and made of this tree's sources.
//!
//! In this order: they are here; they can be built and pulled; else they are packed from what this
//! host alone can build, so that a room without a registry runs the real stack too.

mod app;
mod pack;
mod redis;

pub use redis::STAND_IN;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::time::Duration;

use tempfile::TempDir;

use crate::engine::{Engine, docker, no_disk};
use crate::failure::{Context, Failure, Result};
use crate::narration::Step;
use crate::process::{Program, succeeded};
use crate::repository::{Repository, Sources};
use crate::text;

/// The label that holds the digest of the sources that an image was made of.
const SOURCES: &str = "factor12.sources";

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

impl Images {
    /// Whether a stand-in plays Redis.
    pub fn is_stand_in(&self) -> bool {
        self.redis == STAND_IN
    }
}

/// Makes sure that the images are here and current.
///
/// # Errors
///
/// An image can neither be found, pulled, built nor packed: what was tried, and why it failed.
pub fn ensure(repository: &Repository, engine: &Engine, effort: Effort, step: &Step) -> Result<Images> {
    let maker = Maker { repository, engine, effort, step };
    let (app, redis) = (app::find(&maker)?, redis::find(&maker)?);
    let to_pack = [(&app, Sources::App), (&redis, Sources::PocketRedis)];
    let to_pack = to_pack.into_iter().filter(|(found, _)| matches!(found, Found::ToPack(_)));
    let to_pack: Vec<Sources> = to_pack.map(|(_, sources)| sources).collect();
    let (app, app_told) = match app {
        Found::Here(app, told) => (app, told),
        Found::ToPack(why) => app::pack(&maker, &to_pack, &why)?,
    };
    let (redis, redis_told) = match redis {
        Found::Here(redis, told) => (redis, told),
        Found::ToPack(why) => redis::pack(&maker, &to_pack, &why)?,
    };
    Ok(Images { app, redis, told: vec![app_told, redis_told] })
}

/// What comes of looking for an image, on this machine and elsewhere.
enum Found {
    /// It is here now: how it is called, and how it was had.
    Here(String, String),
    /// It has to be packed, for this reason.
    ToPack(String),
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

    /// Loads an image from the kit that the repository is a part of; returns whether there is one.
    ///
    /// # Errors
    ///
    /// The engine does not take it.
    fn load(&self, image: &str) -> Result<bool> {
        const LIMIT: Duration = Duration::from_secs(10 * 60);
        let Some(file) = self.repository.kit.as_ref().and_then(|kit| kit.image(image)) else {
            return Ok(false);
        };
        self.step.hear(image);
        self.run(docker(["load", "--quiet", "--input"]).args([file]).limit(LIMIT)).map_err(no_disk)?;
        Ok(true)
    }

    /// Pulls an image that is not here.
    ///
    /// # Errors
    ///
    /// It cannot be pulled, or not within the limit: a registry that stalls must not stall a lesson.
    fn pull(&self, image: &str) -> Result {
        const LIMIT: Duration = Duration::from_secs(10 * 60);
        const FIRST_LINE: Duration = Duration::from_secs(30);
        if self.effort == Effort::Offline {
            return Err(Failure::Failed(text!("not-pulled-offline", image = image)));
        }
        self.run(docker(["pull", image]).limit(LIMIT).first_line_within(FIRST_LINE))
    }

    /// A temporary folder in the tree, where Docker's client reads what it builds: one that is a snap has a `/tmp` of its own.
    fn room(&self) -> io::Result<TempDir> {
        let target = self.repository.root.join("target");
        let made = fs::create_dir_all(&target).and_then(|()| tempfile::tempdir_in(target));
        // A tree that we may not write to.
        made.or_else(|_| tempfile::tempdir())
    }

    /// Builds an image with its labels and returns its id: by its name alone it could be another tree's.
    fn build(&self, build: Build, arguments: impl FnOnce(Program) -> Program) -> Result<String> {
        let dir = self.room().context(|| text!("doing-pack", image = build.name))?;
        let id = dir.path().join("id");
        let program = docker(["build", "--tag", build.name])
            .args(["--label".to_owned(), format!("{SOURCES}={}", build.digest)])
            .args([OsStr::new("--iidfile"), id.as_os_str()]);
        self.run(arguments(program))?;
        let id = fs::read_to_string(&id).context(|| text!("doing-pack", image = build.name))?;
        Ok(id.trim().to_owned())
    }
}

/// An image to be built: its name, and what its labels say of its sources.
#[derive(Clone, Copy)]
struct Build<'a> {
    name: &'a str,
    digest: &'a str,
}

/// The id of an image that is here.
///
/// # Errors
///
/// The engine does not say.
pub fn id(image: &str) -> Result<Option<String>> {
    inspect(image, "{{.Id}}")
}

/// What `format` gives of an image, or `None` where it is not here.
fn inspect(image: &str, format: &str) -> Result<Option<String>> {
    let output = docker(["image", "inspect", "--format", format, image]).output()?;
    Ok(output.status.success().then(|| output.stdout.trim().to_owned()))
}

/// The id of an image, if it is here and made of the very sources that it would be built from.
fn current(build: Build) -> Result<Option<String>> {
    let format = format!("{{{{.Id}}}} {{{{index .Config.Labels \"{SOURCES}\"}}}}");
    let said = inspect(build.name, &format)?;
    let id = said.as_deref().and_then(|said| said.strip_suffix(&format!(" {}", build.digest)));
    Ok(id.map(str::to_owned))
}

/// The image that `file` names behind `marker`.
fn named_in(repository: &Repository, file: &str, marker: &str) -> Result<String> {
    let text = repository.read(file)?;
    let value = text
        .split_once(marker)
        .map(|(_, rest)| rest.split(['}', '\n', '\r', ' ']).next().unwrap_or_default());
    value
        .map(str::to_owned)
        .ok_or_else(|| Failure::Failed(text!("not-in-file", file = file, marker = marker)))
}

/// The name of the app's image.
///
/// # Errors
///
/// It cannot be read.
pub fn app(repository: &Repository) -> Result<String> {
    app::name(repository)
}

/// The name of the image of a real Redis.
///
/// # Errors
///
/// It cannot be read.
pub fn real_redis(repository: &Repository) -> Result<String> {
    redis::real(repository)
}

/// Gives an image a name, even when the person has asked to stop.
///
/// # Errors
///
/// There is no such image any more.
pub fn name(id: &str, name: &str) -> Result {
    docker(["image", "tag", id, name]).must_end().stdout().map(drop)
}

/// Removes an image, even when the person has asked to stop.
///
/// # Errors
///
/// It cannot be removed.
pub fn remove(image: &str) -> Result {
    docker(["image", "rm", "--force", image]).must_end().stdout().map(drop)
}

/// The names of the stack's images, and whether they are here (the app's: current).
///
/// # Errors
///
/// The sources cannot be read.
pub fn look(repository: &Repository) -> Result<Vec<(String, bool)>> {
    Ok(vec![app::look(repository)?, redis::look(repository)?])
}
