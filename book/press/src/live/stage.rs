//! What runs: one step at a time, on one stack, whoever asks; and what happened in each chapter.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use runbook::process::{self, Ended, Limits, Stream};
use runbook::{Chapter, Difference, Event, Session, Step, Verdict};
use serde::Serialize;

use super::log::{Item, Log};
use super::source;
use super::texts::{Texts, fill};
use crate::language::Language;
use crate::page;

/// How long the removal of a stack may take.
const REMOVAL: Duration = Duration::from_secs(180);

/// How long the engine may take to say that it is there.
const ENGINE: Duration = Duration::from_secs(5);

/// How many lines of each side are compared for a reader: nobody reads more.
const COMPARED: usize = 200;

/// How many characters of each of these lines.
const WIDTH: usize = 500;

/// A chapter in a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The language.
    pub language: Language,
    /// The chapter's name.
    pub chapter: String,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// One step, by its number.
    Step(usize),
    /// All from the first that is not done, up to the first that goes wrong.
    All,
    /// To remove the stack and forget what was done.
    StartOver,
}

/// Why nothing was begun.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The chapter has no such step.
    Unknown,
    /// Something runs: a sentence in the language of who asked.
    Busy(String),
}

/// What a browser is told.
#[derive(Debug, Serialize)]
pub struct News {
    /// What runs, if anything does.
    pub busy: Option<Busy>,
    /// What happened.
    pub items: Vec<Item>,
}

/// What runs, for a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Busy {
    /// Whether it is of the browser's own chapter.
    pub here: bool,
    /// The step; none while a stack is removed.
    pub step: Option<usize>,
    /// A sentence.
    pub text: String,
}

/// The chapters, and what happens in them.
pub struct Stage {
    chapters: BTreeMap<Place, Chapter>,
    first: BTreeMap<Language, String>,
    root: PathBuf,
    start_over: String,
    engine: String,
    stop: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<(Place, Option<usize>)>,
    logs: BTreeMap<Place, Log>,
    /// The chapter whose stack may be up.
    on_stage: Option<Place>,
    /// In which the steps of that chapter run: what they leave running ends with it.
    session: Option<Arc<Session>>,
    worker: Option<JoinHandle<()>>,
    is_closed: bool,
}

impl Stage {
    /// Reads the chapters of both books; commands run in `root`. `start_over` is the command that removes the stack, `engine`
    /// the one that fails where the engine does not answer.
    ///
    /// # Errors
    ///
    /// A page cannot be read, or breaks a rule.
    pub fn new(root: &Path, start_over: String, engine: String) -> Result<Arc<Stage>> {
        let mut chapters = BTreeMap::new();
        let mut first = BTreeMap::new();
        for language in Language::ALL {
            let summary = root.join("book").join(language.tag()).join("src/SUMMARY.md");
            let summary = fs::read_to_string(&summary).with_context(|| summary.display().to_string())?;
            let folder = root.join("book").join(language.tag()).join("src");
            let names = runbook::chapter::pages(&summary);
            for chapter in names.map_err(|faults| page::told("SUMMARY.md", &faults))? {
                first.entry(language).or_insert_with(|| chapter.clone());
                let place = Place { language, chapter };
                let read = Chapter::parse_in(&folder, &place.chapter, &source(root, &place)?);
                let read = read.map_err(|faults| page::told(&place.chapter, &faults))?;
                chapters.insert(place, read);
            }
        }
        Ok(Arc::new(Stage {
            chapters,
            first,
            root: root.to_owned(),
            start_over,
            engine,
            stop: AtomicBool::new(false),
            state: Mutex::default(),
        }))
    }

    /// The chapter at a place, if there is one.
    pub fn chapter(&self, place: &Place) -> Option<&Chapter> {
        self.chapters.get(place)
    }

    /// The place of the page with this address: a language's start is its first chapter.
    pub fn place_of(&self, language: Language, path: &str) -> Option<Place> {
        let name = path.strip_prefix(&format!("/{}/", language.tag()))?;
        let chapter = match name {
            "" | "index.html" => self.first.get(&language)?.clone(),
            _ => name.strip_suffix(".html")?.to_owned(),
        };
        let place = Place { language, chapter };
        self.chapters.contains_key(&place).then_some(place)
    }

    /// What came after the item `after` in a chapter, and what runs.
    pub fn since(&self, place: &Place, after: u64) -> News {
        let state = self.state();
        let items = state.logs.get(place).map(|log| log.since(after)).unwrap_or_default();
        let busy = state.running.as_ref().map(|(running, step)| Busy {
            here: running == place,
            step: *step,
            text: self.busy(place.language.live(), running, *step),
        });
        News { busy, items }
    }

