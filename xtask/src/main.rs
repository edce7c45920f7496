//! What people do with this repository, as one command: `cargo xtask …`.

mod cargo;
mod demo;
mod doctor;
mod engine;
mod failure;
mod images;
mod language;
mod narration;
mod process;
mod repository;
mod stack;
mod visit;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Result;
use language::Language;
use repository::Repository;

/// What people do with this repository: run the story, make its images, see what this machine lacks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// The language of the narration, instead of the environment's
    #[arg(long, value_enum, global = true)]
    lang: Option<Language>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Bring the stack up, visit it, reset it, and prove that the counter restarted from 1
    Demo(demo::Options),
    /// Make sure that the stack's images are on this machine, built from this tree
    Images {
        /// Ask no registry
        #[arg(long)]
        offline: bool,
    },
    /// Say what is here, what is missing, and what to do about it
    Doctor,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    language::choose(arguments.lang.unwrap_or_else(Language::of_the_environment));
    match run(&arguments.task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            narration::say(&failure.to_string());
            failure.exit_code().into()
        }
    }
}

fn run(task: &Task) -> Result {
    process::watch_for_interrupts()?;
    let repository = Repository::find()?;
    match task {
        Task::Demo(options) => demo::run(&repository, options),
        Task::Images { offline } => images::run(&repository, *offline),
        Task::Doctor => doctor::run(&repository),
    }
}
