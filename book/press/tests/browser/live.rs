//! `press live` as an instructor uses it: buttons, keys, two windows, and what a screen reader is told.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use serde_json::{Value, json};

use crate::access::{examiner, violations};
use crate::common::live::{ENDLESS, LONG, Live, RIGHT, WRONG, books};
use crate::driver::Browser;
use tests_common::{Need, Test, tests};

/// The longest that the page may keep the browser from answering its reader, in milliseconds.
const LONGEST_TASK: f64 = 200.0;

pub fn tests() -> Vec<Test> {
    let mut all = tests!("live", needs [Need::Browser];
        a_step_runs_at_a_click_and_shows_its_output_and_its_verdict,
        a_step_that_differs_shows_both_sides,
        what_was_done_is_marked_after_a_reload_and_in_a_second_window,
        a_second_window_follows_a_run_and_is_told_that_one_runs_at_a_time,
        a_run_goes_on_while_the_page_is_away,
        stop_ends_a_run,
        run_all_runs_to_the_end_and_start_over_forgets_it,
        the_keyboard_runs_a_step_and_goes_to_the_next_and_back,
        what_was_printed_stays_in_sight_and_what_is_out_of_sight_is_not_run,
        letters_that_are_typed_or_turned_off_run_nothing,
        a_screen_reader_is_told_of_starts_and_verdicts_and_not_of_the_past,
        every_button_is_reached_by_the_tabulator,
        a_hundred_thousand_lines_stay_smooth_and_few,
        an_end_that_comes_before_the_step_is_let_go_stays,
        a_verdict_comes_after_a_sleep_in_the_middle_of_a_run,
        a_connection_that_breaks_is_made_again,
        a_connection_that_is_silently_dead_is_made_again,
        the_portuguese_page_speaks_portuguese,
        a_page_without_steps_has_a_counter_alone,
        when_the_server_has_gone_the_page_says_so,
    );
    all.extend(tests!("live", needs [Need::Browser, Need::Axe, Need::Patience];
        axe_finds_nothing_on_a_live_page,
    ));
    all
}

/// A browser at a live page.
pub fn at(live: &Live, path: &str) -> Browser {
    let browser = Browser::start();
    open(&browser, live, path);
    browser
}

/// Goes to a page and waits until its buttons are there.
pub fn open(browser: &Browser, live: &Live, path: &str) {
    browser.visit(&live.url(path));
    browser.until("document.querySelector('[aria-current=step]') || document.querySelector('#live') && !document.querySelector('pre.console')");
}

pub fn text(browser: &Browser, selector: &str) -> String {
    let found =
        browser.run("return document.querySelector(arguments[0])?.textContent ?? ''", &json!([selector]));
    found.as_str().unwrap().to_owned()
}

/// A selector of something in a step's box.
pub fn of(step: usize, what: &str) -> String {
    format!(".live-step[aria-label$=' {step}'] {what}")
}

pub fn click_run(browser: &Browser, step: usize) {
    // As a reader scrolls: out from under the panel.
    let scroll = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' }); return null";
    browser.run(scroll, &json!([of(step, ".live-run")]));
    browser.click(&of(step, ".live-run"));
}

/// Waits until a step's verdict holds this.
pub fn until_verdict(browser: &Browser, step: usize, text: &str) {
    browser.until(&format!(
        "document.querySelector(\"{}\").textContent.includes('{text}')",
        of(step, ".live-verdict")
    ));
}

fn until_progress(browser: &Browser, text: &str) {
    browser.until(&format!("document.querySelector('.live-progress').textContent.includes('{text}')"));
}

/// The number of the step that is marked as the one at hand.
fn current(browser: &Browser) -> Value {
    browser.run(
        "return [...document.querySelectorAll('.live-step')].findIndex(step => step.ariaCurrent === 'step') + 1",
        &json!([]),
    )
}

