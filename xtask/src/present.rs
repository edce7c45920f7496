//! `cargo xtask run --present`: a chapter for a room. The prose before a step, its commands typed as by a hand,
//! their output as it comes, and the verdict; a key for each next thing.

mod layout;
mod listing;
mod markdown;
mod terminal;

use std::env;
use std::time::Duration;

use console::{Emoji, measure_text_width, style, truncate_str};
use runbook::process::Stream;
use runbook::{Chapter, Event, Exchange, Session, Verdict};

use crate::failure::Result;
use crate::narration::{Step, say};
use crate::pages::{self, Page, Stage};
use crate::process::go_on;
use crate::project::Project;
use crate::repository::Repository;
use crate::run;
use crate::text;
use layout::{Block, Body, wrapped};
use markdown::Piece;
use terminal::{Key, Terminal};

/// From one character of a command to the next.
const PACE: Duration = Duration::from_millis(35);

/// What the longest command takes to be typed: it is typed faster.
const LONGEST: Duration = Duration::from_secs(4);

/// Presents a chapter from its step `from` on; those before it are run without a word.
///
/// # Errors
///
/// There is no terminal, nothing can be run here, a step before `from` is not as the page says, or the person has
/// asked to stop.
pub fn present(repository: &Repository, page: &Page, chapter: &Chapter, from: usize) -> Result {
    let mut terminal = Terminal::open()?;
    // A page that calls no Docker needs no engine.
    let calls_docker = |exchange: &Exchange| exchange.command.contains("docker");
    let needs_stage = chapter.steps.iter().flat_map(|step| &step.exchanges).any(calls_docker);
    let stage = needs_stage.then(|| Stage::set(repository)).transpose()?;
    let project = stage.as_ref().map(Stage::project);
    let session = pages::session(repository, project.as_ref());
    let pieces = pieces(repository, page, chapter);
    let notes = pieces.iter().flat_map(|piece| &piece.notes).cloned().collect();
    let outcomes = vec![None; chapter.steps.len()];
    let mut show = Show { page, chapter, session, project, pieces, notes, outcomes };
    terminal.forget_keys();
    let shown =
        run::before(&show.session, page, chapter, from).and_then(|()| show.on(&mut terminal, from - 1));
    // From here on the removal is narrated, in a terminal as others have it.
    drop(terminal);
    show.session.end_left();
    remove(show.project.as_ref())?;
    shown?;
    show.sum_up();
    Ok(())
}

/// The pieces of a page, one before each step and one after the last.
fn pieces(repository: &Repository, page: &Page, chapter: &Chapter) -> Vec<Piece> {
    let texts = chapter.steps.iter().map(|step| &step.prose).chain([&chapter.rest]);
    texts.map(|text| markdown::read(text, &|line| listing::lines(repository, &page.path, line))).collect()
}

fn remove(project: Option<&Project>) -> Result {
    let Some(project) = project else { return Ok(()) };
    let step = Step::begin(text!("step-down"));
    let removed = project.remove();
    match removed {
        Ok(()) => step.done(""),
        Err(_) => step.failed(),
    }
    removed
}

/// A presentation under way.
struct Show<'a> {
    page: &'a Page,
    chapter: &'a Chapter,
    session: Session,
    project: Option<Project>,
    pieces: Vec<Piece>,
    notes: Vec<Block>,
    /// What came of each step that was run; whether it was as the page says.
    outcomes: Vec<Option<bool>>,
}

/// Where to go from what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    Back,
    Again,
    Afresh,
    Quit,
}

/// What a wait came to.
enum Asked {
    /// What is there goes on: the next part of the prose, or the command.
    On,
    /// The part of the prose before.
    Back,
    /// What is there is to be drawn again.
    Redraw,
    Way(Way),
}

/// Where a screen of prose starts: in which part, with which block of it, and with which of the block's lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    part: usize,
    block: usize,
    line: usize,
}

/// A screen of prose.
struct Screen {
    lines: Vec<String>,
    /// Where the next one starts; nothing where the step comes next.
    next: Option<Place>,
}

