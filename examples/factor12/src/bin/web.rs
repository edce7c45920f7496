//! The long-running process: it counts visits.

use std::process::ExitCode;

use clap::Parser;
use factor12::config::Config;
use factor12::{FAILED, WRONG_USAGE, cli, health, logs, web};

/// Counts visits: GET / answers "Hello World! N times."
///
/// Configured by the environment: HOST_REDIS, PORT_REDIS (or REDIS_URL), HOST, PORT, RUST_LOG.
#[derive(Parser)]
#[command(name = "web", version = cli::version())]
struct Args {
    /// Ask the web that runs in this environment for its health, and exit 0 or 1
    #[arg(long)]
    health: bool,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    let config = match Config::from_env("info") {
        Ok(config) => config,
        Err(error) => {
            eprintln!("web: {error}");
            return WRONG_USAGE.into();
        }
    };
    match run(&args, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web: {error}");
            FAILED.into()
        }
    }
}

fn run(args: &Args, config: Config) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(async {
        let listen = config.listen;
        if args.health {
            return health::check(listen).await;
        }
        logs::to_stdout(config.log.clone());
        web::serve(config).await.map_err(|error| format!("cannot listen on {listen}: {error}"))
    });
    // A name look-up knows no limit: it must not hold a process that has done its work.
    runtime.shutdown_background();
    outcome
}
