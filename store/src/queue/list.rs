//! Queries behind the queue page.
//!
//! Hand-written SQL: a keyset list over joined log tables, and counts.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::ids::{DecisionId, LeadId, PersonId};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::QueueItem;
use crate::error::Result;
use crate::ingest::{self, PoolState};
use crate::pool::Store;

/// Maximum number of rows in the list; people with more waiting work from the top.
pub const LIST_ROWS: i64 = 60;
/// Number of waiting leads at which counting stops; the page then shows that there are more.
pub const COUNTED: i64 = 1_000;
/// Maximum number of verdicts on a lead's page.
const VERDICTS: i64 = 60;

/// Filters the waiting leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueListFilter {
    /// Only leads in this workflow.
    pub workflow: Option<Uuid>,
    /// Only leads in this queue: `sdr` or `manual`.
    pub queue: Option<&'static str>,
    /// Only leads for which the rules suggest this action.
    pub suggested: Option<Action>,
    /// Only leads that this person has claimed or is assigned, by ID and e-mail address.
    pub of: Option<(PersonId, String)>,
}

/// A waiting lead.
#[derive(Clone, Debug, FromRow)]
pub struct WaitingLead {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Workflow name used in URLs.
    pub workflow: String,
    /// `sdr` or `manual`.
    pub queue: String,
    /// When the lead entered the queue.
    pub queued_at: DateTime<Utc>,
    /// Action that the rules suggest.
    pub suggested: Option<String>,
    /// Urgency, from 3 (highest) to 1.
    pub priority: i32,
    /// The action that was decided.
    pub action: String,
    /// ID of the rule that could not be evaluated.
    pub held_by: Option<String>,
    /// Explanation of the decision.
    pub because: Json,
    /// The bundle that the decision was made with.
    pub bundle: Option<Vec<u8>>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The lead's ID in the source system.
    pub external_id: Option<String>,
    /// Name of the AE who rejected the lead, if that is why it waits.
    pub rejected_by: Option<String>,
    /// The person who has claimed the lead.
    pub taken_by: Option<Uuid>,
    /// The person's display name.
    pub taken_name: Option<String>,
    /// When the claim expires.
    pub taken_until: Option<DateTime<Utc>>,
}

impl WaitingLead {
    /// Returns the lead and workflow that the row identifies.
    pub fn place(&self) -> QueueItem {
        QueueItem { lead: self.lead_id.into(), workflow: self.workflow_id.into() }
    }
}

/// Returns the waiting leads that pass a filter, most urgent first and longest-waiting first among equals; at most
/// [`LIST_ROWS`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn waiting(
    store: &Store,
    filter: &QueueListFilter,
    now: DateTime<Utc>,
) -> Result<Vec<WaitingLead>> {
    const ORDER: &str = " ORDER BY queue_priority(s.suggested) DESC, s.queued_at, s.lead_id, s.workflow_id";
    let mut query = QueryBuilder::new(
        "SELECT s.lead_id, s.workflow_id, w.name AS workflow, s.queue, s.queued_at, s.suggested, queue_priority(s.suggested) AS priority, s.last_action AS action, \
         d.held_by, coalesce(d.because, '[]') AS because, d.bundle, l.name, l.company, l.email, l.external_id, c.person_id AS taken_by, p.name AS taken_name, \
         c.expires_at AS taken_until, (SELECT r.name FROM queue_verdicts v JOIN people r ON r.id = v.person_id WHERE v.decision_id = s.last_decision_id \
           AND v.kind = 'give_back' AND v.assignee_before IS NOT NULL ORDER BY v.turn DESC LIMIT 1) AS rejected_by FROM (SELECT s.* FROM lead_states s WHERE ",
    );
    push_conditions(&mut query, filter);
    // Inline the limit: with a bound parameter, Postgres could choose a generic plan.
    query.push(ORDER).push(" LIMIT ").push(LIST_ROWS);
    query.push(
        ") s JOIN workflows w ON w.id = s.workflow_id JOIN leads l ON l.id = s.lead_id LEFT JOIN decisions d ON d.id = s.last_decision_id \
         LEFT JOIN queue_claims c ON c.lead_id = s.lead_id AND c.workflow_id = s.workflow_id AND c.expires_at > ",
    );
    query.push_bind(now).push(" LEFT JOIN people p ON p.id = c.person_id").push(ORDER);
    Ok(query.build_query_as().fetch_all(store.pool()).await?)
}

