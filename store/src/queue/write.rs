//! Rows of verdicts, and the changes they make to waiting leads.
//!
//! Hand-written SQL: each statement is guarded by the lead's state.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::ids::{DecisionId, PersonId, VerdictId};
use engine::time::micros;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::{Kind, QueueItem, TAKE_BACK, Verdict};
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::{person, queue_claim};
use crate::error::{Error, Result};
use crate::hash::{hex, row_hash};
use crate::keyring::{CiphertextLocation as Sealed, DataKey};
use crate::orm::orm;
use crate::pool::Store;

/// State of a lead before a verdict.
#[derive(Clone, Debug, FromRow)]
pub struct WaitingState {
    /// The latest decision.
    pub last_decision_id: Uuid,
    /// Name of the queue; `None` if the lead is not waiting.
    pub queue: Option<String>,
    /// When the lead entered the queue.
    pub queued_at: Option<DateTime<Utc>>,
    /// Action that the rules suggest.
    pub suggested: Option<String>,
}

/// The latest verdict on a lead, while it can be undone.
#[derive(Clone, Debug, FromRow)]
pub struct LastVerdict {
    /// Unique ID.
    pub verdict_id: Uuid,
    /// When the verdict was given.
    pub at: DateTime<Utc>,
    /// State in which the lead waited.
    #[sqlx(flatten)]
    pub state: WaitingState,
    /// The action that was chosen.
    pub action: String,
    /// Address of the person who received the lead, if any.
    pub assignee: Option<String>,
    /// Address of the previous assignee.
    pub assignee_before: Option<String>,
    /// The override that the verdict wrote.
    pub override_id: Option<Uuid>,
    /// The outcome that the verdict wrote.
    pub outcome_id: Option<Uuid>,
}

/// A verdict to insert.
#[derive(Clone, Debug)]
pub struct NewVerdict {
    /// Kind of verdict.
    pub kind: Kind,
    /// The action that was chosen.
    pub action: Action,
    /// Address of the person who receives the lead.
    pub assignee: Option<String>,
    /// Address of the previous assignee.
    pub assignee_before: Option<String>,
    /// The override that the verdict writes or revokes.
    pub override_id: Option<Uuid>,
    /// The outcome that the verdict writes or revokes.
    pub outcome_id: Option<Uuid>,
    /// State of the lead before the verdict.
    pub state: WaitingState,
    /// The pool that is charged for the turn.
    pub pool: Option<String>,
}

