//! The places of mdBook's scripts that are changed: what they say, and what they would ask the network for.

use std::borrow::Cow;

use crate::texts::Texts;

/// What of the script `name` is replaced, how often it is there, and by what.
pub fn places<'a>(name: &str, texts: &'a Texts) -> Vec<(&'static str, usize, Cow<'a, str>)> {
    let [copy, copied, refused] = texts.copy;
    let [show, hide] = texts.hidden_lines;
    let [one, none, more] = texts.results;
    match name {
        "book.js" => vec![
            // It would keep browsers from going back to a page at once.
            ("window.onunload = function() { };", 1, "".into()),
            // The pages have one style sheet, which has the colours of code too.
            ("document.querySelector('#mdbook-ayu-highlight-css')", 1, "{}".into()),
            ("document.querySelector('#mdbook-tomorrow-night-css')", 1, "{}".into()),
            ("document.querySelector('#mdbook-highlight-css')", 1, "{}".into()),
            // Of a step, the commands alone are copied.
            (
                "    const code_block = playground.querySelector('code');\n\n    if (window.ace",
                1,
                "    if (playground.dataset.commands) {\n        return playground.dataset.commands;\n    }\n\
                 \x20   const code_block = playground.querySelector('code');\n\n    if (window.ace"
                    .into(),
            ),
            ("Copy to clipboard", 2, copy.into()),
            ("Copied!", 1, copied.into()),
            ("Clipboard error!", 1, refused.into()),
            ("Show hidden lines", 4, show.into()),
            ("Hide lines", 2, hide.into()),
        ],
        "searcher.js" => vec![
            ("' search result for \\''", 1, format!("' {one} \\''").into()),
            ("'No search results for \\''", 1, format!("'{none} \\''").into()),
            ("' search results for \\''", 1, format!("' {more} \\''").into()),
            ("Search Result Teaser", 1, texts.teaser.into()),
        ],
        _ => Vec::new(),
    }
}
