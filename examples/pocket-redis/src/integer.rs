//! Integers, read as strictly as Redis reads them.

/// The integer that `text` is, or `None`: an optional minus and digits, with no plus sign, no
/// blank, no leading zero and no `-0`, within 64 bits. (Redis' `string2ll`.)
pub fn parse(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let number: i64 = text.parse().ok()?;
    // Rust takes more spellings of a number than Redis does; only the canonical one is the same.
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_whole_range_of_64_bits_is_an_integer() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"-1"), Some(-1));
        assert_eq!(parse(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse(b"-9223372036854775808"), Some(i64::MIN));
    }

    #[test]
    fn any_other_spelling_is_none() {
        let bad = ["", " 1", "1 ", "+1", "01", "-0", "-", "1.0", "0x1", "9223372036854775808"];
        for text in bad {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
