//! The second act, which `--all` tells: the data is migrated and backed up, all of it is lost, and the
//! backup brings it back, so that the counter goes on where it was.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{Context, Failure, Result};
use crate::process::go_on;
use crate::stack::{Call, Ran, Stack, Way};
use crate::text;
use crate::visit::Visitor;

use super::report::StepReport;
use super::{Demo, Outcome, agree, is_built_here, signature};

impl Demo<'_> {
    /// Tells it on a stack where the last visit read 1.
    pub(super) fn second_act(&mut self, stack: &mut dyn Stack, visitor: &Visitor) -> Result {
        let folder = tempfile::Builder::new().prefix("factor12-demo-").tempdir();
        let folder = folder.context(|| text!("doing-temporary"))?;
        let (visits, release) = (self.options.visits, self.report.release.clone());
        SecondAct { demo: self, stack, visits, release }
            .tell(visitor, &folder.path().join("backup.jsonl"))?;
        folder.close().context(|| text!("doing-temporary"))
    }
}

struct SecondAct<'a, 'demo> {
    demo: &'a mut Demo<'demo>,
    stack: &'a mut dyn Stack,
    /// How many come before each reset, and before the backup.
    visits: u32,
    /// The release that `web` runs.
    release: String,
}

/// What must come back, beside the counter.
struct Saved {
    schema: String,
    /// When counting began, as the backup has it.
    since: String,
    /// The release that reset the counter and made the backup.
    release: String,
    /// What a restore must say of the backup.
    restored: String,
}

/// The first line of a backup, as far as the story needs it.
#[derive(Deserialize)]
struct Header {
    time: String,
}

impl SecondAct<'_, '_> {
    fn tell(&mut self, visitor: &Visitor, backup: &Path) -> Result {
        let visits = self.visits;
        let schema = self.migrate()?;
        self.demo.visits(visitor, 2..=visits)?;
        // Any way will do; what it loses is logged now.
        if let Some(way) = self.stack.ways().first() {
            self.demo.reset(self.stack, *way)?;
        }
        self.demo.visits(visitor, 1..=visits)?;
        let saved = self.back_up(schema, backup)?;
        let visitor = &self.lose()?;
        self.hits(visitor, 0)?;
        self.restore(&saved, backup)?;
        self.hits(visitor, visits)?;
        self.demo.visits(visitor, visits + 1..=visits + 1)?;
        self.report(&saved)
    }

    /// Brings the data to the schema that the release knows, and returns that.
    fn migrate(&mut self) -> Result<String> {
        let signature = self.signature();
        let output = self.admin(&Call { name: "migrate", args: &["up"], ..Call::default() }, |output| {
            let schema = between(output, "schema: 0 -> ", " (");
            agree(&format!("schema: 0 -> {schema}{signature}"), last_line(output))
        })?;
        Ok(between(&output, "schema: 0 -> ", " (").to_owned())
    }

    /// Writes all data to the file.
    fn back_up(&mut self, schema: String, file: &Path) -> Result<Saved> {
        let signature = self.signature();
        let mut saved =
            Saved { schema, since: String::new(), release: self.release.clone(), restored: String::new() };
        self.admin(&Call { name: "backup", stdout: Some(file), ..Call::default() }, |output| {
            let doing = || file.display().to_string();
            let backup = fs::read_to_string(file).context(doing)?;
            // Between its header and its last line is a line for each record; the story has more than one.
            let records = backup.lines().count().saturating_sub(2);
            let schema = &saved.schema;
            agree(&format!("backup: {records} records, schema {schema}{signature}"), output)?;
            let header: Header = serde_json::from_str(first_line(&backup)).context(doing)?;
            saved.since = between(&backup, r#""hits:since","text":""#, "\"").to_owned();
            saved.restored =
                format!("restored: {records} records of {}, by release {}", header.time, saved.release);
            Ok(())
        })?;
        Ok(saved)
    }

    /// Removes the stack with all its data, and brings up one that knows nothing of it.
    fn lose(&mut self) -> Result<Visitor> {
        let (repository, mut up) = (self.demo.repository, None);
        self.demo.step("lose", text!("step-lose"), true, |step| {
            self.stack.down()?;
            go_on()?;
            let (visitor, health) = self.stack.up(step)?;
            is_built_here(repository, &health.release)?;
            up = Some((visitor, health.release));
            Ok(Outcome { line: text!("lost", url = self.stack.url()), ..Outcome::default() })
        })?;
        self.demo.report.url = self.stack.url().to_owned();
        let (visitor, release) = up.ok_or(Failure::Interrupted)?;
        // Redis may be at another address: another configuration.
        self.release = release;
        Ok(visitor)
    }

    /// Reads the counter, without counting.
    fn hits(&mut self, visitor: &Visitor, number: u32) -> Result {
        self.demo.step("hits", text!("step-hits"), false, |_| {
            let body = visitor.hits()?;
            agree(&format!("{{\"hits\":{number}}}"), &body)?;
            let report = StepReport { body: Some(body.clone()), ..StepReport::default() };
            Ok(Outcome { line: body, report, ..Outcome::default() })
        })
    }

    /// Puts the data of the file in place of nothing at all: where there was any, it would be refused.
    fn restore(&mut self, saved: &Saved, file: &Path) -> Result {
        let (visits, restored, signature) = (self.visits, &saved.restored, self.signature());
        self.admin(&Call { name: "restore", stdin: Some(file), ..Call::default() }, |output| {
            agree(&format!("hits: (nothing) -> {visits}"), first_line(output))?;
            agree(&format!("{restored}{signature}"), last_line(output))
        })
        .map(drop)
    }

    /// Lets a script of the release tell what the data says.
    fn report(&mut self, saved: &Saved) -> Result {
        let expected = [
            format!("schema: {}", saved.schema),
            format!("hits: {}", self.visits + 1),
            format!("since: {}", saved.since),
            "resets: 1".to_owned(),
            format!("lost: {}", self.visits),
            format!("release {}: resets 1, lost {}", saved.release, self.visits),
            format!("report: done, nothing changed{}", self.signature()),
        ];
        self.admin(&Call { name: "console", args: &["report"], ..Call::default() }, |output| {
            let mut found = output.lines();
            expected.iter().try_for_each(|line| agree(line, found.next().unwrap_or_default()))?;
            agree("", found.next().unwrap_or_default())
        })
        .map(drop)
    }

    /// Runs an admin process as a step of its name, checks what it says, and returns that.
    fn admin(&mut self, call: &Call, check: impl FnOnce(&str) -> Result) -> Result<String> {
        // The last way is the one that a person takes who starts a process for one job.
        let way = self.stack.ways().last().copied().unwrap_or(Way::Process);
        let mut said = String::new();
        self.demo.step(call.name, call.name.to_owned(), false, |_| {
            let Ran { command, output } = self.stack.admin(way, call)?;
            check(&output)?;
            said = output.clone();
            let asides = output.lines().map(str::to_owned).collect();
            let report = StepReport { output: Some(output), ..StepReport::default() };
            Ok(Outcome { line: command, asides, report })
        })?;
        Ok(said)
    }

    fn signature(&self) -> String {
        signature(self.stack, &self.release)
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// What stands between `start` and `end` in a text; `…` where `start` is nowhere.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or(("", "…"));
    rest.split(end).next().unwrap_or_default()
}
