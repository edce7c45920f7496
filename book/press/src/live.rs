//! The book, live: served on this machine alone, with a button on every step that runs it.
//!
//! What is served is the published book; its pages get the buttons as they leave (`page`), so that
//! nothing of them is ever built. A browser says which step is to run, by language, chapter and number,
//! and never what: the commands are read from the pages' sources when the server starts.
//!
//! | request | answer |
//! |---|---|
//! | `GET` a page or a file of it | as published; pages with the buttons and the token |
//! | `GET /-/live/LANGUAGE/CHAPTER/news/N` | what has happened in a chapter after `N` ([`log`]), and what runs |
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

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{env, io, thread};

use anyhow::{Context, Result, anyhow, ensure};
use axum::extract::{self, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use runbook::process;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::build::Order;
use crate::file;
use crate::language::Language;
use crate::serve::file_of;
use guard::Guard;
use hits::Counter;
use stage::{Job, News, Place, Refusal, Stage};

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
    counter: Arc<Counter>,
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
        counter: Counter::new(options.app),
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
        let stop = crate::serve::stop()?;
        say(&url);
        process::tell_groups(|group, runs| say(&format!("{} {group}", if runs { '+' } else { '-' })));
        tokio::select! {
            served = axum::serve(listener, router(live)) => served.context("the server has ended").map(|()| false),
            // A shutdown that waits for its connections would wait for those that browsers keep open.
            () = stop => Ok(false),
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
    build.args(["build", "--url", url, "--out"]).arg(out);
    for report in &order.reports {
        build.arg("--report").arg(report);
    }
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
        .route("/-/live/{language}/{chapter}/news/{after}", get(news))
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
    let path = request.uri().path();
    let place = Language::ALL.into_iter().find_map(|language| live.stage.place_of(language, path));
    file_of(&live.folder, request, |html| match place {
        Some(place) => page::with_buttons(&html, &live.stage, &place, live.guard.token()),
        None => html,
    })
    .await
}

/// What has happened in a chapter. It is told at once, if it is nothing: a browser has few connections to one server, and
/// none is kept waiting. Who asks seldom is told less: of a command's lines, the first and the last.
async fn news(
    State(live): State<Shared>,
    extract::Path((language, chapter, after)): extract::Path<(String, String, u64)>,
) -> Result<Json<News>, Refused> {
    let place = known(&live, &language, chapter)?;
    Ok(Json(live.stage.since(&place, after)))
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
    Json(serde_json::json!({ "hits": live.counter.now().await }))
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
