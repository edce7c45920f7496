//! What was written is read, and what was not is refused at its line.

use super::*;

fn header() -> Header {
    let (release, time) = ("0.1.0+abc".to_owned(), "2026-11-22T06:30:00Z".to_owned());
    Header { release, time, ..Header::new(2) }
}

fn written(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::begin(&mut out, &header()).unwrap();
    for (key, value) in records {
        writer.record(key, value).unwrap();
    }
    writer.end().unwrap();
    out
}

fn read(backup: &[u8]) -> Result<(Header, Vec<Record>), Refusal> {
    let (header, mut reader) = Reader::begin(backup)?;
    let mut records = Vec::new();
    while let Some(record) = reader.record()? {
        records.push(record);
    }
    Ok((header, records))
}

fn sample() -> Vec<u8> {
    written(&[("hits", b"7"), ("hits:since", b"then"), ("resets", b"a \"b\"\n"), ("resets", b"\xff\x00")])
}

#[test]
fn what_was_written_is_read_whatever_the_bytes() {
    let (read_header, records) = read(&sample()).unwrap();
    assert_eq!(read_header, header());
    let values: Vec<&[u8]> = records.iter().map(|record| record.value.as_slice()).collect();
    assert_eq!(values, [b"7".as_slice(), b"then", b"a \"b\"\n", b"\xff\x00"]);
    assert_eq!(records[3].key, "resets");
    assert_eq!(sample().iter().filter(|byte| **byte == b'\n').count(), 6);
}

#[test]
fn cut_anywhere_it_is_refused_at_the_line_where_it_ends() {
    let whole = sample();
    for end in 0..whole.len() {
        let refusal = read(&whole[..end]).unwrap_err();
        let lines = whole[..end].iter().filter(|byte| **byte == b'\n').count() as u64;
        let expected = if end > 0 && whole[end - 1] == b'\n' { lines } else { lines + 1 };
        assert_eq!(refusal.line, expected, "{end}: {refusal}");
    }
}

#[test]
fn any_other_byte_anywhere_is_refused_and_at_its_own_line() {
    let whole = sample();
    for position in 0..whole.len() {
        for flip in [1, 2, 0x20, 0x80] {
            let mut altered = whole.clone();
            altered[position] ^= flip;
            let refusal = read(&altered).unwrap_err();
            let line = 1 + whole[..position].iter().filter(|byte| **byte == b'\n').count() as u64;
            // Two lines made one are found at the first of them; one made two, too.
            assert_eq!(refusal.line, line, "byte {position}: {refusal}");
        }
    }
}

#[test]
fn lines_repeated_left_out_or_out_of_order_are_refused_there() {
    let whole = sample();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for index in 0..lines.len() {
        let mut left_out = lines.clone();
        left_out.remove(index);
        assert!(read(&left_out.concat()).is_err(), "line {} left out", index + 1);
        let mut repeated = lines.clone();
        repeated.insert(index, lines[index]);
        let refusal = read(&repeated.concat()).unwrap_err();
        assert_eq!(refusal.line, index as u64 + 2, "{refusal}");
        if index > 0 {
            let mut swapped = lines.clone();
            swapped.swap(index - 1, index);
            let refusal = read(&swapped.concat()).unwrap_err();
            assert_eq!(refusal.line, index as u64, "{refusal}");
        }
    }
}

#[test]
fn a_foreign_file_and_a_newer_format_are_refused_at_line_1() {
    for (input, reason) in [
        ("", "there is nothing"),
        ("\n", "no header"),
        ("SELECT 1;\n", "no header"),
        ("{}\n", "no header"),
        (r#"{"format":"other"}"#, "middle of this line"),
        ("{\"format\":\"factor12-backup-2\"}\n", "reads factor12-backup-1"),
        ("{\"format\":\"factor12-backup-1\"}\n", "checksum"),
    ] {
        let refusal = read(input.as_bytes()).unwrap_err();
        assert_eq!(refusal.line, 1);
        assert!(refusal.reason.contains(reason), "{input}: {refusal}");
    }
}

#[test]
fn a_backup_that_a_shell_or_an_editor_rewrote_is_refused_for_that_reason() {
    let text = String::from_utf8(sample()).unwrap();
    let utf16 = |mark: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(unit).collect()
    };
    let crlf = text.replace('\n', "\r\n");
    let end = text.lines().count() as u64;
    for (backup, line, reason) in [
        (utf16(BYTE_ORDER_MARK, u16::to_le_bytes), 1, "this is UTF-16"),
        (utf16(BYTE_ORDER_MARK, u16::to_be_bytes), 1, "this is UTF-16"),
        (utf16("", u16::to_le_bytes), 1, "this is UTF-16"),
        (utf16("", u16::to_be_bytes), 1, "this is UTF-16"),
        (format!("{BYTE_ORDER_MARK}{text}").into_bytes(), 1, "a byte order mark comes first"),
        (format!("{BYTE_ORDER_MARK}{crlf}").into_bytes(), 1, "a byte order mark comes first"),
        (crlf.clone().into_bytes(), 1, "it ends with CRLF"),
        (text.replacen("\n{\"key\":\"hits:", "\r\n{\"key\":\"hits:", 1).into_bytes(), 2, "it ends with CRLF"),
        (format!("{}\r\n", text.trim_end()).into_bytes(), end, "it ends with CRLF"),
        (format!("{BYTE_ORDER_MARK}SELECT 1;\n").into_bytes(), 1, "this is no header"),
    ] {
        let refusal = read(&backup).unwrap_err();
        assert_eq!(refusal.line, line, "{refusal}");
        assert!(refusal.reason.starts_with(reason), "{reason}, not {refusal}");
        let has_cure = refusal.reason.contains("cmd /c \"") && !refusal.reason.contains('\n');
        assert!(has_cure || reason == "this is no header", "{refusal}");
    }
}

#[test]
fn a_line_without_end_is_refused_without_being_read_to_its_end() {
    let endless = io::BufReader::new(io::repeat(b'x'));
    let refusal = Reader::begin(endless).map(|_| ()).unwrap_err();
    assert!(refusal.reason.contains("longer"), "{refusal}");
}

#[test]
fn a_value_that_no_line_can_hold_is_not_written() {
    let mut writer = Writer::begin(Vec::new(), &header()).unwrap();
    assert!(writer.record("hits", &vec![b'x'; LONGEST]).is_err());
}
