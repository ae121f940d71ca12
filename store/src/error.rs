//! Errors of the store.

use crate::disk;
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
    #[error("this form was already sent and took effect once")]
    Repeated,
    /// A unique constraint rejected the row.
    #[error("it already exists ({0})")]
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
    /// The schema does not fit this program; the message says what to do.
    #[error("{0}")]
    Schema(String),
    /// A concurrent transaction created the same object; a retry will find it.
    #[error("another request is making the same change")]
    Raced,
    /// The database is unreachable, out of a resource or too slow at the moment; the caller may retry.
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
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }

    /// Returns whether a statement waited too long for a lock or ran too long. Other work may succeed meanwhile.
    pub fn is_timeout(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        let code = error.as_database_error().and_then(|e| e.code());
        matches!(code.as_deref(), Some(LOCK_NOT_AVAILABLE | QUERY_CANCELED))
    }

    /// Returns whether the disk is full, or a limit of disk space is reached.
    pub fn is_full(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        let code = error.as_database_error().and_then(|e| e.code());
        matches!(code.as_deref(), Some("53100" | "53400"))
    }
}

/// `lock_timeout` has passed.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// `statement_timeout` has passed, or an administrator canceled the statement.
const QUERY_CANCELED: &str = "57014";
/// The transaction was idle for too long, because this process was starved.
const IDLE_IN_TRANSACTION: &str = "25P03";

/// Returns whether an SQLSTATE describes a shortage that passes: lost connections (class 08), insufficient resources
/// such as a full disk (53), shutdown and startup (57P), and timeouts.
fn is_shortage(code: &str) -> bool {
    ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
        || [LOCK_NOT_AVAILABLE, QUERY_CANCELED, IDLE_IN_TRANSACTION].contains(&code)
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
            _ if db.code().is_some_and(|code| is_shortage(&code)) => {
                disk::observe(&db.code().unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortages_are_told_from_errors() {
        for code in ["08006", "53000", "53100", "53200", "53300", "53400", "57P01", "57014", "55P03", "25P03"]
        {
            assert!(is_shortage(code), "{code}");
        }
        for code in ["23505", "25P02", "42501", "42P01", "55006", "57000", "XX000"] {
            assert!(!is_shortage(code), "{code}");
        }
    }
}
