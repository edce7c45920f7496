//! What every page of a book shares: one style sheet, one script, and one more script for the search,
//! which is fetched when somebody searches.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{places, scripts, write_hashed};
use crate::language::Language;

/// The style sheets that mdBook's pages link to, in their order, and whether they are kept: the
/// colours of code come with this book's own.
const STYLES: [(&str, bool); 7] = [
    ("css/variables.css", true),
    ("css/general.css", true),
    ("css/chrome.css", true),
    ("fonts/fonts.css", true),
    ("highlight.css", false),
    ("tomorrow-night.css", false),
    ("ayu-highlight.css", false),
];

/// The scripts that they link to, likewise, and where they go.
const SCRIPTS: [(&str, Bundle); 7] = [
    ("toc.js", Bundle::Nowhere),
    ("elasticlunr.min.js", Bundle::Search),
    ("mark.min.js", Bundle::Search),
    ("searcher.js", Bundle::Search),
    ("clipboard.min.js", Bundle::Page),
    ("highlight.js", Bundle::Page),
    ("book.js", Bundle::Page),
];

#[derive(PartialEq, Eq)]
enum Bundle {
    Page,
    Search,
    /// The table of contents is part of each page.
    Nowhere,
}

/// The names of the files that the pages share, within their book.
#[derive(Debug)]
pub struct Assets {
    /// The style sheet.
    pub style: String,
    /// The script of every page.
    pub script: String,
    /// The script of the search.
    pub search: String,
    /// The search's index.
    pub index: String,
}

impl Assets {
    /// Makes them from what mdBook wrote to `out`, for a page that links to these styles and scripts,
    /// and from the files of `theme`; removes what they were made from.
    ///
    /// # Errors
    ///
    /// The page links to something else than expected, a file is missing, or a place in one is.
    pub fn make(
        out: &Path,
        theme: &Path,
        language: Language,
        styles: &[String],
        scripts: &[String],
    ) -> Result<Assets> {
        ensure!(
            styles.iter().eq(STYLES.map(|(name, _)| name).iter()),
            "mdBook's pages link to other style sheets than expected: {styles:?}"
        );
        ensure!(
            scripts.iter().eq(SCRIPTS.map(|(name, _)| name).iter()),
            "mdBook's pages link to other scripts than expected: {scripts:?}"
        );
        let kept = STYLES.iter().filter(|(_, is_kept)| *is_kept).map(|(name, _)| out.join(name));
        let style = joined(kept.chain([theme.join("press.css")]))?;
        let style = compact(&style);
        ensure_variables(&style)?;
        let assets = Assets {
            style: write_hashed(out, "book", "css", &style)?,
            script: write_hashed(out, "book", "js", &bundle(out, theme, language, &Bundle::Page)?)?,
            search: write_hashed(out, "search", "js", &bundle(out, theme, language, &Bundle::Search)?)?,
            index: write_hashed(out, "searchindex", "js", &read(&out.join("searchindex.js"))?)?,
        };
        let used = STYLES.iter().map(|(name, _)| *name).chain(SCRIPTS.iter().map(|(name, _)| *name));
        for name in used.chain(["searchindex.js", "toc.html"]) {
            fs::remove_file(out.join(name)).with_context(|| name.to_owned())?;
        }
        for folder in ["css", "fonts"] {
            // A folder of the book's own pictures may have the same name: then it stays.
            fs::remove_dir(out.join(folder)).ok();
        }
        Ok(assets)
    }
}

/// The scripts of a bundle, changed where they have to be.
fn bundle(out: &Path, theme: &Path, language: Language, which: &Bundle) -> Result<String> {
    let mut script = String::new();
    for (name, _) in SCRIPTS.iter().filter(|(_, bundle)| bundle == which) {
        // Before the searcher, which uses it.
        if *name == "searcher.js" && language == Language::PtBr {
            script += &read(&theme.join("search-pt.js"))?;
        }
        let text = read(&out.join(name))?;
        script += &places::replace(name, &text, &scripts::places(name, language.texts()))?;
        // A script may end without one, and the next start with a parenthesis.
        script += "\n;\n";
    }
    if *which == Bundle::Page {
        script += &read(&theme.join("press.js"))?;
    }
    Ok(script)
}

fn joined(paths: impl Iterator<Item = std::path::PathBuf>) -> Result<String> {
    paths.map(|path| read(&path).map(|text| text + "\n")).collect()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// A style sheet without its comments and indentation. None of its texts in quotes holds either.
fn compact(style: &str) -> String {
    let mut parts = style.split("/*");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        bare += part.split_once("*/").map_or("", |(_, rest)| rest);
    }
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The variables are this book's own file: a variable that mdBook's styles have come to use must be added.
fn ensure_variables(style: &str) -> Result<()> {
    // Set by a script.
    let elsewhere = ["--img-padding", "--padding", "--sidebar-target-width"];
    for part in style.split("var(").skip(1) {
        let name = part.split([')', ',', ' ']).next().unwrap_or_default();
        let is_known = elsewhere.contains(&name) || style.contains(&format!("{name}:"));
        ensure!(is_known, "mdBook's styles use “{name}”, which book/theme/css/variables.css does not define");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_is_compacted_and_keeps_its_rules() {
        assert_eq!(compact("/* a\n * b */\np {\n    color: red; /* c */\n}\n"), "p {\ncolor: red;\n}");
    }

    #[test]
    fn a_variable_that_nobody_defines_is_named() {
        assert!(ensure_variables(":root { --a: 1; } p { top: var(--a); }").is_ok());
        let error = ensure_variables("p { top: var(--new, 1px); }").unwrap_err().to_string();
        assert!(error.contains("“--new”"), "{error}");
    }
}
