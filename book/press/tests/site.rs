//! The site, built from the fixture's two books.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::fs;

use common::{Books, tags, values};

const PAGES: [&str; 7] = [
    "en/first.html",
    "en/second.html",
    "en/alone.html",
    "en/index.html",
    "pt-BR/first.html",
    "pt-BR/second.html",
    "pt-BR/index.html",
];

#[test]
fn the_head_matter_is_gone_and_the_minutes_are_shown() {
    let books = Books::new();
    books.build();
    for page in PAGES {
        let page = books.page(page);
        assert!(!page.contains("minutes:") && !page.contains("translates"), "{page}");
    }
    assert!(books.page("en/second.html").contains("<p class=\"minutes\">1 minute</p>"));
    assert!(books.page("pt-BR/first.html").contains("<p class=\"minutes\">10 minutos</p>"));
}

#[test]
fn a_step_is_told_apart_and_its_copy_holds_the_commands_alone() {
    let books = Books::new();
    books.build();
    let page = books.page("en/first.html");
    let commands: Vec<String> =
        values(&page, "data-commands").iter().map(|text| text.replace("&#92;", "\\")).collect();
    assert_eq!(commands, ["echo one \\\n  two\nls missing\ncat log"]);
    let (_, step) = page.split_once("<pre class=\"console\"").unwrap();
    let (step, rest) = step.split_once("</pre>").unwrap();
    assert_eq!(step.matches("class=\"prompt\"").count(), 4, "{step}");
    assert_eq!(step.matches("<span class=\"any\">…</span>").count(), 2, "{step}");
    assert!(!step.contains("[..]") && !step.contains("..."), "{step}");
    assert!(step.contains(">exit status 2<"), "{step}");
    assert!(rest.contains("this is [..] text"), "only steps have wildcards");
    let portuguese = books.page("pt-BR/second.html");
    assert!(portuguese.contains("<strong>Os testes não executam este passo:</strong> ele pergunta e espera"));
    assert!(books.page("pt-BR/first.html").contains(">código de saída 2<"));
}

#[test]
fn code_is_included_and_highlighted() {
    let books = Books::new();
    books.build();
    let page = books.page("pt-BR/first.html");
    assert!(page.contains("<span class=\"h-keyword\">pub fn</span>"), "{page}");
    assert!(!page.contains("ANCHOR") && !page.contains("#include"), "{page}");
    assert!(
        books
            .page("en/first.html")
            .contains("<span class=\"h-key\">name</span> = <span class=\"h-string\">\"app\"</span>")
    );
}

#[test]
fn pictures_and_folded_answers_survive() {
    let books = Books::new();
    books.build();
    let page = books.page("en/first.html");
    assert!(page.contains("stroke=\"currentColor\"") && page.contains("aria-labelledby=\"t\""), "{page}");
    assert!(page.contains("<title id=\"t\">A box</title>"), "{page}");
    assert!(page.contains("<summary>A question</summary>") && page.contains("<p>Its answer.</p>"), "{page}");
}

#[test]
fn each_page_says_its_language_its_address_and_its_twin() {
    let books = Books::new();
    books.build();
    let address = |language: &str, page: &str| format!("https://example.org/factor/{language}/{page}.html");
    for (language, other, name) in [("en", "pt-BR", "Português"), ("pt-BR", "en", "English")] {
        for (file, page) in [("first", "first"), ("second", "second"), ("index", "first")] {
            let html = books.page(&format!("{language}/{file}.html"));
            assert!(html.contains(&format!("<html lang=\"{language}\"")), "{html}");
            let own = address(language, page);
            assert_eq!(
                html.matches(&format!("<link rel=\"canonical\" href=\"{own}\">")).count(),
                1,
                "{html}"
            );
            for (tag, to) in [("en", "en"), ("pt-BR", "pt-BR"), ("x-default", "en")] {
                let link =
                    format!("<link rel=\"alternate\" hreflang=\"{tag}\" href=\"{}\">", address(to, page));
                assert_eq!(html.matches(&link).count(), 1, "{language}/{file}: {link}");
            }
            let link =
                format!("href=\"../{other}/{page}.html\" hreflang=\"{other}\" lang=\"{other}\">{name}</a>");
            assert_eq!(html.matches(&link).count(), 1, "{language}/{file}: {link}");
        }
    }
    let alone = books.page("en/alone.html");
    assert!(!alone.contains("<link rel=\"alternate\""), "{alone}");
    assert!(alone.contains("href=\"../pt-BR/index.html\" hreflang=\"pt-BR\""), "{alone}");
}

