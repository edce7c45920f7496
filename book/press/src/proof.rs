//! When, on what and at which commit a page's commands were last executed: what `verify` reported,
//! shown where it holds for the tree at hand, and only there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use crate::language::Language;
use crate::markup::escape;

/// What `verify --report` wrote, on one engine or on several.
#[derive(Debug, Clone)]
pub struct Proof(Vec<Run>);

/// One report, as far as it is shown.
#[derive(Debug, Clone, Deserialize)]
struct Run {
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
    /// Reads those of the reports that were made on a real Redis and at the very commit of the tree in `root`.
    ///
    /// # Errors
    ///
    /// A file is there and is no report.
    pub fn read(root: &Path, reports: &[PathBuf]) -> Result<Option<Proof>> {
        let runs = reports.iter().filter(|report| report.exists()).map(|report| Run::read(report));
        let mut runs = runs.collect::<Result<Vec<_>>>()?;
        let head = runbook::commit(root);
        runs.retain(|run| !run.stand_in && run.commit == head);
        Ok((!runs.is_empty()).then_some(Proof(runs)))
    }

    /// The footer of a page; `None` where its commands were not executed on each of the engines that pages of its language
    /// were executed on, or not all as it shows.
    pub fn footer(&self, language: Language, page: &str) -> Option<String> {
        let runs: Vec<&Run> = self.0.iter().filter(|run| run.speaks(language)).collect();
        if !runs.iter().all(|run| run.proves(language, page)) {
            return None;
        }
        let last = runs.iter().max_by_key(|run| run.at)?;
        let texts = language.texts();
        let date = Timestamp::from_second(last.at).ok()?.to_zoned(TimeZone::UTC).date();
        let month = texts.months.get(usize::try_from(date.month() - 1).ok()?)?;
        let of = texts.of;
        let day = format!("<time datetime=\"{date}\">{}{of}{month}{of}{}</time>", date.day(), date.year());
        let [executed, at, with, compose, and_with, end] = texts.proof;
        let commit = escape(last.commit.as_ref()?);
        let tools = |run: &&Run| format!(" {} {compose} {}", escape(&run.engine), escape(&run.compose));
        let tools = runs.iter().map(tools).collect::<Vec<_>>().join(and_with);
        Some(format!(
            "<footer class=\"proof\"><p>{executed} {day} {at} <code>{commit}</code>{with}{tools}{end}</p></footer>"
        ))
    }
}

impl Run {
    fn read(report: &Path) -> Result<Run> {
        let name = || format!("{} is no report of “cargo xtask verify --report”", report.display());
        let text = fs::read_to_string(report).with_context(name)?;
        serde_json::from_str(&text).with_context(name)
    }

    fn speaks(&self, language: Language) -> bool {
        self.pages.iter().any(|page| page.language == language.tag())
    }

    /// Whether all commands of a page were executed, and printed what it shows.
    fn proves(&self, language: Language, page: &str) -> bool {
        let is_it = |run: &&Page| run.page == page && run.language == language.tag();
        self.pages.iter().find(is_it).is_some_and(|run| run.ok && run.steps > 0)
    }
}
