//! The path of a lead, from the incoming event to the committed decision:
//!
//! 1. `prepare`: idempotency key → route → identify → choose the bundle by release and bucket → read the event together with what
//!    is already known about the lead → decide, along with shadow candidates. None of this takes a lock.
//! 2. `commit`: one transaction for everything that arrived together. It rechecks what was read without a lock (keys, release
//!    epoch, identity, the lead's sequence), picks people, and writes. On a mismatch, everything is decided again.
//! 3. Answer, after the commit.
//!
//! Architecture invariant: every decision goes through the same commit, whether an event, a person, a timer or a release triggers
//! it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::decision::{Decision, Mode};
use engine::event::{EventRequest, Note};
use engine::ids::{EventId, LeadId};
use schemars::JsonSchema;
use serde::Serialize;
use store::Store;
use tokio::sync::Mutex;

use crate::bundles::Bundles;

pub mod assignee;
mod commit;
mod intake;
mod outcome;
mod prepare;
mod reevaluate;
mod registry;
mod replay;
mod replay_range;
mod rows;
pub mod verdict;

pub use intake::Intake;
pub use outcome::{OutcomeRefusal, OutcomeSignal, RecordedOutcome};
pub use prepare::PreparedGroup;
pub use reevaluate::{Reevaluation, ReevaluationRefusal};
pub use registry::{DecidingRelease, Registry, RoutedWorkflow};
pub use replay::ReplayResult;
pub use replay_range::{ReplayDifference, ReplayRange, ReplayReport};

/// An event with its idempotency key.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The idempotency key, unique within the event's source.
    pub key: String,
    /// The event, already checked with [`EventRequest::check`].
    pub event: EventRequest,
}

/// Where and when signals were received.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The instant of receipt.
    pub received_at: DateTime<Utc>,
    /// `now` for the rules: the instant of receipt, or the start of an import for rows without a timestamp.
    pub as_of: DateTime<Utc>,
    /// The API key or command that sent the signals.
    pub received_from: String,
    /// The id of the request that carried them.
    pub request_id: String,
    /// `live`, or `historical` for an import.
    pub mode: Mode,
}

/// What is answered for an event.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Answer")]
pub struct EventAnswer {
    /// The event.
    pub event_id: EventId,
    /// The lead it is about.
    pub lead_id: LeadId,
    /// What was decided.
    pub decision: Decision,
    /// Parts of the event that were accepted and are not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// The result of processing a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalResult {
    /// The event was recorded and decided now.
    New(EventAnswer),
    /// The event had been recorded before. This is the first answer.
    Repeat(EventAnswer),
}

/// Why a signal was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalRefusal {
    /// The key was used for another body.
    #[error("this idempotency key was already used with a different body")]
    KeyReused,
    /// The key was used before, and the decision that was returned then is no longer kept.
    #[error(
        "this event was recorded before and its first answer is no longer kept; send it with a new key only if it is to be decided again"
    )]
    FirstAnswerGone,
    /// The workflow does not exist.
    #[error("there is no workflow `{0}`")]
    UnknownWorkflow(String),
    /// The workflow has never been live.
    #[error("the workflow `{0}` is not live")]
    NotLive(String),
    /// No workflow accepts such events.
    #[error("no workflow takes {kind} events from `{origin}`; name one in `workflow`")]
    NoRoute {
        /// The event's kind.
        kind: String,
        /// The event's source.
        origin: String,
    },
    /// Several workflows accept such events.
    #[error("several workflows take these events ({}); name one in `workflow`", .0.join(", "))]
    AmbiguousRoute(Vec<String>),
}

/// The decision pipeline of one process.
pub struct Pipeline {
    store: Store,
    bundles: Bundles,
    registry: Registry,
    /// Serializes the locking of pools. Many transactions that wait for one row in Postgres cost more than the work on that row.
    pools: Mutex<()>,
}

/// A signal with its receipt. Cheap to clone.
#[derive(Clone)]
pub struct IncomingSignal {
    /// Where and when the signal was received.
    pub receipt: Arc<Receipt>,
    /// The signal itself.
    pub signal: Arc<Signal>,
}

/// Maximum number of retries of a transaction that conflicts with another one.
const TRIES: usize = 8;

impl Pipeline {
    /// Creates a pipeline over a database.
    pub fn new(store: Store) -> Self {
        let bundles = Bundles::new(store.clone());
        Self {
            registry: Registry::new(store.clone(), bundles.clone()),
            bundles,
            store,
            pools: Mutex::default(),
        }
    }