#[test]
fn nothing_is_fetched_from_elsewhere_and_every_local_address_exists() {
    let books = Books::new();
    books.build();
    for page in PAGES {
        let html = books.page(page);
        let folder = books.root().join("target/book").join(page);
        let folder = folder.parent().unwrap();
        let fetched = tags(&html, "<link ")
            .into_iter()
            .filter(|tag| !tag.contains("canonical") && !tag.contains("alternate"));
        let fetched: Vec<&str> =
            fetched.flat_map(|tag| values(tag, "href")).chain(values(&html, "src")).collect();
        assert!(fetched.len() <= 4, "{page} fetches {fetched:?}");
        for address in fetched.into_iter().chain(values(&html, "data-search")) {
            assert!(!address.contains("//"), "{page}: {address}");
            assert!(folder.join(address).exists(), "{page}: {address}");
        }
        for address in values(&html, "href").into_iter().filter(|address| !address.contains("://")) {
            let file = address.split('#').next().unwrap();
            assert!(file.is_empty() || folder.join(file).exists(), "{page}: {address}");
        }
    }
}

#[test]
fn a_first_visit_is_light() {
    let books = Books::new();
    books.build();
    for page in PAGES {
        let html = books.page(page);
        let folder = page.split('/').next().unwrap();
        let link = |tag: &&str| tag.contains("stylesheet") || tag.contains("icon");
        let fetched = tags(&html, "<link ").into_iter().filter(link).flat_map(|tag| values(tag, "href"));
        let fetched: Vec<&str> = fetched.chain(values(&html, "src")).collect();
        let size = |name: &&str| {
            fs::metadata(books.root().join("target/book").join(folder).join(name)).unwrap().len()
        };
        let total = html.len() as u64 + fetched.iter().map(size).sum::<u64>();
        assert!(total <= 120_000, "{page}: {total} bytes");
        assert!(fetched.len() < 8, "{page}: {fetched:?}");
    }
}

#[test]
fn no_page_and_no_script_handles_events_inline() {
    let books = Books::new();
    books.build();
    for entry in walkdir::WalkDir::new(books.root().join("target/book")) {
        let path = entry.unwrap().into_path();
        let name = path.display().to_string();
        if name.ends_with(".html") {
            let html = fs::read_to_string(&path).unwrap();
            for handler in [" onclick=", " onload=", " onerror=", "EventSource"] {
                assert!(!html.contains(handler), "{name}: {handler}");
            }
        } else if name.ends_with(".js") {
            let script = fs::read_to_string(&path).unwrap();
            assert!(!script.contains("onunload") && !script.contains("console.log"), "{name}");
        }
    }
}

#[test]
fn the_chrome_is_accessible_and_speaks_the_pages_language() {
    let books = Books::new();
    books.build();
    for page in PAGES {
        let html = books.page(page);
        assert!(!html.contains("<label") && !html.contains("iframe") && !html.contains("navy"), "{page}");
        for theme in ["default_theme", "light", "ayu"] {
            assert_eq!(html.matches(&format!("id=\"mdbook-theme-{theme}\"")).count(), 1, "{page}: {theme}");
        }
        assert_eq!(html.matches("class=\"theme\"").count(), 3, "{page}");
        assert_eq!(html.matches("<h1").count(), 1, "{page}");
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1, "{page}");
        assert_eq!(tags(&html, "<header").len(), 1, "{page}");
        for code in html.split("<pre").skip(1) {
            let (_, code) = code.split_once("<code").unwrap();
            assert!(code.split('>').next().unwrap().contains("tabindex=\"0\""), "{page}: {code}");
        }
    }
    let english =
        ["Table of Contents", "Change theme", "Search this book", "Previous", "Next", "Keyboard", "Themes"];
    for page in ["pt-BR/first.html", "pt-BR/second.html", "pt-BR/404.html"] {
        let html = books.page(page);
        for text in english {
            assert!(!html.contains(text), "{page}: {text}");
        }
        assert!(html.contains("aria-label=\"Buscar neste livro\""), "{page}");
    }
    assert!(books.page("pt-BR/404.html").contains("<h1>Esta página não existe</h1>"));
    assert!(books.page("pt-BR/404.html").contains("<base href=\"/factor/pt-BR/\">"));
}