fn a_step_runs_at_a_click_and_shows_its_output_and_its_verdict() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    assert_eq!(text(&browser, ".live-progress"), "0 of 5 steps done");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "✓ matched · 0.");
    let output = text(&browser, &of(RIGHT, ".live-output"));
    assert_eq!(output, "$ echo one; touch ran\none\n$ echo two >&2\ntwo\n");
    until_progress(&browser, "1 of 5 steps done");
    assert!(live.books.root().join("ran").exists());
    let errors = browser.errors();
    assert!(errors.is_empty(), "{errors:?}");
}

fn a_step_that_differs_shows_both_sides() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, WRONG);
    until_verdict(&browser, WRONG, "✗ differs from what the page shows · 0.");
    assert!(text(&browser, &of(WRONG, ".live-expected")).contains("- too"));
    assert!(text(&browser, &of(WRONG, ".live-found")).contains("+ two"));
    browser.until("document.querySelector('.live-legend:not([hidden])').checkVisibility()");
    until_progress(&browser, "0 of 5");
}

fn what_was_done_is_marked_after_a_reload_and_in_a_second_window() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "matched");
    for reloads in 0..2 {
        if reloads == 1 {
            browser.open_window();
        }
        open(&browser, &live, "/en/steps.html");
        until_verdict(&browser, RIGHT, "✓ matched");
        until_progress(&browser, "1 of 5");
        assert!(text(&browser, &of(RIGHT, ".live-output")).contains("\none\n"));
        assert_eq!(current(&browser), WRONG);
    }
    // In the other language it was not done.
    open(&browser, &live, "/pt-BR/steps.html");
    until_progress(&browser, "0 de 5");
}

fn a_second_window_follows_a_run_and_is_told_that_one_runs_at_a_time() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, ENDLESS);
    until_verdict(&browser, ENDLESS, "is running");
    let (first, second) = browser.open_window();
    open(&browser, &live, "/en/steps.html");
    until_verdict(&browser, ENDLESS, "is running");
    browser.until(&format!(
        "document.querySelector(\"{}\").textContent.includes('\\nstarted')",
        of(ENDLESS, ".live-output")
    ));
    click_run(&browser, RIGHT);
    browser.until(
        "document.querySelector('.live-note').textContent.includes('Step 4 of “The steps” is running')",
    );
    assert!(text(&browser, ".live-told").contains("Step 4 of “The steps” is running"));
    open(&browser, &live, "/en/good.html");
    browser.until(
        "document.querySelector('.live-note').textContent.includes('Step 4 of “The steps” is running')",
    );
    browser.click("#live .live-stop");
    browser.until("document.querySelector('.live-note').hidden");
    browser.choose_window(&first);
    until_verdict(&browser, ENDLESS, "stopped");
    browser.choose_window(&second);
    open(&browser, &live, "/en/steps.html");
    until_verdict(&browser, ENDLESS, "✗ stopped");
}

fn a_run_goes_on_while_the_page_is_away() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, ENDLESS);
    until_verdict(&browser, ENDLESS, "is running");
    browser.visit("about:blank");
    drop(browser);
    let browser = at(&live, "/en/steps.html");
    until_verdict(&browser, ENDLESS, "is running");
    assert!(text(&browser, &of(ENDLESS, ".live-output")).contains("\nstarted"));
}

fn stop_ends_a_run() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, ENDLESS);
    until_verdict(&browser, ENDLESS, "is running");
    browser.click(&of(ENDLESS, ".live-stop"));
    until_verdict(&browser, ENDLESS, "✗ stopped · ");
    // And the next one runs.
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "matched");
}

fn run_all_runs_to_the_end_and_start_over_forgets_it() {
    let live = Live::start();
    let browser = at(&live, "/en/good.html");
    browser.click(".live-all");
    until_progress(&browser, "3 of 3");
    browser.click(".live-over");
    until_progress(&browser, "0 of 3");
    browser.until("document.querySelector('.live-note').textContent.includes('begin with the first step')");
    assert_eq!(text(&browser, ".live-verdict"), "");
    assert!(live.books.root().join("overs").exists());
}

