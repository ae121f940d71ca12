//! What all kinds of files of leads have in common.

use engine::tabular::{DataTable, RecordSource};

use crate::error::Error;

/// A table of leads.
pub type LeadTable = DataTable<Box<dyn RecordSource + Send>>;

/// Maximum number of columns. A file with more is not a table of leads.
pub(super) const COLUMNS: usize = 500;

/// Returns the error for a file that cannot be read to its end. What is no table at all is the file's fault.
pub(super) fn unreadable(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Error::Invalid(error.to_string()),
        _ => Error::Unreadable(error),
    }
}
