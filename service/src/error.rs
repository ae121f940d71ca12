//! The error type of use cases.

use engine::problem::Problem;

/// The result type of most functions in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request refers to something that does not exist, or is contradictory.
    #[error("{0}")]
    Invalid(String),
    /// A file has problems.
    #[error("{file} is not valid:\n{}", .problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    InvalidFile {
        /// The file's name.
        file: String,
        /// The problems, with their positions.
        problems: Vec<Problem>,
    },
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file's path.
        path: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The rest of a file cannot be read. What was read before is kept.
    #[error(
        "the file cannot be read to its end: {0}; when it can be read, start the import again, and it resumes where it stopped"
    )]
    Unreadable(std::io::Error),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Every slot for reading content is taken, and so are the places to wait for one.
    #[error("too many drafts are being checked at the moment")]
    Busy,
    /// A computation ended early because the process is stopping, or it panicked.
    #[error("the computation did not finish")]
    Interrupted,
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
