//! The counter as it stands: asked of the app by us, since a browser may not ask another origin; `/hits` counts no visit.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the app may take: longer than it waits for Redis itself.
const LIMIT: Duration = Duration::from_secs(3);

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 4096;

#[derive(Deserialize)]
struct Answer {
    hits: i64,
}

/// The counter of the app at `address`; nothing where no app answers with one.
pub async fn read(address: &str) -> Option<i64> {
    timeout(LIMIT, ask(address)).await.ok().flatten()
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
