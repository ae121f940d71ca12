//! Errors of the store.

use crate::suspension::Suspension;

/// Result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reason why a read or write failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object does not exist, or the person has no access to it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Another actor changed the object in the meantime.
    #[error("someone else has changed this in the meantime; it is now at version {current}")]
    Stale {
        /// Current version of the object.
        current: i64,
    },
    /// The form was submitted before, and its act was done then.
    #[error("this form was sent before; what it asks for was done once")]
    Repeated,
    /// A unique constraint rejected the row.
    #[error("it exists already ({0})")]
    Duplicate(String),
    /// Another constraint or guard rejected the row.
    #[error("the database refused it ({0})")]
    Refused(String),
    /// A stored ciphertext or row cannot be read.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// The person's key was destroyed, so their data in the log is permanently unreadable.
    #[error("the person was erased")]
    Erased,
    /// The master key is missing or does not match.
    #[error("{0}")]
    Key(String),
    /// A concurrent transaction created the same object; a retry will find it.
    #[error("another request made the same at this moment")]
    Raced,
    /// The database is unreachable or out of connections; the caller may retry.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// This process must not decide or deliver at the moment.
    #[error("{0}")]
    Suspended(#[from] Suspension),
    /// The database failed.
    #[error("the database failed: {0}")]
    Db(#[source] sqlx::Error),
}

impl Error {
    /// Returns whether the same transaction may succeed if it is retried.
    pub fn is_transient(&self) -> bool {
        if matches!(self, Self::Raced) {
            return true;
        }
        let (Self::Db(error) | Self::Unavailable(error)) = self else { return false };
        let code = error.as_database_error().and_then(|e| e.code());
        matches!(code.as_deref(), Some("40001" | "40P01" | "55P03"))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::RowNotFound => return Self::NotFound("row"),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            // A connection that drops in the middle of a message surfaces as a protocol error.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => return Self::Unavailable(error),
            _ => {}
        }
        let Some(db) = error.as_database_error() else { return Self::Db(error) };
        let constraint = db.constraint().unwrap_or_default().to_owned();
        match db.kind() {
            ErrorKind::UniqueViolation => Self::Duplicate(constraint),
            ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation => {
                Self::Refused(constraint)
            }
            // The guards raise restrict_violation; a denied privilege raises insufficient_privilege.
            _ if matches!(db.code().as_deref(), Some("23001" | "42501")) => {
                Self::Refused(db.message().to_owned())
            }
            // Shutdown, startup, lost connections (classes 57P and 08) and too many connections.
            _ if db.code().is_some_and(|c| c.starts_with("57P") || c.starts_with("08") || c == "53300") => {
                Self::Unavailable(error)
            }
            _ => Self::Db(error),
        }
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        use sea_orm::{DbErr, RuntimeErr};
        match error {
            DbErr::RecordNotFound(_) | DbErr::RecordNotUpdated => Self::NotFound("row"),
            DbErr::ConnectionAcquire(_) => Self::Unavailable(sqlx::Error::PoolTimedOut),
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => match std::sync::Arc::try_unwrap(error) {
                Ok(error) => error.into(),
                Err(shared) => Self::Db(sqlx::Error::Protocol(shared.to_string())),
            },
            other => Self::Corrupt(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
