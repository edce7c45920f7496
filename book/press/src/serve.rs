//! The site on this machine: every change of a source is on the screen within a second.
//!
//! Served pages are told which build they are of as they leave, ask [`CHANGES`] which one is shown, and load
//! themselves anew where it is another. A build goes to a folder of its own and is shown once it is whole; one
//! that fails is told on the terminal, and the last good one stays.

mod sources;

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io, process};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::services::ServeDir;

use crate::build::{self, Order};
use crate::language::Language;
use sources::Sources;

/// Where served pages ask which build is shown.
pub const CHANGES: &str = "/-/changes";

/// The largest page that is served.
const PAGE: usize = 16 << 20;

const SCRIPT: &str = include_str!("../../theme/serve/serve.js");

/// The build that is shown: its folder, and its name, which no build of another start has.
type Shown = (PathBuf, String);

/// Serves the books of an order on `port` of 127.0.0.1 until Ctrl-C or SIGTERM; port 0 takes a free one.
/// The address is the one line on stdout.
///
/// # Errors
///
/// The port is taken, the sources cannot be watched, or the first build fails.
pub fn run(order: Order, port: u16) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_io().enable_time().build()?;
    runtime.block_on(serve(order, port))
}

async fn serve(order: Order, port: u16) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port));
    let listener = listener.await.with_context(|| format!("port {port} of 127.0.0.1 cannot be had"))?;
    let url = format!("http://{}/", listener.local_addr()?);
    // Beside what is published, which nothing here may touch.
    let order = Order { out: order.out.with_extension("served"), url: url.clone(), ..order };
    let mut builder = Builder { order, builds: 0 };
    // From before the first build: what is saved meanwhile is not missed.
    let mut sources = Sources::watch(&builder.order.root)?;
    let first = builder.build(&Language::ALL)?;
    let (show, shown) = watch::channel((first, builder.name()));
    let stop = stop()?;
    println!("{url}");
    std::thread::spawn(move || {
        while let Some(changed) = sources.changed() {
            // A build that failed was told; its error is the next save's to mend.
            if let Ok(out) = builder.build(&changed) {
                show.send_replace((out, builder.name()));
            }
        }
    });
    let app = Router::new().route(CHANGES, get(changes)).fallback(file).with_state(shown);
    tokio::select! {
        served = axum::serve(listener, app) => served.context("the server has ended"),
        // A shutdown that waits for its connections would wait for those that browsers keep open.
        () = stop => Ok(()),
    }
}

/// Builds again and again, by turns into one of two folders.
struct Builder {
    order: Order,
    builds: usize,
}

impl Builder {
    /// What the last build is called.
    fn name(&self) -> String {
        format!("{}.{}", process::id(), self.builds)
    }

    /// Builds the books in these languages, and returns where; the other book is taken over as it is.
    fn build(&mut self, changed: &[Language]) -> Result<PathBuf> {
        let started = Instant::now();
        let folder = |number: usize| self.order.out.join(["a", "b"][number % 2]);
        let (before, out) = (folder(self.builds), folder(self.builds + 1));
        let is_due = |language: &Language| self.builds == 0 || changed.contains(language);
        let (due, kept): (Vec<Language>, Vec<Language>) =
            self.order.languages.iter().partition(|one| is_due(one));
        let order = Order { out: out.clone(), languages: due, ..self.order.clone() };
        let take_over = |language: Language| copy(&before.join(language.tag()), &out.join(language.tag()));
        let built = build::build(&order).and_then(|()| kept.into_iter().try_for_each(take_over));
        match &built {
            Ok(()) => eprintln!("built ({:.2} s)", started.elapsed().as_secs_f64()),
            Err(error) => eprintln!("{error:#}"),
        }
        built?;
        self.builds += 1;
        Ok(out)
    }
}

/// Copies a folder's files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Which build is shown.
async fn changes(State(shown): State<watch::Receiver<Shown>>) -> impl IntoResponse {
    let name = shown.borrow().1.clone();
    ([(header::CACHE_CONTROL, "no-store")], name)
}

/// A file of the build that is shown; a page is told which one that is.
async fn file(State(shown): State<watch::Receiver<Shown>>, request: Request) -> Response {
    let (folder, name) = shown.borrow().clone();
    let script = format!("<script data-build=\"{name}\">{SCRIPT}</script>\n");
    let mut response = file_of(&folder, request, |html| before_the_end(&html, &script)).await;
    // What is on the screen is what was saved last.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A file of the books in `folder`, or the page for addresses that lead nowhere; of a page, what `finish` makes of it.
pub(crate) async fn file_of(
    folder: &Path,
    mut request: Request,
    finish: impl FnOnce(String) -> String,
) -> Response {
    let path = request.uri().path();
    let language = Language::ALL.into_iter().find(|one| path.starts_with(&format!("/{}/", one.tag())));
    // A page is sent whole each time: not all of it is in its file.
    *request.headers_mut() = HeaderMap::new();
    let found = ServeDir::new(folder).try_call(request).await;
    let Some(found) = found.ok().filter(|found| found.status() != StatusCode::NOT_FOUND) else {
        let page = folder.join(language.unwrap_or(Language::En).tag()).join("404.html");
        let page = finish(fs::read_to_string(page).unwrap_or_default());
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
            .into_response();
    };
    let (mut parts, body) = found.map(Body::new).into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return Response::from_parts(parts, body);
    }
    let Ok(html) = to_bytes(body, PAGE).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let html = finish(String::from_utf8_lossy(&html).into_owned());
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(html.len()));
    Response::from_parts(parts, Body::from(html))
}

/// A page with something more at its end.
pub(crate) fn before_the_end(html: &str, more: &str) -> String {
    match html.rsplit_once("</body>") {
        Some((start, end)) => format!("{start}{more}</body>{end}"),
        None => html.to_owned(),
    }
}

/// Ends when somebody asks to stop, which is heard from this call on: whoever has the address may ask.
///
/// # Errors
///
/// The system does not tell of it.
#[cfg(unix)]
pub(crate) fn stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub(crate) fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
    })
}
