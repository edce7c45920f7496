//! The copy button: what a reader pastes is what is to be typed.

use serde_json::json;

use crate::driver::{Browser, eventually};
use crate::site;
use tests_common::{Need, Test, tests};

pub fn tests() -> Vec<Test> {
    tests!("copy", needs [Need::Browser, Need::Patience];
        the_copy_button_of_a_step_copies_its_commands_alone_with_their_continuation_lines,
    )
}

fn the_copy_button_of_a_step_copies_its_commands_alone_with_their_continuation_lines() {
    let browser = Browser::start();
    let (mut copied, mut continued) = (0, 0);
    for page in site::pages() {
        browser.open(&page.path());
        browser.permit("clipboard-read");
        let steps = page.steps();
        let shown = browser.run("return document.querySelectorAll('pre.console').length", &json!([]));
        assert_eq!(shown, steps.len(), "{}: steps", page.path());
        for (number, commands) in steps.iter().enumerate() {
            // A folded answer is opened to be copied from, and each button is found by its step.
            let mark = "document.querySelector('[data-tried]')?.removeAttribute('data-tried'); \
                        const step = document.querySelectorAll('pre.console')[arguments[0]]; \
                        step.closest('details')?.setAttribute('open', ''); \
                        step.setAttribute('data-tried', ''); \
                        step.parentElement.querySelector('.clip-button').scrollIntoView({ block: 'center' });";
            browser.run(mark, &json!([number]));
            browser.click("[data-tried] .clip-button");
            let read = "navigator.clipboard.readText().then(done, error => done(String(error)))";
            let mut pasted = String::new();
            eventually(
                || format!("{}: step {number} is copied as {commands:?}", page.path()),
                || {
                    pasted = browser.wait_for(read, &json!([])).as_str().unwrap().to_owned();
                    (pasted == *commands).then_some(())
                },
            );
            copied += 1;
            continued += usize::from(commands.contains("\\\n"));
        }
    }
    assert!(copied > 20 && continued > 0, "{copied} steps, {continued} with continuation lines");
}
