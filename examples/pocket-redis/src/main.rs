//! The program: reads the command line, says what it is, and serves until it is told to stop.

use std::{env, process::ExitCode};

use pocket_redis::{
    args::{self, Call, Settings},
    log, server,
};

fn main() -> ExitCode {
    let arguments = env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned());
    let outcome = match args::parse(arguments) {
        Ok(Call::Help) => return say(args::HELP),
        Ok(Call::Version) => return say(args::VERSION),
        Ok(Call::Serve(settings)) => serve(&settings),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pocket-redis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> ExitCode {
    log::line(text);
    ExitCode::SUCCESS
}

/// One thread is enough: every command takes the same lock anyway.
fn serve(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(server::run(settings))
}