#[test]
fn the_map_and_the_entry_lead_to_every_book_and_page() {
    let books = Books::new();
    books.build();
    let map = books.page("sitemap.xml");
    for page in ["en/first", "en/second", "en/alone", "pt-BR/first", "pt-BR/second"] {
        assert!(map.contains(&format!("<loc>https://example.org/factor/{page}.html</loc>")), "{map}");
    }
    assert_eq!(map.matches("<url>").count(), 5, "{map}");
    let entry = books.page("index.html");
    for link in ["<a href=\"en/index.html\"", "<a href=\"pt-BR/index.html\"", "navigator.languages"] {
        assert!(entry.contains(link), "{entry}");
    }
}

#[test]
fn a_schedule_becomes_a_table_that_leads_to_its_pages() {
    let books = Books::new();
    for language in ["en", "pt-BR"] {
        let list = if language == "en" { "## A list" } else { "## Uma lista" };
        let schedule = format!("{{{{#schedule 20 first break=5 second}}}}\n\n{list}");
        books.change(&format!("book/{language}/src/second.md"), list, &schedule);
    }
    books.build();
    for (language, title, pause) in
        [("en", "The first page", "Break"), ("pt-BR", "A primeira página", "Intervalo")]
    {
        let html = books.page(&format!("{language}/second.html"));
        assert!(!html.contains("#schedule"), "{html}");
        let (_, table) = html.split_once("<table>").unwrap();
        let (table, _) = table.split_once("</table>").unwrap();
        assert!(table.contains(&format!("<a href=\"first.html\">{title}</a>")), "{table}");
        for text in ["0:00", "0:10", pause, "0:15", "0:16", "0:20", "20"] {
            assert!(table.contains(&format!(">{text}<")), "{text}: {table}");
        }
    }
    books.change("book/en/src/second.md", "#schedule 20", "#schedule 15");
    books.change(
        "book/en/src/second.md",
        "# The second page\n",
        "# The second page\n\n\\{{#schedule 1 x}}\n",
    );
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert_eq!(error.lines().count(), 1, "{error}");
    let told = "book/en/src/second.md: line 9: the schedule takes 16 minutes, and there are 15; leave out";
    assert!(error.contains(told), "{error}");
}

#[test]
fn a_page_that_breaks_a_rule_or_includes_nothing_fails_the_build_by_its_name() {
    let books = Books::new();
    books.change("book/en/src/second.md", "   $ redis-cli", "   $");
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert!(error.contains("book/en/src/second.md: line 12: there is no command"), "{error}");
    let books = Books::new();
    books.change("book/pt-BR/src/first.md", "app.rs", "gone.rs");
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert!(error.contains("book/pt-BR/src/first.md") && error.contains("gone.rs"), "{error}");
}

