//! What a newcomer compiles.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use crate::tree::Tree;
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["packages"; fewer_than_170_are_compiled_for_the_demo_on_embedded: []]
}

fn fewer_than_170_are_compiled_for_the_demo_on_embedded() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"])
        .args(["--package", "xtask", "--package", "factor12", "--package", "pocket-redis"])
        .args(["--no-default-features"])
        .current_dir(Tree::real().root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    // A line is `name version (path) (*)`: what comes behind the version does not make it another package.
    let package = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let packages: BTreeSet<String> = listed.lines().map(package).filter(|line| !line.is_empty()).collect();
    assert!(packages.len() > 3, "{listed}");
    assert!(packages.len() < 170, "{} packages: {packages:?}", packages.len());
}
