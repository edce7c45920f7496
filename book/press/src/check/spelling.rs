//! Spelling, by Hunspell's dictionaries and the project's own list of words.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use spellbook::Dictionary;

use super::Finding;
use super::source::Source;

/// Where systems keep Hunspell's dictionaries.
const FOLDERS: [&str; 4] =
    ["/usr/share/hunspell", "/usr/share/myspell/dicts", "/opt/homebrew/share/hunspell", "/Library/Spelling"];

/// Each language's dictionary, and the package that holds it on Debian.
const DICTIONARIES: [(&str, &str); 2] = [("en_US", "hunspell-en-us"), ("pt_BR", "hunspell-pt-br")];

/// The dictionaries, each read once: they are large.
static LOADED: [OnceLock<Result<Dictionary, String>>; 2] = [OnceLock::new(), OnceLock::new()];

/// Knows the words of one language.
pub struct Speller {
    dictionary: &'static Dictionary,
    own: HashSet<String>,
    list: String,
}

impl Speller {
    /// The dictionary of a language, and the project's list for it.
    ///
    /// # Errors
    ///
    /// What is skipped without the dictionary, and how to get it.
    pub fn find(root: &Path, language: &str) -> Result<Speller, String> {
        let at = usize::from(language != "en");
        let dictionary = LOADED[at].get_or_init(|| load(at)).as_ref();
        let dictionary = dictionary.map_err(|why| format!("spelling in {language} is not checked: {why}"))?;
        let list = format!("book/words.{language}.txt");
        let own = fs::read_to_string(root.join(&list)).unwrap_or_default();
        Ok(Speller { dictionary, own: own.lines().map(|word| word.trim().to_lowercase()).collect(), list })
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

/// The dictionary of a language, or why there is none and how to get it.
fn load(language: usize) -> Result<Dictionary, String> {
    let (name, package) = DICTIONARIES[language];
    let missing = |why: String| format!("{why}; install {package}");
    let folder = folders().into_iter().find(|folder| folder.join(format!("{name}.dic")).exists());
    let folder = folder.ok_or_else(|| missing(format!("there is no dictionary {name}")))?;
    let read = |end: &str| {
        let text = fs::read_to_string(folder.join(format!("{name}.{end}")));
        text.map(|text| text.trim_start_matches('\u{feff}').to_owned())
            .map_err(|error| missing(error.to_string()))
    };
    Dictionary::new(&read("aff")?, &read("dic")?).map_err(|error| missing(error.to_string()))
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
