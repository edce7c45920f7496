//! `web --health`: the program asks itself, since its image holds no other that could.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the answer may take: `/health` itself answers within a second.
const LIMIT: Duration = Duration::from_secs(3);

/// Asks the `web` that listens on `listen` for its health.
///
/// # Errors
///
/// One sentence: nobody answers, or the answer is not 200.
pub async fn check(listen: SocketAddr) -> Result<(), String> {
    let address = reachable(listen);
    let failure = match timeout(LIMIT, ask(address)).await {
        Ok(Ok(StatusCode::OK)) => return Ok(()),
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
    };
    Err(format!("http://{address}/health: {failure}"))
}

async fn ask(address: SocketAddr) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get("/health").header(header::HOST, address.to_string()).body(Body::empty())?;
    Ok(sender.send_request(request).await?.status())
}

/// Where to ask for something that listens on every address: at home.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
