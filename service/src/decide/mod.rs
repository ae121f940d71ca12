//! The way of a lead: record event → extract → snapshot → decide → commit decision and effects → answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::content::EventDocument;
use engine::decision::{Decision, Mode, Snapshot};
use engine::event::EventRequest;
use engine::features;
use engine::ids::{DecisionId, EventId, LeadId, WorkflowId};
use engine::rules::Verdict;
use schemars::JsonSchema;
use serde::Serialize;
use store::Store;
use store::ingest::{self, Claim, Claimed, Identified, Named};
use store::refresh::Topic;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::bundles::Bundles;

mod intake;
mod outcome;
mod registry;
mod replay;
mod rows;

pub use intake::Intake;
pub use outcome::{OutcomeRefusal, OutcomeSignal, OutcomeTaken};
pub use registry::{Live, Registry};
pub use replay::Replay;
use rows::{Draft, Rows};

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

/// A signal on its way to the commit.
struct Prepared {
    place: usize,
    receipt: Arc<Receipt>,
    signal: Arc<Signal>,
    live: Arc<Live>,
    event_id: EventId,
    decision_id: DecisionId,
    body: Vec<u8>,
    snapshot: Snapshot,
    verdict: Verdict,
    as_of: DateTime<Utc>,
    features: Vec<u8>,
}

/// Signals that are decided and not committed.
pub struct Group {
    refused: Vec<(usize, Refusal)>,
    prepared: Vec<Prepared>,
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

    /// Decides signals as they stand now, without the database's leads; [`Self::take_prepared`] takes them the rest of
    /// the way. So the next ones can be prepared while the ones before are committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prepare(&self, incoming: &[Incoming]) -> store::Result<Group> {
        let mut group = Group { refused: Vec::new(), prepared: Vec::with_capacity(incoming.len()) };
        for (place, incoming) in incoming.iter().enumerate() {
            match self.registry.route(&incoming.signal.event).await? {
                Ok(live) => group.prepared.push(prepare(place, incoming, live)?),
                Err(refusal) => group.refused.push((place, refusal)),
            }
            // Statements that wait for their answers meanwhile go on.
            if place % 8 == 7 {
                tokio::task::yield_now().await;
            }
        }
        self.code_features(&mut group.prepared).await?;
        Ok(group)
    }

    /// Takes the signals the rest of the way, all in one transaction, as [`Self::take_all`] does. They are prepared again
    /// when something was released meanwhile.
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
                    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=10) * tries as u64))
                        .await;
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
        let repeats = self.commit(group.prepared, &mut answers).await?;
        let events: Vec<Uuid> = repeats.iter().map(|(_, event)| event.0).collect();
        let mut first = store::log::decisions_on(&self.store, &events).await?;
        for (place, event_id) in repeats {
            // Two repeats of one event in a batch: the first takes the decision out, the second reads the first's answer.
            let decision = match first.remove(&event_id) {
                Some(decision) => decision,
                None => store::log::decisions_on(&self.store, &[event_id.0])
                    .await?
                    .remove(&event_id)
                    .ok_or(store::Error::NotFound("decision"))?,
            };
            answers[place] = Some(Ok(Taken::Repeat(Answer::of(decision))));
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Err(Refusal::KeyReused))).collect())
    }

    async fn code_features(&self, prepared: &mut [Prepared]) -> store::Result<()> {
        let mut texts: BTreeMap<WorkflowId, BTreeSet<(String, String)>> = BTreeMap::new();
        for p in prepared.iter() {
            let found = features::texts(&p.live.bundle.catalogue, &p.snapshot.fields)
                .map(|(field, text)| (field.to_owned(), text.to_owned()));
            texts.entry(p.live.id).or_default().extend(found);
        }
        let mut codes = HashMap::new();
        for (workflow, texts) in texts {
            codes.insert(workflow, self.registry.codes(workflow, texts).await?);
        }
        for p in prepared {
            let codes = codes.get(&p.live.id);
            let code = |field: &str, text: &str| {
                codes.and_then(|codes| codes.get(&(field.to_owned(), text.to_owned()))).copied()
            };
            p.features = features::encode(&p.live.bundle.catalogue, &p.snapshot.fields, code);
        }
        Ok(())
    }

    /// Commits everything that is new; answers it in `answers`, and says which signals repeat which events.
    async fn commit(
        &self,
        prepared: Vec<Prepared>,
        answers: &mut [Option<Result<Taken, Refusal>>],
    ) -> store::Result<Vec<(usize, EventId)>> {
        let mut tx = self.store.pool().begin().await?;
        let keyring = self.store.keyring();
        let claims: Vec<Claim> = prepared.iter().map(Prepared::claim).collect();
        let claimed = ingest::claim_keys(&mut tx, keyring, &claims).await?;
        let mut repeats = Vec::new();
        let mut fresh = Vec::with_capacity(prepared.len());
        for (p, claimed) in prepared.into_iter().zip(claimed) {
            match claimed {
                Claimed::Fresh => fresh.push(p),
                Claimed::Repeat(event) => repeats.push((p.place, event.into())),
                Claimed::Other => answers[p.place] = Some(Err(Refusal::KeyReused)),
            }
        }
        if fresh.is_empty() {
            tx.rollback().await?;
            return Ok(repeats);
        }
        let workflows: BTreeSet<WorkflowId> = fresh.iter().map(|p| p.live.id).collect();
        let standing = ingest::lock_epochs(&mut tx, &workflows).await?;
        if fresh.iter().any(|p| standing.get(&p.live.id).map(|now| now.epoch) != Some(p.live.epoch)) {
            // Something was released since the verdicts were made: read it and decide again.
            self.registry.forget();
            return Err(store::Error::Raced);
        }
        let named: Vec<Named<'_>> = fresh.iter().map(Prepared::named).collect();
        let Identified { leads, mut locked, added } = ingest::identify(&mut tx, keyring, &named).await?;
        let pools: BTreeSet<String> =
            fresh.iter().filter_map(|p| p.live.bundle.pool_of(&p.verdict)).map(str::to_owned).collect();
        // Held until the commit. Whoever has it waits for nothing that others in line for it hold.
        let turn = if pools.is_empty() { None } else { Some(self.pools.lock().await) };
        let mut counters =
            if turn.is_some() { ingest::lock_pools(&mut tx, &pools).await? } else { BTreeMap::new() };
        let mut drafts = Vec::with_capacity(fresh.len());
        for (p, lead_id) in fresh.into_iter().zip(leads) {
            let lead = locked.get_mut(&lead_id).ok_or(store::Error::NotFound("lead"))?;
            let is_killed = standing.get(&p.live.id).is_none_or(|now| now.is_killed);
            drafts.push(Draft::new(p, is_killed, lead, &mut counters)?);
        }
        let (rows, new) = Rows::build(drafts)?;
        for (place, answer) in new {
            answers[place] = Some(Ok(Taken::New(answer)));
        }
        let has_effects = rows.has_effects();
        ingest::save_leads(&mut tx, locked.values(), &added).await?;
        rows.write(&mut tx, &counters).await?;
        tx.commit().await?;
        drop(turn);
        self.store.mark(&[Topic::Leads, Topic::Queue]);
        if has_effects {
            ingest::wake_dispatchers(&self.store).await;
        }
        Ok(repeats)
    }
}

