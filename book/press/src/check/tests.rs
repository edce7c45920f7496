//! Each rule is broken once, and found on its line.

use std::fs;

use super::*;

mod links;

/// A small book in both languages in which nothing is wrong.
const EN: &str = "---\nminutes: 5\n---\n\n# One page\n\nSome words.\n\n```console\n$ true # says nothing\n$ echo a\na\n```\n";
const PT: &str = "---\nminutes: 5\n---\n\n# Uma página\n\nAlgumas palavras.\n\n```console\n$ true # não diz nada\n$ echo a\na\n```\n";

/// What every page has besides, in no language.
const PARTS: &str = "\n<details>\n<summary>1 + 1?</summary>\n\n2\n\n</details>\n\n<details class=\"notes\">\n<summary>3</summary>\n\n4\n\n</details>\n";

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new(en: &str, pt: &str) -> Fixture {
        let fixture = Fixture { dir: tempfile::tempdir().unwrap() };
        for (language, page) in [("en", en), ("pt-BR", pt)] {
            fixture.write(&format!("book/{language}/src/SUMMARY.md"), "# Summary\n\n- [One](one.md)\n");
            fixture.write(&format!("book/{language}/src/pic.png"), "");
            fixture.write_page(&format!("book/{language}/src/one.md"), page);
        }
        follow(fixture.dir.path(), &[]).ok();
        fixture
    }

    /// Writes a page that has what every page has.
    fn write_page(&self, path: &str, text: &str) {
        self.write(path, format!("{text}{PARTS}"));
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn findings(&self) -> Vec<String> {
        let findings = check(self.dir.path()).unwrap().findings;
        findings
            .into_iter()
            .map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.what))
            .collect()
    }
}

/// What is found where `text` is added to the English page; the Portuguese one follows it.
fn found_in(text: &str) -> Vec<String> {
    Fixture::new(&format!("{EN}{text}"), PT).findings()
}

#[track_caller]
fn assert_found(findings: &[String], expected: &[&str]) {
    let all = findings.len() == expected.len()
        && findings.iter().zip(expected).all(|(found, part)| found.contains(part));
    assert!(all, "{findings:#?}");
}

#[test]
fn a_sound_book_has_no_finding() {
    assert_found(&Fixture::new(EN, PT).findings(), &[]);
}

#[test]
fn a_page_in_one_language_only_is_found() {
    let fixture = Fixture::new(EN, PT);
    fixture.write_page("book/en/src/two.md", EN);
    assert_found(
        &fixture.findings(),
        &["two.md:1: the page is not in", "two.md:1: the page is not there in pt-BR"],
    );
}

#[test]
fn tables_of_contents_that_differ_are_found() {
    let fixture = Fixture::new(EN, PT);
    fixture.write("book/en/src/SUMMARY.md", "# Summary\n\n- [One](one.md)\n- [Two](two.md)\n");
    assert_found(
        &fixture.findings(),
        &["en/src/SUMMARY.md:1: the pages", "pt-BR/src/SUMMARY.md:1: the pages"],
    );
}

#[test]
fn steps_that_differ_are_found_on_their_line() {
    for (from, to, expected) in [
        ("$ echo a\na\n", "$ echo b\na\n", "one.md:12: the command is another"),
        ("$ echo a\na\n", "$ echo a\nb\n", "one.md:13: another output"),
        ("$ echo a\na\n", "$ echo a\n? 1\na\n", "one.md:12: another exit status"),
        ("$ echo a\na\n", "$ echo a\na\n$ true\n", "one.md:10: the step has another number of commands"),
        ("```console\n", "```console,stderr\n", "one.md:10: the step has other attributes"),
        ("a\n```\n", "a\n```\n\n```console\n$ true\n```\n", "one.md:16: 2 steps, where"),
        ("minutes: 5", "minutes: 6", "one.md:1: the minutes are not those"),
    ] {
        let findings = Fixture::new(EN, &PT.replace(from, to)).findings();
        assert_found(&findings, &[&format!("book/pt-BR/src/{expected}")]);
    }
}

#[test]
fn a_page_that_breaks_a_rule_of_the_steps_is_found() {
    let findings = Fixture::new(&EN.replace("$ echo a", "$ "), PT).findings();
    assert_found(&findings[..1], &["book/en/src/one.md:11: there is no command"]);
    let findings = Fixture::new(&EN.replace("```console", "```console,norun"), PT).findings();
    assert_found(&findings[..1], &["book/en/src/one.md:9: norun gives no reason"]);
}

