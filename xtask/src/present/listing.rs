//! The parts of files that a page includes, by mdBook's `{{#include PATH:ANCHOR}}`, as lines.

use std::path::{Component, Path, PathBuf};

use crate::repository::Repository;
use crate::text;

/// More of a file than this is not read from a projector.
const LINES: usize = 40;

/// What stands for a line of a page: nothing where it includes nothing, else the file's name and its lines.
pub fn lines(repository: &Repository, page: &str, line: &str) -> Option<Vec<String>> {
    let target = line.trim().strip_prefix("{{#include ")?.strip_suffix("}}")?.trim();
    let (path, anchor) = target.split_once(':').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let path = resolved(page, path);
    let Ok(file) = repository.read(&path) else { return Some(vec![format!("[{target}]")]) };
    let part = part(&file, anchor);
    let left = part.len().saturating_sub(LINES);
    let mut lines = vec![format!("[{path}]")];
    lines.extend(part.into_iter().take(LINES).map(str::to_owned));
    if left > 0 {
        lines.push(text!("listing-left", count = left));
    }
    Some(lines)
}

/// A path that a page names, from the root of the repository.
fn resolved(page: &str, path: &str) -> String {
    let mut resolved = PathBuf::from(page);
    resolved.pop();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => drop(resolved.pop()),
            component => resolved.push(component),
        }
    }
    resolved.display().to_string()
}

/// The lines of a file, or those between its anchors, without the lines that name one.
fn part<'a>(file: &'a str, anchor: Option<&str>) -> Vec<&'a str> {
    let names = |line: &str, mark: &str, name: &str| {
        line.split_once(mark).is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(name))
    };
    let mut inside = anchor.is_none();
    let mut lines = Vec::new();
    for line in file.lines() {
        if let Some(anchor) = anchor {
            inside = (inside || names(line, "ANCHOR:", anchor)) && !names(line, "ANCHOR_END:", anchor);
        }
        if inside && !line.contains("ANCHOR:") && !line.contains("ANCHOR_END:") {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_gives_the_lines_between_and_none_that_names_one() {
        let file = "a\n// ANCHOR: x\nb\n// ANCHOR: xy\nc\n// ANCHOR_END: xy\nd\n// ANCHOR_END: x\ne\n";
        assert_eq!(part(file, Some("x")), ["b", "c", "d"]);
        assert_eq!(part(file, Some("xy")), ["c"]);
        assert_eq!(part(file, None), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn a_path_is_resolved_from_the_page() {
        assert_eq!(resolved("book/en/src/page.md", "../../../docker-compose.yml"), "docker-compose.yml");
    }
}
