//! `cargo xtask live` on the real stack: every chapter run to its end in a browser; and nothing is left, however it ends.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use runbook::{Chapter, Step};
use serde_json::{Value, json};

use crate::machine::HOSTILE;
use crate::pages::{PAGE, PORT};
use crate::system::{Signal, send, set_mode};
use crate::tree::Tree;
use crate::xtask::{COMPILING, ENOUGH, Running, Xtask, images_are_current, xtask};
use tests_common::{Test, eventually, tests};

/// How the steps of a chapter are run: in each language in another way.
#[derive(Clone, Copy)]
enum Way {
    /// By the one button for all.
    RunAll,
    /// By each step's own button.
    Buttons,
}

/// Nothing runs, and something may.
const IDLE: &str = "document.querySelector('#live .live-stop').getAttribute('aria-disabled') === 'true'";

/// A visit: after it the app is up, and has a counter.
const VISIT: &str = "curl http://127.0.0.1:8080/";

/// Longer than any step takes.
const STEP: Duration = Duration::from_secs(180);

pub fn tests() -> Vec<Test> {
    tests!["live";
        every_chapter_is_run_to_its_end_in_a_browser_one_language_after_the_other:
            [Engine, Compose, RealRedis, Unix, Browser, Patience],
        a_chapter_is_run_by_each_steps_button_and_another_by_one_click: [Engine, Compose, RealRedis, Unix, Browser],
        a_port_that_is_taken_is_said_with_what_holds_it: [],
        a_step_sees_what_was_made_for_it_and_nothing_else: [Engine, Compose, Unix, Proc],
        ctrl_c_during_a_run_leaves_nothing_behind: [Engine, Compose, Unix, Proc],
        a_press_that_is_killed_during_a_run_leaves_nothing_behind: [Engine, Compose, Unix, Proc],
    ]
}

/// Has the pages' port for itself.
pub fn alone() -> Vec<Test> {
    tests!["live"; killed_itself_during_a_run_it_leaves_nothing_behind: [Engine, Compose, Unix, Proc]]
}

/// Starts `live`, and returns it with its address, which ends with a slash.
fn start() -> (Running, String) {
    started(xtask(&Tree::real(), ["live", "--port", "0"]))
}

/// As [`start`], and begins a step that hangs once its stack is up: the `curl` that it finds does not end by itself.
fn start_hanging(environment: &[(&str, &str)]) -> (Running, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let curl = folder.path().join("curl");
    fs::write(&curl, "#!/bin/sh\nexec sleep 600\n").expect("a program can be written");
    set_mode(&curl, 0o755);
    let paths = env::var_os("PATH").unwrap_or_default();
    let paths = env::split_paths(&paths).collect::<Vec<_>>();
    let paths = env::join_paths([folder.path().to_owned()].into_iter().chain(paths)).expect("paths");
    let task = xtask(&Tree::real(), ["live", "--port", "0"]).env("PATH", paths);
    let (live, url) = started(environment.iter().fold(task, |task, (name, value)| task.env(name, value)));
    run_first_step(&url);
    live.process("sleep", STEP);
    (live, url)
}

fn started(live: Xtask) -> (Running, String) {
    images_are_current();
    let mut live = live.start();
    let url = eventually("the book is live", COMPILING, || {
        let said = live.stderr();
        assert!(!live.has_ended(), "it has ended:\n{said}");
        let (_, rest) = said.split_once("The book is live: ")?;
        rest.split_once("en/\n").map(|(url, _)| url.to_owned())
    });
    (live, url)
}

/// Runs the chapters in the book's order, all that have something to run. `verify` runs all of them in both languages.
fn every_chapter_is_run_to_its_end_in_a_browser_one_language_after_the_other() {
    let names = runbook::chapter::pages(&source("en", "SUMMARY")).expect("the contents keep to the rules");
    let has_steps = |name: &&str| source("en", name).lines().any(|line| line == "```console");
    let names: Vec<&str> = names.iter().map(String::as_str).filter(has_steps).collect();
    run_in_a_browser(&names);
}

fn a_chapter_is_run_by_each_steps_button_and_another_by_one_click() {
    run_in_a_browser(&["reset", "admin-processes"]);
}

