//! Spelling, by Hunspell's dictionaries and the project's own list of words.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use encoding_rs::{Encoding, WINDOWS_1252};
use spellbook::Dictionary;

use super::Finding;
use super::source::Source;
use crate::file;

/// Where systems keep Hunspell's dictionaries.
const FOLDERS: [&str; 4] =
    ["/usr/share/hunspell", "/usr/share/myspell/dicts", "/opt/homebrew/share/hunspell", "/Library/Spelling"];

/// Each language's dictionary, and the package that holds it on Debian.
const DICTIONARIES: [(&str, &str); 2] = [("en_US", "hunspell-en-us"), ("pt_BR", "hunspell-pt-br")];

/// A dictionary, or why there is none and how to get it.
type Loaded = std::result::Result<Dictionary, String>;

/// The dictionaries, each read once: they are large.
static LOADED: [OnceLock<Loaded>; 2] = [OnceLock::new(), OnceLock::new()];

/// Knows the words of one language.
pub struct Speller {
    dictionary: &'static Dictionary,
    own: HashSet<String>,
    list: String,
}

impl Speller {
    /// The dictionary of a language, and the project's own words for it.
    ///
    /// # Errors
    ///
    /// What is skipped without the dictionary, and how to get it.
    pub fn find(language: &str, own: HashSet<String>) -> std::result::Result<Speller, String> {
        let at = usize::from(language != "en");
        let dictionary = LOADED[at].get_or_init(|| load(at)).as_ref();
        let dictionary = dictionary.map_err(|why| format!("spelling in {language} is not checked: {why}"))?;
        Ok(Speller { dictionary, own, list: list(language) })
    }

    /// The words of a page that neither the dictionary nor the list knows.
    pub fn check(&self, page: &Source) -> Vec<Finding> {
        let mut findings = Vec::new();
        for piece in page.prose.iter().filter(|piece| !page.names_others(piece.line)) {
            for word in words(&piece.text).filter(|word| !self.knows(word)) {
                let cure = format!("correct it, or add it to {}", self.list);
                findings.push(page.finding(piece.line, format!("unknown word “{word}”"), cure));
            }
        }
        findings
    }

    fn knows(&self, word: &str) -> bool {
        let known = |word: &str| self.dictionary.check(word) || self.own.contains(&word.to_lowercase());
        let word = word.strip_suffix("'s").unwrap_or(word);
        known(word) || (word.contains('-') && word.split('-').all(|part| part.is_empty() || known(part)))
    }
}

/// The project's own words for a language, from the root of the repository; none where there is no list.
///
/// # Errors
///
/// The list is there, and cannot be read.
pub fn own_words(root: &Path, language: &str) -> Result<HashSet<String>> {
    let list = root.join(list(language));
    let words = if list.exists() { file::read(&list)? } else { String::new() };
    Ok(words.lines().map(|word| word.trim().to_lowercase()).collect())
}

fn list(language: &str) -> String {
    format!("book/words.{language}.txt")
}

fn load(language: usize) -> Loaded {
    let (name, package) = DICTIONARIES[language];
    let missing = |why: String| format!("{why}; install {package}");
    let folder = folders().into_iter().find(|folder| folder.join(format!("{name}.dic")).exists());
    let folder = folder.ok_or_else(|| missing(format!("there is no dictionary {name}")))?;
    read(&folder, name).map_err(|error| missing(format!("{error:#}")))
}

/// The dictionary `name` of a folder: both of its files are in the encoding that the first of them names.
fn read(folder: &Path, name: &str) -> Result<Dictionary> {
    let [aff, dic] = ["aff", "dic"].map(|end| folder.join(format!("{name}.{end}")));
    let bytes = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
    let affixes = bytes(&aff)?;
    let encoding = encoding(&affixes).with_context(|| aff.display().to_string())?;
    let text = |path: &Path, bytes: &[u8]| {
        let (text, encoding, is_damaged) = encoding.decode(bytes);
        ensure!(!is_damaged, "{} is not {}, as {name}.aff says", path.display(), encoding.name());
        Ok(text.into_owned())
    };
    let (affixes, words) = (text(&aff, &affixes)?, text(&dic, &bytes(&dic)?)?);
    Dictionary::new(&affixes, &words).map_err(|error| anyhow!("{}: {error}", dic.display()))
}

/// What the line `SET` of a file of affixes names; without one it is ISO 8859-1, as it is to Hunspell.
fn encoding(affixes: &[u8]) -> Result<&'static Encoding> {
    let mut lines = affixes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(affixes).split(|byte| *byte == b'\n');
    let Some(label) = lines.find_map(|line| line.strip_prefix(b"SET ")) else { return Ok(WINDOWS_1252) };
    let label = label.trim_ascii();
    Encoding::for_label(label.strip_prefix(b"microsoft-").unwrap_or(label))
        .with_context(|| format!("its encoding “{}” is not known", String::from_utf8_lossy(label)))
}

fn folders() -> Vec<PathBuf> {
    let named = std::env::var_os("DICPATH");
    let named = named.iter().flat_map(std::env::split_paths).collect::<Vec<_>>();
    named.into_iter().chain(FOLDERS.map(PathBuf::from)).collect()
}

/// The words of a text: letters, with the apostrophes and hyphens inside them. What holds a digit, a
/// slash or the like is a name of something, and no word.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || "“”\"()[]{},;:!?…—–→·*&".contains(c)).filter_map(|token| {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric()).replace('’', "'");
        let is_word =
            token.chars().count() > 1 && token.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-');
        is_word.then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dictionary that is written as `aff` and `dic`.
    fn dictionary(aff: &[u8], dic: &[u8]) -> Result<Dictionary> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("xx.aff"), aff).unwrap();
        fs::write(folder.path().join("xx.dic"), dic).unwrap();
        read(folder.path(), "xx")
    }

    #[test]
    fn a_dictionary_is_read_in_the_encoding_that_it_names() {
        for (aff, dic) in [
            (b"SET ISO8859-1\nTRY \xe7\n".as_slice(), b"1\na\xe7\xe3o\n".as_slice()),
            (b"# Comment \xe7\r\nSET ISO8859-15\r\n", b"1\r\na\xe7\xe3o\r\n"),
            (b"SET microsoft-cp1252\n", b"1\na\xe7\xe3o\n"),
            (b"TRY \xe7\n", b"1\na\xe7\xe3o\n"),
            (b"SET UTF-8\n", "1\nação\n".as_bytes()),
            ("\u{feff}SET UTF-8\n".as_bytes(), "\u{feff}1\nação\n".as_bytes()),
        ] {
            let read = dictionary(aff, dic).unwrap();
            assert!(read.check("ação") && !read.check("açõo"), "{}", String::from_utf8_lossy(aff));
        }
    }

    #[test]
    fn a_dictionary_that_is_not_what_it_names_is_refused_with_the_reason() {
        for (aff, dic, why) in [
            (b"SET UTF-8\n".as_slice(), b"1\na\xe7\xe3o\n".as_slice(), "xx.dic is not UTF-8, as xx.aff says"),
            (b"SET UTF-8\nTRY \xe7\n", b"1\na\n", "xx.aff is not UTF-8, as xx.aff says"),
            (b"SET ISCII-DEVANAGARI\n", b"1\na\n", "xx.aff: its encoding “ISCII-DEVANAGARI” is not known"),
        ] {
            let error = dictionary(aff, dic).map(|_| ()).unwrap_err();
            assert!(format!("{error:#}").ends_with(why), "{error:#}");
        }
    }
}
