//! Links, pictures, anchors and includes lead somewhere.

use std::collections::HashSet;
use std::path::{Component, Path};

use anyhow::{Context, Result};
use percent_encoding::percent_decode_str;
use walkdir::WalkDir;

use super::Finding;
use super::source::Source;
use crate::file;
use crate::schedule::Schedule;

/// What can be linked to within a book: its pages, and the other files of its folder, which mdBook publishes with them.
pub struct Targets<'a> {
    pages: &'a [Source],
    files: HashSet<String>,
}

impl<'a> Targets<'a> {
    /// Those of a book whose pages are in `folder`.
    ///
    /// # Errors
    ///
    /// The folder cannot be listed.
    pub fn find(folder: &Path, pages: &'a [Source]) -> Result<Targets<'a>> {
        let mut files = HashSet::new();
        for entry in WalkDir::new(folder).follow_links(true) {
            let entry = entry.with_context(|| folder.display().to_string())?;
            let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            if entry.file_type().is_file() && name.extension().is_none_or(|extension| extension != "md") {
                files.insert(name.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(Targets { pages, files })
    }
}

/// Links, pictures and includes of a page that lead nowhere; what leaves the book is not followed.
pub fn check(root: &Path, page: &Source, targets: &Targets) -> Vec<Finding> {
    let links =
        page.links.iter().filter_map(|link| Some((link.line, broken_link(page, targets, &link.text)?)));
    let link = |(line, what)| page.finding(line, what, "link to a page, a file or a heading that is there");
    let lines = page.text.lines().enumerate();
    let includes = lines.filter_map(|(at, line)| Some((at + 1, broken_include(root, page, line)?)));
    let include = |(line, what)| {
        page.finding(line, what, "include a file of the repository, and an anchor that it holds")
    };
    let undefined = page.undefined.iter().map(|name| {
        let what = format!("the link “[{}]” is defined nowhere on the page", name.text);
        page.finding(name.line, what, format!("define it: [{}]: page.md", name.text))
    });
    links.map(link).chain(includes.map(include)).chain(undefined).collect()
}

fn broken_link(page: &Source, targets: &Targets, link: &str) -> Option<String> {
    if leaves_the_book(link) {
        return None;
    }
    let (address, anchor) = link.split_once('#').unwrap_or((link, ""));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = decoded(path);
    let target = if address.is_empty() && !link.is_empty() {
        page
    } else {
        let Some(path) = within(&page.name, &path) else {
            return Some(format!("“{path}” is outside the book's folder, and not published with it"));
        };
        let Some(name) = path.strip_suffix(".md") else {
            let is_there = targets.files.contains(&path);
            return (!is_there).then(|| missing("file", &path, targets.files.iter().cloned()));
        };
        let Some(target) = targets.pages.iter().find(|page| page.name == name) else {
            let pages = targets.pages.iter().map(|page| format!("{}.md", page.name));
            return Some(missing("page", &path, pages));
        };
        if !query.is_empty() {
            return Some(format!("mdBook drops what stands behind “.md” in “{link}”"));
        }
        target
    };
    // A browser takes it as it stands, or else decoded.
    let is_known = |anchor: &str| anchor.is_empty() || target.anchors.iter().any(|known| known == anchor);
    let is_broken = !is_known(anchor) && !is_known(&decoded(anchor));
    is_broken.then(|| format!("{} has no heading “#{anchor}”", target.path))
}

/// Whether an address is that of something elsewhere: with a scheme, which no drive of Windows is, or with a host.
fn leaves_the_book(link: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
            && !scheme.eq_ignore_ascii_case("file")
    };
    link.starts_with("//") || link.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// A path as seen from the page `name`, from the book's folder; `None` if it leads out of it.
fn within(name: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// What to say where `path` is not among what is `known`, to the letter: some systems do not tell small letters from
/// capitals, and the site's does.
fn missing(kind: &str, path: &str, mut known: impl Iterator<Item = String>) -> String {
    let near = known.find(|known| known.to_lowercase() == path.to_lowercase());
    let near = near.map(|near| format!(", and there is “{near}”")).unwrap_or_default();
    format!("there is no {kind} “{path}”{near}")
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An include is `{{#include file}}`, with `:anchor` or `:from:to` behind the file
/// (<https://rust-lang.github.io/mdBook/format/mdbook.html#including-files>).
fn broken_include(root: &Path, page: &Source, line: &str) -> Option<String> {
    let (_, rest) = line.split_once("{{#").filter(|_| Schedule::parse(line).is_none())?;
    let (directive, _) = rest.split_once("}}")?;
    let (kind, argument) = directive.split_once(' ')?;
    if !matches!(kind, "include" | "rustdoc_include") {
        return Some(format!("“{kind}” is no include"));
    }
    let (file, range) = argument.trim().split_once(':').unwrap_or((argument.trim(), ""));
    let path = root.join(&page.path).parent().map(|folder| folder.join(file)).unwrap_or_default();
    if !path.is_file() {
        return Some(format!("there is no file “{file}”"));
    }
    let text = match file::read(&path) {
        Ok(text) => text,
        Err(error) => return Some(format!("“{file}” cannot be included: {}", error.root_cause())),
    };
    let is_anchor = range.starts_with(|c: char| c.is_alphabetic());
    let holds = |mark: &str| text.lines().any(|line| line.trim_end().ends_with(&format!("{mark}: {range}")));
    if is_anchor && !(holds("ANCHOR") && holds("ANCHOR_END")) {
        return Some(format!("“{file}” has no anchor “{range}”"));
    }
    None
}
