//! What `run` and `verify` say of a page that is not as it should be; and each page of the book, in one language or the other,
//! where no browser is here to run it in. All of them in both languages are for `cargo xtask verify`.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use runbook::Chapter;
use runbook::compare::compare;

use crate::tree::Tree;
use crate::xtask::{Ended, Xtask, images_are_current, xtask};
use tests_common::{Need, Test, test, tests};

/// Longer than any page takes, with its turn on the port.
pub const PAGE: Duration = Duration::from_secs(15 * 60);

pub fn tests() -> Vec<Test> {
    let mut tests = tests!["pages";
        a_character_changed_at_an_end_or_in_the_middle_of_any_line_of_any_output_is_a_difference_there: [],
        a_wrong_output_is_named_by_file_and_line_with_both_sides: [Engine, Compose],
        a_command_that_hangs_is_ended_and_its_stack_removed: [Engine, Compose],
        a_page_that_breaks_a_rule_is_named_and_not_run: [Engine, Compose],
        a_page_whose_step_would_not_be_run_is_refused: [],
        what_a_step_leaves_running_is_named_and_ends_with_the_page: [Engine, Compose, Proc, Setsid],
        an_output_is_shown_and_not_obeyed: [Engine, Compose],
        a_command_that_prints_without_end_is_ended_and_said_so: [Engine, Compose],
        a_page_that_does_not_exist_is_answered_with_the_nearest_names: [],
        without_an_engine_it_is_said_which_is_missing: [],
    ];
    // Where a browser is here, the chapters are run in it.
    if Need::Browser.missing().is_some() {
        let contents = Tree::real().read("book/en/src/SUMMARY.md");
        let pages = runbook::chapter::pages(&contents).expect("the contents keep to the rules");
        for (page, language) in pages.into_iter().zip(["en", "pt-BR"].into_iter().cycle()) {
            let name = format!("{page} in {language} is what it shows");
            let needs = &[Need::Engine, Need::Compose, Need::RealRedis];
            tests.push(test("page", &name, needs, move || {
                images_are_current();
                on_the_port(xtask(&Tree::real(), ["verify", &page, "--lang", language])).assert_code(0);
            }));
        }
    }
    tests
}

/// Has the pages' port for itself.
pub fn alone() -> Vec<Test> {
    tests!["pages"; a_port_that_is_taken_is_said_before_anything_runs: [Engine, Compose, Unix]]
}

/// Held by whoever uses the pages' port or waits for it; alone by whoever takes it away.
pub static PORT: RwLock<()> = RwLock::new(());

