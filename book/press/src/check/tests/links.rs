//! What leads nowhere, and what shows nothing to those who do not see.

use super::*;

#[test]
fn links_anchors_and_includes_that_lead_nowhere_are_found() {
    assert_found(&found_in("\n[a](two.md)\n"), &["one.md:15: there is no page “two.md”"]);
    assert_found(&found_in("\n[a](two.png)\n"), &["one.md:15: there is no file “two.png”"]);
    assert_found(&found_in("\n[a](#two)\n"), &["one.md:15: book/en/src/one.md has no heading “#two”"]);
    assert_found(&found_in("\n[a](one.md#one-page) [b](#one-page) [c](https://example.org)\n"), &[]);
    assert_found(&found_in("\n```rust\n{{#include x.rs}}\n```\n"), &["one.md:16: there is no file “x.rs”"]);
    assert_found(
        &found_in("\n```text\n{{#include SUMMARY.md:here}}\n```\n"),
        &["one.md:16: “SUMMARY.md” has no anchor “here”"],
    );
    assert_found(&found_in("\n```text\n{{#include SUMMARY.md}}\n```\n"), &[]);
}

#[test]
fn whatever_leads_nowhere_is_found_however_it_is_written() {
    let found = |text: &str| {
        let fixture = Fixture::new(&format!("{EN}\n{text}\n"), PT);
        fixture.write("book/en/src/pics/two words.png", "");
        fixture.write("README.md", "");
        fixture.findings()
    };
    for (text, what) in [
        ("![a](gone.svg)", "15: there is no file “gone.svg”"),
        ("<img src=\"gone.png\" alt=\"words\">", "15: there is no file “gone.png”"),
        ("<figure>\n<img\nsrc='gone.png' alt='words'>\n</figure>", "16: there is no file “gone.png”"),
        ("and <a href=\"gone.md\">a</a>", "15: there is no page “gone.md”"),
        ("<a href=#nothing>a</a>", "15: book/en/src/one.md has no heading “#nothing”"),
        ("<a href=\"one.md#nothing\">a</a>", "15: book/en/src/one.md has no heading “#nothing”"),
        ("<video src=\"gone.mp4\" poster=\"pic.png\"></video>", "15: there is no file “gone.mp4”"),
        ("<video src=\"pic.png\" poster=\"gone.png\"></video>", "15: there is no file “gone.png”"),
        ("<picture><source srcset=\"pic.png 1x,gone.png 2x\"></picture>", "15: there is no file “gone.png”"),
        ("<object data=\"gone.svg\"></object>", "15: there is no file “gone.svg”"),
        ("<svg aria-hidden=\"true\"><use href=\"#nothing\"/></svg>", "15: book/en/src/one.md has no heading"),
        ("[a][b]\n\n[b]: gone.md", "15: there is no page “gone.md”"),
        ("some\n[a][b]", "16: the link “[b]” is defined nowhere"),
        ("[b][]", "15: the link “[b]” is defined nowhere"),
        ("[a]()", "15: there is no file “”"),
        ("[a](pics)", "15: there is no file “pics”"),
        ("[a](pics/)", "15: there is no file “pics”"),
        ("[a](/pic.png)", "15: “/pic.png” is outside the book's folder"),
        ("[a](../src/pic.png)", "15: “../src/pic.png” is outside"),
        ("[a](../../../README.md)", "15: “../../../README.md” is outside"),
        ("[a](SUMMARY.md)", "15: there is no page “SUMMARY.md”"),
        ("[a](Pic.png)", "15: there is no file “Pic.png”, and there is “pic.png”"),
        ("[a](One.md)", "15: there is no page “One.md”, and there is “one.md”"),
        ("[a](two%20words.png)", "15: there is no file “two words.png”"),
        ("[a](one.md?b=c#one-page)", "15: mdBook drops what stands behind “.md”"),
        ("[a](file:///etc/hosts)", "15: there is no file “file:/etc/hosts”"),
        ("[a](<C:\\pic.png>)", "15: there is no file"),
    ] {
        assert_found(&found(text), &[&format!("book/en/src/one.md:{what}")]);
    }
    for text in [
        "![a](pic.png) ![a](./pic.png) ![a](pics/two%20words.png) ![a](<pics/two words.png>)",
        "[a](pic.png?raw=true) [a](pic.png#part) [a](pics/../pic.png)",
        "[a](./one.md) [a](one.md#) [a](#) [b](one.md#one-page)",
        "<HTTPS://example.org/gone.md> [a](//example.org/x) <someone@example.org> [a](tel:1) [a](data:,x)",
        "[one][] and [one] and [two]\n\n[one]: pic.png",
        "`<img src=\"gone.png\">` <!-- <img src=\"gone.png\"> -->",
        "```html\n<img src=\"gone.png\">\n```",
        "<source srcset=\"pic.png 1x, pic.png 2x\"> <img src=\"pic.png?a&amp;b\" alt=\"words\">",
    ] {
        assert_found(&found(text), &[]);
    }
}

#[test]
fn an_anchor_is_what_a_browser_finds() {
    for text in [
        "## `Café`\n\n[a](#caf%C3%A9) [b](#café) <a href=\"one.md#caf%C3%A9\">c</a>",
        "<a id=\"x\"></a>\n\n[a](#x)",
        "and <a name=\"x\">that</a>: [a](#x)",
        "<h2 class=\"y\"\n id='x'>Title</h2>\n\n[a](one.md#x)",
        "## Title {#x}\n\n[a](#x)",
        "## The `title` {#x .wide}\n\n[a](#x)",
        "## Again\n\n## Again\n\n## Again 1\n\n[a](#again) [b](#again-1) [c](#again-1-1)",
        "Two\nwords\n---\n\n[a](#two-words)",
        "## ![words](pic.png) See\n\n[a](#see)",
        "Term\n: What it means.\n\n[a](#term)",
        "<svg aria-hidden=\"true\"><path id=\"x\"/><use href=\"#x\"/></svg>",
    ] {
        assert_found(&found_in(&format!("\n{text}\n")), &[]);
    }
    let what = "has no heading “#title”";
    assert_found(&found_in("\n## Title {#x}\n\n[a](#title)\n"), &[what]);
    assert_found(&found_in("\n`<a id=\"title\">`\n\n[a](#title)\n"), &[what]);
}

#[test]
fn a_picture_without_a_text_alternative_is_found() {
    let what = "one.md:15: a picture without a text alternative";
    for picture in [
        "![](pic.png)",
        "<img src=\"pic.png\">",
        "<img src=\"pic.png\" alt=\"\">",
        "<svg></svg>",
        "<svg role=\"img\"></svg>",
    ] {
        assert_found(&found_in(&format!("\n{picture}\n")), &[what]);
    }
    for picture in [
        "![words](pic.png)",
        "<img alt=\"words\" src=\"pic.png\">",
        "<img alt='words' src=pic.png>",
        "`<img>` and <!-- <img> --> nothing",
        "<svg role=\"img\" aria-labelledby=\"t\"><title id=\"t\">words</title></svg>",
    ] {
        assert_found(&found_in(&format!("\n{picture}\n")), &[]);
    }
    let second = "\n<img src=\"pic.png\" alt=\"words\">\n\n<img\n  src=\"pic.png\">\n";
    assert_found(&found_in(second), &["one.md:17: a picture without a text alternative"]);
    let unnamed = "\n<svg role=\"img\" aria-labelledby=\"u\"><title id=\"t\">words</title></svg>\n";
    assert_found(&found_in(unnamed), &[what]);
}
