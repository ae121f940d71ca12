//! Recording the results of attempts.
//!
//! Hand-written SQL: the hot path of deliveries, with one array per column.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::EffectId;
use engine::time::{cut, micros};
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::{TableRow as _, columns};
use crate::error::Result;
use crate::hash::{hex_or_null, row_hash};
use crate::keyring::CiphertextLocation;
use crate::pool::Store;
use crate::refresh::Topic;
use crate::sync::begin;
use crate::sync::claim::Ticket;

/// Maximum length of a stored error message, in characters.
const ERROR_CHARS: usize = 1_000;

/// The queue for leads whose destination asks for a person.
const SDR_QUEUE: &str = "sdr";

/// A finished attempt.
pub struct FinishedAttempt {
    /// The attempt.
    pub ticket: Ticket,
    /// Resulting state of the effect.
    pub outcome: AttemptOutcome,
    /// Request and response.
    pub answer: AttemptExchange,
}

/// Resulting state of an effect after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The destination accepted it.
    Delivered,
    /// It will be retried.
    Retry {
        /// Earliest time of the retry.
        due_at: DateTime<Utc>,
        /// Whether this attempt counts towards the limit; waiting for the next day's quota does not.
        counts: bool,
    },
    /// It failed and needs a person.
    Dead,
    /// It expired before it was sent.
    Expired,
    /// A later decision was delivered first, so this effect was not sent.
    Superseded,
    /// The person was erased before the effect was sent.
    Withdrawn,
}

impl AttemptOutcome {
    /// Returns the result's name in the log.
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

/// Request and response of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptExchange {
    /// HTTP status code, if there is one.
    pub status: Option<i32>,
    /// Request without secrets.
    pub request: Option<Json>,
    /// Truncated response.
    pub response: Option<Json>,
    /// Error message; contains no data about the lead.
    pub error: Option<String>,
    /// Whether the lead now needs a person; `error` gives the reason.
    pub to_queue: bool,
    /// When the attempt started.
    pub started_at: DateTime<Utc>,
    /// When the attempt ended.
    pub finished_at: DateTime<Utc>,
}

impl AttemptExchange {
    /// Creates an answer for an attempt that sent nothing, with the reason.
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

/// Result of recording finished attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinishResult {
    /// Effects whose result was recorded.
    pub counted: Vec<EffectId>,
    /// Number of late results that were discarded, because another process holds the effect or has finished it.
    pub stale: usize,
}

/// A delivery as it is stored. Its hash covers exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct DeliveryRow {
    /// Unique ID, minted at the end of the attempt.
    pub id: Uuid,
    /// The effect.
    pub effect_id: Uuid,
    /// Decision of the effect.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The destination.
    pub destination_id: Uuid,
    /// Number of the attempt, starting at 1.
    pub attempt: i32,
    /// Lease that the attempt held.
    pub run_lease: i64,
    /// Result of the attempt.
    pub result: String,
    /// HTTP status code.
    pub status: Option<i32>,
    /// Request, encrypted.
    #[serde(serialize_with = "hex_or_null")]
    pub request: Option<Vec<u8>>,
    /// Response, encrypted.
    #[serde(serialize_with = "hex_or_null")]
    pub response: Option<Vec<u8>>,
    /// Error message.
    pub error: Option<String>,
    /// When the attempt started.
    #[serde(with = "micros")]
    pub started_at: DateTime<Utc>,
    /// When the attempt ended.
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
    fn new(finish: &FinishedAttempt) -> Self {
        let FinishedAttempt { ticket, outcome, answer } = finish;
        let id = engine::ids::mint(answer.finished_at, rand::random());
        let seal = |value: &Option<Json>, column: &'static str| {
            let (value, key) = (value.as_ref()?, ticket.key.as_ref()?);
            Some(key.seal(value.to_string().as_bytes(), CiphertextLocation { column, row: id }))
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

    /// Returns the row's hash.
    ///
    /// # Errors
    /// Returns an error if a column cannot be serialized as JSON.
    pub fn hash(&self) -> Result<Digest> {
        row_hash("deliveries", self)
    }
}

/// Makes a message storable: removes NUL characters, which Postgres rejects and destinations do send, and truncates
/// it to a readable length.
fn storable(message: &str) -> String {
    message.chars().filter(|character| *character != '\0').take(ERROR_CHARS).collect()
}

/// Records finished attempts in one statement. Removes delivered effects from the outbox, and logs each attempt whose
/// lease was still valid.
///
/// # Errors
/// Returns an error if the database fails. Nothing is recorded in that case, and the caller can safely retry.
pub async fn finish(store: &Store, batch: &[FinishedAttempt]) -> Result<FinishResult> {
    let mut transaction = begin(store).await?;
    let finished = finish_on(&mut transaction, batch).await?;
    transaction.commit().await?;
    store.mark(&[Topic::Sync]);
    Ok(finished)
}

/// Records finished attempts like [`finish()`], as part of a transaction.
pub(super) async fn finish_on(
    connection: &mut PgConnection,
    batch: &[FinishedAttempt],
) -> Result<FinishResult> {
    let rows: Vec<DeliveryRow> = batch.iter().map(DeliveryRow::new).collect();
    let hashes = rows.iter().map(|row| Ok(row.hash()?.0.to_vec())).collect::<Result<Vec<_>>>()?;
    let due_at = |finish: &FinishedAttempt| match finish.outcome {
        AttemptOutcome::Retry { due_at, .. } => Some(due_at),
        _ => None,
    };
    let uncounted = |finish: &FinishedAttempt| {
        i32::from(matches!(finish.outcome, AttemptOutcome::Retry { counts: false, .. }))
    };
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
    Ok(FinishResult {
        stale: batch.len() - counted.len(),
        counted: counted.into_iter().map(|(id,)| EffectId(id)).collect(),
    })
}
