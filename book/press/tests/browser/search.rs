//! The search, as a reader types it.

use std::collections::{BTreeMap, BTreeSet};

use press::language::Language;
use rust_stemmers::{Algorithm, Stemmer};
use serde_json::json;

use crate::driver::Browser;
use crate::site::{self, Page};
use tests_common::{Need, Test, tests};

/// What is typed, without accents or in another inflection, and the word as the Portuguese book has it.
const PORTUGUESE: [(&str, &str); 40] = [
    ("administracao", "administração"),
    ("aplicacoes", "aplicação"),
    ("binario", "binário"),
    ("codigos", "código"),
    ("comando", "comandos"),
    ("comparacao", "comparação"),
    ("conexoes", "conexão"),
    ("configuracao", "configuração"),
    ("contadores", "contador"),
    ("conteiner", "contêiner"),
    ("conteineres", "contêiner"),
    ("demonstracao", "demonstração"),
    ("enderecos", "endereço"),
    ("execucoes", "execução"),
    ("executando", "executa"),
    ("exercicio", "exercício"),
    ("glossario", "glossário"),
    ("imagem", "imagens"),
    ("iniciava", "inicia"),
    ("lingua", "línguas"),
    ("maquinas", "máquina"),
    ("migracao", "migração"),
    ("mudancas", "mudança"),
    ("navegadores", "navegador"),
    ("numeros", "número"),
    ("padroes", "padrão"),
    ("paginas", "página"),
    ("politicas", "política"),
    ("processo", "processos"),
    ("producao", "produção"),
    ("proposito", "propósito"),
    ("repositorios", "repositório"),
    ("requisicoes", "requisição"),
    ("saidas", "saída"),
    ("servicos", "serviço"),
    ("solucoes", "solução"),
    ("transacoes", "transação"),
    ("ultimo", "último"),
    ("variavel", "variáveis"),
    ("versoes", "versão"),
];

/// Words that a page has in the plural alone.
const SINGULARS: [(&str, &str); 3] =
    [("variável", "variáveis"), ("língua", "línguas"), ("situação", "situações")];

/// As in Portuguese.
const ENGLISH: [(&str, &str); 6] = [
    ("migrations", "migration"),
    ("container", "containers"),
    ("processes", "process"),
    ("RESETTING", "reset"),
    ("image", "images"),
    ("visitors", "visitor"),
];

pub fn tests() -> Vec<Test> {
    tests!("search", needs [Need::Browser];
        each_of_40_portuguese_words_typed_otherwise_finds_a_page_that_holds_it,
        an_english_word_typed_otherwise_finds_a_page_that_holds_it,
        a_result_leads_to_its_page_and_marks_the_word,
        what_snowball_stems_alike_is_stemmed_alike_here,
    )
}

/// A reader who has opened the search of a book.
struct Reader {
    browser: Browser,
    /// The words of each page, by its name.
    words: BTreeMap<String, Vec<String>>,
}

