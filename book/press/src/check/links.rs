//! Links, anchors and includes lead somewhere.

use std::fs;
use std::path::Path;

use super::Finding;
use super::source::Source;
use crate::schedule::Schedule;

/// Links and includes of a page that lead nowhere; what leaves the book is not followed.
pub fn check(root: &Path, page: &Source, pages: &[Source]) -> Vec<Finding> {
    let links =
        page.links.iter().filter_map(|link| Some((link.line, broken_link(root, page, pages, &link.text)?)));
    let link = |(line, what)| page.finding(line, what, "link to a page, a file or a heading that is there");
    let lines = page.text.lines().enumerate();
    let includes = lines.filter_map(|(at, line)| Some((at + 1, broken_include(root, page, line)?)));
    let include = |(line, what)| {
        page.finding(line, what, "include a file of the repository, and an anchor that it holds")
    };
    links.map(link).chain(includes.map(include)).collect()
}

fn broken_link(root: &Path, page: &Source, pages: &[Source], link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = match path.strip_suffix(".md") {
        _ if path.is_empty() => page,
        Some(name) => match pages.iter().find(|page| page.name == name) {
            Some(target) => target,
            None => return Some(format!("there is no page “{path}”")),
        },
        None if folder(root, page).join(path).exists() => return None,
        None => return Some(format!("there is no file “{path}”")),
    };
    let anchor = anchor.filter(|anchor| !target.anchors.iter().any(|known| known == anchor))?;
    Some(format!("{} has no heading “#{anchor}”", target.path))
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
    let Ok(text) = fs::read_to_string(folder(root, page).join(file)) else {
        return Some(format!("there is no file “{file}”"));
    };
    let is_anchor = range.starts_with(|c: char| c.is_alphabetic());
    let holds = |mark: &str| text.lines().any(|line| line.trim_end().ends_with(&format!("{mark}: {range}")));
    if is_anchor && !(holds("ANCHOR") && holds("ANCHOR_END")) {
        return Some(format!("“{file}” has no anchor “{range}”"));
    }
    None
}

fn folder(root: &Path, page: &Source) -> std::path::PathBuf {
    root.join(&page.path).parent().map(Path::to_owned).unwrap_or_default()
}
