//! What is said to people, in their language: one Fluent catalogue a language, under `i18n/`.

use std::sync::OnceLock;

use clap::ValueEnum;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

static CATALOGUE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();

/// The languages of the book and of the narration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Brazilian Portuguese.
    PtBr,
}

/// What a person can say of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// English
    En,
    /// Brazilian Portuguese
    #[value(name = "pt-BR", alias = "pt-br", alias = "pt")]
    PtBr,
    /// Both, of the book; the narration is in the environment's
    All,
}

impl Choice {
    /// The one language that was chosen, if it was one.
    pub fn one(self) -> Option<Language> {
        match self {
            Choice::En => Some(Language::En),
            Choice::PtBr => Some(Language::PtBr),
            Choice::All => None,
        }
    }
}

impl Language {
    /// Both of them.
    pub const ALL: [Language; 2] = [Language::En, Language::PtBr];

    /// Its BCP 47 tag, which is also the name of its book's folder.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::PtBr => "pt-BR",
        }
    }

    /// The first language of the environment that there is a catalogue for, else English.
    pub fn of_the_environment() -> Language {
        let named =
            |locale: &String| ["en", "pt"].iter().position(|name| locale.to_lowercase().starts_with(name));
        match sys_locale::get_locales().find_map(|locale| named(&locale)) {
            Some(1) => Language::PtBr,
            _ => Language::En,
        }
    }

    /// Its texts.
    fn catalogue(self) -> &'static str {
        match self {
            Language::En => include_str!("../i18n/en.ftl"),
            Language::PtBr => include_str!("../i18n/pt-BR.ftl"),
        }
    }

    fn bundle(self) -> FluentBundle<FluentResource> {
        let source = self.catalogue();
        let id: Option<LanguageIdentifier> = self.tag().parse().ok();
        let mut bundle = FluentBundle::new_concurrent(id.into_iter().collect());
        // Isolating marks around each value are for mixed directions of writing; a terminal shows them.
        bundle.set_use_isolating(false);
        // A fault in a catalogue leaves out that entry; the tests below find it.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource(resource).ok();
        bundle
    }
}

/// Fixes the language of the process; the first call wins.
pub fn choose(language: Language) {
    CATALOGUE.get_or_init(|| language.bundle());
}

/// The text `id` with its values put in; [`text!`](crate::text) is the way to write it.
pub fn text(id: &str, values: &[(&str, String)]) -> String {
    let bundle = CATALOGUE.get_or_init(|| Language::En.bundle());
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
        return id.to_owned();
    };
    let own = ("xtask", crate::kit::command());
    let values = values.iter().map(|(name, value)| (*name, value.as_str()));
    let args: FluentArgs = values.chain([own]).collect();
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

/// A text of the catalogue: `text!("up-failed", service = "worker", seconds = 30)`.
#[macro_export]
macro_rules! text {
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::language::text($id, &[$((stringify!($name), $value.to_string())),*])
    };
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    use fluent_bundle::FluentResource;
    use walkdir::WalkDir;

    use super::Language;

    /// Each text's id, with the names of the values that it takes.
    fn texts(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let source = language.catalogue();
        FluentResource::try_new(source.to_owned()).expect("the catalogue is well formed");
        let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut id = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if !line.starts_with(' ')
                && let Some((name, _)) = line.split_once(" =")
            {
                id = name.to_owned();
                assert!(texts.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
            }
            for value in line.split("{ $").skip(1) {
                let end = value.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(value.len());
                // How a person starts this program is known everywhere.
                if &value[..end] != "xtask" {
                    texts.entry(id.clone()).or_default().insert(value[..end].to_owned());
                }
            }
        }
        texts
    }

    /// Each use of `text!` in the sources: the id, with the names of the values that are given.
    fn uses() -> Vec<(String, BTreeSet<String>)> {
        let mut uses = Vec::new();
        for file in WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")) {
            let file = file.expect("the sources can be listed");
            if !file.file_type().is_file() || file.path().ends_with("language.rs") {
                continue;
            }
            let source = fs::read_to_string(file.path()).expect("a source can be read");
            for call in source.split("text!(").skip(1) {
                let call = call.trim_start();
                let id = call[1..].split('"').next().expect("an id").to_owned();
                let mut depth = 1;
                let end = call
                    .find(|c: char| {
                        depth += i32::from(c == '(') - i32::from(c == ')');
                        depth == 0
                    })
                    .expect("the call ends");
                let names = call[..end].split(',').skip(1).filter_map(|part| {
                    let (name, _) = part.split_once(" = ")?;
                    let name = name.trim();
                    name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| name.to_owned())
                });
                uses.push((id, names.collect()));
            }
        }
        uses
    }

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_values() {
        assert_eq!(texts(Language::En), texts(Language::PtBr));
    }

    #[test]
    fn every_text_used_is_in_the_catalogue_with_its_values_and_none_is_left_over() {
        let texts = texts(Language::En);
        let uses = uses();
        for (id, values) in &uses {
            assert_eq!(Some(values), texts.get(id), "the values of {id}");
        }
        for id in texts.keys() {
            assert!(uses.iter().any(|(used, _)| used == id), "{id} is used nowhere");
        }
    }
}
