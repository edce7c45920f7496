//! Both books, from their sources to the pages of a site.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use mdbook_driver::MDBook;
use mdbook_driver::book::{Book, BookItem};
use mdbook_driver::config::Config;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use runbook::{Chapter, Step};
use walkdir::WalkDir;

use crate::file;
use crate::language::Language;
use crate::page;
use crate::proof::Proof;
use crate::schedule;
use crate::shown;
use crate::site::{Site, entry};
use crate::texts::Texts;

/// What is built, from where to where.
#[derive(Debug, Clone)]
pub struct Order {
    /// The root of the repository.
    pub root: PathBuf,
    /// Where the site goes: a folder for each language, and the entry page above them.
    pub out: PathBuf,
    /// The books.
    pub languages: Vec<Language>,
    /// What `verify` reported, on each engine; a file that is not there is no report.
    pub reports: Vec<PathBuf>,
    /// The address under which the site is published.
    pub url: String,
}

/// Builds the books of an order.
///
/// # Errors
///
/// A page breaks a rule or includes what is not there, a book cannot be rendered, a file cannot be
/// written, or mdBook's pages are not as expected.
pub fn build(order: &Order) -> Result<()> {
    let proof = Proof::read(&order.root, &order.reports)?;
    let url = format!("{}/", order.url.trim_end_matches('/'));
    fs::create_dir_all(&order.out).with_context(|| order.out.display().to_string())?;
    let out = order.out.canonicalize().with_context(|| order.out.display().to_string())?;
    let sites = order.languages.iter().map(|language| {
        let folder = |language: Language| order.root.join("book").join(language.tag());
        anyhow::Ok(Site {
            language: *language,
            out: out.join(language.tag()),
            theme: order.root.join("book/theme"),
            url: &url,
            pages: pages(&folder(*language))?,
            twins: pages(&folder(language.other())).unwrap_or_default(),
            proof: proof.as_ref(),
        })
    });
    let sites: Vec<Site<'_>> = sites.collect::<Result<_>>()?;
    let built: Vec<Result<()>> = thread::scope(|scope| {
        let start = |site| scope.spawn(move || one(&order.root, site));
        let threads: Vec<_> = sites.iter().map(start).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a build broke off"))))
            .collect()
    });
    built.into_iter().collect::<Result<Vec<()>>>()?;
    entry::write(&out, &url, &sites)
}

/// Builds one book.
fn one(root: &Path, site: &Site<'_>) -> Result<()> {
    let folder = root.join("book").join(site.language.tag());
    let name = format!("book/{}", site.language.tag());
    are_texts(&folder)?;
    let mut config = Config::from_disk(folder.join("book.toml")).with_context(|| name.clone())?;
    // The page for addresses that lead nowhere is shown at any depth: its links start from the site's root.
    let path = site.url.split_once("://").map_or(site.url, |(_, rest)| rest);
    let path = path.find('/').map_or("/", |start| &path[start..]);
    config.set("output.html.site-url", format!("{path}{}/", site.language.tag()))?;
    config.set("build.build-dir", &site.out)?;
    let mut book = MDBook::load_with_config(&folder, config).with_context(|| name.clone())?;
    let chapters = keeps_to_the_rules(&book.book, &name, &folder.join("src"))?;
    compute_schedules(&mut book.book, &name, &chapters, site.language.texts())?;
    let shown =
        pages_of(&book.book).map(|(path, text)| (path.to_owned(), text.matches("\\{{#").count())).collect();
    let steps = chapters.iter().map(|chapter| (chapter.name.clone(), chapter.steps.clone())).collect();
    book.with_preprocessor(Pages { language: site.language, name: name.clone(), shown, steps });
    book.build().with_context(|| name.clone())?;
    site.finish().with_context(|| name.clone())?;
    for chapter in &chapters {
        let page = site.out.join(&chapter.name).with_extension("html");
        let html = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
        shown::check(chapter, &html).with_context(|| format!("{name}/src/{}.md", chapter.name))?;
    }
    Ok(())
}

