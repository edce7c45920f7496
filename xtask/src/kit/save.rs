//! `cargo xtask kit save`: all that a kit holds is made, gathered in one tar, and checked as it will be loaded
//! before the file gets its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;
use walkdir::WalkDir;

use crate::cargo::{self, Binaries, Purpose, binary};
use crate::engine::{Engine, docker, no_disk};
use crate::failure::{Context, Failure, Result};
use crate::images::{self, Effort};
use crate::narration::{Step, aside, headline};
use crate::process::{Program, go_on, succeeded};
use crate::repository::{Repository, Sources};
use crate::text;

use super::archive::{self, Content, Source};
use super::{FORMAT, Manifest, folder_of, host, not_written};

/// How long an image may take to be saved, and the book to be built.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// The script that a kit is started with; its name for this system is put in.
const START: &str = include_str!("start");

/// Writes a kit.
///
/// # Errors
///
/// [`Failure::Missing`]: no engine, no image of a real Redis, no git, no room; or something cannot be made or written. There is no file
/// then, or the one that was there.
pub fn run(repository: &Repository, file: &Path) -> Result {
    if repository.kit.is_some() {
        return Err(Failure::Missing { what: text!("kit-in-kit"), cure: text!("kit-in-kit-cure") });
    }
    if file.is_dir() {
        return Err(Failure::Missing {
            what: text!("kit-folder", file = file.display()),
            cure: text!("kit-folder-cure", file = file.join("kit.tar").display()),
        });
    }
    let part = part(file)?;
    let tree = tree(repository)?;
    let engine = Engine::find()?;
    let images = with_step(text!("step-images"), |step| {
        let images = images::ensure(repository, &engine, Effort::Best, step)?;
        let real = images::real_redis(repository)?;
        if images.redis != real {
            return Err(Failure::Missing {
                what: text!("kit-no-redis", image = images.redis),
                cure: text!("kit-no-redis-cure", image = real),
            });
        }
        Ok(images)
    })?;
    images.told.iter().for_each(|line| aside(line));
    let sources = sources(repository)?;
    let app = images::app(repository)?;
    let binaries = with_step(text!("step-programs"), |step| programs(repository, step))?;
    let target = repository.root.join("target");
    fs::create_dir_all(&target).map_err(|error| not_written(&target, &error))?;
    let room = tempfile::Builder::new().prefix("kit-").tempdir_in(&target);
    let room = room.map_err(|error| not_written(&target, &error))?;
    let book = room.path().join("book");
    with_step(text!("step-book"), |step| build_book(repository, &binaries, &book, step))?;
    let mut contents = vec![start()?];
    contents.extend(binaries.iter().map(|(name, path)| program(name, path)));
    let mut held = BTreeMap::new();
    if images::id(&app)?.as_ref() != Some(&images.app) {
        // Another clone has given the name to an image of its own meanwhile.
        return Err(Failure::Failed(text!("kit-other-image", image = app)));
    }
    for (package, name) in [("factor12", app), ("redis", images.redis.clone())] {
        let path = room.path().join(format!("{package}.tar"));
        with_step(text!("step-image", image = name), |_| save_image(&name, &path))?;
        let inside = format!("images/{package}.tar");
        contents.push(plain(inside.clone(), path));
        held.insert(name, inside);
    }
    contents.extend(folder("book", &book)?);
    contents.extend(tree);
    if self::sources(repository)? != sources {
        return Err(Failure::Failed(text!("kit-sources-changed")));
    }
    let manifest = manifest(repository, &engine, sources, held)?;
    with_step(text!("step-write"), |_| write(part, file, &manifest, &contents))?;
    let size = fs::metadata(file).map(|data| data.len()).unwrap_or_default();
    headline(&text!(
        "kit-saved",
        file = file.display(),
        size = size.div_ceil(1_000_000),
        build = manifest.build,
        host = manifest.host
    ));
    Ok(())
}

/// Does something that a person waits for.
fn with_step<T>(name: String, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
    let step = Step::begin(name);
    let done = work(&step);
    match &done {
        Ok(_) => step.done(""),
        Err(_) => step.failed(),
    }
    done
}

/// The kit's programs, each one static file: a machine with another C library runs them too.
fn programs(repository: &Repository, step: &Step) -> Result<Binaries> {
    let packages = ["factor12", "pocket-redis", "press", "xtask"];
    cargo::build(repository, &packages, Purpose::Kit, |line| step.hear(line))
}

/// The book as a site, built by the very program that goes with it.
fn build_book(repository: &Repository, binaries: &Binaries, out: &Path, step: &Step) -> Result {
    let press = Program::new(binary(binaries, "press")?).args(["build", "--out"]).args([out]);
    let press = press.dir(&repository.root).limit(LIMIT);
    let shown = press.shown();
    let output = press.lines(|line| step.hear(line))?;
    succeeded(&shown, output).map(drop).map_err(no_disk)
}

