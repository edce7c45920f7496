//! A translation follows its source: it carries a short hash of each block that it translates, so
//! that it is known which paragraphs have changed since.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use similar::{Algorithm, DiffTag};

use super::source::Source;
use super::{Finding, Report, read, twins};

/// What is done once a translation has followed.
const CURE: &str = "translate it, then run “cargo xtask book follow” to say that you have";

/// The blocks of `page` that have changed, come, moved or gone since `twin` translated them.
pub fn stale(page: &Source, twin: &Source) -> Vec<Finding> {
    let followed = &twin.chapter.head.translates;
    let hashes: Vec<String> = page.blocks.iter().map(|block| block.hash.clone()).collect();
    let mut changes = similar::capture_diff_slices(Algorithm::Myers, followed, &hashes);
    changes.retain(|change| change.tag() != DiffTag::Equal);
    // What is not where it was, and has not been found elsewhere yet.
    let mut gone: Vec<&String> = changes.iter().flat_map(|change| &followed[change.old_range()]).collect();
    let mut told = Vec::new();
    changes.retain(|change| {
        let mut is_changed = false;
        for block in &page.blocks[change.new_range()] {
            let moved = gone.iter().position(|hash| **hash == block.hash).map(|at| gone.remove(at));
            is_changed |= moved.is_none();
            let what = if moved.is_some() { "has moved" } else { "is new or has changed" };
            let words: Vec<&str> = block.text.split_whitespace().take(8).collect();
            told.push(format!("{}:{} {what}: “{} …”", page.path, block.line, words.join(" ")));
        }
        // What has changed was something else before: that is not gone.
        !is_changed
    });
    for change in &changes {
        let count = followed[change.old_range()].iter().filter(|hash| gone.contains(hash)).count();
        if count > 0 {
            let place = match page.blocks.get(change.new_range().end) {
                Some(next) => format!("before {}:{}", page.path, next.line),
                None => format!("at the end of {}", page.path),
            };
            told.push(format!("blocks that it translates are no longer there, {place}: {count}"));
        }
    }
    told.into_iter().map(|what| twin.finding(1, what, CURE)).collect()
}

/// Writes into each translated page (or only those in `names`) the hashes of the blocks that it now
/// follows. Returns the files that were changed.
///
/// # Errors
///
/// A page cannot be read or written, or breaks a rule.
pub fn follow(root: &Path, names: &[String]) -> Result<Vec<String>> {
    let mut report = Report::default();
    let [source, translation] = read(root, &mut report)?;
    if let Some(finding) = report.findings.first() {
        anyhow::bail!("{finding}");
    }
    let mut changed = Vec::new();
    for (page, twin) in twins::pairs(&source, &translation) {
        if !names.is_empty() && !names.contains(&page.name) {
            continue;
        }
        let path = root.join(&twin.path);
        let before = fs::read_to_string(&path).with_context(|| twin.path.clone())?;
        let after = with_hashes(page, twin);
        if after != before {
            fs::write(&path, after).with_context(|| twin.path.clone())?;
            changed.push(twin.path.clone());
        }
    }
    Ok(changed)
}

/// The translated page with a head matter that follows the source as it stands.
fn with_hashes(page: &Source, twin: &Source) -> String {
    let hashes: Vec<&str> = page.blocks.iter().map(|block| block.hash.as_str()).collect();
    let minutes =
        twin.chapter.head.minutes.map(|minutes| format!("minutes: {minutes}\n")).unwrap_or_default();
    let head = format!("---\n{minutes}translates: {}\n---\n\n", hashes.join(" "));
    let head = if twin.text.contains("\r\n") { head.replace('\n', "\r\n") } else { head };
    head + twin.text.trim_start()
}
