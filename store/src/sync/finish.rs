//! Telling what became of attempts.
//!
//! Hand-written SQL: the hot path of every delivery, with an array for each column.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::EffectId;
use engine::time::{cut, micros};
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::{Row as _, columns};
use crate::error::Result;
use crate::hash::{hex_or_null, row_hash};
use crate::keyring::Place;
use crate::pool::Store;
use crate::refresh::Topic;
use crate::sync::begin;
use crate::sync::claim::Ticket;

/// Characters kept of what went wrong.
const ERROR_CHARS: usize = 1_000;

/// The queue that a destination sends a lead to when it needs a person.
const SDR_QUEUE: &str = "sdr";

/// The end of an attempt.
pub struct Finish {
    /// The attempt.
    pub ticket: Ticket,
    /// What becomes of the effect.
    pub outcome: Outcome,
    /// What was sent and answered.
    pub answer: Answer,
}

/// What becomes of an effect after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It is tried again.
    Retry {
        /// From then on.
        due_at: DateTime<Utc>,
        /// Whether this one counts among its attempts; waiting for a new day's quota does not.
        counts: bool,
    },
    /// It waits for a person.
    Dead,
    /// It came too late and was not sent.
    Expired,
    /// A later decision had arrived before it, and it was not sent.
    Superseded,
    /// The person was erased, and it was not sent.
    Withdrawn,
}

impl Outcome {
    /// What the log calls it.
    pub fn result(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry { .. } => "retry",
            Self::Dead => "failed",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn state(self) -> &'static str {
        match self {
            Self::Retry { .. } => "ready",
            Self::Dead => "dead",
            Self::Delivered | Self::Expired | Self::Superseded | Self::Withdrawn => "closed",
        }
    }
}

/// What was sent and answered in an attempt.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code, where there is one.
    pub status: Option<i32>,
    /// What was sent, secrets left out.
    pub request: Option<Json>,
    /// What was answered, cut.
    pub response: Option<Json>,
    /// What went wrong; holds nothing of the lead.
    pub error: Option<String>,
    /// Whether the lead now waits for a person, and `error` says why.
    pub to_queue: bool,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

impl Answer {
    /// Nothing was sent, and this is why.
    pub fn none(error: &str, now: DateTime<Utc>) -> Self {
        Self {
            status: None,
            request: None,
            response: None,
            error: Some(error.to_owned()),
            to_queue: false,
            started_at: now,
            finished_at: now,
        }
    }
}

/// What telling the end of attempts came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The effects whose finish counted.
    pub counted: Vec<EffectId>,
    /// Results that came too late: somebody else holds the effect, or finished it. Nothing of them was kept.
    pub stale: usize,
}

/// A delivery as it is stored; its hash is over exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct DeliveryRow {
    /// Its id, minted when it ended.
    pub id: Uuid,
    /// The effect.
    pub effect_id: Uuid,
    /// The effect's decision.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The destination.
    pub destination_id: Uuid,
    /// Which attempt it was, from 1.
    pub attempt: i32,
    /// The lease it held.
    pub run_lease: i64,
    /// What became of it.
    pub result: String,
    /// The status code.
    pub status: Option<i32>,
    /// What was sent, ciphertext.
    #[serde(serialize_with = "hex_or_null")]
    pub request: Option<Vec<u8>>,
    /// What was answered, ciphertext.
    #[serde(serialize_with = "hex_or_null")]
    pub response: Option<Vec<u8>>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it began.
    #[serde(with = "micros")]
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(with = "micros")]
    pub finished_at: DateTime<Utc>,
}

columns!(DeliveryRow {
    id,
    effect_id,
    decision_id,
    lead_id,
    destination_id,
    attempt,
    run_lease,
    result,
    status,
    request,
    response,
    error,
    started_at,
    finished_at,
});

impl DeliveryRow {
    fn new(finish: &Finish) -> Self {
        let Finish { ticket, outcome, answer } = finish;
        let id = engine::ids::mint(answer.finished_at, rand::random());
        let seal = |value: &Option<Json>, column: &'static str| {
            let (value, key) = (value.as_ref()?, ticket.key.as_ref()?);
            Some(key.seal(value.to_string().as_bytes(), Place { column, row: id }))
        };
        Self {
            id,
            effect_id: ticket.effect_id.0,
            decision_id: ticket.decision_id.0,
            lead_id: ticket.lead_id.0,
            destination_id: ticket.destination_id.0,
            attempt: ticket.attempt,
            run_lease: ticket.run_lease,
            result: outcome.result().to_owned(),
            status: answer.status,
            request: seal(&answer.request, "deliveries.request"),
            response: seal(&answer.response, "deliveries.response"),
            error: answer.error.as_deref().map(storable),
            started_at: cut(answer.started_at),
            finished_at: cut(answer.finished_at),
        }
    }

    /// The row's hash.
    ///
    /// # Errors
    /// When a column cannot be JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("deliveries", self)
    }
}

/// A message as Postgres keeps it: no NUL, which a destination may well have sent, and of a length people read.
fn storable(message: &str) -> String {
    message.chars().filter(|character| *character != '\0').take(ERROR_CHARS).collect()
}

/// Tells the end of attempts, all of them in one statement. What was delivered leaves the outbox; the log gets a row
/// for each attempt whose lease still held.
///
/// # Errors
/// When the database fails; nothing is told then, and telling it again is safe.
pub async fn finish(store: &Store, batch: &[Finish]) -> Result<Finished> {
    let mut transaction = begin(store).await?;
    let finished = finish_on(&mut transaction, batch).await?;
    transaction.commit().await?;
    store.mark(&[Topic::Sync]);
    Ok(finished)
}

/// [`finish()`] as part of a transaction.
pub(super) async fn finish_on(connection: &mut PgConnection, batch: &[Finish]) -> Result<Finished> {
    let rows: Vec<DeliveryRow> = batch.iter().map(DeliveryRow::new).collect();
    let hashes = rows.iter().map(|row| Ok(row.hash()?.0.to_vec())).collect::<Result<Vec<_>>>()?;
    let due_at = |finish: &Finish| match finish.outcome {
        Outcome::Retry { due_at, .. } => Some(due_at),
        _ => None,
    };
    let uncounted =
        |finish: &Finish| i32::from(matches!(finish.outcome, Outcome::Retry { counts: false, .. }));
    let delivery = DeliveryRow::columns(&rows).and("hash", hashes.iter());
    let delivered = delivery.names();
    let given = delivery
        .and("state", batch.iter().map(|finish| finish.outcome.state()))
        .and("due_at", batch.iter().map(due_at))
        .and("uncounted", batch.iter().map(uncounted))
        .and("queue", batch.iter().map(|finish| finish.answer.to_queue.then_some(SDR_QUEUE)));
    let sql =
        include_str!("finish.sql").replace("{given}", &given.table("g")).replace("{delivery}", &delivered);
    let counted: Vec<(Uuid,)> = given.query_as(sql)?.fetch_all(connection).await?;
    Ok(Finished {
        stale: batch.len() - counted.len(),
        counted: counted.into_iter().map(|(id,)| EffectId(id)).collect(),
    })
}