fn the_keyboard_runs_a_step_and_goes_to_the_next_and_back() {
    let live = Live::start();
    let browser = at(&live, "/en/good.html");
    for step in 1..=3 {
        assert_eq!(current(&browser), step);
        browser.press("r");
        until_progress(&browser, &format!("{step} of 3"));
        let next = (step + 1).min(3);
        browser
            .until(&format!("document.querySelectorAll('.live-step')[{}].ariaCurrent === 'step'", next - 1));
        if step < 3 {
            browser.until(&format!("document.activeElement.textContent === 'Run step {next}'"));
        }
    }
    browser.press("kk");
    assert_eq!(current(&browser), 1);
    browser.press("j");
    assert_eq!(current(&browser), 2);
    // A step that is wrong is stayed at; one that cannot be run is passed; another is stopped.
    open(&browser, &live, "/en/steps.html");
    browser.press("jr");
    until_verdict(&browser, WRONG, "differs");
    assert_eq!(current(&browser), WRONG);
    browser.press("jjr");
    until_verdict(&browser, ENDLESS, "is running");
    browser.press("x");
    until_verdict(&browser, ENDLESS, "stopped");
    browser.press("j");
    assert_eq!(current(&browser), 5);
    browser.press("r");
    assert_eq!(current(&browser), 6);
    browser.press("n");
    browser.until("document.querySelector('details.notes').open && document.activeElement.textContent === 'Speaker notes'");
    browser.press("n");
    browser.until("!document.querySelector('details.notes').open");
}

fn what_was_printed_stays_in_sight_and_what_is_out_of_sight_is_not_run() {
    let prose = "A line.\n\n".repeat(60);
    let step = |name: &str| format!("```console\n$ seq 12; echo {name}\n1\n...\n{name}\n```\n\n");
    let page = format!("# More\n\n{prose}{}Text.\n\n{}{prose}{}", step("one"), step("two"), step("three"));
    let live = Live::with(books(&page), "127.0.0.1:1", &[]);
    let browser = at(&live, "/en/more.html");
    browser.resize(1000, 800, 1.0);
    let is_in_sight = |selector: &str| {
        let script = "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect(); \
                      return top >= 50 && bottom <= innerHeight";
        browser.run(script, &json!([selector])) == true
    };
    // Nobody has seen it yet: it is shown, and not run.
    assert!(!is_in_sight(&of(1, ".live-run")));
    browser.press("r");
    assert!(is_in_sight(&of(1, ".live-run")));
    assert_eq!(text(&browser, ".live-progress"), "0 of 3 steps done");
    browser.press("r");
    until_progress(&browser, "1 of 3");
    browser.until("document.activeElement.textContent === 'Run step 2'");
    assert!(is_in_sight(&of(1, ".live-output")) && is_in_sight(&of(2, ".live-run")));
    browser.press("r");
    until_progress(&browser, "2 of 3");
    assert_eq!(current(&browser), 3);
    // The next one is far: the room still reads this one's output.
    assert!(is_in_sight(&of(2, ".live-output")) && !is_in_sight(&of(3, ".live-run")));
    browser.press("r");
    assert!(is_in_sight(&of(3, ".live-run")));
    assert_eq!(text(&browser, ".live-progress"), "2 of 3 steps done");
    browser.press("r");
    until_progress(&browser, "3 of 3");
    assert!(is_in_sight(&of(3, ".live-output")));
}

fn letters_that_are_typed_or_turned_off_run_nothing() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    browser.click("#mdbook-search-toggle");
    browser.until("document.querySelector('#mdbook-searchbar').checkVisibility()");
    browser.enter("#mdbook-searchbar", "rjr");
    assert_eq!(current(&browser), 1);
    open(&browser, &live, "/en/steps.html");
    browser.click(".live-keys summary");
    browser.click(".live-keys input");
    browser.press("jr");
    assert_eq!(current(&browser), 1);
    // It is remembered.
    open(&browser, &live, "/en/good.html");
    browser.press("jr");
    assert_eq!(current(&browser), 1);
    assert!(!live.books.root().join("ran").exists() && !live.books.root().join("up").exists());
}

