//! What `demo --json` prints, for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::{Context, Failure, Result};
use crate::text;

/// The whole story.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether every step went well.
    pub ok: bool,
    /// The kind of stack.
    pub stack: &'static str,
    /// What played Redis: an image, or a program.
    pub redis: String,
    /// The release that served; empty if none did.
    pub release: String,
    /// Where it was served; empty if it was not.
    pub url: String,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
}

/// One step.
#[derive(Debug, Default, Clone, Serialize)]
pub struct StepReport {
    /// Its name, the same in every language.
    pub name: &'static str,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// What a visit read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What an admin process printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What shows that the admin process ran where the factor wants it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Report {
    /// Adds a step that went well.
    pub fn done(&mut self, name: &'static str, ms: u64, step: StepReport) {
        self.steps.push(StepReport { name, ok: true, ms, ..step });
    }

    /// Adds a step that failed.
    pub fn failed(&mut self, name: &'static str, ms: u64, failure: &Failure) {
        let error = Some(failure.to_string());
        self.steps.push(StepReport { name, ok: false, ms, error, ..StepReport::default() });
    }

    /// Prints it on stdout, on one line.
    ///
    /// # Errors
    ///
    /// Nobody reads stdout any more.
    pub fn print(&self) -> Result {
        let json = serde_json::to_string(self).context(|| text!("doing-json"))?;
        writeln!(io::stdout(), "{json}").context(|| text!("doing-json"))
    }
}
