//! The READMEs show what the demo prints.

use crate::tree::Tree;
use crate::xtask::{ENOUGH, images_are_current, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["readme";
        the_readme_shows_what_the_demo_prints: [Engine, Compose],
        the_portuguese_readme_shows_what_the_demo_prints: [Engine, Compose],
    ]
}

fn the_readme_shows_what_the_demo_prints() {
    assert_shown("README.md", "en");
}

fn the_portuguese_readme_shows_what_the_demo_prints() {
    assert_shown("README.pt-BR.md", "pt-BR");
}

fn assert_shown(readme: &str, language: &str) {
    images_are_current();
    let tree = Tree::real();
    let text = tree.read(readme);
    let block = text.split("$ cargo xtask demo\n").nth(1).and_then(|rest| rest.split("```").next());
    let shown: Vec<String> = block.expect("the demo in a block of its own").lines().map(skeleton).collect();
    let ended =
        xtask(&tree, ["demo", "--stack", "compose", "--lang", language]).env("LANG", "C.UTF-8").run(ENOUGH);
    ended.assert_code(0);
    // A terminal shows a step that begins on a line that moves; a pipe, on a line of its own.
    let begins = |line: &&str| line.starts_with("  ") && line.ends_with(" …");
    let printed: Vec<String> = ended.stderr.lines().filter(|line| !begins(line)).map(skeleton).collect();
    assert_eq!(shown, printed);
}

/// A line without what differs from run to run: times, and long words with a digit (versions, ids, ports).
fn skeleton(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_time = |at: usize| words[at].parse::<f32>().is_ok() && words.get(at + 1) == Some(&"s");
    let is_unit = |at: usize| at > 0 && is_time(at - 1);
    let kept = (0..words.len()).filter(|at| !is_time(*at) && !is_unit(*at));
    let plain = |word: &str| {
        let varies = word.chars().count() > 3 && word.contains(|c: char| c.is_ascii_digit());
        if varies { "#".to_owned() } else { word.to_owned() }
    };
    kept.map(|at| plain(words[at])).collect::<Vec<_>>().join(" ")
}
