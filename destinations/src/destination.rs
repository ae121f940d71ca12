//! The interface that every destination implements.

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::effect::{DecisionOrder, Effect};
use engine::ids::EffectId;
use engine::sync::backoff::{AttemptFailure, FailureKind, RetryPolicy};
use serde_json::Value as Json;

/// A system that effects are written to.
#[async_trait::async_trait]
pub trait Destination: Send + Sync {
    /// Returns the name of the destination's kind, as used in settings.
    fn kind(&self) -> &'static str;

    /// Returns the limits that apply to one process.
    fn limits(&self) -> DestinationLimits;

    /// Writes an effect. The same effect may be written more than once, even concurrently, and an older effect may arrive after a
    /// newer one. In the end the destination must hold what it would hold if each had been written once and in order.
    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError>;

    /// Writes a batch of at most [`DestinationLimits::batch`] effects within [`DestinationLimits::timeout`]. Returns one result per request, in the
    /// order of the requests. A failed request does not affect the others.
    ///
    /// The default implementation writes one effect after another, which suits a batch size of one. Override it if the
    /// destination supports bulk writes.
    async fn write_many(&self, requests: &[WriteRequest]) -> Vec<Result<WriteReceipt, WriteError>> {
        let mut results = Vec::with_capacity(requests.len());
        for request in requests {
            results.push(self.write(request).await);
        }
        results
    }

    /// Returns what the destination holds under a remote key. Reads only the destination, never our own records.
    async fn find(&self, _remote_key: Digest) -> Result<Lookup, ReadError> {
        Ok(Lookup::NotCheckable)
    }

    /// Returns at most `limit` of our records that changed after the cursor, oldest change first.
    async fn changed_since(&self, _cursor: ChangeCursor, _limit: usize) -> Result<Changes, ReadError> {
        Ok(Changes::NotCheckable)
    }

    /// Tests the connection without sending personal data. Returns a sentence for the person who configured it.
    async fn test_connection(&self) -> Result<String, ConnectionTestError>;
}

/// The limits of one process at a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DestinationLimits {
    /// The maximum number of concurrent calls of [`Destination::write_many`]. With 1, all processes together write one effect
    /// at a time.
    pub in_flight: usize,
    /// The maximum number of effects in one call.
    pub batch: usize,
    /// The time limit of one call.
    pub timeout: Duration,
    /// The number of attempts per effect and the backoff between them.
    pub retry: RetryPolicy,
}

/// A request to write one effect.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The id of the effect.
    pub effect_id: EffectId,
    /// The number of the attempt, from 1. A person who retries a failed effect starts it anew.
    pub attempt: u32,
    /// Whether the effect was attempted before, so that it may have reached the destination.
    pub is_repeat: bool,
    /// The effect to write.
    pub effect: Effect,
}

/// The answer of a destination to a successful write.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteReceipt {
    /// The HTTP status, for destinations that have one.
    pub status: Option<u16>,
    /// The request, for the log. Contains no secret; the body is recorded by its digest because the effect already stores it.
    pub request: Json,
    /// The response, truncated.
    pub response: Json,
    /// The reason for putting the lead in the queue, if the destination could not do what the decision asks and a retry would
    /// not help. A sentence without personal data.
    pub to_queue: Option<String>,
}

/// A failed write. The data may still have reached the destination.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct WriteError {
    /// The kind of failure, and the earliest instant at which the destination accepts another call.
    pub failed: AttemptFailure,
    /// A description of the problem for the person who has to fix it. Contains no secret and nothing about the lead.
    pub message: String,
    /// The HTTP status, for destinations that have one.
    pub status: Option<u16>,
    /// The request, as in [`WriteReceipt`].
    pub request: Option<Json>,
    /// The response, as in [`WriteReceipt`].
    pub response: Option<Json>,
    /// The reason for pausing the destination, if every other write would fail in the same way.
    pub pause: Option<String>,
    /// Whether the cause may pass by itself, for example because the receiver is being deployed. Such a failure only counts as
    /// what it says after some attempts.
    pub may_pass: bool,
}

impl WriteError {
    /// Creates an error without request, response or status.
    pub fn new(failure: FailureKind, message: impl Into<String>) -> Self {
        Self {
            failed: failure.into(),
            message: message.into(),
            status: None,
            request: None,
            response: None,
            pause: None,
            may_pass: false,
        }
    }

    /// Sets the earliest instant of the next attempt.
    pub fn not_before(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.failed = self.failed.failure.not_before(at);
        self
    }

    /// Marks the failure as one of the destination as a whole: the destination is paused until a person resumes it, and the
    /// effect waits until then.
    pub fn pausing(mut self) -> Self {
        self.pause = Some(self.message.clone());
        self
    }
}

/// The result of looking up a remote key.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The record under this key.
    Found(RemoteRecord),
    /// No record under this key.
    Absent,
    /// The destination is write-only. Reconciliation lists it as not checkable.
    NotCheckable,
}

/// The result of listing changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// A page of changed records, oldest change first.
    Page {
        /// The records on this page.
        records: Vec<RemoteRecord>,
        /// The start of the next page; `None` on the last page.
        next: Option<ChangeCursor>,
    },
    /// The destination cannot list changes.
    NotCheckable,
}

impl Changes {
    /// Creates a page from sorted records, of which at most `limit` were requested.
    pub fn page(records: Vec<RemoteRecord>, limit: usize) -> Self {
        let last = records.last().filter(|_| records.len() >= limit);
        let next =
            last.and_then(|last| Some(ChangeCursor { at: last.changed_at?, after: Some(last.remote_key) }));
        Self::Page { records, next }
    }
}

/// A position in the changes of a destination, ordered by time and then by remote key.
///
/// A write that commits late can carry an earlier time than one that has already been read. Start each pass at least a minute
/// before the end of the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeCursor {
    /// Changes before this instant are skipped.
    pub at: DateTime<Utc>,
    /// Of the changes at exactly this instant, those with a remote key up to this one are skipped.
    pub after: Option<Digest>,
}

impl ChangeCursor {
    /// Creates a cursor for everything that changed at this instant or later.
    pub fn since(at: DateTime<Utc>) -> Self {
        Self { at, after: None }
    }

    /// Returns whether a change comes after this position.
    pub fn precedes(&self, at: DateTime<Utc>, remote_key: Digest) -> bool {
        at > self.at || (at == self.at && self.after.is_none_or(|after| remote_key > after))
    }
}

/// One of our records at a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteRecord {
    /// The key that the record is stored under.
    pub remote_key: Digest,
    /// The key of the effect that last wrote the record.
    pub effect_key: Digest,
    /// The position of that effect's decision.
    pub order: DecisionOrder,
    /// The time of the last change by the destination's clock, if the destination reports it.
    pub changed_at: Option<DateTime<Utc>>,
    /// The content of the record.
    pub body: Json,
}

/// A failed read of a destination. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// A failed connection test, as a sentence for the person who configured the destination. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConnectionTestError(pub String);
