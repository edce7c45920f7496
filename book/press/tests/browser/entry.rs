//! The entry page, which leads to the reader's language.

use press::language::Language;
use serde_json::json;

use crate::driver::{Browser, eventually};
use tests_common::{Need, Test, tests};

pub fn tests() -> Vec<Test> {
    tests!("entry", needs [Need::Browser];
        the_entry_page_leads_to_the_readers_language,
        the_entry_page_lets_a_reader_of_neither_language_choose,
        the_entry_page_has_plain_links_without_scripts,
    )
}

/// Makes a browser one whose reader reads these languages, the preferred one first.
pub fn read_languages(browser: &Browser, languages: &str) {
    let agent = browser.run("return navigator.userAgent", &json!([]));
    let agent = json!({ "userAgent": agent, "acceptLanguage": languages });
    browser.tell("Emulation.setUserAgentOverride", &agent);
}

fn the_entry_page_leads_to_the_readers_language() {
    let browser = Browser::start();
    for (languages, folder) in [
        ("pt-BR,pt,en-US,en", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("en-US,en", "en"),
        ("en-GB,pt-BR", "en"),
        ("de-DE,pt-BR", "pt-BR"),
        ("de-DE,en", "en"),
    ] {
        read_languages(&browser, languages);
        browser.open("");
        let wanted = format!("{folder}/index.html");
        eventually(|| format!("{languages} leads to {wanted}"), || (browser.path() == wanted).then_some(()));
        browser.settle();
        let language = browser.run("return document.documentElement.lang", &json!([]));
        assert_eq!(language, folder, "{languages}");
        let errors = browser.errors();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

fn the_entry_page_lets_a_reader_of_neither_language_choose() {
    let browser = Browser::start();
    read_languages(&browser, "de-DE,fr");
    links_lead_to_both_books(&browser);
}

fn the_entry_page_has_plain_links_without_scripts() {
    let browser = Browser::without_scripts();
    read_languages(&browser, "pt-BR");
    links_lead_to_both_books(&browser);
}

fn links_lead_to_both_books(browser: &Browser) {
    for language in Language::ALL {
        browser.open("");
        assert_eq!(browser.path(), "", "the entry page is left");
        let tag = language.tag();
        browser.click(&format!("a[hreflang='{tag}']"));
        let wanted = format!("{tag}/index.html");
        eventually(|| format!("the link leads to {wanted}"), || (browser.path() == wanted).then_some(()));
    }
}
