//! A copy of the fixture's two books, with the real theme and the real `book.toml` of each language.

// Not every test uses all of it.
#![allow(dead_code)]

pub mod live;
pub mod serve;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use press::build::{self, Order};
use press::language::Language;
use tempfile::TempDir;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The two books, in a folder of their own.
pub struct Books {
    dir: TempDir,
}

impl Books {
    pub fn new() -> Books {
        let dir = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"), dir.path());
        let book = repository().join("book");
        copy(&book.join("theme"), &dir.path().join("book/theme"));
        for language in Language::ALL {
            let config = format!("{}/book.toml", language.tag());
            fs::copy(book.join(&config), dir.path().join("book").join(&config)).unwrap();
        }
        Books { dir }
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.root().join(path), text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Replaces a text of a file, which must be there.
    pub fn change(&self, path: &str, text: &str, by: &str) {
        let before = self.read(path);
        assert!(before.contains(text), "{path} holds no “{text}”");
        self.write(path, &before.replace(text, by));
    }

    pub fn order(&self) -> Order {
        Order {
            root: self.root().to_owned(),
            out: self.root().join("target/book"),
            languages: Language::ALL.to_vec(),
            reports: vec![self.root().join("target/verify.json")],
            url: "https://example.org/factor/".to_owned(),
        }
    }

    pub fn try_build(&self) -> anyhow::Result<()> {
        build::build(&self.order())
    }

    pub fn build(&self) {
        self.try_build().unwrap();
    }

    /// A page of the built site.
    pub fn page(&self, path: &str) -> String {
        self.read(&format!("target/book/{path}"))
    }

    pub fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let mut git = Command::new("git");
        // Not with the settings of whoever runs the tests.
        git.args(identity).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let said = git.args(args).current_dir(self.root()).output().unwrap();
        assert!(said.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The values of an attribute in HTML, wherever it is.
pub fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The tags of HTML that start with `start`.
pub fn tags<'a>(html: &'a str, start: &str) -> Vec<&'a str> {
    html.match_indices(start).map(|(at, _)| &html[at..=at + html[at..].find('>').unwrap()]).collect()
}
