//! What every destination can do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::effect::Effect;
use engine::ids::EffectId;
use engine::sync::backoff::{Failed, Failure, Policy};
use serde_json::Value as Json;

/// A system that effects are written to.
#[async_trait::async_trait]
pub trait Destination: Send + Sync {
    /// Returns which system it is, as in settings.
    fn kind(&self) -> &'static str;

    /// Returns how hard one process may work it.
    fn limits(&self) -> Limits;

    /// Writes an effect. The same effect may come again, even concurrently, and an older one after a newer one: in the end the
    /// destination holds what it would hold if each had been written once and in order.
    async fn write(&self, request: &WriteRequest) -> Result<Receipt, WriteError>;

    /// Writes a batch of at most [`Limits::batch`] effects within [`Limits::timeout`], and returns one result per request, in
    /// the order of the requests. One that fails has no influence on the others.
    ///
    /// By default they are written one after another, which suits a batch of one. A destination that allows more writes
    /// them together.
    async fn write_many(&self, requests: &[WriteRequest]) -> Vec<Result<Receipt, WriteError>> {
        let mut results = Vec::with_capacity(requests.len());
        for request in requests {
            results.push(self.write(request).await);
        }
        results
    }

    /// Looks up what the destination holds under a remote key, without consulting anything that we keep.
    async fn find(&self, _remote_key: Digest) -> Result<Lookup, ReadError> {
        Ok(Lookup::NotCheckable)
    }

    /// Lists our records that changed after the cursor, oldest change first, at most `limit` of them.
    async fn changed_since(&self, _cursor: ChangeCursor, _limit: usize) -> Result<Changes, ReadError> {
        Ok(Changes::NotCheckable)
    }

    /// Tries the connection without writing about anybody. Returns a sentence for the person who set it up.
    async fn test_connection(&self) -> Result<String, TestFailed>;
}

/// How hard one process may work a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls of [`Destination::write_many`] in flight at once. With 1, all processes together write one effect at a time.
    pub in_flight: usize,
    /// Effects in one such call, at most.
    pub batch: usize,
    /// How long one such call may take.
    pub timeout: Duration,
    /// How often, and how far apart, one effect is tried.
    pub retry: Policy,
}

/// One effect to write.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The effect's id.
    pub effect_id: EffectId,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// What to write.
    pub effect: Effect,
}

/// What a destination answered to a write that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The status code, where there is one.
    pub status: Option<u16>,
    /// What was sent, for the log: no secret, and the body by its digest, since it is kept with the effect.
    pub request: Json,
    /// What was answered, cut.
    pub response: Json,
    /// Why the lead should wait in the queue for a person, where the destination could not do what the decision asks and
    /// never will by itself: a sentence without personal data.
    pub to_queue: Option<String>,
}

/// Why a write does not count. Whether it reached the destination may not be known.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct WriteError {
    /// What kind of failure it is, and the instant before which the destination asked not to be called again.
    pub failed: Failed,
    /// What went wrong, for the person who has to mend it; holds nothing of the lead and no secret.
    pub message: String,
    /// The status code, where there is one.
    pub status: Option<u16>,
    /// What was sent, as in [`Receipt`].
    pub request: Option<Json>,
    /// What was answered, as in [`Receipt`].
    pub response: Option<Json>,
    /// Why nothing more should be sent until somebody has looked: it would fail in the same way.
    pub pause: Option<String>,
}

impl WriteError {
    /// A failure with nothing more to say than this.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self {
            failed: failure.into(),
            message: message.into(),
            status: None,
            request: None,
            response: None,
            pause: None,
        }
    }

    /// The same failure, not to be tried again before this instant.
    pub fn not_before(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.failed = self.failed.failure.not_before(at);
        self
    }

    /// The same failure, which concerns the destination as a whole: it is paused until a person resumes it, and the effect
    /// waits until then.
    pub fn pausing(mut self) -> Self {
        self.pause = Some(self.message.clone());
        self
    }
}

/// The answer to "what do you hold under this key?".
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// This record.
    Found(Record),
    /// Nothing.
    Absent,
    /// Such a destination takes writes and cannot be asked. Reconciliation lists it as not checkable.
    NotCheckable,
}

/// The answer to "what has changed?".
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// A page of changed records, oldest change first.
    Page {
        /// The records.
        records: Vec<Record>,
        /// Where the next page begins; `None` when this is the last one.
        next: Option<ChangeCursor>,
    },
    /// Such a destination cannot list changes.
    NotCheckable,
}

impl Changes {
    /// A page of records that are in order, of which at most `limit` were asked for.
    pub fn page(records: Vec<Record>, limit: usize) -> Self {
        let last = records.last().filter(|_| records.len() >= limit);
        let next =
            last.and_then(|last| Some(ChangeCursor { at: last.changed_at?, after: Some(last.remote_key) }));
        Self::Page { records, next }
    }
}

/// A position in the changes of a destination, ordered by time and then by remote key.
///
/// A write that is committed late can carry an earlier time than one that was read already. Begin a new round at least a
/// minute before the end of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeCursor {
    /// Changes before this instant are left out.
    pub at: DateTime<Utc>,
    /// Of the changes at this very instant, the remote keys up to this one are left out.
    pub after: Option<Digest>,
}

impl ChangeCursor {
    /// Everything that changed at this instant or later.
    pub fn since(at: DateTime<Utc>) -> Self {
        Self { at, after: None }
    }

    /// Returns whether a change comes after this position.
    pub fn precedes(&self, at: DateTime<Utc>, remote_key: Digest) -> bool {
        at > self.at || (at == self.at && self.after.is_none_or(|after| remote_key > after))
    }
}

/// A record of ours at a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The key it is kept under.
    pub remote_key: Digest,
    /// The effect that wrote it last.
    pub effect_key: Digest,
    /// The number of that effect among what was decided about its lead.
    pub lead_sequence: i64,
    /// When it was changed last, by the destination's clock, where the destination tells.
    pub changed_at: Option<DateTime<Utc>>,
    /// What it says.
    pub body: Json,
}

/// Why a destination that can be read was not. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Why a connection does not work, as a sentence for the person who set it up. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TestFailed(pub String);
