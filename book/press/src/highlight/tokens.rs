//! The tokens of the languages that the book shows.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Rust.
    Rust,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// A Dockerfile.
    Dockerfile,
}

const COMMENT: &str = "h-comment";
const STRING: &str = "h-string";
const NUMBER: &str = "h-number";
const KEYWORD: &str = "h-keyword";
const TYPE: &str = "h-type";
const NAME: &str = "h-name";
const KEY: &str = "h-key";
const ATTRIBUTE: &str = "h-attribute";

/// <https://doc.rust-lang.org/reference/keywords.html>
const RUST: &str = "as async await break const continue crate dyn else enum extern false fn for if impl in let loop \
                    match mod move mut pub ref return self Self static struct super trait true type unsafe use where while";

/// <https://doc.rust-lang.org/reference/types.html>, those that are written small.
const TYPES: &str = "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize";

/// <https://docs.docker.com/reference/dockerfile/>
const DOCKERFILE: &str = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL \
                          USER VOLUME WORKDIR";

impl Syntax {
    /// The language of a fence, by its name.
    pub fn of(language: &str) -> Option<Syntax> {
        Some(match language.trim() {
            "rust" => Syntax::Rust,
            "yaml" => Syntax::Yaml,
            "toml" => Syntax::Toml,
            "json" => Syntax::Json,
            "dockerfile" => Syntax::Dockerfile,
            _ => return None,
        })
    }
}

/// The length in bytes of the first token of `rest`, which is not empty, and its class. `before` is what
/// stands before it.
pub fn first(syntax: Syntax, before: &str, rest: &str) -> (usize, &'static str) {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let c = rest.chars().next().unwrap_or_default();
    if c.is_whitespace() {
        return (run(rest, char::is_whitespace), "");
    }
    let found = comment(syntax, line, rest)
        .or_else(|| if syntax == Syntax::Rust { rust(rest) } else { key(syntax, line, rest) })
        .or_else(|| string(syntax, rest));
    if let Some(found) = found {
        return found;
    }
    match c {
        '0'..='9' => (run(rest, |c| c.is_alphanumeric() || matches!(c, '_' | '.')), NUMBER),
        'A'..='Z' | 'a'..='z' | '_' => word(syntax, before, line, rest),
        _ => (c.len_utf8(), ""),
    }
}

/// The length of what `text` starts with and `is` holds for.
fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// The length up to and with `end`, searched for from `start` on; all of it where there is none.
fn through(text: &str, start: usize, end: &str) -> usize {
    let after = text.get(start..).and_then(|rest| rest.find(end));
    after.map_or(text.len(), |at| start + at + end.len())
}

fn comment(syntax: Syntax, line: &str, rest: &str) -> Option<(usize, &'static str)> {
    let to_the_end = run(rest, |c| c != '\n');
    let length = match syntax {
        Syntax::Rust if rest.starts_with("//") => to_the_end,
        Syntax::Rust if rest.starts_with("/*") => through(rest, 2, "*/"),
        Syntax::Yaml if rest.starts_with('#') && !line.ends_with(|c: char| !c.is_whitespace()) => to_the_end,
        Syntax::Toml if rest.starts_with('#') => to_the_end,
        Syntax::Dockerfile if rest.starts_with('#') && line.trim().is_empty() => to_the_end,
        _ => return None,
    };
    Some((length, COMMENT))
}

/// What only Rust has: attributes, raw strings, and a quote that is a character's or a lifetime's.
fn rust(rest: &str) -> Option<(usize, &'static str)> {
    if rest.starts_with("#[") || rest.starts_with("#![") {
        return Some((through(rest, 2, "]"), ATTRIBUTE));
    }
    let raw = rest.strip_prefix('b').unwrap_or(rest);
    if let Some(marks) = raw.strip_prefix('r')
        && marks.trim_start_matches('#').starts_with('"')
    {
        let marks = &marks[..run(marks, |c| c == '#')];
        let start = rest.len() - raw.len() + marks.len() + 2;
        return Some((through(rest, start, &format!("\"{marks}")), STRING));
    }
    let quoted = rest.strip_prefix('\'')?;
    let mut chars = quoted.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some(escaped)) => Some((through(rest, 2 + escaped.len_utf8(), "'"), STRING)),
        (Some(c), Some('\'')) => Some((c.len_utf8() + 2, STRING)),
        _ => Some((1 + run(quoted, |c| c.is_alphanumeric() || c == '_'), ATTRIBUTE)),
    }
}

/// What stands before a colon or an equals sign, and TOML's tables.
fn key(syntax: Syntax, line: &str, rest: &str) -> Option<(usize, &'static str)> {
    let starts_line = line.trim_start_matches([' ', '-']).is_empty();
    let length = run(rest, |c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    let after = rest[length..].trim_start_matches(' ');
    match syntax {
        Syntax::Toml if starts_line && rest.starts_with('[') => {
            Some((run(rest, |c| c != '\n' && c != '#'), TYPE))
        }
        Syntax::Toml if length > 0 && after.starts_with('=') => Some((length, KEY)),
        Syntax::Yaml if starts_line && length > 0 => {
            let value = after.strip_prefix(':')?;
            (value.is_empty() || value.starts_with([' ', '\n'])).then_some((length, KEY))
        }
        Syntax::Json if rest.starts_with('"') => {
            let (length, _) = string(syntax, rest)?;
            rest[length..].trim_start().starts_with(':').then_some((length, KEY))
        }
        _ => None,
    }
}

fn string(syntax: Syntax, rest: &str) -> Option<(usize, &'static str)> {
    let quote = rest.chars().next().filter(|c| *c == '"' || (*c == '\'' && syntax != Syntax::Rust))?;
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            // Only Rust's go on over the end of a line.
            '\n' if syntax != Syntax::Rust => return Some((at, STRING)),
            '\\' if quote == '"' => is_escaped = !is_escaped,
            _ if c == quote && !is_escaped => return Some((at + 1, STRING)),
            _ => is_escaped = false,
        }
    }
    Some((rest.len(), STRING))
}

fn word(syntax: Syntax, before: &str, line: &str, rest: &str) -> (usize, &'static str) {
    let length = run(rest, |c| c.is_alphanumeric() || c == '_');
    let (word, after) = rest.split_at(length);
    let is_one_of = |words: &str| words.split_whitespace().any(|known| known == word);
    let is_literal = matches!(word, "true" | "false" | "null");
    match syntax {
        Syntax::Rust if is_one_of(RUST) => (length, KEYWORD),
        Syntax::Rust if is_one_of(TYPES) || word.starts_with(char::is_uppercase) => (length, TYPE),
        Syntax::Rust if after.starts_with('!') && !after.starts_with("!=") => (length + 1, NAME),
        Syntax::Rust if after.starts_with(['(', '<']) => (length, NAME),
        Syntax::Dockerfile => {
            let continues = before[..before.len() - line.len()].trim_end().ends_with('\\');
            let is_instruction = line.trim().is_empty() && !continues && is_one_of(DOCKERFILE);
            let is_stage = word == "AS" && line.trim_start().starts_with("FROM");
            (length, if is_instruction || is_stage { KEYWORD } else { "" })
        }
        Syntax::Json | Syntax::Toml | Syntax::Yaml if is_literal => (length, KEYWORD),
        _ => (length, ""),
    }
}
