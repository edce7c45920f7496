//! Chapters presented on a real terminal: each key, each kind of end, at the sizes of a room.

use std::fs;
use std::time::{Duration, Instant};

use runbook::Chapter;

use crate::pages::{PAGE, port};
use crate::terminal::{Terminal, on_a_terminal};
use crate::tree::Tree;
use crate::xtask::{ENOUGH, images_are_current, xtask};
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["present";
        a_chapter_is_presented_in_portuguese_to_the_end: [Engine, Compose, RealRedis, Setsid, Patience],
        a_run_starts_at_a_later_step_as_a_presentation_does: [Engine, Compose, RealRedis],
        a_step_is_read_run_and_said_to_match: [Setsid],
        a_step_that_differs_shows_both_sides: [Setsid],
        a_step_is_repeated_as_it_is_or_afresh: [Setsid],
        back_shows_the_step_before: [Setsid],
        a_step_that_is_skipped_is_not_run: [Setsid],
        a_step_that_cannot_be_run_gives_its_reason_and_is_passed: [Setsid],
        notes_are_shown_on_a_key_and_what_was_there_comes_back: [Setsid],
        an_answer_comes_after_its_question: [Setsid],
        it_starts_at_a_later_step_and_runs_those_before_silently: [Setsid],
        a_step_that_is_none_is_said_with_how_many_there_are: [],
        a_command_is_typed_as_by_a_hand_until_a_key_is_pressed: [Setsid],
        what_is_typed_while_a_command_runs_is_forgotten: [Setsid],
        the_output_comes_as_it_is_printed: [Setsid],
        ctrl_c_ends_the_command_and_its_children: [Setsid, Proc],
        ctrl_c_ends_a_presentation_that_waits_for_a_key: [Setsid],
        no_line_is_wider_than_the_screen: [Setsid],
        another_size_of_the_window_is_followed: [Setsid],
        there_are_colours_unless_no_color_is_set: [Setsid],
        without_a_terminal_it_is_refused: [],
    ]
}

/// A page that calls no Docker, and so needs no engine. Its fourth step says how often it was run.
const PAGE_EN: &str = "# Made up

What is **said** before the `first` step, in one sentence that is longer than any screen is wide, with [a link](x.md) to nowhere in particular.

- an item
- another item, which has so much to say that it does not fit into one line of a screen that is narrow

| what | how | why, at such length that no screen has room for it beside the others |
|---|---|---|
| `one` | two | three, at such length that no screen has room for it beside the others |

```rust
{{#include ../../../listing.rs:part}}
```

> What somebody has said, and what is worth a line of its own, or more of them where the screen is narrow.

1. The first of what makes the page longer than one screen.
2. The second.

And the first step:

```console
$ rm -f log && echo one
one
```

Before the second.

```console
$ printf 'two\\nthree\\n'
two
four
```

Before the third.

```console,norun=\"it asks for a name\"
$ read name
```

Before the fourth.

```console
$ echo line >> log && grep -c line log
1
$ echo a command whose words are so many that it goes on in a second line, and in a third | wc -w
19
```

Before the fifth.

```console
$ echo begun && sh -c 'sleep 600 & sleep 600'
begun
```

## After the steps

The end.

<details>
<summary>What is <code>asked</code>?</summary>

What is answered.

</details>

<details class=\"notes\">
<summary>Speaker notes</summary>

- What only the speaker sees.

</details>
";

/// A repository with that page. Each test has its own: its steps write files.
fn made(name: &str) -> Tree {
    let listing = "// ANCHOR: part\nfn listed() {}\n// ANCHOR_END: part\nfn not_listed() {}\n";
    let summary = "# Summary\n\n- [Made up](page.md)\n";
    let tree = Tree::made(
        &format!("present-{name}"),
        &[
            ("book/en/src/SUMMARY.md", summary),
            ("book/en/src/page.md", PAGE_EN),
            ("book/pt-BR/src/SUMMARY.md", summary),
            ("book/pt-BR/src/page.md", PAGE_EN),
            ("listing.rs", listing),
        ],
    );
    fs::write(tree.root().join("log"), "line\nline\n").expect("a file in a tree of our own");
    tree
}

