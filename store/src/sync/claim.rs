//! Claims on effects in the outbox.
//!
//! Hand-written SQL: the hot path of deliveries, timed by the database's clock.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::{DecisionId, DestinationId, EffectId, LeadId};
use engine::sync::backoff::is_expired;
use engine::sync::flow::Pace;
use sqlx::postgres::types::PgInterval;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::keyring::{CiphertextLocation, DataKey};
use crate::pool::Store;
use crate::sync::finish::{AttemptExchange, AttemptOutcome, FinishedAttempt, finish, finish_on};
use crate::sync::{BATCH, LEASE, begin, flow};

/// An effect whose lease the caller holds.
pub struct ClaimedEffect {
    /// Identifies the effect and the lease.
    pub ticket: Ticket,
    /// Kind of write, for example `lead_update`.
    pub kind: String,
    /// Idempotency key of this write.
    pub effect_key: Digest,
    /// Key of the record that the write creates or changes.
    pub remote_key: Digest,
    /// Position of the decision in the lead's sequence.
    pub lead_sequence: i64,
    /// Instant after which the effect expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it was attempted before, also before a replay.
    pub was_tried: bool,
    /// Content to write.
    pub body: Vec<u8>,
}

/// Identifies one attempt, and is required to finish it.
#[derive(Clone)]
pub struct Ticket {
    /// The effect.
    pub effect_id: EffectId,
    /// The decision that the effect belongs to.
    pub decision_id: DecisionId,
    /// The lead.
    pub lead_id: LeadId,
    /// The destination.
    pub destination_id: DestinationId,
    /// Number of the attempt, starting at 1.
    pub attempt: i32,
    /// Lease that the attempt holds.
    pub run_lease: i64,
    /// Data key that seals the attempt's row in the log; `None` once the person has been erased.
    pub(super) key: Option<DataKey>,
}

/// Effects claimed together.
#[derive(Default)]
pub struct ClaimedBatch {
    /// The effects.
    pub effects: Vec<ClaimedEffect>,
    /// Whether the destination's breaker is open, in which case the single effect probes whether the destination has
    /// recovered.
    pub is_trial: bool,
}

