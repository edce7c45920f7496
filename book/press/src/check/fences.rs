//! Code blocks: there is no way to show a command but a step.

use super::Finding;
use super::source::{Fence, Source};

/// Languages of a fence that would show a command without running it.
const SHELLS: [&str; 12] = [
    "bash",
    "bat",
    "cmd",
    "fish",
    "powershell",
    "ps1",
    "pwsh",
    "sh",
    "shell",
    "shell-session",
    "shellsession",
    "zsh",
];

const CURE: &str = "make it a step: a fence that starts with ```console";

/// Fences of a shell's language, and lines of other blocks that look like a command.
pub fn check(page: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for fence in page.fences.iter().filter(|fence| language(fence) != "console") {
        if SHELLS.contains(&language(fence)) {
            let what = format!("a fence in “{}” shows commands that are not run", language(fence));
            findings.push(page.finding(fence.line - 1, what, CURE));
        }
        for (line, text) in (fence.line..).zip(fence.body.lines()) {
            if text.trim_start().starts_with("$ ") {
                findings.push(page.finding(
                    line,
                    "a line that starts with “$ ” in a block that is no step",
                    CURE,
                ));
            }
        }
    }
    findings
}

/// The steps that are not run, each with its place and its reason.
pub fn not_run(page: &Source) -> Vec<String> {
    let told = |step: &runbook::Step| {
        step.attributes.norun.as_ref().map(|why| format!("{}:{}: not run: {why}", page.path, step.line))
    };
    page.chapter.steps.iter().filter_map(told).collect()
}

/// The first word of the info string.
fn language(fence: &Fence) -> &str {
    fence.info.as_deref().unwrap_or_default().split([',', ' ', '{']).next().unwrap_or_default()
}
