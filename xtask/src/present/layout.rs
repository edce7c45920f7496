//! Blocks of text set into lines of a width: nothing here knows where they came from, nor where they go.

use console::{Style, colors_enabled, measure_text_width, style};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, wrap};

/// Lines longer than this are hard to read, however wide the terminal is.
pub const WIDEST: usize = 100;

/// How words look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Plain,
    Strong,
    Emphasis,
    Code,
}

/// A run of text that looks the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub look: Look,
}

/// What is set as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Heading(Vec<Span>),
    Paragraph(Vec<Span>),
    /// Lines that keep their own ends.
    Code(Vec<String>),
    /// Rows of cells, the first of which says what the others are.
    Table(Vec<Vec<Vec<Span>>>),
}

/// A block, and what its lines begin with: the mark of a list's item, a quotation's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub first: String,
    pub rest: String,
    pub body: Body,
    /// It follows closely on the block before: an item of a list.
    pub is_close: bool,
}

impl Block {
    /// A block of its own.
    pub fn new(body: Body) -> Block {
        Block { first: String::new(), rest: String::new(), body, is_close: false }
    }

    /// Its lines, none wider than `width` columns.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let width = width.min(WIDEST);
        let inner = width.saturating_sub(measure_text_width(&self.rest)).max(8);
        let lines = match &self.body {
            Body::Heading(spans) => {
                let text = plain(spans);
                let text = if colors_enabled() { text } else { format!("# {text}") };
                let bold = |line: String| style(line).bold().cyan().to_string();
                wrapped(&text, inner, "").into_iter().map(bold).collect()
            }
            Body::Paragraph(spans) => wrapped(&looking(spans), inner, ""),
            Body::Code(lines) => lines.iter().flat_map(|line| code(line, inner)).collect(),
            Body::Table(rows) => table(rows, inner),
        };
        let prefix = |(at, line)| format!("{}{line}", if at == 0 { &self.first } else { &self.rest });
        lines.into_iter().enumerate().map(prefix).collect()
    }
}

/// A text in lines of a width; those after the first begin with `indent`.
pub fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = Options::new(width)
        .subsequent_indent(indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
}

/// A line of code: where it is too wide, it goes on further in.
fn code(line: &str, width: usize) -> Vec<String> {
    let line = line.replace('\t', "    ");
    let text = line.trim_start_matches(' ');
    let own = line.len() - text.len();
    let own = if own + 12 > width { 0 } else { own };
    let indent = " ".repeat(own);
    let lines = wrapped(text, width - own, "    ");
    if lines.is_empty() {
        return vec![String::new()];
    }
    lines.into_iter().map(|line| format!("{indent}{line}")).collect()
}

/// A table as columns where they fit, else each row as a list of what its cells are.
fn table(rows: &[Vec<Vec<Span>>], width: usize) -> Vec<String> {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| looking(cell)).collect()).collect();
    let count = cells.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize| {
        cells.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let mut lines = Vec::new();
    if widths.iter().sum::<usize>() + 2 * count.saturating_sub(1) <= width {
        for (at, row) in cells.iter().enumerate() {
            let padded = row.iter().zip(&widths).map(|(cell, width)| {
                format!("{cell}{}", " ".repeat(width.saturating_sub(measure_text_width(cell))))
            });
            lines.push(padded.collect::<Vec<_>>().join("  ").trim_end().to_owned());
            if at == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                lines.push(style(rules.join("  ")).dim().to_string());
            }
        }
        return lines;
    }
    let Some((heads, rows)) = rows.split_first() else { return lines };
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        for (column, cell) in row.iter().enumerate() {
            let name = heads.get(column).map(|head| plain(head)).filter(|name| !name.is_empty());
            let text = match name {
                Some(name) if column > 0 => format!("{}: {}", style(name).dim(), looking(cell)),
                _ => looking(cell),
            };
            let indent = if column == 0 { "" } else { "  " };
            let set = wrapped(&text, width - indent.len(), "  ");
            lines.extend(set.into_iter().map(|line| format!("{indent}{line}")));
        }
    }
    lines
}

/// The text alone.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// The text as it looks: each word on its own, so that a line can end behind any of them. Without colours, marks
/// say what colours would.
fn looking(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|Span { text, look }| {
            let (look, mark) = match look {
                Look::Plain => return text.clone(),
                Look::Strong => (Style::new().bold(), "*"),
                Look::Emphasis => (Style::new().italic(), "_"),
                Look::Code => (Style::new().green(), "`"),
            };
            if !colors_enabled() {
                return format!("{mark}{text}{mark}");
            }
            let word =
                |word: &str| if word.is_empty() { String::new() } else { look.apply_to(word).to_string() };
            text.split(' ').map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<Span> {
        vec![Span { text: text.to_owned(), look: Look::Plain }]
    }

    fn of(words: &[&str]) -> Vec<Vec<Span>> {
        words.iter().map(|word| spans(word)).collect()
    }

    #[test]
    fn no_line_of_any_block_is_wider_than_it_may_be() {
        let long = "a very long line of words, and one-that-does-not-fit-anywhere-at-all-whatever-is-done";
        let table = Body::Table(vec![of(&["what", "how"]), of(&[long, "short"]), of(&["short", long])]);
        let bodies = [
            Body::Heading(spans(long)),
            Body::Paragraph(spans(long)),
            Body::Code(vec![format!("        {long}"), String::new(), format!("{}deep", " ".repeat(60))]),
            table,
        ];
        for width in [20, 40, 80] {
            for body in &bodies {
                let block =
                    Block { first: "- ".to_owned(), rest: "  ".to_owned(), ..Block::new(body.clone()) };
                for line in block.lines(width) {
                    assert!(measure_text_width(&line) <= width, "{width}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn a_table_is_set_in_columns_where_they_fit_else_in_lists() {
        let table =
            Block::new(Body::Table(vec![of(&["name", "meaning"]), of(&["exec", "the same container"])]));
        assert_eq!(table.lines(40)[2], "exec  the same container");
        assert_eq!(table.lines(20), ["exec", "  meaning: the same", "    container"]);
    }

    #[test]
    fn code_keeps_its_indentation_and_a_long_line_goes_on_further_in() {
        let block = Block::new(Body::Code(vec!["    let one = two(three, four);".to_owned()]));
        assert_eq!(block.lines(20), ["    let one =", "        two(three,", "        four);"]);
    }
}
