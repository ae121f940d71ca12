//! Taking effects out of the outbox for a while.
//!
//! Hand-written SQL: the hot path of every delivery, told by the database's clock.

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
use crate::keyring::{DataKey, Place};
use crate::pool::Store;
use crate::sync::finish::{Answer, Finish, Outcome, finish, finish_on};
use crate::sync::{BATCH, LEASE, begin, flow};

/// An effect that the caller holds the lease of.
pub struct Claimed {
    /// Names the effect and the lease.
    pub ticket: Ticket,
    /// What is written, for example `lead_update`.
    pub kind: String,
    /// The key of this one write.
    pub effect_key: Digest,
    /// The key of the record it makes or changes.
    pub remote_key: Digest,
    /// Number of the decision among those of its lead.
    pub lead_sequence: i64,
    /// When the effect is of no use any more.
    pub expires_at: Option<DateTime<Utc>>,
    /// What to write.
    pub body: Vec<u8>,
}

/// Names one attempt; needed to tell its end.
#[derive(Clone)]
pub struct Ticket {
    /// The effect.
    pub effect_id: EffectId,
    /// Its decision.
    pub decision_id: DecisionId,
    /// Its lead.
    pub lead_id: LeadId,
    /// Its destination.
    pub destination_id: DestinationId,
    /// Which attempt it is, from 1.
    pub attempt: i32,
    /// The lease it holds.
    pub run_lease: i64,
    /// Seals what the log keeps of the attempt; `None` once the person has been erased.
    pub(super) key: Option<DataKey>,
}

/// Effects taken together.
#[derive(Default)]
pub struct Taken {
    /// The effects.
    pub effects: Vec<Claimed>,
    /// The destination's breaker is open, and the one effect shows whether it is back.
    pub is_trial: bool,
}

/// Takes up to `limit` effects that are due at a destination, as its pace and its breaker allow; none while it is paused,
/// and none of workflows that were stopped. Of one lead only the earliest decision's is taken while it is unfinished; a
/// dead one does not hold the later ones up.
///
/// Effects that came too late, and those of erased people, are finished here and not given out.
///
/// # Errors
/// When the database fails; nothing is held then, or only until the lease lapses.
pub async fn claim(
    store: &Store,
    destination: DestinationId,
    pace: &Pace,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Taken> {
    let limit = limit.min(BATCH);
    let (rows, is_trial) = if pace.is_bounded() {
        claim_paced(store, destination, pace, now, limit).await?
    } else {
        let mut transaction = begin(store).await?;
        let rows = pick(&mut transaction, destination, now, limit, false).await?;
        transaction.commit().await?;
        // An open breaker, like an empty outbox, gives nothing; which it was matters only then.
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
    Ok(Taken { effects, is_trial })
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

/// Holds leases for another [`LEASE`]; answers the effects that are still held.
///
/// # Errors
/// When the database fails.
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

/// Gives effects back that were never tried: as if they had not been claimed, except that the lease stays used.
///
/// # Errors
/// When the database fails.
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

/// Makes effects ready again whose lease has lapsed, since whoever held them fell silent; answers how many. The lost
/// attempts get their rows in the log: nobody knows whether they reached the destination.
///
/// # Errors
/// When the database fails.
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
    let lapsed: Vec<Finish> = rows.into_iter().map(|row| row.lost(now)).collect();
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
    decision_id: Option<Uuid>,
    kind: Option<String>,
    effect_key: Option<Vec<u8>>,
    remote_key: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
    data_key: Option<Vec<u8>>,
    is_erased: Option<bool>,
}

impl Row {
    /// The effect, or how it ends without being sent.
    fn open(self, store: &Store, now: DateTime<Utc>) -> Result<Claimed, Box<Finish>> {
        let mut ticket = Ticket {
            effect_id: self.effect_id.into(),
            // An effect without a row of its own belongs to no decision that could be named.
            decision_id: self.decision_id.unwrap_or_default().into(),
            lead_id: self.lead_id.into(),
            destination_id: self.destination_id.into(),
            attempt: self.attempts,
            run_lease: self.run_lease,
            key: None,
        };
        let end = |ticket: Ticket, outcome: Outcome, error: &str| {
            Box::new(Finish { ticket, outcome, answer: Answer::none(error, now) })
        };
        if self.is_erased == Some(true) {
            return Err(end(ticket, Outcome::Withdrawn, "the person was erased"));
        }
        if is_expired(self.expires_at, now) {
            return Err(end(ticket, Outcome::Expired, "it came too late to be of use"));
        }
        match self.read(store) {
            Ok((key, kind, effect_key, remote_key, body)) => {
                ticket.key = Some(key);
                Ok(Claimed {
                    ticket,
                    kind,
                    effect_key,
                    remote_key,
                    lead_sequence: self.lead_sequence,
                    expires_at: self.expires_at,
                    body,
                })
            }
            Err(error) => Err(end(ticket, Outcome::Dead, &error.to_string())),
        }
    }

    fn read(&self, store: &Store) -> Result<(DataKey, String, Digest, Digest, Vec<u8>)> {
        let missing = |what: &str| Error::Corrupt(format!("effect {} has no {what}", self.effect_id));
        let wrapped = self.data_key.as_deref().ok_or_else(|| missing("key"))?;
        let key = store.keyring().unwrap_data_key(self.lead_id, wrapped)?;
        let body = self.body.as_deref().ok_or_else(|| missing("row"))?;
        let body = key.open(body, Place { column: "effects.body", row: self.effect_id })?;
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
    fn lost(self, now: DateTime<Utc>) -> Finish {
        let ticket = Ticket {
            effect_id: self.effect_id.into(),
            decision_id: self.decision_id.unwrap_or_default().into(),
            lead_id: self.lead_id.into(),
            destination_id: self.destination_id.into(),
            attempt: self.attempts,
            run_lease: self.run_lease,
            key: None,
        };
        let error = "whoever worked on it fell silent; whether it arrived is not known";
        // The last sign of life.
        let started_at = self.leased_until - LEASE;
        Finish {
            ticket,
            // It has waited for a whole lease, and keeps its place before those that came after it.
            outcome: Outcome::Retry { due_at: self.due_at, counts: true },
            answer: Answer { started_at, ..Answer::none(error, now) },
        }
    }
}

fn lease() -> Result<PgInterval> {
    PgInterval::try_from(LEASE).map_err(|error| Error::Corrupt(error.to_string()))
}
