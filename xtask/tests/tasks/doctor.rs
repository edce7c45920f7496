//! `cargo xtask doctor`: what is here, what is missing, and what to do about it.

use std::process::Command;

use crate::docker;
use crate::programs::Programs;
use crate::tree::Tree;
use crate::xtask::{ENOUGH, Xtask, binary, images_are_current, xtask};
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["doctor";
        it_names_what_is_here_and_the_stack_that_the_demo_would_take: [Engine, Compose, Redis, RealRedis],
        what_the_pages_lack_is_named: [Engine, Compose, Unix],
        a_proxy_is_named_and_what_it_changes: [],
        an_engine_on_another_machine_is_no_engine_for_the_book: [Engine, Unix],
        a_demo_that_runs_is_no_leftover: [Engine, Compose, Unix],
        a_dead_engine_is_named_with_its_cure_and_the_next_stack: [Unix, Redis],
        without_docker_and_redis_it_names_both_cures_and_embedded: [Unix],
        a_demo_that_was_left_is_named_with_the_command_that_removes_it: [Engine, Compose],
        it_speaks_portuguese_too: [Unix],
    ]
}

/// How `docker ps` tells a container's project.
const PROJECT: &str = "{{.Label \"com.docker.compose.project\"}}";

/// The line that tells of a thing.
fn line<'a>(stdout: &'a str, name: &str) -> &'a str {
    let line = stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
    line.unwrap_or_else(|| panic!("nothing on {name} in\n{stdout}"))
}