/// Claims up to `limit` effects that are due at a destination, within its pace and breaker. Claims nothing while the
/// destination is paused or this process is suspended, and no effects of stopped workflows. For each lead, only the unfinished effects of the
/// earliest decision are eligible; dead effects do not block later ones.
///
/// Expired effects and those of erased people are finished here instead of being returned.
///
/// # Errors
/// Returns an error if the database fails. Any leases acquired by then simply expire.
pub async fn claim(
    store: &Store,
    destination: DestinationId,
    pace: &Pace,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<ClaimedBatch> {
    if store.suspension().is_some() {
        return Ok(ClaimedBatch::default());
    }
    let limit = limit.min(BATCH);
    let (rows, is_trial) = if pace.is_bounded() {
        claim_paced(store, destination, pace, now, limit).await?
    } else {
        let mut transaction = begin(store).await?;
        let rows = pick(&mut transaction, destination, now, limit, false).await?;
        transaction.commit().await?;
        // An open breaker and an empty outbox both yield no rows; only then does the difference matter.
        if rows.is_empty() && flow::is_trial_due(store, destination, now).await? {
            claim_paced(store, destination, pace, now, limit).await?
        } else {
            (rows, false)
        }
    };
    let mut effects = Vec::with_capacity(rows.len());
    let mut closed = Vec::new();
    for row in rows {
        match row.open(store, now) {
            Ok(effect) => effects.push(effect),
            Err(end) => closed.push(*end),
        }
    }
    if !closed.is_empty() {
        finish(store, &closed).await?;
    }
    Ok(ClaimedBatch { effects, is_trial })
}

async fn claim_paced(
    store: &Store,
    destination: DestinationId,
    pace: &Pace,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<(Vec<Row>, bool)> {
    let mut transaction = begin(store).await?;
    let (flow, allowance) = flow::allowance(&mut transaction, destination, pace, limit, now).await?;
    if allowance.effects == 0 {
        return Ok((Vec::new(), false));
    }
    let rows = pick(&mut transaction, destination, now, allowance.effects, allowance.is_trial).await?;
    if rows.is_empty() {
        return Ok((rows, false));
    }
    let after = flow.after(pace, rows.len(), allowance, now);
    flow::used(&mut transaction, destination, &after).await?;
    transaction.commit().await?;
    Ok((rows, allowance.is_trial))
}

async fn pick(
    connection: &mut PgConnection,
    destination: DestinationId,
    now: DateTime<Utc>,
    limit: usize,
    is_trial: bool,
) -> Result<Vec<Row>> {
    Ok(sqlx::query_as(include_str!("claim.sql"))
        .bind(destination.0)
        .bind(now)
        .bind(limit as i64)
        .bind(lease()?)
        .bind(is_trial)
        .fetch_all(connection)
        .await?)
}

/// Extends leases by another [`LEASE`], and returns the effects that are still held.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn heartbeat(store: &Store, held: &[(EffectId, i64)]) -> Result<Vec<EffectId>> {
    let mut transaction = begin(store).await?;
    let leases = leases(held);
    let sql = format!(
        "UPDATE outbox o SET leased_until = now() + $3 FROM {} \
         WHERE o.effect_id = h.effect_id AND o.run_lease = h.run_lease AND o.leased_until IS NOT NULL RETURNING o.effect_id",
        leases.table("h"),
    );
    let still: Vec<(Uuid,)> = leases.query_as(sql)?.bind(lease()?).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(still.into_iter().map(|(id,)| EffectId(id)).collect())
}

/// Releases effects that were never attempted. They are as if never claimed, except that the lease number stays used.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn release(store: &Store, held: &[(EffectId, i64)]) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let mut transaction = begin(store).await?;
    let leases = leases(held);
    let sql = format!(
        "UPDATE outbox o SET state = 'ready', leased_until = NULL, attempts = o.attempts - 1 FROM {} \
         WHERE o.effect_id = h.effect_id AND o.run_lease = h.run_lease AND o.leased_until IS NOT NULL",
        leases.table("h"),
    );
    leases.query(sql)?.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

fn leases(held: &[(EffectId, i64)]) -> Columns<'_, (EffectId, i64)> {
    Columns::of(held).with("effect_id", |(effect, _)| effect.0).with("run_lease", |(_, run_lease)| *run_lease)
}

/// Makes effects with an expired lease ready again, and returns how many. Their holders stopped responding, so the
/// lost attempts are logged with an unknown result.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn reclaim(store: &Store, now: DateTime<Utc>) -> Result<usize> {
    let mut transaction = begin(store).await?;
    let rows: Vec<LapsedRow> = sqlx::query_as(
        "SELECT o.effect_id, o.destination_id, o.lead_id, o.run_lease, o.attempts, o.due_at, o.leased_until, e.decision_id \
         FROM outbox o LEFT JOIN effects e ON e.id = o.effect_id \
         WHERE o.state = 'running' AND o.leased_until < now() ORDER BY o.leased_until LIMIT $1 FOR UPDATE OF o SKIP LOCKED",
    )
    .bind(BATCH as i64)
    .fetch_all(&mut *transaction)
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let lapsed: Vec<FinishedAttempt> = rows.into_iter().map(|row| row.lost(now)).collect();
    let finished = finish_on(&mut transaction, &lapsed).await?;
    transaction.commit().await?;
    Ok(finished.counted.len())
}

#[derive(FromRow)]
struct Row {
    effect_id: Uuid,
    destination_id: Uuid,
    lead_id: Uuid,
    lead_sequence: i64,
    run_lease: i64,
    attempts: i32,
    expires_at: Option<DateTime<Utc>>,
    was_tried: bool,
    decision_id: Option<Uuid>,
    kind: Option<String>,
    effect_key: Option<Vec<u8>>,
    remote_key: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
    data_key: Option<Vec<u8>>,
    is_erased: Option<bool>,
}

