//! The narration: its language, and how it looks in a pipe and on a terminal.

use std::process::Command;

use crate::tree::{Tree, tree_that_is_compiled_anew};
use crate::xtask::{COMPILING, ENOUGH, Ended, Xtask, binary, programs_are_built, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["narration";
        it_speaks_the_language_that_is_asked_for: [],
        it_speaks_the_language_of_the_environment: [Unix],
        an_unknown_language_of_the_environment_gives_english: [Unix],
        it_tells_the_second_act_in_both_languages: [],
        in_a_pipe_it_is_plain_lines: [],
        on_a_terminal_a_line_moves_and_shows_the_time_that_has_passed: [Unix, Script],
        on_a_terminal_it_has_colours_unless_no_color_is_set: [Unix, Script],
        on_a_terminal_a_build_shows_how_much_of_it_is_done: [Unix, Script],
    ]
}

const ENGLISH: &str = "Proved: after each reset the counter restarted from 1";
const PORTUGUESE: &str = "Provado: depois de cada reset o contador recomeçou do 1";

/// The story on embedded, without a word on the language.
fn demo() -> Xtask {
    programs_are_built();
    Xtask::new(Command::new(binary()), &Tree::real()).args(["demo", "--stack", "embedded"])
}

fn it_speaks_the_language_that_is_asked_for() {
    let ended = demo().args(["--lang", "pt-BR"]).env("LANG", "en_US.UTF-8").run(ENOUGH);
    ended.assert_code(0).assert_says(PORTUGUESE).assert_says("visita");
    let ended = demo().args(["--lang", "en"]).env("LANG", "pt_BR.UTF-8").run(ENOUGH);
    ended.assert_code(0).assert_says(ENGLISH);
}

fn it_speaks_the_language_of_the_environment() {
    demo().env("LANG", "pt_BR.UTF-8").run(ENOUGH).assert_code(0).assert_says(PORTUGUESE);
    demo().env("LANG", "en_US.UTF-8").run(ENOUGH).assert_code(0).assert_says(ENGLISH);
    let overruled = demo().env("LANG", "en_US.UTF-8").env("LC_ALL", "pt_BR.UTF-8").run(ENOUGH);
    overruled.assert_code(0).assert_says(PORTUGUESE);
}

fn an_unknown_language_of_the_environment_gives_english() {
    demo().env("LANG", "C.UTF-8").run(ENOUGH).assert_code(0).assert_says(ENGLISH);
    demo().run(ENOUGH).assert_code(0).assert_says(ENGLISH);
}

fn it_tells_the_second_act_in_both_languages() {
    for (language, titles, texts) in [
        (
            "en",
            ["lose", "hits"],
            [
                "all is gone, the data too; another stack is up: http://",
                "Proved: the backup brought back what was lost with the stack, and the counter went on from 3.",
            ],
        ),
        (
            "pt-BR",
            ["perda", "contador"],
            [
                "tudo se perdeu, inclusive os dados; outra stack está no ar: http://",
                "Provado: o backup trouxe de volta o que se perdeu com a stack, e o contador continuou do 3.",
            ],
        ),
    ] {
        let ended = demo().args(["--all", "--lang", language]).run(ENOUGH);
        ended.assert_code(0);
        for text in texts {
            ended.assert_says(text);
        }
        for title in titles {
            let is_title = |line: &str| line.split_whitespace().nth(1) == Some(title);
            assert!(ended.stderr.lines().any(is_title), "{title} in {}", ended.stderr);
        }
        // The programs are called by their names in every language.
        for name in ["migrate", "backup", "restore", "console"] {
            let is_step = |line: &str| line.starts_with(['✓', '+']) && line.contains(&format!(" {name} "));
            assert!(ended.stderr.lines().any(is_step), "{name} in {}", ended.stderr);
        }
    }
    // Who does not ask for it is not told it.
    assert!(!demo().args(["--lang", "en"]).run(ENOUGH).stderr.contains("the backup"));
}

