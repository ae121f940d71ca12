//! Exit codes and errors of commands.

use std::process::ExitCode;

use engine::problem::Problem;

use crate::tasks::continuity::AdmitError;

/// The command succeeded.
pub(crate) const FINE: u8 = 0;
/// A difference or tampering was found.
pub(crate) const DIFFERENCE: u8 = 1;
/// The command line or a file is invalid.
pub(crate) const USAGE: u8 = 2;
/// The database or another required service is unavailable.
pub(crate) const UNAVAILABLE: u8 = 3;
/// Some rows were rejected, the others accepted.
pub(crate) const SOME_REJECTED: u8 = 4;

/// An error that ends a command.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command line is invalid or refers to something that does not exist.
    #[error("{0}")]
    Usage(String),
    /// A file is invalid in these places.
    #[error("{file} is not valid:\n{}", .problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Invalid {
        /// The name of the file.
        file: String,
        /// The problems found.
        problems: Vec<Problem>,
    },
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The path of the file.
        path: String,
        /// The reason.
        error: std::io::Error,
    },
    /// The database went back in time, or may have.
    #[error("{0}")]
    NotAdmitted(store::suspension::Suspension),
    /// Stored data cannot be read or written.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// An I/O error, such as an address in use or a file that cannot be read to its end.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<service::Error> for CommandError {
    fn from(error: service::Error) -> Self {
        use service::Error;
        match error {
            Error::Invalid(message) => Self::Usage(message),
            Error::InvalidFile { file, problems } => Self::Invalid { file, problems },
            Error::File { path, error } => Self::File { path, error },
            Error::Unreadable(_) => Self::Io(std::io::Error::other(error)),
            Error::Store(error) => Self::Store(error),
            Error::Busy | Error::Interrupted => Self::Io(std::io::Error::other(error)),
        }
    }
}

impl From<AdmitError> for CommandError {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Store(store::Error::Suspended(suspension)) => Self::NotAdmitted(suspension),
            AdmitError::Store(error) => Self::Store(error),
            AdmitError::File(error) => Self::Usage(error.to_string()),
        }
    }
}

impl CommandError {
    /// Prints the error and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("meshline: {self}");
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::NotAdmitted(_) => DIFFERENCE,
            Self::Usage(_) | Self::Invalid { .. } | Self::File { .. } => USAGE,
            Self::Store(
                store::Error::Key(_)
                | store::Error::Schema(_)
                | store::Error::NotFound(_)
                | store::Error::Duplicate(_)
                | store::Error::Refused(_)
                | store::Error::Stale { .. },
            ) => USAGE,
            Self::Store(_) | Self::Io(_) => UNAVAILABLE,
        }
    }
}
