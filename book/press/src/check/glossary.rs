//! The glossary's words, and the variants that it lists as not to be used.

use super::Finding;
use super::source::Source;

/// A word that is not to be used, and the one that is.
pub struct Variant {
    word: String,
    instead: String,
}

/// The line of an entry that lists its variants, in each language.
const NOT: [&str; 2] = ["Not: ", "Não: "];

/// The variants that the glossary among `pages` lists: an entry is a heading, and its line “Not: “…”, “….””.
pub fn variants(pages: &[Source]) -> Vec<Variant> {
    let Some(glossary) = pages.iter().find(|page| page.name == "glossary") else { return Vec::new() };
    let mut variants = Vec::new();
    for (at, text) in (1..).zip(glossary.text.lines()) {
        let Some(list) = NOT.iter().find_map(|not| text.strip_prefix(not)) else { continue };
        let term = glossary.headings.iter().rfind(|heading| heading.line < at);
        let term = term.map_or("", |heading| heading.text.as_str());
        let quoted = list.split('“').skip(1).filter_map(|part| part.split('”').next());
        variants.extend(quoted.map(|word| Variant { word: word.to_lowercase(), instead: term.to_owned() }));
    }
    variants
}

/// The variants that a page uses.
pub fn check(page: &Source, variants: &[Variant]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for piece in page.prose.iter().filter(|piece| !page.names_others(piece.line)) {
        let text = piece.text.to_lowercase();
        for variant in variants.iter().filter(|variant| holds(&text, &variant.word)) {
            let what = format!("“{}” is not the book's word", variant.word);
            findings.push(page.finding(piece.line, what, format!("the glossary has “{}”", variant.instead)));
        }
    }
    findings
}

/// Whether a text holds a word or a phrase as a whole.
fn holds(text: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, found)| {
        is_edge(text[..at].chars().next_back()) && is_edge(text[at + found.len()..].chars().next())
    })
}
