//! Whether everybody can use the pages: axe-core's rules, in the themes that are offered.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use press::language::Language;
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::entry::read_languages;
use crate::site::{self, Page};
use tests_common::{Test, tests};

/// A window's width and height.
type Size = (u32, u32);

const DESK: Size = (1440, 900);
const PHONE: Size = (412, 915);

/// The page on which the parts that open are looked at.
const OPENED: &str = "same-image";

pub fn tests() -> Vec<Test> {
    tests!["access";
        axe_finds_nothing_on_any_page_on_a_desk_light_in_english_and_dark_in_portuguese: [Browser, Axe, Patience],
        axe_finds_nothing_on_any_page_on_a_phone_dark_in_english_and_light_in_portuguese: [Browser, Axe, Patience],
        axe_finds_nothing_on_a_page_with_a_menu_the_search_or_the_contents_open_or_none: [Browser, Axe],
        axe_finds_nothing_on_the_entry_page: [Browser, Axe],
        a_theme_that_another_book_stored_leaves_the_page_in_one_that_is_offered: [Browser, Axe],
    ]
}

/// The script of axe-core, or why there is none.
fn axe() -> Option<&'static str> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let ask = "import axe_playwright_python as axe; print(axe.__path__[0])";
        let said = Command::new("python3").args(["-c", ask]).output().ok()?;
        let folder = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim());
        fs::read_to_string(folder.join("axe.min.js")).ok()
    });
    found.as_deref()
}

/// A browser whose pages have axe-core.
pub fn examiner(theme: &str, size: Size) -> Browser {
    let browser = Browser::start();
    browser.resize(size.0, size.1, 1.0);
    let store =
        format!("if (location.protocol === 'http:') localStorage.setItem('mdbook-theme', '{theme}');");
    for script in [axe().unwrap(), &store] {
        browser.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    }
    browser
}

/// What axe-core finds on the page: each rule, and where it is broken.
pub fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.wait_for(
        "axe.run(document, { resultTypes: ['violations'] }).then(results => done(results.violations), error => done([{ id: String(error), nodes: [] }]))",
        &json!([]),
    );
    let told = |rule: &Value| {
        let nodes = rule["nodes"].as_array().unwrap();
        let nodes: Vec<String> =
            nodes.iter().map(|node| format!("  {}\n    {}", node["html"], node["failureSummary"])).collect();
        format!("{}: {}\n{}", rule["id"], rule["help"], nodes.join("\n"))
    };
    found.as_array().unwrap().iter().map(told).collect()
}

/// What is found in a state of a page, which is in this theme.
fn examine(browser: &Browser, theme: &str, what: &str) -> Vec<String> {
    let classes = browser.run("return document.documentElement.className", &json!([]));
    assert!(classes.as_str().unwrap().split(' ').any(|class| class == theme), "{what}: {classes}");
    violations(browser).into_iter().map(|found| format!("{what}, {theme}: {found}")).collect()
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Twins have one shape: each is looked at in another theme.
fn nothing_is_found_on_any_page(size: Size, themes: [&str; 2]) {
    let mut found = Vec::new();
    for (language, theme) in Language::ALL.into_iter().zip(themes) {
        let browser = examiner(theme, size);
        let pages = site::pages().into_iter().filter(|page| page.language == language);
        for page in pages.chain([Page::new(language, "404")]) {
            browser.open(&page.path());
            found.extend(examine(&browser, theme, &page.path()));
        }
    }
    assert_none(&found);
}

fn axe_finds_nothing_on_any_page_on_a_desk_light_in_english_and_dark_in_portuguese() {
    nothing_is_found_on_any_page(DESK, ["light", "ayu"]);
}

fn axe_finds_nothing_on_any_page_on_a_phone_dark_in_english_and_light_in_portuguese() {
    nothing_is_found_on_any_page(PHONE, ["ayu", "light"]);
}

fn axe_finds_nothing_on_a_page_with_a_menu_the_search_or_the_contents_open_or_none() {
    let mut found = Vec::new();
    for (theme, size, language) in [
        ("light", DESK, Language::PtBr),
        ("light", PHONE, Language::En),
        ("ayu", DESK, Language::En),
        ("ayu", PHONE, Language::PtBr),
    ] {
        let browser = examiner(theme, size);
        let page = Page::new(language, OPENED).path();
        let told = |state: &str| format!("{page} at {} px, {state} open", size.0);
        browser.open(&page);
        found.extend(examine(&browser, theme, &told("nothing")));
        browser.click("#mdbook-theme-toggle");
        browser.until("document.querySelector('#mdbook-theme-list').checkVisibility()");
        found.extend(examine(&browser, theme, &told("the theme menu")));
        browser.open(&page);
        browser.click("#mdbook-search-toggle");
        browser.until("document.querySelector('#mdbook-searchbar').checkVisibility()");
        browser.enter("#mdbook-searchbar", "reset");
        browser.until("document.querySelector('#mdbook-searchresults > li a')");
        found.extend(examine(&browser, theme, &told("the search")));
        if size == PHONE {
            browser.open(&page);
            browser.click("#mdbook-sidebar-toggle");
            browser.until(
                "document.querySelector('#mdbook-sidebar a.active').getBoundingClientRect().left >= 0",
            );
            found.extend(examine(&browser, theme, &told("the contents")));
        }
    }
    assert_none(&found);
}

fn axe_finds_nothing_on_the_entry_page() {
    for is_dark in [false, true] {
        let browser = examiner("light", DESK);
        browser.prefer_dark(is_dark);
        // A reader of other languages stays there.
        read_languages(&browser, "de-DE");
        browser.open("");
        assert_eq!(browser.path(), "", "the entry page is left");
        assert_none(&violations(&browser));
    }
}

fn a_theme_that_another_book_stored_leaves_the_page_in_one_that_is_offered() {
    for (is_dark, expected) in [(false, "light"), (true, "ayu")] {
        let browser = examiner("coal", DESK);
        browser.prefer_dark(is_dark);
        for language in Language::ALL {
            let page = Page::new(language, "introduction").path();
            browser.open(&page);
            let stored = browser.run("return localStorage.getItem('mdbook-theme')", &json!([]));
            assert_eq!(stored, "coal", "{page}");
            assert_none(&examine(&browser, expected, &page));
            browser.click("#mdbook-theme-toggle");
            let chosen = "return [...document.querySelectorAll('#mdbook-theme-list .theme-selected')].map(theme => theme.id)";
            let chosen = browser.run(chosen, &json!([]));
            assert!(chosen.as_array().unwrap().len() == 1, "{page}: the menu shows {chosen}");
        }
    }
}