fn a_screen_reader_is_told_of_starts_and_verdicts_and_not_of_the_past() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    let told = "[role=status].live-told";
    click_run(&browser, ENDLESS);
    browser.until("document.querySelector('.live-told').textContent === 'Step 4 is running…'");
    browser.press("x");
    browser.until("document.querySelector('.live-told').textContent.startsWith('Step 4: stopped · ')");
    click_run(&browser, RIGHT);
    browser.until("document.querySelector('.live-told').textContent.startsWith('Step 1: matched · ')");
    open(&browser, &live, "/en/steps.html");
    until_verdict(&browser, RIGHT, "matched");
    assert_eq!(text(&browser, told), "");
    // It is seen by nobody, and heard.
    let is_there = browser.run(
        "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return box.width <= 1 && box.width > 0",
        &json!([told]),
    );
    assert_eq!(is_there, true);
}

fn every_button_is_reached_by_the_tabulator() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "matched");
    browser.run(
        "document.activeElement.blur(); window.getSelection().removeAllRanges(); return null",
        &json!([]),
    );
    open(&browser, &live, "/en/steps.html");
    until_verdict(&browser, RIGHT, "matched");
    let mut reached: Vec<String> = Vec::new();
    for _ in 0..80 {
        browser.press("\u{E004}");
        let name = browser.run(
            "const at = document.activeElement; return at.ariaLabel ?? at.closest('label')?.textContent ?? at.textContent",
            &json!([]),
        );
        reached.push(name.as_str().unwrap().trim().to_owned());
    }
    for name in ["Run step 1", "Output of step 1", "Run step 6", "Run all", "Stop", "Start over", "Keyboard"]
    {
        assert!(reached.iter().any(|one| one == name), "{name} is not among {reached:?}");
    }
    // Keys do what the mouse does.
    browser.run("document.querySelector('.live-all').focus(); return null", &json!([]));
    browser.press("\u{E007}");
    until_verdict(&browser, WRONG, "differs");
}

fn a_hundred_thousand_lines_stay_smooth_and_few() {
    let live = Live::start();
    let browser = at(&live, "/en/steps.html");
    let watch = "window.longest = 0; new PerformanceObserver(list => { \
                 for (const task of list.getEntries()) { window.longest = Math.max(window.longest, task.duration); } \
                 }).observe({ type: 'longtask' }); return null";
    // A task also lasts while the machine does something else: what the page itself takes is in its best run.
    let mut longest = f64::MAX;
    for _ in 0..3 {
        browser.settle();
        browser.run(watch, &json!([]));
        click_run(&browser, LONG);
        until_verdict(&browser, LONG, "matched");
        longest = longest.min(browser.run("return window.longest", &json!([])).as_f64().unwrap());
        if longest <= LONGEST_TASK {
            break;
        }
        open(&browser, &live, "/en/steps.html");
    }
    println!("the longest task took {longest} ms");
    assert!(longest <= LONGEST_TASK, "a task took {longest} ms");
    let lines = browser.run("return document.querySelectorAll('.live-output .live-line').length", &json!([]));
    assert_eq!(lines, 400);
    let output = text(&browser, &of(LONG, ".live-output"));
    assert!(
        output.contains("\n200\n… 99,600 lines left out …\n99801\n") && output.ends_with("\n100000\n"),
        "{output}"
    );
    // Told to a page that comes later, too.
    open(&browser, &live, "/en/steps.html");
    until_verdict(&browser, LONG, "matched");
    assert_eq!(text(&browser, &of(LONG, ".live-output")), output);
}

