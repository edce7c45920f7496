//! The book, live: served on this machine alone, with a button on every step that runs it.
//!
//! What is served is the published book; its pages get the buttons as they leave (`page`), so that
//! nothing of them is ever built. A browser says which step is to run, by language, chapter and number,
//! and never what: the commands are read from the pages' sources when the server starts.
//!
//! | request | answer |
//! |---|---|
//! | `GET` a page or a file of it | as published; pages with the buttons and the token |
//! | `GET /-/live/LANGUAGE/CHAPTER/events/N` | what happened in a chapter after `N`, and from then on, as server-sent events ([`log`]) |
//! | `POST /-/live/LANGUAGE/CHAPTER/steps/N` | runs a step: `202`, or `409` and a sentence while another runs |
//! | `POST /-/live/LANGUAGE/CHAPTER/all` | runs the steps from the first that is not done, to the first that goes wrong |
//! | `POST /-/live/LANGUAGE/CHAPTER/start-over` | removes the stack, and forgets what was done |
//! | `POST /-/live/stop` | ends what runs |
//! | `GET /-/live/hits` | the counter as it stands, `null` while there is none |
//!
//! All but the files need the token of the served page in a header; [`guard`] says who gets in.

pub mod guard;
mod hits;
pub mod log;
mod page;
pub mod stage;
pub mod texts;

use std::convert::Infallible;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use anyhow::{Context, Result, anyhow, ensure};
use axum::body::{Body, to_bytes};
use axum::extract::{self, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use runbook::process;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tower_http::services::ServeDir;

use crate::build::Order;
use crate::file;
use crate::language::Language;
use guard::Guard;
use stage::{Busy, Job, News, Place, Refusal, Stage};

/// How long lines are gathered before the next of them are sent: two frames of the screen.
const FRAME: Duration = Duration::from_millis(33);

/// How many things make a gathering worth while: a command that prints little is heard at once.
const MANY: usize = 50;

/// The largest page that is served.
const PAGE: usize = 16 << 20;

const SCRIPT: &str = include_str!("../../theme/live/live.js");
const STYLE: &str = include_str!("../../theme/live/live.css");

/// How the book is run live.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the app listens that the steps start.
    pub app: String,
    /// The command that removes the stack that the steps started.
    pub start_over: String,
    /// The command that fails where the engine does not answer.
    pub engine: String,
    /// Whether the end of stdin means that who started this is gone, and would have removed the stack.
    pub until_eof: bool,
}

/// The server's state.
struct Live {
    folder: PathBuf,
    stage: Arc<Stage>,
    guard: Arc<Guard>,
    app: String,
}

type Shared = Arc<Live>;

/// Why something is not done: a status and a sentence.
type Refused = (StatusCode, String);

/// Builds the books and serves them until Ctrl-C or SIGTERM, then ends what runs. Where `until_eof` says so, the end of
/// stdin ends it too, and the stack is removed, since nobody else would.
///
/// The address is the first line on stdout. Each line after it tells of a group of processes that is started, as `+ 12`, or
/// has ended, as `- 12`: whoever started this can end them where this is killed.
///
/// # Errors
///
/// The port is taken (an [`io::Error`] of that kind), the books cannot be built, or the stack that nobody else removes is left.
pub fn run(order: &Order, options: Options) -> Result<()> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", options.port))
        .with_context(|| format!("port {} of 127.0.0.1 cannot be had", options.port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}/");
    let out = order.out.with_file_name("book-live");
    build(order, &out, &url)?;
    let stage = Stage::new(&order.root, options.start_over, options.engine)?;
    let live = Arc::new(Live {
        folder: out,
        stage: Arc::clone(&stage),
        guard: Arc::new(Guard::new(address.port())?),
        app: options.app,
    });
    let (sender, orphaned) = oneshot::channel();
    if options.until_eof {
        thread::spawn(move || {
            // Whatever is read, what counts is its end.
            io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
            sender.send(()).ok();
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        say(&url);
        process::tell_groups(|group, runs| say(&format!("{} {group}", if runs { '+' } else { '-' })));
        tokio::select! {
            served = axum::serve(listener, router(live)) => served.context("the server has ended").map(|()| false),
            // Open streams of events would hold up a shutdown that waits for its connections.
            stopped = crate::serve::stop() => stopped.map(|()| false),
            Ok(()) = orphaned => Ok(true),
        }
    });
    stage.close();
    if served? {
        stage.remove().map_err(|reason| anyhow!("the stack could not be removed: {reason}"))?;
    }
    Ok(())
}

/// A line on stdout, which nobody may read any more.
fn say(line: &str) {
    writeln!(io::stdout(), "{line}").ok();
}

/// Builds the books in a process of their own: what that takes of memory is given back when it has ended.
fn build(order: &Order, out: &Path, url: &str) -> Result<()> {
    let program = env::current_exe().context("this program cannot be found")?;
    let mut build = Command::new(program);
    build.args(["build", "--url", url, "--out"]).arg(out).arg("--report").arg(&order.report);
    let status = build
        .current_dir(&order.root)
        .stderr(Stdio::inherit())
        .status()
        .context("the build cannot be started")?;
    ensure!(status.success(), "the books cannot be built");
    Ok(())
}

fn router(live: Shared) -> Router {
    let guard = Arc::clone(&live.guard);
    let calls = Router::new()
        .route("/-/live/{language}/{chapter}/events/{after}", get(events))
        .route("/-/live/{language}/{chapter}/steps/{step}", post(step))
        .route("/-/live/{language}/{chapter}/all", post(all))
        .route("/-/live/{language}/{chapter}/start-over", post(start_over))
        .route("/-/live/stop", post(stop))
        .route("/-/live/hits", get(counter))
        .layer(from_fn_with_state(Arc::clone(&guard), guard::token));
    Router::new()
        .merge(calls)
        .route("/-/live/live.js", get(|| asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/-/live/live.css", get(|| asset("text/css; charset=utf-8", STYLE)))
        .fallback(file)
        .layer(from_fn_with_state(guard, guard::host))
        .layer(from_fn(guard::headers))
        .with_state(live)
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], text)
}

/// A file of the book; a page is given the buttons.
async fn file(State(live): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let language = Language::ALL.into_iter().find(|one| path.starts_with(&format!("/{}/", one.tag())));
    let mut request = request;
    // A page is sent whole each time: it holds the token of this start.
    *request.headers_mut() = HeaderMap::new();
    let found = ServeDir::new(&live.folder).try_call(request).await;
    let Some(found) = found.ok().filter(|found| found.status() != StatusCode::NOT_FOUND) else {
        let page = live.folder.join(language.unwrap_or(Language::En).tag()).join("404.html");
        let page = fs::read_to_string(page).unwrap_or_default();
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
            .into_response();
    };
    let (mut parts, body) = found.map(Body::new).into_parts();
    let is_page =
        parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let place = language.and_then(|language| live.stage.place_of(language, &path));
    match place {
        Some(place) if is_page && parts.status == StatusCode::OK => {
            let Ok(html) = to_bytes(body, PAGE).await else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let html = String::from_utf8_lossy(&html);
            let html = page::with_buttons(&html, &live.stage, &place, live.guard.token());
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(html.len()));
            Response::from_parts(parts, Body::from(html))
        }
        _ => Response::from_parts(parts, body),
    }
}