/// The page, presented at 80×24 with these arguments too.
fn presented(tree: &Tree, args: &[&str]) -> Terminal {
    let task = on_a_terminal(tree).args(["--lang", "en", "run", "page", "--present"]).args(args);
    Terminal::start(task, 24, 80)
}

/// The page at this step: its command stands there.
fn at(tree: &Tree, step: usize) -> Terminal {
    let terminal = presented(tree, &[]);
    terminal.shows(&["Enter more"]);
    for step in 1..step {
        terminal.press("s");
        terminal.shows(&[&format!("step {} of 5", step + 1)]);
    }
    terminal
}

fn quit(terminal: Terminal) -> String {
    terminal.press("q");
    terminal.ends(0, ENOUGH)
}

fn a_step_is_read_run_and_said_to_match() {
    let terminal = presented(&made("match"), &[]);
    let prose = terminal.shows(&["Made up · step 1 of 5", "Enter more"]);
    for wanted in [
        "What is said before the first step",
        "• an item",
        "with a link to",
        "[listing.rs]\n",
        "fn listed() {}",
    ] {
        assert!(prose.contains(wanted), "{wanted}:\n{prose}");
    }
    for unwanted in ["$ rm", "not_listed", "ANCHOR"] {
        assert!(!prose.contains(unwanted), "{unwanted}:\n{prose}");
    }
    terminal.press("\n");
    terminal.shows(&["And the first step:", "$ rm -f log && echo one", "Enter run"]);
    terminal.press("\n");
    terminal.comes(ENOUGH, &["\none\n", "as the page shows, after 0.", "Enter next"], &["Enter run"]);
    terminal.press("\n");
    terminal.comes(ENOUGH, &["step 2 of 5", "Before the second.", "$ printf"], &["fn listed"]);
    let end = quit(terminal);
    assert!(end.contains("as the page shows: 1, different: 0, not run: 3."), "{end}");
}

fn a_step_that_differs_shows_both_sides() {
    let terminal = at(&made("differs"), 2);
    terminal.press("\n");
    let shown = terminal.shows(&["The output is not the page's", "Enter next"]);
    for wanted in ["four", "three", "---- the page\n", "++++ printed\n", "r runs this step afresh"] {
        assert!(shown.contains(wanted), "{wanted}:\n{shown}");
    }
    // It goes on all the same.
    terminal.press("\n");
    terminal.shows(&["step 3 of 5"]);
    let end = quit(terminal);
    assert!(end.contains("as the page shows: 0, different: 1, not run: 3."), "{end}");
}

fn a_step_is_repeated_as_it_is_or_afresh() {
    let tree = made("again");
    let page = tree.read("book/en/src/page.md").replace("two\nfour\n", "two\nthree\n");
    tree.write("book/en/src/page.md", &page);
    fs::remove_file(tree.root().join("log")).expect("the log is there");
    let terminal = at(&tree, 4);
    terminal.press("\n");
    terminal.shows(&["$ echo line >> log", "\n1\n", "as the page shows", "$ echo a command", "Enter run"]);
    terminal.press("a");
    // The step stands there as it did before it was run.
    terminal.comes(ENOUGH, &["Before the fourth.", "$ echo line", "Enter run"], &["as the page shows"]);
    terminal.press("\n");
    terminal.shows(&["\n2\n", "The output is not the page's"]);
    terminal.shows(&["Enter run"]);
    terminal.press("r");
    terminal.comes(ENOUGH, &["Before the fourth.", "$ echo line", "Enter run"], &["not the page's"]);
    terminal.press("\n");
    terminal.shows(&["\n1\n", "as the page shows", "$ echo a command", "Enter run"]);
    quit(terminal);
}

fn back_shows_the_step_before() {
    let terminal = at(&made("back"), 3);
    terminal.press("b");
    terminal.shows(&["step 2 of 5", "Before the second.", "$ printf", "Enter run"]);
    terminal.press("b");
    // The step as it is about to be run, and then what is said before it.
    terminal.shows(&["step 1 of 5", "$ rm -f log", "Enter run"]);
    terminal.press("b");
    terminal.shows(&["What is said before", "Enter more"]);
    terminal.press("b");
    terminal.shows(&["What is said before", "Enter more"]);
    quit(terminal);
}

