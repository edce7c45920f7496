//! Markdown as blocks that a terminal can show: what a page says, without what only a browser can do with it.

use std::mem::take;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use runbook::MARKDOWN;

use crate::present::layout::{Block, Body, Look, Span};

/// A piece of a page, as it is presented.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// What is shown, in parts: after each but the last the person is waited for, who has a question to ask.
    pub parts: Vec<Vec<Block>>,
    /// What only the speaker sees.
    pub notes: Vec<Block>,
}

/// Reads Markdown. `listing` gives the lines that stand for a line of code, where it names a file.
pub fn read(markdown: &str, listing: &dyn Fn(&str) -> Option<Vec<String>>) -> Piece {
    let mut reader = Reader { parts: vec![Vec::new()], ..Reader::default() };
    for event in Parser::new_ext(markdown, MARKDOWN) {
        reader.take(event, listing);
    }
    reader.paragraph();
    Piece { parts: reader.parts, notes: reader.notes }
}

#[derive(Default)]
struct Reader {
    parts: Vec<Vec<Block>>,
    notes: Vec<Block>,
    spans: Vec<Span>,
    looks: Vec<Look>,
    code: Option<String>,
    table: Option<Vec<Vec<Vec<Span>>>>,
    html: String,
    /// The lists that are open.
    lists: Vec<List>,
    /// The mark of an item that has no text yet.
    mark: Option<String>,
    quotes: usize,
    is_close: bool,
    is_in_notes: bool,
    is_title: bool,
    is_picture: bool,
}

struct List {
    /// The number of its first item; none where they have marks.
    first: Option<u64>,
    items: u64,
}