/// Each is shown to a reader as something to type: check, build and live refuse it alike, by its file, its line and its reason.
#[test]
fn what_looks_like_a_step_and_would_not_be_run_is_refused_by_all() {
    for (text, line, reason) in [
        ("```console timeout=300\n$ false\n```\n", 17, "“console timeout=300” is neither a step"),
        ("```console stderr\n$ false\n```\n", 17, "“console stderr” is neither a step"),
        ("```console {.wide}\n$ false\n```\n", 17, "“console {.wide}” is neither a step"),
        ("```Console\n$ false\n```\n", 17, "“Console” is neither a step"),
        ("```bash-session\n$ false\n```\n", 17, "“bash-session” is no language"),
        ("```\ndocker compose up\n```\n", 17, "the fence names no language"),
        (
            "<details>\n<summary>1</summary>\n```console\n$ false\n```\n</details>\n",
            19,
            "a fence inside HTML",
        ),
        ("{{#include ../../../step.txt}}\n", 17, "a file is included outside a fence"),
        ("```text\n{{#include ../../../step.txt}}\n```\n", 18, "“../../../step.txt” holds a line that ends"),
        ("> ```console\n> $ false\n\nText\n", 17, "the fence is not closed"),
    ] {
        let books = Books::new();
        books.write("step.txt", "a\n```\n\n```console\n$ false\n```\n");
        let page = books.read("book/en/src/second.md");
        books.write("book/en/src/second.md", &format!("{page}\n{text}"));
        let found = press::check::check(books.root()).unwrap().findings;
        let is_it = |finding: &press::check::Finding| {
            finding.path == "book/en/src/second.md" && finding.line == line && finding.what.contains(reason)
        };
        assert!(found.iter().any(is_it), "{text}: {found:#?}");
        let stage = press::live::stage::Stage::new(books.root(), String::new(), String::new()).err().unwrap();
        for error in [books.try_build().unwrap_err(), stage] {
            let error = format!("{error:#}");
            assert!(
                error.contains("second") && error.contains(&format!("line {line}: {reason}")),
                "{text}: {error}"
            );
        }
    }
}

#[test]
fn a_page_that_is_elsewhere_is_refused_by_all() {
    for link in ["./second.md", "sub/second.md", "second.md#part"] {
        let books = Books::new();
        books.change("book/en/src/SUMMARY.md", "second.md", link);
        let stage = press::live::stage::Stage::new(books.root(), String::new(), String::new()).err().unwrap();
        for error in [books.try_build().unwrap_err(), stage] {
            let error = format!("{error:#}");
            assert!(
                error.contains("SUMMARY.md: line ") && error.contains(&format!("“{link}” is no page")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_step_in_a_quotation_or_a_list_is_shown_and_run() {
    let books = Books::new();
    let page = books.read("book/en/src/second.md");
    let text = "> ```console\n> $ false\n> ? 1\n> ```\n\n1. One\n\n\t```console\n\t$ true\n\t```\n";
    books.write("book/en/src/second.md", &format!("{page}\n{text}"));
    books.build();
    assert_eq!(values(&books.page("en/second.html"), "data-commands"), ["redis-cli", "false", "true"]);
}

#[test]
fn a_file_that_is_no_text_fails_the_build_by_its_name_and_for_its_true_reason() {
    let utf16 = |mark: &str, text: &str| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    for path in ["book/en/src/first.md", "book/pt-BR/src/SUMMARY.md", "book/en/book.toml"] {
        let books = Books::new();
        let text = books.read(path);
        let told = |bytes: &[u8]| {
            fs::write(books.root().join(path), bytes).unwrap();
            format!("{:#}", books.try_build().unwrap_err())
        };
        let error = told(&utf16("\u{feff}", &text));
        assert!(error.contains(&format!("{path}: it is UTF-16")), "{error}");
        let error = told(&utf16("", &text));
        assert!(error.contains(&format!("{path}: line 1 holds a NUL byte")), "{error}");
        fs::write(books.root().join(path), format!("\u{feff}{text}")).unwrap();
        books.build();
        assert!(books.page("en/first.html").contains("<p class=\"minutes\">10 minutes</p>"));
    }
}

#[test]
fn a_place_that_mdbook_has_moved_fails_the_build() {
    let books = Books::new();
    // Another version of mdBook, as far as the pass can tell.
    books
        .write("book/theme/index.hbs", "<html><head></head><body><main>{{{ content }}}</main></body></html>");
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert!(error.contains("mdBook's pages link to other style sheets than expected"), "{error}");
    let books = Books::new();
    books.write("book/theme/book.js", "// new\n");
    let error = format!("{:#}", books.try_build().unwrap_err());
    assert!(error.contains("book.js: “window.onunload"), "{error}");
}
