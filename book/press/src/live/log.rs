//! What happened in a chapter, as browsers are told it, whenever they come: bounded, whatever a step prints.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many of a command's first lines are kept, and how many of its last.
pub const KEPT: usize = 200;

/// How many characters of a line are kept.
const WIDTH: usize = 2000;

/// Something that happened, with its number: a browser that knows it asks for what came after.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Its number, from 1; they grow, with gaps.
    pub at: u64,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum What {
    /// All that was before is forgotten.
    Reset,
    /// Something to know about the chapter.
    Note {
        /// A sentence.
        text: String,
    },
    /// A step starts; what it did before is forgotten.
    Start {
        /// The step.
        step: usize,
    },
    /// A command of it starts.
    Command {
        /// The step.
        step: usize,
        /// The command.
        command: String,
    },
    /// It printed a line. A number that is more than one above the line's before tells how many were left out.
    Line {
        /// The step.
        step: usize,
        /// The how manieth of the command, from 1.
        number: u64,
        /// Whether it went to stderr.
        stderr: bool,
        /// The line.
        text: String,
    },
    /// The step has ended.
    End {
        /// The step.
        step: usize,
        /// Whether all is as the page says.
        good: bool,
        /// What kind of end it is: `matched`, `differs`, `status`, `limit`, `stopped`, `start` or `norun`.
        kind: &'static str,
        /// The verdict, with the time.
        text: String,
        /// What the page shows against what was printed, line by line.
        diff: Option<String>,
    },
}

/// The log of a chapter.
#[derive(Debug, Default)]
pub struct Log {
    last: u64,
    reset: Option<Item>,
    note: Option<Item>,
    steps: BTreeMap<usize, Vec<Item>>,
    /// Of the command that prints: its last lines, and how many it has printed.
    tail: VecDeque<Item>,
    printed: u64,
}

impl Log {
    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Log { last: self.last, ..Log::default() };
        let item = self.item(What::Reset);
        self.reset = Some(item);
    }

    /// Notes what is to be known about the chapter, in place of what was noted before.
    pub fn note(&mut self, text: String) {
        let item = self.item(What::Note { text });
        self.note = Some(item);
    }

    /// A step starts.
    pub fn start(&mut self, step: usize) {
        self.settle(step);
        let item = self.item(What::Start { step });
        self.steps.insert(step, vec![item]);
    }

    /// A command of the step starts.
    pub fn command(&mut self, step: usize, command: String) {
        self.settle(step);
        let item = self.item(What::Command { step, command });
        self.steps.entry(step).or_default().push(item);
    }

    /// It printed a line.
    pub fn line(&mut self, step: usize, stderr: bool, text: &str) {
        self.printed += 1;
        let text = match text.char_indices().nth(WIDTH) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        let item = self.item(What::Line { step, number: self.printed, stderr, text });
        if self.printed <= KEPT as u64 {
            self.steps.entry(step).or_default().push(item);
            return;
        }
        if self.tail.len() == KEPT {
            self.tail.pop_front();
        }
        self.tail.push_back(item);
    }

    /// The step has ended.
    pub fn end(&mut self, step: usize, good: bool, kind: &'static str, text: String, diff: Option<String>) {
        self.settle(step);
        let item = self.item(What::End { step, good, kind, text, diff });
        self.steps.entry(step).or_default().push(item);
    }

    /// Whether the step's last run was good.
    pub fn is_done(&self, step: usize) -> bool {
        let last = self.steps.get(&step).and_then(|items| items.last());
        matches!(last, Some(Item { what: What::End { good: true, .. }, .. }))
    }

    /// What came after the item `after`, in order.
    pub fn since(&self, after: u64) -> Vec<Item> {
        let items =
            self.reset.iter().chain(&self.note).chain(self.steps.values().flatten()).chain(&self.tail);
        let mut items: Vec<Item> = items.filter(|item| item.at > after).cloned().collect();
        items.sort_by_key(|item| item.at);
        items
    }

    /// The command that printed has ended: its last lines stay.
    fn settle(&mut self, step: usize) {
        self.printed = 0;
        self.steps.entry(step).or_default().extend(self.tail.drain(..));
    }

    fn item(&mut self, what: What) -> Item {
        self.last += 1;
        Item { at: self.last, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(items: &[Item]) -> Vec<u64> {
        let number =
            |item: &Item| if let What::Line { number, .. } = item.what { Some(number) } else { None };
        items.iter().filter_map(number).collect()
    }

    #[test]
    fn of_a_million_lines_the_first_and_the_last_are_kept_and_the_rest_is_counted() {
        let mut log = Log::default();
        log.start(1);
        log.command(1, "seq 1000000".to_owned());
        for number in 1..=1_000_000 {
            log.line(1, false, &number.to_string());
        }
        let during = log.since(0);
        log.end(1, true, "matched", String::new(), None);
        let kept = KEPT as u64;
        let expected: Vec<u64> = (1..=kept).chain(1_000_001 - kept..=1_000_000).collect();
        assert_eq!(numbers(&during), expected);
        assert_eq!(numbers(&log.since(0)), expected);
        assert!(log.is_done(1));
    }

    #[test]
    fn who_comes_back_is_told_what_came_meanwhile_and_nothing_twice() {
        let mut log = Log::default();
        log.start(1);
        log.line(1, false, "one");
        let last = |items: &[Item]| items.last().unwrap().at;
        let before = log.since(0);
        assert_eq!(numbers(&before), [1]);
        log.line(1, true, "two");
        let news = log.since(last(&before));
        assert_eq!(numbers(&news), [2]);
        let last = last(&news);
        assert!(log.since(last).is_empty());
        log.reset();
        assert!(matches!(log.since(last)[..], [Item { what: What::Reset, .. }]));
        assert_eq!(log.since(0).len(), 1);
    }

    #[test]
    fn a_step_that_runs_again_is_not_done_until_it_ends() {
        let mut log = Log::default();
        log.start(1);
        log.end(1, true, "matched", String::new(), None);
        assert!(log.is_done(1) && !log.is_done(2));
        log.start(1);
        assert!(!log.is_done(1));
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut log = Log::default();
        log.line(1, false, &"é".repeat(1_000_000));
        let What::Line { text, .. } = &log.since(0)[0].what else { panic!() };
        assert_eq!(text.chars().count(), WIDTH + 1);
    }
}
