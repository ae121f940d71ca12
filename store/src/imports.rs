//! How far files have been imported.

use chrono::{DateTime, Utc};
use engine::ids::WorkflowId;
use serde_json::json;
use sqlx::Row as _;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;

/// The import of one file into one workflow.
#[derive(Clone, Debug)]
pub struct ImportState {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Tells the file and how it is read.
    pub file_hash: [u8; 32],
    /// When it was begun first: what rows without a time of their own are decided as of.
    pub as_of: DateTime<Utc>,
    /// When all rows were done, if they are.
    pub finished_at: Option<DateTime<Utc>>,
    /// How far it is.
    pub counts: ImportCounts,
}

/// What became of the first rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// How many rows these are.
    pub rows: u64,
    /// Rows that became events.
    pub imported: u64,
    /// Rows that another import had taken before.
    pub repeated: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Length of the file of rejected rows, in bytes.
    pub rejects_bytes: u64,
}

/// Begins an import, or resumes one that was interrupted.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    store: &Store,
    actor: &Actor,
    workflow: WorkflowId,
    file_hash: &[u8; 32],
) -> Result<ImportState> {
    let row = sqlx::query(
        "INSERT INTO import_runs (workflow_id, file_hash, as_of) VALUES ($1, $2, $3) \
         ON CONFLICT (workflow_id, file_hash) DO UPDATE SET file_hash = excluded.file_hash \
         RETURNING as_of, finished_at, rows_done, imported, repeated, rejected, outcomes, rejects_bytes",
    )
    .bind(workflow.0)
    .bind(file_hash.as_slice())
    .bind(actor.now)
    .fetch_one(store.pool())
    .await?;
    let count = |column: &str| -> Result<u64> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    Ok(ImportState {
        workflow,
        file_hash: *file_hash,
        as_of: row.try_get("as_of")?,
        finished_at: row.try_get("finished_at")?,
        counts: ImportCounts {
            rows: count("rows_done")?,
            imported: count("imported")?,
            repeated: count("repeated")?,
            rejected: count("rejected")?,
            outcomes: count("outcomes")?,
            rejects_bytes: count("rejects_bytes")?,
        },
    })
}

/// Notes what became of all rows up to one, where no more are done by now.
///
/// # Errors
/// When the database fails.
pub async fn advance(store: &Store, import: &ImportState, counts: &ImportCounts) -> Result<()> {
    sqlx::query(
        "UPDATE import_runs SET rows_done = $3, imported = $4, repeated = $5, rejected = $6, outcomes = $7, rejects_bytes = $8 \
         WHERE workflow_id = $1 AND file_hash = $2 AND rows_done <= $3 AND finished_at IS NULL",
    )
    .bind(import.workflow.0)
    .bind(import.file_hash.as_slice())
    .bind(number(counts.rows))
    .bind(number(counts.imported))
    .bind(number(counts.repeated))
    .bind(number(counts.rejected))
    .bind(number(counts.outcomes))
    .bind(number(counts.rejects_bytes))
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Notes that the file is done; the first time with an audit row.
///
/// # Errors
/// When the database fails.
pub async fn finish(store: &Store, actor: &Actor, import: &ImportState, rows: u64) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let finished = sqlx::query(
        "UPDATE import_runs SET finished_at = $3 WHERE workflow_id = $1 AND file_hash = $2 AND finished_at IS NULL",
    )
    .bind(import.workflow.0)
    .bind(import.file_hash.as_slice())
    .bind(Utc::now())
    .execute(&mut *tx)
    .await?;
    if finished.rows_affected() == 1 {
        let subject = format!("workflow_id:{}", import.workflow);
        audit(
            &mut tx,
            actor,
            Audit { action: "import.finish", subject: &subject, lead: None, detail: json!({ "rows": rows }) },
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
