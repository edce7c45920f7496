//! The book's pages, and what it takes to run one: the images, the port, a project of its own.

use std::fs::File;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use runbook::{Chapter, Event, Fault, Rule, Session, Verdict};

use crate::engine::{Compose, Engine, docker};
use crate::environment;
use crate::failure::{Failure, Result};
use crate::images::{self, Effort, Images};
use crate::language::Language;
use crate::narration::{Step, aside};
use crate::process::go_on;
use crate::project::Project;
use crate::repository::Repository;
use crate::text;
use crate::turn::turn;

/// The port that the pages use.
pub const PORT: u16 = 8080;

/// A page in one language.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its name: the file's, without `.md`.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// Its file, from the root of the repository.
    pub path: String,
}

/// The pages of a language, in the book's order.
///
/// # Errors
///
/// The language's table of contents cannot be read.
pub fn all(repository: &Repository, language: Language) -> Result<Vec<Page>> {
    let folder = format!("book/{}/src", language.tag());
    let summary = repository.read(&format!("{folder}/SUMMARY.md"))?;
    let page = |name: String| Page { path: format!("{folder}/{name}.md"), language, name };
    let names = runbook::chapter::pages(&summary);
    let names = names.map_err(|faults| refused(&format!("{folder}/SUMMARY.md"), &faults))?;
    Ok(names.into_iter().map(page).collect())
}

/// The page `name` of a language.
///
/// # Errors
///
/// [`Failure::Missing`]: there is none; the nearest names.
pub fn find(repository: &Repository, language: Language, name: &str) -> Result<Page> {
    let pages = all(repository, language)?;
    if let Some(page) = pages.iter().find(|page| page.name == name) {
        return Ok(page.clone());
    }
    let mut names: Vec<String> = pages.into_iter().map(|page| page.name).collect();
    names.sort_by_key(|other| strsim::damerau_levenshtein(name, other));
    names.truncate(3);
    Err(Failure::Missing {
        what: text!("no-page", name = name),
        cure: text!("no-page-cure", names = names.join(", ")),
    })
}

impl Page {
    /// Reads the page.
    ///
    /// # Errors
    ///
    /// It cannot be read, or breaks a rule of the runnable blocks: each by file, line and rule.
    pub fn chapter(&self, repository: &Repository) -> Result<Chapter> {
        let page = repository.read(&self.path)?;
        let file = repository.root.join(&self.path);
        let folder = file.parent().unwrap_or(&repository.root);
        Chapter::parse_in(folder, &self.name, &page).map_err(|faults| refused(&self.path, &faults))
    }
}

/// Why nothing of a file is run: each line that breaks a rule.
fn refused(path: &str, faults: &[Fault]) -> Failure {
    let told = faults.iter().map(|Fault { line, rule }| format!("{path}:{line}: {}", rule_told(rule)));
    Failure::Failed(told.collect::<Vec<_>>().join("\n"))
}

/// A rule that was broken, in the language of the narration.
fn rule_told(rule: &Rule) -> String {
    match rule {
        Rule::UnclosedFence => text!("rule-unclosed-fence"),
        Rule::BadInfo(info) => text!("rule-bad-info", info = info),
        Rule::BadAttribute(attribute) => text!("rule-bad-attribute", attribute = attribute),
        Rule::NorunWithoutReason => text!("rule-norun-without-reason"),
        Rule::NoCommand => text!("rule-no-command"),
        Rule::EmptyCommand => text!("rule-empty-command"),
        Rule::OutputBeforeCommand => text!("rule-output-before-command"),
        Rule::BadStatus(status) => text!("rule-bad-status", status = status),
        Rule::OnlyWildcards => text!("rule-only-wildcards"),
        Rule::ControlCharacter => text!("rule-control-character"),
        Rule::IncludeInStep => text!("rule-include-in-step"),
        Rule::IncludeOutsideListing => text!("rule-include-outside-listing"),
        Rule::IncludeEndsListing(file) => text!("rule-include-ends-listing", file = file),
        Rule::StepInFootnote => text!("rule-step-in-footnote"),
        Rule::FenceInHtml => text!("rule-fence-in-html"),
        Rule::CommandOutsideStep => text!("rule-command-outside-step"),
        Rule::NoLanguage => text!("rule-no-language"),
        Rule::UnknownLanguage(language) => text!("rule-unknown-language", language = language),
        Rule::BadPage(link) => text!("rule-bad-page", link = link),
        Rule::BadHead(line) => text!("rule-bad-head", line = line),
    }
}

/// All that pages need to run, and the turn on their port.
pub struct Stage {
    repository: Repository,
    compose: Compose,
    /// The engine that runs them.
    pub engine: Engine,
    /// The images that they run.
    pub images: Images,
    /// The app's, by the name that a reader sees.
    app: String,
    _turn: File,
}

/// What came of a page.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many steps were run.
    pub steps: usize,
    /// How long the commands themselves took.
    pub commands: Duration,
    /// How long the whole took, set-up and removal included.
    pub total: Duration,
    /// What the page and the machine do not agree on; `None` where all is as the page says.
    pub wrong: Option<String>,
}

