//! Why a use case could not be carried out.

use engine::problem::Problem;

/// What most functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request asks for something that does not exist or makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A file is invalid in these places.
    #[error("{file} is not valid:\n{}", .problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    InvalidFile {
        /// The file.
        file: String,
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
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
