//! The workshop's schedules: they add up, and are the same in both languages.

use runbook::Chapter;

use super::Finding;
use super::source::Source;
use crate::schedule::{Fault, Schedule};

/// Schedules that name a page that is not there, or take more time than they have.
pub fn check(page: &Source, pages: &[Source]) -> Vec<Finding> {
    let chapters: Vec<&Chapter> = pages.iter().map(|page| &page.chapter).collect();
    let fault = |schedule: Result<Schedule, Fault>| schedule.and_then(|it| it.lengths(&chapters)).err();
    let faults = schedules(page).filter_map(|(line, schedule)| Some((line, fault(schedule)?)));
    faults.map(|(line, fault)| page.finding(line, fault.to_string(), fault.cure())).collect()
}

/// Where a page and its twin do not have the same schedules in the same order.
pub fn differences(page: &Source, twin: &Source) -> Vec<Finding> {
    const CURE: &str = "write the same schedules in the same order in both";
    let (ours, theirs): (Vec<_>, Vec<_>) = (schedules(page).collect(), schedules(twin).collect());
    if ours.len() != theirs.len() {
        let line = theirs.last().map_or(1, |(line, _)| *line);
        let what = format!("{} schedules, where {} has {}", theirs.len(), page.path, ours.len());
        return vec![twin.finding(line, what, CURE)];
    }
    let others = ours.iter().zip(&theirs).filter(|((_, ours), (_, theirs))| ours != theirs);
    let told = |((line, _), (at, _)): (&(usize, _), &(usize, _))| {
        twin.finding(*at, format!("the schedule is another than in {}:{line}", page.path), CURE)
    };
    others.map(told).collect()
}

/// The schedules of a page, each with its line.
fn schedules(page: &Source) -> impl Iterator<Item = (usize, Result<Schedule, Fault>)> {
    (1..).zip(page.text.lines()).filter_map(|(line, text)| Some((line, Schedule::parse(text)?)))
}
