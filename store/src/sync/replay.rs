//! Replaying dead effects.
//!
//! Hand-written SQL: moving rows of the outbox in sets, guarded by their leases.

use chrono::{DateTime, Utc};
use engine::ids::{DestinationId, EffectId};
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::sync::claim::Ticket;
use crate::sync::finish::{AttemptExchange, AttemptOutcome, FinishedAttempt, finish_on};
use crate::sync::{BATCH, LEASE};

/// Result of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayResult {
    /// The effect is ready again and keeps its earlier attempts.
    Ready,
    /// A later decision has changed the same record since, so the effect was closed without being sent.
    Superseded,
}

/// Filters dead effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadEffectFilter {
    /// Only effects for this destination.
    pub destination: Option<DestinationId>,
    /// Only effects whose last error contains this text.
    pub error: Option<String>,
}

/// Result of replaying several effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplaySummary {
    /// Effects that are ready again.
    pub ready: usize,
    /// Effects closed because a later decision has changed the same record since.
    pub superseded: usize,
    /// Effects left unchanged because a later effect for the same lead is in progress.
    pub overtaken: usize,
}

impl ReplaySummary {
    fn of(rows: &[Row]) -> Self {
        let count = |wanted: fn(&Fate) -> bool| rows.iter().filter(|row| wanted(&row.fate())).count();
        Self {
            ready: count(|fate| matches!(fate, Fate::Ready)),
            superseded: count(|fate| matches!(fate, Fate::Superseded)),
            overtaken: count(|fate| matches!(fate, Fate::Overtaken)),
        }
    }
}

/// Replays a dead effect, unless a later one has been delivered to the same record. Warehouse events are never
/// superseded, since each of them counts.
///
/// # Errors
/// Returns [`Error::NotFound`] if there is no such dead effect, or [`Error::Refused`] while a later effect for the
/// same lead is in progress, since their order of arrival would be undefined.
pub async fn replay(store: &Store, actor: &Actor, effect: EffectId) -> Result<ReplayResult> {
    let mut transaction = store.begin().await?;
    let rows = revive(&mut transaction, actor.now, &[effect.0]).await?;
    let row = rows.into_iter().next().ok_or(Error::NotFound("failed effect"))?;
    let replayed = match row.fate() {
        Fate::Overtaken => {
            return Err(Error::Refused(
                "a later decision about this lead is on its way there; try again in a minute".into(),
            ));
        }
        Fate::Superseded => ReplayResult::Superseded,
        Fate::Ready => ReplayResult::Ready,
    };
    let entry = Audit {
        action: "effect.replay",
        subject: &format!("effect:{effect}"),
        lead: Some(row.lead_id.into()),
        detail: json!({ "superseded": replayed == ReplayResult::Superseded }),
    };
    audit(&mut transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(replayed)
}

/// Replays these dead effects in one transaction. Ignores those that are no longer dead.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replay_chosen(store: &Store, actor: &Actor, effects: &[EffectId]) -> Result<ReplaySummary> {
    let ids: Vec<Uuid> = effects.iter().map(|effect| effect.0).collect();
    let mut transaction = store.begin().await?;
    let rows = revive(&mut transaction, actor.now, &ids).await?;
    let all = ReplaySummary::of(&rows);
    let revived: Vec<Uuid> = rows.iter().map(|row| row.effect_id).collect();
    let detail = json!({
        "effects": revived, "ready": all.ready, "superseded": all.superseded, "overtaken": all.overtaken,
    });
    let entry = Audit { action: "effect.replay_chosen", subject: "outbox", lead: None, detail };
    audit(&mut transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(all)
}

/// Matches the dead effects of a filter, starting after an ID.
const DEAD: &str = "state = 'dead' AND effect_id > $1 AND ($2::uuid IS NULL OR destination_id = $2) \
    AND ($3::text IS NULL OR strpos(lower(last_error), lower($3)) > 0)";

/// Replays the next batch of dead effects that match the filter, starting after `after` if given. Returns the last
/// effect of the batch, or `None` if there are no more. The caller commits.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replay_next(
    connection: &mut PgConnection,
    actor: &Actor,
    filter: &DeadEffectFilter,
    after: Option<EffectId>,
) -> Result<Option<(EffectId, ReplaySummary)>> {
    // Waits for locked rows rather than skipping them: a killed process may hold them, and none must be missed.
    let query = format!("SELECT effect_id FROM outbox WHERE {DEAD} ORDER BY effect_id LIMIT $4 FOR UPDATE");
    let ids: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(after.map_or(Uuid::nil(), |id| id.0))
        .bind(filter.destination.map(|id| id.0))
        .bind(filter.error.as_deref())
        .bind(BATCH as i64)
        .fetch_all(&mut *connection)
        .await?;
    let Some(last) = ids.last() else { return Ok(None) };
    let batch = ReplaySummary::of(&revive(connection, actor.now, &ids).await?);
    let detail = json!({
        "destination": filter.destination, "error": filter.error, "ready": batch.ready,
        "superseded": batch.superseded, "overtaken": batch.overtaken,
    });
    let entry = Audit { action: "effect.replay_all", subject: "outbox", lead: None, detail };
    audit(connection, actor, entry).await?;
    Ok(Some(((*last).into(), batch)))
}

