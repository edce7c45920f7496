//! The commit that a report is on.

use std::path::Path;
use std::process::{Command, Stdio};

/// The commit of the tree in `root`, in seven digits or more; `None` where something was changed since, or where no git is.
/// Whatever the person's own settings let git say, it says the same here.
pub fn commit(root: &Path) -> Option<String> {
    let git = |args: &[&str]| {
        let said = Command::new("git").args(args).current_dir(root).stdin(Stdio::null()).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let commit = git(&["rev-list", "--max-count=1", "--abbrev-commit", "--abbrev=7", "HEAD", "--", "."])?;
    let changes = git(&["status", "--porcelain", "--untracked-files=normal", "--", "."])?;
    (changes.is_empty() && !commit.is_empty()).then_some(commit)
}
