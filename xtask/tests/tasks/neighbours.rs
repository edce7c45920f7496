//! Two demos at once, and a stack of the reader's own: neither notices the other.

use std::net::TcpListener;
use std::process::Command;

use crate::docker;
use crate::tree::Tree;
use crate::xtask::{ENOUGH, images_are_current, programs_are_built, xtask};
use tests_common::{Test, eventually, tests};

pub fn tests() -> Vec<Test> {
    tests!["neighbours";
        a_stack_of_the_readers_own_is_left_as_it_is: [Engine, Compose],
        two_demos_at_once_pass_on_compose: [Engine, Compose],
        two_demos_at_once_pass_on_embedded: [],
    ]
}

fn two_demos_at_once(stack: &str) {
    let tree = Tree::real();
    let demo = || xtask(&tree, ["demo", "--stack", stack, "--json"]).start();
    let (one, other) = (demo(), demo());
    let (one, other) = (one.end(ENOUGH), other.end(ENOUGH));
    one.assert_code(0).assert_nothing_left();
    other.assert_code(0).assert_nothing_left();
    assert_ne!(one.report()["url"], other.report()["url"]);
}

fn two_demos_at_once_pass_on_compose() {
    images_are_current();
    two_demos_at_once("compose");
}

fn two_demos_at_once_pass_on_embedded() {
    programs_are_built();
    two_demos_at_once("embedded");
}

fn a_stack_of_the_readers_own_is_left_as_it_is() {
    images_are_current();
    let stack = OwnStack::up("factor12-test-own");
    assert_eq!(stack.visit(), "Hello World! 1 times.\n");
    assert_eq!(stack.visit(), "Hello World! 2 times.\n");
    xtask(&Tree::real(), ["demo", "--stack", "compose"]).run(ENOUGH).assert_code(0).assert_nothing_left();
    assert_eq!(stack.visit(), "Hello World! 3 times.\n");
}

/// The stack as a reader starts it, on a port of its own.
struct OwnStack {
    project: &'static str,
    url: String,
}

impl OwnStack {
    fn up(project: &'static str) -> OwnStack {
        docker::remove_project(project);
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.expect("a port is free").port();
        let stack = OwnStack { project, url: format!("http://127.0.0.1:{port}/") };
        let output = Command::new("docker")
            .args(["compose", "--project-name", project, "up", "--detach"])
            .env("HTTP_PORT", port.to_string())
            .env_remove("FACTOR12_IMAGE")
            .env_remove("REDIS_IMAGE")
            .current_dir(Tree::real().root())
            .output()
            .expect("docker starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let healthy = || ureq::get(format!("{}health", stack.url)).call().ok();
        eventually("the reader's own stack is healthy", ENOUGH, healthy);
        stack
    }

    fn visit(&self) -> String {
        let mut answer = ureq::get(&self.url).call().expect("the reader's own stack answers");
        answer.body_mut().read_to_string().expect("a body")
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        docker::remove_project(self.project);
    }
}
