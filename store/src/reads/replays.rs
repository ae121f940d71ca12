//! Selects the decisions to replay.
//!
//! Hand-written SQL: ranges of the log, which has no entity.

use chrono::{DateTime, Utc};
use engine::ids::{DecisionId, lower_bound};
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;

/// A range of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecisionRange<'a> {
    /// Only decisions of this workflow, by name.
    pub workflow: Option<&'a str>,
    /// Earliest time of receipt, inclusive, to the millisecond.
    pub from: Option<DateTime<Utc>>,
    /// Latest time of receipt, exclusive, to the millisecond.
    pub before: Option<DateTime<Utc>>,
}

impl DecisionRange<'_> {
    fn bounds(&self) -> (Option<Uuid>, Option<Uuid>) {
        (self.from.map(lower_bound), self.before.map(lower_bound))
    }
}

/// Returns the decision IDs of a range in order, starting after `after` if given.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn ids(
    store: &Store,
    range: &DecisionRange<'_>,
    after: Option<DecisionId>,
    limit: i64,
) -> Result<Vec<DecisionId>> {
    let (from, before) = range.bounds();
    // The bounds on the ID prune partitions.
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM decisions WHERE ($1::uuid IS NULL OR id > $1) AND ($2::uuid IS NULL OR id >= $2) AND ($3::uuid IS NULL OR id < $3) \
         AND ($4::text IS NULL OR workflow_id = (SELECT id FROM workflows WHERE name = $4)) ORDER BY id LIMIT $5",
    )
    .bind(after.map(|id| id.0))
    .bind(from)
    .bind(before)
    .bind(range.workflow)
    .bind(limit)
    .fetch_all(store.pool())
    .await?;
    Ok(ids.into_iter().map(DecisionId).collect())
}

/// Returns how many decisions a range contains.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(store: &Store, range: &DecisionRange<'_>) -> Result<u64> {
    let (from, before) = range.bounds();
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM decisions WHERE ($1::uuid IS NULL OR id >= $1) AND ($2::uuid IS NULL OR id < $2) \
         AND ($3::text IS NULL OR workflow_id = (SELECT id FROM workflows WHERE name = $3))",
    )
    .bind(from)
    .bind(before)
    .bind(range.workflow)
    .fetch_one(store.pool())
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
