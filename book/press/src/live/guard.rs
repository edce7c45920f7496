//! Who may ask: pages of this server, in a browser on this machine, and nobody else.
//!
//! - The server listens on 127.0.0.1 only.
//! - `Host` must be this server's own: a foreign name that leads here (DNS rebinding) is refused, pages included, and so is
//!   another port that somebody forwards here, whose pages could not be told from those of what else is forwarded.
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

use super::texts::{ENGLISH, PORTUGUESE, fill};

/// The names of this server, which listens on 127.0.0.1 alone.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// The port that browsers do not say, neither in `Host` nor in `Origin`.
const DEFAULT: u16 = 80;

/// The header that carries the token.
pub const TOKEN: HeaderName = HeaderName::from_static("x-live-token");

/// What is asked of a request.
#[derive(Debug)]
pub struct Guard {
    port: u16,
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
        Ok(Guard { port, token })
    }

    /// The token of this start.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn is_at_home(&self, request: &Request) -> bool {
        let hosts: Vec<&HeaderValue> = request.headers().get_all(header::HOST).iter().collect();
        let [host] = hosts[..] else { return false };
        let Some(name) = host.to_str().ok().and_then(|host| self.name(host)) else { return false };
        let is_own = |origin: &HeaderValue| {
            let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            host.and_then(|host| self.name(host)) == Some(name)
        };
        let named = request.uri().authority();
        named.is_none_or(|named| self.name(named.as_str()) == Some(name))
            && request.headers().get_all(header::ORIGIN).iter().all(is_own)
    }

    /// By which of its names a host and its port call this server, if they do. Names are the same in any case
    /// (<https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2>).
    fn name(&self, host: &str) -> Option<&'static str> {
        let port = self.port.to_string();
        let name = match host.rsplit_once(':') {
            Some((name, said)) if said == port => name,
            None if self.port == DEFAULT => host,
            _ => return None,
        };
        NAMES.into_iter().find(|own| own.eq_ignore_ascii_case(name))
    }

    /// What somebody reads who comes by another name or another port: what to do, in both languages.
    fn refusal(&self) -> String {
        let port = self.port.to_string();
        let address = |name: &str| match self.port {
            DEFAULT => format!("http://{name}/"),
            port => format!("http://{name}:{port}/"),
        };
        let [number, name] = NAMES.map(address);
        let values = [("port", port.as_str()), ("address", &name), ("number", &number)];
        let [english, portuguese] = [&ENGLISH, &PORTUGUESE].map(|texts| fill(texts.foreign, &values));
        format!("{english}\n\n{portuguese}\n")
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
        (StatusCode::FORBIDDEN, guard.refusal()).into_response()
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

    fn lets_in(port: u16, target: &str, head: &[(HeaderName, &str)]) -> bool {
        let mut request = Request::builder().uri(target);
        for (name, value) in head {
            request = request.header(name, *value);
        }
        Guard::new(port).unwrap().is_at_home(&request.body(axum::body::Body::empty()).unwrap())
    }

    #[test]
    fn it_goes_by_its_names_in_any_case_with_its_port_which_80_may_leave_out() {
        let host = |port, host: &str| lets_in(port, "/", &[(header::HOST, host)]);
        for own in ["127.0.0.1", "localhost", "LocalHost", "127.0.0.1:80", "LOCALHOST:80"] {
            assert!(host(80, own), "{own}");
        }
        assert!(host(3000, "localhost:3000") && host(3000, "LOCALHOST:3000"));
        for (port, foreign) in [
            (3000, "localhost"),
            (3000, "localhost:80"),
            (3000, "localhost:8000"),
            (3000, "localhost:03000"),
            (3000, "localhost:3000:3000"),
            (3000, "localhost.:3000"),
            (3000, "[::1]:3000"),
            (3000, "a@localhost:3000"),
            (80, "localhost:"),
            (80, "localhost:3000"),
            (80, "rebound.example"),
            (80, "rebound.example:80"),
            (80, "[::1]"),
            (80, ""),
        ] {
            assert!(!host(port, foreign), "{foreign} on {port}");
        }
        assert!(!lets_in(80, "/", &[]) && !lets_in(3000, "/", &[]), "whoever names nobody");
    }

    #[test]
    fn an_origin_and_a_whole_address_are_of_the_name_that_was_called() {
        let origin =
            |port, host, origin| lets_in(port, "/", &[(header::HOST, host), (header::ORIGIN, origin)]);
        assert!(
            origin(80, "localhost", "http://localhost") && origin(80, "127.0.0.1:80", "http://127.0.0.1")
        );
        assert!(origin(3000, "LOCALHOST:3000", "http://localhost:3000"));
        for (port, foreign) in [
            (80, "http://127.0.0.1"),
            (80, "https://localhost"),
            (80, "http://localhost:3000"),
            (80, "http://evil.example"),
            (80, "localhost"),
            (80, "null"),
            (3000, "http://localhost"),
        ] {
            let host = if port == 80 { "localhost" } else { "localhost:3000" };
            assert!(!origin(port, host, foreign), "{foreign} on {port}");
        }
        assert!(lets_in(80, "http://localhost/", &[(header::HOST, "localhost")]));
        assert!(lets_in(80, "http://localhost:80/", &[(header::HOST, "localhost")]));
        assert!(!lets_in(80, "http://evil.example/", &[(header::HOST, "localhost")]));
        assert!(!lets_in(80, "http://127.0.0.1/", &[(header::HOST, "localhost")]));
    }

    #[test]
    fn who_comes_another_way_is_told_the_way_in_in_both_languages() {
        let told = Guard::new(3000).unwrap().refusal();
        assert_eq!(told.matches("ssh -L 3000:localhost:3000 ").count(), 2, "{told}");
        assert_eq!(told.matches("http://localhost:3000/").count(), 4, "{told}");
        assert!(!told.contains(['{', '<']), "{told}");
        assert!(Guard::new(80).unwrap().refusal().contains("http://localhost/"));
    }

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
