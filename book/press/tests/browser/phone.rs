//! A small phone: nothing is cut off, and nothing but code and tables is scrolled sideways.

use serde_json::json;

use crate::driver::Browser;
use crate::site;
use tests_common::{Test, tests};

/// A small phone's width, in CSS pixels.
const WIDTH: u32 = 360;

/// How wide the page is, and what reaches over its right edge, apart from what is in a block of code
/// or in a table, which scroll by themselves.
const TOO_WIDE: &str = "
    const right = element => {
        const texts = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(text => {
            const range = document.createRange();
            range.selectNodeContents(text);
            return range;
        });
        return Math.max(...[element, ...texts].map(part => part.getBoundingClientRect().right));
    };
    const over = [...document.body.querySelectorAll('*')].filter(element => element.checkVisibility()
        && !element.closest('pre, .table-wrapper') && right(element) > arguments[0] + 1);
    const told = element => element.outerHTML.slice(0, 120);
    return [document.documentElement.scrollWidth, document.body.scrollWidth, over.map(told)];
";

/// The lines of commands whose end is under the copy button even when the step is scrolled to its right end.
const COVERED: &str = "
    document.querySelectorAll('details').forEach(part => part.open = true);
    const overlaps = (a, b) => a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
    const covered = step => {
        step.querySelector('code').scrollLeft = 1e6;
        const button = step.querySelector('.clip-button').getBoundingClientRect();
        const lines = [...step.querySelectorAll('.command')];
        return lines.filter(line => overlaps(line.getBoundingClientRect(), button)).map(line => line.innerText);
    };
    return [...document.querySelectorAll('pre.console')].flatMap(covered);
";

pub fn tests() -> Vec<Test> {
    tests!["phone";
        no_page_is_wider_than_a_small_phone: [Browser],
        no_end_of_a_command_stays_under_the_copy_button: [Browser, Patience],
    ]
}

fn no_page_is_wider_than_a_small_phone() {
    let browser = Browser::start();
    browser.resize(WIDTH, 740, 1.0);
    let mut wide = Vec::new();
    for page in site::pages() {
        browser.open(&page.path());
        browser.run("document.querySelectorAll('details').forEach(part => part.open = true)", &json!([]));
        let found = browser.run(TOO_WIDE, &json!([WIDTH]));
        if found != json!([WIDTH, WIDTH, []]) {
            wide.push(format!("{}: {found:#}", page.path()));
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

fn no_end_of_a_command_stays_under_the_copy_button() {
    let browser = Browser::start();
    browser.resize(WIDTH, 740, 1.0);
    let mut covered = Vec::new();
    for page in site::pages() {
        browser.open(&page.path());
        let lines = browser.run(COVERED, &json!([]));
        let lines = lines.as_array().unwrap().iter();
        covered.extend(lines.map(|line| format!("{}: {line}", page.path())));
    }
    assert!(covered.is_empty(), "{}", covered.join("\n"));
}
