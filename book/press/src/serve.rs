//! The site on this machine: every change of a source is on the screen within a second.
//!
//! Served pages listen to [`EVENTS`], and load themselves anew when it tells of a new build. A build
//! goes to a folder of its own and is shown once it is whole; one that fails is told on the terminal,
//! and the last good one stays.

mod sources;

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::services::ServeDir;

use crate::build::{self, Order};
use crate::language::Language;
use sources::Sources;

/// Where served pages hear of a new build.
pub const EVENTS: &str = "/-/changes";

/// How long a browser waits for a server that has gone, in milliseconds, before it asks again.
const RETRY: Duration = Duration::from_millis(500);

/// Which build is shown, and the how manieth it is.
type Shown = (PathBuf, usize);

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
    let order = Order {
        out: order.out.with_extension("served"),
        url: url.clone(),
        events: Some(EVENTS.to_owned()),
        ..order
    };
    let mut builder = Builder { order, builds: 0 };
    // From before the first build: what is saved meanwhile is not missed.
    let mut sources = Sources::watch(&builder.order.root)?;
    let first = builder.build(&Language::ALL)?;
    let (show, shown) = watch::channel((first, builder.builds));
    println!("{url}");
    std::thread::spawn(move || {
        while let Some(changed) = sources.changed() {
            // A build that failed was told; its error is the next save's to mend.
            if let Ok(out) = builder.build(&changed) {
                show.send_replace((out, builder.builds));
            }
        }
    });
    let app = Router::new().route(EVENTS, get(events)).fallback(file).with_state(shown);
    tokio::select! {
        served = axum::serve(listener, app) => served.context("the server has ended"),
        // Open streams of events would hold up a shutdown that waits for its connections.
        stopped = stop() => stopped,
    }
}

/// Builds again and again, by turns into one of two folders.
struct Builder {
    order: Order,
    builds: usize,
}

impl Builder {
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

/// Tells of each new build.
async fn events(
    State(shown): State<watch::Receiver<Shown>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // The first says nothing, but that a server that was gone is back.
    let hello = stream::iter([Ok(Event::default().retry(RETRY).comment("listening"))]);
    let builds = stream::unfold(shown, |mut shown| async move {
        shown.changed().await.ok()?;
        let number = shown.borrow_and_update().1;
        Some((Ok(Event::default().data(number.to_string())), shown))
    });
    Sse::new(stream::StreamExt::chain(hello, builds)).keep_alive(KeepAlive::default())
}

/// A file of the build that is shown, or the page for addresses that lead nowhere.
async fn file(State(shown): State<watch::Receiver<Shown>>, request: Request) -> Response {
    let folder = shown.borrow().0.clone();
    let language = Language::ALL.into_iter().find(|language| {
        request.uri().path().strip_prefix('/').is_some_and(|path| path.starts_with(language.tag()))
    });
    let found = ServeDir::new(&folder).try_call(request).await;
    let found = found.ok().filter(|found| found.status() != StatusCode::NOT_FOUND);
    let mut response = found.map(|found| found.map(Body::new)).unwrap_or_else(|| {
        let page = folder.join(language.unwrap_or(Language::En).tag()).join("404.html");
        let page = fs::read_to_string(page).unwrap_or_default();
        (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    });
    // What is on the screen is what was saved last.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Until somebody asks to stop.
pub(crate) async fn stop() -> Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    }
    #[cfg(not(unix))]
    Ok(tokio::signal::ctrl_c().await?)
}
