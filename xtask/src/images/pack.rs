//! Images from this host alone: static binaries built here, and no base image.
//!
//! `docker import` makes one in one go; a builder that is not BuildKit takes a second for each line of a Dockerfile.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use tar::{Builder, EntryType, Header};

use crate::cargo::{self, Binaries, Purpose};
use crate::engine::docker;
use crate::failure::{Context, Failure, Result};
use crate::repository::Sources;
use crate::text;

use super::{Build, Maker, SOURCES};

/// Where an image has its programs, each folder after the one that it is in.
const FOLDERS: [&str; 3] = ["usr/", "usr/local/", "usr/local/bin/"];

/// Packs the programs of `sources` into an image, and returns its id. `all` are the sources that are to be packed, one by one.
///
/// # Errors
///
/// The engine runs another system or architecture than this host's; the build or the packing fails.
pub fn pack(maker: &Maker, sources: Sources, all: &[Sources], image: Build) -> Result<String> {
    const LIMIT: Duration = Duration::from_secs(120);
    if !maker.engine.runs_what_this_host_builds() {
        return Err(Failure::Failed(text!("other-platform", platform = maker.engine.platform)));
    }
    let packages: Vec<&str> = all.iter().map(|one| one.package()).collect();
    let mut built =
        cargo::build_each(maker.repository, &packages, Purpose::Image, |line| maker.step.hear(line))?;
    let programs = built.remove(sources.package());
    let programs = programs.ok_or_else(|| Failure::Failed(text!("no-binary", name = sources.package())))?;
    let room = maker.room().context(|| text!("doing-pack", image = image.name))?;
    let tar = room.path().join("image.tar");
    File::create(&tar)
        .and_then(|file| write(file, programs))
        .context(|| text!("doing-pack", image = image.name))?;
    maker.step.hear(image.name);
    let label = format!("LABEL {SOURCES}={}", image.digest);
    let changes = changes(sources).iter().copied().chain([label.as_str()]);
    let import = docker(["import"]).args(changes.flat_map(|change| ["--change", change]));
    import.args([tar.as_os_str(), image.name.as_ref()]).limit(LIMIT).stdout()
}

/// What an image says of itself, in a Dockerfile's words: as the last stage of the app's own, and as Redis' image.
fn changes(sources: Sources) -> &'static [&'static str] {
    match sources {
        Sources::App => &["ENV PATH=/usr/local/bin", "USER 65532:65532", "EXPOSE 8080", r#"CMD ["web"]"#],
        Sources::PocketRedis => {
            &["ENV PATH=/usr/local/bin", "USER 999:1000", r#"CMD ["redis-server", "--bind", "0.0.0.0"]"#]
        }
    }
}

/// Writes the programs as an image has them. Whatever the person keeps from others, the image's own user runs them.
fn write(file: File, programs: Binaries) -> io::Result<()> {
    let mut tar = Builder::new(file);
    let mut append = |path: &str, kind, length, content: &mut dyn Read| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(length);
        header.set_mode(0o755);
        header.set_mtime(tar::DETERMINISTIC_TIMESTAMP);
        tar.append_data(&mut header, path, content)
    };
    for folder in FOLDERS {
        append(folder, EntryType::Directory, 0, &mut io::empty())?;
    }
    for (program, path) in programs {
        // It answers to the name of the server whose place it takes.
        let name = if program == "pocket-redis" { "redis-server" } else { &program };
        let mut content = File::open(path)?;
        append(
            &format!("usr/local/bin/{name}"),
            EntryType::Regular,
            content.metadata()?.len(),
            &mut content,
        )?;
    }
    tar.into_inner().map(drop)
}
