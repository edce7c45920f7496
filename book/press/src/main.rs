//! `press`: builds, checks and serves both books; `cargo xtask book` and `cargo xtask live` start it.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

use press::build::{self, Order};
use press::check;
use press::language::Choice;
use press::{live, serve};

/// Build, check and serve both books
#[derive(Parser)]
#[command(name = "press", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the site to a folder
    Build {
        #[command(flatten)]
        options: Options,
        /// Where the site goes [default: target/book]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// The address under which it is published
        #[arg(long, env = "BOOK_URL", default_value = "http://127.0.0.1:3000/")]
        url: String,
    },
    /// Serve the site on this machine, and show every change as it is saved
    Serve {
        #[command(flatten)]
        options: Options,
        /// The port on 127.0.0.1; 0 takes a free one
        #[arg(long, default_value_t = 3000)]
        port: u16,
    },
    /// Serve both books on this machine with a button on every step that runs it
    Live {
        /// The port on 127.0.0.1; 0 takes a free one
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Where the app listens that the steps start
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
        app: String,
        /// The command that removes the stack that the steps started
        #[arg(long, value_name = "COMMAND")]
        start_over: String,
        /// The command that fails where the Docker engine does not answer
        #[arg(long, value_name = "COMMAND")]
        engine: String,
        /// Take the end of stdin for the end of who started this: end too, with what runs and with the stack
        #[arg(long)]
        until_eof: bool,
    },
    /// Find what is wrong with the pages without running them
    Check,
    /// Say that the Portuguese pages have followed the English ones
    Follow {
        /// The pages' names, such as reset [default: all]
        #[arg(value_name = "PAGE")]
        pages: Vec<String>,
    },
}

#[derive(Args)]
struct Options {
    /// The language
    #[arg(long, value_enum, default_value_t)]
    lang: Choice,
    /// What “cargo xtask verify --report” wrote, once for each engine [default: target/verify.json]
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .init();
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            // As with whatever is missing on a machine, to which a person has the cure.
            if live::is_port_taken(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(task: Task) -> Result<()> {
    let root = root()?;
    let order = |options: Options| Order {
        out: root.join("target/book"),
        languages: options.lang.languages().to_vec(),
        reports: match options.report.is_empty() {
            true => vec![root.join("target/verify.json")],
            false => options.report,
        },
        url: String::new(),
        root: root.clone(),
    };
    match task {
        Task::Build { options, out, url } => {
            let started = Instant::now();
            let order = order(options);
            let order = Order { out: out.unwrap_or(order.out.clone()), url, ..order };
            build::build(&order)?;
            eprintln!(
                "{} ({:.1} s)",
                order.out.join("index.html").display(),
                started.elapsed().as_secs_f64()
            );
            Ok(())
        }
        Task::Serve { options, port } => serve::run(order(options), port),
        Task::Live { port, app, start_over, engine, until_eof } => {
            let options = Options { lang: Choice::All, report: Vec::new() };
            live::run(&order(options), live::Options { port, app, start_over, engine, until_eof })
        }
        Task::Check => check(&root),
        Task::Follow { pages } => {
            for page in check::follow(&root, &pages)? {
                eprintln!("{page} follows its source");
            }
            Ok(())
        }
    }
}

/// Tells what is wrong with the pages, on stdout; what was skipped, and which steps are not run, on stderr.
/// With `NO_SKIP=1` nothing may be skipped.
fn check(root: &Path) -> Result<()> {
    let report = check::check(root)?;
    for finding in &report.findings {
        // Who has stopped reading has seen enough.
        writeln!(std::io::stdout(), "{finding}").ok();
    }
    report.not_run.iter().chain(&report.skipped).for_each(|note| eprintln!("{note}"));
    let may_skip = env::var_os("NO_SKIP").is_none_or(|value| value != "1");
    ensure!(report.findings.is_empty(), "wrong: {}", report.findings.len());
    ensure!(may_skip || report.skipped.is_empty(), "NO_SKIP=1, but something was skipped");
    eprintln!("nothing is wrong");
    Ok(())
}

/// The root of the repository: the nearest folder above this one that holds both books.
fn root() -> Result<PathBuf> {
    let here = env::current_dir().context("the current folder cannot be told")?;
    let root =
        here.ancestors().find(|folder| folder.join("book/en").is_dir() && folder.join("book/pt-BR").is_dir());
    root.map(PathBuf::from).with_context(|| format!("{} is in no copy of this repository", here.display()))
}