/// Returns how many dead effects match the filter, starting after `after` if given.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_dead_after(
    store: &Store,
    filter: &DeadEffectFilter,
    after: Option<EffectId>,
) -> Result<u64> {
    let query = format!("SELECT count(*) FROM outbox WHERE {DEAD}");
    let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(after.map_or(Uuid::nil(), |id| id.0))
        .bind(filter.destination.map(|id| id.0))
        .bind(filter.error.as_deref())
        .fetch_one(store.pool())
        .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Returns how many effects replayed at an instant have not been attempted yet, at most [`PROGRESS_ROWS`], to show
/// the progress of a replay. Replayed effects are due at that exact instant, which distinguishes them from all
/// others.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn untried(store: &Store, at: DateTime<Utc>) -> Result<i64> {
    // Joins with destinations to match the order of the index.
    let sql = "SELECT count(*) FROM (SELECT FROM destinations n JOIN outbox o ON o.destination_id = n.id AND o.due_at = $1 AND o.state = 'ready' \
               UNION ALL SELECT FROM outbox WHERE state = 'running' AND due_at = $1 LIMIT $2) o";
    Ok(sqlx::query_scalar(sql).bind(at).bind(PROGRESS_ROWS).fetch_one(store.pool()).await?)
}

/// Number of effects at which counting the progress of a replay stops.
pub const PROGRESS_ROWS: i64 = 100_000;

/// Stops a replay: effects replayed at the instant and not attempted yet are dead again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn stop_replay(store: &Store, actor: &Actor, at: DateTime<Utc>) -> Result<u64> {
    let mut transaction = store.begin().await?;
    let stopped = sqlx::query(
        "UPDATE outbox SET state = 'dead' WHERE effect_id IN (SELECT o.effect_id FROM destinations n JOIN outbox o ON o.destination_id = n.id \
         WHERE o.due_at = $1 AND o.state = 'ready' AND o.attempts = 0 AND o.last_error IS NOT NULL LIMIT $2 FOR UPDATE OF o SKIP LOCKED)",
    )
    .bind(at)
    .bind(PROGRESS_ROWS)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let detail = json!({ "stopped": stopped });
    audit(
        &mut transaction,
        actor,
        Audit { action: "effect.stop_replay", subject: "outbox", lead: None, detail },
    )
    .await?;
    transaction.commit().await?;
    Ok(stopped)
}

#[derive(FromRow)]
struct Row {
    effect_id: Uuid,
    run_lease: i64,
    attempts: i32,
    destination_id: Uuid,
    lead_id: Uuid,
    decision_id: Uuid,
    is_superseded: bool,
    is_overtaken: bool,
}

enum Fate {
    Ready,
    Superseded,
    Overtaken,
}

impl Row {
    fn fate(&self) -> Fate {
        match (self.is_overtaken, self.is_superseded) {
            (true, _) => Fate::Overtaken,
            (false, true) => Fate::Superseded,
            (false, false) => Fate::Ready,
        }
    }

    fn superseded(&self, now: DateTime<Utc>) -> FinishedAttempt {
        let ticket = Ticket {
            effect_id: self.effect_id.into(),
            decision_id: self.decision_id.into(),
            lead_id: self.lead_id.into(),
            destination_id: self.destination_id.into(),
            attempt: self.attempts,
            run_lease: self.run_lease,
            key: None,
        };
        let answer = AttemptExchange::none("a later decision has arrived at the same record", now);
        FinishedAttempt { ticket, outcome: AttemptOutcome::Superseded, answer }
    }
}

/// Revives dead effects, each into its new state: ready, closed as superseded, or still dead.
async fn revive(connection: &mut PgConnection, now: DateTime<Utc>, ids: &[Uuid]) -> Result<Vec<Row>> {
    // Hold the effects during the check, so that no later one is claimed in between and none is finished twice.
    let rows: Vec<Row> = sqlx::query_as(
        "WITH held AS (UPDATE outbox SET state = 'running', run_lease = run_lease + 1, leased_until = now() + make_interval(secs => $2) \
           WHERE effect_id = ANY($1) AND state = 'dead' RETURNING *) \
         SELECT h.effect_id, h.run_lease, h.attempts, h.destination_id, h.lead_id, e.decision_id, e.kind <> 'decision_event' AND EXISTS ( \
           SELECT FROM effects later JOIN deliveries d ON d.effect_id = later.id AND d.result = 'delivered' \
           WHERE later.lead_id = e.lead_id AND later.destination_id = e.destination_id AND later.remote_key = e.remote_key \
             AND later.lead_sequence > e.lead_sequence) AS is_superseded, \
           EXISTS (SELECT FROM outbox o WHERE o.lead_id = h.lead_id AND o.destination_id = h.destination_id AND o.state = 'running' \
             AND o.lead_sequence > h.lead_sequence) AS is_overtaken \
         FROM held h JOIN effects e ON e.id = h.effect_id",
    )
    .bind(ids)
    .bind(LEASE.as_secs_f64())
    .fetch_all(&mut *connection)
    .await?;
    let those = |wanted: fn(&Fate) -> bool| -> Vec<Uuid> {
        rows.iter().filter(|row| wanted(&row.fate())).map(|row| row.effect_id).collect()
    };
    let superseded: Vec<FinishedAttempt> = rows
        .iter()
        .filter(|row| matches!(row.fate(), Fate::Superseded))
        .map(|row| row.superseded(now))
        .collect();
    if !superseded.is_empty() {
        finish_on(connection, &superseded).await?;
    }
    sqlx::query("UPDATE outbox SET state = 'dead', leased_until = NULL WHERE effect_id = ANY($1)")
        .bind(those(|fate| matches!(fate, Fate::Overtaken)))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE outbox SET state = 'ready', leased_until = NULL, attempts = 0, due_at = $2 WHERE effect_id = ANY($1)")
        .bind(those(|fate| matches!(fate, Fate::Ready)))
        .bind(now)
        .execute(&mut *connection)
        .await?;
    notify(connection, Channel::Outbox, "").await?;
    Ok(rows)
}
