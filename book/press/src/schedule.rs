//! The workshop's schedules, computed from how long the pages say that they take.
//!
//! A schedule is a line of a page: the minutes that there are, and what they are for, in order.
//!
//! ```text
//! {{#schedule 90 introduction reset break=10 same-image}}
//! ```
//!
//! A table takes its place: each page with its title, when it begins and ends, from 0:00 on, and at the
//! end how much is taken and how much is left.

use std::fmt;

use runbook::Chapter;

use crate::texts::Texts;

/// How the line starts.
const START: &str = "{{#schedule";

/// The minutes that there are, and what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: u32,
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// A page, by its name.
    Page(String),
    /// A break, in minutes.
    Break(u32),
}

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The line does not say how many minutes there are, or for which pages.
    Form,
    /// A break has no minutes, or something is neither a page nor a break.
    Item(String),
    /// The book has no such page.
    NoPage(String),
    /// The page does not say how long it takes.
    NoMinutes(String),
    /// It takes more minutes than there are.
    TooLong {
        /// What it takes.
        takes: u32,
        /// What there is.
        minutes: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Form => write!(f, "the schedule does not say its minutes and its pages"),
            Fault::Item(item) => write!(f, "“{item}” is neither a page nor a break of a schedule"),
            Fault::NoPage(page) => write!(f, "the schedule has a page “{page}”, and the book has none"),
            Fault::NoMinutes(page) => {
                write!(f, "the page “{page}” of the schedule does not say how long it takes")
            }
            Fault::TooLong { takes, minutes } => {
                write!(f, "the schedule takes {takes} minutes, and there are {minutes}")
            }
        }
    }
}

impl Fault {
    /// What to do about it.
    pub fn cure(&self) -> String {
        match self {
            Fault::Form | Fault::Item(_) => {
                "write the minutes, then pages and breaks: {{#schedule 90 introduction break=10 reset}}"
                    .to_owned()
            }
            Fault::NoPage(_) => "name a page by its file, without “.md”".to_owned(),
            Fault::NoMinutes(page) => format!("add “minutes: N” to the head matter of {page}.md"),
            Fault::TooLong { takes, minutes } => {
                format!("leave out pages or breaks of {} minutes, or give it more time", takes - minutes)
            }
        }
    }
}

impl Schedule {
    /// Reads a line, if it is a schedule.
    ///
    /// # Errors
    ///
    /// [`Fault::Form`] and [`Fault::Item`].
    pub fn parse(line: &str) -> Option<Result<Schedule, Fault>> {
        let rest = line.trim().strip_prefix(START)?;
        Some(rest.strip_suffix("}}").ok_or(Fault::Form).and_then(Schedule::read))
    }

    fn read(text: &str) -> Result<Schedule, Fault> {
        let mut words = text.split_whitespace();
        let minutes = words.next().and_then(|word| word.parse().ok()).ok_or(Fault::Form)?;
        let items = words.map(Item::read).collect::<Result<Vec<_>, _>>()?;
        let has_page = items.iter().any(|item| matches!(item, Item::Page(_)));
        if has_page { Ok(Schedule { minutes, items }) } else { Err(Fault::Form) }
    }

    /// How long each item takes, in order.
    ///
    /// # Errors
    ///
    /// [`Fault::NoPage`], [`Fault::NoMinutes`] and [`Fault::TooLong`].
    pub fn lengths(&self, pages: &[&Chapter]) -> Result<Vec<u32>, Fault> {
        let length = |item: &Item| match item {
            Item::Break(minutes) => Ok(*minutes),
            Item::Page(name) => {
                let minutes = page(pages, name)?.head.minutes;
                minutes.ok_or_else(|| Fault::NoMinutes(name.clone()))
            }
        };
        let lengths = self.items.iter().map(length).collect::<Result<Vec<u32>, _>>()?;
        let takes = lengths.iter().copied().fold(0, u32::saturating_add);
        if takes > self.minutes { Err(Fault::TooLong { takes, minutes: self.minutes }) } else { Ok(lengths) }
    }

    /// The table of a schedule, as Markdown.
    ///
    /// # Errors
    ///
    /// As [`Schedule::lengths`].
    fn table(&self, pages: &[&Chapter], texts: &Texts) -> Result<String, Fault> {
        let lengths = self.lengths(pages)?;
        let [from, to, what, minutes] = texts.schedule_columns;
        let [pause, total, left] = texts.schedule_rows;
        let mut table = format!("| {from} | {to} | {what} | {minutes} |\n|--:|--:|:--|--:|\n");
        let mut row = |from: u32, length: u32, what: &str| {
            table += &format!("| {} | {} | {what} | {length} |\n", clock(from), clock(from + length));
        };
        let mut at = 0;
        for (item, length) in self.items.iter().zip(lengths) {
            match item {
                Item::Break(_) => row(at, length, pause),
                Item::Page(name) => {
                    row(at, length, &format!("[{}]({name}.md)", plain(&page(pages, name)?.title)));
                }
            }
            at += length;
        }
        row(at, self.minutes - at, left);
        Ok(table + &format!("| | | **{total}** | **{}** |\n", self.minutes))
    }
}