fn a_step_that_is_skipped_is_not_run() {
    let tree = made("skip");
    let terminal = at(&tree, 4);
    assert_eq!(tree.read("log"), "line\nline\n", "the first step removes it, and was skipped");
    terminal.press("s");
    terminal.shows(&["step 5 of 5"]);
    assert_eq!(tree.read("log"), "line\nline\n", "the fourth step writes to it, and was skipped");
    let end = quit(terminal);
    assert!(end.contains("not run: 4."), "{end}");
}

fn a_step_that_cannot_be_run_gives_its_reason_and_is_passed() {
    let terminal = at(&made("norun"), 3);
    terminal.shows(&["$ read name", "not run: it asks for a name", "Enter next"]);
    terminal.press("\n");
    terminal.shows(&["step 4 of 5"]);
    quit(terminal);
}

fn notes_are_shown_on_a_key_and_what_was_there_comes_back() {
    let terminal = at(&made("notes"), 2);
    terminal.press("\n");
    let before = terminal.shows(&["The output is not", "Enter next"]);
    assert!(!String::from_utf8_lossy(&terminal.bytes()).contains("What only the speaker sees"));
    terminal.press("n");
    let notes = terminal.shows(&["What only the speaker sees.", "any key"]);
    assert!(!notes.contains("$ printf"), "{notes}");
    terminal.press("x");
    assert_eq!(terminal.shows(&["Enter next"]), before);
    quit(terminal);
}

fn an_answer_comes_after_its_question() {
    let terminal = at(&made("question"), 5);
    terminal.press("s");
    let question = terminal.shows(&["After the steps", "? What is asked?", "Enter more"]);
    assert!(!question.contains("answered"), "{question}");
    terminal.press("\n");
    let answer = terminal.shows(&["? What is asked?", "What is answered.", "Enter end"]);
    assert!(!answer.contains("Speaker notes"), "{answer}");
    terminal.press("\n");
    terminal.ends(0, ENOUGH);
}

fn it_starts_at_a_later_step_and_runs_those_before_silently() {
    let tree = made("from");
    let page = tree.read("book/en/src/page.md").replace("two\nfour\n", "two\nthree\n");
    tree.write("book/en/src/page.md", &page);
    let terminal = presented(&tree, &["--from", "4"]);
    terminal.shows(&["step 4 of 5", "Before the fourth.", "Enter run"]);
    let told = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(told.contains("steps before (3)") && !told.contains("\nthree"), "{told}");
    terminal.press("\n");
    // The first step removes what would make it 3.
    terminal.shows(&["\n1\n", "as the page shows", "$ echo a command", "Enter run"]);
    quit(terminal);
    // A step before it that is not as the page says: nothing is presented.
    let terminal = presented(&made("from-wrong"), &["--from", "3"]);
    let end = terminal.ends(1, ENOUGH);
    assert!(end.contains("book/en/src/page.md:") && end.contains("four"), "{end}");
}

fn a_step_that_is_none_is_said_with_how_many_there_are() {
    for from in ["0", "6"] {
        let ended = xtask(&made("none"), ["run", "page", "--present", "--from", from]).run(ENOUGH);
        ended.assert_code(2).assert_says(&format!("no step {from}")).assert_says("It has 5");
    }
}

/// How many characters were written one by one, as a hand writes a command.
fn typed(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let bold = text.split("\u{1b}[1m").skip(1).filter_map(|rest| rest.split('\u{1b}').next());
    bold.filter(|part| part.chars().count() == 1).count()
}

