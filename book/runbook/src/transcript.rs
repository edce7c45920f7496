//! The inside of a step: commands, and what each is expected to print. The syntax is trycmd's
//! (<https://docs.rs/trycmd/latest/trycmd/#trycmd>), read by a parser of our own since trycmd's is private.

use crate::pattern::is_only_wildcards;
use crate::rule::{Fault, Rule};

/// A command and what the page says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The page's line on which the command starts, from 1.
    pub line: usize,
    /// The command as a shell takes it; continued lines are joined by newlines.
    pub command: String,
    /// Its expected exit status.
    pub status: i32,
    /// The page's line on which the expected output starts, or would.
    pub output_line: usize,
    /// The expected output as [`crate::pattern`] reads it, each line ended by a newline; empty where nothing may be printed.
    pub output: String,
}

/// Reads the body of a step whose first line is the page's line `first_line`.
///
/// # Errors
///
/// Every line that breaks a rule.
pub fn parse(body: &str, first_line: usize) -> Result<Vec<Exchange>, Vec<Fault>> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut faults = Vec::new();
    // What may still follow the command at hand: a continuation right after it, its status right after that.
    let mut head = Head::Nothing;
    for (line, text) in (first_line..).zip(body.lines()) {
        let mut fault = |rule| faults.push(Fault { line, rule });
        if text.contains("{{#") {
            fault(Rule::IncludeInStep);
        }
        if let Some(command) = prompt(text, '$') {
            if command.trim().is_empty() {
                fault(Rule::EmptyCommand);
            }
            exchanges.push(Exchange {
                line,
                command: command.to_owned(),
                status: 0,
                output_line: line + 1,
                output: String::new(),
            });
            head = Head::Command;
            continue;
        }
        let Some(exchange) = exchanges.last_mut() else {
            fault(Rule::OutputBeforeCommand);
            continue;
        };
        match (prompt(text, '>'), prompt(text, '?')) {
            (Some(more), _) if head == Head::Command => {
                exchange.command.push('\n');
                exchange.command.push_str(more);
                exchange.output_line = line + 1;
            }
            (_, Some(status)) if head == Head::Command => {
                match status.trim().parse() {
                    Ok(status) => exchange.status = status,
                    Err(_) => fault(Rule::BadStatus(status.trim().to_owned())),
                }
                exchange.output_line = line + 1;
                head = Head::Status;
            }
            _ => {
                exchange.output.push_str(text);
                exchange.output.push('\n');
                head = Head::Nothing;
            }
        }
    }
    if exchanges.is_empty() && faults.is_empty() {
        faults.push(Fault { line: first_line, rule: Rule::NoCommand });
    }
    for exchange in exchanges.iter().filter(|exchange| is_only_wildcards(&exchange.output)) {
        faults.push(Fault { line: exchange.output_line, rule: Rule::OnlyWildcards });
    }
    if faults.is_empty() { Ok(exchanges) } else { Err(faults) }
}

/// What the line before was.
#[derive(PartialEq, Eq)]
enum Head {
    Command,
    Status,
    Nothing,
}

/// What follows a prompt at the start of a line.
fn prompt(line: &str, mark: char) -> Option<&str> {
    let rest = line.strip_prefix(mark)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(body: &str) -> Vec<(usize, Rule)> {
        parse(body, 10).unwrap_err().into_iter().map(|fault| (fault.line, fault.rule)).collect()
    }

    #[test]
    fn commands_continuations_statuses_and_outputs_are_told_apart() {
        let read = parse("$ one \\\n>   two\n? 3\nout\n\n$ three\n", 10).unwrap();
        let expected = [
            Exchange {
                line: 10,
                command: "one \\\n  two".to_owned(),
                status: 3,
                output_line: 13,
                output: "out\n\n".to_owned(),
            },
            Exchange {
                line: 15,
                command: "three".to_owned(),
                status: 0,
                output_line: 16,
                output: String::new(),
            },
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_prompt_in_the_middle_of_an_output_is_output() {
        let read = parse("$ cat\na\n> b\n? 1\n$5\n>\n", 1).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].output, "a\n> b\n? 1\n$5\n>\n");
    }

    #[test]
    fn an_output_that_looks_like_a_prompt_is_written_with_a_backslash() {
        let read = parse("$ cat\n\\> touch x\n\\$ b\n\\? c\n", 1).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].command.as_str(), read[0].status), ("cat", 0));
        assert_eq!(crate::compare::compare(&read[0].output, "> touch x\n$ b\n? c\n", 1), None);
    }

    #[test]
    fn each_line_that_breaks_a_rule_is_named() {
        assert_eq!(rules("$ \n"), [(10, Rule::EmptyCommand)]);
        assert_eq!(rules("$\n"), [(10, Rule::EmptyCommand)]);
        assert_eq!(rules("early\n$ true\n"), [(10, Rule::OutputBeforeCommand)]);
        assert_eq!(rules("$ true\n? one\n"), [(11, Rule::BadStatus("one".to_owned()))]);
        assert_eq!(rules(""), [(10, Rule::NoCommand)]);
        assert_eq!(rules("$ cat\n{{#include x}}\n"), [(11, Rule::IncludeInStep)]);
    }

    #[test]
    fn an_output_of_nothing_but_wildcards_is_an_error() {
        for output in ["...", "[..]", "[..] [..]", "...\n[..]", "\n...", "...\n\\"] {
            assert_eq!(rules(&format!("$ true\n{output}\n")), [(11, Rule::OnlyWildcards)], "{output}");
        }
        for output in ["", "\n", "...\nlast [..]\n", "\\...\n"] {
            assert!(parse(&format!("$ true\n{output}"), 1).is_ok(), "{output}");
        }
    }
}
