//! The command line of every process: `--help`, `--version`, and wrong usage told in one line.

use std::env;
use std::process;
use std::sync::OnceLock;

use clap::Parser;
use clap::error::ErrorKind;

use crate::{BUILD, WRONG_USAGE, configuration, host, release};

/// What `--version` prints behind the process's name: the release, its two halves by name, and the host.
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let configuration = configuration().unwrap_or("that cannot be used");
        format!("{} (build {BUILD}, configuration {configuration}), host {}", release(), host())
    })
}

/// Reads the command line; `--help` and `--version` print and exit 0, wrong usage prints one line and exits 2.
pub fn parse<Args: Parser>() -> Args {
    Args::try_parse().unwrap_or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => {
            eprintln!("{}", wrong_usage::<Args>(&error, env::args()));
            process::exit(WRONG_USAGE.into());
        }
    })
}

/// clap's first line says which argument is wrong; its usage and its hints, below, become "accepted: …".
fn wrong_usage<Args: Parser>(error: &clap::Error, arguments: impl IntoIterator<Item = String>) -> String {
    let mut command = Args::command();
    command.build();
    let name = command.get_name().to_owned();
    let said = error.to_string();
    let what = match error.kind() {
        // clap would print its whole help instead.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "what to do is missing"
        }
        _ => said.lines().next().unwrap_or_default().trim_start_matches("error: "),
    };
    let task = arguments.into_iter().skip(1).find(|argument| command.find_subcommand(argument).is_some());
    let meant = task.and_then(|task| command.find_subcommand(task)).unwrap_or(&command);
    let subcommands = meant.get_subcommands().map(|subcommand| subcommand.get_name().to_owned());
    let options =
        meant.get_arguments().filter_map(|argument| argument.get_long().map(|long| format!("--{long}")));
    let accepted: Vec<String> = subcommands.chain(options).collect();
    format!("{name}: {what}; accepted: {}", accepted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    #[command(name = "reset", version = "1")]
    struct Args {}

    #[test]
    fn wrong_usage_is_one_line_with_what_it_was_and_what_is_accepted() {
        let arguments = ["reset", "--al\nl"];
        let error = Args::try_parse_from(arguments).unwrap_err();
        let said = wrong_usage::<Args>(&error, arguments.map(str::to_owned));
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("reset: unexpected argument '--al"), "{said}");
        assert!(said.ends_with("; accepted: --help, --version"), "{said}");
    }

    #[derive(Debug, Parser)]
    #[command(name = "migrate", version = "1", disable_help_subcommand = true)]
    struct WithTasks {
        #[command(subcommand)]
        task: Task,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Task {
        Status,
        Up {
            #[arg(long)]
            to: Option<i64>,
        },
    }

    #[test]
    fn a_missing_or_unknown_task_is_told_with_those_that_there_are() {
        for (arguments, what, accepted) in [
            (vec!["migrate"], "what to do is missing", "status, up, --help, --version"),
            (vec!["migrate", "down"], "unrecognized subcommand 'down'", "status, up, --help, --version"),
            (vec!["migrate", "up", "--now"], "unexpected argument '--now' found", "--to, --help"),
            (
                vec!["migrate", "up", "--to", "x"],
                "invalid value 'x' for '--to <TO>': invalid digit found in string",
                "--to, --help",
            ),
        ] {
            let error = WithTasks::try_parse_from(&arguments).unwrap_err();
            let said =
                wrong_usage::<WithTasks>(&error, arguments.iter().map(|argument| (*argument).to_owned()));
            assert_eq!(said, format!("migrate: {what}; accepted: {accepted}"), "{arguments:?}");
        }
    }
}
