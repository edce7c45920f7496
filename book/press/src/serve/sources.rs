//! What the books are made from, watched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};

use crate::language::Language;

/// How long the files must be at rest: an editor saves in more steps than one.
const REST: Duration = Duration::from_millis(50);

/// The folders of both books, and every folder from which a page includes a file.
pub struct Sources {
    root: PathBuf,
    watcher: Debouncer<RecommendedWatcher, RecommendedCache>,
    events: Receiver<DebounceEventResult>,
    /// The files that pages include.
    included: BTreeSet<PathBuf>,
    /// The folders that are watched for their sake.
    folders: BTreeSet<PathBuf>,
}

impl Sources {
    /// Watches what the books in `root` are made from.
    ///
    /// # Errors
    ///
    /// The system cannot watch a folder.
    pub fn watch(root: &Path) -> Result<Sources> {
        let root = root.canonicalize().with_context(|| root.display().to_string())?;
        let (tell, events) = channel();
        let mut watcher = new_debouncer(REST, None, tell).context("files cannot be watched here")?;
        let books = Language::ALL.map(|language| root.join("book").join(language.tag()));
        for folder in books.into_iter().chain([root.join("book/theme")]) {
            let watched = watcher.watch(&folder, RecursiveMode::Recursive);
            watched.with_context(|| format!("{} cannot be watched", folder.display()))?;
        }
        let mut sources =
            Sources { root, watcher, events, included: BTreeSet::new(), folders: BTreeSet::new() };
        sources.follow_includes();
        Ok(sources)
    }

    /// Waits until something has changed, and returns the languages whose book is to be built anew; `None` when
    /// the watch has ended.
    pub fn changed(&mut self) -> Option<Vec<Language>> {
        loop {
            // The system's queue may have run over, say: then anything may have changed.
            let events = match self.events.recv().ok()? {
                Ok(events) => events,
                Err(_) => return Some(Language::ALL.to_vec()),
            };
            // To read a file is no change: we do so ourselves.
            let changes = events.iter().filter(|event| !matches!(event.kind, EventKind::Access(_)));
            let paths: Vec<&PathBuf> = changes.flat_map(|event| &event.paths).collect();
            let is_touched = |language: &Language| paths.iter().any(|path| self.concerns(path, *language));
            let languages: Vec<Language> = Language::ALL.into_iter().filter(is_touched).collect();
            if !languages.is_empty() {
                self.follow_includes();
                return Some(languages);
            }
        }
    }

    /// Whether a file is one of those that the book in `language` is made from.
    fn concerns(&self, path: &Path, language: Language) -> bool {
        let book = self.root.join("book");
        match path.strip_prefix(&book) {
            Ok(inside) => !inside.starts_with(language.other().tag()),
            Err(_) => self.included.contains(path),
        }
    }

    /// Watches the folders of the files that pages include by now.
    fn follow_includes(&mut self) {
        let pages = Language::ALL.iter().flat_map(|language| {
            walkdir::WalkDir::new(self.root.join("book").join(language.tag()).join("src"))
                .into_iter()
                .flatten()
        });
        let pages = pages.filter(|page| page.path().extension().is_some_and(|extension| extension == "md"));
        self.included = pages.flat_map(|page| included(page.path())).collect();
        for folder in self.included.iter().filter_map(|file| file.parent()) {
            // A folder that is not there is an include that fails the build, which tells.
            if !self.folders.contains(folder)
                && self.watcher.watch(folder, RecursiveMode::NonRecursive).is_ok()
            {
                self.folders.insert(folder.to_owned());
            }
        }
    }
}

/// The files that a page includes.
fn included(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let file = |directive: &str| {
        let (kind, rest) = directive.split_once(char::is_whitespace)?;
        let name = rest.split([':', '}']).next()?.trim();
        let path = page.parent()?.join(name).canonicalize().ok()?;
        kind.ends_with("include").then_some(path)
    };
    text.split("{{#").skip(1).filter_map(file).collect()
}