impl Row {
    /// Opens the effect, or returns how it ends without being sent.
    fn open(self, store: &Store, now: DateTime<Utc>) -> Result<ClaimedEffect, Box<FinishedAttempt>> {
        let mut ticket = Ticket {
            effect_id: self.effect_id.into(),
            // An effect without its own row has no decision to name.
            decision_id: self.decision_id.unwrap_or_default().into(),
            lead_id: self.lead_id.into(),
            destination_id: self.destination_id.into(),
            attempt: self.attempts,
            run_lease: self.run_lease,
            key: None,
        };
        let end = |ticket: Ticket, outcome: AttemptOutcome, error: &str| {
            Box::new(FinishedAttempt { ticket, outcome, answer: AttemptExchange::none(error, now) })
        };
        if self.is_erased == Some(true) {
            return Err(end(ticket, AttemptOutcome::Withdrawn, "the person was erased"));
        }
        if is_expired(self.expires_at, now) {
            return Err(end(ticket, AttemptOutcome::Expired, "it expired before it was sent"));
        }
        match self.read(store) {
            Ok((key, kind, effect_key, remote_key, body)) => {
                ticket.key = Some(key);
                Ok(ClaimedEffect {
                    ticket,
                    kind,
                    effect_key,
                    remote_key,
                    lead_sequence: self.lead_sequence,
                    expires_at: self.expires_at,
                    was_tried: self.was_tried,
                    body,
                })
            }
            Err(error) => Err(end(ticket, AttemptOutcome::Dead, &error.to_string())),
        }
    }

    fn read(&self, store: &Store) -> Result<(DataKey, String, Digest, Digest, Vec<u8>)> {
        let missing = |what: &str| Error::Corrupt(format!("effect {} has no {what}", self.effect_id));
        let wrapped = self.data_key.as_deref().ok_or_else(|| missing("key"))?;
        let key = store.keyring().unwrap_data_key(self.lead_id, wrapped)?;
        let body = self.body.as_deref().ok_or_else(|| missing("row"))?;
        let body = key.open(body, CiphertextLocation { column: "effects.body", row: self.effect_id })?;
        let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(Digest::from_slice);
        let effect_key = digest(&self.effect_key).ok_or_else(|| missing("effect key"))?;
        let remote_key = digest(&self.remote_key).ok_or_else(|| missing("remote key"))?;
        Ok((key, self.kind.clone().unwrap_or_default(), effect_key, remote_key, body))
    }
}

#[derive(FromRow)]
struct LapsedRow {
    effect_id: Uuid,
    destination_id: Uuid,
    lead_id: Uuid,
    run_lease: i64,
    attempts: i32,
    due_at: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    decision_id: Option<Uuid>,
}

impl LapsedRow {
    fn lost(self, now: DateTime<Utc>) -> FinishedAttempt {
        let ticket = Ticket {
            effect_id: self.effect_id.into(),
            decision_id: self.decision_id.unwrap_or_default().into(),
            lead_id: self.lead_id.into(),
            destination_id: self.destination_id.into(),
            attempt: self.attempts,
            run_lease: self.run_lease,
            key: None,
        };
        let error = "the process that was sending it stopped; it may or may not have arrived";
        // Time of the last heartbeat.
        let started_at = self.leased_until - LEASE;
        FinishedAttempt {
            ticket,
            // The effect has already waited for a whole lease, so it keeps its place before later ones.
            outcome: AttemptOutcome::Retry { due_at: self.due_at, counts: true },
            answer: AttemptExchange { started_at, ..AttemptExchange::none(error, now) },
        }
    }
}

fn lease() -> Result<PgInterval> {
    PgInterval::try_from(LEASE).map_err(|error| Error::Corrupt(error.to_string()))
}
