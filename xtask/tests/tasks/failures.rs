//! What goes wrong on the way: exit 1 within a limit, the cause and the services' last lines, all of it removed.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use crate::docker;
use crate::tree::{Draft, Tree};
use crate::xtask::{COMPILING, ENOUGH, Ended, images_are_current, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["failures";
        a_health_check_that_never_passes_is_given_up_at_30_seconds: [Engine, Compose],
        a_reset_waits_for_a_redis_that_takes_its_time: [Engine, Compose, RealRedis],
        a_reset_waits_for_a_redis_that_takes_its_time_on_compose_v1: [Engine, ComposeV1, RealRedis],
        a_port_that_is_taken_is_named_and_everything_removed: [Engine, Compose],
        a_worker_that_ends_at_once_is_seen_and_its_last_lines_shown: [Engine, Compose],
        an_image_that_can_neither_be_pulled_built_nor_packed_is_told_with_each_reason: [Engine, Compose, Packing],
        a_build_that_fails_on_this_host_shows_what_cargo_said: [],
    ]
}

/// Runs the demo on compose in a copy whose stack does not come up; its app is this tree's.
/// Expects exit 1 in the step `up`, and nothing left.
fn assert_not_up(draft: Draft) -> Ended {
    let tree = draft.write();
    tree.has_this_trees_image();
    let ended = xtask(&tree, ["demo", "--stack", "compose", "--json"]).run(ENOUGH);
    ended.assert_code(1).assert_nothing_left();
    assert_eq!(ended.failed_step().0, "up");
    ended
}

/// A reset with nothing up, where Redis listens only after a while.
fn assert_waits(compose: &[&str], project: &str) {
    images_are_current();
    let tree = Tree::copy(project)
        .edit(
            "docker-compose.yml",
            "command: redis-server",
            "command: sh -c 'sleep 3; exec redis-server \"$$@\"' --",
        )
        .write();
    let compose = |args: &[&str]| {
        let mut command = Command::new(compose[0]);
        command.args(&compose[1..]).args(["--project-name", project]).args(args).current_dir(tree.root());
        command.env("FACTOR12_IMAGE", "factor12").output().expect("Compose starts")
    };
    let ran = compose(&["run", "--rm", "-T", "worker", "reset"]);
    let removed = compose(&["down", "--volumes", "--remove-orphans"]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && removed.status.success(), "{}: {said}", ran.status);
    assert!(ran.stdout.starts_with(b"hits: (nothing) -> 0 "), "{ran:?}");
}

fn a_reset_waits_for_a_redis_that_takes_its_time() {
    assert_waits(&["docker", "compose"], "factor12-slow-redis");
}

fn a_reset_waits_for_a_redis_that_takes_its_time_on_compose_v1() {
    assert_waits(&["docker-compose"], "factor12-slow-redis-v1");
}

fn a_port_that_is_taken_is_named_and_everything_removed() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("a listener has an address").port();
    let published = format!("\"127.0.0.1:{port}:8080\"");
    let draft = Tree::copy("port-taken").edit(
        "docker-compose.yml",
        "\"127.0.0.1:${HTTP_PORT:-8080}:8080\"",
        &published,
    );
    let ended = assert_not_up(draft);
    let (_, error) = ended.failed_step();
    assert!(error.contains(&port.to_string()) && error.contains("address already in use"), "{error}");
    // Whether Redis has said something by then is a matter of the moment.
    ended.assert_says(&error);
}

fn a_worker_that_ends_at_once_is_seen_and_its_last_lines_shown() {
    let draft =
        Tree::copy("worker-ends").edit("docker-compose.yml", "PORT_REDIS: \"6379\"", "PORT_REDIS: abc");
    let ended = assert_not_up(draft);
    let (_, error) = ended.failed_step();
    assert!(error.contains("the worker has ended (exit code 2)"), "{error}");
    ended.assert_says("The last lines of the services:");
    // Its own line: the process, the variable, the value.
    let line = ended.stderr.lines().find(|line| line.contains("PORT_REDIS") && line.contains("abc"));
    assert!(line.is_some_and(|line| line.contains("web")), "{}", ended.stderr);
}

fn a_health_check_that_never_passes_is_given_up_at_30_seconds() {
    let draft =
        Tree::copy("never-healthy").edit("docker-compose.yml", "HOST_REDIS: redis", "HOST_REDIS: nowhere");
    let ended = assert_not_up(draft);
    assert!(ended.took >= Duration::from_secs(30), "given up early, after {:?}", ended.took);
    let (_, error) = ended.failed_step();
    assert!(error.contains("not healthy within 30 s: ") && error.contains("503"), "{error}");
    ended.assert_says("The last lines of the services:").assert_says("web listens on");
}

/// What the compiler says of it is seen in what is shown.
const FAULT: &str = "compile_error!(\"this copy does not compile\");\n";

fn an_image_that_can_neither_be_pulled_built_nor_packed_is_told_with_each_reason() {
    let tree = Tree::copy("no-image")
        .compiled_here()
        // A registry that refuses at once, with and without a network.
        .edit("examples/factor12/Dockerfile", "ARG RUST_IMAGE=", "ARG RUST_IMAGE=127.0.0.1:9/none:1\n# ")
        .edit("examples/factor12/Cargo.toml", "[dependencies]", "[dependencies]\nnone = { path = \"none\" }")
        .write();
    let ended = xtask(&tree, ["demo", "--stack", "compose", "--json"]).run(COMPILING);
    ended.assert_code(1).assert_nothing_left();
    let (step, error) = ended.failed_step();
    assert_eq!(step, "images");
    for part in [
        "The app's image can neither be built nor packed.",
        "docker pull 127.0.0.1:9/none:1",
        "connection refused",
        "cargo build (factor12)",
        "failed to load manifest for dependency `none`",
    ] {
        assert!(error.contains(part), "“{part}” in {error}");
        ended.assert_says(part);
    }
    assert_eq!(docker::image_id(tree.image()), None);
}

fn a_build_that_fails_on_this_host_shows_what_cargo_said() {
    let tree = Tree::copy("build-fails")
        .compiled_here()
        .replace("examples/factor12/src/bin/reset.rs", FAULT)
        .write();
    let ended = xtask(&tree, ["demo", "--stack", "embedded", "--json"]).run(COMPILING);
    ended.assert_code(1).assert_nothing_left();
    let (step, error) = ended.failed_step();
    assert_eq!(step, "build");
    assert!(error.contains("cargo build (factor12, pocket-redis)"), "{error}");
    ended
        .assert_says("this copy does not compile")
        .assert_says("could not compile `factor12` (bin \"reset\")");
}
