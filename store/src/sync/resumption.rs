//! What resuming a destination or a workflow would do to the actions that wait.
//!
//! Hand-written SQL: counts over the outbox, which has no entity.

use chrono::{DateTime, Utc};
use engine::ids::DestinationId;
use sqlx::FromRow;

use crate::control::kill::StopScope;
use crate::error::Result;
use crate::pool::Store;

/// The actions that wait for a destination or a workflow to be resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Resumption {
    /// All actions that wait.
    pub waiting: i64,
    /// Those past their expiry, which will not be sent.
    pub expired: i64,
    /// Those that something else still holds back: a stopped workflow or a paused destination.
    pub held: i64,
}

impl Resumption {
    /// Returns how many are sent as a consequence.
    pub fn sent(&self) -> i64 {
        self.waiting - self.expired - self.held
    }
}

/// Returns what resuming a destination would do.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn resumption_of_destination(
    store: &Store,
    destination: DestinationId,
    now: DateTime<Utc>,
) -> Result<Resumption> {
    Ok(sqlx::query_as(
        "SELECT count(*) AS waiting, count(*) FILTER (WHERE o.expires_at < $1) AS expired, \
           count(*) FILTER (WHERE (o.expires_at IS NULL OR o.expires_at >= $1) \
             AND EXISTS (SELECT FROM kill_switches k WHERE k.workflow_id IS NULL OR k.workflow_id = o.workflow_id)) AS held \
         FROM outbox o WHERE o.state = 'ready' AND o.destination_id = $2",
    )
    .bind(now)
    .bind(destination.0)
    .fetch_one(store.pool())
    .await?)
}

/// Returns what resuming workflows would do.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn resumption_of_workflows(
    store: &Store,
    scope: &StopScope,
    now: DateTime<Utc>,
) -> Result<Resumption> {
    // The stop that is lifted is the one with the same scope; every other one remains.
    let sql = "SELECT count(*) AS waiting, count(*) FILTER (WHERE o.expires_at < $1) AS expired, \
           count(*) FILTER (WHERE (o.expires_at IS NULL OR o.expires_at >= $1) AND (n.paused_reason IS NOT NULL \
             OR EXISTS (SELECT FROM kill_switches k LEFT JOIN workflows kw ON kw.id = k.workflow_id \
               WHERE (k.workflow_id IS NULL OR k.workflow_id = o.workflow_id) AND kw.name IS DISTINCT FROM $2))) AS held \
         FROM outbox o JOIN destinations n ON n.id = o.destination_id \
         WHERE o.state = 'ready' AND ($2::text IS NULL OR o.workflow_id = (SELECT id FROM workflows WHERE name = $2))";
    let name = match scope {
        StopScope::All => None,
        StopScope::Workflow(name) => Some(name.as_str()),
    };
    Ok(sqlx::query_as(sql).bind(now).bind(name).fetch_one(store.pool()).await?)
}