impl Show<'_> {
    /// Presents the piece `at` and what follows.
    fn on(&mut self, terminal: &mut Terminal, mut at: usize) -> Result {
        let mut is_at_end = false;
        loop {
            let way = self.piece(terminal, at, is_at_end)?;
            // Who comes back wants the command; the prose before it is one more step back.
            is_at_end = !matches!(way, Way::On);
            match way {
                Way::On if at == self.chapter.steps.len() => return Ok(()),
                Way::On => at += 1,
                Way::Back if at == 0 => is_at_end = false,
                Way::Back => at -= 1,
                Way::Again => {}
                Way::Afresh => {
                    if self.afresh(terminal, at)? == Way::Quit {
                        return Ok(());
                    }
                }
                Way::Quit => return Ok(()),
            }
        }
    }

    /// Presents one piece: its prose, screen by screen or from its last screen on, then its step.
    fn piece(&mut self, terminal: &mut Terminal, at: usize, is_at_end: bool) -> Result<Way> {
        let mut places = vec![Place::default()];
        if is_at_end {
            while let Some(next) = self.screen(terminal, at, places[places.len() - 1]).next {
                places.push(next);
            }
        }
        loop {
            let Screen { lines, next } = self.screen(terminal, at, places[places.len() - 1]);
            let (_, width) = terminal.size();
            self.head(terminal, at, width);
            lines.iter().for_each(|line| terminal.say(line));
            let is_step = next.is_none() && at < self.chapter.steps.len();
            if !is_step {
                terminal.say("");
            }
            let asked = match next {
                Some(_) => self.ask(terminal, at, &text!("keys-more"))?,
                None if is_step => self.step(terminal, at)?,
                None => self.ask(terminal, at, &text!("keys-end"))?,
            };
            match (asked, next) {
                (Asked::Way(way), _) => return Ok(way),
                (Asked::Redraw, _) => {}
                (Asked::On, Some(next)) => places.push(next),
                (Asked::On, None) => return Ok(Way::On),
                (Asked::Back, _) if places.len() > 1 => drop(places.pop()),
                (Asked::Back, _) => return Ok(Way::Back),
            }
        }
    }

    /// One screen of the prose, from `place` on.
    fn screen(&self, terminal: &mut Terminal, at: usize, place: Place) -> Screen {
        let (height, width) = terminal.size();
        let parts = &self.pieces[at].parts;
        let command = self.chapter.steps.get(at).and_then(|step| step.exchanges.first());
        // Above: the title and its rule. Below: an empty line, and the keys.
        let room = height.saturating_sub(2 + 1 + keys(&text!("keys-more"), width).len()).max(3);
        let command = command.map_or(0, |exchange| typed(&exchange.command, width).len());
        let is_last_part = place.part + 1 == parts.len();
        let last_room = if is_last_part { room.saturating_sub(command).max(1) } else { room };
        let laid = laid(&parts[place.part][place.block..], width);
        let is_empty = |line: &Line| line.text.is_empty();
        let start = place.line.min(laid.len());
        let start = start + laid[start..].iter().take_while(|line| is_empty(line)).count();
        let end = start + fitting(&laid[start..], room, last_room);
        let last = start + laid[start..end].iter().rposition(|line| !is_empty(line)).map_or(0, |at| at + 1);
        let lines = laid[start..last].iter().map(|line| line.text.clone()).collect();
        let next = if let Some(Line { block, .. }) = laid.get(end) {
            // Of a block that is cut, the lines that were shown are left out.
            let line = laid[..end].iter().filter(|line| line.block == *block).count();
            Some(Place { block: place.block + block, line, ..place })
        } else {
            (!is_last_part).then_some(Place { part: place.part + 1, ..Place::default() })
        };
        Screen { lines, next }
    }

    /// An empty screen, with the page's title and how far one is.
    fn head(&self, terminal: &Terminal, at: usize, width: usize) {
        terminal.clear();
        let count = self.chapter.steps.len();
        let far = if at < count {
            text!("present-step", number = at + 1, count = count)
        } else {
            text!("present-last")
        };
        let title =
            truncate_str(&self.chapter.title, width.saturating_sub(measure_text_width(&far) + 3), "…");
        terminal.say(&format!("{} {}", style(title).bold(), style(format!("· {far}")).dim()));
        terminal.say(&style("─".repeat(width.min(layout::WIDEST))).dim().to_string());
    }

    /// Types the commands of a step, runs each on a key, and says what came of it.
    fn step(&mut self, terminal: &mut Terminal, at: usize) -> Result<Asked> {
        let chapter = self.chapter;
        let step = &chapter.steps[at];
        let mut is_good = true;
        let mut may_type = true;
        for (number, exchange) in step.exchanges.iter().enumerate() {
            terminal.say("");
            let asked = loop {
                if let Some(asked) = self.type_out(terminal, at, &exchange.command, may_type)? {
                    break asked;
                }
                if step.attributes.norun.is_some() {
                    break Asked::On;
                }
                break match self.ask(terminal, at, &text!("keys-run"))? {
                    // What has been printed above is worth more than a line that ends where it should.
                    Asked::Redraw if number > 0 => {
                        may_type = false;
                        continue;
                    }
                    asked => asked,
                };
            };
            may_type = true;
            if !matches!(asked, Asked::On) {
                return Ok(asked);
            }
            if step.attributes.norun.is_none() {
                let only = runbook::Step { exchanges: vec![exchange.clone()], ..step.clone() };
                is_good &= self.run(terminal, &only)?;
                self.outcomes[at] = Some(is_good);
            }
        }
        if let Some(reason) = &step.attributes.norun {
            let (_, width) = terminal.size();
            for line in wrapped(&text!("step-not-run", reason = reason), width, "  ") {
                terminal.say(&style(line).yellow().to_string());
            }
        }
        terminal.say("");
        loop {
            match self.ask(terminal, at, &text!("keys-next"))? {
                Asked::Redraw => {}
                asked => return Ok(asked),
            }
        }
    }

    /// Types a command as by a hand; any key has the rest of it at once.
    fn type_out(
        &self,
        terminal: &mut Terminal,
        at: usize,
        command: &str,
        by_hand: bool,
    ) -> Result<Option<Asked>> {
        let (_, width) = terminal.size();
        let lines = typed(command, width);
        let is_off = env::var_os("NO_TYPING").is_some_and(|value| !value.is_empty());
        let mut by_hand = by_hand && !is_off;
        let count: usize = lines.iter().map(|line| line.chars().count()).sum();
        let pace = PACE.min(LONGEST / u32::try_from(count.max(1)).unwrap_or(u32::MAX));
        terminal.screen.show_cursor().ok();
        let mut asked = None;
        for line in &lines {
            // A prompt is not typed; the shell shows it.
            let prompt = if line.starts_with("$ ") || line.starts_with("> ") { 2 } else { 0 };
            let mut rest = line.as_str();
            while by_hand && !rest.is_empty() {
                if line.len() - rest.len() >= prompt
                    && let Some(key) = terminal.key(Some(pace))?
                {
                    by_hand = false;
                    asked = Some(key).filter(|key| !matches!(key, Key::On | Key::Other | Key::Resized));
                } else {
                    let (c, after) = rest.split_at(rest.chars().next().map_or(0, char::len_utf8));
                    terminal.write(&style(c).bold().to_string());
                    rest = after;
                }
            }
            terminal.say(&style(rest).bold().to_string());
        }
        terminal.screen.hide_cursor().ok();
        match asked {
            Some(key) => self.answer(terminal, at, key),
            None => Ok(None),
        }
    }

    /// Waits for a key, with a line that says which there are. Of the keys that ask for nothing it waits on.
    fn ask(&self, terminal: &mut Terminal, at: usize, help: &str) -> Result<Asked> {
        let (_, width) = terminal.size();
        let lines = keys(help, width);
        let dim: Vec<String> = lines.iter().map(|line| style(line).dim().to_string()).collect();
        terminal.write(&dim.join("\n"));
        let asked = loop {
            let Some(key) = terminal.key(None)? else { continue };
            if key == Key::On {
                break Asked::On;
            }
            if let Some(asked) = self.answer(terminal, at, key)? {
                break asked;
            }
        };
        terminal.take_back(lines.len());
        Ok(asked)
    }

    /// What a key asks for.
    fn answer(&self, terminal: &mut Terminal, at: usize, key: Key) -> Result<Option<Asked>> {
        let is_step = at < self.chapter.steps.len();
        Ok(Some(match key {
            Key::On | Key::Other => return Ok(None),
            Key::Back => Asked::Back,
            Key::Again => Asked::Way(Way::Again),
            Key::Afresh => Asked::Way(Way::Afresh),
            Key::Skip if is_step => Asked::Way(Way::On),
            Key::Skip => return Ok(None),
            Key::Notes => {
                self.show_notes(terminal)?;
                return Ok(None);
            }
            Key::Quit => Asked::Way(Way::Quit),
            Key::Resized => Asked::Redraw,
        }))
    }

    /// Shows the notes aside, so that what is there comes back.
    fn show_notes(&self, terminal: &mut Terminal) -> Result {
        terminal.aside(true);
        let mut start = 0;
        loop {
            let (height, width) = terminal.size();
            terminal.clear();
            terminal.say(&style(text!("present-notes")).bold().to_string());
            terminal.say("");
            let laid = if self.notes.is_empty() {
                wrapped(&text!("no-notes"), width, "")
                    .into_iter()
                    .map(|text| Line { text, block: 0, may_start: false })
                    .collect()
            } else {
                laid(&self.notes, width)
            };
            let help = keys(&text!("keys-notes"), width);
            let room = height.saturating_sub(4 + help.len()).max(3);
            let start_here = start.min(laid.len());
            let count = fitting(&laid[start_here..], room, room);
            laid[start_here..start_here + count].iter().for_each(|line| terminal.say(&line.text));
            terminal.say("");
            terminal.write(&style(help.join("\n")).dim().to_string());
            match terminal.key(None)? {
                Some(Key::Resized) => start = 0,
                _ if start_here + count < laid.len() => start = start_here + count,
                _ => break,
            }
        }
        terminal.aside(false);
        Ok(())
    }

    /// Runs a step of one command, with its output as it comes. Returns whether the page is right.
    fn run(&self, terminal: &mut Terminal, step: &runbook::Step) -> Result<bool> {
        let mut verdict = None;
        let screen = terminal.screen.clone();
        let is_good = self.session.run(step, &|| go_on().is_err(), &mut |event| match event {
            Event::Command { .. } => {}
            Event::Line { stream: Stream::Stdout, text } => drop(screen.write_line(&text)),
            Event::Line { stream: Stream::Stderr, text } => {
                screen.write_line(&style(text).dim().to_string()).ok();
            }
            Event::Left { processes } => {
                screen.write_line(&style(pages::left_told(&processes)).dim().to_string()).ok();
            }
            Event::Verdict(told) => verdict = Some(told),
        });
        go_on()?;
        let (_, width) = terminal.size();
        match verdict {
            Some(Verdict::Matched { elapsed }) => {
                let tenths = elapsed.as_millis() / 100;
                let time = text!("seconds", whole = tenths / 10, tenths = tenths % 10);
                let told = format!("{} {}", Emoji("✓", "+"), text!("verdict-matched", time = time));
                wrapped(&told, width, "  ")
                    .iter()
                    .for_each(|line| terminal.say(&style(line).green().to_string()));
            }
            Some(verdict) => {
                let told = pages::explained(&verdict).unwrap_or_default();
                let (first, rest) = told.split_once('\n').unwrap_or((&told, ""));
                for line in wrapped(&format!("{} {first}", Emoji("✗", "x")), width, "  ") {
                    terminal.say(&style(line).red().to_string());
                }
                rest.lines().for_each(|line| terminal.say(line));
                for line in wrapped(&text!("verdict-hint"), width, "  ") {
                    terminal.say(&style(line).dim().to_string());
                }
            }
            None => {}
        }
        terminal.forget_keys();
        Ok(is_good)
    }

    /// Removes the stack, and runs the steps before `at` on another one.
    fn afresh(&mut self, terminal: &mut Terminal, at: usize) -> Result<Way> {
        let (_, width) = terminal.size();
        self.head(terminal, at, width);
        self.session.end_left();
        remove(self.project.as_ref())?;
        self.outcomes.iter_mut().for_each(|outcome| *outcome = None);
        let done = run::before(&self.session, self.page, self.chapter, at + 1);
        go_on()?;
        terminal.forget_keys();
        let Err(failure) = done else { return Ok(Way::On) };
        terminal.say(&failure.to_string());
        loop {
            match self.ask(terminal, at, &text!("keys-more"))? {
                Asked::Redraw => {}
                Asked::Way(Way::Quit) => return Ok(Way::Quit),
                _ => return Ok(Way::On),
            }
        }
    }

    /// Says how it went.
    fn sum_up(&self) {
        let count = |wanted| self.outcomes.iter().filter(|outcome| **outcome == wanted).count();
        let runnable = self.chapter.steps.iter().filter(|step| step.attributes.norun.is_none()).count();
        let (matched, differing) = (count(Some(true)), count(Some(false)));
        say(&text!(
            "present-sum",
            matched = matched,
            differing = differing,
            left = runnable - matched - differing
        ));
    }
}

