//! The kit's file: a tar whose first entry is the manifest, whose second is the list of checksums (as `sha256sum`
//! writes them) of all others, and which holds nothing that the list does not name.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::{FOLDER, FORMAT, Manifest};

/// The manifest's name.
pub const MANIFEST: &str = "kit.json";

/// The name of the list of checksums.
pub const SUMS: &str = "SHA256SUMS";

/// The longest manifest and list that are read: what claims to be longer is none.
const HEAD: u64 = 4 << 20;

/// What a tar is made of, in bytes.
const BLOCK: u64 = 512;

/// A file to be put into a kit.
#[derive(Debug)]
pub struct Content {
    /// Its path in the kit.
    pub path: String,
    /// What it holds.
    pub source: Source,
    /// Whether it is a program.
    pub is_program: bool,
}

/// Where a file's content comes from.
#[derive(Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Why a file is not taken for a kit.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no kit, or one of another format.
    Foreign(String),
    /// It ends before its last file does.
    CutOff {
        /// How many files are whole.
        whole: usize,
        /// How many there should be.
        all: usize,
    },
    /// This file of it is not what its checksum says.
    Altered(String),
    /// It holds this, which its list does not name, or names once.
    Unlisted(String),
}

/// What goes wrong with a kit's file.
#[derive(Debug)]
pub enum Trouble {
    /// It is no whole kit.
    Refused(Refusal),
    /// It cannot be read.
    Unread(io::Error),
    /// A file of it cannot be written.
    Unwritten(PathBuf, io::Error),
    /// The person has asked to stop.
    Stopped,
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Trouble {
        Trouble::Refused(refusal)
    }
}

/// The checksums of a kit's files, by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, String>);

impl Sums {
    /// How many files it names.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Reads a list; `None` where a line of it is none of such a list.
    pub fn parse(text: &str) -> Option<Sums> {
        let line = |line: &str| {
            let (sum, path) = line.split_once("  ")?;
            (sum.len() == 64 && is_inside(path)).then(|| (path.to_owned(), sum.to_owned()))
        };
        text.lines().map(line).collect::<Option<_>>().map(Sums)
    }

    /// The list, a line each.
    pub fn text(&self) -> String {
        self.0.iter().map(|(path, sum)| format!("{sum}  {path}\n")).collect()
    }
}

/// Whether a path stays inside the folder that it is unpacked to.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\n', '\0'])
        && path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// Writes a kit. `stop` is asked between pieces.
