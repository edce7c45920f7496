//! What runs, what is told of it, and how it ends.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::live::{ENDLESS, FAILING, LONG, Live, MORE, RIGHT, WRONG, books, command};
use crate::eventually;

/// The lines that were told of a step.
fn lines(items: &[Value], step: usize) -> Vec<String> {
    let of_step = |item: &&Value| item["type"] == "line" && item["step"] == step;
    items.iter().filter(of_step).map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

/// How a step ended, last.
fn end(items: &[Value], step: usize) -> &Value {
    items.iter().rfind(|item| item["type"] == "end" && item["step"] == step).unwrap()
}

/// Whether a process runs; one that has ended may wait for somebody to ask how.
fn is_alive(pid: &str) -> bool {
    let said = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    said.status.success() && !said.stdout.starts_with(b"Z")
}

/// The group of the step without end: the shell, and what it has started.
fn group(live: &Live) -> Vec<String> {
    let mut group = Vec::new();
    eventually("the shell has started both", || {
        let pid = fs::read_to_string(live.books.root().join("pid")).unwrap_or_default();
        let said = Command::new("pgrep").args(["-g", pid.trim()]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        group = said.split_whitespace().map(str::to_owned).collect();
        !pid.is_empty() && group.len() >= 3
    });
    group
}

#[test]
fn a_step_tells_its_commands_its_lines_and_its_verdict_in_the_pages_language() {
    let live = Live::start();
    live.run("pt-BR/steps", RIGHT);
    let items = live.until_end("pt-BR/steps", RIGHT);
    assert_eq!(lines(&items, RIGHT), ["one", "two"]);
    assert_eq!(items.iter().filter(|item| item["type"] == "command").count(), 2);
    let stderr: Vec<&Value> = items.iter().filter(|item| item["stderr"] == true).collect();
    assert_eq!(stderr.len(), 1);
    let end = end(&items, RIGHT);
    assert_eq!((&end["good"], &end["kind"]), (&true.into(), &"matched".into()));
    assert!(end["text"].as_str().unwrap().starts_with("confere · 0,"), "{end}");
}

#[test]
fn a_difference_is_told_line_by_line() {
    let live = Live::start();
    live.run("en/steps", WRONG);
    let items = live.until_end("en/steps", WRONG);
    let end = end(&items, WRONG);
    assert_eq!((&end["good"], &end["kind"]), (&false.into(), &"differs".into()));
    let diff = end["diff"].as_str().unwrap();
    for row in ["- too", "+ two"] {
        assert!(diff.contains(row), "{diff}");
    }
}

#[test]
fn one_runs_at_a_time_and_a_second_is_told_so_in_its_language() {
    let live = Live::start();
    live.run("en/steps", ENDLESS);
    live.events("en/steps", 0).until(|item| item["text"] == "started");
    for (path, sentence) in [
        ("en/steps/steps/1", "Step 4 of “The steps” is running"),
        ("pt-BR/good/all", "O passo 4 de “The steps” está em execução"),
        ("en/steps/start-over", "Step 4"),
    ] {
        let answer = live.post(path);
        assert_eq!(answer.status, 409, "{path}");
        assert!(answer.body.contains(sentence), "{path}: {}", answer.body);
    }
    assert!(!live.books.root().join("ran").exists());
    let elsewhere = live.events("pt-BR/good", 0).next();
    assert_eq!(elsewhere["busy"]["here"], false);
    let here = live.events("en/steps", 0).next();
    assert_eq!((&here["busy"]["here"], &here["busy"]["step"]), (&true.into(), &ENDLESS.into()));
}

#[test]
fn stop_ends_the_process_and_its_children() {
    let live = Live::start();
    live.run("en/steps", ENDLESS);
    let mut events = live.events("en/steps", 0);
    events.until(|item| item["text"] == "started");
    let group = group(&live);
    let asked = Instant::now();
    assert_eq!(live.post("stop").status, 202);
    let items = events.until_end(ENDLESS);
    assert_eq!(end(&items, ENDLESS)["kind"], "stopped");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    eventually("the children have ended", || group.iter().all(|pid| !is_alive(pid)));
    // And the next one runs.
    eventually("another step may run", || live.post(&format!("en/steps/steps/{RIGHT}")).status == 202);
    assert_eq!(end(&live.until_end("en/steps", RIGHT), RIGHT)["good"], true);
}

#[test]
fn a_run_goes_on_when_its_browser_is_closed_and_is_told_to_whoever_comes() {
    let live = Live::start();
    let mut first = live.events("en/steps", 0);
    live.run("en/steps", ENDLESS);
    first.until(|item| item["text"] == "started");
    drop(first);
    let mut later = live.events("en/steps", 0);
    let told = later.until(|item| item["text"] == "started");
    let last = told.iter().map(|item| item["at"].as_u64().unwrap()).max().unwrap();
    let mut back = live.events("en/steps", last);
    live.post("stop");
    assert_eq!(end(&later.until_end(ENDLESS), ENDLESS)["kind"], "stopped");
    let rest = back.until_end(ENDLESS);
    assert!(
        rest.iter().all(|item| item["at"].as_u64().unwrap() > last && item["type"] != "line"),
        "{rest:?}"
    );
    // Once it has ended, too.
    let all = live.until_end("en/steps", ENDLESS);
    assert_eq!(lines(&all, ENDLESS), ["started"]);
}

#[test]
fn of_100_000_lines_the_first_and_the_last_are_told_and_the_verdict_knows_all() {
    let live = Live::start();
    live.run("en/steps", LONG);
    live.until_end("en/steps", LONG);
    let items = live.until_end("en/steps", LONG);
    let lines = lines(&items, LONG);
    assert_eq!(lines.len(), 400);
    assert_eq!((lines[0].as_str(), lines[199].as_str(), lines[200].as_str()), ("1", "200", "99801"));
    assert_eq!(lines[399], "100000");
    assert_eq!(end(&items, LONG)["good"], true);
}

#[test]
fn a_million_lines_and_a_browser_that_does_not_read_hold_up_nothing() {
    let million = "# More\n\n```console\n$ seq 1000000\n1\n...\n1000000\n```\n\n```console\n$ seq 1000000\nwrong\n```\n";
    let live = Live::with(books(million), "127.0.0.1:1", &[]);
    let mut never_read = live.connect();
    for (step, good) in [(1, true), (2, false)] {
        let started = Instant::now();
        eventually("the step before has ended", || live.post(&format!("en/more/steps/{step}")).status == 202);
        write!(
            never_read,
            "GET /-/live/en/more/news/0 HTTP/1.1\r\n{}\r\n{}\r\n\r\n",
            live.host(),
            live.key()
        )
        .unwrap();
        let items = live.until_end("en/more", step);
        assert_eq!(end(&items, step)["good"], good);
        assert!(started.elapsed() < Duration::from_secs(60), "step {step}: {:?}", started.elapsed());
        assert!(items.len() < 200_000, "{} were told", items.len());
    }
    let diff = live.until_end("en/more", 2).last().unwrap()["diff"].as_str().unwrap().len();
    assert!((100..200_000).contains(&diff), "{diff}");
    #[cfg(target_os = "linux")]
    {
        let status = fs::read_to_string(format!("/proc/{}/status", live.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < 300_000, "{peak} kB");
    }
}

#[test]
fn all_runs_from_the_first_that_is_not_done_to_the_first_that_is_wrong() {
    let live = Live::start();
    assert_eq!(live.post("en/steps/all").status, 202);
    let items = live.until_end("en/steps", WRONG);
    assert_eq!(end(&items, RIGHT)["good"], true);
    eventually("it has stopped there", || live.events("en/steps", 0).next()["busy"].is_null());
    let steps: Vec<Value> =
        live.until_end("en/steps", WRONG).iter().map(|item| item["step"].clone()).collect();
    assert!(steps.iter().all(|step| *step == RIGHT || *step == WRONG), "{steps:?}");
    let mut events = live.events("en/steps", items.last().unwrap()["at"].as_u64().unwrap());
    live.post("en/steps/all");
    let again = events.until_end(WRONG);
    assert!(again.iter().all(|item| item["step"] == WRONG), "{again:?}");
    live.post("pt-BR/good/all");
    let good = live.until_end("pt-BR/good", 3);
    assert_eq!(good.iter().filter(|item| item["good"] == true).count(), 3);
}

#[test]
fn starting_over_removes_the_stack_and_forgets_what_was_done() {
    let live = Live::start();
    live.run("en/good", 1);
    let items = live.until_end("en/good", 1);
    assert!(live.books.root().join("up").exists());
    let mut events = live.events("en/good", items.last().unwrap()["at"].as_u64().unwrap());
    eventually("the step has ended", || live.post("en/good/start-over").status == 202);
    let told = events.until(|item| item["type"] == "note");
    assert!(told.iter().any(|item| item["type"] == "reset"), "{told:?}");
    assert!(!live.books.root().join("up").exists());
    let left = live.events("en/good", 0).until(|item| item["type"] == "note");
    assert!(left.iter().all(|item| item["type"] != "end"), "{left:?}");
}

#[test]
fn another_chapter_starts_from_nothing_and_both_are_told() {
    let live = Live::start();
    live.run("en/good", 1);
    live.until_end("en/good", 1);
    eventually("the step has ended", || live.post("en/more/steps/1").status == 202);
    let items = live.until_end("en/more", 1);
    assert_eq!(end(&items, 1)["good"], true, "{items:?}");
    let note = |items: &[Value]| {
        items.iter().find(|item| item["type"] == "note").map(|item| item["text"].as_str().unwrap().to_owned())
    };
    assert!(note(&items).unwrap().contains("“All good”"), "{items:?}");
    let before = live.events("en/good", 0).until(|item| item["type"] == "note");
    assert!(note(&before).unwrap().contains("“More” was run"), "{before:?}");
    assert!(before.iter().all(|item| item["type"] != "end"), "{before:?}");
    assert_eq!(live.books.read("overs"), "over\n");
}

#[test]
fn a_chapter_that_is_through_stays_done_when_another_is_run() {
    let live = Live::start();
    live.post("en/good/all");
    live.until_end("en/good", 3);
    eventually("the step has ended", || live.post("en/more/all").status == 202);
    live.until_end("en/more", 1);
    assert_eq!(live.until_end("en/good", 3).iter().filter(|item| item["good"] == true).count(), 3);
    assert!(!live.books.root().join("overs").exists(), "the page's own removal is enough");
}

#[test]
fn a_verdict_says_that_the_engine_is_gone_where_it_is() {
    let live = Live::start();
    live.run("en/steps", FAILING);
    let text = |live: &Live| {
        let items = live.until_end("en/steps", FAILING);
        end(&items, FAILING)["text"].as_str().unwrap().to_owned()
    };
    let here = text(&live);
    assert!(here.starts_with("exit status 3, and the page says 0") && !here.contains("engine"), "{here}");
    live.books.write("gone", "");
    eventually("the step has ended", || live.post(&format!("en/steps/steps/{FAILING}")).status == 202);
    eventually("the engine is said to be gone", || text(&live).contains("The Docker engine does not answer"));
}

#[test]
fn an_engine_that_goes_while_a_step_runs_is_said_to_be_gone_and_the_chapter_is_started_over_once_it_is_back()
{
    let page = "# More\n\n```console\n$ echo up; until test -e gone; do sleep 0.1; done; exit 1 # as docker does\nup\n```\n\n\
                ```console,timeout=2\n$ sleep 60 # as docker does that waits for it\n```\n";
    let live = Live::with(books(page), "127.0.0.1:1", &[]);
    live.run("en/more", 1);
    live.events("en/more", 0).until(|item| item["text"] == "up");
    live.books.write("up", "");
    live.books.write("gone", "");
    for (step, kind) in [(1, "status"), (2, "limit")] {
        if step > 1 {
            let begun = || live.post(&format!("en/more/steps/{step}")).status == 202;
            eventually("the step before has ended", begun);
        }
        let items = live.until_end("en/more", step);
        let end = end(&items, step);
        assert_eq!((&end["good"], &end["kind"]), (&false.into(), &kind.into()), "{end}");
        let text = end["text"].as_str().unwrap();
        let cure = "The Docker engine does not answer. Start it, then start the chapter over.";
        assert!(text.ends_with(cure), "{text}");
    }
    let start_over = || {
        eventually("the step has ended", || live.post("en/more/start-over").status == 202);
        eventually("it is done", || live.events("en/more", 0).next()["busy"].is_null());
        live.events("en/more", 0).until(|item| item["type"] == "note")
    };
    let items = start_over();
    assert!(
        items.iter().any(|item| item["text"] == "The stack could not be removed: no engine"),
        "{items:?}"
    );
    assert_eq!(end(&items, 1)["good"], false, "nothing is forgotten");
    fs::remove_file(live.books.root().join("gone")).unwrap();
    let items = start_over();
    assert!(items.iter().all(|item| item["type"] != "end"), "{items:?}");
    assert!(!live.books.root().join("up").exists());
}

#[test]
fn the_time_that_the_machine_sleeps_is_not_the_steps() {
    let page = "# More\n\n```console,timeout=4\n$ echo one; sleep 1; echo two\none\ntwo\n```\n";
    let live = Live::with(books(page), "127.0.0.1:1", &[]);
    live.run("en/more", 1);
    live.events("en/more", 0).until(|item| item["text"] == "one");
    live.sleep(Duration::from_secs(6));
    let items = live.until_end("en/more", 1);
    assert_eq!(end(&items, 1)["kind"], "matched", "{items:?}");
}

#[test]
fn the_counter_is_read_from_the_app_without_a_visit() {
    let app = TcpListener::bind("127.0.0.1:0").unwrap();
    let live = Live::with(books(MORE), &app.local_addr().unwrap().to_string(), &[]);
    let asked = std::thread::spawn(move || {
        let (mut visitor, _) = app.accept().unwrap();
        let mut request = [0; 1000];
        let length = visitor.read(&mut request).unwrap();
        visitor.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"hits\": 7}").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let answer = live.send("GET /-/live/hits", &[live.host(), live.key()]);
    assert_eq!(answer.body, "{\"hits\":7}");
    assert!(asked.join().unwrap().starts_with("GET /hits "));
    let none = || live.send("GET /-/live/hits", &[live.host(), live.key()]).body == "{\"hits\":null}";
    eventually("the app is seen to be gone", none);
}

#[test]
fn an_app_that_hangs_keeps_no_browser_waiting_and_is_asked_once_for_all() {
    let app = TcpListener::bind("127.0.0.1:0").unwrap();
    let live = Live::with(books(MORE), &app.local_addr().unwrap().to_string(), &[]);
    let asked = Instant::now();
    for _ in 0..8 {
        assert_eq!(live.send("GET /-/live/hits", &[live.host(), live.key()]).body, "{\"hits\":null}");
    }
    // Of one that answers nothing, three seconds are waited for an answer.
    let elapsed = asked.elapsed();
    assert!(elapsed < Duration::from_secs(6), "{elapsed:?}");
    app.set_nonblocking(true).unwrap();
    let visitors = std::iter::from_fn(|| app.accept().ok()).count();
    assert!((1..=2).contains(&visitors), "{visitors} have asked the app");
}

#[test]
fn a_port_that_is_taken_ends_it_with_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let books = books(MORE);
    let port = taken.local_addr().unwrap().port().to_string();
    let output =
        command(books.root(), "127.0.0.1:1").args(["--port", &port]).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&port));
    assert!(!books.root().join("target/book-live").exists(), "the books were built in vain");
}

#[test]
fn it_ends_when_asked_to_with_what_it_runs() {
    let mut live = Live::start();
    live.run("en/steps", ENDLESS);
    let mut events = live.events("en/steps", 0);
    events.until(|item| item["text"] == "started");
    let group = group(&live);
    assert!(Command::new("kill").arg(live.child.id().to_string()).status().unwrap().success());
    assert_eq!(live.child.wait().unwrap().code(), Some(0));
    eventually("the children have ended", || group.iter().all(|pid| !is_alive(pid)));
}

#[test]
fn when_who_started_it_is_gone_it_ends_with_what_it_runs_and_removes_the_stack() {
    let books = books(MORE);
    let mut command = command(books.root(), "127.0.0.1:1");
    command.arg("--until-eof").stdin(Stdio::piped());
    let mut live = Live::begin(command, books);
    live.run("en/steps", ENDLESS);
    live.events("en/steps", 0).until(|item| item["text"] == "started");
    let group = group(&live);
    live.books.write("up", "");
    drop(live.child.stdin.take());
    eventually("it has ended", || live.child.try_wait().unwrap().is_some());
    assert_eq!(live.child.wait().unwrap().code(), Some(0));
    assert!(group.iter().all(|pid| !is_alive(pid)), "{group:?}");
    assert!(!live.books.root().join("up").exists());
    assert_eq!(live.books.read("overs"), "over\n");
}

#[test]
fn nothing_of_it_is_in_the_published_book_and_the_token_is_on_no_disk() {
    let live = Live::start();
    live.books.build();
    let files = walkdir::WalkDir::new(live.books.root().join("target"));
    let mut count = 0;
    for entry in files.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
        let name = entry.path().display().to_string();
        for trace in ["/-/live", "live-data", "live.js", "live.css", "X-Live-Token", &live.token] {
            assert!(!text.contains(trace), "{name} holds {trace}");
        }
        count += 1;
    }
    assert!(count > 20, "{count} files only");
    let page = live.get("/pt-BR/good.html").body;
    assert!(page.contains("/-/live/live.js") && page.contains(&live.token), "{page}");
}