fn source(language: &str, name: &str) -> String {
    Tree::real().read(&format!("book/{language}/src/{name}.md"))
}

/// Runs each chapter to its end: the first in English by each step's button, the next in Portuguese by one click, and so on.
fn run_in_a_browser(names: &[&str]) {
    let _others = PORT.read().unwrap_or_else(PoisonError::into_inner);
    let (live, url) = start();
    let browser = Browser::start();
    let ways = [("en", Way::Buttons), ("pt-BR", Way::RunAll)].into_iter().cycle();
    for (name, (language, way)) in names.iter().zip(ways) {
        let chapter = Chapter::parse(name, &source(language, name)).expect("the page keeps to the rules");
        let due = chapter.steps.iter().filter(|step| is_due(step)).count();
        assert!(due > 0, "{name} has nothing to run");
        browser.visit(&format!("{url}{language}/{name}.html"));
        browser.until("document.querySelector('.live-step[aria-current=step]')", STEP);
        match way {
            Way::RunAll => run_all(&browser, &chapter),
            Way::Buttons => click_each(&browser, &chapter),
        }
        let done = browser
            .run("const bar = document.querySelector('progress'); return bar.value === bar.max && bar.max");
        assert_eq!(done, due, "{language}/{name}: {}", browser.shown());
    }
    drop(browser);
    live.signal(Signal::Interrupt);
    live.end(STEP).assert_code(0).assert_nothing_left();
}

fn is_due(step: &Step) -> bool {
    step.attributes.norun.is_none()
}

/// Runs a chapter by one click.
fn run_all(browser: &Browser, chapter: &Chapter) {
    browser.click(".live-all");
    let end = "const bar = document.querySelector('progress'); \
               if (document.querySelector('.live-step[data-kind=bad]')) { return 'bad'; } \
               return bar.value === bar.max ? 'good' : null";
    let end = browser.wait(end, PAGE);
    assert_eq!(end, "good", "{}: {}", chapter.name, browser.shown());
    browser.until(IDLE, STEP);
}

/// Runs a chapter step by step.
fn click_each(browser: &Browser, chapter: &Chapter) {
    for step in chapter.steps.iter().filter(|step| is_due(step)) {
        let at = format!("document.querySelectorAll('.live-step')[{}]", step.number - 1);
        // As a reader scrolls: out from under the panel.
        browser.run(&format!("{at}.scrollIntoView({{ block: 'center' }}); return null"));
        browser.click(&format!(".live-step[aria-label$=' {}'] .live-run", step.number));
        let kind = browser.wait(&format!("return {at}.dataset.kind"), STEP);
        assert_eq!(kind, "good", "{}, step {}: {}", chapter.name, step.number, browser.shown());
        browser.until(IDLE, STEP);
        let visits = step.exchanges.last().is_some_and(|last| last.command == VISIT);
        if visits {
            browser.until("/\\d/.test(document.querySelector('.live-hits').textContent)", STEP);
        }
    }
}

fn ctrl_c_during_a_run_leaves_nothing_behind() {
    let _others = PORT.read().unwrap_or_else(PoisonError::into_inner);
    let (live, url) = start();
    run_first_step(&url);
    live.process("docker-compose", STEP);
    live.signal(Signal::Interrupt);
    live.end(STEP).assert_code(0).assert_nothing_left();
}

fn a_press_that_is_killed_during_a_run_leaves_nothing_behind() {
    let _others = PORT.read().unwrap_or_else(PoisonError::into_inner);
    let (live, _) = start_hanging(&[]);
    send(live.process("press", STEP), None);
    live.end(STEP).assert_code(1).assert_says("“press” failed").assert_nothing_left();
}

