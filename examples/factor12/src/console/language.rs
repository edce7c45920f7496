//! The language: Rhai with the operations, within limits, and with messages for people.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    AST, Dynamic, Engine, EvalAltResult, ImmutableString, LexError, ParseError, ParseErrorType, Position,
    Scope,
};

use super::OPERATIONS;
use super::session::Session;

/// How many steps a script, or a line, may take: about a second of them.
const STEPS: u64 = 10_000_000;

/// How long a script, or a line, may compute, whatever its steps cost; waiting for Redis does not count.
const TIME: Duration = Duration::from_secs(5);

/// How much memory the process may use, in bytes.
const MEMORY: usize = 32 << 20;

/// How long a text may be, in bytes; also all texts together that are within one value.
const TEXT: usize = 1 << 20;

/// How many entries an array may have, those of the arrays in it included: more than the longest log has.
const ENTRIES: usize = 20_000;

/// How many entries a map may have, those of the maps in it included; the longest log has three for each reset.
const PROPERTIES: usize = 40_000;

/// How many variables there may be at once in one function.
const VARIABLES: usize = 256;

/// How many functions a script may define.
const FUNCTIONS: usize = 256;

/// How deep functions may call each other.
const CALLS: usize = 64;

/// How deep expressions may be nested, in a script and in a function.
const NESTING: (usize, usize) = (64, 32);

/// The most that is told of a message, in characters: a script can make its own.
const TOLD: usize = 300;

/// In how many letters a name may differ from the one that is suggested.
const NEAR: usize = 2;

/// The language, with what the lines before have defined.
pub struct Language {
    engine: Engine,
    functions: AST,
    start: Rc<Cell<Instant>>,
}

impl Language {
    /// The language as a script begins with it.
    pub fn new(session: &Session) -> Language {
        let mut engine = Engine::new_raw();
        // Everything that Rhai brings, but blobs, bit fields, and what can stop the clock (`sleep`).
        for package in [
            ArithmeticPackage::new().as_shared_module(),
            BasicArrayPackage::new().as_shared_module(),
            BasicFnPackage::new().as_shared_module(),
            BasicIteratorPackage::new().as_shared_module(),
            BasicMapPackage::new().as_shared_module(),
            BasicMathPackage::new().as_shared_module(),
            BasicStringPackage::new().as_shared_module(),
            LogicPackage::new().as_shared_module(),
            MoreStringPackage::new().as_shared_module(),
        ] {
            engine.register_global_module(package);
        }
        // What is run is what is read.
        engine.disable_symbol("eval");
        // A name that is written wrong is found before anything runs.
        engine.set_strict_variables(true);
        for operation in &OPERATIONS {
            operation.register(&mut engine, session);
        }
        bound_replace(&mut engine);
        let (print, debug) = (session.clone(), session.clone());
        engine.on_print(move |text| print.say(text));
        engine.on_debug(move |text, _, _| debug.say(text));
        let start = Rc::new(Cell::new(Instant::now()));
        limit(&mut engine, session, &start);
        Language { engine, functions: AST::empty(), start }
    }

    /// Runs a script, or a line, and returns its last value. Its functions are known to what is run later.
    ///
    /// # Errors
    ///
    /// Where it was not understood, nothing of it was run.
    pub fn run(&mut self, scope: &mut Scope, text: &str) -> Result<Dynamic, Failure> {
        let ast = self.engine.compile_with_scope(scope, text).map_err(|error| not_understood(&error))?;
        let ast = self.functions.merge(&ast);
        self.functions = ast.clone_functions_only();
        self.start.set(Instant::now());
        self.engine.eval_ast_with_scope(scope, &ast).map_err(|error| failed(*error))
    }
}

/// Sets the limits: a script that is wrong ends by itself, soon, and takes nothing with it.
fn limit(engine: &mut Engine, session: &Session, start: &Rc<Cell<Instant>>) {
    engine
        .set_max_operations(STEPS)
        .set_max_call_levels(CALLS)
        .set_max_expr_depths(NESTING.0, NESTING.1)
        .set_max_functions(FUNCTIONS)
        .set_max_variables(VARIABLES)
        .set_max_string_size(TEXT)
        .set_max_array_size(ENTRIES)
        .set_max_map_size(PROPERTIES);
    let (session, start) = (session.clone(), Rc::clone(start));
    // Called at each step. What it returns ends the script, and cannot be caught.
    engine.on_progress(move |steps| {
        if session.is_unread() {
            return Some("nobody reads stdout".into());
        }
        if (session.console().allocated)() > MEMORY {
            return Some(format!("too much memory: {} MiB are the limit", MEMORY >> 20).into());
        }
        if steps % 64 == 0 && start.get().elapsed().saturating_sub(session.waited()) > TIME {
            return Some(format!("too slow: {} seconds are the limit", TIME.as_secs()).into());
        }
        None
    });
}

/// Puts a `replace` in the place of Rhai's, which looks at the length of its result only when it has it: of
/// two texts of a million letters it would make one of a million millions.
fn bound_replace(engine: &mut Engine) {
    fn replace(text: &mut ImmutableString, from: &str, to: &str) -> Result<(), Box<EvalAltResult>> {
        let found = text.matches(from).count();
        let length = (text.len() - found * from.len()).saturating_add(found.saturating_mul(to.len()));
        if length > TEXT {
            return Err(
                EvalAltResult::ErrorDataTooLarge("Length of string".to_owned(), Position::NONE).into()
            );
        }
        *text = text.replace(from, to).into();
        Ok(())
    }
    // A letter alone has a type of its own.
    type Text = ImmutableString;
    engine
        .register_fn("replace", |text: &mut Text, from: &str, to: &str| replace(text, from, to))
        .register_fn("replace", |text: &mut Text, from: &str, to: char| replace(text, from, &to.to_string()))
        .register_fn("replace", |text: &mut Text, from: char, to: &str| replace(text, &from.to_string(), to))
        .register_fn("replace", |text: &mut Text, from: char, to: char| {
            replace(text, &from.to_string(), &to.to_string())
        });
}

