//! What other programs say, on a real terminal: it is shown, and the terminal does not do what it says.

use std::path::Path;

use crate::programs::Programs;
use crate::terminal::{Terminal, on_a_terminal};
use crate::tree::Tree;
use crate::xtask::ENOUGH;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["foreign";
        what_docker_says_is_shown_and_not_obeyed: [Setsid],
        what_cargo_says_is_shown_and_not_obeyed: [Setsid],
        what_the_doctor_hears_is_shown_and_not_obeyed: [Setsid],
    ]
}

/// Another title, another screen with nothing on it, all as after a start, a command of one character, a line that turns
/// round, and text that is hidden from there on.
const COMMANDS: [&str; 7] =
    ["\u{1b}]0;taken\u{7}", "\u{1b}[?1049h", "\u{1b}[2J", "\u{1b}c", "\u{9b}2J", "\u{202e}", "\u{1b}[8m"];

/// Runs a task where `docker`, `cargo` and `git` say nothing but that, and fail; `last` is in the last of what it says.
fn assert_is_not_obeyed(arguments: &[&str], code: i32, last: &str) {
    // A line that moves has time to hear it.
    let script = format!("printf '%s\\n' '{}the last words' >&2; sleep 0.3; exit 1", COMMANDS.concat());
    let programs = Programs::all().with("docker", &script).with("cargo", &script);
    let programs = programs.with("git", &format!("printf '%s\\n' '{}the last words'", COMMANDS.concat()));
    let task = on_a_terminal(&Tree::real()).args(["--lang", "en"]).args(arguments);
    let task = task.env("PATH", programs.path()).env("CARGO", Path::new(programs.path()).join("cargo"));
    let terminal = Terminal::start(task, 40, 120);
    terminal.shows(&["the last words", last]);
    let bytes = terminal.bytes();
    terminal.ends(code, ENOUGH);
    let told = String::from_utf8_lossy(&bytes);
    for command in COMMANDS {
        assert!(!told.contains(command), "{command:?} gets through: {told:?}");
    }
}

fn what_docker_says_is_shown_and_not_obeyed() {
    assert_is_not_obeyed(&["demo", "--stack", "compose"], 2, "Docker");
}

fn what_cargo_says_is_shown_and_not_obeyed() {
    assert_is_not_obeyed(&["demo", "--stack", "embedded"], 1, "cargo");
}

fn what_the_doctor_hears_is_shown_and_not_obeyed() {
    assert_is_not_obeyed(&["doctor"], 0, "port 8080");
}
