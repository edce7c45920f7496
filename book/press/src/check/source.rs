//! A page as the checks look at it: its prose, fences, links and blocks, each with its line.

use std::collections::HashMap;
use std::path::Path;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};
use runbook::chapter::options;
use runbook::{Chapter, Fault};
use sha2::{Digest, Sha256};

use super::Finding;
use crate::schedule::Schedule;

/// A page of one language.
#[derive(Debug)]
pub struct Source {
    /// The file's name without `.md`.
    pub name: String,
    /// The file, from the root of the repository.
    pub path: String,
    /// The page, its head matter blank.
    pub text: String,
    /// Its steps and its head matter.
    pub chapter: Chapter,
    /// What a reader reads, code aside.
    pub prose: Vec<Line>,
    /// Where its links lead.
    pub links: Vec<Line>,
    /// Its pictures in Markdown: their text alternatives.
    pub images: Vec<Line>,
    /// Its pieces of HTML.
    pub html: Vec<Line>,
    /// The names by which its headings can be linked to.
    pub anchors: Vec<String>,
    /// Its blocks at the top level: headings, paragraphs, lists, code.
    pub blocks: Vec<Block>,
}

/// A piece of text and the line it starts on, from 1.
#[derive(Debug, Clone)]
pub struct Line {
    /// The line.
    pub line: usize,
    /// The text.
    pub text: String,
}

/// A block at the top level.
#[derive(Debug)]
pub struct Block {
    /// The line it starts on.
    pub line: usize,
    /// Its source.
    pub text: String,
    /// A short hash of it, in which white space does not count.
    pub hash: String,
}

impl Source {
    /// Reads a page.
    ///
    /// # Errors
    ///
    /// Each line that breaks a rule of the runnable blocks or of the head matter.
    pub fn read(root: &Path, folder: &str, name: &str, page: &str) -> Result<Source, Vec<Finding>> {
        let path = format!("{folder}/{name}.md");
        let faults = |faults| findings(&path, faults);
        let chapter = Chapter::parse_in(&root.join(folder), name, page).map_err(faults)?;
        let (_, text) = runbook::head::read(page).map_err(faults)?;
        let mut source = Source {
            name: name.to_owned(),
            path: path.clone(),
            chapter,
            prose: Vec::new(),
            links: Vec::new(),
            images: Vec::new(),
            html: Vec::new(),
            anchors: Vec::new(),
            blocks: Vec::new(),
            text: String::new(),
        };
        source.fill(&text);
        source.text = text;
        Ok(source)
    }

    fn fill(&mut self, text: &str) {
        let mut depth = 0;
        let mut in_code = false;
        let mut heading: Option<String> = None;
        let mut image: Option<Line> = None;
        // The text of an address that stands for itself is no prose.
        let mut is_address = false;
        // Neither is a schedule.
        let lines: Vec<&str> = text.lines().collect();
        let is_schedule =
            |line: usize| lines.get(line - 1).is_some_and(|text| Schedule::parse(text).is_some());
        let mut seen = HashMap::new();
        for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
            let line = text[..range.start].matches('\n').count() + 1;
            if depth == 0 && !matches!(event, Event::End(_)) {
                self.blocks.push(Block::new(line, &text[range.clone()]));
            }
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    match tag {
                        Tag::CodeBlock(_) => in_code = true,
                        Tag::Heading { id, .. } => {
                            heading = Some(id.map(|id| format!("#{id}")).unwrap_or_default());
                        }
                        Tag::Link { link_type, dest_url, .. } => {
                            is_address = link_type == LinkType::Autolink;
                            self.links.push(Line { line, text: dest_url.to_string() });
                        }
                        Tag::Image { .. } => image = Some(Line { line, text: String::new() }),
                        _ => {}
                    }
                }
                Event::End(tag) => {
                    depth -= 1;
                    match tag {
                        TagEnd::CodeBlock => in_code = false,
                        TagEnd::Heading(_) => {
                            let id = anchor(&heading.take().unwrap_or_default(), &mut seen);
                            self.anchors.push(id);
                        }
                        TagEnd::Image => self.images.extend(image.take()),
                        TagEnd::Link => is_address = false,
                        _ => {}
                    }
                }
                Event::Text(_) if in_code || is_address || is_schedule(line) => {}
                Event::Text(piece) => {
                    for part in
                        [image.as_mut().map(|image| &mut image.text), heading.as_mut()].into_iter().flatten()
                    {
                        part.push_str(&piece);
                    }
                    self.prose.push(Line { line, text: piece.to_string() });
                }
                Event::Code(piece) => heading.iter_mut().for_each(|heading| heading.push_str(&piece)),
                Event::Html(piece) | Event::InlineHtml(piece) => {
                    self.prose.extend(words_of(&piece).map(|text| Line { line, text }));
                    self.html.push(Line { line, text: piece.to_string() });
                }
                _ => {}
            }
        }
    }

    /// Whether a line of the glossary names words that are not the page's own: the other language's, or
    /// those that are not to be used.
    pub fn names_others(&self, line: usize) -> bool {
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        self.name == "glossary" && OTHERS.iter().any(|start| text.starts_with(start))
    }

    /// A finding on this page.
    pub fn finding(&self, line: usize, what: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into(), cure: cure.into() }
    }
}

/// Lines of a file that break a rule, as findings.
pub fn findings(path: &str, faults: Vec<Fault>) -> Vec<Finding> {
    let finding = |fault: Fault| Finding {
        path: path.to_owned(),
        line: fault.line,
        what: fault.rule.to_string(),
        cure: "see “A runnable block” in CONTRIBUTING.md".to_owned(),
    };
    faults.into_iter().map(finding).collect()
}

impl Block {
    fn new(line: usize, text: &str) -> Block {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let digest = Sha256::digest(words.as_bytes());
        let hash = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
        Block { line, text: text.to_owned(), hash: hash[..7].to_owned() }
    }
}

/// How the lines of the glossary start that name words which are not the page's own.
const OTHERS: [&str; 4] = ["Portuguese: ", "Inglês: ", "Not: ", "Não: "];

/// A heading's anchor, as mdBook 0.5 makes it: its own where it has one (`#id`), else its words; a
/// number is added to one that was there before.
fn anchor(heading: &str, seen: &mut HashMap<String, usize>) -> String {
    let id: String = match heading.strip_prefix('#') {
        Some(own) => own.split(|c: char| c.is_whitespace()).next().unwrap_or_default().to_owned(),
        None => heading
            .trim()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect(),
    };
    let count = seen.entry(id.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { id } else { format!("{id}-{}", *count - 1) }
}

/// What a reader sees of a piece of HTML: what stands between its tags.
fn words_of(html: &str) -> impl Iterator<Item = String> {
    let outside = html.split('<').enumerate().map(|(index, piece)| match piece.split_once('>') {
        Some((_, text)) if index > 0 => text,
        _ if index == 0 => piece,
        _ => "",
    });
    outside.filter(|text| !text.trim().is_empty()).map(str::to_owned)
}
