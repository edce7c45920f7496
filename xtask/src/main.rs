//! What people do with this repository, as one command: `cargo xtask …`.

mod book;
mod cargo;
mod demo;
mod doctor;
mod engine;
mod environment;
mod failure;
mod images;
mod kit;
mod language;
mod live;
mod narration;
mod pages;
#[cfg(unix)]
mod present;
mod process;
mod project;
mod repository;
mod run;
mod stack;
mod turn;
mod verify;
mod visit;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Result;
use language::{Choice, Language};
use repository::Repository;

/// What people do with this repository: run the story, make its images, see what this machine lacks.
#[derive(Parser)]
#[command(name = kit::command(), bin_name = kit::command())]
struct Arguments {
    /// The language of the narration and of the pages, instead of the environment's
    #[arg(long, value_enum, global = true)]
    lang: Option<Choice>,
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
    /// Build, serve and check the book
    #[command(subcommand)]
    Book(book::Task),
    /// Run one chapter of the book, and compare what its commands print with what the page shows
    Run(run::Options),
    /// Serve the book on this machine with a button on every step that runs it
    Live(live::Options),
    /// Take the stack, the book and the programs to a room without network, in one file
    #[command(subcommand)]
    Kit(kit::Task),
    /// Remove a stack, as “live” asks for it
    #[command(hide = true)]
    Remove {
        /// The Compose project
        project: String,
    },
    /// Run chapters of the book, in both languages unless --lang says one, and compare every output
    Verify(verify::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen = arguments.lang.and_then(Choice::one);
    let language = chosen.unwrap_or_else(Language::of_the_environment);
    language::choose(language);
    match run(&arguments.task, language, chosen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            narration::say(&failure.to_string());
            failure.exit_code().into()
        }
    }
}

fn run(task: &Task, language: Language, chosen: Option<Language>) -> Result {
    process::watch_for_interrupts()?;
    let repository = Repository::find()?;
    match task {
        Task::Demo(options) => demo::run(&repository, options),
        Task::Images { offline } => images::run(&repository, *offline),
        Task::Doctor => doctor::run(&repository),
        Task::Book(task) => book::run(&repository, task, chosen),
        Task::Run(options) => run::run(&repository, options, language),
        Task::Kit(task) => kit::run(&repository, task),
        Task::Live(options) => live::run(&repository, options, language),
        Task::Remove { project } => live::remove(&repository, project),
        Task::Verify(options) => match chosen {
            Some(language) => verify::run(&repository, options, &[language]),
            None => verify::run(&repository, options, &Language::ALL),
        },
    }
}
