//! A translation follows its source: it carries a short hash of each block that it translates, so
//! that it is known which paragraphs have changed since.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::source::Source;
use super::{Finding, Report, read, twins};

/// What is done once a translation has followed.
const CURE: &str = "translate it, then run “cargo xtask book follow” to say that you have";

/// The blocks of `page` that have changed, or come, since `twin` translated them; and how many have gone.
pub fn stale(page: &Source, twin: &Source) -> Vec<Finding> {
    let mut followed = twin.chapter.head.translates.clone();
    let mut findings = Vec::new();
    for block in &page.blocks {
        if let Some(at) = followed.iter().position(|hash| *hash == block.hash) {
            followed.remove(at);
        } else {
            let words: Vec<&str> = block.text.split_whitespace().take(8).collect();
            let what = format!("{}:{} is new or has changed: “{} …”", page.path, block.line, words.join(" "));
            findings.push(twin.finding(1, what, CURE));
        }
    }
    if findings.is_empty() && !followed.is_empty() {
        let what =
            format!("blocks of {} that it translates are no longer there: {}", page.path, followed.len());
        findings.push(twin.finding(1, what, CURE));
    }
    findings
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
