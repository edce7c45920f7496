//! A page as the checks look at it: its prose, fences, links and blocks, each with its line.

use std::collections::HashSet;
use std::path::Path;

use pulldown_cmark::{BrokenLink, Event, LinkType, Parser, Tag, TagEnd};
use runbook::{Chapter, Fault, MARKDOWN};
use sha2::{Digest, Sha256};

use super::Finding;
use super::html::{self, Element};
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
    /// Where its links lead, and which files it shows.
    pub links: Vec<Line>,
    /// The names of links that it does not define.
    pub undefined: Vec<Line>,
    /// Its pictures in Markdown: their text alternatives.
    pub images: Vec<Line>,
    /// Its pieces of HTML.
    pub html: Vec<Line>,
    /// The elements in them.
    pub elements: Vec<Element>,
    /// Its headings, without their marks.
    pub headings: Vec<Line>,
    /// The names by which its headings and elements can be linked to.
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
            undefined: Vec::new(),
            images: Vec::new(),
            html: Vec::new(),
            elements: Vec::new(),
            headings: Vec::new(),
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
        let mut heading: Option<Line> = None;
        let mut own_id = None;
        let mut image: Option<Line> = None;
        // The text of an address that stands for itself is no prose.
        let mut is_address = false;
        // Neither is a schedule.
        let lines: Vec<&str> = text.lines().collect();
        let is_schedule =
            |line: usize| lines.get(line - 1).is_some_and(|text| Schedule::parse(text).is_some());
        let mut taken = HashSet::new();
        // The page's HTML alone, each piece where it stands.
        let mut html = String::with_capacity(text.len());
        let line_of = |at: usize| text[..at].matches('\n').count() + 1;
        let mut undefined = Vec::new();
        // Two words in brackets, one behind the other, are meant to be a link; one may be anything.
        let broken = |link: BrokenLink| {
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push(Line { line: line_of(link.span.start), text: link.reference.to_string() });
            }
            None
        };
        let parser = Parser::new_with_broken_link_callback(text, MARKDOWN, Some(broken));
        for (event, range) in parser.into_offset_iter() {
            let line = line_of(range.start);
            if depth == 0 && !matches!(event, Event::End(_)) {
                self.blocks.push(Block::new(line, &text[range.clone()]));
            }
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    match tag {
                        Tag::CodeBlock(_) => in_code = true,
                        Tag::Heading { id, .. } => {
                            heading = Some(Line { line, text: String::new() });
                            own_id = id;
                        }
                        Tag::DefinitionListTitle => heading = Some(Line { line, text: String::new() }),
                        Tag::Link { link_type: LinkType::Email, .. } => is_address = true,
                        Tag::Link { link_type, dest_url, .. } => {
                            is_address = link_type == LinkType::Autolink;
                            self.links.push(Line { line, text: dest_url.to_string() });
                        }
                        Tag::Image { dest_url, .. } => {
                            image = Some(Line { line, text: String::new() });
                            self.links.push(Line { line, text: dest_url.to_string() });
                        }
                        _ => {}
                    }
                }
                Event::End(tag) => {
                    depth -= 1;
                    match tag {
                        TagEnd::CodeBlock => in_code = false,
                        TagEnd::Heading(_) | TagEnd::DefinitionListTitle => {
                            if let Some(heading) = heading.take() {
                                let own = own_id.take().map(|id| id.to_string());
                                self.anchors.push(own.unwrap_or_else(|| anchor(&heading.text, &mut taken)));
                                self.headings.push(heading);
                            }
                        }
                        TagEnd::Image => self.images.extend(image.take()),
                        TagEnd::Link => is_address = false,
                        _ => {}
                    }
                }
                Event::Text(_) if in_code || is_address || is_schedule(line) => {}
                Event::Text(piece) => {
                    // What a picture in a heading shows is no part of its words.
                    if let Some(part) = image.as_mut().or(heading.as_mut()) {
                        part.text.push_str(&piece);
                    }
                    self.prose.push(Line { line, text: piece.to_string() });
                }
                Event::Code(piece) => heading.iter_mut().for_each(|heading| heading.text.push_str(&piece)),
                Event::SoftBreak => heading.iter_mut().for_each(|heading| heading.text.push(' ')),
                Event::Html(piece) | Event::InlineHtml(piece) => {
                    let blank = text.get(html.len()..range.start).unwrap_or_default().bytes();
                    html.extend(blank.map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                    html.push_str(&text[range]);
                    self.prose.extend(words_of(&piece).map(|text| Line { line, text }));
                    self.html.push(Line { line, text: piece.to_string() });
                }
                _ => {}
            }
        }
        self.undefined = undefined;
        self.elements = html::elements(&html);
        for element in &self.elements {
            self.anchors.extend(element.ids().map(str::to_owned));
            let targets = element.targets().into_iter();
            self.links.extend(targets.map(|text| Line { line: element.line, text: text.to_owned() }));
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

/// The anchor of a heading that names none, as mdBook 0.5 makes it of its words; a number is added to one that is taken.
fn anchor(heading: &str, taken: &mut HashSet<String>) -> String {
    let mut id = String::new();
    for c in heading.trim().to_lowercase().chars() {
        match c {
            c if c.is_alphanumeric() || c == '_' || c == '-' => id.push(c),
            c if c.is_whitespace() => id.push('-'),
            _ => {}
        }
    }
    let numbered = (1..).map(|number| format!("{id}-{number}"));
    let free = [id.clone()].into_iter().chain(numbered).find(|id| taken.insert(id.clone()));
    free.unwrap_or(id)
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