fn a_command_is_typed_as_by_a_hand_until_a_key_is_pressed() {
    let tree = made("typing");
    // So long that it is typed for four seconds.
    let long = format!("$ printf 'two\\nthree\\n' # {}", "and so on ".repeat(12));
    let page = tree.read("book/en/src/page.md").replace("$ printf 'two\\nthree\\n'", long.trim());
    assert!(page.contains("so on"), "the page has the step that is changed");
    tree.write("book/en/src/page.md", &page);
    let task = on_a_terminal(&tree).env("NO_TYPING", "");
    let task = task.args(["--lang", "en", "run", "page", "--present"]);
    let terminal = Terminal::start(task, 24, 80);
    terminal.shows(&["Enter more"]);
    let before = terminal.bytes().len();
    let started = Instant::now();
    terminal.press("\n");
    terminal.shows(&["$ rm -f log && echo one", "Enter run"]);
    // It has 21 characters after the prompt, and a hand takes 35 ms for each.
    assert!(started.elapsed() > Duration::from_millis(21 * 35 / 2), "{:?}", started.elapsed());
    assert!(typed(&terminal.bytes()[before..]) >= 21, "not typed");
    terminal.press("s");
    terminal.shows(&["step 2 of 5", "$ pr"]);
    terminal.press("s");
    // A key that asks for something is answered in the middle of the line.
    terminal.shows(&["step 3 of 5", "$ re"]);
    terminal.press("b");
    let before = terminal.bytes().len();
    terminal.shows(&["step 2 of 5", "$ pr"]);
    terminal.press("\n");
    // The rest comes at once, and is not run by that key.
    let screen = terminal.shows(&["Enter run", "and so on"]);
    let count = typed(&terminal.bytes()[before..]);
    assert!(count < long.len() / 2, "{count} characters were typed, of {}", long.len());
    assert!(!screen.contains("\nthree"), "{screen}");
    quit(terminal);
}

