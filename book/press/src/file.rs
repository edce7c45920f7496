//! The book's own files, read as the text that they are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The text of a file, without a byte order mark.
///
/// # Errors
///
/// It cannot be read, or is no text: the file, the reason, and what to do.
pub fn read(path: &Path) -> Result<String> {
    let name = || path.display().to_string();
    runbook::encoding::of(fs::read(path).with_context(name)?).with_context(name)
}