/// Removes a lead from its queue, ends all claims on it, and lets a verdict count instead of the decision.
///
/// # Errors
/// Returns [`Error::Raced`] if this decision is no longer the latest one.
pub async fn leave(
    connection: &mut PgConnection,
    place: QueueItem,
    decision: DecisionId,
    verdict: (VerdictId, Action, DateTime<Utc>),
) -> Result<()> {
    let (id, action, at) = verdict;
    let left = sqlx::query(
        "UPDATE lead_states SET queue = NULL, queued_at = NULL, suggested = NULL, verdict_id = $4, verdict_action = $5, verdict_at = $6 \
         WHERE lead_id = $1 AND workflow_id = $2 AND last_decision_id = $3",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(decision.0)
    .bind(id.0)
    .bind(<&str>::from(action))
    .bind(engine::time::cut(at))
    .execute(&mut *connection)
    .await?;
    if left.rows_affected() != 1 {
        return Err(Error::Raced);
    }
    queue_claim::Entity::delete_many()
        .filter(queue_claim::Column::LeadId.eq(place.lead.0))
        .filter(queue_claim::Column::WorkflowId.eq(place.workflow.0))
        .exec(&orm(connection))
        .await?;
    Ok(())
}

/// Returns a lead to its previous state, in its queue if it waited. The decision of the rules counts again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn requeue(connection: &mut PgConnection, place: QueueItem, state: &WaitingState) -> Result<()> {
    sqlx::query(
        "UPDATE lead_states SET queue = $3, queued_at = $4, suggested = $5, verdict_id = NULL, verdict_action = NULL, verdict_at = NULL \
         WHERE lead_id = $1 AND workflow_id = $2",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(&state.queue)
    .bind(state.queued_at)
    .bind(state.suggested.as_ref().filter(|_| state.queue.is_some()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes leads from every queue that an outcome has closed since they came there, and ends all claims on them.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn close(connection: &mut PgConnection, leads: &[Uuid]) -> Result<()> {
    let closed: Vec<(Uuid, Uuid)> =
        sqlx::query_as("SELECT lead_id, workflow_id FROM closed_leads WHERE lead_id = ANY($1)")
            .bind(leads)
            .fetch_all(&mut *connection)
            .await?;
    for (lead, workflow) in closed {
        queue_claim::Entity::delete_many()
            .filter(queue_claim::Column::LeadId.eq(lead))
            .filter(queue_claim::Column::WorkflowId.eq(workflow))
            .exec(&orm(connection))
            .await?;
        sqlx::query("UPDATE lead_states SET queue = NULL, queued_at = NULL, suggested = NULL WHERE lead_id = $1 AND workflow_id = $2")
            .bind(lead)
            .bind(workflow)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Returns the verdict on a decision that stands, if any.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn standing(
    connection: &mut PgConnection,
    decision: DecisionId,
) -> Result<Option<StandingVerdict>> {
    let query = format!("{STANDING} FROM standing_verdicts v WHERE v.decision_id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(decision.0).fetch_optional(connection).await?)
}

/// Returns the verdict that another one replaced, if it replaced one: the person who gave the later one took the earlier one
/// back in the same transaction.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replaced(
    connection: &mut PgConnection,
    decision: DecisionId,
    by: VerdictId,
) -> Result<Option<StandingVerdict>> {
    let query = format!(
        "{STANDING} FROM queue_verdicts n JOIN queue_verdicts g ON g.decision_id = n.decision_id AND g.turn = n.turn - 1 AND g.kind = 'give_back' \
           AND g.person_id = n.person_id AND g.at = n.at AND g.queue IS NULL \
         JOIN queue_verdicts v ON v.decision_id = n.decision_id AND v.turn = n.turn - 2 AND v.kind <> 'give_back' WHERE n.decision_id = $1 AND n.id = $2"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(decision.0)
        .bind(by.0)
        .fetch_optional(connection)
        .await?)
}

const STANDING: &str = "SELECT v.id, v.kind, v.action, v.assignee, v.assignee_before, v.override_id, v.outcome_id, v.person_id, v.pool, v.queue, v.queued_at, v.suggested, \
    v.decision_id AS last_decision_id";

/// A verdict that stands or stood.
#[derive(Clone, Debug, FromRow)]
pub struct StandingVerdict {
    /// Unique ID.
    pub id: Uuid,
    /// Kind of verdict; a [`Kind`].
    pub kind: String,
    /// The action that was chosen.
    pub action: String,
    /// Address of the person who received the lead, if any.
    pub assignee: Option<String>,
    /// Address of the previous assignee.
    pub assignee_before: Option<String>,
    /// The override that the verdict wrote.
    pub override_id: Option<Uuid>,
    /// The outcome that the verdict wrote.
    pub outcome_id: Option<Uuid>,
    /// The person who gave it.
    pub person_id: Uuid,
    /// The pool that was charged for the turn.
    pub pool: Option<String>,
    /// State of the lead before the verdict.
    #[sqlx(flatten)]
    pub state: WaitingState,
}

/// Returns the content of the first effect that reported a verdict; `None` if it was reported nowhere.
///
/// # Errors
/// Returns an error if the database fails or the effect cannot be read.
pub async fn reported(
    connection: &mut PgConnection,
    key: &DataKey,
    verdict: VerdictId,
) -> Result<Option<Json>> {
    let row: Option<(Uuid, Vec<u8>)> = sqlx::query_as(
        "SELECT e.id, e.body FROM effects e JOIN queue_verdicts v ON v.decision_id = e.decision_id WHERE v.id = $1 AND e.verdict_id = $1 ORDER BY e.id LIMIT 1",
    )
    .bind(verdict.0)
    .fetch_optional(connection)
    .await?;
    let Some((id, body)) = row else { return Ok(None) };
    let body = key.open(&body, Sealed { column: "effects.body", row: id })?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Returns the reason of an override.
///
/// # Errors
/// Returns an error if the database fails or the reason cannot be read.
pub async fn reason_of(
    connection: &mut PgConnection,
    key: &DataKey,
    override_id: Uuid,
) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT reason FROM overrides WHERE id = $1")
        .bind(override_id)
        .fetch_optional(connection)
        .await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let reason = key.open(&sealed, Sealed { column: "overrides.reason", row: override_id })?;
    Ok(Some(String::from_utf8_lossy(&reason).into_owned()))
}

/// Reads and locks the person's latest verdict on a lead if it can be undone: it was given within [`TAKE_BACK`], on
/// this decision, and nothing else has happened to the lead since.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_last_verdict(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    decision: DecisionId,
) -> Result<Option<LastVerdict>> {
    Ok(sqlx::query_as(
        "SELECT v.id AS verdict_id, v.at, v.decision_id AS last_decision_id, v.queue, v.queued_at, v.suggested, v.action, v.assignee, v.assignee_before, v.override_id, v.outcome_id \
         FROM lead_states s JOIN queue_verdicts v ON v.decision_id = s.last_decision_id \
         WHERE s.lead_id = $1 AND s.workflow_id = $2 AND v.decision_id = $5 AND s.queue IS NULL AND v.kind <> 'give_back' AND v.person_id = $3 AND v.at >= $4 \
           AND NOT EXISTS (SELECT FROM queue_verdicts later WHERE later.decision_id = v.decision_id AND later.turn > v.turn) \
           AND NOT EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.received_at > v.at AND o.id IS DISTINCT FROM v.outcome_id) \
         FOR NO KEY UPDATE OF s",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(person.0)
    .bind(actor.now - TAKE_BACK)
    .bind(decision.0)
    .fetch_optional(connection)
    .await?)
}

/// Returns whether the rules or a person assigned a lead in another workflow after an instant. The caller must lock
/// the lead, so that the result remains valid until the transaction ends.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_assigned_elsewhere(
    connection: &mut PgConnection,
    place: QueueItem,
    since: DateTime<Utc>,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM decisions d WHERE d.lead_id = $1 AND d.workflow_id <> $2 AND d.decided_at > $3 AND d.mode = 'live' AND d.parameters ? 'assignee') \
         OR EXISTS (SELECT FROM queue_verdicts v WHERE v.lead_id = $1 AND v.workflow_id <> $2 AND v.at > $3 AND v.assignee IS NOT NULL)",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(since)
    .fetch_one(connection)
    .await?)
}

/// Returns the latest decision about a lead in a workflow.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest_decision(store: &Store, place: QueueItem) -> Result<Option<DecisionId>> {
    let newest: Option<Uuid> = sqlx::query_scalar(
        "SELECT last_decision_id FROM lead_states WHERE lead_id = $1 AND workflow_id = $2",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(store.pool())
    .await?;
    Ok(newest.map(DecisionId))
}

/// Returns the e-mail address of a person.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn address(connection: &mut PgConnection, person: PersonId) -> Result<String> {
    let email = person::Entity::find_by_id(person.0)
        .select_only()
        .column(person::Column::Email)
        .into_tuple()
        .one(&orm(connection))
        .await?;
    email.ok_or(Error::NotFound("person"))
}

/// Returns whether an address can receive leads: it belongs to an active AE, or to a member of a pool that the
/// decision was made with.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn takes_leads(
    connection: &mut PgConnection,
    decision: DecisionId,
    assignee: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM people p JOIN person_roles r ON r.person_id = p.id WHERE p.email = $1 AND r.role = 'ae' AND p.disabled_at IS NULL) \
         OR EXISTS (SELECT FROM decisions d JOIN bundles b ON b.hash = d.bundle JOIN versions v ON v.id = ANY(b.version_ids) AND v.kind = 'pool' \
         CROSS JOIN LATERAL jsonb_array_elements(v.body->'members') AS member WHERE d.id = $2 AND lower(member->>'person') = $1)",
    )
    .bind(assignee)
    .bind(decision.0)
    .fetch_one(connection)
    .await?)
}