fn an_end_that_comes_before_the_step_is_let_go_stays() {
    let live = Live::start();
    let browser = Browser::start();
    // What the server tells when it is asked in the very moment between the two.
    let news = [
        json!({ "busy": { "here": true, "step": 1, "text": "" }, "items": [
            { "at": 1, "type": "start", "step": 1 },
            { "at": 2, "type": "end", "step": 1, "good": true, "kind": "matched", "text": "matched · 0.1 s" },
        ] }),
        json!({ "busy": null, "items": [] }),
    ];
    let script = format!(
        "const [own, told] = [window.fetch, {}]; window.fetch = (address, options) => !String(address).includes('/news/') \
         ? own(address, options) : Promise.resolve(Response.json(told.length > 1 ? told.shift() : told[0]));",
        json!(news)
    );
    browser.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    open(&browser, &live, "/en/steps.html");
    browser.until("document.querySelector('.live-progress').textContent.includes('1 of 5')");
    until_verdict(&browser, 1, "✓ matched · 0.1 s");
    let is_running = browser.run("return !!document.querySelector('.live-running')", &json!([]));
    assert_eq!(is_running, false);
}

fn a_verdict_comes_after_a_sleep_in_the_middle_of_a_run() {
    let page = "# More\n\n```console\n$ echo up; until test -e go; do sleep 0.1; done\nup\n```\n";
    let live = Live::with(books(page), "127.0.0.1:1", &[]);
    let browser = at(&live, "/en/more.html");
    click_run(&browser, 1);
    until_verdict(&browser, 1, "is running");
    live.books.write("go", "");
    live.sleep(Duration::from_secs(5));
    until_verdict(&browser, 1, "✓ matched");
    until_progress(&browser, "1 of 1");
    browser.until("document.querySelector('.live-note').hidden");
}

fn a_connection_that_breaks_is_made_again() {
    let live = Live::start();
    let browser = Browser::start();
    let script = "const fetched = window.fetch; let isCut = false; window.cut = is => { isCut = is; }; \
         window.fetch = (...all) => isCut ? Promise.reject(new TypeError('Failed to fetch')) : fetched(...all);";
    browser.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    open(&browser, &live, "/en/steps.html");
    click_run(&browser, ENDLESS);
    until_verdict(&browser, ENDLESS, "is running");
    browser.run("window.cut(true); return null", &json!([]));
    browser
        .until("document.querySelector('.live-note').textContent.startsWith('The server does not answer.')");
    // Meanwhile somebody else stops it.
    assert_eq!(live.post("stop").status, 202);
    live.until_end("en/steps", ENDLESS);
    assert_eq!(browser.run("return !!document.querySelector('.live-running')", &json!([])), true);
    browser.run("window.cut(false); return null", &json!([]));
    until_verdict(&browser, ENDLESS, "✗ stopped");
    browser.until("document.querySelector('.live-note').hidden");
}

fn a_connection_that_is_silently_dead_is_made_again() {
    let live = Live::start();
    let browser = Browser::start();
    let news = json!({ "busy": { "here": true, "step": 1, "text": "" }, "items": [{ "at": 1, "type": "start", "step": 1 }] });
    // A connection tells something and is never heard of again; the page's patience is shortened.
    let script = format!(
        "const [fetched, timed] = [window.fetch, AbortSignal.timeout]; let asked = 0; \
         AbortSignal.timeout = ms => timed.call(AbortSignal, ms === 10000 ? 300 : ms); \
         window.fetch = (address, options) => {{ \
         if (!String(address).includes('/news/') || asked > 1) {{ return fetched(String(address).replace('/news/1', '/news/0'), options); }} \
         return asked++ ? new Promise((_, fail) => options.signal.addEventListener('abort', () => fail(options.signal.reason))) \
         : Promise.resolve(Response.json({news})); }};"
    );
    browser.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    open(&browser, &live, "/en/steps.html");
    browser.until("!document.querySelector('.live-running')");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "✓ matched");
    browser.until("document.querySelector('.live-note').hidden");
}

