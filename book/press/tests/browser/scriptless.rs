//! Pages in a browser that runs no scripts: they read, and lead on.

use serde_json::{Value, json};

use crate::driver::{Browser, eventually};
use crate::site::{self, Page};
use tests_common::{Test, tests};

/// What of the page's text cannot be seen, folded answers apart, whose question opens them.
const UNSEEN: &str = "
    const parts = document.querySelectorAll('main :is(h1, h2, h3, h4, p, li, pre, th, td, summary, figure > svg)');
    const isFolded = part => part.closest('details:not([open])') && !part.closest('summary');
    const isSeen = part => {
        const { width, height, left } = part.getBoundingClientRect();
        const isShown = part.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        return isShown && width > 0 && height > 0 && left >= 0 && left < innerWidth;
    };
    const unseen = [...parts].filter(part => !isFolded(part) && !isSeen(part) && part.textContent.trim());
    return unseen.map(part => part.outerHTML.slice(0, 120));
";

/// Which pages can be gone to by a link that is in sight once it is scrolled to.
const LINKED: &str = "
    const isInSight = link => {
        link.scrollIntoView({ block: 'center' });
        const { left, top, width, height } = link.getBoundingClientRect();
        return link.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    };
    const links = [...document.querySelectorAll('nav a, header a')].filter(isInSight);
    return links.map(link => link.href);
";

pub fn tests() -> Vec<Test> {
    tests!["without scripts";
        every_page_shows_its_heading_its_text_and_its_steps_without_scripts: [Browser, Patience],
        every_page_leads_to_every_other_and_to_its_twin_without_scripts: [Browser, Patience],
    ]
}

/// A browser for each width: a desk's, a phone's.
fn browsers() -> [Browser; 2] {
    [(1440, 900), (412, 915)].map(|(width, height)| {
        let browser = Browser::without_scripts();
        browser.resize(width, height, 1.0);
        browser
    })
}

fn open(browser: &Browser, page: &Page) {
    browser.open(&page.path());
    let ran = browser.run("return document.documentElement.classList.contains('js')", &json!([]));
    assert_eq!(ran, false, "{}: a script has run", page.path());
}

fn every_page_shows_its_heading_its_text_and_its_steps_without_scripts() {
    for browser in browsers() {
        for page in site::pages() {
            open(&browser, &page);
            let source = page.source();
            let heading = source.lines().find_map(|line| line.strip_prefix("# ")).unwrap();
            let shown = browser.run("return document.querySelector('main h1').innerText", &json!([]));
            assert_eq!(shown, heading, "{}", page.path());
            let unseen = browser.run(UNSEEN, &json!([]));
            assert_eq!(unseen, json!([]), "{}", page.path());
            let open = "document.querySelectorAll('details').forEach(part => part.open = true); \
                        return [...document.querySelectorAll('pre.console')].map(step => step.innerText)";
            let shown = browser.run(open, &json!([]));
            let steps = page.steps();
            assert_eq!(shown.as_array().unwrap().len(), steps.len(), "{}", page.path());
            for (commands, step) in steps.iter().zip(shown.as_array().unwrap()) {
                for line in commands.lines() {
                    assert!(step.as_str().unwrap().contains(line), "{}: “{line}” in {step}", page.path());
                }
            }
        }
    }
}

fn every_page_leads_to_every_other_and_to_its_twin_without_scripts() {
    for browser in browsers() {
        for page in site::pages() {
            open(&browser, &page);
            let linked = browser.run(LINKED, &json!([]));
            let linked: Vec<&str> = linked.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let wanted = site::book(page.language).into_iter().chain([page.twin()]);
            let missing: Vec<String> =
                wanted.map(|page| page.url()).filter(|url| !linked.contains(&url.as_str())).collect();
            assert!(missing.is_empty(), "{} does not lead to {missing:#?}", page.path());
        }
        let [first, second] = &site::pages()[..2] else { panic!("two pages") };
        open(&browser, first);
        browser.click(&format!("#mdbook-sidebar a[href='{}.html']", second.name));
        eventually(
            || "a click leads to the next page".to_owned(),
            || (browser.path() == second.path()).then_some(()),
        );
    }
}
