//! The command line of every process: `--help`, `--version`, and wrong usage told in one line.

use std::process;
use std::sync::OnceLock;

use clap::Parser;
use clap::error::ErrorKind;

use crate::WRONG_USAGE;

/// What `--version` prints behind the process's name: the release and the host.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| format!("{}, host {}", crate::release(), crate::host()))
}

/// Reads the command line; `--help` and `--version` print and exit 0, wrong usage prints one line and exits 2.
pub fn parse<Args: Parser>() -> Args {
    Args::try_parse().unwrap_or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => {
            eprintln!("{}", wrong_usage::<Args>(&error));
            process::exit(WRONG_USAGE.into());
        }
    })
}

/// clap's first line says which argument is wrong; its usage and its hints, below, become "accepted: …".
fn wrong_usage<Args: Parser>(error: &clap::Error) -> String {
    let mut command = Args::command();
    command.build();
    let said = error.to_string();
    let what = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let accepted: Vec<String> = command
        .get_arguments()
        .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
        .collect();
    format!("{}: {what}; accepted: {}", command.get_name(), accepted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    #[command(name = "reset", version = "1")]
    struct Args {}

    #[test]
    fn wrong_usage_is_one_line_with_what_it_was_and_what_is_accepted() {
        let error = Args::try_parse_from(["reset", "--al\nl"]).unwrap_err();
        let said = wrong_usage::<Args>(&error);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("reset: unexpected argument '--al"), "{said}");
        assert!(said.ends_with("; accepted: --help, --version"), "{said}");
    }
}
