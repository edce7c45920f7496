//! `cargo xtask kit load`: a kit is checked to its last byte and unpacked beside its place; only then its images are
//! loaded, and the folder is put in its place. Whatever fails on the way, nothing half-done is left.

use std::fs::{self, File};
use std::path::Path;

use crate::engine::Engine;
use crate::failure::{Context, Failure, Result};
use crate::images::{self, Effort};
use crate::narration::{Step, aside, headline};
use crate::process::go_on;
use crate::repository::Repository;
use crate::text;

use super::archive::{self, Refusal, Sums, Trouble};
use super::{Kit, Manifest, folder_of, host, not_written};

/// Loads the images of the kit that this program runs from.
///
/// # Errors
///
/// [`Failure::Missing`]: it runs from none; or as [`images`].
pub fn own(repository: &Repository) -> Result {
    let Some(kit) = &repository.kit else {
        return Err(Failure::Missing { what: text!("kit-which"), cure: text!("kit-which-cure") });
    };
    let engine = engine(&kit.manifest)?;
    load_images(repository, &engine)?;
    ready(kit);
    Ok(())
}

/// Checks and unpacks a kit to the folder `to`, and loads its images.
///
/// # Errors
///
/// [`Failure::Missing`]: no engine, or one of another platform; a folder that is in the way; a full disk. The file is refused, with
/// the reason.
pub fn run(file: &Path, to: &Path) -> Result {
    let (manifest, sums) = archive::head(open(file)?).map_err(|trouble| told(file, trouble))?;
    let engine = engine(&manifest)?;
    if fs::symlink_metadata(to).is_ok() {
        // The very kit is not unpacked again.
        let there = fs::read_to_string(to.join(archive::SUMS)).ok().and_then(|text| Sums::parse(&text));
        if there.as_ref() != Some(&sums) {
            return Err(Failure::Missing {
                what: text!("kit-in-the-way", folder = to.display()),
                cure: text!("kit-in-the-way-cure"),
            });
        }
        if let Some(path) = archive::unlike_in(to, &sums) {
            return Err(Failure::Missing {
                what: text!("kit-there-damaged", folder = to.display(), path = path),
                cure: text!("kit-in-the-way-cure"),
            });
        }
        aside(&text!("kit-there", folder = to.display()));
        return finish(to, &engine);
    }
    let parent = folder_of(to);
    let folder = tempfile::Builder::new().prefix(".factor12-kit-").tempdir_in(parent);
    let folder = folder.map_err(|error| not_written(parent, &error))?;
    unpack(file, &sums, folder.path())?;
    let kit = Kit::at(folder.path().to_owned())?;
    let before = load_images(&Repository::in_kit(kit), &engine)?;
    if let Err(error) = fs::rename(folder.path(), to) {
        unload(&before);
        return Err(not_written(to, &error));
    }
    // It is no longer where it would be removed from.
    let _ = folder.keep();
    open_to_others(to);
    ready(&Kit::at(to.to_owned())?);
    Ok(())
}

/// Loads the images of a kit that is there, and says what can be done with it.
fn finish(folder: &Path, engine: &Engine) -> Result {
    let kit = Kit::at(folder.to_owned())?;
    load_images(&Repository::in_kit(kit.clone()), engine)?;
    ready(&kit);
    Ok(())
}

/// A temporary folder is its maker's alone; this one is as any other from now on, where there are modes.
fn open_to_others(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).ok();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

fn open(file: &Path) -> Result<File> {
    File::open(file).context(|| file.display().to_string())
}

fn unpack(file: &Path, sums: &Sums, folder: &Path) -> Result {
    let length = fs::metadata(file).map(|data| data.len()).unwrap_or_default().max(1);
    let step = Step::begin(text!("step-unpack"));
    let mut shown = 0;
    let unpacked = archive::unpack(open(file)?, sums, Some(folder), &mut |read| {
        let percent = (read * 100 / length).min(100);
        if percent != shown {
            shown = percent;
            step.hear(&format!("{percent} %"));
        }
        go_on().is_ok()
    });
    match unpacked {
        Ok(()) => {
            step.done("");
            Ok(())
        }
        Err(trouble) => {
            step.failed();
            Err(told(file, trouble))
        }
    }
}

/// An engine that runs the kit's images, on a host that runs its programs.
fn engine(manifest: &Manifest) -> Result<Engine> {
    let other = |made: &str, this: &str| Failure::Missing {
        what: text!("kit-platform", made = made, this = this),
        cure: text!("kit-platform-cure"),
    };
    if manifest.host != host() {
        return Err(other(&manifest.host, &host()));
    }
    let engine = Engine::find()?;
    if manifest.engine != engine.platform {
        return Err(other(&manifest.engine, &engine.platform));
    }
    Ok(engine)
}

/// Images by name: their ids, where they were here.
type Before = Vec<(String, Option<String>)>;

/// Makes the kit's images those of the stack, and returns what had their names before. If that fails, it has them again.
fn load_images(kit: &Repository, engine: &Engine) -> Result<Before> {
    let names = images::look(kit)?.into_iter().map(|(name, _)| name);
    let before: Before = names.map(|name| Ok((name.clone(), images::id(&name)?))).collect::<Result<_>>()?;
    let step = Step::begin(text!("step-images"));
    match images::ensure(kit, engine, Effort::Offline, &step) {
        Ok(images) => {
            step.done("");
            images.told.iter().for_each(|line| aside(line));
            Ok(before)
        }
        Err(failure) => {
            step.failed();
            unload(&before);
            Err(failure)
        }
    }
}

/// Gives images their names back, and removes those that had none.
fn unload(before: &Before) {
    for (name, id) in before {
        match id {
            Some(id) => images::name(id, name).ok(),
            None => images::remove(name).ok(),
        };
    }
}

/// Says what can be done now.
fn ready(kit: &Kit) {
    let folder = fs::canonicalize(&kit.folder).unwrap_or_else(|_| kit.folder.clone());
    let folder = Kit { folder, manifest: kit.manifest.clone() };
    headline(&text!("kit-ready", build = kit.manifest.build));
    let told = text!("kit-commands", folder = folder.folder.display(), book = folder.book().display());
    told.lines().for_each(aside);
}

/// Why a file is no good, for a person.
fn told(file: &Path, trouble: Trouble) -> Failure {
    let file = file.display();
    let refusal = match trouble {
        Trouble::Refused(refusal) => refusal,
        Trouble::Unread(error) => return Failure::Failed(text!("kit-unread", file = file, reason = error)),
        Trouble::Unwritten(path, error) => return not_written(&path, &error),
        Trouble::Stopped => return Failure::Interrupted,
    };
    let reason = match refusal {
        Refusal::Foreign(found) => text!("kit-foreign", found = found),
        Refusal::CutOff { all: 0, .. } => text!("kit-no-head"),
        Refusal::CutOff { whole, all } if whole == all => text!("kit-no-end"),
        Refusal::CutOff { whole, all } => text!("kit-cut-off", whole = whole, all = all),
        Refusal::Altered(path) => text!("kit-altered", path = path),
        Refusal::Unlisted(path) => text!("kit-unlisted", path = path),
    };
    Failure::Failed(text!("kit-refused", file = file, reason = reason))
}
