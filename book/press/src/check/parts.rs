//! What every page has for those who teach with it: its minutes, a question with its answer folded, and
//! notes for the speaker.

use super::Finding;
use super::source::Source;

/// What is missing.
pub fn check(page: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if page.chapter.head.minutes.is_none() {
        findings.push(page.finding(
            1,
            "the head matter does not say how long the page takes",
            "add “minutes: N” between two lines “---” at its top",
        ));
    }
    let folds: Vec<Fold> = folds(page).filter(|fold| !fold.inside.is_empty()).collect();
    if !folds.iter().any(|fold| !fold.is_notes && fold.summary.contains('?')) {
        findings.push(page.finding(
            1,
            "the page has no question with its answer folded",
            "ask it in the <summary> of a <details>, and answer it inside",
        ));
    }
    if !folds.iter().any(|fold| fold.is_notes) {
        findings.push(page.finding(
            1,
            "the page has no speaker notes",
            "write them, folded in a <details class=\"notes\">, at its end",
        ));
    }
    findings
}

/// A part of a page that is folded until it is asked for.
struct Fold {
    is_notes: bool,
    /// What is seen of it.
    summary: String,
    /// What is not.
    inside: String,
}

fn folds(page: &Source) -> impl Iterator<Item = Fold> {
    page.html.iter().filter(|piece| piece.text.contains("<details")).filter_map(|piece| {
        let rest: Vec<&str> = page.text.lines().skip(piece.line - 1).collect();
        let rest = rest.join("\n");
        let (fold, _) = rest.split_once("</details>")?;
        let (tag, fold) = fold.split_once("<summary>")?;
        let (summary, inside) = fold.split_once("</summary>")?;
        Some(Fold {
            is_notes: tag.contains("class=\"notes\""),
            summary: summary.to_owned(),
            inside: inside.trim().to_owned(),
        })
    })
}
