//! Lists of effects and their deliveries.
//!
//! Hand-written SQL: lists of the outbox and the log of deliveries, which have no entities.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::{DecisionId, DeliveryId, DestinationId, EffectId, LeadId, VerdictId};
use engine::sync::backoff::is_expired;
use serde_json::Value as Json;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use crate::columns::TableRow as _;
use crate::error::{Error, Result};
use crate::keyring::CiphertextLocation;
use crate::pool::Store;
use crate::sync::finish::DeliveryRow;

/// State of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum EffectState {
    /// It is waiting for its first attempt or a retry.
    Ready,
    /// A process is sending it.
    Running,
    /// It failed and needs a person.
    Dead,
    /// The destination accepted it.
    Delivered,
    /// It expired before it was sent.
    Expired,
    /// A later decision was delivered first, so this effect was not sent.
    Superseded,
    /// The person was erased before the effect was sent.
    Withdrawn,
}

/// An effect and its current state.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Unique ID.
    pub id: EffectId,
    /// The decision that the effect belongs to.
    pub decision_id: DecisionId,
    /// The verdict that the effect reports, if it reports one.
    pub verdict_id: Option<VerdictId>,
    /// The lead.
    pub lead_id: LeadId,
    /// Position in the lead's sequence of decisions and verdicts.
    pub lead_sequence: i64,
    /// The destination.
    pub destination_id: DestinationId,
    /// Name of the destination.
    pub destination: String,
    /// Kind of write, for example `lead_update`.
    pub kind: String,
    /// Key of the record at the destination.
    pub remote_key: Digest,
    /// When the decision was made.
    pub created_at: DateTime<Utc>,
    /// Instant after which the effect expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// Current state; `None` if neither the outbox nor the log has the effect any more.
    pub state: Option<EffectState>,
    /// When the next attempt is due, while it is waiting.
    pub due_at: Option<DateTime<Utc>>,
    /// Latest attempt.
    pub last: Option<Attempt>,
}

impl Effect {
    /// Returns the state at an instant: a waiting effect past its expiry is expired, although the next claim has yet to
    /// close it.
    pub fn state_at(&self, now: DateTime<Utc>) -> Option<EffectState> {
        match self.state {
            Some(EffectState::Ready) if is_expired(self.expires_at, now) => Some(EffectState::Expired),
            state => state,
        }
    }
}

/// An attempt without its request and response.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Unique ID.
    pub id: DeliveryId,
    /// Number of the attempt, starting at 1.
    pub attempt: i32,
    /// Result, as the log names it.
    pub result: String,
    /// HTTP status code.
    pub status: Option<i32>,
    /// Error message.
    pub error: Option<String>,
    /// When the attempt ended.
    pub finished_at: DateTime<Utc>,
}

/// An attempt with its request and response.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The row as it is stored.
    pub row: DeliveryRow,
    /// Request without secrets; also `None` once the person has been erased.
    pub request: Option<Json>,
    /// Response; also `None` once the person has been erased.
    pub response: Option<Json>,
}

/// Number of unfinished effects for a destination.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OutboxCount {
    /// The destination.
    pub destination_id: Uuid,
    /// Name of the destination.
    pub destination: String,
    /// Why delivery is paused; `None` while it is active.
    pub paused_reason: Option<String>,
    /// Effects that are waiting and can still be sent.
    pub ready: i64,
    /// Effects that expired while they were waiting. The next claim closes them without sending them.
    pub overdue: i64,
    /// Effects that were closed as expired and have not been reviewed yet.
    pub expired: i64,
    /// Effects in progress.
    pub running: i64,
    /// Effects that failed and need a person.
    pub dead: i64,
    /// Since when the oldest waiting effect has been due.
    pub due_since: Option<DateTime<Utc>>,
}

impl OutboxCount {
    /// Returns how many effects expired without being sent, closed or not, and have not been reviewed.
    pub fn not_sent(&self) -> i64 {
        self.overdue + self.expired
    }

    /// Returns how many effects are not finished.
    pub fn unfinished(&self) -> i64 {
        self.ready + self.overdue + self.running + self.dead
    }
}

/// Returns the effects of a decision, in creation order.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn effects_of_decision(store: &Store, decision: DecisionId) -> Result<Vec<Effect>> {
    effects(
        store,
        "WHERE e.decision_id = $1 AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id LIMIT $3",
        decision.0,
        None,
        i64::MAX,
    )
    .await
}

/// Returns the effects of a lead, newest first, starting before `after` if given.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn effects_of_lead(
    store: &Store,
    lead: LeadId,
    after: Option<EffectId>,
    limit: i64,
) -> Result<Vec<Effect>> {
    effects(
        store,
        "WHERE e.lead_id = $1 AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3",
        lead.0,
        after,
        limit,
    )
    .await
}

/// Returns the failed effects of a destination, newest first, starting before `after` if given.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn dead(
    store: &Store,
    destination: DestinationId,
    after: Option<EffectId>,
    limit: i64,
) -> Result<Vec<Effect>> {
    let filter = "WHERE o.destination_id = $1 AND o.state = 'dead' AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3";
    effects(store, filter, destination.0, after, limit).await
}