    /// Returns a pipeline with the same caches and the connections of background work, for runs. It has a queue of its own for
    /// pools, because it waits longer for a locked one.
    #[must_use]
    pub fn in_background(&self) -> Self {
        let store = self.store.background();
        Self {
            bundles: self.bundles.on(store.clone()),
            registry: self.registry.on(store.clone()),
            store,
            pools: Mutex::default(),
        }
    }

    /// Returns the cache of compiled bundles.
    pub fn bundles(&self) -> &Bundles {
        &self.bundles
    }

    /// Returns the registry of workflows that the pipeline decides with.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns the database that the pipeline writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Runs signals with a common receipt through the whole pipeline, like [`Self::take_all`].
    ///
    /// # Errors
    /// Returns an error if the database fails. No signal was recorded in that case.
    pub async fn take(
        &self,
        receipt: &Receipt,
        signals: Vec<Signal>,
    ) -> store::Result<Vec<Result<SignalResult, SignalRefusal>>> {
        let receipt = Arc::new(receipt.clone());
        let incoming: Vec<_> = signals
            .into_iter()
            .map(|signal| IncomingSignal { receipt: receipt.clone(), signal: Arc::new(signal) })
            .collect();
        self.take_all(&incoming).await
    }

    /// Runs signals through the whole pipeline in one transaction. Returns one result per signal, in order, once everything is
    /// committed.
    ///
    /// # Errors
    /// Returns an error if the database fails. No signal was recorded in that case.
    pub async fn take_all(
        &self,
        incoming: &[IncomingSignal],
    ) -> store::Result<Vec<Result<SignalResult, SignalRefusal>>> {
        let prepared = self.prepare(incoming).await;
        self.take_prepared(incoming, prepared).await
    }

    /// Runs prepared signals through the rest of the pipeline in one transaction, like [`Self::take_all`]. Prepares them again if
    /// their basis has changed since.
    ///
    /// # Errors
    /// Returns an error if the database fails. No signal was recorded in that case.
    pub async fn take_prepared(
        &self,
        incoming: &[IncomingSignal],
        first: store::Result<PreparedGroup>,
    ) -> store::Result<Vec<Result<SignalResult, SignalRefusal>>> {
        let (mut tries, mut group) = (0, first);
        loop {
            let taken = match group {
                Ok(group) => self.try_take(incoming.len(), group).await,
                Err(error) => Err(error),
            };
            match taken {
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    tracing::debug!(tries, %error, "taking the signals again");
                    back_off(tries).await;
                    group = self.prepare(incoming).await;
                }
                other => return other,
            }
        }
    }

    async fn try_take(
        &self,
        signals: usize,
        group: PreparedGroup,
    ) -> store::Result<Vec<Result<SignalResult, SignalRefusal>>> {
        let mut answers: Vec<Option<Result<SignalResult, SignalRefusal>>> =
            (0..signals).map(|_| None).collect();
        for (place, refusal) in group.refused {
            answers[place] = Some(Err(refusal));
        }
        for (place, answer) in group.repeats {
            answers[place] = Some(Ok(SignalResult::Repeat(answer)));
        }
        for (place, decision) in self.commit(group.drafts, None).await? {
            answers[place] = EventAnswer::of(decision).map(|answer| Ok(SignalResult::New(answer)));
        }
        for double in group.doubles {
            answers[double.place] = match &answers[double.first] {
                Some(Ok(SignalResult::New(answer) | SignalResult::Repeat(answer)))
                    if double.has_same_body =>
                {
                    Some(Ok(SignalResult::Repeat(answer.clone())))
                }
                Some(Err(refusal)) => Some(Err(refusal.clone())),
                _ => Some(Err(SignalRefusal::KeyReused)),
            };
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Err(SignalRefusal::KeyReused))).collect())
    }
}

/// Sleeps for a random time that grows with each try, so that two conflicting transactions do not collide again.
async fn back_off(tries: usize) {
    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=10) * tries as u64)).await;
}

impl EventAnswer {
    /// Returns the answer for a decision, or `None` if the decision has no event.
    pub(super) fn of(decision: Decision) -> Option<Self> {
        Some(Self {
            event_id: decision.event_id?,
            lead_id: decision.lead_id,
            decision: Decision { human_overrides: Vec::new(), ..decision },
            notes: Vec::new(),
        })
    }
}
