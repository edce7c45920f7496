//! Code with its syntax told apart, at build time: what a browser gets is coloured already.
//!
//! A scanner of tokens, for the languages that the book shows, and no more than its colours need.
//! Grammars made for editors took three times as long as all the rest of the build.

mod tokens;

use tokens::Syntax;

use crate::markup::escape;

/// The code of a fence with this info string, as HTML on one line; `None` where its language is not known.
pub fn html(info: &str, code: &str) -> Option<String> {
    let language = info.split([',', ' ']).next().unwrap_or_default();
    let syntax = Syntax::of(language)?;
    if syntax == Syntax::Rust && hides_lines(code) {
        return None;
    }
    let code = outdented(code);
    let mut spans = Spans::default();
    let mut at = 0;
    while at < code.len() {
        let (length, class) = tokens::first(syntax, &code[..at], &code[at..]);
        spans.push(&code[at..at + length], class);
        at += length;
    }
    Some(format!("<pre><code class=\"language-{}\">{}</code></pre>", escape(language), spans.end()))
}

/// Code without the indentation that all its lines share: what is included from the middle of a file has one.
fn outdented(code: &str) -> String {
    let filled = code.lines().filter(|line| !line.trim().is_empty());
    let shared = filled.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or_default();
    code.split_inclusive('\n').map(|line| line.get(shared..).unwrap_or("\n")).collect()
}

/// Rust's hidden lines start with `#` and a space, and are hidden by mdBook: such a block is left to it.
fn hides_lines(code: &str) -> bool {
    code.lines().map(str::trim).any(|line| line == "#" || line.starts_with("# "))
}

/// Spans of one class each, as few as can be.
#[derive(Default)]
struct Spans {
    html: String,
    class: &'static str,
    text: String,
}

impl Spans {
    fn push(&mut self, text: &str, class: &'static str) {
        // A space has no colour: it goes with what is there.
        if class != self.class && !text.trim().is_empty() {
            self.flush();
            self.class = class;
        }
        self.text.push_str(text);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let bare = text.trim_end();
        if self.class.is_empty() || bare.is_empty() {
            self.html.push_str(&escape(&text));
        } else {
            let (class, space) = (self.class, &text[bare.len()..]);
            self.html.push_str(&format!("<span class=\"{class}\">{}</span>{}", escape(bare), escape(space)));
        }
    }

    fn end(mut self) -> String {
        self.flush();
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has a class, in order.
    fn classes(info: &str, code: &str) -> Vec<(String, String)> {
        let html = html(info, code).unwrap();
        assert!(!html.contains('\n'), "{html}");
        let spans = html.split("<span class=\"h-").skip(1).map(|part| {
            let (class, rest) = part.split_once("\">").unwrap();
            (class.to_owned(), rest.split("</span>").next().unwrap().to_owned())
        });
        spans.collect()
    }

    #[track_caller]
    fn assert_classes(info: &str, code: &str, expected: &[(&str, &str)]) {
        let found = classes(info, code);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(class, text)| (class.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn rust_is_told_apart() {
        assert_classes(
            "rust,ignore",
            "/// Why.\n#[derive(Debug)]\npub fn one<'a>(s: &'a str) -> Option<u8> {\n    println!(\"{}\", 'x'); r#\"a\"b\"#; 1_0.5 // c\n}\n",
            &[
                ("comment", "/// Why."),
                ("attribute", "#[derive(Debug)]"),
                ("keyword", "pub fn"),
                ("name", "one"),
                ("attribute", "'a"),
                ("attribute", "'a"),
                ("type", "str"),
                ("type", "Option"),
                ("type", "u8"),
                ("name", "println!"),
                ("string", "&quot;{}&quot;"),
                ("string", "'x'"),
                ("string", "r#&quot;a&quot;b&quot;#"),
                ("number", "1_0.5"),
                ("comment", "// c"),
            ],
        );
    }

    #[test]
    fn yaml_is_told_apart() {
        assert_classes(
            "yaml",
            "services: # all\n  - image: \"redis:8\"\n    port: 80\n    url: http://a#b\n",
            &[
                ("key", "services"),
                ("comment", "# all"),
                ("key", "image"),
                ("string", "&quot;redis:8&quot;"),
                ("key", "port"),
                ("number", "80"),
                ("key", "url"),
            ],
        );
    }

    #[test]
    fn toml_json_and_dockerfiles_are_told_apart() {
        assert_classes(
            "toml",
            "[package]\nname = 'a' # b\nedition.workspace = true\n",
            &[
                ("type", "[package]"),
                ("key", "name"),
                ("string", "'a'"),
                ("comment", "# b"),
                ("key", "edition.workspace"),
                ("keyword", "true"),
            ],
        );
        assert_classes(
            "json",
            "{\"a\": [\"b\", -1, null]}",
            &[("key", "&quot;a&quot;"), ("string", "&quot;b&quot;"), ("number", "1"), ("keyword", "null")],
        );
        assert_classes(
            "dockerfile",
            "# why\nFROM scratch AS run\nRUN echo \"a\" && \\\n    RUN\n",
            &[
                ("comment", "# why"),
                ("keyword", "FROM"),
                ("keyword", "AS"),
                ("keyword", "RUN"),
                ("string", "&quot;a&quot;"),
            ],
        );
    }

    #[test]
    fn nothing_is_lost_whatever_the_code() {
        for code in [
            "",
            "\"open",
            "'",
            "r#\"",
            "/* open",
            "#[open",
            "é ñ 漢字 '漢' \\",
            "a\n\n  b: \t\n",
            "'''",
            "1e",
        ] {
            for info in ["rust", "yaml", "toml", "json", "dockerfile"] {
                let html = html(info, code).unwrap();
                let (_, text) = html.split_once("\">").unwrap();
                let text = text.strip_suffix("</code></pre>").unwrap();
                let bare: String =
                    text.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect();
                assert_eq!(bare, escape(code), "{info}");
            }
        }
    }

    #[test]
    fn the_indentation_that_all_lines_share_is_left_out() {
        assert_eq!(outdented("    a\n\n      b\n    c\n"), "a\n\n  b\nc\n");
        assert_eq!(outdented("a\n  b"), "a\n  b");
    }

    #[test]
    fn plain_text_unknown_languages_and_hidden_lines_are_left_alone() {
        for (info, code) in
            [("", "a"), ("text", "a"), ("klingon", "a"), ("rust", "# use std::fs;\nfs::read();\n")]
        {
            assert_eq!(html(info, code), None, "{info}");
        }
    }
}
