//! What all processes of one release share: how they are configured, how they say which release
//! they are, how they log, and how they end.
//!
//! The twelfth factor asks that an admin process runs in the same release, against the same
//! backing services, with the same configuration as the long-running process
//! (<https://12factor.net/admin-processes>). Here they are binaries of one crate: what one of
//! them knows about its environment, the others know too.

pub mod admin;
pub mod backup;
pub mod cli;
pub mod config;
#[cfg(feature = "console")]
pub mod console;
pub mod health;
pub mod logs;
pub mod store;
pub mod web;

use std::sync::OnceLock;
use std::time::SystemTime;

use config::Config;

/// Exit code of a process that failed; its last line on stderr says how. Success is 0, as everywhere.
pub const FAILED: u8 = 1;

/// Exit code of a process whose command line or environment is wrong; nothing was tried.
pub const WRONG_USAGE: u8 = 2;

/// The build that this process is of: a digest of the sources that it was compiled from. Equal sources give an equal one,
/// on every machine; another line anywhere in them gives another.
pub const BUILD: &str = env!("FACTOR12_BUILD");

/// The release that this process belongs to, `0.1.0+BUILD.CONFIGURATION`: a build, together with the configuration that it
/// runs in. Where that cannot be used, it is the build alone.
pub fn release() -> &'static str {
    static RELEASE: OnceLock<String> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let build = concat!(env!("CARGO_PKG_VERSION"), "+", env!("FACTOR12_BUILD"));
        configuration().map_or_else(|| build.to_owned(), |configuration| format!("{build}.{configuration}"))
    })
}

/// The fingerprint of what the environment tells all processes of the app alike, `None` where it cannot be used.
pub fn configuration() -> Option<&'static str> {
    static CONFIGURATION: OnceLock<Option<String>> = OnceLock::new();
    let read = || Config::from_env("info").ok().map(|config| config.redis.fingerprint());
    CONFIGURATION.get_or_init(read).as_deref()
}

/// The host's name: in a container its short id, by which two processes can tell whether they share one.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| gethostname::gethostname().to_string_lossy().into_owned())
}

/// This moment, in UTC, to the second: `2026-11-22T06:30:00Z`.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// What some editors and shells put before a text in UTF-8, and nobody sees.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Whether a text is UTF-16, as PowerShell's `>` writes it: it begins with the mark of that, or with half a letter.
pub fn is_utf_16(text: &[u8]) -> bool {
    matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..])
}

/// A number with what it counts: `1 entry`, `2 entries`.
pub fn count(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}