/// Held by who uses the pages' port, and released with the value.
pub fn port() -> impl Drop {
    PORT.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a task that uses the pages' port.
fn on_the_port(task: Xtask) -> Ended {
    let _others = port();
    task.run(PAGE)
}

/// A copy of the tree whose book has no page but this one.
fn book_of(name: &str, page: &str) -> Tree {
    let tree = Tree::copy(name).write();
    for language in ["en", "pt-BR"] {
        let folder = tree.root().join(format!("book/{language}/src"));
        fs::create_dir_all(&folder).expect("a folder for the page");
        fs::write(folder.join("SUMMARY.md"), "# Summary\n\n- [Page](page.md)\n")
            .expect("a table of contents");
        fs::write(folder.join("page.md"), page).expect("a page");
    }
    tree
}

/// Verifies a page of this text.
fn verify(name: &str, page: &str) -> (Tree, Ended) {
    let tree = book_of(name, page);
    tree.has_this_trees_image();
    let ended = on_the_port(xtask(&tree, ["verify", "page", "--lang", "en"]));
    (tree, ended)
}

/// Runs a page of this text.
fn run(name: &str, page: &str) -> Ended {
    let tree = book_of(name, page);
    tree.has_this_trees_image();
    on_the_port(xtask(&tree, ["run", "page", "--lang", "en"]))
}

fn a_wrong_output_is_named_by_file_and_line_with_both_sides() {
    let page =
        "# Page\n\n```console\n$ printf 'one\\ntwo\\n'; echo because >&2\none\nthree\n$ touch not-run\n```\n";
    let (tree, ended) = verify("wrong-output", page);
    ended.assert_code(1).assert_says("book/en/src/page.md:6").assert_says("printf").assert_nothing_left();
    ended.assert_says("three").assert_says("two").assert_says("It printed on stderr:\n    because\n");
    assert!(ended.stdout.contains("differs"), "{}", ended.stdout);
    assert!(!tree.root().join("not-run").exists(), "a command ran after the wrong one");
}

fn a_command_that_hangs_is_ended_and_its_stack_removed() {
    let page = "# Page\n\n```console,timeout=2\n$ docker compose run worker web\n```\n";
    let (_, ended) = verify("hanging", page);
    ended.assert_code(1).assert_says("book/en/src/page.md:4").assert_says("within 2 s").assert_nothing_left();
}

fn a_page_that_breaks_a_rule_is_named_and_not_run() {
    let page = "# Page\n\n```console\n$ touch ran\n```\n\n```console,loud\nearly\n$ \n```\n\n```console\n$ true\n? one\n";
    let (tree, ended) = verify("broken-rule", page);
    ended.assert_code(1);
    for fault in [":7: ", ":12: "] {
        ended.assert_says(&format!("book/en/src/page.md{fault}"));
    }
    assert!(!tree.root().join("ran").exists(), "a page that breaks a rule was run");
}

fn a_page_whose_step_would_not_be_run_is_refused() {
    let tree = book_of("not-a-step", "# Page\n\n```console timeout=300\n$ false\n```\n");
    for (language, reason) in
        [("en", "“console timeout=300” is neither a step"), ("pt-BR", "“console timeout=300” não é um passo")]
    {
        let ended = xtask(&tree, ["run", "page", "--lang", language]).run(PAGE);
        ended.assert_code(1).assert_says(&format!("book/{language}/src/page.md:3: {reason}"));
    }
    fs::write(tree.root().join("book/en/src/SUMMARY.md"), "# Summary\n\n- [Page](./page.md)\n")
        .expect("a table of contents");
    for task in ["run", "verify"] {
        let ended = xtask(&tree, [task, "page", "--lang", "en"]).run(PAGE);
        ended.assert_code(1).assert_says("book/en/src/SUMMARY.md:3: “./page.md” is no page");
    }
}

fn what_a_step_leaves_running_is_named_and_ends_with_the_page() {
    let page = "# Page\n\n```console\n$ setsid sleep 3600 > /dev/null 2>&1 & echo $! > left; echo up\nup\n```\n\n\
                ```console\n$ kill -0 $(cat left) && echo runs\nruns\n```\n";
    let ended = run("left-running", page);
    ended.assert_code(0).assert_says("left running until the chapter ends: sleep 3600 (");
    let (_, id) = ended.stderr.split_once("sleep 3600 (").expect("a number");
    let id = id.split(')').next().unwrap_or_default();
    let state = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    assert!(!state.contains("3600"), "{id} still runs: {state}");
}

fn an_output_is_shown_and_not_obeyed() {
    let page = "# Page\n\n```console\n$ printf '\\033]0;mine\\007\\033[2Jdone\\n'; printf '\\033[?1049h\\n' >&2\n[..]done\n\
                $ printf '\\033[2J\\n'\nnothing\n```\n";
    let ended = run("escapes", page);
    ended.assert_code(1).assert_says("␛[2J");
    for line in ["␛]0;mine␇␛[2Jdone", "␛[?1049h"] {
        assert!(ended.stdout.lines().any(|said| said == line), "{}", ended.stdout);
    }
    for said in [&ended.stdout, &ended.stderr] {
        assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{said:?}");
    }
}

fn a_command_that_prints_without_end_is_ended_and_said_so() {
    let (_, ended) = verify("endless", "# Page\n\n```console\n$ yes | tr -d '\\n'\nyes\n```\n");
    ended.assert_code(1).assert_says("book/en/src/page.md:4").assert_says("printed more than 16 MiB");
}

fn a_page_that_does_not_exist_is_answered_with_the_nearest_names() {
    for task in ["run", "verify"] {
        let ended = xtask(&Tree::real(), [task, "rset"]).run(PAGE);
        ended.assert_code(2).assert_says("“rset”").assert_says("reset");
    }
}

fn a_port_that_is_taken_is_said_before_anything_runs() {
    images_are_current();
    let _alone = PORT.write().unwrap_or_else(PoisonError::into_inner);
    // Whoever holds the turn uses the port; it is taken here while nobody does.
    let lock = fs::File::options().create(true).append(true).open("/tmp/factor12-port-8080.lock");
    let lock = lock.expect("the lock of the port");
    lock.lock().expect("the turn on the port");
    let listener = std::net::TcpListener::bind("127.0.0.1:8080").expect("the port, in our turn");
    let running = xtask(&Tree::real(), ["run", "reset"]).start();
    drop(lock);
    let ended = running.end(PAGE);
    drop(listener);
    ended.assert_code(2).assert_says("8080").assert_nothing_left();
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
}

fn without_an_engine_it_is_said_which_is_missing() {
    for task in ["run", "verify"] {
        let ended =
            xtask(&Tree::real(), [task, "reset"]).env("DOCKER_HOST", "unix:///nonexistent.sock").run(PAGE);
        ended.assert_code(2).assert_says("engine does not run");
    }
}

fn a_character_changed_at_an_end_or_in_the_middle_of_any_line_of_any_output_is_a_difference_there() {
    // Most pages show the same in both languages.
    let mut outputs = BTreeSet::new();
    for language in ["en", "pt-BR"] {
        let contents = Tree::real().read(&format!("book/{language}/src/SUMMARY.md"));
        for name in runbook::chapter::pages(&contents).expect("the contents keep to the rules") {
            let page = Tree::real().read(&format!("book/{language}/src/{name}.md"));
            let chapter = Chapter::parse(&name, &page).expect("the page keeps to the rules");
            for exchange in chapter.steps.iter().flat_map(|step| &step.exchanges) {
                outputs.insert(exchange.output.clone());
            }
        }
    }
    let changed: usize = outputs.iter().map(|output| change_each_line(output)).sum();
    assert!(changed > 500, "only {changed} characters were changed");
}

/// Changes the first, the middle and the last character of each line, wildcards aside; returns how many.
fn change_each_line(output: &str) -> usize {
    const FIRST_LINE: usize = 7;
    let any =
        |line: &str| if line == "..." { "any\nlines".to_owned() } else { line.replace("[..]", "whatever") };
    let printed: String = output.lines().map(|line| any(line) + "\n").collect();
    assert_eq!(compare(output, &printed, FIRST_LINE), None, "{output}");
    let mut changes = 0;
    let mut start = 0;
    for (number, line) in output.split_inclusive('\n').enumerate() {
        let text = line.trim_end_matches('\n');
        let wildcards: Vec<usize> = text.match_indices("[..]").flat_map(|(at, _)| at..at + 4).collect();
        let characters: Vec<(usize, char)> =
            text.char_indices().filter(|(at, _)| text != "..." && !wildcards.contains(at)).collect();
        let middle = characters.get(characters.len() / 2);
        let tried: BTreeSet<_> =
            [characters.first(), middle, characters.last()].into_iter().flatten().collect();
        for (at, c) in tried {
            let mut changed = output.to_owned();
            changed.replace_range(start + at..start + at + c.len_utf8(), "~");
            let found = compare(&changed, &printed, FIRST_LINE).map(|difference| difference.line);
            assert_eq!(found, Some(FIRST_LINE + number), "{changed}");
            changes += 1;
        }
        start += line.len();
    }
    changes
}