fn save_image(name: &str, path: &Path) -> Result {
    let saved = docker(["save", "--output"]).args([path]).args([name]).limit(LIMIT);
    let shown = saved.shown();
    succeeded(&shown, saved.output()?).map(drop).map_err(no_disk)
}

/// The script, for this system.
fn start() -> Result<Content> {
    let system = Program::new("uname").args(["-sm"]).stdout()?;
    let text = START.replace("@SYSTEM@", &system);
    Ok(Content { path: "start".to_owned(), source: Source::Bytes(text.into_bytes()), is_program: true })
}

fn program(name: &str, path: &Path) -> Content {
    Content { path: format!("bin/{name}"), source: Source::File(path.to_owned()), is_program: true }
}

fn plain(path: String, file: PathBuf) -> Content {
    Content { path, source: Source::File(file), is_program: false }
}

/// The files of a folder, in the kit's folder of this name.
fn folder(name: &str, folder: &Path) -> Result<Vec<Content>> {
    let mut contents = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.context(|| folder.display().to_string())?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            contents.push(plain(inside(name, &path.to_string_lossy()), entry.path().to_owned()));
        }
    }
    Ok(contents)
}

fn inside(folder: &str, path: &str) -> String {
    format!("{folder}/{}", path.replace('\\', "/"))
}

/// The files of the repository that git knows, as they are now.
fn tree(repository: &Repository) -> Result<Vec<Content>> {
    let listed = Program::new("git").args(["ls-files", "-z"]).dir(&repository.root).stdout();
    let listed = listed.map_err(|failure| match failure {
        Failure::Interrupted => failure,
        failure => {
            Failure::Missing { what: text!("kit-no-git", reason = failure), cure: text!("kit-no-git-cure") }
        }
    })?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    // One that is removed and not committed yet is not part of the tree.
    let files = paths.map(|path| (path, repository.root.join(path))).filter(|(_, file)| file.is_file());
    let files: Vec<_> = files.collect();
    // What is built here is built of all files that are there, and must be what the kit's tree holds.
    let known: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
    let sources = [repository.files(Sources::App)?, repository.files(Sources::PocketRedis)?];
    for path in sources.into_iter().flatten() {
        if !known.contains(path.as_str()) {
            return Err(Failure::Missing {
                what: text!("kit-stray", path = path),
                cure: text!("kit-stray-cure", path = path),
            });
        }
    }
    Ok(files
        .into_iter()
        .map(|(path, file)| {
            let is_program = is_program(&file);
            Content { path: inside("tree", path), source: Source::File(file), is_program }
        })
        .collect())
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    false
}

/// What the images and programs are made of.
fn sources(repository: &Repository) -> Result<BTreeMap<String, String>> {
    let made = |one: Sources| Ok((one.package().to_owned(), repository.digest(one)?));
    [Sources::App, Sources::PocketRedis].into_iter().map(made).collect()
}

fn manifest(
    repository: &Repository,
    engine: &Engine,
    sources: BTreeMap<String, String>,
    images: BTreeMap<String, String>,
) -> Result<Manifest> {
    Ok(Manifest {
        format: FORMAT.to_owned(),
        build: repository.build(Sources::App)?,
        host: host(),
        engine: engine.platform.clone(),
        commit: repository.commit(),
        sources,
        images,
    })
}

/// The file under another name, beside its place.
fn part(file: &Path) -> Result<NamedTempFile> {
    let parent = folder_of(file);
    let part = tempfile::Builder::new().prefix(".factor12-kit-").tempfile_in(parent);
    part.map_err(|error| not_written(parent, &error))
}

/// Writes the file under its other name, reads it back, and gives it its own.
fn write(part: NamedTempFile, file: &Path, manifest: &Manifest, contents: &[Content]) -> Result {
    let written = written(part.as_file(), manifest, contents);
    written.map_err(|error| match go_on() {
        Err(interrupted) => interrupted,
        Ok(()) => not_written(file, &error),
    })?;
    let back = || File::open(part.path()).context(|| part.path().display().to_string());
    let (_, sums) = archive::head(back()?).map_err(|trouble| unlike(file, &trouble))?;
    archive::unpack(back()?, &sums, None, &mut |_| go_on().is_ok())
        .map_err(|trouble| unlike(file, &trouble))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A stick may know no modes.
        part.as_file().set_permissions(fs::Permissions::from_mode(0o644)).ok();
    }
    part.persist(file).map_err(|error| not_written(file, &error.error))?;
    Ok(())
}

fn written(file: &File, manifest: &Manifest, contents: &[Content]) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, file);
    archive::write(&mut out, manifest, contents, &|| go_on().is_err())?;
    out.flush()?;
    drop(out);
    file.sync_all()
}

/// What was written is not what is read.
fn unlike(file: &Path, trouble: &archive::Trouble) -> Failure {
    match trouble {
        archive::Trouble::Stopped => Failure::Interrupted,
        trouble => {
            Failure::Failed(text!("kit-unlike", file = file.display(), reason = format!("{trouble:?}")))
        }
    }
}
