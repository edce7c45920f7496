//! Every colour of text has the contrast that WCAG AA asks for, in both themes.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

use std::fs;
use std::path::Path;

/// What is written in these colours, on what.
const PAIRS: [(&str, &[&str]); 7] = [
    ("--bg", &["--fg", "--links", "--icons", "--muted", "--searchresults-header-fg", "--inline-code-color"]),
    ("--bg", &["--blockquote-note-color", "--blockquote-tip-color", "--blockquote-important-color"]),
    ("--bg", &["--blockquote-warning-color", "--blockquote-caution-color"]),
    ("--sidebar-bg", &["--sidebar-fg", "--sidebar-active", "--sidebar-non-existant"]),
    ("--searchbar-bg", &["--searchbar-fg"]),
    ("--theme-hover", &["--fg", "--icons-hover"]),
    (
        "--code-bg",
        &[
            "--fg",
            "--links",
            "--muted",
            "--inline-code-color",
            "--code-comment",
            "--code-string",
            "--code-number",
            "--code-keyword",
            "--code-type",
            "--code-name",
            "--code-key",
            "--code-attribute",
        ],
    ),
];

/// The light and the dark value of a variable.
fn colours(css: &str, name: &str) -> [String; 2] {
    let (_, rest) =
        css.split_once(&format!("{name}: light-dark(")).unwrap_or_else(|| panic!("there is no {name}"));
    let (values, _) = rest.split_once(')').unwrap();
    let (light, dark) = values.split_once(", ").unwrap();
    [light.to_owned(), dark.to_owned()]
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_stands_out_in_both_themes() {
    assert!((contrast("#ffffff", "#767676") - 4.54).abs() < 0.01);
    let css = Path::new(env!("CARGO_MANIFEST_DIR")).join("../theme/css/variables.css");
    let css = fs::read_to_string(css).unwrap();
    for (ground, texts) in PAIRS {
        for text in texts {
            for (ground_is, text_is) in colours(&css, ground).iter().zip(&colours(&css, text)) {
                let contrast = contrast(ground_is, text_is);
                assert!(contrast >= 4.5, "{text} ({text_is}) on {ground} ({ground_is}): {contrast:.2}");
            }
        }
    }
}