fn a_step_sees_what_was_made_for_it_and_nothing_else() {
    let _others = PORT.read().unwrap_or_else(PoisonError::into_inner);
    let (live, _) = start_hanging(&HOSTILE);
    let seen =
        fs::read(format!("/proc/{}/environ", live.process("sleep", STEP))).expect("what the step sees");
    let seen = String::from_utf8_lossy(&seen).into_owned();
    let seen: Vec<&str> = seen.split_terminator('\0').collect();
    for (name, value) in HOSTILE {
        assert!(!seen.contains(&format!("{name}={value}").as_str()), "{name}={value} in {seen:?}");
    }
    for own in ["HTTP_PORT=8080", "COMPOSE_DISABLE_ENV_FILE=1", "DOCKER_CLI_HINTS=false", "LC_ALL=C.UTF-8"] {
        assert!(seen.contains(&own), "no {own} in {seen:?}");
    }
    live.signal(Signal::Interrupt);
    live.end(STEP).assert_code(0).assert_nothing_left();
}

fn killed_itself_during_a_run_it_leaves_nothing_behind() {
    // Its turn ends with it, and the port is free once press has removed the stack: nobody else may want the turn before.
    let _alone = PORT.write().unwrap_or_else(PoisonError::into_inner);
    let (live, _) = start_hanging(&[]);
    send(live.process("xtask", STEP), None);
    eventually("press has ended too", STEP, || live.processes().is_empty().then_some(()));
    let ended = live.end(STEP);
    assert_eq!(ended.code, None);
    ended.assert_nothing_left();
}

/// Begins to run the first step of a chapter: the stack is started, and asked by `curl`.
fn run_first_step(url: &str) {
    let mut page = ureq::get(format!("{url}en/tips.html")).call().expect("the page is served");
    let page = page.body_mut().read_to_string().expect("a body");
    let (_, token) = page.split_once("\"token\":\"").expect("the page has a token");
    let token = token.split('"').next().expect("a token");
    let run = format!("{url}-/live/en/tips/steps/1");
    ureq::post(run).header("X-Live-Token", token).send_empty().expect("the step is begun");
}

fn a_port_that_is_taken_is_said_with_what_holds_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let ended = xtask(&Tree::real(), ["live", "--port", &port]).run(ENOUGH);
    ended.assert_code(2).assert_says(&format!("Port {port} is taken: ")).assert_says("--port ");
}

/// A driver, what it tells, and the port that it says it listens on; `None` if it ends before it says so.
fn driver() -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let mut told = BufReader::new(driver.stdout.take().expect("stdout is piped"));
    let port = told.by_ref().lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        driver.wait().ok();
    }
    Some((driver, told, port?))
}

/// Chromium, driven through chromedriver, and ended with it.
struct Browser {
    driver: Child,
    // A driver that cannot write ends.
    _told: BufReader<ChildStdout>,
    session: String,
}

impl Browser {
    fn start() -> Browser {
        // The port that it takes for one protocol may be another program's for the other: it ends then.
        let started = (0..5).find_map(|_| driver());
        let (driver, told, port) = started.expect("chromedriver says its port");
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { driver, _told: told, session };
        let args =
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"];
        let options = json!({ "args": args });
        let made = browser
            .post("", &json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } }));
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().expect("a session"));
        browser
    }

    fn visit(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// What a script returns.
    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Clicks on the middle of an element, as a mouse does.
    fn click(&self, selector: &str) {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let element = found.as_object().and_then(|found| found.values().next()?.as_str());
        let element = element.unwrap_or_else(|| panic!("no {selector}: {found}"));
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Presses a key, wherever the focus is.
    /// What the page says of what went wrong.
    fn shown(&self) -> String {
        let parts = "document.querySelectorAll('.live-step[data-kind=bad], .live-progress, .live-note')";
        let shown = self.run(&format!("return Array.from({parts}, part => part.innerText).join('\\n')"));
        shown.as_str().unwrap_or_default().to_owned()
    }

    /// What a script returns, once it is something.
    fn wait(&self, script: &str, limit: Duration) -> Value {
        eventually(script, limit, || {
            thread::sleep(Duration::from_millis(50));
            Some(self.run(script)).filter(|value| !value.is_null())
        })
    }

    fn until(&self, condition: &str, limit: Duration) {
        self.wait(&format!("return ({condition}) || null"), limit);
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = ureq::post(format!("{}{path}", self.session)).send(body.to_string());
        let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a body");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        ureq::delete(&self.session).call().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
