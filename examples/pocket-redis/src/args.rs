//! The command line: that of `redis-server`, as far as a stand-in can follow it.

use std::fmt;

use crate::listen::BindAddress;

/// What `--help` prints.
pub const HELP: &str = concat!(
    "pocket-redis ",
    env!("CARGO_PKG_VERSION"),
    ": a stand-in for Redis; it keeps nothing

Usage: pocket-redis [redis-server] [--port PORT] [--bind ADDRESS…] [OPTION OF redis-server…]

  --port PORT       the port to listen on; 6379 if not said, and 0 takes a free one
  --bind ADDRESS…   the addresses to listen on; 127.0.0.1 if not said. `*` is all of IPv4,
                    `::*` all of IPv6; after a `-`, an address may be missing
  -v, --version     says which this is
  -h, --help        says this

Options by which Redis keeps data or is tuned (--appendonly, --save, --dir, --maxmemory …) are
taken and have no effect. Any other option is refused."
);

/// What `--version` prints.
pub const VERSION: &str =
    concat!("pocket-redis v=", env!("CARGO_PKG_VERSION"), ": a stand-in for Redis; it keeps nothing");

/// The options of `redis-server` that are taken without effect: to keep data, of which there is
/// none, or to tune what is not here.
const WITHOUT_EFFECT: &[&str] = &[
    "always-show-logo",
    "aof-load-truncated",
    "aof-use-rdb-preamble",
    "appenddirname",
    "appendfilename",
    "appendfsync",
    "appendonly",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "daemonize",
    "databases",
    "dbfilename",
    "dir",
    "hz",
    "io-threads",
    "loglevel",
    "maxclients",
    "maxmemory",
    "maxmemory-policy",
    "no-appendfsync-on-rewrite",
    "protected-mode",
    "rdbchecksum",
    "rdbcompression",
    "save",
    "stop-writes-on-bgsave-error",
    "tcp-backlog",
    "tcp-keepalive",
    "timeout",
];

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// To say how it is used.
    Help,
    /// To say which version it is.
    Version,
    /// To serve.
    Serve(Settings),
}

/// How to serve.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The addresses to listen on; at least one.
    pub bind: Vec<BindAddress>,
    /// What was asked for, and what a user may rely on, that a stand-in does not do.
    pub not_done: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { port: 6379, bind: vec![BindAddress::parse("127.0.0.1")], not_done: Vec::new() }
    }
}

/// Why a command line is refused, in one line.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Reads the arguments after the program's name. An option is a word that begins with `--`; all
/// words up to the next are its values. A first word `redis-server` is passed over, so that an
/// image whose entry point is this program takes the command written for a Redis image.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Call, UsageError> {
    let mut arguments = arguments.into_iter().peekable();
    arguments.next_if_eq("redis-server");
    let mut settings = Settings::default();
    while let Some(argument) = arguments.next() {
        let option = match argument.as_str() {
            "-h" | "--help" => return Ok(Call::Help),
            "-v" | "--version" => return Ok(Call::Version),
            word => word.strip_prefix("--").ok_or_else(|| no_option(word))?,
        };
        let mut values = Vec::new();
        while let Some(value) = arguments.next_if(|word| !word.starts_with("--")) {
            values.push(value);
        }
        settings.apply(&option.to_lowercase(), &values)?;
    }
    Ok(Call::Serve(settings))
}

impl Settings {
    fn apply(&mut self, option: &str, values: &[String]) -> Result<(), UsageError> {
        match (option, values) {
            ("port", [port]) => self.port = port.parse().map_err(|_| bad_port(port))?,
            ("bind", [_, ..]) if values.iter().all(|value| !value.is_empty()) => {
                self.bind = values.iter().map(|value| BindAddress::parse(value)).collect();
            }
            ("daemonize", [value]) if value != "no" => return Err(no_background(value)),
            // `--save` alone, as `--save ''`, asks for no snapshots.
            ("save", []) => {}
            (_, [_, ..]) if WITHOUT_EFFECT.contains(&option) => self.note(option, values),
            (_, _) if option == "port" || option == "bind" || WITHOUT_EFFECT.contains(&option) => {
                return Err(UsageError(format!("--{option}: wrong number of values")));
            }
            _ => return Err(unknown(option)),
        }
        Ok(())
    }

    /// Remembers a promise that is not kept, to say so at the start.
    fn note(&mut self, option: &str, values: &[String]) {
        if matches!(option, "appendonly" | "protected-mode") && values == ["yes"] {
            self.not_done.push(format!("--{option} yes"));
        }
    }
}

fn no_option(word: &str) -> UsageError {
    UsageError(format!("'{word}' is no option, and pocket-redis reads no configuration file"))
}

fn unknown(option: &str) -> UsageError {
    UsageError(format!("unknown option '--{option}'; see pocket-redis --help"))
}

fn bad_port(port: &str) -> UsageError {
    UsageError(format!("--port '{port}' is no port; 0 to 65535 is accepted"))
}

fn no_background(value: &str) -> UsageError {
    UsageError(format!("--daemonize '{value}' cannot be done; only 'no' is accepted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Call, String> {
        // `''` stands for an empty word, as in a shell.
        let words = line.split_whitespace().map(|word| word.trim_matches('\'').to_owned());
        parse(words).map_err(|error| error.to_string())
    }

    fn settings(line: &str) -> Settings {
        match parsed(line) {
            Ok(Call::Serve(settings)) => settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stack_s_command_line_is_taken_whole() {
        let settings = settings(
            "redis-server --bind 0.0.0.0 --protected-mode no --appendonly yes \
             --appendfsync always --save '' --dir /data --port 6380",
        );
        let bind = vec![BindAddress { host: "0.0.0.0".to_owned(), optional: false }];
        let not_done = vec!["--appendonly yes".to_owned()];
        assert_eq!(settings, Settings { port: 6380, bind, not_done });
    }

    #[test]
    fn without_a_word_it_listens_on_loopback_only() {
        assert_eq!(settings(""), Settings::default());
        assert_eq!(settings("").bind[0].host, "127.0.0.1");
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (line, named) in [
            ("--requirepass secret", "'--requirepass'"),
            ("/etc/redis.conf", "'/etc/redis.conf'"),
            ("--port 65536", "'65536'"),
            ("--port", "--port"),
            ("--bind ''", "--bind"),
            ("--appendonly", "--appendonly"),
            ("--daemonize yes", "--daemonize"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(named) && error.lines().count() == 1, "{line}: {error}");
        }
    }

    #[test]
    fn help_and_version_say_that_it_keeps_nothing() {
        assert_eq!(parsed("-h"), Ok(Call::Help));
        assert_eq!(parsed("--version"), Ok(Call::Version));
        assert!(HELP.contains("keeps nothing") && VERSION.contains("keeps nothing"));
    }
}