impl Reader {
    fn take(&mut self, event: Event, listing: &dyn Fn(&str) -> Option<Vec<String>>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag, listing),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text(&text, self.looks.last().copied().unwrap_or(Look::Plain)),
            },
            Event::Code(text) => self.text(&text, Look::Code),
            Event::SoftBreak | Event::HardBreak => self.text(" ", Look::Plain),
            Event::Html(html) => self.html.push_str(&html),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag) {
        match tag {
            // The page's title stands above every screen.
            Tag::Heading { level, .. } => {
                self.paragraph();
                self.is_title = *level == HeadingLevel::H1;
            }
            Tag::Paragraph | Tag::DefinitionListTitle | Tag::DefinitionListDefinition => self.paragraph(),
            Tag::Strong => self.looks.push(Look::Strong),
            Tag::Emphasis => self.looks.push(Look::Emphasis),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.paragraph();
                self.lists.push(List { first: *first, items: 0 });
            }
            Tag::Item => {
                if let Some(list) = self.lists.last_mut() {
                    self.mark = Some(match list.first {
                        Some(first) => format!("{}. ", first + list.items),
                        None => "• ".to_owned(),
                    });
                    self.is_close = list.items > 0;
                    list.items += 1;
                }
            }
            Tag::BlockQuote(_) => {
                self.paragraph();
                self.quotes += 1;
            }
            Tag::Table(_) => self.table = Some(Vec::new()),
            Tag::TableHead | Tag::TableRow => self.table.iter_mut().for_each(|rows| rows.push(Vec::new())),
            Tag::Image { .. } => self.is_picture = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, listing: &dyn Fn(&str) -> Option<Vec<String>>) {
        match tag {
            TagEnd::Heading(_) => {
                let spans = take(&mut self.spans);
                if !take(&mut self.is_title) {
                    self.put(Body::Heading(spans));
                }
            }
            TagEnd::Paragraph | TagEnd::DefinitionListDefinition => self.paragraph(),
            TagEnd::Strong | TagEnd::Emphasis => drop(self.looks.pop()),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let lines =
                    code.lines().flat_map(|line| listing(line).unwrap_or_else(|| vec![line.to_owned()]));
                self.put(Body::Code(lines.collect()));
            }
            TagEnd::Item => {
                self.paragraph();
                self.mark = None;
            }
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::BlockQuote(_) => {
                self.paragraph();
                self.quotes -= 1;
            }
            TagEnd::TableCell => {
                let cell = take(&mut self.spans);
                self.table
                    .iter_mut()
                    .filter_map(|rows| rows.last_mut())
                    .for_each(|row| row.push(cell.clone()));
            }
            TagEnd::Table => {
                let rows = self.table.take().unwrap_or_default();
                self.put(Body::Table(rows));
            }
            TagEnd::Image => self.is_picture = false,
            TagEnd::HtmlBlock => self.html(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, look: Look) {
        let look = if self.is_picture { Look::Emphasis } else { look };
        self.spans.push(Span { text: text.to_owned(), look });
    }

    /// Ends the paragraph at hand: in a close list, that of an item has no end of its own.
    fn paragraph(&mut self) {
        let spans = take(&mut self.spans);
        if spans.iter().any(|span| !span.text.trim().is_empty()) {
            self.put(Body::Paragraph(spans));
        }
    }

    fn put(&mut self, body: Body) {
        let quote = "│ ".repeat(self.quotes);
        let is_code = matches!(body, Body::Code(_));
        let indent = 2 * self.lists.len() + usize::from(is_code) * 2;
        let rest = format!("{quote}{}", " ".repeat(indent));
        let first = match self.mark.take() {
            Some(mark) => format!("{quote}{}{mark}", " ".repeat(indent.saturating_sub(mark.chars().count()))),
            None => rest.clone(),
        };
        let rest = format!("{rest}{}", " ".repeat(first.chars().count() - rest.chars().count()));
        let block = Block { first, rest, body, is_close: take(&mut self.is_close) };
        match self.parts.last_mut() {
            Some(part) if !self.is_in_notes => part.push(block),
            _ => self.notes.push(block),
        }
    }

    /// Of HTML only what the book's pages use: what is folded, and what a picture says to who does not see it.
    fn html(&mut self) {
        let html = take(&mut self.html);
        if html.contains("<details") {
            self.is_in_notes = html.contains("class=\"notes\"");
        }
        if let Some(summary) = between(&html, "<summary>", "</summary>").filter(|_| !self.is_in_notes) {
            // The question stands above its answer too.
            let question = Block::new(Body::Paragraph(spans_of(&format!("? {summary}"))));
            if let Some(part) = self.parts.last_mut() {
                part.push(question.clone());
            }
            self.parts.push(vec![question]);
        }
        if let Some(picture) = between(&html, "<desc", "</desc>") {
            let text = picture.split_once('>').map_or(picture, |(_, text)| text);
            let span = Span { text: format!("[{}]", unescaped(text.trim())), look: Look::Emphasis };
            self.put(Body::Paragraph(vec![span]));
        }
        if let Some(caption) = between(&html, "<figcaption>", "</figcaption>") {
            self.put(Body::Paragraph(spans_of(caption)));
        }
        if html.contains("</details>") {
            self.is_in_notes = false;
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// A line of HTML that holds `<code>` at most.
fn spans_of(html: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (at, part) in html.split("<code>").enumerate() {
        let (code, text) = part.split_once("</code>").filter(|_| at > 0).unwrap_or(("", part));
        let span = |text: &str, look| Span { text: unescaped(text), look };
        spans.push(span(code, Look::Code));
        spans.push(span(text, Look::Strong));
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::layout::plain;

    fn text(blocks: &[Block]) -> Vec<String> {
        let told = |block: &Block| match &block.body {
            Body::Heading(spans) | Body::Paragraph(spans) => format!("{}{}", block.first, plain(spans)),
            Body::Code(lines) => format!("{}{}", block.first, lines.join("|")),
            Body::Table(rows) => rows.iter().flatten().map(|cell| plain(cell)).collect::<Vec<_>>().join("|"),
        };
        blocks.iter().map(told).collect()
    }

    fn piece(markdown: &str) -> Piece {
        read(markdown, &|line| line.starts_with("{{").then(|| vec!["one".to_owned(), "two".to_owned()]))
    }

    #[test]
    fn headings_lists_tables_and_listings_are_blocks_and_links_are_text() {
        let page = "# Title\n\n## Why\n\nSee [*this*](that.md) and <http://a.b/>.\n\n1. one\n2. two\n   - in *it*\n\n\
                    | a | b |\n|---|---|\n| `c` | d |\n\n> said\n\n```rust\n{{#include x}}\nthree\n```\n";
        let expected = [
            "Why",
            "See this and http://a.b/.",
            "1. one",
            "2. two",
            "  • in it",
            "a|b|c|d",
            "│ said",
            "  one|two|three",
        ];
        assert_eq!(text(&piece(page).parts[0]), expected);
    }

    #[test]
    fn marks_that_mdbook_reads_are_not_shown() {
        let page = "# Title {#t}\n\n## Why {#why .wide}\n\n~~Old~~ text.\n\nTerm\n: What it means.\n\nMore.\n\n\
                    > [!NOTE]\n> said\n";
        let expected = ["Why", "Old text.", "Term", "What it means.", "More.", "│ said"];
        assert_eq!(text(&piece(page).parts[0]), expected);
    }

    #[test]
    fn notes_are_kept_apart_and_an_answer_comes_after_its_question() {
        let page = "Text.\n\n<details>\n<summary>Why <code>run</code>?</summary>\n\nBecause.\n\n</details>\n\n\
                    <details class=\"notes\">\n<summary>Notes</summary>\n\n- Wait.\n\n</details>\n\nOn.\n";
        let piece = piece(page);
        let parts: Vec<Vec<String>> = piece.parts.iter().map(|part| text(part)).collect();
        assert_eq!(parts, [vec!["Text.", "? Why run?"], vec!["? Why run?", "Because.", "On."]]);
        assert_eq!(text(&piece.notes), ["• Wait."]);
    }

    #[test]
    fn a_picture_says_what_it_shows_and_no_more() {
        let page = "<figure>\n<svg>\n<desc id=\"a\">A &amp; B.</desc>\n<text>no</text>\n</svg>\n\
                    <figcaption>Two.</figcaption>\n</figure>\n\n![a cat](cat.png)\n";
        assert_eq!(text(&piece(page).parts[0]), ["[A & B.]", "Two.", "a cat"]);
    }
}
