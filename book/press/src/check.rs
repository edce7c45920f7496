//! What can be wrong with a page without running it: each finding has its file, its line and its cure.

mod glossary;
mod html;
mod links;
mod parts;
mod pictures;
mod schedules;
mod source;
mod spelling;
mod translation;
mod twins;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use translation::follow;

use crate::file;
use source::Source;

/// The languages of the book: the source first, then its translation.
const LANGUAGES: [&str; 2] = ["en", "pt-BR"];

/// Something that is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    {}", self.path, self.line, self.what, self.cure)
    }
}

/// What a check has found.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, by file and line.
    pub findings: Vec<Finding>,
    /// Steps that are not run, each with its reason.
    pub not_run: Vec<String>,
    /// What could not be checked on this machine, and why.
    pub skipped: Vec<String>,
}

/// Checks both books of the repository at `root`.
///
/// # Errors
///
/// A folder of pages cannot be read.
pub fn check(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    let books = read(root, &mut report)?;
    let [source, translation] = &books;
    report.findings.extend(twins::missing(source, translation));
    for (page, twin) in twins::pairs(source, translation) {
        report.findings.extend(twins::differences(page, twin));
        report.findings.extend(schedules::differences(page, twin));
        report.findings.extend(translation::stale(page, twin));
    }
    for book in &books {
        let variants = glossary::variants(&book.pages);
        let targets = links::Targets::find(&root.join(&book.folder), &book.pages)?;
        for page in &book.pages {
            report.findings.extend(links::check(root, page, &targets));
            report.findings.extend(parts::check(page));
            report.findings.extend(pictures::check(page));
            report.findings.extend(schedules::check(page, &book.pages));
            report.findings.extend(glossary::check(page, &variants));
            report.not_run.extend(not_run(page));
        }
        let own = spelling::own_words(root, book.language)?;
        match spelling::Speller::find(book.language, own) {
            Ok(speller) => report.findings.extend(book.pages.iter().flat_map(|page| speller.check(page))),
            Err(why) => report.skipped.push(why),
        }
    }
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

/// The steps of a page that are not run, each with its place and its reason.
fn not_run(page: &Source) -> Vec<String> {
    let told = |step: &runbook::Step| {
        step.attributes.norun.as_ref().map(|why| format!("{}:{}: not run: {why}", page.path, step.line))
    };
    page.chapter.steps.iter().filter_map(told).collect()
}

/// The pages of one language.
struct Book {
    language: &'static str,
    /// The folder of its pages, from the root of the repository.
    folder: String,
    /// The names in its table of contents, in order.
    contents: Vec<String>,
    pages: Vec<Source>,
}

fn read(root: &Path, report: &mut Report) -> Result<[Book; 2]> {
    let [first, second] = LANGUAGES.map(|language| read_book(root, language, report));
    Ok([first?, second?])
}

fn read_book(root: &Path, language: &'static str, report: &mut Report) -> Result<Book> {
    let folder = format!("book/{language}/src");
    let text = |name: &str| file::read(&root.join(&folder).join(name));
    let contents = runbook::chapter::pages(&text("SUMMARY.md")?).unwrap_or_else(|faults| {
        report.findings.extend(source::findings(&format!("{folder}/SUMMARY.md"), faults));
        Vec::new()
    });
    let mut pages = Vec::new();
    for name in names(&root.join(&folder))? {
        match Source::read(root, &folder, &name, &text(&format!("{name}.md"))?) {
            Ok(page) => pages.push(page),
            Err(findings) => report.findings.extend(findings),
        }
    }
    Ok(Book { language, folder, contents, pages })
}

/// The names of the pages in a folder, its table of contents aside, in alphabetical order.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path: PathBuf = entry?.path();
        if let (Some(name), Some("md")) = (path.file_stem(), path.extension().and_then(|end| end.to_str())) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.retain(|name| name != "SUMMARY");
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