/// Whether `text` is the beginning of something longer.
///
/// It is where the language stumbles over its end: then more lines behind it move the place where it does.
pub fn is_unfinished(grammar: &Engine, text: &str) -> bool {
    let Err(error) = grammar.compile(text) else { return false };
    if *error.0 == ParseErrorType::BadInput(LexError::UnterminatedString) {
        // Only a text in backquotes may go on in the next line.
        let line = error.1.line().and_then(|line| text.lines().nth(line - 1));
        let quote = error.1.position().and_then(|column| line?.chars().nth(column - 1));
        return quote == Some('`');
    }
    grammar.compile(format!("{text}\n\n")).is_err_and(|longer| longer.1 != error.1)
}

/// The language without its operations, to ask whether a text [is unfinished](is_unfinished).
pub fn grammar() -> Engine {
    let mut grammar = Engine::new_raw();
    grammar.set_max_expr_depths(NESTING.0, NESTING.1);
    grammar
}

/// Why a script, or a line, has failed.
#[derive(Debug)]
pub struct Failure {
    /// In which line of it, counted from 1.
    pub line: Option<usize>,
    /// What went wrong, on one line.
    pub said: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.said),
            None => write!(f, "{}", self.said),
        }
    }
}

fn not_understood(error: &ParseError) -> Failure {
    let said = match &*error.0 {
        ParseErrorType::VariableUndefined(name) => unknown_name(name),
        other => format!("syntax error: {}", begun_small(&other.to_string())),
    };
    Failure { line: error.1.line(), said: one_line(&said) }
}

fn failed(mut error: EvalAltResult) -> Failure {
    // Where it happened, and not where that function was called.
    if let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = error {
        return failed(*inner);
    }
    let line = error.take_position().line();
    let said = match &error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => value.to_string(),
        EvalAltResult::ErrorFunctionNotFound(called, _) => unknown_operation(called),
        EvalAltResult::ErrorVariableNotFound(name, _) => unknown_name(name),
        EvalAltResult::ErrorTooManyOperations(_) => format!("too many operations: {STEPS} are the limit"),
        EvalAltResult::ErrorTooManyVariables(_) => format!("too many variables: {VARIABLES} are the limit"),
        EvalAltResult::ErrorStackOverflow(_) => format!("too many calls within calls: {CALLS} are the limit"),
        other => begun_small(&other.to_string()),
    };
    Failure { line, said: one_line(&said) }
}

/// What was called does not exist, or not with what was passed: `called` is the name and a list of types, as
/// Rhai has them.
fn unknown_operation(called: &str) -> String {
    let (name, types) = called.split_once(" (").unwrap_or((called, ")"));
    let types: Vec<&str> = types.trim_end_matches(')').split(", ").map(type_name).collect();
    let types = types.join(", ");
    let is_word = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if !is_word {
        return format!("{name} is not possible with {types}");
    }
    let same: Vec<&str> =
        OPERATIONS.iter().filter(|known| known.name() == name).map(|known| known.signature).collect();
    if !same.is_empty() {
        return format!("{name}({types}): accepted is {}", same.join(", "));
    }
    let near = OPERATIONS.iter().min_by_key(|known| strsim::levenshtein(known.name(), name));
    match near.filter(|near| strsim::levenshtein(near.name(), name) <= NEAR) {
        Some(near) => format!("unknown operation {name}({types}): did you mean {}?", near.signature),
        None => format!("unknown operation {name}({types})"),
    }
}

fn unknown_name(name: &str) -> String {
    match OPERATIONS.iter().find(|known| known.name() == name) {
        Some(known) => format!("unknown name {name}: did you mean {}?", known.signature),
        None => format!("unknown name {name}"),
    }
}

/// A type in the words of the operations' help.
fn type_name(rhai: &str) -> &str {
    match rhai {
        "i64" => "number",
        "&str | ImmutableString | String" | "string" => "text",
        other => other,
    }
}

fn begun_small(said: &str) -> String {
    let mut letters = said.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A message may hold anything that a script, or a key, does.
fn one_line(said: &str) -> String {
    let mut line = String::new();
    for (index, character) in said.chars().enumerate() {
        if index == TOLD {
            return line + "[..]";
        }
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_more_lines_can_complete_is_unfinished() {
        let grammar = grammar();
        for text in ["hits(", "1 +", "let x =", "fn f(a) {", "if a { b } else", "`text", "#{ a: 1", "[1,\n2"]
        {
            assert!(is_unfinished(&grammar, text), "{text}");
        }
        for text in ["", "hits()", "1 2", ")", "a + }", "\"text", "// {", "let x = 1", "let x = 1 let"] {
            assert!(!is_unfinished(&grammar, text), "{text}");
        }
    }

    #[test]
    fn what_was_called_is_told_in_the_words_of_the_help() {
        for (called, said) in [
            ("hist ()", "unknown operation hist(): did you mean hits()?"),
            ("hits (i64, &str | ImmutableString | String)", "hits(number, text): accepted is hits()"),
            ("nosuch (array)", "unknown operation nosuch(array)"),
            ("- (i64, map)", "- is not possible with number, map"),
        ] {
            assert_eq!(unknown_operation(called), said);
        }
    }
}