#[test]
fn a_translation_whose_source_has_changed_is_found_with_the_paragraph() {
    let fixture = Fixture::new(EN, PT);
    fixture.write_page("book/en/src/one.md", &EN.replace("Some words.", "Other words."));
    assert_found(
        &fixture.findings(),
        &["book/pt-BR/src/one.md:1: book/en/src/one.md:7 is new or has changed: “Other words."],
    );
    assert_eq!(follow(fixture.dir.path(), &[]).unwrap(), ["book/pt-BR/src/one.md"]);
    assert_found(&fixture.findings(), &[]);
    fixture.write_page("book/en/src/one.md", &EN.replace("Some words.\n\n", ""));
    assert_found(&fixture.findings(), &["are no longer there, before book/en/src/one.md:7: 1"]);
}

#[test]
fn a_translation_is_behind_exactly_the_paragraphs_that_changed_moved_came_or_went() {
    let page = |blocks: &str| {
        let told = blocks.split(' ').map(|word| format!("Some {word} words.\n\n"));
        EN.replace("Some words.\n\n", &told.collect::<String>())
    };
    let fixture = Fixture::new(&page("one two three four five six"), PT);
    let (moved, new) = ("has moved", "is new or has changed");
    let at = |line: usize, what: &str, word: &str| {
        format!("pt-BR/src/one.md:1: book/en/src/one.md:{line} {what}: “Some {word} words.")
    };
    let gone = |place: &str| {
        format!("pt-BR/src/one.md:1: blocks that it translates are no longer there, {place}: 1")
    };
    for (blocks, expected) in [
        ("one two three four five six", vec![]),
        ("two one three four five six", vec![at(7, moved, "two")]),
        ("six one two three four five", vec![at(7, moved, "six")]),
        ("one two four five three six", vec![at(15, moved, "three")]),
        ("one two two three four five six", vec![at(11, new, "two")]),
        ("one two three four five six one", vec![at(19, new, "one")]),
        ("one two three-four five six", vec![at(11, new, "three-four")]),
        ("one other three four five six", vec![at(9, new, "other")]),
        ("one three four five six", vec![gone("before book/en/src/one.md:9")]),
        ("two three other one five six", vec![at(11, new, "other"), at(13, moved, "one")]),
        ("other three four five one six", vec![at(15, moved, "one"), at(7, new, "other")]),
    ] {
        fixture.write_page("book/en/src/one.md", &page(blocks));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        assert_found(&fixture.findings(), &expected);
    }
    // A listing counts as a paragraph does, and the last block has an end behind it.
    let listing = "\n```toml\na = 1\n```\n";
    let fixture = Fixture::new(&format!("{EN}{listing}"), PT);
    fixture.write_page("book/en/src/one.md", &format!("{EN}{}", listing.replace('1', "2")));
    assert_found(&fixture.findings(), &["one.md:15 is new or has changed: “```toml a = 2 ``` …”"]);
    let fixture = Fixture::new(EN, PT);
    fixture.write("book/en/src/one.md", format!("{EN}{PARTS}").trim_end().trim_end_matches("</details>"));
    assert!(
        fixture
            .findings()
            .iter()
            .any(|found| found.contains("no longer there, at the end of book/en/src/one.md: 1"))
    );
}

#[test]
fn white_space_alone_is_no_change() {
    let fixture = Fixture::new(EN, PT);
    fixture.write_page("book/en/src/one.md", &EN.replace("Some words.", "Some\nwords."));
    assert_found(&fixture.findings(), &[]);
}

#[test]
fn a_page_is_read_as_any_editor_writes_it_and_its_lines_keep_their_numbers() {
    let crlf = EN.replace('\n', "\r\n");
    for page in [format!("\u{feff}{EN}"), crlf.clone(), format!("\u{feff}{crlf}")] {
        let fixture = Fixture::new(&page, PT);
        assert_found(&fixture.findings(), &[]);
        fixture.write_page("book/en/src/one.md", &format!("{page}\n[a](two.md)"));
        let findings = fixture.findings();
        assert!(findings.iter().any(|found| found.contains("one.md:15: there is no page")), "{findings:#?}");
    }
    let fixture = Fixture::new(EN, PT);
    fixture.write("book/en/src/one.md", format!("{EN}{PARTS}").trim_end());
    assert_found(&fixture.findings(), &[]);
}

