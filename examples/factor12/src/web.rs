//! Routes and handlers, and how `web` starts and stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::store::{Store, StoreError};
use crate::{host, release};

/// How long requests that were accepted may take to end once the process was told to stop.
/// Compose gives a container ten seconds before it kills it.
const GRACE: Duration = Duration::from_secs(8);

/// A browser must ask again at every visit, and nobody in between may answer for it.
const UNCACHED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// The answer of `GET /hits`.
#[derive(Serialize)]
struct Hits {
    hits: i64,
}

/// The answer of `GET /health`.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    release: &'static str,
    host: &'static str,
    redis: String,
}

// ANCHOR: routes
/// The routes of the app, on `store`.
pub fn router(store: Arc<Store>) -> Router {
    Router::new()
        // A HEAD of its own, or axum would answer it by the visit, and count it.
        .route("/", get(visit).head(async || UNCACHED_TEXT))
        .route("/hits", get(hits))
        .route("/health", get(health))
        .fallback(async || (StatusCode::NOT_FOUND, "There is nothing here.\n"))
        .with_state(store)
}
// ANCHOR_END: routes

const UNCACHED_TEXT: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), UNCACHED];

// ANCHOR: visit
async fn visit(State(store): State<Arc<Store>>) -> Response {
    match store.visit().await {
        Ok(number) => {
            info!("visit {number}");
            (UNCACHED_TEXT, format!("Hello World! {number} times.\n")).into_response()
        }
        Err(error) => refusal(&store, &error),
    }
}
// ANCHOR_END: visit

async fn hits(State(store): State<Arc<Store>>) -> Response {
    match store.hits().await {
        Ok(hits) => ([UNCACHED], Json(Hits { hits })).into_response(),
        Err(error) => refusal(&store, &error),
    }
}

async fn health(State(store): State<Arc<Store>>) -> Response {
    let (code, status) = match store.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let health = Health { status, release: release(), host: host(), redis: store.address().to_string() };
    (code, [UNCACHED], Json(health)).into_response()
}

/// What a visitor is told in one sentence, and the operator in the log.
fn refusal(store: &Store, error: &StoreError) -> Response {
    let address = store.address();
    match error {
        StoreError::Unavailable(reason) => {
            warn!("Redis at {address} is unavailable: {reason}");
            let later = [(header::RETRY_AFTER, "1"), UNCACHED];
            (StatusCode::SERVICE_UNAVAILABLE, later, "The counter is out of reach; try again in a moment.\n")
                .into_response()
        }
        StoreError::Damaged { .. } => {
            error!("{error} (Redis at {address}; the admin process reset repairs it)");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                [UNCACHED],
                "The counter is damaged; the admin process reset repairs it.\n",
            )
                .into_response()
        }
    }
}

/// Serves until the process is told to stop (SIGTERM or Ctrl-C), then answers what it had accepted.
///
/// The first line logged names the address taken and the release.
///
/// # Errors
///
/// The address cannot be listened on.
pub async fn serve(config: Config) -> io::Result<()> {
    let mut stop = on_stop()?;
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    info!("web listens on {address} (release {}, host {}, redis {})", release(), host(), config.redis);

    let mut told = stop.clone();
    let serving = axum::serve(listener, router(Arc::new(Store::new(config.redis)))).with_graceful_shutdown(
        async move {
            stopped(&mut told).await;
            info!("web stops: no new connections, {} s for the open ones", GRACE.as_secs());
        },
    );
    let too_long = async {
        stopped(&mut stop).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served?,
        () = too_long => warn!("web closes connections that have been open for too long"),
    }
    info!("web has stopped");
    Ok(())
}

/// Turns true at the first signal to stop. The handlers are in place when this returns: the first
/// process of a container has no default ones.
fn on_stop() -> io::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await.ok();
        sender.send(true).ok();
    });
    Ok(receiver)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which it is only after it has sent.
    stop.wait_for(|stop| *stop).await.ok();
}
