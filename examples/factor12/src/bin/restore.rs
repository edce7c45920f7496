//! An admin process: reads a backup on stdin, and puts it in place of the app's data.

use std::io::{self, BufReader, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use factor12::admin::Process;
use factor12::backup::{Reader, Refusal};
use factor12::store::{Admin, AdminError, Contents, HITS, RESETS, SCHEMA_RELEASE, SINCE, Schema, Staging};
use factor12::{WRONG_USAGE, cli, count, release};

/// Reads a backup on stdin, checks all of it, and then puts it in place, in one transaction.
///
/// Configured by the environment, as web is: HOST_REDIS, PORT_REDIS (or REDIS_URL), RUST_LOG.
#[derive(Parser)]
#[command(name = "restore", version = cli::version())]
struct Args {
    /// Replace the data that is there
    #[arg(long)]
    replace: bool,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    if io::stdin().is_terminal() {
        eprintln!("restore: stdin is a terminal; give it a backup, as in: restore < backup.jsonl");
        return WRONG_USAGE.into();
    }
    let restore =
        Process { short: false, find_out: "a new backup shows what is there", ..Process::new("restore") };
    restore.run(move |store| read(store, BufReader::with_capacity(64 * 1024, io::stdin()), args.replace))
}

// ANCHOR: restore
fn read(store: &mut Admin, input: impl io::BufRead, replace: bool) -> Result<String, AdminError> {
    // What cannot be put in place in the end need not be read.
    store.replaceable(replace)?;
    let mut staging = store.stage();
    let checked = check(input, &mut staging);
    let placed = checked.and_then(|(contents, told)| Ok((staging.put_in_place(&contents, replace)?, told)));
    match placed {
        Ok((mut lines, told)) => {
            lines.push(told);
            Ok(lines.join("\n"))
        }
        Err(error) => {
            if !matches!(error, AdminError::Redis(_)) {
                // It expires anyway.
                staging.discard().ok();
            }
            Err(error)
        }
    }
}

/// Reads the backup to its end; its log is staged, and the rest of it returned.
fn check(input: impl io::BufRead, staging: &mut Staging) -> Result<(Contents, String), AdminError> {
    let (header, mut backup) = Reader::begin(input).map_err(refused)?;
    if !(0..=Schema::KNOWN).contains(&header.schema) {
        return Err(refused(backup.refuse(format!(
            "the backup has schema {}, of release {}; this release, {}, knows {} at most",
            header.schema,
            header.release,
            release(),
            Schema::KNOWN
        ))));
    }
    let mut contents = Contents { schema: header.schema, ..Contents::default() };
    let mut entries = 0_u64;
    while let Some(record) = backup.record().map_err(refused)? {
        let slot = match record.key.as_str() {
            HITS => &mut contents.hits,
            SINCE if contents.schema >= 1 => &mut contents.since,
            SCHEMA_RELEASE if contents.schema >= 1 => &mut contents.release,
            RESETS if contents.schema >= 2 => {
                entries += 1;
                staging.push(record.value)?;
                continue;
            }
            key => {
                return Err(refused(backup.refuse(format!("schema {} has no key {key:?}", contents.schema))));
            }
        };
        if slot.is_some() || entries > 0 {
            return Err(refused(backup.refuse(format!("the key {} comes again, or too late", record.key))));
        }
        *slot = Some(record.value);
    }
    let records = count(backup.records(), "record", "records");
    let told = format!("restored: {records} of {}, by release {}", header.time, header.release);
    Ok((contents, told))
}
// ANCHOR_END: restore

fn refused(Refusal { line, reason }: Refusal) -> AdminError {
    AdminError::Input(format!("line {line}: {reason}"))
}
