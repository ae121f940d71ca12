//! Data of the home page that other pages do not have. Every query is bounded, however long the log is.
//!
//! Hand-written SQL: bounded counts over the log and the outbox.

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;

/// Number of leads per day at which counting stops; the page then shows that there are more.
pub const TODAY: i64 = 20_000;
/// Number of decisions per workflow at which counting its load stops.
pub const LOAD: i64 = 20_000;
/// Number of days over which the load is averaged.
pub const LOAD_DAYS: i64 = 7;
/// Maximum number of a person's leads on the page.
const ASSIGNED: i64 = 10;
/// Maximum number of a person's leads to search for those; more than a person has open at a time.
const LOOKED_AT: i64 = 1_000;
/// Upper bound on clock skew, with a margin: an ID is minted when an event is received.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// Current state of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct WorkflowState {
    /// Unique ID.
    pub id: Uuid,
    /// Name used in URLs and commands.
    pub name: String,
    /// Display title.
    pub title: String,
    /// Name of the live rule set.
    pub rule_set: Option<String>,
    /// Version of the live rule set.
    pub version: Option<i32>,
    /// When the workflow first went live.
    pub first_live_at: Option<DateTime<Utc>>,
}

/// Returns all workflows, by title.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn workflows(store: &Store) -> Result<Vec<WorkflowState>> {
    Ok(sqlx::query_as(
        "SELECT w.id, w.name, w.title, v.name AS rule_set, v.version, (SELECT min(f.live_since) FROM releases f WHERE f.workflow_id = w.id) AS first_live_at FROM workflows w LEFT JOIN live_releases r ON r.workflow_id = w.id \
         LEFT JOIN versions v ON v.id = ANY(r.version_ids) AND v.kind = 'rule_set' ORDER BY w.title, w.name",
    )
    .fetch_all(store.pool())
    .await?)
}

/// Number of leads for which one action counts in a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecidedCount {
    /// The workflow.
    pub workflow: Uuid,
    /// The action that counts.
    pub action: Action,
    /// Number of leads.
    pub count: i64,
}

/// Returns the leads decided since an instant by workflow and by the action that counts for them, a person's or that of the
/// rules, among the newest [`TODAY`] leads, and whether there are more.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decided_since(store: &Store, since: DateTime<Utc>) -> Result<(Vec<DecidedCount>, bool)> {
    let rows: Vec<(Uuid, String, i64, i64)> = sqlx::query_as(
        "WITH newest AS (SELECT workflow_id, effective_action, effective_at FROM lead_states WHERE effective_id >= uuid_v7_floor($2) ORDER BY effective_id DESC LIMIT $3) \
         SELECT workflow_id, effective_action, count(*), (SELECT count(*) FROM newest) FROM newest WHERE effective_at >= $1 GROUP BY 1, 2",
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

/// Returns how many leads each workflow decides per day, averaged over the last [`LOAD_DAYS`] days: the work that
/// people take over if it is stopped. The value is a lower bound if [`LOAD`] decisions were found.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn daily_load(store: &Store, now: DateTime<Utc>) -> Result<Vec<(Uuid, f64)>> {
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

/// A lead whose assignee has not responded yet.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UnansweredLead {
    /// The lead.
    pub lead_id: Uuid,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The lead's ID in the source system.
    pub external_id: Option<String>,
    /// When it was assigned to the person.
    pub assigned_at: DateTime<Utc>,
}

/// Returns the leads that were assigned to a person and have no outcome since, longest-waiting first. Ignores earlier
/// outcomes: a lead that was disqualified and then reassigned is unanswered.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn unanswered(store: &Store, email: &str) -> Result<Vec<UnansweredLead>> {
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

/// Returns how many leads have been waiting for a person since before an instant, up to the queue's counting limit.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn waiting_since(store: &Store, before: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT FROM lead_states WHERE queue IN ('sdr', 'manual') AND queued_at < $1 LIMIT $2) s",
    )
    .bind(before)
    .bind(crate::queue::COUNTED + 1)
    .fetch_one(store.pool())
    .await?)
}
