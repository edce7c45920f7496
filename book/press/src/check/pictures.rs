//! Pictures have a text alternative, for those who do not see them.

use super::Finding;
use super::source::Source;

/// Pictures without one.
pub fn check(page: &Source) -> Vec<Finding> {
    const WHAT: &str = "a picture without a text alternative";
    let images = page.images.iter().filter(|image| image.text.trim().is_empty());
    let image = |line| page.finding(line, WHAT, "write it between the brackets: ![what it shows](file)");
    let mut findings: Vec<Finding> = images.map(|picture| image(picture.line)).collect();
    for element in &page.elements {
        let is_told = match element.name.as_str() {
            "img" => element.attribute("alt").is_some(),
            "svg" => {
                let labels = element.attribute("aria-labelledby").map(str::split_whitespace);
                let is_named = element.attribute("aria-label").is_some()
                    || labels
                        .is_some_and(|mut ids| ids.all(|id| page.anchors.iter().any(|known| known == id)));
                element.attribute("aria-hidden") == Some("true")
                    || element.attribute("role") == Some("img") && is_named
            }
            _ => true,
        };
        if !is_told {
            let cure = match element.name.as_str() {
                "img" => "give it an alt that says what it shows",
                _ => "give it role=\"img\" and an aria-labelledby that names its <title>",
            };
            findings.push(page.finding(element.line, WHAT, cure));
        }
    }
    findings
}
