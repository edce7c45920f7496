//! The kit: one plain tar for a room without network, that holds all that the stack and the book need, built.
//!
//! Unpacked, it is a folder with `start`, a script for which a machine needs Docker, and curl for the pages, and nothing else: it checks the
//! folder and runs this very program from it, with `FACTOR12_KIT` in its environment.

mod archive;
mod load;
mod save;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::failure::{Context, Failure, Result};
use crate::repository::{Repository, Sources};
use crate::text;

/// The variable that names the folder of the kit that this program runs from.
pub const VARIABLE: &str = "FACTOR12_KIT";

/// The folder that all files of a kit are in.
pub const FOLDER: &str = "factor12-kit";

/// What a manifest starts with; another number is another format.
const FORMAT: &str = "factor12-kit 2";

/// What a person can do with kits.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Write a kit: the images, this tree, the book and the programs, for machines like this one
    Save {
        /// The file to write, such as kit.tar
        file: PathBuf,
    },
    /// Check a kit to its last byte, unpack it, and load its images into the engine
    Load {
        /// The kit; none loads the images of the kit that this program runs from
        file: Option<PathBuf>,
        /// The folder to unpack it to
        #[arg(long, value_name = "FOLDER", default_value = FOLDER)]
        to: PathBuf,
    },
}

/// Runs a task.
///
/// # Errors
///
/// The kit cannot be made or is refused; nothing half-done is left.
pub fn run(repository: &Repository, task: &Task) -> Result {
    match task {
        Task::Save { file } => save::run(repository, file),
        Task::Load { file: Some(file), to } => load::run(file, to),
        Task::Load { file: None, .. } => load::own(repository),
    }
}

/// What a kit says of itself, in `kit.json`, its first file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `factor12-kit 2`.
    pub format: String,
    /// The app's build.
    pub build: String,
    /// The operating system and architecture that its programs are for, in Rust's words: `linux/x86_64`.
    pub host: String,
    /// The platform that its images are for, in Go's words: `linux/amd64`.
    pub engine: String,
    /// The commit of its tree, if it was as committed.
    pub commit: Option<String>,
    /// What each image was made of: by cargo's package, the digest of the sources.
    pub sources: BTreeMap<String, String>,
    /// Its images: their names, and the files that hold them.
    pub images: BTreeMap<String, String>,
}

/// An unpacked kit.
#[derive(Debug, Clone)]
pub struct Kit {
    folder: PathBuf,
    manifest: Manifest,
}

impl Kit {
    /// The kit that this program runs from, if it runs from one.
    ///
    /// # Errors
    ///
    /// Its manifest cannot be read.
    pub fn of_the_environment() -> Result<Option<Kit>> {
        own_folder().map(Kit::at).transpose()
    }

    /// The kit in a folder.
    fn at(folder: PathBuf) -> Result<Kit> {
        let path = folder.join(archive::MANIFEST);
        let text = fs::read(&path).context(|| path.display().to_string())?;
        let manifest = serde_json::from_slice(&text).context(|| path.display().to_string())?;
        Ok(Kit { folder, manifest })
    }

    /// The repository's tree in it.
    pub fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// The book as a site.
    fn book(&self) -> PathBuf {
        self.folder.join("book/index.html")
    }

    /// The commit of its tree, if it was as committed.
    pub fn commit(&self) -> Option<String> {
        self.manifest.commit.clone()
    }

    /// The digest of `sources` when the kit was made.
    pub fn made(&self, sources: Sources) -> Option<&str> {
        self.manifest.sources.get(sources.package()).map(String::as_str)
    }

    /// Its programs, by name.
    ///
    /// # Errors
    ///
    /// They cannot be listed.
    pub fn programs(&self) -> Result<BTreeMap<String, PathBuf>> {
        let folder = self.folder.join("bin");
        let listed = fs::read_dir(&folder).context(|| folder.display().to_string())?;
        let paths = listed.flatten().map(|entry| entry.path());
        Ok(paths.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path))).collect())
    }

    /// The file that holds an image, if there is one.
    pub fn image(&self, name: &str) -> Option<PathBuf> {
        self.manifest.images.get(name).map(|file| self.folder.join(file))
    }
}

/// The folder of the kit that this program runs from, if it runs from one.
fn own_folder() -> Option<PathBuf> {
    env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// How a person starts this program: by cargo, or in a kit by its script.
pub fn command() -> &'static str {
    if own_folder().is_some() { "./start" } else { "cargo xtask" }
}

/// The folder that a path is in, as one that can be opened.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// The system and architecture of this host, in Rust's words.
fn host() -> String {
    format!("{}/{}", env::consts::OS, env::consts::ARCH)
}

/// A failure of writing a file: a full disk is said with its cure.
fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    let reason = format!("{}: {error}", path.display());
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Failure::Missing { what: text!("no-disk", reason = reason), cure: text!("no-disk-here-cure") }
        }
        _ => Failure::Failed(reason),
    }
}
