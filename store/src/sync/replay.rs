//! Trying a dead effect once more.

use engine::ids::EffectId;
use sqlx::FromRow;
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::sync::claim::Ticket;
use crate::sync::finish::{Answer, Finish, Outcome, finish_on};
use crate::sync::{LEASE, OUTBOX_CHANNEL};

/// What replaying came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// It is ready again, with all its attempts before it.
    Ready,
    /// A later decision has changed the same record since; this one was closed without being sent.
    Superseded,
}

#[derive(FromRow)]
struct Row {
    run_lease: i64,
    attempts: i32,
    destination_id: Uuid,
    lead_id: Uuid,
    decision_id: Uuid,
    is_superseded: bool,
    is_overtaken: bool,
}

/// Tries a dead effect again, unless a later one has arrived at the same record since. Events of a warehouse are not
/// superseded: each of them counts.
///
/// # Errors
/// [`Error::NotFound`] when there is no such effect among the dead; [`Error::Refused`] while a later one of the same lead
/// is on its way, since then nobody knows which would arrive first.
pub async fn replay(store: &Store, actor: &Actor, effect: EffectId) -> Result<Replayed> {
    let mut transaction = store.pool().begin().await?;
    let row: Option<Row> = sqlx::query_as(
        "WITH held AS (UPDATE outbox SET state = 'running', run_lease = run_lease + 1, leased_until = now() + make_interval(secs => $2) \
           WHERE effect_id = $1 AND state = 'dead' RETURNING *) \
         SELECT h.run_lease, h.attempts, h.destination_id, h.lead_id, e.decision_id, e.kind <> 'decision_event' AND EXISTS ( \
           SELECT FROM effects later JOIN deliveries d ON d.effect_id = later.id AND d.result = 'delivered' \
           WHERE later.lead_id = e.lead_id AND later.destination_id = e.destination_id AND later.remote_key = e.remote_key \
             AND later.lead_sequence > e.lead_sequence) AS is_superseded, \
           EXISTS (SELECT FROM outbox o WHERE o.lead_id = h.lead_id AND o.destination_id = h.destination_id AND o.state = 'running' \
             AND o.lead_sequence > h.lead_sequence) AS is_overtaken \
         FROM held h JOIN effects e ON e.id = h.effect_id",
    )
    .bind(effect.0)
    .bind(LEASE.as_secs_f64())
    .fetch_optional(&mut *transaction)
    .await?;
    let row = row.ok_or(Error::NotFound("failed effect"))?;
    if row.is_overtaken {
        return Err(Error::Refused(
            "a later decision about this lead is on its way there; try again in a minute".into(),
        ));
    }
    let replayed = if row.is_superseded {
        let ticket = Ticket {
            effect_id: effect,
            decision_id: row.decision_id.into(),
            lead_id: row.lead_id.into(),
            destination_id: row.destination_id.into(),
            attempt: row.attempts,
            run_lease: row.run_lease,
            key: None,
        };
        let answer = Answer::none("a later decision has arrived at the same record", actor.now);
        finish_on(&mut transaction, &[Finish { ticket, outcome: Outcome::Superseded, answer }]).await?;
        Replayed::Superseded
    } else {
        sqlx::query("UPDATE outbox SET state = 'ready', leased_until = NULL, attempts = 0, due_at = $2 WHERE effect_id = $1")
            .bind(effect.0)
            .bind(actor.now)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("SELECT pg_notify($1, '')").bind(OUTBOX_CHANNEL).execute(&mut *transaction).await?;
        Replayed::Ready
    };
    let detail = serde_json::json!({ "superseded": replayed == Replayed::Superseded });
    let entry = Audit {
        action: "effect.replay",
        subject: &format!("effect:{effect}"),
        lead: Some(row.lead_id.into()),
        detail,
    };
    audit(&mut transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(replayed)
}
