//! What the home page shows beside what other pages show too. Every look is bounded, however much was ever decided.
//!
//! Hand-written SQL: bounded counts over the log and the outbox.

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;

/// Decisions that are counted of a day; beyond it the page says that there are more.
pub const TODAY: i64 = 20_000;
/// Decisions of one workflow that are counted for its load.
pub const LOAD: i64 = 20_000;
/// Days that the load is told by.
pub const LOAD_DAYS: i64 = 7;
/// Leads of one person that the page lists.
const ASSIGNED: i64 = 10;
/// Leads of one person that are looked at for those: more than anyone has open at a time.
const LOOKED_AT: i64 = 1_000;
/// What clocks may be wrong by, and more: an id is minted when an event comes.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// A workflow as it stands.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct WorkflowState {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses and commands.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The live rule set.
    pub rule_set: Option<String>,
    /// And its version.
    pub version: Option<i32>,
    /// Since when it has decided at all.
    pub first_live_at: Option<DateTime<Utc>>,
}

/// All workflows by title.
///
/// # Errors
/// When the database fails.
pub async fn workflows(store: &Store) -> Result<Vec<WorkflowState>> {
    Ok(sqlx::query_as(
        "SELECT w.id, w.name, w.title, v.name AS rule_set, v.version, (SELECT min(f.live_since) FROM releases f WHERE f.workflow_id = w.id) AS first_live_at FROM workflows w LEFT JOIN live_releases r ON r.workflow_id = w.id \
         LEFT JOIN versions v ON v.id = ANY(r.version_ids) AND v.kind = 'rule_set' ORDER BY w.title, w.name",
    )
    .fetch_all(store.pool())
    .await?)
}

/// How often an action was decided in a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecidedCount {
    /// The workflow.
    pub workflow: Uuid,
    /// What was decided.
    pub action: Action,
    /// How often.
    pub count: i64,
}

/// What was decided since an instant, among the newest [`TODAY`] decisions; and whether there are more. Simulations and
/// trials are not in it.
///
/// # Errors
/// When the database fails.
pub async fn decided_since(store: &Store, since: DateTime<Utc>) -> Result<(Vec<DecidedCount>, bool)> {
    let rows: Vec<(Uuid, String, i64, i64)> = sqlx::query_as(
        "WITH newest AS (SELECT workflow_id, action, mode, as_of FROM decisions WHERE id >= uuid_v7_floor($2) ORDER BY id DESC LIMIT $3) \
         SELECT workflow_id, action, count(*), (SELECT count(*) FROM newest) FROM newest \
         WHERE as_of >= $1 AND mode IN ('live', 'assign_review', 'historical', 'manual') GROUP BY 1, 2",
    )
    .bind(since)
    .bind(since - SLACK)
    .bind(TODAY)
    .fetch_all(store.pool())
    .await?;
    let is_cut = rows.first().is_some_and(|(.., looked_at)| *looked_at >= TODAY);
    let decided = rows.into_iter().filter_map(|(workflow, action, count, _)| {
        Some(DecidedCount { workflow, action: action.parse().ok()?, count })
    });
    Ok((decided.collect(), is_cut))
}

/// How many leads each workflow decides a day, by its last [`LOAD_DAYS`] days: what people get to do when it is stopped. It is
/// at least this where [`LOAD`] decisions were found.
///
/// # Errors
/// When the database fails.
pub async fn load_a_day(store: &Store, now: DateTime<Utc>) -> Result<Vec<(Uuid, f64)>> {
    let counts: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT w.id, (SELECT count(*) FROM (SELECT FROM decisions d WHERE d.workflow_id = w.id AND d.id >= uuid_v7_floor($1) \
         AND d.mode IN ('live', 'assign_review', 'manual') LIMIT $2) d) FROM workflows w",
    )
    .bind(now - TimeDelta::days(LOAD_DAYS))
    .bind(LOAD)
    .fetch_all(store.pool())
    .await?;
    Ok(counts.into_iter().map(|(workflow, count)| (workflow, count as f64 / LOAD_DAYS as f64)).collect())
}

/// A lead that is assigned to a person who has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Assigned {
    /// The lead.
    pub lead_id: Uuid,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The id its source gave it.
    pub external_id: Option<String>,
    /// Since when it has been assigned to the person.
    pub assigned_at: DateTime<Utc>,
}

/// Returns the leads that were assigned to a person and that nothing has become of since, the one that has waited longest first.
/// What became of a lead before counts for nothing: one that was disqualified and is assigned again has no answer yet.
///
/// # Errors
/// When the database fails.
pub async fn unanswered(store: &Store, email: &str) -> Result<Vec<Assigned>> {
    let query = format!(
        "SELECT u.* FROM (SELECT l.id AS lead_id, l.name, l.company, l.email, l.external_id, coalesce(a.at, l.created_at) AS assigned_at \
           FROM (SELECT * FROM leads WHERE assignee = $1 AND erased_at IS NULL AND (stage IS NULL OR stage IN ('touched', 'rejected', 'disqualified', 'lost')) \
             ORDER BY id DESC LIMIT $3) l LEFT JOIN LATERAL ({}) a ON true) u \
         WHERE NOT EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = u.lead_id AND o.stage <> 'touched' AND coalesce(o.at, o.received_at) >= u.assigned_at) \
         ORDER BY u.assigned_at, u.lead_id LIMIT $2",
        crate::queue::ASSIGNMENT
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(email)
        .bind(ASSIGNED)
        .bind(LOOKED_AT)
        .fetch_all(store.pool())
        .await?)
}

/// How many leads have waited for a person since before an instant, as far as the queue is counted.
///
/// # Errors
/// When the database fails.
pub async fn waiting_since(store: &Store, before: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT FROM lead_states WHERE queue IN ('sdr', 'manual') AND queued_at < $1 LIMIT $2) s",
    )
    .bind(before)
    .bind(crate::queue::COUNTED + 1)
    .fetch_one(store.pool())
    .await?)
}
