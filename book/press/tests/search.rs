//! The search, run as a browser runs it: mdBook's script and index, and this book's own in Portuguese.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{Books, repository};
use rquickjs::{Context, Runtime};
use rust_stemmers::{Algorithm, Stemmer};

/// Stands for the page: whatever is asked of it, it is there, and does nothing.
const PAGE: &str = "
    const page = new Proxy(function () {}, {
        get: (_, name) => name === Symbol.toPrimitive ? () => '' : page,
        set: () => true, apply: () => page, construct: () => page,
    });
    var window = globalThis, document = page, location = page, history = page, navigator = page;
    window.path_to_searchindex_js = ''; var path_to_root = '';
";

/// A browser on a page of the book in `folder`, whose search was opened.
fn browser(folder: &std::path::Path) -> (Runtime, Context) {
    let runtime = Runtime::new().unwrap();
    runtime.set_max_stack_size(8 << 20);
    let context = Context::full(&runtime).unwrap();
    let file = |start: &str| {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let found =
            files.into_iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start));
        fs::read_to_string(found.unwrap()).unwrap()
    };
    let scripts = [PAGE.to_owned(), file("search-"), file("searchindex-")];
    context.with(|ctx| {
        for script in scripts {
            let mut options = rquickjs::context::EvalOptions::default();
            // As scripts of a page are, unless they say otherwise.
            options.strict = false;
            let done: Result<(), _> = ctx.eval_with_options(script, options);
            if done.is_err() {
                panic!("{:?}", ctx.catch());
            }
        }
        let search = "window.find = words => {
            const index = window.index ??= elasticlunr.Index.load(window.search.index);
            const results = index.search(words, window.search.search_options);
            return results.map(result => window.search.doc_urls[result.ref]);
        };";
        ctx.eval::<(), _>(search).unwrap();
    });
    (runtime, context)
}

fn find(context: &Context, words: &str) -> Vec<String> {
    context.with(|ctx| ctx.eval(format!("window.find({words:?})")).unwrap())
}

#[test]
fn a_portuguese_word_is_found_without_accents_and_in_another_inflection() {
    let books = Books::new();
    books.build();
    let (_runtime, context) = browser(&books.root().join("target/book/pt-BR"));
    for (words, page) in [
        ("migracao", "first"),
        ("migração", "first"),
        ("migrações", "first"),
        ("MIGRACAO", "first"),
        ("ate", "first"),
        ("conteiner", "first"),
        ("contêiner", "first"),
        ("executar", "first"),
        ("executado", "first"),
        ("executa", "first"),
        ("papel", "second"),
        ("opcao", "second"),
        ("listas", "second"),
        ("papel e opção", "second"),
    ] {
        let found = find(&context, words);
        assert!(
            found.iter().any(|address| address.starts_with(&format!("{page}.html"))),
            "{words}: {found:?}"
        );
    }
    assert_eq!(find(&context, "xilofone"), [""; 0]);
}

#[test]
fn an_english_word_is_found_as_ever() {
    let books = Books::new();
    books.build();
    let (_runtime, context) = browser(&books.root().join("target/book/en"));
    for words in ["migration", "migrations", "container"] {
        let found = find(&context, words);
        assert!(found.iter().any(|address| address.starts_with("first.html")), "{words}: {found:?}");
    }
}

#[test]
fn what_snowball_stems_alike_is_stemmed_alike_here() {
    let books = Books::new();
    books.build();
    let (_runtime, context) = browser(&books.root().join("target/book/pt-BR"));
    let snowball = Stemmer::create(Algorithm::Portuguese);
    let words = words_of_the_book();
    let mut groups: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut stems = BTreeSet::new();
    for word in &words {
        let stem: String = context.with(|ctx| ctx.eval(format!("elasticlunr.stemmer({word:?})")).unwrap());
        stems.insert(stem.clone());
        groups.entry(snowball.stem(word).into_owned()).or_default().push((word.clone(), stem));
    }
    let (mut alike, mut pairs, mut parted) = (0, 0, Vec::new());
    for group in groups.values() {
        for (at, (word, stem)) in group.iter().enumerate() {
            for (other, other_stem) in &group[at + 1..] {
                pairs += 1;
                alike += usize::from(stem == other_stem);
                if stem != other_stem {
                    parted.push(format!("{word} ({stem}) {other} ({other_stem})"));
                }
            }
        }
    }
    eprintln!(
        "{} words, {} stems, Snowball's {}; {alike} of {pairs} pairs",
        words.len(),
        stems.len(),
        groups.len()
    );
    assert!(alike * 100 >= pairs * 97, "{alike} of {pairs} pairs are stemmed alike: {parted:#?}");
    assert!(stems.len() * 100 >= groups.len() * 85, "{} stems, Snowball's are {}", stems.len(), groups.len());
}

/// The Portuguese words of the book, code and all.
fn words_of_the_book() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for entry in fs::read_dir(repository().join("book/pt-BR/src")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap().to_lowercase();
        let found = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 3);
        words.extend(found.map(str::to_owned));
    }
    words
}