/// A command as it is typed: a prompt before each of its lines; where one is too wide, it goes on further in.
fn typed(command: &str, width: usize) -> Vec<String> {
    let prompt = |at| if at == 0 { "$ " } else { "> " };
    let line = |(at, line): (usize, &str)| {
        let own = line.len() - line.trim_start().len();
        let start = format!("{}{}", prompt(at), " ".repeat(own.min(width / 2)));
        let indent = " ".repeat(start.len() + 2);
        let options = textwrap::Options::new(width)
            .initial_indent(&start)
            .subsequent_indent(&indent)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(line.trim_start(), options)
            .into_iter()
            .map(|line| line.into_owned())
            .collect::<Vec<_>>()
    };
    command.split('\n').enumerate().flat_map(line).collect()
}

/// The line that says which keys there are, in as many lines as it takes; a key stays with what it does.
fn keys(help: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for key in help.split(" · ") {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 3 + measure_text_width(key) <= width => {
                line.push_str(" · ");
                line.push_str(key);
            }
            _ => lines.push(key.to_owned()),
        }
    }
    lines
}

/// A line of prose.
#[derive(Debug)]
struct Line {
    text: String,
    /// Which block it is of.
    block: usize,
    /// Whether a screen may start with it.
    may_start: bool,
}

/// Blocks as lines, with an empty one between them.
fn laid(blocks: &[Block], width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut after_heading = false;
    for (number, block) in blocks.iter().enumerate() {
        if number > 0 && !block.is_close {
            lines.push(Line { text: String::new(), block: number - 1, may_start: false });
        }
        for (at, text) in block.lines(width).into_iter().enumerate() {
            lines.push(Line { text, block: number, may_start: at == 0 && !after_heading });
        }
        after_heading = matches!(block.body, Body::Heading(_));
    }
    lines
}

