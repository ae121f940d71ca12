//! How far files have been imported.

use chrono::{DateTime, Utc};
use engine::ids::WorkflowId;
use serde_json::json;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;

/// The import of one file into one workflow.
#[derive(Clone, Debug)]
pub struct Run {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Tells the file and how it is read.
    pub file_hash: [u8; 32],
    /// Start of the first run: what rows without a time of their own are decided as of.
    pub as_of: DateTime<Utc>,
    /// Rows an earlier run took.
    pub rows_done: u64,
}

/// Begins an import, or goes on with one that was interrupted.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store, actor: &Actor, workflow: WorkflowId, file_hash: &[u8; 32]) -> Result<Run> {
    let (as_of, rows_done): (DateTime<Utc>, i64) = sqlx::query_as(
        "INSERT INTO import_runs (workflow_id, file_hash, as_of) VALUES ($1, $2, $3) \
         ON CONFLICT (workflow_id, file_hash) DO UPDATE SET file_hash = excluded.file_hash RETURNING as_of, rows_done",
    )
    .bind(workflow.0)
    .bind(file_hash.as_slice())
    .bind(actor.now)
    .fetch_one(store.pool())
    .await?;
    Ok(Run {
        workflow,
        file_hash: *file_hash,
        as_of,
        rows_done: u64::try_from(rows_done).unwrap_or_default(),
    })
}

/// Notes that all rows up to one are taken.
///
/// # Errors
/// When the database fails.
pub async fn advance(store: &Store, run: &Run, rows_done: u64) -> Result<()> {
    sqlx::query("UPDATE import_runs SET rows_done = greatest(rows_done, $3) WHERE workflow_id = $1 AND file_hash = $2")
        .bind(run.workflow.0)
        .bind(run.file_hash.as_slice())
        .bind(i64::try_from(rows_done).unwrap_or(i64::MAX))
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Notes that the file is done; the first time with an audit row.
///
/// # Errors
/// When the database fails.
pub async fn finish(store: &Store, actor: &Actor, run: &Run, rows: u64) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let finished = sqlx::query(
        "UPDATE import_runs SET finished_at = $3, rows_done = greatest(rows_done, $4) WHERE workflow_id = $1 AND file_hash = $2 AND finished_at IS NULL",
    )
    .bind(run.workflow.0)
    .bind(run.file_hash.as_slice())
    .bind(actor.now)
    .bind(i64::try_from(rows).unwrap_or(i64::MAX))
    .execute(&mut *tx)
    .await?;
    if finished.rows_affected() == 1 {
        let subject = format!("workflow_id:{}", run.workflow);
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
