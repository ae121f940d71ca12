//! What every destination can do.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::EffectId;
use engine::sync::backoff::{Failed, Failure, Policy};
use serde_json::Value as Json;

/// A system that effects are written to.
#[async_trait::async_trait]
pub trait Destination: Send + Sync {
    /// Which system it is, as in settings.
    fn kind(&self) -> &'static str;

    /// How hard it may be worked.
    fn limits(&self) -> Limits;

    /// Writes an effect. The same effect may come again, at the same time too, and an older one after a newer one: the
    /// destination then stands as if each had been written once and in order.
    async fn write(&self, request: &Request) -> Result<Receipt, WriteError>;

    /// What stands at the destination under a remote key, read without looking at anything we keep.
    async fn read_back(&self, remote_key: Digest) -> Result<Option<Record>, ReadError>;

    /// Tries the connection without writing about anybody; answers a sentence for the person who set it up.
    async fn test_connection(&self) -> Result<String, TestFailed>;
}

/// How hard a destination may be worked by one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Writes under way at once.
    pub in_flight: usize,
    /// How long one write may take.
    pub timeout: Duration,
    /// How often, and how far apart, one effect is tried.
    pub retry: Policy,
}

/// One effect to write.
#[derive(Clone)]
pub struct Request {
    /// The effect.
    pub effect_id: EffectId,
    /// The key of this one write.
    pub effect_key: Digest,
    /// The key of the record it makes or changes.
    pub remote_key: Digest,
    /// Counts what was decided about the lead: of two writes to one record, the higher one counts.
    pub lead_sequence: i64,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// What to write: the bytes of a [`Body`](engine::effect::Body).
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    /// The body is left out: it is about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("effect_id", &self.effect_id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
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

    /// The same failure, which concerns the destination as a whole.
    pub fn pausing(mut self) -> Self {
        self.pause = Some(self.message.clone());
        self
    }
}

/// What stands at a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The effect that wrote it last.
    pub effect_key: Digest,
    /// The number that effect bears among what was decided about its lead.
    pub lead_sequence: i64,
    /// What was written.
    pub body: Json,
}

/// Why a destination could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Such a destination takes and never tells.
    #[error("this destination cannot be read")]
    Unreadable,
    /// It can be read, but not now.
    #[error("{0}")]
    Failed(String),
}

/// Why a connection does not work, as a sentence for the person who set it up; holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TestFailed(pub String);