/// Returns how many waiting leads pass a filter. [`COUNTED`] + 1 means more than [`COUNTED`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(store: &Store, filter: &QueueListFilter) -> Result<i64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM lead_states s WHERE ");
    push_conditions(&mut query, filter);
    query.push(" LIMIT ").push(COUNTED + 1).push(") s");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

/// Returns when the longest-waiting lead entered the queue.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn oldest(store: &Store) -> Result<Option<DateTime<Utc>>> {
    // Two lookups in an index by queue, however many leads wait.
    Ok(sqlx::query_scalar(
        "SELECT least((SELECT min(queued_at) FROM lead_states WHERE queue = 'sdr'), (SELECT min(queued_at) FROM lead_states WHERE queue = 'manual'))",
    )
    .fetch_one(store.pool())
    .await?)
}

/// Returns when a lead entered the queue, or `None` if it is not waiting.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn since(store: &Store, place: QueueItem) -> Result<Option<DateTime<Utc>>> {
    let since: Option<Option<DateTime<Utc>>> =
        sqlx::query_scalar("SELECT queued_at FROM lead_states WHERE lead_id = $1 AND workflow_id = $2")
            .bind(place.lead.0)
            .bind(place.workflow.0)
            .fetch_optional(store.pool())
            .await?;
    Ok(since.flatten())
}

pub(super) fn push_conditions(query: &mut QueryBuilder<Postgres>, filter: &QueueListFilter) {
    query.push("s.queue IS NOT NULL");
    if let Some(workflow) = filter.workflow {
        query.push(" AND s.workflow_id = ").push_bind(workflow);
    }
    if let Some(queue) = filter.queue {
        query.push(" AND s.queue = ").push_bind(queue);
    }
    if let Some(action) = filter.suggested {
        query.push(" AND s.suggested = ").push_bind(<&'static str>::from(action));
    }
    if let Some((person, email)) = &filter.of {
        query.push(" AND (EXISTS (SELECT FROM queue_claims c WHERE c.lead_id = s.lead_id AND c.workflow_id = s.workflow_id AND c.person_id = ");
        query
            .push_bind(person.0)
            .push(") OR EXISTS (SELECT FROM leads l WHERE l.id = s.lead_id AND l.assignee = ");
        query.push_bind(email.clone()).push("))");
    }
}

/// A person's claim on a lead.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct QueueClaim {
    /// The person who holds the claim.
    pub person_id: Uuid,
    /// The person's display name.
    pub name: String,
    /// When the claim expires.
    pub until: DateTime<Utc>,
}

/// Returns the current claim on a lead.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn claim_of(store: &Store, place: QueueItem, now: DateTime<Utc>) -> Result<Option<QueueClaim>> {
    Ok(sqlx::query_as(
        "SELECT c.person_id, p.name, c.expires_at AS until FROM queue_claims c JOIN people p ON p.id = c.person_id \
         WHERE c.lead_id = $1 AND c.workflow_id = $2 AND c.expires_at > $3",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(now)
    .fetch_optional(store.pool())
    .await?)
}

/// Returns the state of a pool without locking, to show whose turn it is.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn pool_state(store: &Store, pool: &str) -> Result<PoolState> {
    let mut connection = store.pool().acquire().await?;
    let mut states = ingest::pool_states(&mut connection, &[pool.to_owned()].into()).await?;
    Ok(states.remove(pool).unwrap_or_else(PoolState::empty))
}