/// What happens in a chapter. Each event holds all that is new; who reads slowly gets fewer and, of a
/// command's lines, the first and the last.
async fn events(
    State(live): State<Shared>,
    extract::Path((language, chapter, after)): extract::Path<(String, String, u64)>,
) -> Result<Response, Refused> {
    let place = known(&live, &language, chapter)?;
    let changes = live.stage.changes();
    let reader = Reader { live, place, changes, after, busy: None, full: None };
    let told = stream::unfold(reader, |mut reader| async move {
        let news = reader.next().await?;
        Some((Ok::<_, Infallible>(Event::default().json_data(&news).unwrap_or_default()), reader))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()).into_response())
}

/// A browser that is told what happens in a chapter.
struct Reader {
    live: Shared,
    place: Place,
    changes: watch::Receiver<()>,
    after: u64,
    /// What it was told of what runs.
    busy: Option<Option<Busy>>,
    /// When it was told something last, if that was much.
    full: Option<Instant>,
}

impl Reader {
    /// What is new, once something is.
    async fn next(&mut self) -> Option<News> {
        loop {
            // What comes right after something is gathered first.
            let rest = self.full.and_then(|sent| FRAME.checked_sub(sent.elapsed()));
            tokio::time::sleep(rest.unwrap_or_default()).await;
            self.changes.borrow_and_update();
            let (news, last) = self.live.stage.since(&self.place, self.after);
            if !news.items.is_empty() || self.busy.as_ref() != Some(&news.busy) {
                self.after = last;
                self.busy = Some(news.busy.clone());
                self.full = (news.items.len() >= MANY).then(Instant::now);
                return Some(news);
            }
            self.changes.changed().await.ok()?;
        }
    }
}

async fn step(
    State(live): State<Shared>,
    extract::Path((language, chapter, step)): extract::Path<(String, String, usize)>,
) -> Result<StatusCode, Refused> {
    begin(&live, &language, chapter, Job::Step(step))
}

async fn all(
    State(live): State<Shared>,
    extract::Path((language, chapter)): extract::Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    begin(&live, &language, chapter, Job::All)
}

async fn start_over(
    State(live): State<Shared>,
    extract::Path((language, chapter)): extract::Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    begin(&live, &language, chapter, Job::StartOver)
}

async fn stop(State(live): State<Shared>) -> StatusCode {
    live.stage.stop();
    StatusCode::ACCEPTED
}

async fn counter(State(live): State<Shared>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "hits": hits::read(&live.app).await }))
}

fn known(live: &Live, language: &str, chapter: String) -> Result<Place, Refused> {
    let language = Language::ALL.into_iter().find(|one| one.tag() == language);
    let place = language.map(|language| Place { language, chapter });
    let known = place.filter(|place| live.stage.chapter(place).is_some());
    known.ok_or_else(|| (StatusCode::NOT_FOUND, "the book has no such chapter\n".to_owned()))
}

fn begin(live: &Live, language: &str, chapter: String, job: Job) -> Result<StatusCode, Refused> {
    let place = known(live, language, chapter)?;
    live.stage.begin(&place, job).map(|()| StatusCode::ACCEPTED).map_err(|refusal| match refusal {
        Refusal::Unknown => (StatusCode::NOT_FOUND, "the chapter has no such step\n".to_owned()),
        Refusal::Busy(told) => (StatusCode::CONFLICT, told),
    })
}

/// Whether an error says that the port is taken.
pub fn is_port_taken(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::AddrInUse)
}

/// The text of a page's source.
fn source(root: &Path, place: &Place) -> Result<String> {
    file::read(&root.join(format!("book/{}/src/{}.md", place.language.tag(), place.chapter)))
}
