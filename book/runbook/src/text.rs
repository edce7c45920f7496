//! Text that another program wrote, made fit to be shown: on a terminal a control character is a command.

use std::borrow::Cow;

/// The text with a visible sign for every character that a terminal, or a browser, would obey
/// rather than show. Tab and newline stay, for they only lay the text out: `ESC ]0;mine BEL` comes out as `␛]0;mine␇`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        match sign {
            _ if !is_obeyed(sign) => shown.push(sign),
            '\u{7f}' => shown.push('␡'),
            // Unicode has a picture of each of the first 32, in their order.
            '\0'..' ' => shown.extend(char::from_u32(0x2400 + u32::from(sign))),
            _ => shown.extend(sign.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// The controls of ASCII and of ISO 6429 (its one-character `CSI` among them), and what turns the
/// direction of the text after it, by which a line can be made to read as another.
fn is_obeyed(sign: char) -> bool {
    (sign.is_control() && !matches!(sign, '\t' | '\n'))
        || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_character_has_a_sign_that_can_be_seen() {
        for (raw, shown) in [
            ("\0", "␀"),
            ("\u{1b}[2J", "␛[2J"),
            ("a\rb", "a␍b"),
            ("\u{8}\u{1f}", "␈␟"),
            ("\u{7f}", "␡"),
            ("\u{80}\u{9b}2J\u{9f}", "\\u{80}\\u{9b}2J\\u{9f}"),
            ("\u{202a}\u{202e}", "\\u{202a}\\u{202e}"),
            ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
        ] {
            assert_eq!(printable(raw), shown, "{raw:?}");
        }
        let all: String = (0..0x100).filter_map(char::from_u32).collect();
        assert!(printable(&all).chars().filter(|sign| sign.is_control()).eq(['\t', '\n']));
    }

    #[test]
    fn what_is_no_control_character_is_not_even_copied() {
        let text = "└─ olá\tvisão\n日本 👩\u{200d}💻 \u{a0}\u{ad}";
        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
    }
}
