//! A browser that a test has for itself, driven through chromedriver: the calls of <https://www.w3.org/TR/webdriver2/>
//! that the tests need, and chromedriver's own for the browser's logs and developer tools.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests_common::{Test, chromium, tests, within};
use ureq::Agent;

use crate::site;

pub fn tests() -> Vec<Test> {
    tests!["driver"; a_browser_that_the_next_test_has_remembers_nothing: [Browser]]
}

/// Under which key the protocol tells an element's name (<https://www.w3.org/TR/webdriver2/#elements>).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What each browser is started with. Its sandbox cannot be had as root or in most containers, and it
/// meets nothing but this site. Nothing moves, so that what is looked at has come to rest.
const ARGUMENTS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    "--lang=en-US",
];

/// How long something is waited for that must come: a hang is to be found, and a busy machine to be borne with.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives a value; fails, telling `what` was waited for, when nobody would wait any longer.
pub fn eventually<T>(what: impl Fn() -> String, mut condition: impl FnMut() -> Option<T>) -> T {
    let unhurried = || {
        condition().or_else(|| {
            thread::sleep(Duration::from_millis(20));
            None
        })
    };
    within(PATIENCE, unhurried).unwrap_or_else(|| panic!("waited in vain: {}", what()))
}

/// A browser as one that was just started. When it is dropped, the next test may have it.
pub struct Browser {
    /// Until it is dropped.
    session: Option<Session>,
    runs_scripts: bool,
    is_for_others: bool,
    /// The servers that it has been to.
    visited: RefCell<BTreeSet<String>>,
}

/// A running browser with a profile of its own; it ends with its driver when it is dropped.
struct Session {
    driver: Child,
    // A driver that cannot write ends.
    _told: BufReader<ChildStdout>,
    agent: Agent,
    /// The address of the session.
    url: String,
    _profile: TempDir,
}

/// Those that no test has at the moment: to start one takes longer than most tests.
static FREE: Mutex<Vec<Session>> = Mutex::new(Vec::new());

fn free() -> MutexGuard<'static, Vec<Session>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the browsers that no test has.
pub fn end_all() {
    free().clear();
}

impl Browser {
    /// A browser, started where none is free.
    pub fn start() -> Browser {
        let free = free().pop();
        let session = free.unwrap_or_else(|| Session::start(true, "OFF"));
        Browser::of(session, true, true)
    }

    /// Starts one that tells what its pages ask of the network, which takes a fifth more.
    pub fn with_network() -> Browser {
        let browser = Browser::of(Session::start(true, "ALL"), true, false);
        // It starts with a page of its own, whose requests are no page's of the site.
        browser.network();
        browser
    }

    /// Starts one that runs no scripts of a page.
    pub fn without_scripts() -> Browser {
        Browser::of(Session::start(false, "OFF"), false, false)
    }

    fn of(session: Session, runs_scripts: bool, is_for_others: bool) -> Browser {
        Browser { session: Some(session), runs_scripts, is_for_others, visited: RefCell::default() }
    }

    /// Leaves it as one that was just started: one window that has shown nothing yet, and nothing remembered.
    fn forget(&self) {
        let (_, new) = self.open_window();
        for window in self.get("/window/handles").as_array().unwrap() {
            let window = window.as_str().unwrap();
            if window != new {
                self.choose_window(window);
                self.session().delete("/window");
            }
        }
        self.choose_window(&new);
        for origin in self.visited.take() {
            self.tell("Storage.clearDataForOrigin", &json!({ "origin": origin, "storageTypes": "all" }));
        }
        self.tell("Network.clearBrowserCache", &json!({}));
        self.errors();
    }

    /// Goes to a file of the site, and waits until it and what it fetches has been loaded.
    pub fn open(&self, path: &str) {
        self.visit(&site::url(path));
        if self.runs_scripts {
            self.settle();
        }
    }

    /// Goes to an address elsewhere.
    pub fn visit(&self, url: &str) {
        if url.starts_with("http") {
            // http: and the server, without the page.
            let origin: Vec<&str> = url.splitn(4, '/').take(3).collect();
            self.visited.borrow_mut().insert(origin.join("/"));
        }
        self.post("/url", &json!({ "url": url }));
    }

    /// Goes back, once: the driver may run a script again whose page has gone meanwhile.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Opens one more window, goes there, and returns what the window before and the new one are called.
    pub fn open_window(&self) -> (String, String) {
        let before = self.get("/window").as_str().unwrap().to_owned();
        let new = self.post("/window/new", &json!({ "type": "window" }));
        let new = new["handle"].as_str().unwrap().to_owned();
        self.choose_window(&new);
        (before, new)
    }

    /// Goes to a window.
    pub fn choose_window(&self, name: &str) {
        self.post("/window", &json!({ "handle": name }));
    }

