//! Where leads stand in workflows.
//!
//! Hand-written SQL: the path of every event, with an array for each column.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::{Row as _, columns};
use crate::error::Result;

/// Where a lead stands in a workflow after a decision.
#[derive(Clone, Debug)]
pub struct State {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The event's source.
    pub source: String,
    /// The decision.
    pub decision_id: Uuid,
    /// Its `as_of`.
    pub as_of: DateTime<Utc>,
    /// Whether it was decided about the lead as it is now, and not as it was when an imported event happened.
    pub is_now: bool,
    /// What was decided.
    pub action: String,
    /// The rule that fired.
    pub rule_id: Option<String>,
    /// The decision's confidence.
    pub confidence: Option<f64>,
    /// The rule set's version.
    pub rule_version: i32,
    /// The queue the lead now waits in, if any.
    pub queue: Option<&'static str>,
    /// What the rules would do with a lead that waits.
    pub suggested: Option<&'static str>,
}

columns!(State {
    lead_id,
    workflow_id,
    source,
    decision_id,
    as_of,
    is_now,
    action,
    rule_id,
    confidence,
    rule_version,
    queue,
    suggested,
});

/// Notes where leads stand. What is decided now is the last decision, whatever the clock of the process that made the one
/// before says. An import of history takes its place by `as_of`, so it does not move a lead that has been decided since. One row
/// for each lead and workflow.
///
/// # Errors
/// When the database fails.
pub async fn upsert_states(connection: &mut PgConnection, rows: &[State]) -> Result<()> {
    let columns = State::columns(rows);
    // The lead is locked, so that nobody else changes the row that is read here.
    let sql = format!(
        "INSERT INTO lead_states AS s (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, first_rule_id, \
           last_decision_id, last_as_of, last_action, last_rule_id, last_confidence, last_rule_version, queue, queued_at, suggested) \
         SELECT u.lead_id, u.workflow_id, u.source, u.decision_id, t.at, u.action, u.rule_id, u.decision_id, t.at, u.action, u.rule_id, u.confidence, \
           u.rule_version, u.queue, CASE WHEN u.queue IS NOT NULL THEN u.as_of END, u.suggested \
         FROM {} LEFT JOIN lead_states b ON b.lead_id = u.lead_id AND b.workflow_id = u.workflow_id \
           CROSS JOIN LATERAL (SELECT CASE WHEN u.is_now THEN greatest(u.as_of, b.last_as_of) ELSE u.as_of END AS at) t \
         ON CONFLICT (lead_id, workflow_id) DO UPDATE SET \
           source = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.source ELSE s.source END, \
           first_decision_id = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_decision_id ELSE s.first_decision_id END, \
           first_action = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_action ELSE s.first_action END, \
           first_rule_id = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_rule_id ELSE s.first_rule_id END, \
           first_as_of = least(excluded.first_as_of, s.first_as_of), \
           last_decision_id = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_decision_id ELSE s.last_decision_id END, \
           last_action = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_action ELSE s.last_action END, \
           last_rule_id = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_rule_id ELSE s.last_rule_id END, \
           last_confidence = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_confidence ELSE s.last_confidence END, \
           last_rule_version = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_rule_version ELSE s.last_rule_version END, \
           queue = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.queue ELSE s.queue END, \
           suggested = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.suggested ELSE s.suggested END, \
           queued_at = CASE WHEN excluded.last_as_of < s.last_as_of THEN s.queued_at WHEN excluded.queue = s.queue THEN s.queued_at ELSE excluded.queued_at END, \
           last_as_of = greatest(excluded.last_as_of, s.last_as_of)",
        columns.table("u"),
    );
    columns.query(sql)?.execute(connection).await?;
    Ok(())
}
