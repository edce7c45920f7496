//! A file's bytes as the text that they are, as editors and shells write it.

/// The mark that some editors put before a text in UTF-8, and that nobody sees.
pub(crate) const MARK: char = '\u{feff}';

/// Why a file is no text that a page can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// It is UTF-16: PowerShell's `>` writes it, and so does “Unicode” in some editors.
    #[error("it is UTF-16, as PowerShell's “>” writes it; save it as UTF-8")]
    Utf16,
    /// A line, counted from 1, holds a NUL byte, which UTF-16 without its mark is full of.
    #[error("line {0} holds a NUL byte: it is UTF-16 or damaged; save it as UTF-8")]
    Nul(usize),
    /// A line, counted from 1, holds bytes that are no UTF-8.
    #[error("line {0} is not UTF-8; save the file as UTF-8")]
    NotUtf8(usize),
}

/// The text that a file holds, without the mark that may stand before it.
///
/// # Errors
///
/// It is no UTF-8, or holds what no text does.
pub fn of(bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(NotText::Utf16);
    }
    let line = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(NotText::Nul(line(&bytes[..at])));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        NotText::NotUtf8(line(&error.as_bytes()[..good]))
    })?;
    Ok(text.strip_prefix(MARK).map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        for bytes in ["# Ação\r\n", "\u{feff}# Ação\r\n"] {
            assert_eq!(of(bytes.as_bytes().to_vec()), Ok("# Ação\r\n".to_owned()));
        }
        assert_eq!(of(Vec::new()), Ok(String::new()));
    }

    #[test]
    fn what_is_no_text_is_refused_for_its_true_reason_and_on_its_line() {
        assert_eq!(of(utf16("\u{feff}# A\n")), Err(NotText::Utf16));
        assert_eq!(of(b"\xfe\xff\0#".to_vec()), Err(NotText::Utf16));
        assert_eq!(of(utf16("# A\n")), Err(NotText::Nul(1)));
        assert_eq!(of(b"one\ntwo\0\n".to_vec()), Err(NotText::Nul(2)));
        assert_eq!(of(b"one\n\na\xe7\xe3o\n".to_vec()), Err(NotText::NotUtf8(3)));
    }
}
