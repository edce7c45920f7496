//! Text as HTML.

/// Escapes text for HTML, for content and for attributes in double quotes alike. A newline is
/// escaped too: what is put into a page of Markdown is one line there, whatever stands around it.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("&#10;"),
            _ => html.push(c),
        }
    }
    html
}