fn what_is_typed_while_a_command_runs_is_forgotten() {
    let tree = made("forgotten");
    let slow = tree.read("book/en/src/page.md").replace("$ printf", "$ sleep 1; printf");
    tree.write("book/en/src/page.md", &slow);
    let terminal = at(&tree, 2);
    terminal.shows(&["Enter run"]);
    terminal.press("\n");
    // Whatever comes before the end of the step is meant for something that is not there.
    let started = Instant::now();
    while !terminal.screen().contains("not the page's") {
        assert!(started.elapsed() < ENOUGH, "{}", terminal.screen());
        if started.elapsed() < Duration::from_millis(700) {
            terminal.press("\n");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.shows(&["Enter next", "step 2 of 5"]);
    quit(terminal);
}

fn the_output_comes_as_it_is_printed() {
    let terminal = at(&made("stream"), 5);
    terminal.shows(&["Enter run"]);
    terminal.press("\n");
    // The command goes on for ten minutes.
    terminal.shows(&["\nbegun"]);
    terminal.press("\x03");
    terminal.ends(130, ENOUGH);
}

fn ctrl_c_ends_the_command_and_its_children() {
    let terminal = at(&made("ctrl-c"), 5);
    terminal.shows(&["Enter run"]);
    terminal.press("\n");
    terminal.shows(&["\nbegun"]);
    terminal.press("\x03");
    let end = terminal.ends(130, ENOUGH);
    assert!(end.contains("Stopping, and cleaning up…") && end.contains("Stopped, as you asked."), "{end}");
}

fn ctrl_c_ends_a_presentation_that_waits_for_a_key() {
    for key in ["", "n"] {
        let terminal = at(&made("ctrl-c-waiting"), 2);
        terminal.shows(&["Enter run"]);
        terminal.press(key);
        terminal.shows(&[if key.is_empty() { "Enter run" } else { "any key" }]);
        terminal.press("\x03");
        terminal.ends(130, ENOUGH);
    }
}

fn no_line_is_wider_than_the_screen() {
    for (lines, columns) in [(24, 80), (20, 40)] {
        let task = on_a_terminal(&made(&format!("width-{columns}")));
        let task = task.args(["--lang", "en", "run", "page", "--present"]);
        let terminal = Terminal::start(task, lines, columns);
        let mut screens = 0;
        loop {
            let screen = terminal.shows(&["n notes", "q quit"]);
            assert_eq!(terminal.overlong(), Vec::<String>::new(), "{columns}:\n{screen}");
            let title = screen.contains("Made up · ");
            assert!(title || screen.contains("$ "), "the top is lost:\n{screen}");
            screens += 1;
            assert!(screens < 40, "no end:\n{screen}");
            let is_end = screen.contains("Enter end");
            if screen.contains("step 5 of 5") && screen.contains("Enter run") {
                terminal.press("s");
            } else {
                terminal.press("\n");
            }
            if is_end {
                break;
            }
            let started = Instant::now();
            while terminal.screen() == screen {
                assert!(started.elapsed() < ENOUGH, "nothing comes after:\n{screen}");
            }
        }
        assert!(screens > 8, "{screens} screens");
        terminal.ends(0, ENOUGH);
    }
}

fn another_size_of_the_window_is_followed() {
    let terminal = presented(&made("resize"), &[]);
    terminal.shows(&["Enter more"]);
    terminal.resize(20, 40);
    let screen = terminal.shows(&["What is said before the first step, in\n", "Enter more"]);
    assert!(terminal.overlong().is_empty(), "{screen}");
    while !terminal.screen().contains("$ rm") {
        let before = terminal.screen();
        terminal.press("\n");
        eventually("another screen", ENOUGH, || (terminal.screen() != before).then_some(()));
        terminal.shows(&["q quit"]);
    }
    terminal.resize(24, 80);
    terminal.shows(&["And the first step:", "$ rm", "Enter run · s skip · b back · n notes · q quit"]);
    terminal.press("\n");
    terminal.shows(&["as the page shows", "Enter next"]);
    quit(terminal);
}

fn there_are_colours_unless_no_color_is_set() {
    for (value, is_coloured) in [("", true), ("1", false)] {
        let task = on_a_terminal(&made("colours"));
        let task = if value.is_empty() { task } else { task.env("NO_COLOR", value) };
        let task = task.args(["--lang", "en", "run", "page", "--present"]);
        let terminal = Terminal::start(task, 24, 80);
        terminal.shows(&["Enter more"]);
        terminal.press("s");
        terminal.shows(&["Enter run"]);
        terminal.press("\n");
        terminal.shows(&["Enter next"]);
        let bytes = terminal.bytes();
        let coloured = String::from_utf8_lossy(&bytes)
            .split("\x1b[")
            .skip(1)
            .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
        assert_eq!(coloured, is_coloured, "{:?}", String::from_utf8_lossy(&bytes));
        quit(terminal);
    }
}

fn without_a_terminal_it_is_refused() {
    let ended = xtask(&made("refused"), ["run", "page", "--present"]).run(ENOUGH);
    ended.assert_code(2).assert_says("needs a terminal").assert_says("without --present");
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
}

fn a_chapter_is_presented_in_portuguese_to_the_end() {
    images_are_current();
    let page = Tree::real().read("book/pt-BR/src/reset.md");
    let chapter = Chapter::parse("reset", &page).expect("the page keeps to the rules");
    let commands: usize = chapter.steps.iter().map(|step| step.exchanges.len()).sum();
    let _others = port();
    let task = on_a_terminal(&Tree::real()).args(["--lang", "pt-BR", "run", "reset", "--present"]);
    let terminal = Terminal::start(task, 24, 80);
    terminal.comes(PAGE, &["Zere o contador · passo 1 de", " · q sai"], &[]);
    let (mut runs, mut screen) = (0, terminal.screen());
    while !screen.contains("Enter termina") {
        runs += usize::from(screen.contains("Enter executa"));
        assert!(!screen.contains("r refaz este passo"), "{screen}");
        assert!(runs <= commands, "{runs} of {commands} commands were run:\n{screen}");
        terminal.press("\n");
        screen = eventually("the next screen", PAGE, || {
            let next = terminal.screen();
            let is_ready = next != screen && next.contains(" · q sai") && next.trim_end().ends_with("q sai");
            is_ready.then_some(next)
        });
    }
    assert_eq!(runs, commands);
    assert!(
        !String::from_utf8_lossy(&terminal.bytes()).contains("Antes do contador danificado"),
        "the notes"
    );
    terminal.press("\n");
    let end = terminal.ends(0, ENOUGH);
    let sum = format!("mostra: {}, diferentes: 0, não executados: 0.", chapter.steps.len());
    assert!(end.contains(&sum), "{end}");
}

fn a_run_starts_at_a_later_step_as_a_presentation_does() {
    images_are_current();
    let page = Tree::real().read("book/en/src/reset.md");
    let chapter = Chapter::parse("reset", &page).expect("the page keeps to the rules");
    let count = chapter.steps.len().to_string();
    let _others = port();
    let ended = xtask(&Tree::real(), ["run", "reset", "--from", &count]).run(PAGE);
    ended.assert_code(0).assert_says("steps before").assert_nothing_left();
    let last = chapter.steps.last().expect("a last step");
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("$ ")).count(), last.exchanges.len());
    assert!(!ended.stdout.contains("Hello World!"), "{}", ended.stdout);
}
