//! The environment, read once at the start, by every process alike.
//!
//! The third factor keeps the configuration in the environment (<https://12factor.net/config>).
//! An empty variable counts as unset, as Compose passes `VAR=` for a variable that nobody set.

use std::env;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use sha2::{Digest, Sha256};
use tracing_subscriber::filter::Targets;

use crate::backup::hex;

/// What a process needs to know of its environment.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Redis is.
    pub redis: Redis,
    /// The address on which `web` listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which events are logged.
    pub log: Targets,
}

/// The backing service: where it is and how to log in to it. Displayed without its password.
#[derive(Debug, Clone)]
pub struct Redis {
    /// What the driver connects with.
    pub info: ConnectionInfo,
}

/// A variable of the environment whose value cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is {value:?}: accepted is {accepted}")]
pub struct BadVariable {
    variable: &'static str,
    value: String,
    accepted: &'static str,
}

impl Config {
    /// Reads the process's environment; `log` is the filter where `RUST_LOG` sets none.
    ///
    /// # Errors
    ///
    /// The first variable whose value is not accepted.
    pub fn from_env(log: &str) -> Result<Config, BadVariable> {
        Config::read(|variable| env::var_os(variable).map(|value| value.to_string_lossy().into_owned()), log)
    }

    /// Reads an environment that `get` looks variables up in.
    fn read(get: impl Fn(&str) -> Option<String>, log: &str) -> Result<Config, BadVariable> {
        // ANCHOR: redis
        let set = |variable| get(variable).filter(|value| !value.is_empty());
        let redis = match set("REDIS_URL") {
            Some(url) => Redis::from_url(&url)?,
            None => Redis::from_host_and_port(set("HOST_REDIS"), set("PORT_REDIS"))?,
        };
        // ANCHOR_END: redis
        let host = match set("HOST") {
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Some(value) => value
                .parse()
                .map_err(|_| bad("HOST", value, "an IP address, such as 0.0.0.0 or 127.0.0.1"))?,
        };
        let port = match set("PORT") {
            None => 8080,
            Some(value) => decimal(&value)
                .ok_or_else(|| bad("PORT", value, "a port from 1 to 65535, or 0 for a free one"))?,
        };
        let filter = set("RUST_LOG").unwrap_or_else(|| log.to_owned());
        let log = filter.parse().map_err(|_| {
            bad(
                "RUST_LOG",
                filter,
                "a level (error, warn, info, debug, trace, off), or target=level, separated by commas",
            )
        })?;
        Ok(Config { redis, listen: SocketAddr::new(host, port), log })
    }
}

impl Redis {
    // ANCHOR: host_and_port
    fn from_host_and_port(host: Option<String>, port: Option<String>) -> Result<Redis, BadVariable> {
        const HOST: &str = "a host name or an address";
        let host = host.unwrap_or_else(|| "redis".to_owned());
        if !is_host(&host) {
            return Err(bad("HOST_REDIS", host, HOST));
        }
        let port = match port {
            None => 6379,
            Some(value) => decimal(&value)
                .filter(|port| *port != 0)
                .ok_or_else(|| bad("PORT_REDIS", value, "a port from 1 to 65535"))?,
        };
        let info = (host.as_str(), port).into_connection_info().map_err(|_| bad("HOST_REDIS", host, HOST))?;
        Ok(Redis { info })
    }
    // ANCHOR_END: host_and_port

    fn from_url(url: &str) -> Result<Redis, BadVariable> {
        let refuse =
            || bad("REDIS_URL", without_secrets(url), "redis://[[user]:password@]host[:port][/database]");
        let parsed = redis::parse_redis_url(url)
            .filter(|parsed| {
                parsed.scheme() == "redis"
                    && parsed.host_str().is_some_and(|host| !host.is_empty())
                    && parsed.port() != Some(0)
                    && parsed.query().is_none()
                    && parsed.fragment().is_none()
            })
            .ok_or_else(refuse)?;
        let info = parsed.into_connection_info().map_err(|_| refuse())?;
        if info.redis_settings().db() < 0 {
            return Err(refuse());
        }
        Ok(Redis { info })
    }

    // ANCHOR: fingerprint
    /// Tells this configuration from another, in seven hexadecimal digits: the same Redis, user and password give the same
    /// ones. Of the password one byte of its digest enters: a wrong guess in 256 fits as well, and so none can be confirmed.
    pub fn fingerprint(&self) -> String {
        let settings = self.info.redis_settings();
        let user = settings.username().unwrap_or_default();
        let password = settings.password().map(|password| Sha256::digest(password)[0]);
        let digest = Sha256::digest(format!("{self} {user:?} {password:?}"));
        hex(&digest)[..7].to_owned()
    }
    // ANCHOR_END: fingerprint
}

impl fmt::Display for Redis {
    /// `redis:6379`, with `/2` behind it where another database than the first is meant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}")?,
            address => write!(f, "{address}")?,
        }
        match self.info.redis_settings().db() {
            0 => Ok(()),
            database => write!(f, "/{database}"),
        }
    }
}

fn bad(variable: &'static str, value: String, accepted: &'static str) -> BadVariable {
    BadVariable { variable, value, accepted }
}

/// A port in plain digits: Rust's own parser would take `+80` too.
fn decimal(value: &str) -> Option<u16> {
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
}