///
/// # Errors
///
/// A content cannot be read or the kit cannot be written, or a stop was asked for.
pub fn write(
    out: &mut impl Write,
    manifest: &Manifest,
    contents: &[Content],
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let stopped = || if stop() { Err(io::Error::from(io::ErrorKind::Interrupted)) } else { Ok(()) };
    let manifest = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
    let mut sums = BTreeMap::from([(MANIFEST.to_owned(), hex(&manifest))]);
    for content in contents {
        stopped()?;
        let mut digest = Sha256::new();
        match &content.source {
            Source::File(path) => {
                let mut file = File::open(path).map_err(|error| named(path, &error))?;
                io::copy(&mut file, &mut Sink(&mut digest))?;
            }
            Source::Bytes(bytes) => digest.update(bytes),
        }
        sums.insert(content.path.clone(), hex_of(digest));
    }
    let sums = Sums(sums).text().into_bytes();
    let mut tar = Builder::new(out);
    append(&mut tar, MANIFEST, false, manifest.len() as u64, &mut manifest.as_slice())?;
    append(&mut tar, SUMS, false, sums.len() as u64, &mut sums.as_slice())?;
    for content in contents {
        stopped()?;
        match &content.source {
            Source::File(path) => {
                let mut file = File::open(path).map_err(|error| named(path, &error))?;
                let length = file.metadata()?.len();
                append(&mut tar, &content.path, content.is_program, length, &mut file)?;
            }
            Source::Bytes(bytes) => {
                append(
                    &mut tar,
                    &content.path,
                    content.is_program,
                    bytes.len() as u64,
                    &mut bytes.as_slice(),
                )?;
            }
        }
    }
    tar.into_inner()?.flush()
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// An entry that says nothing of who made it or when.
fn append(
    tar: &mut Builder<impl Write>,
    path: &str,
    is_program: bool,
    length: u64,
    content: &mut dyn Read,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(length);
    header.set_mode(if is_program { 0o755 } else { 0o644 });
    header.set_mtime(tar::DETERMINISTIC_TIMESTAMP);
    tar.append_data(&mut header, format!("{FOLDER}/{path}"), content)
}

/// The manifest and the checksums of a kit, of which no more is read.
///
/// # Errors
///
/// It is no kit, or cut off before them, or cannot be read.
pub fn head(file: impl Read) -> Result<(Manifest, Sums), Trouble> {
    let mut archive = Archive::new(file);
    let mut entries = archive.entries().map_err(Trouble::Unread)?;
    let mut next = |name: &str| -> Result<Vec<u8>, Trouble> {
        let foreign = |reason: &dyn std::fmt::Display| Refusal::Foreign(reason.to_string());
        let entry = entries.next().ok_or_else(|| foreign(&format!("{FOLDER}/{name}?")))?;
        let mut entry = entry.map_err(|error| foreign(&error))?;
        if path_of(&entry).as_deref() != Some(name) || entry.size() > HEAD {
            return Err(foreign(&format!("{FOLDER}/{name}?")).into());
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 != entry.size() {
            return Err(Refusal::CutOff { whole: 0, all: 0 }.into());
        }
        Ok(bytes)
    };
    let json = next(MANIFEST)?;
    let foreign = |reason: &dyn std::fmt::Display| Refusal::Foreign(reason.to_string());
    let format: Format = serde_json::from_slice(&json).map_err(|error| foreign(&error))?;
    if format.format != FORMAT {
        return Err(foreign(&format.format).into());
    }
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| foreign(&error))?;
    let list = next(SUMS)?;
    let sums = String::from_utf8(list).ok().and_then(|text| Sums::parse(&text));
    let sums = sums.ok_or_else(|| Refusal::Altered(SUMS.to_owned()))?;
    // The list names no list, and the manifest was read before it.
    if sums.0.get(MANIFEST) != Some(&hex(&json)) {
        return Err(Refusal::Altered(MANIFEST.to_owned()).into());
    }
    Ok((manifest, sums))
}

/// Only what tells formats apart.
#[derive(serde::Deserialize)]
struct Format {
    format: String,
}

/// Checks a kit whose list is `sums` to its last byte, and unpacks it to `folder` meanwhile if there is one. `heard`
/// gets how many bytes were read, and says whether to go on.
///
/// # Errors
///
/// It is no whole kit, cannot be read or written, or `heard` said no: what was unpacked is of no use then.
pub fn unpack(
    file: impl Read,
    sums: &Sums,
    folder: Option<&Path>,
    heard: &mut dyn FnMut(u64) -> bool,
) -> Result<(), Trouble> {
    let all = sums.count();
    let mut left: BTreeSet<&str> = sums.0.keys().map(String::as_str).collect();
    let mut has_list = false;
    let mut read = 0;
    let file = Counted::new(BufReader::with_capacity(1 << 18, file));
    let counted = file.clone_count();
    let mut archive = Archive::new(file);
    let cut_off = |left: &BTreeSet<&str>| Refusal::CutOff { whole: all - left.len(), all };
    let mut end = 0;
    for entry in archive.entries().map_err(Trouble::Unread)? {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(_) if counted.has_ended() => return Err(cut_off(&left).into()),
            Err(error) => return Err(unread(error)),
        };
        end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path_of(&entry).ok_or_else(|| Refusal::Unlisted(shown.clone()))?;
        let is_list = path == SUMS && !has_list;
        if !is_list && !left.contains(path.as_str()) {
            return Err(Refusal::Unlisted(shown).into());
        }
        let is_program = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let mut target = match folder {
            Some(folder) => Some(Target::create(folder, &path)?),
            None => None,
        };
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut length = 0;
        loop {
            let count = entry.read(&mut buffer).map_err(unread)?;
            if count == 0 {
                break;
            }
            digest.update(&buffer[..count]);
            if let Some(target) = &mut target {
                target.write(&buffer[..count])?;
            }
            length += count as u64;
            read += count as u64;
            if !heard(read) {
                return Err(Trouble::Stopped);
            }
        }
        if length != entry.size() {
            return Err(cut_off(&left).into());
        }
        if let Some(target) = target {
            target.close(is_program)?;
        }
        let sum = hex_of(digest);
        let is_right = match is_list {
            true => sum == hex(sums.text().as_bytes()),
            false => sums.0.get(&path) == Some(&sum),
        };
        if !is_right {
            return Err(Refusal::Altered(path).into());
        }
        has_list |= is_list;
        left.remove(path.as_str());
    }
    // Two empty blocks end it, of which the first was read.
    let mut last = Vec::new();
    archive.into_inner().take(BLOCK).read_to_end(&mut last).map_err(Trouble::Unread)?;
    let has_end = counted.read() == end + 2 * BLOCK && last.iter().all(|byte| *byte == 0);
    if !left.is_empty() || !has_list || !has_end {
        return Err(cut_off(&left).into());
    }
    Ok(())
}