fn prepare(place: usize, incoming: &Incoming, live: Arc<Live>) -> store::Result<Prepared> {
    let Incoming { receipt, signal } = incoming.clone();
    let event_id = EventId(engine::ids::mint_nth(receipt.received_at, place, rand::random()));
    let document = serde_json::to_value(&signal.event)?;
    let body = engine::canonical::bytes(&document)?;
    let (snapshot, _) = live.bundle.read(&EventDocument { id: event_id, document: &document });
    let as_of = match receipt.mode {
        Mode::Historical => signal.event.occurred_at.unwrap_or(receipt.as_of),
        _ => receipt.as_of,
    };
    let as_of = engine::time::cut(as_of);
    let verdict = live.bundle.decide(&snapshot, as_of);
    Ok(Prepared {
        place,
        event_id,
        decision_id: DecisionId(engine::ids::mint_nth(receipt.received_at, place, rand::random())),
        receipt,
        signal,
        live,
        body,
        snapshot,
        verdict,
        as_of,
        features: Vec::new(),
    })
}

impl Prepared {
    fn claim(&self) -> Claim {
        Claim {
            scope: format!("event:{}", self.signal.event.source),
            key: self.signal.key.clone(),
            body: self.body.clone(),
            result_id: self.event_id.0,
            at: self.receipt.received_at,
        }
    }

    /// How this is about to be decided: by the rules, or by people when somebody stopped the workflow.
    fn mode(&self, is_killed: bool) -> Mode {
        if is_killed && self.receipt.mode == Mode::Live { Mode::Manual } else { self.receipt.mode }
    }

    fn named(&self) -> Named<'_> {
        let event = &self.signal.event;
        Named {
            source: &event.source,
            lead: &event.lead,
            event_id: self.event_id.0,
            received_at: self.receipt.received_at,
        }
    }
}

impl Answer {
    fn of(decision: Decision) -> Self {
        Self {
            event_id: decision.event_id,
            lead_id: decision.lead_id,
            decision: Decision { human_overrides: Vec::new(), ..decision },
        }
    }
}
