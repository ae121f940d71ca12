//! AEs' responses to the leads assigned to them.
//!
//! Hand-written SQL: looking up the assignment in the log, and locking the lead's state.

use chrono::{DateTime, Utc};
use engine::control::outcome::OutcomeStage;
use engine::ids::{DecisionId, LeadId, PersonId, VerdictId};
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::write::insert_row;
use super::{NewVerdict, QueueItem};
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;

/// Selects the newest assignment of the lead `l.id` to `l.assignee`, either by the rules or by a person's verdict
/// that was not undone.
pub(crate) const ASSIGNMENT: &str = "SELECT a.* FROM (\
     SELECT d.workflow_id, d.id AS decision_id, CASE WHEN d.mode = 'historical' THEN d.as_of ELSE d.decided_at END AS at, \
       CASE WHEN d.pick->'pick'->>'reason' = 'round_robin' THEN d.pick->>'pool' END AS pool \
     FROM decisions d WHERE d.lead_id = l.id AND d.action = 'assign' AND d.mode IN ('historical', 'assign_review', 'live') AND d.parameters->>'assignee' = l.assignee \
     UNION ALL \
     SELECT v.workflow_id, v.decision_id, v.at, v.pool FROM queue_verdicts v WHERE v.lead_id = l.id AND v.assignee = l.assignee AND v.kind <> 'give_back' \
       AND NOT EXISTS (SELECT FROM queue_verdicts later WHERE later.decision_id = v.decision_id AND later.turn > v.turn AND later.kind = 'give_back')\
     ) a ORDER BY a.at DESC LIMIT 1";

/// How a lead was assigned to its current person.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Assignment {
    /// The workflow that assigned it.
    pub workflow_id: Uuid,
    /// The decision that assigned the lead, or that the assigning verdict was about.
    pub decision_id: Uuid,
    /// When the lead was assigned.
    pub at: DateTime<Utc>,
    /// The pool that was charged for the turn; `None` if the person was chosen in another way.
    pub pool: Option<String>,
}

/// A lead with its assignee, and whether the assignee has responded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedLead {
    /// How the lead was assigned; `None` if no decision or verdict did so, for example after an import.
    pub assignment: Option<Assignment>,
    /// The latest outcome since the assignment, other than a contact.
    pub answer: Option<OutcomeStage>,
}

/// Returns how a lead was assigned to a person and its outcome since, or `None` if it is not assigned to this
/// address.
///
/// # Errors
/// Returns an error if the database fails.
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

/// State of a lead in a workflow, locked.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LockedState {
    /// Latest decision in the workflow.
    pub last_decision_id: Uuid,
    /// The queue that the lead waits in, if any.
    pub queue: Option<String>,
    /// When the lead entered the queue.
    pub queued_at: Option<DateTime<Utc>>,
    /// Action that the rules suggest for a waiting lead.
    pub suggested: Option<String>,
    /// The verdict that stands, or else the latest decision.
    pub effective_id: Uuid,
    /// When it was made.
    pub effective_at: DateTime<Utc>,
}

/// An AE's rejection of a lead that has been waiting in the queue since.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Rejection {
    /// Display name of the AE.
    pub by: String,
    /// When the AE rejected it.
    pub at: DateTime<Utc>,
}

/// Returns the latest rejection of a lead that this decision, or a verdict on it, assigned.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn rejection(store: &Store, decision: DecisionId) -> Result<Option<Rejection>> {
    Ok(sqlx::query_as(
        "SELECT p.name AS by, v.at FROM queue_verdicts v JOIN people p ON p.id = v.person_id \
         WHERE v.decision_id = $1 AND v.kind = 'give_back' AND v.assignee_before IS NOT NULL ORDER BY v.turn DESC LIMIT 1",
    )
    .bind(decision.0)
    .fetch_optional(store.pool())
    .await?)
}

/// Reads and locks the state of a lead in a workflow.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_state(connection: &mut PgConnection, place: QueueItem) -> Result<Option<LockedState>> {
    Ok(sqlx::query_as(
        "SELECT last_decision_id, queue, queued_at, suggested, effective_id, effective_at FROM lead_states WHERE lead_id = $1 AND workflow_id = $2 FOR NO KEY UPDATE",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(connection)
    .await?)
}

/// Inserts the row that returns a rejected lead to the queue, on the decision that it waits on, and returns the row's
/// ID.
///
/// # Errors
/// Returns an error if the database rejects the row.
pub async fn insert_return(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    verdict: &NewVerdict,
) -> Result<VerdictId> {
    insert_row(connection, actor, person, place, verdict).await
}

/// Records a response in the audit log. `reason` comes from a fixed list, so that it reveals nothing about the lead.
///
/// # Errors
/// Returns an error if the row cannot be written.
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