impl Item {
    fn read(word: &str) -> Result<Item, Fault> {
        match word.split_once('=') {
            None => Ok(Item::Page(word.to_owned())),
            Some(("break", minutes)) => {
                let minutes = minutes.parse().ok().filter(|minutes| *minutes > 0);
                minutes.map(Item::Break).ok_or_else(|| Fault::Item(word.to_owned()))
            }
            Some(_) => Err(Fault::Item(word.to_owned())),
        }
    }
}

/// A page with a table in the place of each schedule.
///
/// # Errors
///
/// Every line whose schedule is wrong, with its number from 1.
pub fn fill(page: &str, pages: &[&Chapter], texts: &Texts) -> Result<String, Vec<(usize, Fault)>> {
    let mut faults = Vec::new();
    let mut filled = String::with_capacity(page.len());
    for (line, text) in (1..).zip(page.split_inclusive('\n')) {
        match Schedule::parse(text).map(|schedule| schedule?.table(pages, texts)) {
            None => filled.push_str(text),
            Some(Ok(table)) => filled.push_str(&format!("\n{table}\n")),
            Some(Err(fault)) => faults.push((line, fault)),
        }
    }
    if faults.is_empty() { Ok(filled) } else { Err(faults) }
}

fn page<'a>(pages: &[&'a Chapter], name: &str) -> Result<&'a Chapter, Fault> {
    let found = pages.iter().find(|page| page.name == name);
    found.copied().ok_or_else(|| Fault::NoPage(name.to_owned()))
}

/// Minutes as a clock that starts at 0:00 shows them.
fn clock(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// Text as Markdown in which nothing is a mark.
fn plain(text: &str) -> String {
    let escaped = |c: char| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{ENGLISH, PORTUGUESE};

    fn chapters() -> Vec<Chapter> {
        [
            ("reset", "---\nminutes: 45\n---\n\n# Reset | `hits`\n"),
            ("tips", "---\nminutes: 20\n---\n\n# Tips\n"),
            ("odd", "# Odd\n"),
        ]
        .map(|(name, page)| Chapter::parse(name, page).unwrap())
        .to_vec()
    }

    fn filled(page: &str, texts: &Texts) -> Result<String, Vec<(usize, Fault)>> {
        let chapters = chapters();
        fill(page, &chapters.iter().collect::<Vec<_>>(), texts)
    }

    fn fault(schedule: &str) -> Fault {
        filled(schedule, &ENGLISH).unwrap_err().remove(0).1
    }

    #[test]
    fn a_schedule_becomes_a_table_that_begins_at_zero_and_says_what_is_left() {
        let table = filled("Text.\n{{#schedule 90 reset break=10 tips}}\nMore.\n", &ENGLISH).unwrap();
        let expected = "Text.\n\n\
            | From | To | Page | Minutes |\n|--:|--:|:--|--:|\n\
            | 0:00 | 0:45 | [Reset \\| hits](reset.md) | 45 |\n\
            | 0:45 | 0:55 | Break | 10 |\n\
            | 0:55 | 1:15 | [Tips](tips.md) | 20 |\n\
            | 1:15 | 1:30 | Left for questions and help | 15 |\n\
            | | | **Total** | **90** |\n\nMore.\n";
        assert_eq!(table, expected);
    }

    #[test]
    fn a_schedule_speaks_the_pages_language() {
        let table = filled("{{#schedule 30 break=5 tips}}", &PORTUGUESE).unwrap();
        for text in ["| De |", "| Até |", "Página", "Minutos", "Intervalo", "Sobra", "Total"] {
            assert!(table.contains(text), "{table}");
        }
        assert!(!table.contains("Break"), "{table}");
    }

    #[test]
    fn time_may_be_used_up_to_the_last_minute_and_not_beyond() {
        assert!(filled("{{#schedule 20 tips}}", &ENGLISH).unwrap().contains("| 0:20 | 0:20 | Left"));
        assert_eq!(fault("{{#schedule 19 tips}}"), Fault::TooLong { takes: 20, minutes: 19 });
        assert_eq!(fault("{{#schedule 20 tips break=1}}"), Fault::TooLong { takes: 21, minutes: 20 });
        assert!(fault("{{#schedule 15 tips}}").cure().contains("of 5 minutes"));
    }

    #[test]
    fn a_page_that_is_not_there_or_says_no_minutes_is_named() {
        assert_eq!(fault("{{#schedule 90 rest}}"), Fault::NoPage("rest".to_owned()));
        assert_eq!(fault("{{#schedule 90 odd}}"), Fault::NoMinutes("odd".to_owned()));
    }

    #[test]
    fn what_is_no_schedule_is_named_by_its_line() {
        for line in [
            "{{#schedule}}",
            "{{#schedule reset}}",
            "{{#schedule 90}}",
            "{{#schedule 9 break=1}}",
            "{{#schedule 90 tips",
        ] {
            assert_eq!(filled(&format!("# T\n\n{line}\n"), &ENGLISH), Err(vec![(3, Fault::Form)]), "{line}");
        }
        for item in ["break=0", "break=soon", "pause=10"] {
            assert_eq!(fault(&format!("{{{{#schedule 90 tips {item}}}}}")), Fault::Item(item.to_owned()));
        }
    }

    #[test]
    fn other_directives_and_escaped_ones_are_left_alone() {
        let page = "{{#include file.md}}\n\\{{#schedule 90 reset}}\nas in {{#schedule 90 reset}}\n";
        assert_eq!(filled(page, &ENGLISH).unwrap(), page);
    }
}