fn in_a_pipe_it_is_plain_lines() {
    let ended =
        xtask(&Tree::real(), ["demo", "--stack", "embedded"]).env("TERM", "xterm-256color").run(ENOUGH);
    ended.assert_code(0);
    let strange: Vec<char> = ended.stderr.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(strange.is_empty(), "{strange:?} in {:?}", ended.stderr);
    assert!(ended.stderr.lines().any(|line| line.trim() == "up …"), "{}", ended.stderr);
}

/// The story on a terminal, whose whole output is `stdout`.
fn demo_on_a_terminal(environment: &[(&str, &str)]) -> Ended {
    programs_are_built();
    demo_of(&Tree::real(), environment)
}

fn demo_of(tree: &Tree, environment: &[(&str, &str)]) -> Ended {
    let line = format!("'{}' --lang en demo --stack embedded", binary().display());
    let demo = Xtask::new(Command::new("script"), tree)
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("TERM", "xterm-256color");
    let ended = environment.iter().fold(demo, |demo, (name, value)| demo.env(name, value)).run(COMPILING);
    ended.assert_code(0);
    ended
}

fn on_a_terminal_a_line_moves_and_shows_the_time_that_has_passed() {
    let ended = demo_on_a_terminal(&[]);
    // A line that moves is drawn more than once in the same place: it starts with the wheel and
    // ends without a newline. `up` takes long enough to be seen.
    let drawn: Vec<String> = ended
        .stdout
        .split(['\r', '\n'])
        .map(|line| without_escapes(line).trim().to_owned())
        .filter(|line| line.chars().next().is_some_and(|first| ('\u{2800}'..='\u{28ff}').contains(&first)))
        .collect();
    let up = drawn.iter().filter(|line| line.split_whitespace().nth(1) == Some("up"));
    let with_time = up.filter(|line| line.split_whitespace().any(|word| word == "0s" || word == "1s"));
    assert!(with_time.count() >= 2, "{:?}", ended.stdout);
    assert!(ended.stdout.contains(ENGLISH), "{:?}", ended.stdout);
}

fn on_a_terminal_a_build_shows_how_much_of_it_is_done() {
    let tree = tree_that_is_compiled_anew("progress");
    let ended = demo_of(&tree, &[]);
    let is_progress = |word: &str| {
        let parts = word.split_once('/').map(|(done, all)| (done.parse::<u32>(), all.parse::<u32>()));
        matches!(parts, Some((Ok(done), Ok(all))) if done <= all && all > 10)
    };
    let drawn: Vec<String> = ended.stdout.split(['\r', '\n']).map(without_escapes).collect();
    let shows = |line: &&String| line.contains(" build ") && line.split_whitespace().any(is_progress);
    assert!(drawn.iter().any(|line| shows(&line)), "{drawn:#?}");
}

fn on_a_terminal_it_has_colours_unless_no_color_is_set() {
    let coloured = demo_on_a_terminal(&[]);
    assert!(has_colours(&coloured.stdout), "{:?}", coloured.stdout);
    let plain = demo_on_a_terminal(&[("NO_COLOR", "1")]);
    assert!(!has_colours(&plain.stdout), "{:?}", plain.stdout);
    assert!(plain.stdout.contains(ENGLISH), "{:?}", plain.stdout);
}

/// The escape sequences of a text (`ESC [ … letter`), without their first two characters.
fn escapes(text: &str) -> impl Iterator<Item = &str> {
    text.split("\u{1b}[").skip(1).map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |at| at + 1);
        &rest[..end]
    })
}

fn has_colours(text: &str) -> bool {
    escapes(text).any(|escape| escape.ends_with('m'))
}

fn without_escapes(text: &str) -> String {
    escapes(text).fold(text.to_owned(), |text, escape| text.replacen(&format!("\u{1b}[{escape}"), "", 1))
}
