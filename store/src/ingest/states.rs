//! States of leads in workflows.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::{TableRow as _, columns};
use crate::error::Result;

/// State of a lead in a workflow after a decision.
#[derive(Clone, Debug)]
pub struct LeadStateRow {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Source of the event.
    pub source: String,
    /// The decision.
    pub decision_id: Uuid,
    /// The decision's `as_of`.
    pub as_of: DateTime<Utc>,
    /// Whether the decision is about the lead as it is now, rather than as it was when an imported event occurred.
    pub is_now: bool,
    /// The action that was decided.
    pub action: String,
    /// ID of the rule that fired.
    pub rule_id: Option<String>,
    /// Confidence of the decision.
    pub confidence: Option<f64>,
    /// Version of the rule set.
    pub rule_version: i32,
    /// The queue that the lead now waits in, if any.
    pub queue: Option<&'static str>,
    /// Action that the rules suggest for a waiting lead.
    pub suggested: Option<&'static str>,
}

columns!(LeadStateRow {
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

/// Updates the states of leads, one row per lead and workflow. A decision about the present always becomes the latest
/// one, even if the previous decision came from a process with a faster clock. A historical import is ordered by
/// `as_of`, so it does not move a lead that has been decided since. A new latest decision replaces a person's verdict.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn upsert_states(connection: &mut PgConnection, rows: &[LeadStateRow]) -> Result<()> {
    let columns = LeadStateRow::columns(rows);
    // An imported decision about the time before a person's verdict does not replace the verdict.
    let supersedes = "excluded.last_as_of >= greatest(s.last_as_of, s.verdict_at)";
    // The lead is locked, so the row that this statement reads cannot change.
    let sql = format!(
        "INSERT INTO lead_states AS s (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, first_rule_id, \
           last_decision_id, last_as_of, last_action, last_rule_id, last_confidence, last_rule_version, queue, queued_at, suggested) \
         SELECT u.lead_id, u.workflow_id, u.source, u.decision_id, t.at, u.action, u.rule_id, u.decision_id, t.at, u.action, u.rule_id, u.confidence, \
           u.rule_version, u.queue, CASE WHEN u.queue IS NOT NULL THEN u.as_of END, u.suggested \
         FROM {} LEFT JOIN lead_states b ON b.lead_id = u.lead_id AND b.workflow_id = u.workflow_id \
           CROSS JOIN LATERAL (SELECT CASE WHEN u.is_now THEN greatest(u.as_of, b.last_as_of, b.verdict_at) ELSE u.as_of END AS at) t \
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
           verdict_id = CASE WHEN {supersedes} THEN NULL ELSE s.verdict_id END, \
           verdict_action = CASE WHEN {supersedes} THEN NULL ELSE s.verdict_action END, \
           verdict_at = CASE WHEN {supersedes} THEN NULL ELSE s.verdict_at END, \
           last_as_of = greatest(excluded.last_as_of, s.last_as_of)",
        columns.table("u"),
    );
    columns.query(sql)?.execute(connection).await?;
    Ok(())
}