fn the_portuguese_page_speaks_portuguese() {
    let live = Live::start();
    let browser = at(&live, "/pt-BR/steps.html");
    click_run(&browser, RIGHT);
    until_verdict(&browser, RIGHT, "✓ confere · 0,");
    assert_eq!(text(&browser, &of(RIGHT, ".live-run")), "Executar o passo 1");
    assert_eq!(text(&browser, ".live-progress"), "1 de 5 passos concluídos");
    let told = text(&browser, ".live-told");
    assert!(told.starts_with("Passo 1: confere · "), "{told}");
    let panel = text(&browser, "#live");
    for word in ["Contador", "Executar tudo", "Parar", "Recomeçar", "Teclado", "nenhuma aplicação no ar"] {
        assert!(panel.contains(word), "no {word} in {panel}");
    }
}

fn a_page_without_steps_has_a_counter_alone() {
    let live = Live::start();
    let browser = at(&live, "/en/prose.html");
    browser.until("document.querySelector('.live-hits').textContent === 'no app is up'");
    assert!(text(&browser, "#live").contains("This page has no steps to run."));
    let buttons = browser.run("return document.querySelectorAll('#live button').length", &json!([]));
    assert_eq!(buttons, 0);
    browser.press("rjknx");
    let errors = browser.errors();
    assert!(errors.is_empty(), "{errors:?}");
}

fn when_the_server_has_gone_the_page_says_so() {
    let mut live = Live::start();
    let browser = at(&live, "/en/steps.html");
    live.child.kill().unwrap();
    live.child.wait().unwrap();
    browser
        .until("document.querySelector('.live-note').textContent.startsWith('The server does not answer.')");
}

fn axe_finds_nothing_on_a_live_page() {
    let live = Live::start();
    let mut found = Vec::new();
    const DESK: (u32, u32) = (1280, 900);
    const PHONE: (u32, u32) = (390, 844);
    for (theme, dark, size, language) in [
        ("light", "light", DESK, "en"),
        ("light", "light", PHONE, "pt-BR"),
        ("ayu", "dark", DESK, "pt-BR"),
        ("ayu", "dark", PHONE, "en"),
    ] {
        let (browser, width) = (examiner(theme, size), size.0);
        let told = |what: &str| format!("{language}, {dark}, {width}, {what}: ");
        let mut examine = |what: &str| {
            found.extend(violations(&browser).into_iter().map(|one| told(what) + &one));
            save(&browser, &format!("{what}.{language}.{dark}.{width}"));
        };
        open(&browser, &live, &format!("/{language}/prose.html"));
        examine("prose");
        open(&browser, &live, &format!("/{language}/steps.html"));
        browser.click(".live-over");
        browser.until("!document.querySelector('.live-note').hidden");
        browser.until(
            "!/(being removed|sendo removida)/.test(document.querySelector('.live-note').textContent)",
        );
        open(&browser, &live, &format!("/{language}/steps.html"));
        examine("before");
        for (step, verdict) in [(RIGHT, "✓"), (WRONG, "✗")] {
            click_run(&browser, step);
            until_verdict(&browser, step, verdict);
        }
        examine("verdicts");
        browser.click(".live-keys summary");
        click_run(&browser, ENDLESS);
        browser.until(&format!("!document.querySelector(\"{}\").hidden", of(ENDLESS, ".live-stop")));
        examine("running");
        browser.click(&of(ENDLESS, ".live-stop"));
        until_verdict(&browser, ENDLESS, "✗");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Saves a picture, to be looked at, in the folder that `FACTOR12_SHOTS` names.
fn save(browser: &Browser, name: &str) {
    if let Some(folder) = env::var_os("FACTOR12_SHOTS").map(PathBuf::from) {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("live.{name}.png")), browser.picture()).unwrap();
    }
}
