//! A visit: what a page fetches and says, and the way to its twin.

use serde_json::json;

use crate::driver::Browser;
use crate::site::{self, Page};
use tests_common::{Test, tests};

/// What a first visit to a page may transfer, in bytes, uncompressed.
const BYTES: u64 = 200_000;
/// And in how many requests.
const REQUESTS: usize = 8;

pub fn tests() -> Vec<Test> {
    tests!["visit";
        a_first_visit_to_any_page_is_light_stays_on_the_site_and_logs_no_error: [Browser],
        what_a_reader_opens_on_a_page_stays_on_the_site_and_logs_no_error: [Browser, Patience],
        the_language_link_of_any_page_leads_to_the_same_page_in_the_other_language: [Browser, Patience],
    ]
}

/// The requests since the browser was asked last: their addresses, and how many bytes came.
fn requests(browser: &Browser) -> (Vec<String>, u64) {
    let (mut addresses, mut bytes) = (Vec::new(), 0);
    for (event, parameters) in browser.network() {
        match event.as_str() {
            "Network.requestWillBeSent" => {
                let address = parameters["request"]["url"].as_str().unwrap();
                if !address.starts_with("data:") {
                    addresses.push(address.to_owned());
                }
            }
            "Network.dataReceived" => bytes += parameters["dataLength"].as_u64().unwrap(),
            _ => {}
        }
    }
    (addresses, bytes)
}

fn assert_all_stay(page: &Page, addresses: &[String]) {
    let leave: Vec<_> = addresses.iter().filter(|address| !address.starts_with(&site::url(""))).collect();
    assert!(leave.is_empty(), "{} asks elsewhere: {leave:?}", page.path());
}

fn a_first_visit_to_any_page_is_light_stays_on_the_site_and_logs_no_error() {
    let browser = Browser::with_network();
    for page in site::pages() {
        browser.tell("Network.clearBrowserCache", &json!({}));
        browser.open(&page.path());
        let errors = browser.errors();
        assert!(errors.is_empty(), "{}: {errors:#?}", page.path());
        let (addresses, bytes) = requests(&browser);
        assert_all_stay(&page, &addresses);
        assert!(addresses.contains(&page.url()), "{}: {addresses:?}", page.path());
        assert!(addresses.len() <= REQUESTS, "{}: {} requests: {addresses:#?}", page.path(), addresses.len());
        assert!((10_000..=BYTES).contains(&bytes), "{}: {bytes} bytes", page.path());
    }
}

fn what_a_reader_opens_on_a_page_stays_on_the_site_and_logs_no_error() {
    let browser = Browser::with_network();
    for page in site::pages() {
        browser.open(&page.path());
        browser.click("#mdbook-sidebar-toggle");
        browser.click("#mdbook-theme-toggle");
        browser.click("#mdbook-theme-ayu");
        browser.until("document.documentElement.classList.contains('ayu')");
        browser.click("#mdbook-search-toggle");
        browser.until("document.querySelector('#mdbook-searchbar').checkVisibility()");
        browser.enter("#mdbook-searchbar", "reset");
        browser.until("document.querySelector('#mdbook-searchresults > li a')");
        browser.settle();
        let errors = browser.errors();
        assert!(errors.is_empty(), "{}: {errors:#?}", page.path());
        assert_all_stay(&page, &requests(&browser).0);
    }
}

fn the_language_link_of_any_page_leads_to_the_same_page_in_the_other_language() {
    let browser = Browser::start();
    for page in site::pages() {
        browser.open(&page.path());
        browser.click("a#language-link");
        browser.settle();
        let twin = page.twin();
        assert_eq!(browser.path(), twin.path(), "from {}", page.path());
        let language = browser.run("return document.documentElement.lang", &json!([]));
        assert_eq!(language, twin.language.tag(), "{}", twin.path());
    }
}
