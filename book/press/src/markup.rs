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

/// Text of HTML as it is read: what [`escape`] does is undone, and so is a character that is written as its number.
pub fn unescape(html: &str) -> String {
    let mut parts = html.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or(("", part));
        let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        });
        match (name, number.and_then(char::from_u32)) {
            (_, Some(c)) => text.push(c),
            ("amp", _) => text.push('&'),
            ("lt", _) => text.push('<'),
            ("gt", _) => text.push('>'),
            ("quot", _) => text.push('"'),
            _ => {
                text.push('&');
                text.push_str(part);
                continue;
            }
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_read_as_it_was() {
        let text = "a < b && \"c\" > d\n&#92; &x; &";
        assert_eq!(unescape(&escape(text)), text);
        assert_eq!(unescape("&#92;&#x5C; &none; & a;"), "\\\\ &none; & a;");
    }
}
