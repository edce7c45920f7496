//! The languages of the book.

use clap::ValueEnum;

use crate::texts::{ENGLISH, PORTUGUESE, Texts};

/// A language of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    En,
    /// Brazilian Portuguese.
    PtBr,
}

/// What a person can say of languages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// English
    En,
    /// Brazilian Portuguese
    #[value(name = "pt-BR", alias = "pt-br", alias = "pt")]
    PtBr,
    /// Both
    #[default]
    All,
}

impl Choice {
    /// The languages that were chosen.
    pub fn languages(self) -> &'static [Language] {
        match self {
            Choice::En => &[Language::En],
            Choice::PtBr => &[Language::PtBr],
            Choice::All => &Language::ALL,
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

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::PtBr => "Português",
        }
    }

    /// The other one.
    pub fn other(self) -> Language {
        match self {
            Language::En => Language::PtBr,
            Language::PtBr => Language::En,
        }
    }

    /// What the pages say in it, apart from what their authors wrote.
    pub fn texts(self) -> &'static Texts {
        match self {
            Language::En => &ENGLISH,
            Language::PtBr => &PORTUGUESE,
        }
    }
}
