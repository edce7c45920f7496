//! When, on what and at which commit a page's commands were last executed: what `verify` reported,
//! shown where it holds for the tree at hand, and only there.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use crate::language::Language;
use crate::markup::escape;

/// What `verify --report` wrote, as far as it is shown.
#[derive(Debug, Clone, Deserialize)]
pub struct Proof {
    at: i64,
    commit: Option<String>,
    engine: String,
    compose: String,
    stand_in: bool,
    pages: Vec<Page>,
}

#[derive(Debug, Clone, Deserialize)]
struct Page {
    page: String,
    language: String,
    ok: bool,
    steps: usize,
}

impl Proof {
    /// Reads a report, if it was made on a real Redis and at the very commit of the tree in `root`.
    ///
    /// # Errors
    ///
    /// The file is there and is no report.
    pub fn read(root: &Path, report: &Path) -> Result<Option<Proof>> {
        if !report.exists() {
            return Ok(None);
        }
        let name = || format!("{} is no report of “cargo xtask verify --report”", report.display());
        let text = fs::read_to_string(report).with_context(name)?;
        let proof: Proof = serde_json::from_str(&text).with_context(name)?;
        let holds = !proof.stand_in && proof.commit.is_some() && head(root) == proof.commit;
        Ok(holds.then_some(proof))
    }

    /// The footer of a page; `None` where its commands were not executed, or not all as it shows.
    pub fn footer(&self, language: Language, page: &str) -> Option<String> {
        let is_it = |run: &&Page| run.page == page && run.language == language.tag();
        let run = self.pages.iter().find(is_it)?;
        if !run.ok || run.steps == 0 {
            return None;
        }
        let texts = language.texts();
        let date = Timestamp::from_second(self.at).ok()?.to_zoned(TimeZone::UTC).date();
        let month = texts.months.get(usize::try_from(date.month() - 1).ok()?)?;
        let of = texts.of;
        let day = format!("<time datetime=\"{date}\">{}{of}{month}{of}{}</time>", date.day(), date.year());
        let [executed, at, engine, compose, end] = texts.proof;
        let [commit, engine_is, compose_is] =
            [self.commit.as_ref()?, &self.engine, &self.compose].map(|text| escape(text));
        Some(format!(
            "<footer class=\"proof\"><p>{executed} {day} {at} <code>{commit}</code>{engine} {engine_is} \
             {compose} {compose_is}{end}</p></footer>"
        ))
    }
}

/// The commit of a tree in which nothing was changed since.
fn head(root: &Path) -> Option<String> {
    let git = |args: &[&str]| {
        let said = Command::new("git").args(args).current_dir(root).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let commit = git(&["log", "-1", "--abbrev=7", "--format=%h", "--", "."])?;
    let changes = git(&["status", "--porcelain", "--", "."])?;
    (changes.is_empty() && !commit.is_empty()).then_some(commit)
}
