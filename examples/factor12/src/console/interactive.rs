//! The console on a terminal: a prompt, and an answer to each line.

use rhai::{Engine, Scope};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::release;
use crate::store::{AdminError, KEYS};

use super::OPERATIONS;
use super::language::{self, Language};
use super::operations;
use super::session::Session;

/// How long a prompt may be, in characters: a line of 80 must have room for what is typed.
const PROMPT: usize = 60;

/// What can be typed that belongs to no operation: words of the terminal, and of the language.
const WORDS: [&str; 22] = [
    "exit", "quit", "help", "print", "let", "const", "fn", "if", "else", "switch", "for", "in", "while",
    "loop", "do", "break", "continue", "return", "throw", "try", "true", "false",
];

// ANCHOR: run
/// Asks for lines until there are no more. What a line defines, the next ones know; a line that fails ends
/// nothing. The history of lines is kept nowhere.
///
/// # Errors
///
/// The terminal is gone.
pub fn run(session: &Session) -> Result<String, AdminError> {
    let mut editor = editor().map_err(|error| gone(&error))?;
    let mut language = Language::new(session);
    let mut scope = Scope::new();
    let address = session.address();
    let prompt = prompt(&address, session.console().write);
    session.say(greeting(session.console().write));
    loop {
        session.written()?;
        let line = match editor.readline(&prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(gone(&error)),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] => continue,
            ["exit" | "quit"] => break,
            ["help"] => session.say(&operations::help()),
            ["help", name] => match operations::help_on(name) {
                Ok(help) => session.say(&help),
                Err(unknown) => eprintln!("console: {unknown}"),
            },
            _ => answer(session, &mut language, &mut scope, &line),
        }
        // It is a comfort, and no more than that.
        editor.add_history_entry(line).ok();
    }
    Ok(format!("session: done, {}", session.summary()))
}
// ANCHOR_END: run

/// Runs a line, and prints its value, or why there is none.
fn answer(session: &Session, language: &mut Language, scope: &mut Scope, line: &str) {
    session.begin_line();
    match language.run(scope, line) {
        Ok(value) => session.show(line, &value),
        // Where there is one line, nobody asks which.
        Err(failure) if line.trim().lines().count() == 1 => eprintln!("console: {}", failure.said),
        Err(failure) => eprintln!("console: {failure}"),
    }
}

/// What a session begins with.
fn greeting(write: bool) -> &'static str {
    match write {
        true => "help lists the operations, exit ends; each change is logged",
        false => "help lists the operations, exit ends; read-only: --write allows changes",
    }
}

/// Which release this is, which Redis, and what may be done to it; only the last where the rest is too long.
fn prompt(address: &str, write: bool) -> String {
    let mode = if write { "read-write" } else { "read-only" };
    let whole = format!("factor12 {} {address} {mode}> ", release());
    if whole.chars().count() > PROMPT { format!("factor12 {mode}> ") } else { whole }
}

fn gone(error: &ReadlineError) -> AdminError {
    AdminError::Input(format!("the terminal cannot be read ({error})"))
}

fn editor() -> rustyline::Result<Editor<Assistant, MemHistory>> {
    let config = Config::builder().completion_type(CompletionType::List).build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    editor.set_helper(Some(Assistant { grammar: language::grammar() }));
    Ok(editor)
}

/// What helps while a line is typed.
struct Assistant {
    grammar: Engine,
}

impl Validator for Assistant {
    /// A block that is not closed goes on in the next line.
    fn validate(&self, line: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match language::is_unfinished(&self.grammar, line.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(completions(line, at))
    }
}

impl Helper for Assistant {}
impl Highlighter for Assistant {}
impl Hinter for Assistant {
    type Hint = String;
}

/// What can stand at the end of `line`, and where that begins: a key behind a quote, else an operation or a word.
fn completions(line: &str, at: usize) -> (usize, Vec<Pair>) {
    let typed = line.get(..at).unwrap_or(line);
    let pair = |shown: &str, inserted: String| Pair { display: shown.to_owned(), replacement: inserted };
    if let Some(quote) = typed.rfind('"').filter(|_| typed.matches('"').count() % 2 == 1) {
        let begun = &typed[quote + 1..];
        let keys = KEYS.iter().filter(|key| key.starts_with(begun));
        return (quote + 1, keys.map(|key| pair(key, format!("{key}\""))).collect());
    }
    let start = typed.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let start = start.map_or(0, |before| before + typed[before..].chars().next().map_or(1, char::len_utf8));
    let begun = &typed[start..];
    let called = OPERATIONS.iter().filter(|operation| operation.name().starts_with(begun)).map(|operation| {
        let name = operation.name();
        let alone = OPERATIONS.iter().filter(|other| other.name() == name).count() == 1;
        let inserted = if alone && operation.signature.ends_with("()") { "()" } else { "(" };
        pair(operation.signature, format!("{name}{inserted}"))
    });
    let words =
        WORDS.iter().filter(|word| word.starts_with(begun)).map(|word| pair(word, (*word).to_owned()));
    (start, called.chain(words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(line: &str) -> (usize, Vec<String>) {
        let (start, pairs) = completions(line, line.len());
        (start, pairs.into_iter().map(|pair| pair.replacement).collect())
    }

    #[test]
    fn what_is_completed_depends_on_what_is_typed() {
        assert_eq!(candidates("hi"), (0, vec!["hits()".to_owned()]));
        assert_eq!(candidates("print(hi"), (6, vec!["hits()".to_owned()]));
        assert_eq!(candidates("get(\"schema:"), (5, vec!["schema:release\"".to_owned()]));
        assert_eq!(candidates("get(\"hits\") + vi"), (14, vec!["visit()".to_owned()]));
        assert_eq!(
            candidates("re").1,
            ["resets(", "resets(", "release()", "redis()", "reset(", "reset(", "return"]
        );
        assert_eq!(candidates("ção ki"), ("ção ".len(), vec!["kind(".to_owned()]));
        assert!(candidates("nosuch").1.is_empty());
    }

    #[test]
    fn a_prompt_leaves_room_for_what_is_typed() {
        assert_eq!(prompt("redis:6379", false), format!("factor12 {} redis:6379 read-only> ", release()));
        assert_eq!(prompt(&"x".repeat(60), true), "factor12 read-write> ");
    }
}