impl Stage {
    /// Finds the engine, makes the images current, waits for the turn on the port, and sees that it is free.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`]: no engine, no Compose v2, or the port is taken; or the images cannot be had.
    pub fn set(repository: &Repository) -> Result<Stage> {
        let engine = Engine::find()?;
        let compose = Compose::find()?;
        if compose.words != ["docker", "compose"] {
            return Err(Failure::Missing { what: text!("no-compose-2"), cure: text!("no-compose-cure") });
        }
        let step = Step::begin(text!("step-images"));
        let images = match images::ensure(repository, &engine, Effort::Enough, &step) {
            Ok(images) => images,
            Err(failure) => {
                step.failed();
                return Err(failure);
            }
        };
        step.done("");
        images.told.iter().for_each(|line| aside(line));
        let turn = turn(PORT)?;
        port_is_free()?;
        let app = images::app(repository)?;
        Ok(Stage { repository: repository.clone(), compose, engine, images, app, _turn: turn })
    }

    /// The version of Compose.
    pub fn compose_version(&self) -> &str {
        &self.compose.version
    }

    /// A project for pages.
    pub fn project(&self) -> Project {
        Project::new("book", &self.repository, &self.compose).with(&self.app, &self.images.redis, PORT)
    }

    /// Runs a chapter in `project`, and tells what happens.
    ///
    /// # Errors
    ///
    /// The person has asked to stop.
    pub fn play(
        &self,
        page: &Page,
        chapter: &Chapter,
        project: &Project,
        tell: &mut dyn FnMut(&Event),
    ) -> Result<Outcome> {
        play(&session(&self.repository, Some(project)), page, &chapter.steps, tell)
    }
}

/// Where and in which environment a page's commands run; those of a page that calls no Docker need no project.
pub fn session(repository: &Repository, project: Option<&Project>) -> Session {
    let made = environment::of_steps(repository, project).into_iter();
    made.fold(Session::new(&repository.root), |session, (name, value)| session.env(name, value))
}

/// Runs steps of a page up to the first whose page is wrong, and tells what happens.
///
/// # Errors
///
/// The person has asked to stop.
pub fn play(
    session: &Session,
    page: &Page,
    steps: &[runbook::Step],
    tell: &mut dyn FnMut(&Event),
) -> Result<Outcome> {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    let mut command = (0, String::new());
    for step in steps {
        outcome.steps += usize::from(step.attributes.norun.is_none());
        let is_good = session.run(step, &|| go_on().is_err(), &mut |event| {
            tell(&event);
            match event {
                Event::Command { line, command: text } => command = (line, text),
                Event::Line { .. } | Event::Left { .. } => {}
                Event::Verdict(verdict) => {
                    outcome.commands += elapsed(&verdict);
                    outcome.wrong = wrong(&page.path, &command, &verdict);
                }
            }
        });
        go_on()?;
        if !is_good {
            break;
        }
    }
    outcome.total = started.elapsed();
    Ok(outcome)
}

fn elapsed(verdict: &Verdict) -> Duration {
    match verdict {
        Verdict::Matched { elapsed } | Verdict::Differs { elapsed, .. } | Verdict::Status { elapsed, .. } => {
            *elapsed
        }
        Verdict::TimedOut { limit } => *limit,
        Verdict::TooMuch { .. } | Verdict::Stopped | Verdict::NotStarted { .. } | Verdict::NotRun { .. } => {
            Duration::ZERO
        }
    }
}

/// What is wrong, with the page's file and line, the command, and both sides.
fn wrong(path: &str, (line, command): &(usize, String), verdict: &Verdict) -> Option<String> {
    let what = explained(verdict)?;
    let line = match verdict {
        Verdict::Differs { difference, .. } => difference.line,
        _ => *line,
    };
    Some(format!("{path}:{line}\n    $ {}\n{what}", command.replace('\n', "\n    > ")))
}

/// What a verdict means, in plain words and with both sides; nothing where the page is right.
pub fn explained(verdict: &Verdict) -> Option<String> {
    Some(match verdict {
        Verdict::Matched { .. } | Verdict::NotRun { .. } | Verdict::Stopped => return None,
        Verdict::Differs { difference, .. } => {
            let (page, printed) = (text!("side-page"), text!("side-printed"));
            let diff = difference.diff_between(&page, &printed, console::colors_enabled_stderr());
            format!("{}\n{}", text!("wrong-output"), diff.trim_end())
        }
        Verdict::Status { expected, found, .. } => {
            let found = found.map_or_else(|| text!("by-signal"), |found| found.to_string());
            text!("wrong-status", expected = expected, found = found)
        }
        Verdict::TimedOut { limit } => text!("wrong-limit", seconds = limit.as_secs()),
        Verdict::TooMuch { limit } => text!("wrong-too-much", size = limit >> 20),
        Verdict::NotStarted { reason } => text!("wrong-start", reason = reason),
    })
}

/// What a command has left running, for the person who looks.
pub fn left_told(processes: &[String]) -> String {
    text!("left-running", processes = runbook::printable(&processes.join(", ")))
}

/// Fails if something else listens on the pages' port, and says what, as far as can be told.
fn port_is_free() -> Result {
    let Err(error) = TcpListener::bind(("127.0.0.1", PORT)) else { return Ok(()) };
    let by = holder(PORT).unwrap_or_else(|| error.to_string());
    Err(Failure::Missing { what: text!("port-taken", port = PORT, by = by), cure: text!("port-taken-cure") })
}

/// Which containers publish a port, as far as can be told.
pub fn holder(port: u16) -> Option<String> {
    let filter = format!("publish={port}");
    let containers = docker(["ps", "--format", "{{.Names}}", "--filter", &filter]).stdout().ok()?;
    (!containers.is_empty()).then(|| containers.replace('\n', ", "))
}
