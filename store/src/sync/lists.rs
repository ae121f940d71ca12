//! What pages show of effects and their deliveries.
//!
//! Hand-written SQL: lists of the outbox and the log of deliveries, which have no entities.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::{DecisionId, DeliveryId, DestinationId, EffectId, LeadId, VerdictId};
use serde_json::Value as Json;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use crate::columns::Row as _;
use crate::error::{Error, Result};
use crate::keyring::Place;
use crate::pool::Store;
use crate::sync::finish::DeliveryRow;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum EffectState {
    /// It waits to be sent, for the first time or again.
    Ready,
    /// It is being sent.
    Running,
    /// It waits for a person.
    Dead,
    /// It arrived.
    Delivered,
    /// It came too late and was not sent.
    Expired,
    /// A later decision had arrived before it, and it was not sent.
    Superseded,
    /// The person was erased, and it was not sent.
    Withdrawn,
}

/// An effect and where it stands.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Its id.
    pub id: EffectId,
    /// Its decision.
    pub decision_id: DecisionId,
    /// The person's verdict on it that is told, if one is.
    pub verdict_id: Option<VerdictId>,
    /// Its lead.
    pub lead_id: LeadId,
    /// Its number among what was decided about the lead.
    pub lead_sequence: i64,
    /// Its destination.
    pub destination_id: DestinationId,
    /// The destination's name.
    pub destination: String,
    /// What is written, for example `lead_update`.
    pub kind: String,
    /// Names the record at the destination.
    pub remote_key: Digest,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
    /// When it is of no use any more.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where it stands; `None` when neither the outbox nor the log knows it any more.
    pub state: Option<EffectState>,
    /// When it is sent next, while it waits.
    pub due_at: Option<DateTime<Utc>>,
    /// Its last attempt.
    pub last: Option<Attempt>,
}

/// An attempt without what was sent and answered.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its id.
    pub id: DeliveryId,
    /// Which one it was, from 1.
    pub attempt: i32,
    /// What became of it, as in the log.
    pub result: String,
    /// The status code.
    pub status: Option<i32>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

/// An attempt with what was sent and answered.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The row as it is stored.
    pub row: DeliveryRow,
    /// What was sent, secrets left out; `None` too once the person has been erased.
    pub request: Option<Json>,
    /// What was answered; `None` too once the person has been erased.
    pub response: Option<Json>,
}

/// How many effects of a destination are not finished.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OutboxCount {
    /// The destination.
    pub destination_id: Uuid,
    /// Its name.
    pub destination: String,
    /// Why nothing is sent there; `None` while it is.
    pub paused_reason: Option<String>,
    /// Those that wait.
    pub ready: i64,
    /// Those under way.
    pub running: i64,
    /// Those that wait for a person.
    pub dead: i64,
    /// Since when the oldest of the waiting ones has been due.
    pub due_since: Option<DateTime<Utc>>,
}

/// The effects of a decision, in the order they were made.
///
/// # Errors
/// When the database fails.
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

/// The effects of a lead, newest first, those before `after` if given.
///
/// # Errors
/// When the database fails.
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

/// The effects of a destination that wait for a person, newest first, those before `after` if given.
///
/// # Errors
/// When the database fails.
pub async fn dead(
    store: &Store,
    destination: DestinationId,
    after: Option<EffectId>,
    limit: i64,
) -> Result<Vec<Effect>> {
    let filter = "WHERE o.destination_id = $1 AND o.state = 'dead' AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3";
    effects(store, filter, destination.0, after, limit).await
}

/// Every attempt to carry out an effect, in order.
///
/// # Errors
/// When the database fails or a row cannot be read.
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
                Ok(Some(serde_json::from_slice(&key.open(sealed, Place { column, row: row.id })?)?))
            };
            Ok(Delivery {
                request: open(&row.request, "deliveries.request")?,
                response: open(&row.response, "deliveries.response")?,
                row,
            })
        })
        .collect()
}

/// What is not finished, by destination; each destination is there, also with nothing left to do.
///
/// # Errors
/// When the database fails.
pub async fn outbox_counts(store: &Store) -> Result<Vec<OutboxCount>> {
    Ok(sqlx::query_as(
        "SELECT d.id AS destination_id, d.name AS destination, d.paused_reason, count(*) FILTER (WHERE o.state = 'ready') AS ready, count(*) FILTER (WHERE o.state = 'running') AS running, \
         count(*) FILTER (WHERE o.state = 'dead') AS dead, min(o.due_at) FILTER (WHERE o.state = 'ready' AND o.due_at <= now()) AS due_since \
         FROM destinations d LEFT JOIN outbox o ON o.destination_id = d.id GROUP BY d.id ORDER BY d.name",
    )
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
