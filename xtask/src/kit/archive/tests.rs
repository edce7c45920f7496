//! What comes of files that are kits, were kits, or never were.

use std::thread;

use super::*;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        build: "1a2b3c4".to_owned(),
        host: "linux/x86_64".to_owned(),
        engine: "linux/amd64".to_owned(),
        commit: Some("5d6e7f8".to_owned()),
        sources: BTreeMap::new(),
        images: BTreeMap::new(),
    }
}

fn content(path: &str, bytes: &[u8]) -> Content {
    let source = Source::Bytes(bytes.to_vec());
    Content { path: path.to_owned(), source, is_program: path.starts_with("bin/") }
}

/// A kit with an empty file, a program, one that fills blocks, and a path too long for a header.
fn kit() -> Vec<u8> {
    let long = format!("tree/{}end", "long/".repeat(30));
    let contents = [
        content("bin/program", b"#!/bin/sh\n"),
        content("images/full.tar", &[7; 1024]),
        content("tree/empty", b""),
        content(&long, b"text"),
    ];
    let mut tar = Vec::new();
    write(&mut tar, &manifest(), &contents, &|| false).unwrap();
    tar
}

/// What comes of a file as `kit load` takes it; what was unpacked, by path.
fn load(file: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let folder = tempfile::tempdir().unwrap();
    let (_, sums) = head(file)?;
    unpack(file, &sums, Some(folder.path()), &mut |_| true)?;
    let files = walkdir::WalkDir::new(folder.path()).into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path = entry.path().strip_prefix(folder.path()).unwrap().display().to_string();
        (path, fs::read(entry.path()).unwrap())
    });
    Ok(files.collect())
}

/// The same without unpacking it.
fn check(file: &[u8]) -> Result<(), Trouble> {
    let (_, sums) = head(file)?;
    unpack(file, &sums, None, &mut |_| true)
}