    /// Begins to do something in a chapter, which goes on whether somebody looks or not.
    ///
    /// # Errors
    ///
    /// There is no such step, or something runs already.
    pub fn begin(self: &Arc<Stage>, place: &Place, job: Job) -> Result<(), Refusal> {
        let chapter = self.chapters.get(place).ok_or(Refusal::Unknown)?;
        let step = match job {
            Job::Step(number) if (1..=chapter.steps.len()).contains(&number) => Some(number),
            Job::Step(_) => return Err(Refusal::Unknown),
            Job::All if chapter.steps.is_empty() => return Err(Refusal::Unknown),
            Job::All => Some(1),
            Job::StartOver => None,
        };
        let mut state = self.state();
        if let Some((running, step)) = &state.running {
            return Err(Refusal::Busy(self.busy(place.language.live(), running, *step)));
        }
        if state.is_closed {
            return Err(Refusal::Unknown);
        }
        state.running = Some((place.clone(), step));
        self.stop.store(false, Ordering::SeqCst);
        let (stage, place) = (Arc::clone(self), place.clone());
        state.worker = Some(std::thread::spawn(move || {
            // Also where the work breaks off: the next one may begin.
            let _end = End(&stage);
            stage.work(&place, job);
        }));
        Ok(())
    }

    /// Ends what runs, with its children.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Ends what runs, waits until it has ended, and begins nothing more.
    pub fn close(&self) {
        let worker = {
            let mut state = self.state();
            state.is_closed = true;
            state.worker.take()
        };
        self.stop();
        // One that broke off has ended too.
        worker.map(JoinHandle::join);
        self.end_left();
    }

    fn work(&self, place: &Place, job: Job) {
        let Some(chapter) = self.chapters.get(place) else { return };
        if job == Job::StartOver {
            return self.start_over(place);
        }
        if !self.take_the_stage(place) {
            return;
        }
        let runs = |step: &&Step| match job {
            Job::Step(number) => step.number == number,
            _ => true,
        };
        let is_due = |step: &Step| !self.state().logs.get(place).is_some_and(|log| is_done(log, step));
        let mut first = chapter.steps.iter().position(is_due).unwrap_or(0);
        if matches!(job, Job::Step(_)) {
            first = 0;
        }
        for step in chapter.steps[first..].iter().filter(runs) {
            if self.stop.load(Ordering::SeqCst) || !self.run(place, step) {
                return;
            }
        }
    }

    /// Removes the stack, whichever chapter's it is.
    fn start_over(&self, place: &Place) {
        let texts = place.language.live();
        if let Err(reason) = self.remove() {
            return self.tell(place, |log| log.note(fill(texts.not_removed, &[("reason", &reason)])));
        }
        let was_up = self.state().on_stage.take();
        if let Some(other) = was_up.filter(|other| other != place) {
            self.forget(&other, place);
        }
        self.tell(place, |log| {
            log.reset();
            log.note(texts.removed.to_owned());
        });
    }

    /// Makes this chapter the one whose stack is up; returns whether that went well.
    fn take_the_stage(&self, place: &Place) -> bool {
        let before = self.state().on_stage.clone();
        if let Some(before) = before.filter(|before| before != place) {
            let step = self.state().running.clone();
            self.set_running(place, None);
            let texts = place.language.live();
            if let Err(reason) = self.remove() {
                self.tell(place, |log| log.note(fill(texts.not_removed, &[("reason", &reason)])));
                return false;
            }
            self.forget(&before, place);
            self.tell(place, |log| log.note(fill(texts.moved, &[("title", self.title(&before))])));
            self.state().running = step;
        }
        self.state().on_stage = Some(place.clone());
        true
    }

    /// The stack of a chapter is gone for another's sake: its steps have to be done again, unless it was through.
    fn forget(&self, place: &Place, other: &Place) {
        let steps = self.chapters.get(place).map(|chapter| chapter.steps.as_slice()).unwrap_or_default();
        let note = fill(place.language.live().lost, &[("title", self.title(other))]);
        self.tell(place, |log| {
            if !steps.iter().all(|step| is_done(log, step)) {
                log.reset();
                log.note(note);
            }
        });
    }

    fn title(&self, place: &Place) -> &str {
        self.chapters.get(place).map(|chapter| chapter.title.as_str()).unwrap_or_default()
    }