/// Whether `host` can name a host: letters, digits and the few marks of names and addresses
/// (Compose's service names may hold `_`, an IPv6 address holds `:`).
fn is_host(host: &str) -> bool {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    host.len() <= 253 && (host.bytes().all(named) || host.parse::<IpAddr>().is_ok())
}

/// A refused URL as it may be shown: whole only where no part of it can be a password, however badly it is written.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "***".to_owned();
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let plain = !rest.contains(['@', '?', '#'])
        && (authority.is_empty() || !host.is_empty())
        && port.bytes().all(|byte| byte.is_ascii_digit());
    if plain { url.to_owned() } else { format!("{scheme}://***") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, BadVariable> {
        let get = |wanted: &str| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        Config::read(get, "info")
    }

    fn redis(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap().redis.to_string()
    }

    fn fingerprint(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap().redis.fingerprint()
    }

    fn refusal(variable: &str, value: &str) -> String {
        read(&[(variable, value)]).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let config = read(&[]).unwrap();
        assert_eq!(config.redis.to_string(), "redis:6379");
        assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let names = ["HOST_REDIS", "PORT_REDIS", "REDIS_URL", "HOST", "PORT", "RUST_LOG"];
        let config = read(&names.map(|name| (name, ""))).unwrap();
        assert_eq!(config.redis.to_string(), "redis:6379");
        assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
    }

    #[test]
    fn host_and_port_of_redis_come_from_the_environment() {
        assert_eq!(redis(&[("HOST_REDIS", "cache_1"), ("PORT_REDIS", "6380")]), "cache_1:6380");
        assert_eq!(redis(&[("HOST_REDIS", "::1")]), "[::1]:6379");
    }

    #[test]
    fn a_url_wins_and_is_shown_without_its_password() {
        let url = ("REDIS_URL", "redis://app:secret@cache:6380/2");
        assert_eq!(redis(&[url, ("HOST_REDIS", "other")]), "cache:6380/2");
    }

    #[test]
    fn the_same_redis_has_the_same_fingerprint_however_it_is_named() {
        let expected = fingerprint(&[]);
        assert!(expected.len() == 7 && expected.bytes().all(|byte| byte.is_ascii_hexdigit()), "{expected}");
        for same in [
            [("HOST_REDIS", "redis"), ("PORT_REDIS", "6379")],
            [("REDIS_URL", "redis://redis/0"), ("PORT", "9090")],
            [("HOST", "127.0.0.1"), ("RUST_LOG", "debug")],
        ] {
            assert_eq!(fingerprint(&same), expected, "{same:?}");
        }
    }

    #[test]
    fn another_redis_user_or_password_has_another_fingerprint() {
        let others = [
            [("HOST_REDIS", "other-redis")],
            [("PORT_REDIS", "6380")],
            [("REDIS_URL", "redis://redis/1")],
            [("REDIS_URL", "redis://:secret@redis")],
            [("REDIS_URL", "redis://:other@redis")],
            [("REDIS_URL", "redis://app:secret@redis")],
        ];
        let all: BTreeSet<_> =
            others.iter().map(|other| fingerprint(other)).chain([fingerprint(&[])]).collect();
        assert_eq!(all.len(), others.len() + 1, "{all:?}");
    }

    #[test]
    fn a_password_cannot_be_found_out_from_the_fingerprint() {
        let of = |guess: u32| fingerprint(&[("REDIS_URL", &format!("redis://:{guess}@redis"))]);
        let shared = (0..5_000).filter(|guess| of(*guess) == of(7)).count();
        // One of 256 guesses in the mean, not the right one alone.
        assert!(shared > 5, "{shared} of 5000 passwords have this fingerprint");
        let all: BTreeSet<_> = (0..5_000).map(of).collect();
        assert_eq!(all.len(), 256);
    }

    #[test]
    fn a_refused_url_is_shown_without_its_password() {
        for url in [
            "http://app:secret@cache",
            "redis://:sec@ret@cache:99999",
            "redis:secret@cache",
            "redis://cache?password=secret",
            "redis://:secret",
            "redis://a:sec/ret?x@cache",
            "rediss://:secret@cache",
        ] {
            let said = refusal("REDIS_URL", url);
            assert!(!said.contains("sec") && !said.contains("ret"), "{said}");
            assert!(
                said.starts_with("REDIS_URL is \"") && said.contains("***") && said.contains("redis://["),
                "{said}"
            );
        }
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_what_is_accepted() {
        assert_eq!(refusal("PORT_REDIS", "abc"), "PORT_REDIS is \"abc\": accepted is a port from 1 to 65535");
        for (variable, value) in [
            ("PORT_REDIS", "0"),
            ("PORT_REDIS", "65536"),
            ("PORT_REDIS", "+1"),
            ("PORT", "0x"),
            ("PORT", "-1"),
            ("HOST", "localhost"),
            ("HOST_REDIS", "redis:6379"),
            ("HOST_REDIS", "a b"),
            ("REDIS_URL", "redis://"),
            ("REDIS_URL", "redis://h/x"),
            ("REDIS_URL", "redis://h/-1"),
            ("REDIS_URL", "redis://h:0"),
            ("RUST_LOG", "factor12=loud"),
        ] {
            assert!(refusal(variable, value).starts_with(variable), "{variable}={value}");
        }
    }
}
