//! Pictures have a text alternative, for those who do not see them.

use super::Finding;
use super::source::Source;

/// Pictures without one.
pub fn check(page: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for image in page.images.iter().filter(|image| image.text.trim().is_empty()) {
        findings.push(page.finding(
            image.line,
            "a picture without a text alternative",
            "write it between the brackets: ![what it shows](file)",
        ));
    }
    // A picture's tags may stand in more pieces of HTML than one: all of them together are looked at.
    let html: String = page.html.iter().map(|piece| piece.text.as_str()).collect();
    let line_of =
        |tag: &str| page.html.iter().find(|piece| piece.text.contains(tag)).map_or(1, |piece| piece.line);
    for tag in tags(&html, "<img") {
        if !has_value(tag, "alt=") {
            findings.push(page.finding(
                line_of("<img"),
                "a picture without a text alternative",
                "give it an alt that says what it shows",
            ));
        }
    }
    for tag in tags(&html, "<svg") {
        let is_named =
            has_value(tag, "aria-label=") || (has_value(tag, "aria-labelledby=") && html.contains("<title"));
        let is_hidden = tag.contains("aria-hidden=\"true\"");
        let is_told = tag.contains("role=\"img\"") && is_named;
        if !is_hidden && !is_told {
            let cure = "give it role=\"img\" and an aria-labelledby that names its <title>";
            findings.push(page.finding(line_of("<svg"), "a picture without a text alternative", cure));
        }
    }
    findings
}

/// The tags of HTML that start with `start`, up to their `>`.
fn tags<'a>(html: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(start).skip(1).map(|rest| rest.split('>').next().unwrap_or(rest))
}

/// Whether an attribute is there with something in its quotes.
fn has_value(tag: &str, attribute: &str) -> bool {
    let value = tag
        .split_once(attribute)
        .and_then(|(_, rest)| rest.strip_prefix('"'))
        .and_then(|rest| rest.split('"').next());
    value.is_some_and(|value| !value.trim().is_empty())
}
