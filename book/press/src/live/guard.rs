//! Who may ask: pages of this server, in a browser on this machine, and nobody else.
//!
//! - The server listens on 127.0.0.1 only.
//! - `Host` must be this server's own: a foreign name that leads here (DNS rebinding) is refused, pages included.
//! - `Origin`, which browsers send with what other sites ask for, must be this server's own where it is there.
//! - What runs or tells something needs the token of the served page, in a header that no form can send.
//! - No header ever lets another origin read an answer, and none may show the pages in a frame.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The header that carries the token.
pub const TOKEN: HeaderName = HeaderName::from_static("x-live-token");

/// What is asked of a request.
#[derive(Debug)]
pub struct Guard {
    hosts: [String; 2],
    token: String,
}

impl Guard {
    /// The guard of a server on `port`, with a new token.
    ///
    /// # Errors
    ///
    /// The system has no random numbers.
    pub fn new(port: u16) -> Result<Guard> {
        // Steps are run by a shell, on Unix: there it is where random numbers are.
        let mut bytes = [0; 32];
        let source = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
        source.context("/dev/urandom gives no random numbers")?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Guard { hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")], token })
    }

    /// The token of this start.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn is_at_home(&self, request: &Request) -> bool {
        let hosts: Vec<&HeaderValue> = request.headers().get_all(header::HOST).iter().collect();
        let [host] = hosts[..] else { return false };
        let Some(host) = self.hosts.iter().find(|known| known.as_bytes() == host.as_bytes()) else {
            return false;
        };
        let is_own = |origin: &HeaderValue| origin.as_bytes() == format!("http://{host}").as_bytes();
        let names_another = request.uri().authority().is_some_and(|authority| authority.as_str() != host);
        !names_another && request.headers().get_all(header::ORIGIN).iter().all(is_own)
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        headers.get(TOKEN).is_some_and(|given| are_equal(given.as_bytes(), self.token.as_bytes()))
    }
}

/// Compares in a time that does not tell where they part.
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (a, b)| black_box(difference | (a ^ b)));
    one.len() == other.len() && difference == 0
}

/// Refuses what was not asked of this server by its own name, or comes from another site's page.
pub async fn host(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if guard.is_at_home(&request) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this server answers its own pages only\n").into_response()
    }
}

/// Refuses what does not carry the token.
pub async fn token(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if guard.has_token(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "the token of this start is missing or wrong\n").into_response()
    }
}

/// What every answer says to browsers.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_each_time_and_equal_to_itself_alone() {
        let (one, other) = (Guard::new(1).unwrap(), Guard::new(1).unwrap());
        assert_eq!(one.token().len(), 64);
        assert_ne!(one.token(), other.token());
        assert!(are_equal(b"abc", b"abc"));
        for wrong in [b"abd".as_slice(), b"ab", b"abcd", b""] {
            assert!(!are_equal(wrong, b"abc"), "{wrong:?}");
        }
    }
}