/// Fails with the first file that is no text: mdBook reads them itself, and does not tell what is wrong with one.
fn are_texts(folder: &Path) -> Result<()> {
    file::read(&folder.join("book.toml"))?;
    for entry in WalkDir::new(folder.join("src")).sort_by_file_name() {
        let path = entry.context("the book's folder cannot be listed")?.into_path();
        if path.extension().is_some_and(|extension| extension == "md") {
            file::read(&path)?;
        }
    }
    Ok(())
}

/// The pages of a book, in the order of its table of contents.
fn pages(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("src/SUMMARY.md");
    let told = |faults: Vec<runbook::Fault>| page::told(&path.display().to_string(), &faults);
    runbook::chapter::pages(&file::read(&path)?).map_err(told)
}

/// The pages as chapters. Fails with all faults of all pages, by the lines of their files.
fn keeps_to_the_rules(book: &Book, name: &str, folder: &Path) -> Result<Vec<Chapter>> {
    let (mut chapters, mut faults) = (Vec::new(), Vec::new());
    for (path, text) in pages_of(book) {
        match Chapter::parse_in(folder, &path.with_extension("").to_string_lossy(), text) {
            Ok(chapter) => chapters.push(chapter),
            Err(found) => {
                faults.push(page::told(&format!("{name}/src/{}", path.display()), &found).to_string());
            }
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(chapters)
}

/// Puts a table in the place of each schedule. Fails with all that cannot be computed, by the lines of the files.
fn compute_schedules(book: &mut Book, name: &str, chapters: &[Chapter], texts: &Texts) -> Result<()> {
    let chapters: Vec<&Chapter> = chapters.iter().collect();
    let mut faults = Vec::new();
    book.for_each_mut(|item| {
        let BookItem::Chapter(page) = item else { return };
        let Some(path) = &page.path else { return };
        let told = |(line, fault): (usize, schedule::Fault)| {
            format!("{name}/src/{}: line {line}: {fault}; {}", path.display(), fault.cure())
        };
        match schedule::fill(&page.content, &chapters, texts) {
            Ok(content) => page.content = content,
            Err(found) => faults.extend(found.into_iter().map(told)),
        }
    });
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// The directives that were left in a page.
fn left(page: &str) -> String {
    let directive = |part: &str| format!("{{{{#{}}}}}", part.split("}}").next().unwrap_or(part));
    let directives: Vec<String> = page.split("{{#").skip(1).map(directive).collect();
    format!("it includes what is not there: {}", directives.join(", "))
}

/// The pages of a book: their files and their texts.
fn pages_of(book: &Book) -> impl Iterator<Item = (&Path, &str)> {
    book.iter().filter_map(|item| match item {
        BookItem::Chapter(chapter) => Some((chapter.path.as_deref()?, chapter.content.as_str())),
        _ => None,
    })
}

/// Prepares every page, after mdBook has included what they include.
struct Pages {
    language: Language,
    name: String,
    /// How many directives each page shows to its readers, with a backslash before them.
    shown: HashMap<PathBuf, usize>,
    /// The steps of each page as its source has them, by its name: those that are run.
    steps: HashMap<String, Vec<Step>>,
}

impl Preprocessor for Pages {
    fn name(&self) -> &str {
        "press"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut faults = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) = &chapter.path else { return };
            let name = format!("{}/src/{}", self.name, path.display());
            // mdBook leaves a directive that it cannot follow as it is.
            let directives = chapter.content.matches("{{#").count();
            if directives > self.shown.get(path).copied().unwrap_or_default() {
                faults.push(format!("{name}: {}", left(&chapter.content)));
            }
            let steps = self.steps.get(&*path.with_extension("").to_string_lossy());
            let steps = steps.map(Vec::as_slice).unwrap_or_default();
            let prepared = page::prepare(&name, &chapter.content, steps, self.language.texts());
            match prepared {
                Ok(content) => chapter.content = content,
                Err(error) => faults.push(error.to_string()),
            }
        });
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(book)
    }
}