/// Returns the content of a pool in the version that a decision was made with.
///
/// # Errors
/// Returns [`Error::NotFound`] if the decision's bundle does not contain the pool.
pub async fn pool_of_decision(
    connection: &mut PgConnection,
    decision: DecisionId,
    pool: &str,
) -> Result<Json> {
    let body: Option<Json> = sqlx::query_scalar(
        "SELECT v.body FROM decisions d JOIN bundles b ON b.hash = d.bundle JOIN versions v ON v.id = ANY(b.version_ids) AND v.kind = 'pool' AND v.name = $2 \
         WHERE d.id = $1",
    )
    .bind(decision.0)
    .bind(pool)
    .fetch_optional(connection)
    .await?;
    body.ok_or(Error::NotFound("pool"))
}

/// Inserts an override, by which a person decides against the rules' suggestion, and returns its ID.
///
/// # Errors
/// Returns an error if the database rejects the row.
pub async fn insert_override(
    connection: &mut PgConnection,
    actor: &Actor,
    key: &DataKey,
    verdict: &Verdict,
    by: &str,
) -> Result<Uuid> {
    #[derive(Serialize)]
    struct OverrideRow<'a> {
        id: Uuid,
        decision_id: DecisionId,
        lead_id: Uuid,
        action: Action,
        #[serde(serialize_with = "hex")]
        reason: Vec<u8>,
        by_whom: &'a str,
        #[serde(with = "micros")]
        at: DateTime<Utc>,
    }
    let id = engine::ids::mint(actor.now, rand::random());
    let reason = verdict.reason.as_deref().unwrap_or_default();
    let row = OverrideRow {
        id,
        decision_id: verdict.decision,
        lead_id: verdict.place.lead.0,
        action: verdict.action,
        reason: key.seal(reason.as_bytes(), Sealed { column: "overrides.reason", row: id }),
        by_whom: by,
        at: engine::time::cut(actor.now),
    };
    let hash = row_hash("overrides", &row)?;
    sqlx::query("INSERT INTO overrides (id, decision_id, lead_id, action, reason, by_whom, at, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(row.id)
        .bind(row.decision_id.0)
        .bind(row.lead_id)
        .bind(<&str>::from(row.action))
        .bind(&row.reason)
        .bind(row.by_whom)
        .bind(row.at)
        .bind(hash.0.as_slice())
        .execute(connection)
        .await?;
    Ok(id)
}

