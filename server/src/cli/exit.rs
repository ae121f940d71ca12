//! How a command ends.

use std::process::ExitCode;

use engine::problem::Problem;

/// All is well.
pub(crate) const FINE: u8 = 0;
/// A difference or tampering was found.
pub(crate) const DIFFERENCE: u8 = 1;
/// The command line or a file is wrong.
pub(crate) const USAGE: u8 = 2;
/// The database, or something else that is needed, does not answer.
pub(crate) const UNAVAILABLE: u8 = 3;
/// Some rows were rejected, the others taken.
pub(crate) const SOME_REJECTED: u8 = 4;

/// Why a command could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line asks for something that is not there or makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A file is wrong in these places.
    #[error("{file} is not valid:\n{}", .problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Invalid {
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
    /// What is kept cannot be read or written.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// The address cannot be listened on, or something of that kind.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<service::Error> for Failure {
    fn from(error: service::Error) -> Self {
        use service::Error;
        match error {
            Error::Invalid(message) => Self::Usage(message),
            Error::InvalidFile { file, problems } => Self::Invalid { file, problems },
            Error::File { path, error } => Self::File { path, error },
            Error::Store(error) => Self::Store(error),
            Error::Interrupted => Self::Io(std::io::Error::other(error)),
        }
    }
}

impl Failure {
    /// Tells the person, and answers with the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("meshline: {self}");
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Invalid { .. } | Self::File { .. } => USAGE,
            Self::Store(
                store::Error::Key(_)
                | store::Error::NotFound(_)
                | store::Error::Duplicate(_)
                | store::Error::Refused(_)
                | store::Error::Stale { .. },
            ) => USAGE,
            Self::Store(_) | Self::Io(_) => UNAVAILABLE,
        }
    }
}