/// The first file of an unpacked kit that is not what the list says, of those that are not its reader's to change.
pub fn unlike_in(folder: &Path, sums: &Sums) -> Option<String> {
    let own = sums.0.iter().filter(|(path, _)| !path.starts_with("tree/"));
    let mut unlike = own.filter(|(path, sum)| {
        let mut digest = Sha256::new();
        let read =
            File::open(folder.join(path)).and_then(|mut file| io::copy(&mut file, &mut Sink(&mut digest)));
        read.is_err() || hex_of(digest) != **sum
    });
    unlike.next().map(|(path, _)| path.clone())
}

/// A file that is being unpacked.
struct Target {
    path: PathBuf,
    file: File,
}

impl Target {
    fn create(folder: &Path, path: &str) -> Result<Target, Trouble> {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&path));
        match made {
            Ok(file) => Ok(Target { path, file }),
            Err(error) => Err(Trouble::Unwritten(path, error)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.file.write_all(bytes).map_err(|error| Trouble::Unwritten(self.path.clone(), error))
    }

    fn close(self, is_program: bool) -> Result<(), Trouble> {
        #[cfg(unix)]
        if is_program {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::Permissions::from_mode(0o755);
            self.file.set_permissions(mode).map_err(|error| Trouble::Unwritten(self.path.clone(), error))?;
        }
        #[cfg(not(unix))]
        let _ = (self, is_program);
        Ok(())
    }
}

/// A plain file's path below the kit's folder; `None` for all else. What would leave the folder is on no list.
fn path_of(entry: &tar::Entry<impl Read>) -> Option<String> {
    let bytes = entry.path_bytes();
    let path = std::str::from_utf8(&bytes).ok()?.strip_prefix(FOLDER)?.strip_prefix('/')?;
    (entry.header().entry_type() == EntryType::Regular).then(|| path.to_owned())
}

/// What it means that a piece cannot be read: what is no header is an altered one.
fn unread(error: io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Refusal::Altered(error.to_string()).into()
        }
        _ => Trouble::Unread(error),
    }
}

/// A reader that tells how much was read of it, and whether it has ended.
struct Counted<R> {
    inner: R,
    count: Count,
}

/// What a [`Counted`] tells.
#[derive(Clone, Default)]
struct Count(Rc<Cell<(u64, bool)>>);

impl Count {
    fn read(&self) -> u64 {
        self.0.get().0
    }

    fn has_ended(&self) -> bool {
        self.0.get().1
    }
}

impl<R> Counted<R> {
    fn new(inner: R) -> Counted<R> {
        Counted { inner, count: Count::default() }
    }

    fn clone_count(&self) -> Count {
        self.count.clone()
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let (read, _) = self.count.0.get();
        self.count.0.set((read + count as u64, count == 0 && !buffer.is_empty()));
        Ok(count)
    }
}

/// What is written to it goes into a digest.
struct Sink<'a>(&'a mut Sha256);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    hex_of(Sha256::new_with_prefix(bytes))
}

fn hex_of(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