fn it_names_what_is_here_and_the_stack_that_the_demo_would_take() {
    images_are_current();
    let ended = xtask(&Tree::real(), ["doctor"]).run(ENOUGH);
    let stdout = &ended.assert_code(0).assert_nothing_left().stdout;
    let version = docker::docker(&["version", "--format", "{{.Server.Version}}"]);
    assert!(line(stdout, "docker").contains(&version), "{stdout}");
    assert!(line(stdout, "compose").contains("docker compose"), "{stdout}");
    assert!(line(stdout, "factor12").ends_with(" here"), "{stdout}");
    assert!(line(stdout, "redis-server").starts_with('✓'), "{stdout}");
    line(stdout, "git");
    line(stdout, "port");
    assert!(stdout.contains("\n“cargo xtask demo” would take the stack “compose”.\n"), "{stdout}");
    // A page that runs at this moment has the port.
    let lacking = stdout.lines().last().expect("a last line");
    let is_ready = lacking == "Ready for the book: every page can be run, without network too.";
    assert!(is_ready || lacking.contains("missing: port 8080. "), "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "{stdout:?}");
}

fn a_dead_engine_is_named_with_its_cure_and_the_next_stack() {
    let ended =
        xtask(&Tree::real(), ["doctor"]).env("DOCKER_HOST", "unix:///nonexistent/docker.sock").run(ENOUGH);
    let stdout = &ended.assert_code(0).stdout;
    assert!(line(stdout, "docker").starts_with('✗'), "{stdout}");
    assert!(stdout.contains("Docker's engine does not run") && stdout.contains("Start it: "), "{stdout}");
    assert!(stdout.contains("would take the stack “host”.\n"), "{stdout}");
    assert!(stdout.contains("\nNot ready for the book, missing: docker"), "{stdout}");
}

fn without_docker_and_redis_it_names_both_cures_and_embedded() {
    let programs = Programs::all().without("docker").without("docker-compose").without("redis-server");
    let ended = xtask(&Tree::real(), ["doctor"]).env("PATH", programs.path()).run(ENOUGH);
    let stdout = &ended.assert_code(0).stdout;
    for name in ["docker", "compose", "redis-server"] {
        assert!(line(stdout, name).starts_with('✗'), "{stdout}");
    }
    assert!(stdout.contains("https://docs.docker.com/get-docker/"), "{stdout}");
    assert!(stdout.contains("sudo apt-get install redis-server"), "{stdout}");
    assert!(stdout.contains("would take the stack “embedded”.\n"), "{stdout}");
    assert!(stdout.contains("missing: docker, compose"), "{stdout}");
}

fn a_proxy_is_named_and_what_it_changes() {
    let task = xtask(&Tree::real(), ["doctor"]).env("http_proxy", "http://u:s3cret@proxy:3128");
    let stdout = task.env("ALL_PROXY", "").run(ENOUGH).assert_code(0).stdout.clone();
    assert!(line(&stdout, "proxy").contains("http_proxy: neither the pages nor the demo ask it"), "{stdout}");
    assert!(!stdout.contains("s3cret") && !stdout.contains("ALL_PROXY"), "{stdout}");
}

fn an_engine_on_another_machine_is_no_engine_for_the_book() {
    let ended = xtask(&Tree::real(), ["doctor"]).env("DOCKER_HOST", "ssh://me@192.0.2.1").run(ENOUGH);
    let stdout = &ended.assert_code(0).stdout;
    assert!(line(stdout, "docker").starts_with('✗'), "{stdout}");
    assert!(line(stdout, "docker").contains("on another machine (ssh://me@192.0.2.1)"), "{stdout}");
    assert!(stdout.contains("\nNot ready for the book, missing: docker"), "{stdout}");
}

fn a_demo_that_was_left_is_named_with_the_command_that_removes_it() {
    images_are_current();
    let kept = xtask(&Tree::real(), ["demo", "--stack", "compose", "--keep"]).run(ENOUGH);
    let projects = kept.assert_code(0).projects();
    assert_eq!(projects.len(), 1, "{projects:?}");
    let stdout = xtask(&Tree::real(), ["doctor"]).run(ENOUGH).assert_code(0).stdout.clone();
    let command = format!("docker compose --project-name {} down --volumes --remove-orphans", projects[0]);
    assert!(stdout.contains(&format!("{} was not removed: {command}", projects[0])), "{stdout}");
}

fn a_demo_that_runs_is_no_leftover() {
    images_are_current();
    let mut demo = xtask(&Tree::real(), ["demo", "--stack", "compose", "--all"]).start();
    let project = eventually("the stack of the demo", ENOUGH, || {
        assert!(!demo.has_ended(), "{}", demo.stderr());
        let ids = docker::asked(&[
            "ps",
            "--filter",
            "label=com.docker.compose.service=worker",
            "--format",
            PROJECT,
        ])?;
        ids.lines().find(|line| line.starts_with(&format!("factor12-demo-{}-", demo.id()))).map(str::to_owned)
    });
    let stdout = xtask(&Tree::real(), ["doctor"]).run(ENOUGH).assert_code(0).stdout.clone();
    assert!(!demo.has_ended(), "the demo was to run meanwhile");
    assert!(!stdout.contains(&project), "{stdout}");
    demo.end(ENOUGH).assert_code(0);
}

fn what_the_pages_lack_is_named() {
    images_are_current();
    let programs = Programs::all().without("curl");
    let task = xtask(&Tree::real(), ["doctor"]).env("PATH", programs.path());
    let stdout = task.env("REDIS_IMAGE", "factor12-test-none").run(ENOUGH).assert_code(0).stdout.clone();
    assert!(line(&stdout, "curl").starts_with('✗'), "{stdout}");
    let last = stdout.lines().last().expect("a last line");
    assert!(last.contains("missing: factor12-test-none, curl"), "{stdout}");
    assert!(last.ends_with("run it again: cargo xtask doctor"), "{stdout}");
}

fn it_speaks_portuguese_too() {
    let programs = Programs::all().without("docker").without("docker-compose");
    let task = Xtask::new(Command::new(binary()), &Tree::real());
    let ended = task.args(["doctor", "--lang", "pt-BR"]).env("PATH", programs.path()).run(ENOUGH);
    let stdout = &ended.assert_code(0).stdout;
    assert!(stdout.contains("O Docker não está instalado"), "{stdout}");
    assert!(stdout.contains("escolheria a stack"), "{stdout}");
    assert!(stdout.contains("Ainda não está pronta para o livro. Falta: docker, compose"), "{stdout}");
}
