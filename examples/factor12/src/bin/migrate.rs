//! An admin process: brings the data to the schema that this release knows.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use factor12::admin::Process;
use factor12::cli;
use factor12::store::{Admin, AdminError, Applied, Change, MIGRATIONS, Migration, Schema};

// ANCHOR: arguments
/// Brings the app's data to the schema that this release knows, one migration after the other.
///
/// Configured by the environment, as web is: HOST_REDIS, PORT_REDIS (or REDIS_URL), RUST_LOG.
#[derive(Parser)]
#[command(name = "migrate", version = cli::version(), disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print each migration of this release, and whether it is applied
    Status,
    /// Apply what is pending, each migration in one transaction
    Up {
        /// Stop after the migration with this number
        #[arg(long, value_name = "N", default_value_t = Schema::KNOWN, value_parser = clap::value_parser!(i64).range(1..=Schema::KNOWN))]
        to: i64,
        /// Print what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}
// ANCHOR_END: arguments

fn main() -> ExitCode {
    let args: Args = cli::parse();
    let migrate = Process { find_out: "migrate status shows the schema", ..Process::new("migrate") };
    migrate.run(move |store| match args.task {
        Task::Status => status(store),
        Task::Up { to, dry_run: true } => dry_run(store, to),
        Task::Up { to, dry_run: false } => up(store, to),
    })
}

fn status(store: &mut Admin) -> Result<String, AdminError> {
    let version = store.schema()?.known()?;
    let mut lines: Vec<String> = MIGRATIONS
        .iter()
        .map(|migration| {
            let state = if migration.version <= version { "applied" } else { "pending" };
            format!("{state} {}", title(migration))
        })
        .collect();
    lines.push(format!("schema: {version} of {}", Schema::KNOWN));
    Ok(lines.join("\n"))
}

// ANCHOR: up
fn up(store: &mut Admin, to: i64) -> Result<String, AdminError> {
    let before = store.schema()?.known()?;
    let (mut lines, mut here, mut elsewhere) = (Vec::new(), false, false);
    for migration in pending(before, to) {
        // Where another process is at it, the rest is left to that one, for as long as it goes on.
        let applied = match elsewhere && done_by_others(store, migration)? {
            true => Applied::Elsewhere,
            false => store.apply(migration)?,
        };
        match applied {
            Applied::Here(changes) => {
                here = true;
                lines.extend(told(migration, &changes));
            }
            Applied::Elsewhere => {
                elsewhere = true;
                lines.push(format!("{}: another process has applied it meanwhile", title(migration)));
            }
        }
    }
    lines.push(match here {
        true => format!("schema: {before} -> {to}"),
        false => format!("schema: {}, nothing to do", before.max(to)),
    });
    Ok(lines.join("\n"))
}
// ANCHOR_END: up

/// Whether another process applies this migration soon.
fn done_by_others(store: &mut Admin, migration: &Migration) -> Result<bool, AdminError> {
    const SOON: Duration = Duration::from_secs(1);
    const LOOK: Duration = Duration::from_millis(10);
    let start = Instant::now();
    loop {
        if store.schema()?.known()? >= migration.version {
            return Ok(true);
        }
        if start.elapsed() > SOON {
            return Ok(false);
        }
        thread::sleep(LOOK);
    }
}

fn dry_run(store: &mut Admin, to: i64) -> Result<String, AdminError> {
    let before = store.schema()?.known()?;
    let mut lines = Vec::new();
    for migration in pending(before, to) {
        lines.extend(told(migration, &store.plan(migration)?));
    }
    lines.push(match lines.is_empty() {
        true => format!("schema: {before}, nothing to do"),
        false => format!("schema: {before} -> {to} is what would be done, and nothing was changed"),
    });
    Ok(lines.join("\n"))
}

/// The migrations after `before`, up to `to`.
fn pending(before: i64, to: i64) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(move |migration| migration.version > before && migration.version <= to)
}

fn title(migration: &Migration) -> String {
    format!("{} {}: {}", migration.version, migration.name, migration.about)
}

/// A migration, and below it what it changes.
fn told(migration: &Migration, changes: &[Change]) -> Vec<String> {
    let changes = changes.iter().map(|change| format!("  {change}"));
    [title(migration)].into_iter().chain(changes).collect()
}