/// Inserts the next verdict on the decision that a lead waits on, together with its audit row, and returns the
/// verdict's ID.
///
/// # Errors
/// Returns an error if the database rejects the row.
pub async fn insert_verdict(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    verdict: &NewVerdict,
) -> Result<VerdictId> {
    let kind: &'static str = verdict.kind.into();
    let id = insert_row(connection, actor, person, place, verdict).await?;
    let detail = json!({
        "decision": verdict.state.last_decision_id, "action": verdict.action, "suggested": verdict.state.suggested, "assignee": verdict.assignee,
    });
    let entry = Audit {
        action: &format!("queue.{kind}"),
        subject: &format!("lead:{}", place.lead),
        lead: Some(place.lead),
        detail,
    };
    audit(connection, actor, entry).await?;
    Ok(id)
}

/// Inserts the next row on the decision that a lead waits on, without an audit row, and returns its ID.
pub(super) async fn insert_row(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
    verdict: &NewVerdict,
) -> Result<VerdictId> {
    // Of two rows of one instant, the one that takes a verdict back comes before the one that replaces it.
    let nth = usize::from(verdict.kind != Kind::GiveBack);
    let id = engine::ids::mint_nth(actor.now, nth, rand::random());
    let kind: &'static str = verdict.kind.into();
    // The rules' own decision has no row. When an AE rejects it, it counts as the first turn.
    let before = i32::from(verdict.kind == Kind::GiveBack);
    sqlx::query(
        "INSERT INTO queue_verdicts (id, decision_id, turn, lead_id, workflow_id, kind, suggested, action, assignee, assignee_before, override_id, outcome_id, \
         queue, queued_at, person_id, at, pool) SELECT $1, $2, coalesce(max(turn), $16) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $17 \
         FROM queue_verdicts WHERE decision_id = $2",
    )
    .bind(id)
    .bind(verdict.state.last_decision_id)
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(kind)
    .bind(&verdict.state.suggested)
    .bind(<&str>::from(verdict.action))
    .bind(&verdict.assignee)
    .bind(&verdict.assignee_before)
    .bind(verdict.override_id)
    .bind(verdict.outcome_id)
    .bind(&verdict.state.queue)
    .bind(verdict.state.queued_at)
    .bind(person.0)
    .bind(engine::time::cut(actor.now))
    .bind(before)
    .bind(&verdict.pool)
    .execute(&mut *connection)
    .await?;
    Ok(id.into())
}
