//! A `PATH` that lacks programs, or has others in their place.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::system;

/// One folder with a link to every program of this machine.
pub struct Programs {
    folder: TempDir,
}

impl Programs {
    /// All of this machine's programs.
    pub fn all() -> Programs {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = env::var_os("PATH").expect("there is a PATH");
        for program in env::split_paths(&path).filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten() {
            let link = folder.path().join(program.file_name());
            // The first on the PATH is the one that is found.
            if fs::symlink_metadata(&link).is_err() {
                system::link(&program.path(), &link);
            }
        }
        Programs { folder }
    }

    /// Without this one.
    pub fn without(self, name: &str) -> Programs {
        fs::remove_file(self.folder.path().join(name)).ok();
        self
    }

    /// With a script for `sh` in the place of this one.
    pub fn with(self, name: &str, script: &str) -> Programs {
        let programs = self.without(name);
        let path = programs.folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script can be written");
        system::set_mode(&path, 0o755);
        programs
    }

    /// With a `docker` that says `error` and fails where a word of its command line is `word`, and is the real one else.
    pub fn with_docker_failing_at(self, word: &str, error: &str) -> Programs {
        let real = real("docker");
        let script = format!(
            "for word; do\n  if [ \"$word\" = {word} ]; then echo '{error}' >&2; exit 1; fi\ndone\nexec '{}' \"$@\"",
            real.display()
        );
        self.with("docker", &script)
    }

    /// The value for `PATH`.
    pub fn path(&self) -> &OsStr {
        self.folder.path().as_os_str()
    }
}

/// Where a program is.
pub fn real(name: &str) -> PathBuf {
    let path = env::var_os("PATH").expect("there is a PATH");
    let found = env::split_paths(&path).map(|dir| dir.join(name)).find(|program| Path::is_file(program));
    found.unwrap_or_else(|| panic!("{name} is not on the PATH"))
}
