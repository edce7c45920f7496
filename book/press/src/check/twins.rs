//! The two languages: the same pages, with the same steps.

use runbook::{Exchange, Step};

use super::source::Source;
use super::{Book, Finding};

/// Pages that are in one language only, or not in both tables of contents, or elsewhere in one of them.
pub fn missing(source: &Book, translation: &Book) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (here, there) in [(source, translation), (translation, source)] {
        let contents = format!("{}/SUMMARY.md", here.folder);
        for page in &here.pages {
            if !there.pages.iter().any(|twin| twin.name == page.name) {
                let cure = format!("write {}/{}.md in the same commit", there.folder, page.name);
                findings.push(page.finding(
                    1,
                    format!("the page is not there in {}, or breaks a rule", there.language),
                    cure,
                ));
            }
            if !here.contents.contains(&page.name) {
                findings.push(page.finding(
                    1,
                    "the page is not in the table of contents",
                    format!("link it in {contents}"),
                ));
            }
        }
        if here.contents != there.contents {
            findings.push(Finding {
                path: contents,
                line: 1,
                what: format!("the pages are not those of {}, in the same order", there.language),
                cure: "link the same pages in the same order".to_owned(),
            });
        }
    }
    findings
}

/// The pages that are in both languages.
pub fn pairs<'a>(source: &'a Book, translation: &'a Book) -> Vec<(&'a Source, &'a Source)> {
    let twin = |page: &'a Source| {
        translation.pages.iter().find(|twin| twin.name == page.name).map(|twin| (page, twin))
    };
    source.pages.iter().filter_map(twin).collect()
}

/// Where a page and its twin do not ask for the same, or do not expect the same.
pub fn differences(page: &Source, twin: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let minutes = page.chapter.head.minutes;
    if twin.chapter.head.minutes != minutes {
        findings.push(twin.finding(
            1,
            format!("the minutes are not those of {}", page.path),
            "write the same number of minutes in both",
        ));
    }
    let (steps, others) = (&page.chapter.steps, &twin.chapter.steps);
    if steps.len() != others.len() {
        let what = format!("{} steps, where {} has {}", others.len(), page.path, steps.len());
        let line = others.last().map_or(1, |step| step.line);
        findings.push(twin.finding(line, what, "show the same steps in the same order in both"));
    }
    for (step, other) in steps.iter().zip(others) {
        if let Some((line, what)) = difference(step, other) {
            let what = format!("{what} than in {}:{}", page.path, step.line);
            findings.push(twin.finding(line, what, "only a comment in a command may be translated"));
        }
    }
    findings
}

fn difference(step: &Step, other: &Step) -> Option<(usize, String)> {
    let without_reason = |step: &Step| {
        (step.attributes.stderr.clone(), step.attributes.timeout, step.attributes.norun.is_some())
    };
    if without_reason(step) != without_reason(other) {
        return Some((other.line, "the step has other attributes".to_owned()));
    }
    let differs = |(one, two): (&Exchange, &Exchange)| {
        if commands(&one.command) != commands(&two.command) {
            Some((two.line, "the command is another".to_owned()))
        } else if one.status != two.status {
            Some((two.line, "another exit status is expected".to_owned()))
        } else if one.output != two.output {
            let alike =
                one.output.lines().zip(two.output.lines()).take_while(|(one, two)| one == two).count();
            Some((two.output_line + alike, "another output is expected".to_owned()))
        } else {
            None
        }
    };
    let found = step.exchanges.iter().zip(&other.exchanges).find_map(differs);
    let count = (step.exchanges.len() != other.exchanges.len())
        .then(|| (other.line, "the step has another number of commands".to_owned()));
    found.or(count)
}

/// A command without its comments: a `#` at the start of a word, outside quotes, to the end of its line.
fn commands(command: &str) -> String {
    let mut kept = String::new();
    for line in command.lines() {
        let mut quote = None;
        let mut before = ' ';
        let end = line.char_indices().find_map(|(at, c)| {
            let starts_comment = c == '#' && quote.is_none() && before.is_whitespace();
            match quote {
                Some(open) if open == c => quote = None,
                None if c == '\'' || c == '"' => quote = Some(c),
                _ => {}
            }
            before = c;
            starts_comment.then_some(at)
        });
        kept.push_str(line[..end.unwrap_or(line.len())].trim_end());
        kept.push('\n');
    }
    kept
}