/// Returns every attempt to deliver an effect, in order.
///
/// # Errors
/// Returns an error if the database fails or a row cannot be read.
pub async fn deliveries(store: &Store, effect: EffectId) -> Result<Vec<Delivery>> {
    let columns = DeliveryRow::select("d");
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {columns}, l.data_key FROM deliveries d JOIN leads l ON l.id = d.lead_id WHERE d.effect_id = $1 ORDER BY d.run_lease"
    )))
    .bind(effect.0)
    .fetch_all(store.pool())
    .await?;
    rows.iter()
        .map(|row| {
            let wrapped: Option<Vec<u8>> = row.try_get("data_key")?;
            let row = DeliveryRow::from_row(row)?;
            let key =
                wrapped.map(|wrapped| store.keyring().unwrap_data_key(row.lead_id, &wrapped)).transpose()?;
            let open = |sealed: &Option<Vec<u8>>, column: &'static str| -> Result<Option<Json>> {
                let (Some(sealed), Some(key)) = (sealed, &key) else { return Ok(None) };
                Ok(Some(serde_json::from_slice(
                    &key.open(sealed, CiphertextLocation { column, row: row.id })?,
                )?))
            };
            Ok(Delivery {
                request: open(&row.request, "deliveries.request")?,
                response: open(&row.response, "deliveries.response")?,
                row,
            })
        })
        .collect()
}

/// Returns the number of unfinished and of expired effects by destination, including destinations without any.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn outbox_counts(store: &Store, now: DateTime<Utc>) -> Result<Vec<OutboxCount>> {
    Ok(sqlx::query_as(
        "SELECT d.id AS destination_id, d.name AS destination, d.paused_reason, \
           count(*) FILTER (WHERE o.state = 'ready' AND (o.expires_at IS NULL OR o.expires_at >= $1)) AS ready, \
           count(*) FILTER (WHERE o.state = 'ready' AND o.expires_at < $1) AS overdue, \
           (SELECT count(*) FROM deliveries e WHERE e.destination_id = d.id AND e.result = 'expired' \
             AND e.finished_at > coalesce(d.expired_reviewed_at, '-infinity')) AS expired, \
           count(*) FILTER (WHERE o.state = 'running') AS running, count(*) FILTER (WHERE o.state = 'dead') AS dead, \
           min(o.due_at) FILTER (WHERE o.state = 'ready' AND o.due_at <= $1 AND (o.expires_at IS NULL OR o.expires_at >= $1)) AS due_since \
         FROM destinations d LEFT JOIN outbox o ON o.destination_id = d.id GROUP BY d.id ORDER BY d.name",
    )
    .bind(now)
    .fetch_all(store.pool())
    .await?)
}

pub(super) async fn effects(
    store: &Store,
    filter: &'static str,
    of: Uuid,
    after: Option<EffectId>,
    limit: i64,
) -> Result<Vec<Effect>> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT e.id, e.decision_id, e.verdict_id, e.lead_id, e.lead_sequence, e.destination_id, e.kind, e.remote_key, e.created_at, e.expires_at, \
           n.name AS destination, o.state, o.due_at, d.id AS delivery_id, d.attempt, d.result, d.status, d.error, d.finished_at \
         FROM effects e JOIN destinations n ON n.id = e.destination_id LEFT JOIN outbox o ON o.effect_id = e.id \
         LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.effect_id = e.id ORDER BY d.run_lease DESC LIMIT 1) d ON true {filter}"
    )))
    .bind(of)
    .bind(after.map(|id| id.0))
    .bind(limit)
    .fetch_all(store.pool())
    .await?;
    rows.iter().map(effect).collect()
}

fn effect(row: &PgRow) -> Result<Effect> {
    let id: Uuid = row.try_get("id")?;
    let corrupt = |what: &str| Error::Corrupt(format!("effect {id} has an unreadable {what}"));
    let last = match row.try_get::<Option<Uuid>, _>("delivery_id")? {
        Some(delivery) => Some(Attempt {
            id: delivery.into(),
            attempt: row.try_get("attempt")?,
            result: row.try_get("result")?,
            status: row.try_get("status")?,
            error: row.try_get("error")?,
            finished_at: row.try_get("finished_at")?,
        }),
        None => None,
    };
    let waiting: Option<String> = row.try_get("state")?;
    let state = waiting.as_deref().or(last.as_ref().map(|last| last.result.as_str()));
    Ok(Effect {
        id: id.into(),
        decision_id: row.try_get::<Uuid, _>("decision_id")?.into(),
        verdict_id: row.try_get::<Option<Uuid>, _>("verdict_id")?.map(VerdictId),
        lead_id: row.try_get::<Uuid, _>("lead_id")?.into(),
        lead_sequence: row.try_get("lead_sequence")?,
        destination_id: row.try_get::<Uuid, _>("destination_id")?.into(),
        destination: row.try_get("destination")?,
        kind: row.try_get("kind")?,
        remote_key: Digest::from_slice(row.try_get::<&[u8], _>("remote_key")?)
            .ok_or_else(|| corrupt("remote key"))?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        state: state.map(|state| state.parse().map_err(|_| corrupt("state"))).transpose()?,
        due_at: row.try_get("due_at")?,
        last,
    })
}
