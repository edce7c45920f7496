//! An admin process: writes all of the app's data to stdout.

use std::io::{self, BufWriter};
use std::process::ExitCode;

use clap::Parser;
use factor12::admin::{Output, Process};
use factor12::backup::{Header, Writer};
use factor12::store::{Admin, AdminError, HITS, RESETS, SCHEMA_RELEASE, SINCE};
use factor12::{cli, count};

/// Writes all of the app's data to stdout, as it stood at one moment; restore reads it.
///
/// Configured by the environment, as web is: HOST_REDIS, PORT_REDIS (or REDIS_URL), RUST_LOG.
#[derive(Parser)]
#[command(name = "backup", version = cli::version())]
struct Args {}

fn main() -> ExitCode {
    let Args {} = cli::parse();
    let backup = Process {
        short: false,
        result: Output::Stderr,
        aftermath: ", and what was written is no whole backup: restore refuses it",
        ..Process::new("backup")
    };
    backup.run(write)
}

// ANCHOR: backup
fn write(store: &mut Admin) -> Result<String, AdminError> {
    let mut snapshot = store.snapshot()?;
    let contents = snapshot.contents.clone();
    let header = Header::new(contents.schema);
    let mut backup = Writer::begin(BufWriter::new(io::stdout()), &header).map_err(unwritten)?;
    for (key, value) in [(HITS, contents.hits), (SINCE, contents.since), (SCHEMA_RELEASE, contents.release)] {
        if let Some(value) = value {
            backup.record(key, &value).map_err(unwritten)?;
        }
    }
    loop {
        let entries = snapshot.entries()?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            backup.record(RESETS, &entry).map_err(unwritten)?;
        }
    }
    // Without its last line it is no backup; that is written only when all above is known to belong together.
    snapshot.finish()?;
    let records = backup.end().map_err(unwritten)?;
    Ok(format!("{}, schema {}", count(records, "record", "records"), header.schema))
}
// ANCHOR_END: backup

fn unwritten(error: io::Error) -> AdminError {
    match error.kind() {
        io::ErrorKind::InvalidInput => AdminError::Data(error.to_string()),
        _ => AdminError::Output(error),
    }
}
