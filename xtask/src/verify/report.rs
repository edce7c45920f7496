//! What `verify --report` writes, and the table at its end.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use console::strip_ansi_codes;
use serde::Serialize;

use crate::failure::{Context, Result};
use crate::pages::{Outcome, Page, Stage};
use crate::repository::Repository;
use crate::text;

/// The whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether every page that was wanted is right.
    pub ok: bool,
    /// When, in seconds since 1970 (UTC).
    at: u64,
    /// The commit of the tree, if nothing was changed since.
    commit: Option<String>,
    /// The engine's version.
    engine: String,
    /// Compose's version.
    compose: String,
    /// The image that played Redis.
    redis: String,
    /// Whether that was a stand-in.
    stand_in: bool,
    /// The pages that were run.
    pages: Vec<PageReport>,
}

/// One page.
#[derive(Debug, Serialize)]
struct PageReport {
    page: String,
    language: &'static str,
    file: String,
    ok: bool,
    /// How many steps were run.
    steps: usize,
    /// How long the whole took, in milliseconds.
    ms: u128,
    /// How long the commands themselves took, in milliseconds.
    commands_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Report {
    /// An empty report of a run on this stage.
    pub fn new(repository: &Repository, stage: &Stage) -> Report {
        Report {
            ok: false,
            at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            commit: repository.commit(),
            engine: stage.engine.version.clone(),
            compose: stage.compose_version().to_owned(),
            redis: stage.images.redis.clone(),
            stand_in: stage.images.is_stand_in(),
            pages: Vec::new(),
        }
    }

    /// Adds a page.
    pub fn add(&mut self, page: &Page, outcome: Outcome) {
        self.pages.push(PageReport {
            page: page.name.clone(),
            language: page.language.tag(),
            file: page.path.clone(),
            ok: outcome.wrong.is_none(),
            steps: outcome.steps,
            ms: outcome.total.as_millis(),
            commands_ms: outcome.commands.as_millis(),
            error: outcome.wrong.map(|wrong| strip_ansi_codes(&wrong).into_owned()),
        });
    }

    /// Prints the pages on stdout, a line each.
    pub fn print_table(&self) {
        let width = self.pages.iter().map(|page| page.page.len()).max().unwrap_or_default();
        let mut out = io::stdout().lock();
        for page in &self.pages {
            let verdict = if page.ok { text!("page-matched") } else { text!("page-differs") };
            let seconds = page.ms as f64 / 1000.0;
            // Who has stopped reading has seen enough.
            writeln!(
                out,
                "{:width$}  {:5}  {:>2}  {seconds:>6.1} s  {verdict}",
                page.page, page.language, page.steps
            )
            .ok();
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result {
        let json = serde_json::to_string_pretty(self).context(|| text!("doing-json"))?;
        fs::write(path, format!("{json}\n")).context(|| path.display().to_string())
    }
}
