//! Claims on runs, and the writes reserved for the process that holds one.
//!
//! Hand-written SQL: each statement compares the lease and reads the database's clock in one step.

use std::time::Duration;

use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;
use crate::refresh::Topic;

/// A run that this process holds.
#[derive(Clone, Debug, FromRow)]
pub struct RunClaim {
    /// The run.
    pub id: Uuid,
    /// Kind of work.
    pub kind: String,
    /// Input, in the format of the run's kind.
    pub input: Json,
    /// Checkpoint that an earlier process saved.
    pub checkpoint: Option<Json>,
    /// Lease number.
    pub run_lease: i64,
    /// Number of times a process has started the run, including this one.
    pub attempts: i32,
    /// Who requested the run, as the audit log names actors.
    pub created_by: String,
    /// When the run was requested.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// Whether the run was canceled and must end without being worked on.
    pub is_cancelled: bool,
}

/// Progress of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// Human-readable description of the current phase.
    pub phase: String,
    /// Completed work.
    pub done: u64,
    /// Total work, once known.
    pub total: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RunResult {
    /// It completed with a result.
    Done(Json),
    /// It failed for this reason, as a sentence.
    Failed(String),
    /// A person canceled it.
    Cancelled,
}

/// Claims the oldest run of these kinds that is waiting or whose lease has expired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn claim(store: &Store, runner: &str, kinds: &[&str], lease: Duration) -> Result<Option<RunClaim>> {
    let claim = sqlx::query_as(
        "UPDATE runs SET state = 'running', run_lease = run_lease + 1, attempts = attempts + 1, runner = $1, \
           leased_until = now() + make_interval(secs => $2), started_at = coalesce(started_at, now()) \
         WHERE id = (SELECT id FROM runs WHERE (state = 'waiting' OR state = 'running' AND leased_until < now()) AND kind = ANY($3) \
           ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) \
         RETURNING id, kind, input, checkpoint, run_lease, attempts, created_by, created_at, cancelled_by IS NOT NULL AS is_cancelled",
    )
    .bind(runner)
    .bind(lease.as_secs_f64())
    // Another version of Meshline may define kinds that this one does not support.
    .bind(kinds)
    .fetch_optional(store.pool())
    .await?;
    if claim.is_some() {
        store.mark(&[Topic::Runs]);
    }
    Ok(claim)
}

/// Renews the lease and reports progress. Returns whether a person has canceled the run, or `None` if another process
/// has taken it over.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn heartbeat(
    store: &Store,
    claim: &RunClaim,
    progress: &RunProgress,
    lease: Duration,
) -> Result<Option<bool>> {
    Ok(sqlx::query_scalar(
        "UPDATE runs SET leased_until = now() + make_interval(secs => $3), phase = $4, done = $5, total = $6 \
         WHERE id = $1 AND run_lease = $2 AND state = 'running' RETURNING cancelled_by IS NOT NULL",
    )
    .bind(claim.id)
    .bind(claim.run_lease)
    .bind(lease.as_secs_f64())
    .bind(&progress.phase)
    .bind(number(progress.done))
    .bind(progress.total.map(number))
    .fetch_optional(store.pool())
    .await?)
}

/// Saves a checkpoint for the next process, in the transaction of the work itself, and returns whether the lease is
/// still valid. If not, the caller must roll back.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn save(
    connection: &mut PgConnection,
    claim: &RunClaim,
    progress: &RunProgress,
    checkpoint: &Json,
) -> Result<bool> {
    let saved = sqlx::query(
        "UPDATE runs SET checkpoint = $3, phase = $4, done = $5, total = $6 WHERE id = $1 AND run_lease = $2 AND state = 'running'",
    )
    .bind(claim.id)
    .bind(claim.run_lease)
    .bind(checkpoint)
    .bind(&progress.phase)
    .bind(number(progress.done))
    .bind(progress.total.map(number))
    .execute(connection)
    .await?;
    Ok(saved.rows_affected() > 0)
}

/// Ends a run and returns whether the lease was still valid.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn finish(store: &Store, claim: &RunClaim, ending: &RunResult) -> Result<bool> {
    let (state, result, error) = match ending {
        RunResult::Done(result) => ("done", Some(result), None),
        RunResult::Failed(error) => ("failed", None, Some(error)),
        RunResult::Cancelled => ("cancelled", None, None),
    };
    let ended = sqlx::query(
        "UPDATE runs SET state = $3, result = $4, error = $5, leased_until = NULL, finished_at = now(), \
           done = CASE WHEN $3 = 'done' THEN coalesce(total, done) ELSE done END \
         WHERE id = $1 AND run_lease = $2 AND state = 'running'",
    )
    .bind(claim.id)
    .bind(claim.run_lease)
    .bind(state)
    .bind(result)
    .bind(error)
    .execute(store.pool())
    .await?;
    store.mark(&[Topic::Runs]);
    Ok(ended.rows_affected() > 0)
}

/// Releases a run so that another process can claim it at once; for a process that is shutting down.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn hand_back(store: &Store, claim: &RunClaim) -> Result<()> {
    sqlx::query(
        "UPDATE runs SET state = 'waiting', leased_until = NULL, attempts = attempts - 1 \
         WHERE id = $1 AND run_lease = $2 AND state = 'running'",
    )
    .bind(claim.id)
    .bind(claim.run_lease)
    .execute(store.pool())
    .await?;
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
