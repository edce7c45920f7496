//! The counter as it stands: asked of the app by us, since a browser may not ask another origin; `/hits` counts no visit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the app may take: longer than it waits for Redis itself.
const LIMIT: Duration = Duration::from_secs(3);

/// How long a browser waits for it: it has few connections to us.
const PATIENCE: Duration = Duration::from_millis(250);

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 4096;

#[derive(Deserialize)]
struct Answer {
    hits: i64,
}

/// The counter of the app at an address, which is asked once for all browsers that ask us.
pub struct Counter {
    address: String,
    is_asked: AtomicBool,
    last: watch::Sender<Option<i64>>,
}

impl Counter {
    /// The counter of the app at `address`, of which nothing is known yet.
    pub fn new(address: String) -> Arc<Counter> {
        Arc::new(Counter { address, is_asked: AtomicBool::new(false), last: watch::Sender::new(None) })
    }

    /// The counter as it stands, or what was known of it last where the app takes its time; nothing where no app
    /// answers with one.
    pub async fn now(self: &Arc<Counter>) -> Option<i64> {
        let mut last = self.last.subscribe();
        if !self.is_asked.swap(true, Ordering::SeqCst) {
            let own = Arc::clone(self);
            tokio::spawn(async move {
                let hits = timeout(LIMIT, ask(&own.address)).await.ok().flatten();
                own.is_asked.store(false, Ordering::SeqCst);
                own.last.send_replace(hits);
            });
        }
        timeout(PATIENCE, last.changed()).await.ok();
        *last.borrow()
    }
}

async fn ask(address: &str) -> Option<i64> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    // In HTTP 1.0 the answer ends with the connection, and its body is plain.
    stream.write_all(format!("GET /hits HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer).await.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str::<Answer>(body).ok().map(|answer| answer.hits)
}
