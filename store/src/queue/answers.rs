//! What AEs answer about the leads that are assigned to them.
//!
//! Hand-written SQL: the assignment is looked up in the log, and the lead's state is locked.

use chrono::{DateTime, Utc};
use engine::control::outcome::OutcomeStage;
use engine::ids::{DecisionId, LeadId, PersonId, VerdictId};
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::write::insert_row;
use super::{NewVerdict, Place};
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;

/// The newest assignment of the lead `l.id` to `l.assignee`: by the rules, or by a person's verdict that still stands.
pub(crate) const ASSIGNMENT: &str = "SELECT a.* FROM (\
     SELECT d.workflow_id, d.id AS decision_id, CASE WHEN d.mode = 'historical' THEN d.as_of ELSE d.decided_at END AS at, \
       CASE WHEN d.pick->'pick'->>'reason' = 'round_robin' THEN d.pick->>'pool' END AS pool \
     FROM decisions d WHERE d.lead_id = l.id AND d.action = 'assign' AND d.mode IN ('historical', 'assign_review', 'live') AND d.parameters->>'assignee' = l.assignee \
     UNION ALL \
     SELECT v.workflow_id, v.decision_id, v.at, v.pool FROM queue_verdicts v WHERE v.lead_id = l.id AND v.assignee = l.assignee AND v.kind <> 'give_back' \
       AND NOT EXISTS (SELECT FROM queue_verdicts later WHERE later.decision_id = v.decision_id AND later.turn > v.turn AND later.kind = 'give_back')\
     ) a ORDER BY a.at DESC LIMIT 1";

/// How a lead came to the person who has it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Assignment {
    /// The workflow that assigned it.
    pub workflow_id: Uuid,
    /// The decision it was assigned by, or that a person's verdict was about.
    pub decision_id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The pool whose turn it counted as; none where the person was chosen in another way.
    pub pool: Option<String>,
}

/// A lead with its person, and whether that person has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedLead {
    /// How it came to the person; nothing where no decision or verdict says so, for example after an import.
    pub assignment: Option<Assignment>,
    /// What is known of it since then, beside that somebody was in touch.
    pub answer: Option<OutcomeStage>,
}

/// Returns how a lead came to a person, and what has become of it since; nothing when it is not assigned to this address.
///
/// # Errors
/// When the database fails.
pub async fn assigned(
    connection: &mut PgConnection,
    lead: LeadId,
    assignee: &str,
) -> Result<Option<AssignedLead>> {
    #[derive(FromRow)]
    struct Row {
        workflow_id: Option<Uuid>,
        decision_id: Option<Uuid>,
        at: Option<DateTime<Utc>>,
        pool: Option<String>,
        answer: Option<String>,
    }
    let query = format!(
        "SELECT a.workflow_id, a.decision_id, a.at, a.pool, (SELECT o.stage FROM standing_outcomes o WHERE o.lead_id = l.id AND o.stage <> 'touched' \
           AND coalesce(o.at, o.received_at) >= coalesce(a.at, l.created_at) ORDER BY coalesce(o.at, o.received_at) DESC, o.id DESC LIMIT 1) AS answer \
         FROM leads l LEFT JOIN LATERAL ({ASSIGNMENT}) a ON true WHERE l.id = $1 AND l.assignee = $2 AND l.erased_at IS NULL"
    );
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(lead.0)
        .bind(assignee)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| AssignedLead {
        assignment: row.workflow_id.zip(row.decision_id).zip(row.at).map(
            |((workflow_id, decision_id), at)| Assignment { workflow_id, decision_id, at, pool: row.pool },
        ),
        answer: row.answer.and_then(|stage| stage.parse().ok()),
    }))
}

/// Where a lead is in a workflow, locked.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LockedState {
    /// Its last decision there.
    pub last_decision_id: Uuid,
    /// The queue it waits in, if it waits.
    pub queue: Option<String>,
}

/// An AE's rejection of a lead that waits in the queue since.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Rejection {
    /// What the AE is called.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Returns who rejected a lead that was assigned by this decision, or by a verdict on it; the last one of several.
///
/// # Errors
/// When the database fails.
pub async fn rejection(store: &Store, decision: DecisionId) -> Result<Option<Rejection>> {
    Ok(sqlx::query_as(
        "SELECT p.name AS by, v.at FROM queue_verdicts v JOIN people p ON p.id = v.person_id \
         WHERE v.decision_id = $1 AND v.kind = 'give_back' AND v.assignee_before IS NOT NULL ORDER BY v.turn DESC LIMIT 1",
    )
    .bind(decision.0)
    .fetch_optional(store.pool())
    .await?)
}

/// Reads and locks where a lead is in a workflow.
///
/// # Errors
/// When the database fails.
pub async fn lock_state(connection: &mut PgConnection, place: Place) -> Result<Option<LockedState>> {
    Ok(sqlx::query_as(
        "SELECT last_decision_id, queue FROM lead_states WHERE lead_id = $1 AND workflow_id = $2 FOR NO KEY UPDATE",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(connection)
    .await?)
}

/// Inserts the row by which a rejected lead returns to the queue, on the decision it waits with; returns its id.
///
/// # Errors
/// When the database refuses it.
pub async fn insert_return(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: Place,
    verdict: &NewVerdict,
) -> Result<VerdictId> {
    insert_row(connection, actor, person, place, verdict).await
}

/// Records an answer in the audit log. `reason` is one of a list, so that it says nothing about the
/// lead.
///
/// # Errors
/// When the row cannot be written.
pub async fn record_answer(
    connection: &mut PgConnection,
    actor: &Actor,
    lead: LeadId,
    stage: OutcomeStage,
    reason: Option<&str>,
) -> Result<()> {
    let action = if stage.is_refusal() { "lead.reject" } else { "lead.accept" };
    let detail = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
    audit(connection, actor, Audit { action, subject: &format!("lead:{lead}"), lead: Some(lead), detail })
        .await
}
