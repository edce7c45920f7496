//! What commands print that nobody would print on purpose: it neither fills the page nor does anything to it.

use serde_json::{Value, json};

use crate::common::live::{Live, books};
use crate::driver::Browser;
use crate::live::{click_run, of, open, until_verdict};
use tests_common::{Need, Test, tests};

pub fn tests() -> Vec<Test> {
    tests!("outputs", needs [Need::Browser];
        a_command_that_prints_without_end_leaves_the_page_small_and_usable,
        what_a_terminal_would_obey_is_shown,
    )
}

/// How many lines of a command are on the page, and how many characters of each.
const LINES: u64 = 400;
const WIDTH: u64 = 2001;

/// A page of these commands, none of which prints what it says.
fn page(commands: &[&str]) -> String {
    let step = |command: &&str| format!("```console\n$ {command}\nnothing\n```\n\n");
    format!("# More\n\n{}", commands.iter().map(step).collect::<String>())
}

/// The lines of a step's output that are on the page, the length of all of it, and that of the difference.
fn size(browser: &Browser, step: usize) -> [u64; 3] {
    let script = "const [output, diff] = [...arguments].map(one => document.querySelector(one)); \
                  return [output.querySelectorAll('.live-line').length, output.textContent.length, diff.textContent.length]";
    let size = browser.run(script, &json!([of(step, ".live-output"), of(step, ".live-diff")]));
    let size: Vec<u64> = size.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    size.try_into().unwrap()
}

fn assert_is_small(browser: &Browser, step: usize) {
    let [lines, output, diff] = size(browser, step);
    assert!(lines <= LINES, "step {step}: {lines} lines");
    assert!(output <= (LINES + 5) * WIDTH, "step {step}: {output} characters");
    assert!(diff <= LINES * WIDTH, "step {step}: {diff} characters of difference");
}

fn a_command_that_prints_without_end_leaves_the_page_small_and_usable() {
    // The first is ended by somebody, the others by the limit of what may be printed.
    let endless =
        ["while :; do seq 100; sleep 0.01; done", "yes $(seq 99)", "yes | tr -d '\\n'", "yes $(seq 99) >&2"];
    let live = Live::with(books(&page(&endless)), "127.0.0.1:1", &[]);
    let browser = Browser::start();
    open(&browser, &live, "/en/more.html");
    click_run(&browser, 1);
    let gap = of(1, ".live-gap");
    browser.until(&format!("/[2-9],\\d\\d\\d/.test(document.querySelector(\"{gap}\")?.textContent)"));
    assert_is_small(&browser, 1);
    browser.click(&of(1, ".live-stop"));
    until_verdict(&browser, 1, "stopped");
    for step in 2..=endless.len() {
        click_run(&browser, step);
        until_verdict(&browser, step, "✗");
        assert_is_small(&browser, step);
    }
    let errors = browser.errors();
    assert!(errors.is_empty(), "{errors:?}");
}

fn what_a_terminal_would_obey_is_shown() {
    let command = r"printf '\033]0;taken\007\033[2J\rover\302\2332J \342\200\256turned <b>bold</b>\n'";
    let live = Live::with(books(&page(&[command])), "127.0.0.1:1", &[]);
    let browser = Browser::start();
    open(&browser, &live, "/en/more.html");
    click_run(&browser, 1);
    until_verdict(&browser, 1, "✗ differs");
    let shown = r"␛]0;taken␇␛[2J␍over\u{9b}2J \u{202e}turned <b>bold</b>";
    for part in [".live-head", ".live-found"] {
        let script = "return document.querySelector(arguments[0]).textContent";
        let text = browser.run(script, &json!([of(1, part)]));
        assert!(text.as_str().unwrap().contains(shown), "{part}: {text}");
    }
}
