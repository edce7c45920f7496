//! A request to stop, at every moment: the exit code says so, and nothing is left.

use std::time::Duration;

use crate::lies;
use crate::system::Signal;
use crate::tree::{Tree, tree_that_is_compiled_anew};
use crate::xtask::{COMPILING, ENOUGH, Ended, images_are_current, programs_are_built, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["interrupts";
        on_compose_as_the_images_are_looked_for: [Engine, Compose, Unix],
        on_compose_as_the_stack_starts: [Engine, Compose, Unix],
        on_compose_as_the_stack_is_up: [Engine, Compose, Unix],
        on_compose_in_the_first_visit: [Engine, Compose, Unix],
        on_compose_in_the_reset_by_exec: [Engine, Compose, Unix],
        on_compose_in_the_reset_by_run: [Engine, Compose, Unix],
        on_compose_in_the_removal: [Engine, Compose, Unix],
        on_compose_in_the_backup: [Engine, Compose, Unix, Patience],
        on_compose_as_everything_is_lost: [Engine, Compose, Unix, Patience],
        on_compose_in_the_restore: [Engine, Compose, Unix, Patience],
        on_embedded_at_each_step: [Unix, Proc],
        on_host_as_the_stack_is_up: [Unix, Redis, Proc],
        on_host_as_everything_is_lost: [Unix, Redis, Proc],
        as_cargo_builds: [Unix, Proc],
        in_the_middle_of_a_backup_that_takes_long: [Unix, Proc],
        twice_in_a_row: [Engine, Compose, Unix],
    ]
}

/// Fails unless the task ended as one that was asked to stop, and nothing is left.
fn assert_stopped(ended: &Ended) {
    ended.assert_code(130).assert_says("Stopped, as you asked.").assert_nothing_left();
    let report = ended.report();
    assert_eq!(report["ok"], false, "{report}");
}

/// Runs the whole demo, sends a signal when the narration has come to a line that `is_now`, and returns how it ended.
fn interrupted(stack: &str, signal: Signal, is_now: impl Fn(&[&str]) -> bool) -> Ended {
    let mut demo = xtask(&Tree::real(), ["demo", "--all", "--json", "--stack", stack]).start();
    demo.until("the moment to interrupt", is_now);
    demo.signal(signal);
    demo.end(ENOUGH)
}

/// How many steps with this name are done.
fn done(lines: &[&str], step: &str) -> usize {
    let is_done = |line: &&&str| {
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("✓" | "+")) && words.next() == Some(step)
    };
    lines.iter().filter(is_done).count()
}

fn is_under_way(lines: &[&str], step: &str) -> bool {
    lines.last().is_some_and(|line| line.trim() == format!("{step} …"))
}

fn on_compose_as_the_images_are_looked_for() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::Interrupt, |lines| is_under_way(lines, "images")));
}

fn on_compose_as_the_stack_starts() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::Terminate, |lines| is_under_way(lines, "up")));
}

fn on_compose_as_the_stack_is_up() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::HangUp, |lines| done(lines, "up") == 1));
}

fn on_compose_in_the_first_visit() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::Interrupt, |lines| done(lines, "visit") >= 1));
}

fn on_compose_in_the_reset_by_exec() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::Interrupt, |lines| done(lines, "visit") >= 3));
}

fn on_compose_in_the_reset_by_run() {
    images_are_current();
    // After the first reset come as many visits as before it.
    assert_stopped(&interrupted("compose", Signal::Terminate, |lines| done(lines, "visit") >= 6));
}

fn on_compose_in_the_removal() {
    images_are_current();
    let ended = interrupted("compose", Signal::Interrupt, |lines| is_under_way(lines, "down"));
    // All was proved before, and the removal goes on.
    ended.assert_code(0).assert_says("Proved: ").assert_nothing_left();
    assert_eq!(ended.report()["ok"], true);
}

fn on_compose_in_the_backup() {
    images_are_current();
    // Before it come three visits for each of two resets, one, two more for the third reset, and three.
    assert_stopped(&interrupted("compose", Signal::Interrupt, |lines| done(lines, "visit") >= 12));
}

fn on_compose_as_everything_is_lost() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::Terminate, |lines| is_under_way(lines, "lose")));
}

fn on_compose_in_the_restore() {
    images_are_current();
    assert_stopped(&interrupted("compose", Signal::HangUp, |lines| done(lines, "hits") == 1));
}

fn on_embedded_at_each_step() {
    programs_are_built();
    let mut signals = Signal::ALL.iter().cycle();
    let (mut stopped, mut count) = (0, 0);
    loop {
        let args = ["demo", "--all", "--visits", "1", "--json", "--stack", "embedded"];
        let mut demo = xtask(&Tree::real(), args).start();
        // What explains a step is printed at once with it.
        let line = loop {
            count += 1;
            match demo.line(count, ENOUGH) {
                Some(line) if line.starts_with("    ") => {}
                line => break line,
            }
        };
        let Some(line) = line else { break };
        demo.signal(*signals.next().expect("signals come again and again"));
        let ended = demo.end(ENOUGH);
        match ended.code {
            // Once the story is over, what is left of it is the removal.
            Some(0) => {
                assert!(count > 4, "not stopped after “{line}”");
                ended.assert_says("Proved: ").assert_nothing_left();
                assert_eq!(ended.report()["ok"], true);
            }
            _ => {
                assert!(!line.contains("down"), "the removal was stopped\n{}", ended.stderr);
                assert_stopped(&ended);
                stopped += 1;
            }
        }
    }
    assert!(stopped >= 12, "stopped {stopped} times only");
}

fn on_host_as_everything_is_lost() {
    programs_are_built();
    assert_stopped(&interrupted("host", Signal::Terminate, |lines| is_under_way(lines, "lose")));
}

fn on_host_as_the_stack_is_up() {
    programs_are_built();
    assert_stopped(&interrupted("host", Signal::HangUp, |lines| is_under_way(lines, "up")));
}

fn as_cargo_builds() {
    let tree = tree_that_is_compiled_anew("interrupted-build");
    let demo = xtask(&tree, ["demo", "--json", "--stack", "embedded"]).start();
    demo.process("rustc", COMPILING);
    demo.signal(Signal::Interrupt);
    let ended = demo.end(ENOUGH);
    assert_stopped(&ended);
    assert_eq!(ended.failed_step().0, "build");
}

fn in_the_middle_of_a_backup_that_takes_long() {
    let demo = lies::demo("long-backup").start();
    demo.process("backup", COMPILING);
    demo.signal(Signal::Interrupt);
    let ended = demo.end(Duration::from_secs(30));
    assert_stopped(&ended);
    assert_eq!(ended.failed_step().0, "backup");
}

fn twice_in_a_row() {
    images_are_current();
    let mut demo = xtask(&Tree::real(), ["demo", "--json", "--stack", "compose"]).start();
    demo.until("the stack starts", |lines| is_under_way(lines, "up"));
    demo.signal(Signal::Interrupt);
    demo.until("the first is answered", |lines| {
        lines.iter().any(|line| line.contains("Stopping, and cleaning up…"))
    });
    demo.signal(Signal::Interrupt);
    assert_stopped(&demo.end(ENOUGH));
}
