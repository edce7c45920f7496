//! `cargo xtask book`: both books, built, served and checked by `press`, a program of its own: mdBook takes
//! long to compile, and only who works on the book waits for it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use clap::{Args, Subcommand};
use runbook::process;

use crate::cargo::binary;
use crate::failure::{Context, Failure, Result};
use crate::language::Language;
use crate::process::go_on;
use crate::repository::Repository;
use crate::text;

/// What a person can do with the books.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Write the site to target/book
    Build(Site),
    /// Serve the site on this machine, and show every change as it is saved
    Serve {
        #[command(flatten)]
        site: Site,
        /// The port on 127.0.0.1; 0 takes a free one
        #[arg(long, default_value_t = 3000)]
        port: u16,
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

/// What a site is made with.
#[derive(Debug, Args)]
pub struct Site {
    /// What “cargo xtask verify --report” wrote, once for each engine [default: target/verify.json]
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

impl Task {
    /// What `press` is started with.
    fn arguments(&self, language: Option<Language>) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |argument: &str| arguments.push(argument.into());
        match self {
            Task::Build(_) => add("build"),
            Task::Serve { port, .. } => ["serve", "--port", &port.to_string()].into_iter().for_each(add),
            Task::Check => add("check"),
            Task::Follow { pages } => {
                add("follow");
                pages.iter().for_each(|page| add(page));
            }
        }
        if let Task::Build(site) | Task::Serve { site, .. } = self {
            for report in &site.report {
                arguments.extend(["--report".into(), report.into()]);
            }
            if let Some(language) = language {
                arguments.extend(["--lang", language.tag()].map(OsString::from));
            }
        }
        arguments
    }
}

/// Runs `press`, compiled first where it is not, with the terminal its own; in `language` alone, or in both.
///
/// # Errors
///
/// It cannot be started, or fails, having said why; or the person has asked to stop.
pub fn run(repository: &Repository, task: &Task, language: Option<Language>) -> Result {
    let mut command = match &repository.kit {
        Some(kit) => Command::new(binary(&kit.programs()?, "press")?),
        None => {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["run", "--quiet", "--locked", "--package", "press", "--"]);
            cargo
        }
    };
    command.args(task.arguments(language)).current_dir(&repository.root).stdin(Stdio::null());
    let mut press = process::spawn(command).context(|| text!("doing-start", program = "cargo run"))?;
    let status = loop {
        if let Some(status) = press.try_wait().context(|| text!("doing-start", program = "press"))? {
            break status;
        }
        if go_on().is_err() {
            process::end(press.as_mut());
            // To stop is how serving ends.
            return if matches!(task, Task::Serve { .. }) { Ok(()) } else { Err(Failure::Interrupted) };
        }
        thread::sleep(process::TICK);
    };
    match status.code() {
        Some(0) => Ok(()),
        _ => Err(Failure::Failed(text!("program-failed", program = "press", status = status))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn press_is_started_with_what_the_person_chose() {
        let site = Site { report: vec!["a.json".into(), "b.json".into()] };
        let serve = Task::Serve { site, port: 4000 };
        let arguments = serve.arguments(Some(Language::PtBr));
        assert_eq!(
            arguments,
            ["serve", "--port", "4000", "--report", "a.json", "--report", "b.json", "--lang", "pt-BR"]
        );
        assert_eq!(Task::Build(Site { report: Vec::new() }).arguments(None), ["build"]);
        assert_eq!(Task::Follow { pages: vec!["reset".to_owned()] }.arguments(None), ["follow", "reset"]);
    }
}