fn refusal(file: &[u8]) -> Refusal {
    match load(file) {
        Err(Trouble::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// A tar of these entries after a right head for the first `listed` of them.
fn made(listed: usize, entries: &[(&str, EntryType)]) -> Vec<u8> {
    let json = serde_json::to_vec(&manifest()).unwrap();
    let mut sums = BTreeMap::from([(MANIFEST.to_owned(), hex(&json))]);
    sums.extend(entries[..listed].iter().map(|(path, _)| ((*path).to_owned(), hex(b"text"))));
    let sums = Sums(sums).text();
    let mut tar = Builder::new(Vec::new());
    append(&mut tar, MANIFEST, false, json.len() as u64, &mut json.as_slice()).unwrap();
    append(&mut tar, SUMS, false, sums.len() as u64, &mut sums.as_bytes()).unwrap();
    for (path, kind) in entries {
        let mut header = Header::new_gnu();
        let size = if *kind == EntryType::Regular { 4 } else { 0 };
        header.set_size(size);
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        let name = format!("{FOLDER}/{path}");
        // As no library would write it.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        if *kind != EntryType::Regular {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, &b"text"[..size as usize]).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn what_is_written_is_unpacked_with_a_list_that_holds() {
    let files = load(&kit()).unwrap();
    assert_eq!(files["images/full.tar"], [7; 1024]);
    assert_eq!(files["tree/empty"], b"");
    assert_eq!(files.len(), 6, "{:?}", files.keys());
    let list = String::from_utf8(files[SUMS].clone()).unwrap();
    for (path, content) in files.iter().filter(|(path, _)| *path != SUMS) {
        assert!(list.contains(&format!("{}  {path}\n", hex(content))), "{path}");
    }
}

#[test]
fn a_kit_that_is_cut_off_anywhere_is_refused() {
    let kit = kit();
    for length in 0..kit.len() {
        assert!(matches!(check(&kit[..length]), Err(Trouble::Refused(_))), "the first {length} bytes");
    }
    let file = kit.len() - 1024 - 512;
    assert_eq!(refusal(&kit[..file - 1]), Refusal::CutOff { whole: 4, all: 5 });
    assert_eq!(refusal(&kit[..file + 2]), Refusal::CutOff { whole: 4, all: 5 });
    assert_eq!(refusal(&kit[..file + 512]), Refusal::CutOff { whole: 5, all: 5 });
}

#[test]
fn a_byte_that_is_another_changes_nothing_or_is_refused() {
    let kit = kit();
    let whole = load(&kit).unwrap();
    // Every third: each field of each header is met.
    let places: Vec<usize> = (0..kit.len()).step_by(3).collect();
    thread::scope(|scope| {
        for part in places.chunks(places.len().div_ceil(2)) {
            let (kit, whole) = (&kit, &whole);
            scope.spawn(move || {
                for place in part {
                    let mut other = kit.clone();
                    other[*place] ^= 0x20;
                    match check(&other) {
                        // Between files there are bytes that nobody reads.
                        Ok(()) => assert_eq!(load(&other).unwrap(), *whole, "byte {place}"),
                        Err(Trouble::Refused(_)) => {}
                        Err(other) => panic!("byte {place}: {other:?}"),
                    }
                }
            });
        }
    });
    let place = kit.windows(4).position(|bytes| bytes == [7; 4]).unwrap();
    let mut other = kit;
    other[place] = 8;
    assert_eq!(refusal(&other), Refusal::Altered("images/full.tar".to_owned()));
}

#[test]
fn what_is_not_on_the_list_is_refused_and_what_is_there_twice_too() {
    let (one, two) = (("one", EntryType::Regular), ("two", EntryType::Regular));
    assert_eq!(load(&made(2, &[one, two])).unwrap().len(), 4);
    let unlisted = |path: &str| Refusal::Unlisted(format!("{FOLDER}/{path}"));
    assert_eq!(refusal(&made(1, &[one, two])), unlisted("two"));
    assert_eq!(refusal(&made(1, &[one, one])), unlisted("one"));
    assert_eq!(refusal(&made(1, &[one, (SUMS, EntryType::Regular)])), unlisted(SUMS));
}

#[test]
fn nothing_is_written_outside_and_no_link_is_made() {
    for path in ["../out", "a/../../out", "/out", "a//b", "."] {
        let tar = made(1, &[(path, EntryType::Regular)]);
        assert!(matches!(refusal(&tar), Refusal::Altered(_)), "{path}");
        let tar = made(0, &[(path, EntryType::Regular)]);
        assert!(matches!(refusal(&tar), Refusal::Unlisted(_)), "{path}");
    }
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo] {
        let tar = made(1, &[("link", kind)]);
        assert!(matches!(refusal(&tar), Refusal::Unlisted(_)), "{kind:?}");
    }
}

#[test]
fn what_is_no_kit_is_foreign() {
    let mut foreign = Builder::new(Vec::new());
    append(&mut foreign, "README", false, 4, &mut &b"text"[..]).unwrap();
    for file in [Vec::new(), vec![0; 4096], vec![b'x'; 4096], foreign.into_inner().unwrap()] {
        assert!(matches!(refusal(&file), Refusal::Foreign(_)), "{}", file.len());
    }
    let mut newer = Vec::new();
    let manifest = Manifest { format: "factor12-kit 3".to_owned(), ..manifest() };
    write(&mut newer, &manifest, &[], &|| false).unwrap();
    assert_eq!(refusal(&newer), Refusal::Foreign("factor12-kit 3".to_owned()));
}

#[test]
fn who_stops_is_heard() {
    let kit = kit();
    let (_, sums) = head(&*kit).unwrap();
    assert!(matches!(unpack(&*kit, &sums, None, &mut |_| false), Err(Trouble::Stopped)));
    let stopped = write(&mut Vec::new(), &manifest(), &[content("a", b"")], &|| true);
    assert_eq!(stopped.unwrap_err().kind(), io::ErrorKind::Interrupted);
}
