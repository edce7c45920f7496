//! The process: listens, hands each connection to a task, and stops when it is told to.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::{interval, sleep},
};

use crate::{
    args::Settings,
    connection,
    instance::{Instance, lock},
    listen::listen,
    log,
    session::Next,
};

/// How long to wait when no more connections can be accepted, which is when the process has as
/// many open files as it may.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How often keys that have ended are let go while no client asks for anything: a command never
/// meets one, but until then they take memory.
const SWEEP: Duration = Duration::from_secs(1);

/// Serves until SIGTERM, SIGINT (Ctrl-C) or a client's `SHUTDOWN`.
///
/// # Errors
///
/// An address cannot be listened on: it is taken, or is no address of this machine.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    // Before all else: a process that is PID 1 of a container gets no signal that it does not
    // handle, and could not be stopped.
    let signal = stop_signal().context("cannot listen for signals")?;
    introduce(settings);
    let listeners = listen(&settings.bind, settings.port).await?;
    let port = listeners.first().map_or(Ok(settings.port), |first| first.local_addr().map(|a| a.port()))?;
    let server = Arc::new(Server { instance: Mutex::new(Instance::new(port)), stop: Notify::new() });
    let mut tasks = JoinSet::new();
    tasks.spawn(sweep(Arc::clone(&server)));
    for listener in listeners {
        log::line(&format!("Ready to accept connections on {}", listener.local_addr()?));
        tasks.spawn(accept(listener, Arc::clone(&server)));
    }
    tokio::select! {
        name = signal => log::line(&format!("{name}: bye; nothing was kept")),
        () = server.stop.notified() => log::line("SHUTDOWN: bye; nothing was kept"),
    }
    Ok(())
}

/// What every connection's task holds.
struct Server {
    instance: Mutex<Instance>,
    stop: Notify,
}

fn introduce(settings: &Settings) {
    let version = env!("CARGO_PKG_VERSION");
    log::line(&format!("This is pocket-redis {version}, a stand-in for Redis; it keeps nothing."));
    for option in &settings.not_done {
        log::line(&format!("{option} was asked for and is not done: this is a stand-in."));
    }
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, Arc::clone(&server)))),
            Err(error) => {
                log::line(&format!("cannot accept a connection: {error}"));
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn sweep(server: Arc<Server>) {
    let mut rounds = interval(SWEEP);
    loop {
        rounds.tick().await;
        lock(&server.instance).tick();
    }
}

async fn serve(stream: TcpStream, server: Arc<Server>) {
    if connection::serve(stream, &server.instance).await == Next::Shutdown {
        server.stop.notify_one();
    }
}

/// Installs the handlers at once; the future ends with the signal's name.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Installs the handler at once; the future ends with the signal's name.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
        "Ctrl-C"
    })
}
