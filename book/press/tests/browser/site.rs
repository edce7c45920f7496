//! Both books, built once and served as their publication serves them: files, below a folder of the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, thread};

use axum::Router;
use press::build::{self, Order};
use press::language::Language;
use runbook::Chapter;
use tower_http::services::{ServeDir, ServeFile};

/// The folder of the server that holds the site, as GitHub Pages has one for each repository.
const FOLDER: &str = "/factor12";

/// A page of a book.
#[derive(Debug, Clone)]
pub struct Page {
    /// The language of the book.
    pub language: Language,
    /// The file's name, without an ending.
    pub name: String,
}

impl Page {
    /// A page by its name.
    pub fn new(language: Language, name: &str) -> Page {
        Page { language, name: name.to_owned() }
    }

    /// Where it stands in the site.
    pub fn path(&self) -> String {
        format!("{}/{}.html", self.language.tag(), self.name)
    }

    /// Its address.
    pub fn url(&self) -> String {
        url(&self.path())
    }

    /// The same page in the other language.
    pub fn twin(&self) -> Page {
        Page::new(self.language.other(), &self.name)
    }

    /// What its author wrote.
    pub fn source(&self) -> String {
        let path = format!("book/{}/src/{}.md", self.language.tag(), self.name);
        fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The commands of each of its steps, one a line.
    pub fn steps(&self) -> Vec<String> {
        let chapter =
            Chapter::parse(&self.name, &self.source()).unwrap_or_else(|faults| panic!("{faults:?}"));
        let commands = |step: &runbook::Step| {
            step.exchanges.iter().map(|exchange| exchange.command.clone()).collect::<Vec<_>>().join("\n")
        };
        chapter.steps.iter().map(commands).collect()
    }
}

/// Every page that the tables of contents name, in both languages.
pub fn pages() -> Vec<Page> {
    Language::ALL.into_iter().flat_map(book).collect()
}

/// Every page of one book.
pub fn book(language: Language) -> Vec<Page> {
    let summary = root().join("book").join(language.tag()).join("src/SUMMARY.md");
    let pages = runbook::chapter::pages(&fs::read_to_string(summary).unwrap()).unwrap();
    assert!(pages.len() > 1, "the book has no pages");
    pages.iter().map(|name| Page::new(language, name)).collect()
}

/// The address of a file of the site, which is built and served when it is first asked for.
pub fn url(path: &str) -> String {
    static SERVED: OnceLock<String> = OnceLock::new();
    let url = SERVED.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{FOLDER}/", listener.local_addr().unwrap());
        let folder = env::var_os("FACTOR12_SITE").map_or_else(|| built(&url), PathBuf::from);
        thread::spawn(move || serve(listener, &folder));
        url
    });
    format!("{url}{path}")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Builds the site that is published at `url`, and returns its folder.
fn built(url: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::remove_dir_all(&out).ok();
    let order = Order {
        root: root(),
        out: out.clone(),
        languages: Language::ALL.to_vec(),
        reports: vec![root().join("target/verify.json")],
        url: url.to_owned(),
    };
    build::build(&order).unwrap();
    out
}

#[tokio::main(flavor = "current_thread")]
async fn serve(listener: std::net::TcpListener, folder: &Path) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let files = ServeDir::new(folder).not_found_service(ServeFile::new(folder.join("404.html")));
    axum::serve(listener, Router::new().nest_service(FOLDER, files)).await.unwrap();
}
