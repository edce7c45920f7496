//! How a task fails, told for the person who meets it.

/// A failure; its text is in the language of the narration.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The machine or the command line lacks something: which, and how to get it. Exit code 2.
    #[error("{what}\n{cure}")]
    Missing {
        /// What is missing.
        what: String,
        /// The command or the step that cures it.
        cure: String,
    },
    /// Something went wrong on the way; below the cause, the last lines of whoever knows more. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Ctrl-C, or another request to stop. Exit code 130, as shells have it.
    #[error("{}", crate::text!("interrupted"))]
    Interrupted,
}

impl Failure {
    /// The exit code that says which kind of failure it is.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Missing { .. } => 2,
            Failure::Interrupted => 130,
        }
    }
}

/// What every task returns.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// Says in which step an error of the operating system arose.
pub trait Context<T> {
    /// Turns an error into a [`Failure::Failed`] that starts with what was being done.
    ///
    /// # Errors
    ///
    /// The error, with its context.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::Failed(format!("{}: {error}", doing())))
    }
}