/// How many of the lines make a screen: all of them where they fit into `last_room`, else at most `room`, up to
/// the start of a block where that leaves no more than half of it empty.
fn fitting(lines: &[Line], room: usize, last_room: usize) -> usize {
    if lines.len() <= last_room {
        return lines.len();
    }
    let most = room.min(lines.len() - 1);
    (most / 2..=most).rev().find(|at| *at > 0 && lines[*at].may_start).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_with_what_it_does() {
        assert_eq!(keys("Enter run · s skip · q quit", 20), ["Enter run · s skip", "q quit"]);
        assert_eq!(keys("Enter run · s skip · q quit", 40), ["Enter run · s skip · q quit"]);
    }

    #[test]
    fn a_wide_command_goes_on_further_in_and_keeps_its_words() {
        let lines = typed("docker compose run --rm \\\n  worker reset", 20);
        assert_eq!(lines, ["$ docker compose run", "    --rm \\", ">   worker reset"]);
    }

    fn lines(starts: &[usize], count: usize) -> Vec<Line> {
        let line = |at| Line { text: String::new(), block: 0, may_start: starts.contains(&at) };
        (0..count).map(line).collect()
    }

    #[test]
    fn a_screen_ends_where_a_block_ends_and_the_last_one_leaves_room_for_the_command() {
        assert_eq!(fitting(&lines(&[0, 4, 8], 10), 20, 10), 10);
        assert_eq!(fitting(&lines(&[0, 4, 8], 10), 20, 9), 8);
        assert_eq!(fitting(&lines(&[0, 4, 8], 20), 10, 5), 8);
        assert_eq!(fitting(&lines(&[0, 2], 20), 10, 5), 10);
        assert_eq!(fitting(&lines(&[0], 3), 10, 2), 2);
    }
}
