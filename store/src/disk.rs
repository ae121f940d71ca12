//! Notices that the database's disk is full, and finds out when it has room again.
//!
//! Hand-written SQL: a statement that writes a temporary file.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Executor as _, PgConnection};

/// SQLSTATE of a full disk.
const DISK_FULL: &str = "53100";

/// Whether a statement of this process failed because of a full disk and no test write has succeeded since.
static IS_FULL: AtomicBool = AtomicBool::new(false);

/// Remembers a full disk.
pub(crate) fn observe(code: &str) {
    if code == DISK_FULL {
        IS_FULL.store(true, Ordering::Relaxed);
    }
}

/// Returns whether the disk was full when it was last used.
pub(crate) fn is_full() -> bool {
    IS_FULL.load(Ordering::Relaxed)
}

/// Finds out in a transaction whether the disk has room again. Writes about 2 MB to a temporary file, because a small row often
/// fits into a page that exists already.
///
/// # Errors
/// Returns an error if the disk is still full, or the database does not respond.
pub(crate) async fn test(transaction: &mut PgConnection) -> sqlx::Result<()> {
    transaction.execute("SET LOCAL work_mem = '64kB'; SET LOCAL temp_tablespaces = ''").await?;
    sqlx::query("SELECT count(*) FROM generate_series(1, 100000)").execute(transaction).await?;
    IS_FULL.store(false, Ordering::Relaxed);
    Ok(())
}