    /// Runs a step, and returns whether all is as the page says.
    fn run(&self, place: &Place, step: &Step) -> bool {
        let number = step.number;
        self.set_running(place, Some(number));
        self.tell(place, |log| log.start(number));
        let started = Instant::now();
        let stop = || self.stop.load(Ordering::SeqCst);
        let mut last = None;
        let good = self.session().run(step, &stop, &mut |event| match event {
            Event::Command { command, .. } => self.tell(place, |log| log.command(number, command)),
            Event::Line { stream, text } => {
                self.tell(place, |log| log.line(number, stream == Stream::Stderr, &text));
            }
            Event::Left { processes } => {
                let processes = runbook::printable(&processes.join(", ")).into_owned();
                let text = fill(place.language.live().left, &[("processes", &processes)]);
                self.tell(place, |log| log.line(number, true, &text));
            }
            Event::Verdict(verdict) => last = Some(verdict),
        });
        let Some(verdict) = last else { return good };
        let texts = place.language.live();
        let (kind, mut text) = told(texts, &verdict, started.elapsed());
        let is_dockers = step.exchanges.iter().any(|exchange| exchange.command.contains("docker"));
        if !good && verdict != Verdict::Stopped && is_dockers && self.call(&self.engine, ENGINE).is_err() {
            text = format!("{text}. {}", texts.engine);
        }
        let diff = match &verdict {
            Verdict::Differs { difference, .. } => Some(shown(difference)),
            _ => None,
        };
        let is_last = self.chapters.get(place).is_some_and(|chapter| chapter.steps.len() == number);
        if good && is_last {
            // A page ends with its own removal.
            self.state().on_stage = None;
            self.end_left();
        }
        self.tell(place, |log| log.end(number, good, kind, text, diff));
        good
    }

    /// The session of the chapter on stage.
    fn session(&self) -> Arc<Session> {
        // Our environment is what was made for the steps.
        let made = || env::vars_os().fold(Session::new(&self.root), |it, (name, value)| it.env(name, value));
        let mut state = self.state();
        Arc::clone(state.session.get_or_insert_with(|| Arc::new(made())))
    }

    /// Ends what the steps of the chapter on stage have left running.
    fn end_left(&self) {
        let session = self.state().session.take();
        // It takes a while: nobody else waits for the state meanwhile.
        drop(session);
    }

    /// Removes the stack, and ends what the steps have left running.
    ///
    /// # Errors
    ///
    /// The last words of the command that should have.
    pub fn remove(&self) -> Result<(), String> {
        self.end_left();
        self.call(&self.start_over, REMOVAL)
    }

    /// Runs a command of our own to its end; why it failed, in its last words.
    fn call(&self, command: &str, limit: Duration) -> Result<(), String> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command).current_dir(&self.root);
        let limits = Limits { total: limit, first_line: None, stop: &|| false, one_pipe: true };
        let mut said = String::new();
        match process::run(shell, &limits, &mut |_, line| line.trim().clone_into(&mut said)) {
            Ok((Ended::Exited(status), _)) if status.success() => Ok(()),
            Ok(_) => Err(said),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What runs, in the language of who asks.
    fn busy(&self, texts: &Texts, running: &Place, step: Option<usize>) -> String {
        match step {
            Some(step) => fill(texts.busy, &[("step", &step.to_string()), ("title", self.title(running))]),
            None => texts.removing.to_owned(),
        }
    }

    fn set_running(&self, place: &Place, step: Option<usize>) {
        self.state().running = Some((place.clone(), step));
    }

    fn tell(&self, place: &Place, tell: impl FnOnce(&mut Log)) {
        tell(self.state().logs.entry(place.clone()).or_default());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing is left to do of a step: one that cannot be run never is.
fn is_done(log: &Log, step: &Step) -> bool {
    step.attributes.norun.is_some() || log.is_done(step.number)
}

/// When it is dropped, nothing runs any more.
struct End<'a>(&'a Stage);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.state().running = None;
    }
}

/// A verdict's kind, and its sentence.
fn told(texts: &Texts, verdict: &Verdict, elapsed: Duration) -> (&'static str, String) {
    let time = texts.time(elapsed);
    let time = ("time", time.as_str());
    match verdict {
        Verdict::Matched { .. } => ("matched", fill(texts.matched, &[time])),
        Verdict::Differs { .. } => ("differs", fill(texts.differs, &[time])),
        Verdict::Status { expected, found, .. } => {
            let found = found.map_or_else(|| texts.by_signal.to_owned(), |found| found.to_string());
            let values = [("expected", &*expected.to_string()), ("found", &found), time];
            ("status", fill(texts.status, &values))
        }
        Verdict::TimedOut { .. } => ("limit", fill(texts.limit, &[time])),
        Verdict::TooMuch { limit } => {
            ("limit", fill(texts.too_much, &[("size", &(limit >> 20).to_string()), time]))
        }
        Verdict::Stopped => ("stopped", fill(texts.stopped, &[time])),
        Verdict::NotStarted { reason } => ("start", fill(texts.not_started, &[("reason", reason)])),
        Verdict::NotRun { reason } => ("norun", fill(texts.not_run, &[("reason", reason)])),
    }
}

/// Both sides, line by line, as far as somebody reads.
fn shown(difference: &Difference) -> String {
    let start = |text: &str| -> String {
        let lines = text.lines().take(COMPARED);
        lines.map(|line| line.chars().take(WIDTH).chain(['\n']).collect::<String>()).collect()
    };
    let short = Difference {
        line: difference.line,
        expected: start(&difference.expected),
        found: start(&difference.found),
    };
    // The names of the two sides are explained beside it.
    short
        .diff(false)
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .skip(2)
        .map(|line| format!("{line}\n"))
        .collect()
}