    /// Presses keys where the focus is (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key.to_string() }))
            })
            .collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// A picture of what is seen.
    pub fn picture(&self) -> Vec<u8> {
        let shot = self.tell("Page.captureScreenshot", &json!({}));
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Waits until the page has nothing left to do.
    pub fn settle(&self) {
        // A page that is never idle, or is not drawn, does not call back by itself.
        self.wait_for("const LIMIT = { timeout: 500 }; requestIdleCallback(() => requestIdleCallback(() => done(), LIMIT), LIMIT)", &json!([]));
    }

    /// Where the browser is, within the site: without what stands before it, after `?` or after `#`.
    pub fn path(&self) -> String {
        let url = self.get("/url");
        let url = url.as_str().unwrap();
        let path = url.strip_prefix(&site::url("")).unwrap_or(url);
        path.split(['?', '#']).next().unwrap().to_owned()
    }

    /// What a script in the page returns.
    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// What a script in the page gives to its function `done`, sooner or later.
    pub fn wait_for(&self, script: &str, arguments: &Value) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.post("/execute/async", &json!({ "script": script, "args": arguments }))
    }

    /// Clicks on the first element that a CSS selector finds, where a reader would.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the first element that a CSS selector finds, in place of what it holds.
    pub fn enter(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Waits until the page, as a script's condition, is so; what the page shows is told where it never is.
    pub fn until(&self, condition: &str) {
        let shown = || {
            let text = self.run("return document.querySelector('.page')?.innerText ?? ''", &json!([]));
            format!("{condition}; the page shows:\n{}", text.as_str().unwrap_or_default())
        };
        eventually(shown, || {
            // What is not there yet has no text.
            let asked = format!(
                "try {{ return !!({condition}) }} catch (error) {{ if (error instanceof TypeError) return false; throw error }}"
            );
            self.run(&asked, &json!([])).as_bool().filter(|is| *is)
        });
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// A window of this size in CSS pixels; a phone's below the width of a tablet.
    pub fn resize(&self, width: u32, height: u32, scale: f64) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600 });
        self.tell("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Whether the reader's system asks for dark pages.
    pub fn prefer_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": value },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.tell("Emulation.setEmulatedMedia", &media);
    }

    /// A command to the browser's developer tools (<https://chromedevtools.github.io/devtools-protocol/>).
    pub fn tell(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Lets pages do what a reader would be asked about.
    pub fn permit(&self, what: &str) {
        self.post("/permissions", &json!({ "descriptor": { "name": what }, "state": "granted" }));
    }

    /// What pages have logged as errors since this was asked last.
    pub fn errors(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// The events of the network, of a browser [that tells them](Browser::with_network), since this was asked last: their names and parameters.
    pub fn network(&self) -> Vec<(String, Value)> {
        let log = self.post("/se/log", &json!({ "type": "performance" }));
        let events = log.as_array().unwrap().iter().map(|entry| {
            let mut event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = event["message"].take();
            (event["method"].as_str().unwrap().to_owned(), event["params"].clone())
        });
        events.filter(|(name, _)| name.starts_with("Network.")).collect()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.session().post(path, body)
    }

    fn get(&self, path: &str) -> Value {
        self.session().get(path)
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("it is not dropped yet")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // One whose test has failed is in no known state.
        if self.is_for_others && !thread::panicking() {
            self.forget();
            free().extend(self.session.take());
        }
    }
}

impl Session {
    fn start(runs_scripts: bool, network: &str) -> Session {
        // As a reader blocks them in the settings: 1 is to allow, 2 is to block.
        let scripts = if runs_scripts { 1 } else { 2 };
        let preferences = json!({ "profile.managed_default_content_settings.javascript": scripts });
        let name = chromium().unwrap();
        // The port that it takes for one protocol may be another program's for the other: it ends then.
        let started = (0..5).find_map(|_| driver());
        let (driver, told, port) = started.expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let driver_url = format!("http://127.0.0.1:{port}/session");
        let mut session = Session { driver, _told: told, agent, url: driver_url, _profile: profile };
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(|argument| (*argument).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", session._profile.path().display()));
        let made = session.post(
            "",
            &json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "binary": path(name), "args": arguments, "prefs": preferences },
                "goog:loggingPrefs": { "browser": "ALL", "performance": network },
            } } }),
        );
        let id = made["sessionId"].as_str().unwrap();
        session.url = format!("{}/{id}", session.url);
        session.post("/url", &json!({ "url": "about:blank" }));
        session
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        answer(path, self.agent.post(format!("{}{path}", self.url)).send(body.to_string()))
    }

    fn get(&self, path: &str) -> Value {
        answer(path, self.agent.get(format!("{}{path}", self.url)).call())
    }

    fn delete(&self, path: &str) -> Value {
        answer(path, self.agent.delete(format!("{}{path}", self.url)).call())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The browser ends with its session.
        self.agent.delete(&self.url).call().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

fn a_browser_that_the_next_test_has_remembers_nothing() {
    let browser = Browser::start();
    browser.open("en/reset.html");
    browser.run("localStorage.own = sessionStorage.own = document.cookie = 'own=1'", &json!([]));
    browser.open_window();
    browser.forget();
    assert_eq!(browser.get("/window/handles").as_array().map(Vec::len), Some(1));
    assert_eq!(browser.run("return [location.href, history.length]", &json!([])), json!(["about:blank", 1]));
    browser.open("en/reset.html");
    let kept = "return [localStorage.own ?? sessionStorage.own ?? null, document.cookie]";
    assert_eq!(browser.run(kept, &json!([])), json!([null, ""]));
}

/// A driver, what it tells, and the port that it says it listens on; `None` if it ends before it says so.
fn driver() -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(driver.stdout.take().unwrap());
    let port = told.by_ref().lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        driver.wait().ok();
    }
    Some((driver, told, port?))
}

/// Where a program of this name is.
fn path(name: &str) -> String {
    let folders = std::env::var_os("PATH").unwrap();
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    files.find(|file| file.is_file()).unwrap().display().to_string()
}

/// What the driver answered; fails with its message.
fn answer(path: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
    // A picture of a page is larger than what is read by default.
    let text = response.body_mut().with_config().limit(1 << 28).read_to_string().unwrap();
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    assert!(response.status().is_success(), "{path}: {}", answer["value"]["message"]);
    answer["value"].take()
}