/// Returns how many leads a person has decided since an instant, without the verdicts that they undid or changed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decided_since(store: &Store, person: PersonId, since: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM queue_verdicts v WHERE v.person_id = $1 AND v.at >= $2 AND v.kind <> 'give_back' AND NOT EXISTS (\
           SELECT FROM queue_verdicts b WHERE b.decision_id = v.decision_id AND b.turn > v.turn AND b.person_id = v.person_id AND b.kind = 'give_back')",
    )
    .bind(person.0)
    .bind(since)
    .fetch_one(store.pool())
    .await?)
}

/// A past verdict.
#[derive(Clone, Debug, FromRow)]
pub struct PastVerdict {
    /// Unique ID.
    pub id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The decision that the verdict is about.
    pub decision_id: Uuid,
    /// Kind of the verdict; a [`super::Kind`].
    pub kind: String,
    /// The action that was chosen.
    pub action: String,
    /// Address of the person who received the lead.
    pub assignee: Option<String>,
    /// The person who gave the verdict.
    pub person_id: Uuid,
    /// The person's display name.
    pub by: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The queue that the lead waited in before the verdict, or returned to; `None` if it did not wait.
    pub queue: Option<String>,
}

const PAST: &str = "SELECT v.id, v.lead_id, v.workflow_id, v.decision_id, v.kind, v.action, v.assignee, v.person_id, p.name AS by, v.at, v.queue \
    FROM queue_verdicts v JOIN people p ON p.id = v.person_id ";

/// Returns the verdicts on a lead, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn verdicts_of(store: &Store, lead: LeadId) -> Result<Vec<PastVerdict>> {
    let query = format!("{PAST} WHERE v.lead_id = $1 ORDER BY v.id DESC LIMIT $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(lead.0).bind(VERDICTS).fetch_all(store.pool()).await?)
}

/// Returns a person's latest verdict since an instant.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn last_by(store: &Store, person: PersonId, since: DateTime<Utc>) -> Result<Option<PastVerdict>> {
    let query = format!("{PAST} WHERE v.person_id = $1 AND v.at >= $2 ORDER BY v.at DESC, v.id DESC LIMIT 1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(person.0)
        .bind(since)
        .fetch_optional(store.pool())
        .await?)
}

/// Why a lead is no longer waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWaitingReason {
    /// A person decided it.
    Decided {
        /// The person who decided it.
        person: PersonId,
        /// The person's display name.
        by: String,
        /// The action they chose.
        action: Action,
        /// When it happened.
        at: DateTime<Utc>,
    },
    /// A new event arrived and the rules decided again.
    Again,
    /// It left the queue in another way.
    Left,
}

/// Returns why a lead is no longer waiting on the decision that the viewer has open.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn not_waiting_reason(
    store: &Store,
    place: QueueItem,
    decision: DecisionId,
) -> Result<NotWaitingReason> {
    not_waiting_reason_now(&mut *store.pool().acquire().await?, place, decision).await
}

/// Like [`not_waiting_reason`], within a transaction.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn not_waiting_reason_now(
    connection: &mut PgConnection,
    place: QueueItem,
    decision: DecisionId,
) -> Result<NotWaitingReason> {
    let query = format!("{PAST} WHERE v.decision_id = $1 ORDER BY v.turn DESC LIMIT 1");
    let last: Option<PastVerdict> =
        sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(decision.0).fetch_optional(&mut *connection).await?;
    if let Some(last) = last.filter(|last| last.kind != <&str>::from(super::Kind::GiveBack)) {
        let action = last.action.parse().unwrap_or(Action::Hold);
        return Ok(NotWaitingReason::Decided {
            person: last.person_id.into(),
            by: last.by,
            action,
            at: last.at,
        });
    }
    let newest: Option<Uuid> = sqlx::query_scalar(
        "SELECT last_decision_id FROM lead_states WHERE lead_id = $1 AND workflow_id = $2",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(connection)
    .await?;
    Ok(if newest == Some(decision.0) { NotWaitingReason::Left } else { NotWaitingReason::Again })
}
