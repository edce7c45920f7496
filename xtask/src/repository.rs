//! The tree that we work on: where it is, and which build its sources give.

// The app's build script takes its digest with the same code.
#[path = "../../examples/factor12/build/digest.rs"]
pub mod digest;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use runbook::encoding::NotText;

use crate::failure::{Context, Failure, Result};
use crate::kit::Kit;
use crate::text;

/// A copy of this repository, with or without git's history.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The folder that holds `docker-compose.yml`.
    pub root: PathBuf,
    /// The kit that it is a part of, if it is.
    pub kit: Option<Kit>,
}

/// The sources of one program: what goes into its image, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// `factor12`: `web` and its admin processes.
    App,
    /// `pocket-redis`.
    PocketRedis,
}

impl Sources {
    /// The cargo package.
    pub fn package(self) -> &'static str {
        match self {
            Sources::App => "factor12",
            Sources::PocketRedis => "pocket-redis",
        }
    }
}

impl Repository {
    /// The repository in the kit that we run from, else the one that cargo runs us in, or else the one that the current
    /// folder is a part of.
    ///
    /// # Errors
    ///
    /// The current folder is in no copy of this repository.
    pub fn find() -> Result<Repository> {
        if let Some(kit) = Kit::of_the_environment()? {
            return Ok(Repository::in_kit(kit));
        }
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(xtask) => PathBuf::from(xtask),
            None => env::current_dir().context(|| text!("doing-find-repository"))?,
        };
        let is_root = |dir: &&Path| dir.join("docker-compose.yml").is_file() && dir.join("xtask").is_dir();
        let root = start.ancestors().find(is_root).ok_or_else(|| Failure::Missing {
            what: text!("no-repository", dir = start.display()),
            cure: text!("no-repository-cure"),
        })?;
        Ok(Repository { root: root.to_owned(), kit: None })
    }

    /// The repository in a kit.
    pub fn in_kit(kit: Kit) -> Repository {
        Repository { root: kit.tree(), kit: Some(kit) }
    }

    /// The files that `sources` are made of, from the root of the repository.
    ///
    /// # Errors
    ///
    /// A folder cannot be read.
    pub fn files(&self, sources: Sources) -> Result<Vec<String>> {
        digest::files(&self.root, sources.package()).context(|| sources.package().to_owned())
    }

    /// A digest of what `sources` are built from, in hexadecimal: equal trees have equal ones.
    ///
    /// # Errors
    ///
    /// A source cannot be read.
    pub fn digest(&self, sources: Sources) -> Result<String> {
        digest::digest(&self.root, sources.package()).context(|| sources.package().to_owned())
    }

    /// The build that these sources give: what `--version` of a program that was compiled from them says.
    ///
    /// # Errors
    ///
    /// As [`Repository::digest`].
    pub fn build(&self, sources: Sources) -> Result<String> {
        Ok(digest::short(&self.digest(sources)?).to_owned())
    }

    /// The commit of the tree, if nothing was changed since. A kit knows what it was.
    pub fn commit(&self) -> Option<String> {
        if let Some(kit) = &self.kit {
            return kit.commit();
        }
        runbook::commit(&self.root)
    }

    /// Whether `sources` are what the programs and images of the kit were made of.
    pub fn is_as_made(&self, sources: Sources) -> bool {
        let made = self.kit.as_ref().and_then(|kit| kit.made(sources));
        made.is_some_and(|made| self.digest(sources).is_ok_and(|digest| digest == made))
    }

    /// The text of a file of the repository.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no text.
    pub fn read(&self, path: &str) -> Result<String> {
        let bytes = fs::read(self.root.join(path)).context(|| path.to_owned())?;
        runbook::encoding::of(bytes).map_err(not_text).context(|| path.to_owned())
    }
}

/// Why a file is no text, in the language of the narration.
fn not_text(reason: NotText) -> String {
    match reason {
        NotText::Utf16 => text!("text-utf-16"),
        NotText::Nul(line) => text!("text-nul", line = line),
        NotText::NotUtf8(line) => text!("text-not-utf-8", line = line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy() -> (tempfile::TempDir, Repository) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("examples/factor12/src")).unwrap();
        for path in
            ["Cargo.lock", "Cargo.toml", "examples/factor12/Cargo.toml", "examples/factor12/src/lib.rs"]
        {
            fs::write(dir.path().join(path), path).unwrap();
        }
        let repository = Repository { root: dir.path().to_owned(), kit: None };
        (dir, repository)
    }

    #[test]
    fn the_digest_follows_the_sources_and_nothing_else() {
        let (dir, repository) = copy();
        let before = repository.digest(Sources::App).unwrap();
        fs::write(dir.path().join("README.md"), "new").unwrap();
        assert_eq!(repository.digest(Sources::App).unwrap(), before);
        fs::write(dir.path().join("examples/factor12/src/lib.rs"), "new").unwrap();
        let other_code = repository.digest(Sources::App).unwrap();
        assert_ne!(other_code, before);
        // They are compiled into the app.
        fs::create_dir(dir.path().join("examples/factor12/scripts")).unwrap();
        fs::write(dir.path().join("examples/factor12/scripts/report.rhai"), "new").unwrap();
        assert_ne!(repository.digest(Sources::App).unwrap(), other_code);
    }

    #[test]
    fn a_file_is_read_without_its_byte_order_mark_and_what_is_no_text_is_refused_by_its_name() {
        let (dir, repository) = copy();
        let read = |bytes: &[u8]| {
            fs::write(dir.path().join("page.md"), bytes).unwrap();
            repository.read("page.md").map_err(|failure| failure.to_string())
        };
        assert_eq!(read("\u{feff}# T\n".as_bytes()), Ok("# T\n".to_owned()));
        for (bytes, why) in [
            (b"\xff\xfe#\0".as_slice(), text!("text-utf-16")),
            (b"\n#\0", text!("text-nul", line = 2)),
            (b"\n\n\xe7", text!("text-not-utf-8", line = 3)),
        ] {
            assert_eq!(read(bytes), Err(format!("page.md: {why}")));
        }
    }
}