impl Reader {
    fn of(language: Language) -> Reader {
        let browser = Browser::start();
        let pages = site::book(language);
        browser.open(&pages[0].path());
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        let read = "const text = name => fetch(name + '.html').then(page => page.text()).then(page => \
                        new DOMParser().parseFromString(page, 'text/html').querySelector('main').textContent); \
                    Promise.all(arguments[0].map(text)).then(done)";
        let texts = browser.wait_for(read, &json!([names]));
        let texts = texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_lowercase());
        let words = |text: String| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        let words = names.iter().map(|name| (*name).to_owned()).zip(texts.map(words)).collect();
        browser.click("#mdbook-search-toggle");
        browser.until("document.querySelector('#mdbook-searchbar').checkVisibility()");
        Reader { browser, words }
    }

    /// The names of the pages that are found, the best first.
    fn find(&self, words: &str) -> Vec<String> {
        self.browser.enter("#mdbook-searchbar", words);
        let told =
            format!("document.querySelector('#mdbook-searchresults-header').innerText.includes({words:?})");
        self.browser.until(&told);
        let links = "return [...document.querySelectorAll('ul#mdbook-searchresults > li a')].map(link => \
                     new URL(link.href).pathname.match(/([^/]*)\\.html$/)[1])";
        let links = self.browser.run(links, &json!([]));
        links.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    fn holds(&self, page: &str, word: &str) -> bool {
        self.words[page].iter().any(|own| own == word)
    }

    /// Fails where no page that holds the word is found by what is typed.
    fn assert_finds(&self, words: &[(&str, &str)]) {
        let mut wrong = Vec::new();
        for (typed, word) in words {
            assert_ne!(typed, word, "what is typed is not the word itself");
            let is_there = self.words.keys().any(|page| self.holds(page, word));
            assert!(is_there, "no page holds “{word}” any more: choose another word");
            let found = self.find(typed);
            if !found.iter().any(|page| self.holds(page, word)) {
                wrong.push(format!("“{typed}” for “{word}” finds {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn each_of_40_portuguese_words_typed_otherwise_finds_a_page_that_holds_it() {
    let reader = Reader::of(Language::PtBr);
    reader.assert_finds(&PORTUGUESE);
    // What a page has in the plural alone is found by its singular.
    for (singular, plural) in SINGULARS {
        let has_plural_alone = |page: &String| reader.holds(page, plural) && !reader.holds(page, singular);
        let is_there = reader.words.keys().any(has_plural_alone);
        assert!(is_there, "no page has “{plural}” without “{singular}” any more: choose other words");
        let found = reader.find(singular);
        assert!(found.iter().any(has_plural_alone), "“{singular}” finds no “{plural}”, but {found:?}");
    }
    assert_eq!(reader.find("xilofone"), [""; 0]);
}

fn an_english_word_typed_otherwise_finds_a_page_that_holds_it() {
    let reader = Reader::of(Language::En);
    reader.assert_finds(&ENGLISH);
    assert_eq!(reader.find("xylophone"), [""; 0]);
}

fn a_result_leads_to_its_page_and_marks_the_word() {
    for (language, typed, word) in
        [(Language::PtBr, "migracao", "migração"), (Language::En, "migration", "migration")]
    {
        let reader = Reader::of(language);
        let page = Page::new(language, &reader.find(typed)[0]);
        reader.browser.click("ul#mdbook-searchresults > li a");
        reader.browser.until("document.querySelector('main mark')");
        assert_eq!(reader.browser.path(), page.path());
        let marks = reader.browser.run(
            "return [...document.querySelectorAll('main mark')].map(mark => mark.innerText)",
            &json!([]),
        );
        let marks: Vec<&str> = marks.as_array().unwrap().iter().filter_map(|mark| mark.as_str()).collect();
        assert!(marks.iter().any(|mark| mark.to_lowercase().contains(word)), "{word}: {marks:?}");
        assert_eq!(reader.browser.errors(), [""; 0]);
    }
}

fn what_snowball_stems_alike_is_stemmed_alike_here() {
    let reader = Reader::of(Language::PtBr);
    let words = reader
        .words
        .values()
        .flatten()
        .filter(|word| word.chars().count() > 3 && word.chars().all(char::is_alphabetic));
    let words: Vec<&String> = words.collect::<BTreeSet<_>>().into_iter().collect();
    let stemmed = reader.browser.run("return arguments[0].map(elasticlunr.stemmer)", &json!([words]));
    let ours = stemmed.as_array().unwrap().iter().map(|stem| stem.as_str().unwrap());
    let snowball = Stemmer::create(Algorithm::Portuguese);
    let mut groups: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    let mut stems = BTreeSet::new();
    for (word, stem) in words.iter().zip(ours) {
        stems.insert(stem);
        groups.entry(snowball.stem(word).into_owned()).or_default().push((word, stem));
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
    assert!(pairs > 1000, "only {pairs} pairs of {} words", words.len());
    assert!(alike * 100 >= pairs * 97, "{alike} of {pairs} pairs are stemmed alike: {parted:#?}");
    assert!(stems.len() * 100 >= groups.len() * 85, "{} stems, Snowball's are {}", stems.len(), groups.len());
}