#[test]
fn a_file_that_is_no_text_is_named_with_the_true_reason() {
    let utf16 = |mark: &str| -> Vec<u8> {
        format!("{mark}{EN}{PARTS}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let latin = EN.replace("Some", "S\u{ff}me").chars().map(|c| u32::from(c) as u8).collect::<Vec<u8>>();
    for (bytes, why) in [
        (utf16("\u{feff}"), "it is UTF-16, as PowerShell's “>” writes it; save it as UTF-8"),
        (utf16(""), "line 1 holds a NUL byte"),
        (latin, "line 7 is not UTF-8"),
    ] {
        for path in ["book/en/src/one.md", "book/en/src/SUMMARY.md", "book/words.en.txt"] {
            let fixture = Fixture::new(EN, PT);
            fixture.write(path, &bytes);
            let error = format!("{:#}", check(fixture.dir.path()).unwrap_err());
            assert!(error.contains(&format!("{path}: {why}")), "{error}");
        }
    }
}

#[test]
fn a_translation_keeps_its_line_ends_when_it_follows() {
    let fixture = Fixture::new(EN, PT);
    let path = "book/pt-BR/src/one.md";
    fixture.write(path, format!("\u{feff}{PT}{PARTS}").replace('\n', "\r\n"));
    assert_eq!(follow(fixture.dir.path(), &[]).unwrap(), [path]);
    let text = fs::read_to_string(fixture.dir.path().join(path)).unwrap();
    assert!(text.starts_with("---\r\nminutes: 5\r\ntranslates: "), "{text:?}");
    assert!(!text.replace("\r\n", "").contains('\n') && !text.contains("\r\r"), "{text:?}");
    assert_found(&fixture.findings(), &[]);
    assert!(follow(fixture.dir.path(), &[]).unwrap().is_empty(), "it follows already");
}

#[test]
fn a_word_is_known_by_the_list_behind_a_byte_order_mark() {
    for list in ["\u{feff}wrods\n", "other\r\nwrods\r\n", "wrods"] {
        let fixture = Fixture::new(&EN.replace("Some words.", "Some wrods."), PT);
        fixture.write("book/words.en.txt", list);
        assert_found(&fixture.findings(), &[]);
    }
}

#[test]
fn a_page_without_its_minutes_its_question_or_its_notes_is_found() {
    let minutes = "one.md:1: the head matter does not say how long the page takes";
    let question = "one.md:1: the page has no question with its answer folded";
    let notes = "one.md:1: the page has no speaker notes";
    for (from, to, expected) in [
        ("minutes: 5\n", "", minutes),
        ("<details>\n<summary>1 + 1?</summary>\n\n2\n\n</details>\n\n", "", question),
        ("1 + 1?", "1 + 1", question),
        ("</summary>\n\n2\n\n</details>", "</summary>\n\n</details>", question),
        ("<details class=\"notes\">", "<details class=\"other\">", notes),
        ("</summary>\n\n4\n\n</details>", "</summary>\n\n</details>", notes),
    ] {
        let without = |page: &str| format!("{page}{PARTS}").replace(from, to);
        let fixture = Fixture::new(EN, PT);
        fixture.write("book/en/src/one.md", without(EN));
        fixture.write("book/pt-BR/src/one.md", without(PT));
        follow(fixture.dir.path(), &[]).unwrap();
        let [english, portuguese] = ["en", "pt-BR"].map(|language| format!("book/{language}/src/{expected}"));
        assert_found(&fixture.findings(), &[&english, &portuguese]);
    }
    let in_a_block = "\n```html\n<details class=\"notes\">\n<summary>5</summary>6</details>\n```\n";
    let fixture = Fixture::new(EN, PT);
    fixture.write("book/en/src/one.md", format!("{EN}{in_a_block}"));
    follow(fixture.dir.path(), &[]).unwrap();
    assert_found(&fixture.findings(), &[question, notes]);
}

#[test]
fn a_schedule_that_does_not_add_up_is_found_on_its_line() {
    let both = |schedule: &str| {
        Fixture::new(&format!("{EN}\n{schedule}\n"), &format!("{PT}\n{schedule}\n")).findings()
    };
    assert_found(&both("{{#schedule 6 one break=1}}"), &[]);
    for (schedule, what) in [
        ("{{#schedule 5 one break=1}}", "the schedule takes 6 minutes, and there are 5"),
        ("{{#schedule 60 one two}}", "the schedule has a page “two”"),
        ("{{#schedule 60 one pause=5}}", "“pause=5” is neither a page nor a break"),
        ("{{#schedule one}}", "the schedule does not say its minutes"),
    ] {
        let [english, portuguese] = [("en", 15), ("pt-BR", 16)]
            .map(|(language, line)| format!("book/{language}/src/one.md:{line}: {what}"));
        assert_found(&both(schedule), &[&english, &portuguese]);
    }
    let findings = both(&"{{#schedule 9 two}}\n".repeat(2));
    assert_eq!(findings.len(), 4, "each line is told: {findings:#?}");
    let fixture = Fixture::new(&format!("{EN}\n{{{{#schedule 9 one}}}}\n").replace("minutes: 5\n", ""), PT);
    let found = fixture.findings();
    assert!(
        found.iter().any(|found| found.contains("the page “one” of the schedule does not say")),
        "{found:#?}"
    );
    // In the middle of a line it is no schedule, and no include either.
    assert_found(&found_in("\nas {{#schedule 9 one}}\n"), &["one.md:15: “schedule” is no include"]);
}

#[test]
fn schedules_that_differ_between_the_languages_are_found() {
    let findings = |pt: &str| {
        let en = format!("{EN}\n{{{{#schedule 9 one}}}}\n\n{{{{#schedule 20 one break=5}}}}\n");
        Fixture::new(&en, &format!("{PT}\n{pt}\n")).findings()
    };
    assert_found(&findings("{{#schedule 9 one}}\n\n{{#schedule  20  one break=5}}"), &[]);
    assert_found(
        &findings("{{#schedule 9 one}}\n\n{{#schedule 20 one break=6}}"),
        &["book/pt-BR/src/one.md:18: the schedule is another than in book/en/src/one.md:17"],
    );
    assert_found(
        &findings("{{#schedule 9 one}}"),
        &["book/pt-BR/src/one.md:16: 1 schedules, where book/en/src/one.md has 2"],
    );
}

/// All rules are runbook's, and tested there: here, that they are findings, and that the page's twin tells of it.
#[test]
fn a_command_outside_a_step_is_found() {
    let there = "book/pt-BR/src/one.md:1: the page is not there in en, or breaks a rule";
    assert_found(&found_in("\n```sh\ntrue\n```\n"), &["one.md:15: “sh” is no language", there]);
    assert_found(
        &found_in("\n```text\na\n$ true\n```\n"),
        &["one.md:17: a command is shown that nothing runs", there],
    );
    assert_found(&found_in("\n```text\ntrue\n```\n"), &[]);
}

#[test]
fn an_included_file_that_would_end_its_listing_is_found() {
    let fixture = Fixture::new(&format!("{EN}\n```text\n{{{{#include a.txt}}}}\n```\n"), PT);
    fixture.write("book/en/src/a.txt", "a\n```\n\n```console\n$ true\n");
    let there = "book/pt-BR/src/one.md:1: the page is not there in en, or breaks a rule";
    assert_found(&fixture.findings(), &["one.md:16: “a.txt” holds a line that ends the fence", there]);
}

#[test]
fn a_page_that_is_elsewhere_is_found() {
    for link in ["./one.md", "sub/one.md"] {
        let fixture = Fixture::new(EN, PT);
        fixture.write("book/en/src/SUMMARY.md", format!("# Summary\n\n- [One]({link})\n"));
        let told = format!("book/en/src/SUMMARY.md:3: “{link}” is no page beside the table of contents");
        let found = fixture.findings();
        assert!(found.iter().any(|found| found.starts_with(&told)), "{found:#?}");
    }
}

#[test]
fn a_step_that_is_not_run_is_listed_with_its_reason() {
    let step = "\n```console,norun=\"it asks\"\n$ true\n```\n";
    let fixture = Fixture::new(&format!("{EN}{step}"), &format!("{PT}{step}"));
    let not_run = check(fixture.dir.path()).unwrap().not_run;
    assert_found(
        &not_run,
        &["book/en/src/one.md:15: not run: it asks", "book/pt-BR/src/one.md:16: not run: it asks"],
    );
}

#[test]
fn a_variant_that_the_glossary_lists_is_found() {
    let fixture = Fixture::new(&EN.replace("Some words.", "Some Vocables."), PT);
    let glossary = "---\nminutes: 5\n---\n\n# Words\n\n## word\n\nNot: “vocables”.\n";
    fixture.write("book/en/src/glossary.md", glossary);
    fixture.write("book/words.en.txt", "vocables\n");
    let told: Vec<String> =
        fixture.findings().into_iter().filter(|found| found.contains("vocables")).collect();
    assert_found(&told, &["book/en/src/one.md:7: “vocables” is not the book's word"]);
    fixture.write("book/en/src/glossary.md", glossary.replace("## word", "## The `word` {#w}"));
    let findings = check(fixture.dir.path()).unwrap().findings;
    assert!(findings.iter().any(|found| found.cure == "the glossary has “The word”"), "{findings:#?}");
}

#[test]
fn an_unknown_word_is_found_or_the_language_is_named_as_skipped() {
    let report = |text: &str| {
        let fixture = Fixture::new(&EN.replace("Some words.", text), PT);
        fixture.write("book/words.en.txt", "Compose\n");
        check(fixture.dir.path()).unwrap()
    };
    if report("Some words.").skipped.is_empty() {
        let findings = report("Some wrods, Compose's `cde` <b>lettres</b>.").findings;
        let told: Vec<String> =
            findings.iter().map(ToString::to_string).filter(|told| told.contains("unknown")).collect();
        assert_found(&told, &["one.md:7: unknown word “lettres”", "one.md:7: unknown word “wrods”"]);
    } else {
        assert!(report("Some words.").skipped.iter().all(|why| why.contains("install hunspell-")));
    }
}
