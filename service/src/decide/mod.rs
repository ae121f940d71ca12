//! The way of a lead, from what came in to the committed decision:
//!
//! 1. `prepare`: idempotency key → route → identify → choose the bundle by release and bucket → read the event together with
//!    what is already known of the lead → decide, shadow candidates beside it. All of it without a lock.
//! 2. `commit`: one transaction for all that came together. It checks again what was read without a lock (keys, release epoch,
//!    identity, the lead's sequence), picks people, and writes; on a mismatch all is decided again.
//! 3. Answer, after the commit.
//!
//! Architecture invariant: whatever leads to a decision (an event, a person, a timer, a release) goes through the same commit.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::decision::{Decision, Mode};
use engine::event::EventRequest;
use engine::ids::{EventId, LeadId};
use schemars::JsonSchema;
use serde::Serialize;
use store::Store;
use tokio::sync::Mutex;

use crate::bundles::Bundles;

mod again;
pub mod assignee;
mod commit;
mod intake;
mod outcome;
mod prepare;
mod registry;
mod replay;
mod replay_range;
mod rows;
pub mod verdict;

pub use again::{Again, NotDecided};
pub use intake::Intake;
pub use outcome::{OutcomeRefusal, OutcomeSignal, OutcomeTaken};
pub use prepare::Group;
pub use registry::{Live, Registry, Variant};
pub use replay::Replay;
pub use replay_range::{ReplayDifference, ReplayRange, ReplayReport};

/// One event with the key that makes it unique.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Unique among the events of its source.
    pub key: String,
    /// The event; checked already ([`EventRequest::check`]).
    pub event: EventRequest,
}

/// Where signals come from and when.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// When they were received.
    pub received_at: DateTime<Utc>,
    /// `now` for the rules: the instant of receipt, or the start of an import for rows without a time of their own.
    pub as_of: DateTime<Utc>,
    /// The API key or command that brought them.
    pub received_from: String,
    /// The request they came in.
    pub request_id: String,
    /// `live`, or `historical` for an import.
    pub mode: Mode,
}

/// What is answered for an event.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Answer {
    /// The event.
    pub event_id: EventId,
    /// The lead it is about.
    pub lead_id: LeadId,
    /// What was decided.
    pub decision: Decision,
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It was recorded and decided now.
    New(Answer),
    /// It had been recorded before; this is the first answer.
    Repeat(Answer),
}

/// Why a signal was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The key was used for something else.
    #[error("this idempotency key was used for another body")]
    KeyReused,
    /// The key was used before, and the decision that was answered then is not kept any more.
    #[error(
        "this event was recorded before and its first answer is no longer kept; send it with a new key only if it is to be decided again"
    )]
    FirstAnswerGone,
    /// There is no such workflow.
    #[error("there is no workflow `{0}`")]
    UnknownWorkflow(String),
    /// The workflow has never been put live.
    #[error("the workflow `{0}` is not live")]
    NotLive(String),
    /// No workflow takes such events.
    #[error("no workflow takes {kind} events from `{origin}`; name one in `workflow`")]
    NoRoute {
        /// Kind of the event.
        kind: String,
        /// Its source.
        origin: String,
    },
    /// Several workflows take such events.
    #[error("several workflows take these events ({}); name one in `workflow`", .0.join(", "))]
    AmbiguousRoute(Vec<String>),
}

/// The pipeline of one process.
pub struct Pipeline {
    store: Store,
    bundles: Bundles,
    registry: Registry,
    /// Whose turn it is to lock pools. In Postgres many that wait for one row cost more than the row's work.
    pools: Mutex<()>,
}

/// A signal and how it came. Cheap to clone.
#[derive(Clone)]
pub struct Incoming {
    /// How it came.
    pub receipt: Arc<Receipt>,
    /// The signal.
    pub signal: Arc<Signal>,
}

/// How often a transaction is tried that met another one.
const TRIES: usize = 8;

impl Pipeline {
    /// The pipeline over a database.
    pub fn new(store: Store) -> Self {
        let bundles = Bundles::new(store.clone());
        Self {
            registry: Registry::new(store.clone(), bundles.clone()),
            bundles,
            store,
            pools: Mutex::default(),
        }
    }

    /// The compiled bundles.
    pub fn bundles(&self) -> &Bundles {
        &self.bundles
    }

    /// The workflows it decides by.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The database it writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes signals that came together the whole way, as [`Self::take_all`] does.
    ///
    /// # Errors
    /// When the database fails; then nothing was taken.
    pub async fn take(
        &self,
        receipt: &Receipt,
        signals: Vec<Signal>,
    ) -> store::Result<Vec<Result<Taken, Refusal>>> {
        let receipt = Arc::new(receipt.clone());
        let incoming: Vec<_> = signals
            .into_iter()
            .map(|signal| Incoming { receipt: receipt.clone(), signal: Arc::new(signal) })
            .collect();
        self.take_all(&incoming).await
    }

    /// Takes signals the whole way, all in one transaction; answers each in order. Nothing is answered before it is
    /// committed.
    ///
    /// # Errors
    /// When the database fails; then nothing was taken.
    pub async fn take_all(&self, incoming: &[Incoming]) -> store::Result<Vec<Result<Taken, Refusal>>> {
        let prepared = self.prepare(incoming).await;
        self.take_prepared(incoming, prepared).await
    }

    /// Takes prepared signals the rest of the way, all in one transaction, as [`Self::take_all`] does. They are prepared again
    /// when what they were decided by has changed since.
    ///
    /// # Errors
    /// When the database fails; then nothing was taken.
    pub async fn take_prepared(
        &self,
        incoming: &[Incoming],
        first: store::Result<Group>,
    ) -> store::Result<Vec<Result<Taken, Refusal>>> {
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

    async fn try_take(&self, signals: usize, group: Group) -> store::Result<Vec<Result<Taken, Refusal>>> {
        let mut answers: Vec<Option<Result<Taken, Refusal>>> = (0..signals).map(|_| None).collect();
        for (place, refusal) in group.refused {
            answers[place] = Some(Err(refusal));
        }
        for (place, answer) in group.repeats {
            answers[place] = Some(Ok(Taken::Repeat(answer)));
        }
        for (place, decision) in self.commit(group.drafts, None).await? {
            answers[place] = Answer::of(decision).map(|answer| Ok(Taken::New(answer)));
        }
        for double in group.doubles {
            answers[double.place] = match &answers[double.first] {
                Some(Ok(Taken::New(answer) | Taken::Repeat(answer))) if double.has_same_body => {
                    Some(Ok(Taken::Repeat(answer.clone())))
                }
                Some(Err(refusal)) => Some(Err(refusal.clone())),
                _ => Some(Err(Refusal::KeyReused)),
            };
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Err(Refusal::KeyReused))).collect())
    }
}

/// Waits a little longer each time, by chance, so that two transactions that met do not meet again.
async fn back_off(tries: usize) {
    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=10) * tries as u64)).await;
}

impl Answer {
    /// The answer for the event that was decided on; none for a decision without one.
    pub(super) fn of(decision: Decision) -> Option<Self> {
        Some(Self {
            event_id: decision.event_id?,
            lead_id: decision.lead_id,
            decision: Decision { human_overrides: Vec::new(), ..decision },
        })
    }
}
