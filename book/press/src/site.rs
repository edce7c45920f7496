//! The pass over what mdBook wrote: pages that are light, reachable by keyboard, and linked to
//! their twins in the other language.

mod assets;
mod chrome;
pub mod entry;
mod html;
pub mod places;
mod scripts;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::language::Language;
use crate::proof::Proof;
use assets::Assets;

/// The book of one language, written by mdBook, to be finished.
#[derive(Debug)]
pub struct Site<'a> {
    /// The language.
    pub language: Language,
    /// Where mdBook wrote it.
    pub out: PathBuf,
    /// The files that both languages share.
    pub theme: PathBuf,
    /// The address under which the books' folders are published, with a slash at its end.
    pub url: &'a str,
    /// Its pages, in order: file names without an ending.
    pub pages: Vec<String>,
    /// The pages of the book in the other language.
    pub twins: Vec<String>,
    /// When its commands were last executed, if that is known.
    pub proof: Option<&'a Proof>,
}

impl Site<'_> {
    /// Finishes every page.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, or mdBook's pages are not as expected.
    pub fn finish(&self) -> Result<()> {
        let contents = html::contents(&read(&self.out.join("toc.html"))?)?;
        let (styles, scripts) = html::linked(&read(&self.out.join("index.html"))?)?;
        let assets = Assets::make(&self.out, &self.theme, self.language, &styles, &scripts)?;
        for path in self.html_files()? {
            let name = path.strip_prefix(&self.out).unwrap_or(&path).with_extension("");
            let name = name.to_string_lossy().replace('\\', "/");
            let page = html::finish(self, &assets, &contents, &name, &read(&path)?)?;
            fs::write(&path, page).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// The address of a page of one of the books.
    pub fn address(&self, language: Language, page: &str) -> String {
        format!("{}{}/{page}.html", self.url, language.tag())
    }

    fn html_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in WalkDir::new(&self.out).sort_by_file_name() {
            let path = entry.context("the written book cannot be listed")?.into_path();
            if path.extension().is_some_and(|extension| extension == "html") {
                files.push(path);
            }
        }
        Ok(files)
    }
}

/// Writes a file under a name that holds a digest of its content, so that browsers may keep it, and returns the name.
fn write_hashed(out: &Path, stem: &str, extension: &str, content: &str) -> Result<String> {
    let digest = Sha256::digest(content);
    let mut name = format!("{stem}-");
    for byte in digest.iter().take(4) {
        write!(name, "{byte:02x}")?;
    }
    name += &format!(".{extension}");
    fs::write(out.join(&name), content).with_context(|| name.clone())?;
    Ok(name)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
