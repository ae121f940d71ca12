//! The first half of the pipeline: everything that is looked up, read and decided without a lock.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use engine::content::{EarlierEvent, EventDocument, ExtractionContext};
use engine::decision::{Conditions, Mode, Snapshot, Trigger};
use engine::event::LeadInput;
use engine::ids::{DecisionId, EventId, LeadId, WorkflowId};
use engine::rules::Verdict;
use engine::{features, limits};
use serde_json::Value as Json;
use store::ingest::{
    self, HistoryRequest, IdentifiedLead, KeyClaim, KeyClaimResult, LeadHistory, LeadIdentities,
};
use uuid::Uuid;

use super::registry::{DecidingRelease, RoutedWorkflow};
use super::{EventAnswer, IncomingSignal, Pipeline, Receipt, Signal, SignalRefusal};

/// Signals that are decided but not yet committed.
#[derive(Default)]
pub struct PreparedGroup {
    pub(super) refused: Vec<(usize, SignalRefusal)>,
    pub(super) repeats: Vec<(usize, EventAnswer)>,
    pub(super) doubles: Vec<DuplicateSignal>,
    pub(super) drafts: Vec<PendingDecision>,
}

/// A signal that repeats the idempotency key of an earlier one in the same group.
pub(super) struct DuplicateSignal {
    /// Its position in the group.
    pub place: usize,
    /// The position of the earlier signal.
    pub first: usize,
    /// Whether both signals have the same body.
    pub has_same_body: bool,
}

/// A decision that is made but not yet committed.
pub(super) struct PendingDecision {
    /// Its position in the group.
    pub place: usize,
    pub receipt: Arc<Receipt>,
    pub live: Arc<RoutedWorkflow>,
    pub cause: DecisionCause,
    pub lead: LeadId,
    /// The lead's sequence when its history was read, or `None` if no history was read.
    pub sequence: Option<i64>,
    pub decision_id: DecisionId,
    pub made: BundleResult,
    pub shadows: Vec<(DecidingRelease, BundleResult)>,
    pub as_of: DateTime<Utc>,
    pub conditions: Conditions,
    pub features: Vec<u8>,
}

/// The cause of a decision.
pub(super) enum DecisionCause {
    /// A new event, to be committed with the decision.
    Event(Box<NewEvent>),
    /// Any other trigger, for an existing lead, with the source of the event that was read again.
    Other(Trigger, String),
}

/// An event to be committed.
pub(super) struct NewEvent {
    pub id: EventId,
    pub signal: Arc<Signal>,
    /// The request as JSON. `body` holds its canonical bytes.
    pub document: Json,
    pub body: Vec<u8>,
    pub claim: KeyClaim,
    pub named: LeadIdentities,
}

/// The result of one bundle for a lead.
pub(super) struct BundleResult {
    pub snapshot: Snapshot,
    pub verdict: Verdict,
}

/// An event with its workflow.
struct Routed {
    place: usize,
    receipt: Arc<Receipt>,
    event: Box<NewEvent>,
    live: Arc<RoutedWorkflow>,
    as_of: DateTime<Utc>,
}

impl PendingDecision {
    /// Returns the variant of the workflow that decides this lead.
    pub(super) fn variant(&self) -> &DecidingRelease {
        self.live.variant_of(self.lead)
    }

    /// Returns the mode of the decision: manual for live traffic of a stopped workflow, since people decide there.
    pub(super) fn mode(&self, is_killed: bool) -> Mode {
        if is_killed && self.receipt.mode == Mode::Live { Mode::Manual } else { self.receipt.mode }
    }

    /// Returns when the event happened, or `None` for an imported event without a timestamp.
    pub(super) fn happened_at(&self) -> Option<DateTime<Utc>> {
        let event = self.event()?;
        let received_at = (self.receipt.mode != Mode::Historical).then_some(self.receipt.received_at);
        event.signal.event.occurred_at.or(received_at).map(engine::time::cut)
    }

    /// Returns the event that caused the decision, if there is one.
    pub(super) fn event(&self) -> Option<&NewEvent> {
        match &self.cause {
            DecisionCause::Event(event) => Some(event),
            DecisionCause::Other(..) => None,
        }
    }

    /// Returns the source of the lead's newest event.
    pub(super) fn source(&self) -> &str {
        match &self.cause {
            DecisionCause::Event(event) => &event.signal.event.source,
            DecisionCause::Other(_, source) => source,
        }
    }
}

impl Pipeline {
    /// Prepares signals for [`Self::take_prepared`], so that the next group can be prepared while the previous one is committed.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn prepare(&self, incoming: &[IncomingSignal]) -> store::Result<PreparedGroup> {
        let mut group = PreparedGroup::default();
        let fresh = self.skip_repeats(incoming, &mut group).await?;
        let routed = set_doubles_aside(self.route(incoming, fresh, &mut group).await?, &mut group);
        let named: Vec<LeadIdentities> = routed.iter().map(|routed| routed.event.named.clone()).collect();
        let found = if named.is_empty() {
            Vec::new()
        } else {
            ingest::identify(&mut *self.store.pool().acquire().await?, &named).await?
        };
        let histories = self.histories(&routed, &found).await?;
        let domains = self.domains(&routed, &found).await?;
        group.drafts = decide_all(routed, &found, histories, &domains).await;
        self.code_features(&mut group.drafts).await?;
        Ok(group)
    }

    /// Answers repeats by their idempotency key before it looks at anything else. A repeat gets its first answer, regardless of
    /// what was reconfigured since.
    async fn skip_repeats(
        &self,
        incoming: &[IncomingSignal],
        group: &mut PreparedGroup,
    ) -> store::Result<Vec<(usize, Box<NewEvent>)>> {
        let events = incoming
            .iter()
            .enumerate()
            .map(|(place, incoming)| self.new_event(place, incoming))
            .collect::<store::Result<Vec<_>>>()?;
        let claims: Vec<KeyClaim> = events.iter().map(|event| event.claim.clone()).collect();
        let claimed = ingest::look_up_keys(&mut *self.store.pool().acquire().await?, &claims).await?;
        let (mut fresh, mut repeats) = (Vec::with_capacity(events.len()), Vec::new());
        for (place, (event, claimed)) in events.into_iter().zip(claimed).enumerate() {
            match claimed {
                KeyClaimResult::Fresh => fresh.push((place, Box::new(event))),
                KeyClaimResult::Repeat(event) => repeats.push((place, event)),
                KeyClaimResult::Other => group.refused.push((place, SignalRefusal::KeyReused)),
            }
        }
        let events: Vec<Uuid> = repeats.iter().map(|(_, event)| *event).collect();
        let first = store::log::decisions_on(&self.store, &events).await?;
        for (place, event) in repeats {
            // A group may contain several repeats of one event.
            match first.get(&event.into()).cloned().and_then(EventAnswer::of) {
                Some(answer) => group.repeats.push((place, answer)),
                None => group.refused.push((place, SignalRefusal::FirstAnswerGone)),
            }
        }
        Ok(fresh)
    }

    fn new_event(&self, place: usize, incoming: &IncomingSignal) -> store::Result<NewEvent> {
        let (receipt, signal) = (&incoming.receipt, incoming.signal.clone());
        let id = EventId(engine::ids::mint_nth(receipt.received_at, place, rand::random()));
        let document = serde_json::to_value(&signal.event)?;
        let body = engine::canonical::bytes(&document)?;
        let keyring = self.store.keyring();
        let scope = format!("event:{}", signal.event.source);
        let claim = KeyClaim::new(keyring, scope, &signal.key, &body, id.0, receipt.received_at);
        let (source, lead) = (&signal.event.source, &signal.event.lead);
        let named = LeadIdentities::new(keyring, source, lead, id.0, receipt.received_at);
        Ok(NewEvent { id, document, body, claim, named, signal })
    }

    async fn route(
        &self,
        incoming: &[IncomingSignal],
        fresh: Vec<(usize, Box<NewEvent>)>,
        group: &mut PreparedGroup,
    ) -> store::Result<Vec<Routed>> {
        let mut routed = Vec::with_capacity(fresh.len());
        for (place, event) in fresh {
            let receipt = incoming[place].receipt.clone();
            match self.registry.route(&event.signal.event).await? {
                Ok(live) => {
                    let as_of = match receipt.mode {
                        Mode::Historical => event.signal.event.occurred_at.unwrap_or(receipt.as_of),
                        _ => receipt.as_of,
                    };
                    routed.push(Routed { place, receipt, event, live, as_of: engine::time::cut(as_of) });
                }
                Err(refusal) => group.refused.push((place, refusal)),
            }
        }
        Ok(routed)
    }

    /// Reads the history of leads whose bundle looks back. The result is an empty history for a new lead, and `None` if the
    /// bundle does not look back.
    async fn histories(
        &self,
        routed: &[Routed],
        found: &[IdentifiedLead],
    ) -> store::Result<Vec<Option<LeadHistory>>> {
        let mut histories: Vec<Option<LeadHistory>> = Vec::with_capacity(routed.len());
        let mut wanted = Vec::new();
        for (place, (routed, found)) in routed.iter().zip(found).enumerate() {
            let period = routed.live.looks_back(found.lead, routed.receipt.mode);
            histories.push(period.map(|_| LeadHistory::default()));
            if let (Some(period), false) = (period, found.is_new) {
                let (from, to) = (routed.as_of - period, known_until(&routed.receipt, routed.as_of));
                wanted.push((place, HistoryRequest { lead: found.lead, workflow: routed.live.id, from, to }));
            }
        }
        if wanted.is_empty() {
            return Ok(histories);
        }
        let periods: Vec<HistoryRequest> = wanted.iter().map(|(_, wanted)| *wanted).collect();
        let mut connection = self.store.pool().acquire().await?;
        let keyring = self.store.keyring();
        let read =
            ingest::histories(&mut connection, keyring, &periods, limits::EARLIER_EVENTS as i64).await?;
        for ((place, _), history) in wanted.into_iter().zip(read) {
            histories[place] = Some(history);
        }
        Ok(histories)
    }

    /// Returns the known domains of leads, in workflows with rules that are muted for an account.
    async fn domains(
        &self,
        routed: &[Routed],
        found: &[IdentifiedLead],
    ) -> store::Result<HashMap<LeadId, Vec<String>>> {
        let wanted = routed.iter().zip(found).filter(|(routed, found)| {
            !found.is_new && routed.live.switches.has_mutes(routed.receipt.received_at)
        });
        let wanted: Vec<LeadId> = wanted.map(|(_, found)| found.lead).collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        store::leads::domains(&self.store, &wanted).await
    }

    /// Encodes the fields of decisions for simulations.
    pub(super) async fn code_features(&self, drafts: &mut [PendingDecision]) -> store::Result<()> {
        let mut texts: BTreeMap<WorkflowId, BTreeSet<(String, String)>> = BTreeMap::new();
        for draft in drafts.iter() {
            let found = features::texts(&draft.variant().bundle.catalogue, &draft.made.snapshot.fields)
                .map(|(field, text)| (field.to_owned(), text.to_owned()));
            texts.entry(draft.live.id).or_default().extend(found);
        }
        let mut codes = HashMap::new();
        for (workflow, texts) in texts {
            codes.insert(workflow, self.registry.codes(workflow, texts).await?);
        }
        for draft in drafts {
            let codes = codes.get(&draft.live.id);
            let code = |field: &str, text: &str| {
                codes.and_then(|codes| codes.get(&(field.to_owned(), text.to_owned()))).copied()
            };
            let catalogue = &draft.variant().bundle.catalogue;
            draft.features = features::encode(catalogue, &draft.made.snapshot.fields, code);
        }
        Ok(())
    }
}

/// Removes signals that repeat the key of an earlier one. They get its answer, and nothing is decided for them.
fn set_doubles_aside(all: Vec<Routed>, group: &mut PreparedGroup) -> Vec<Routed> {
    let mut firsts: Vec<Routed> = Vec::with_capacity(all.len());
    let mut known: HashMap<(String, Vec<u8>), usize> = HashMap::new();
    for routed in all {
        let (scope, key) = routed.event.claim.key();
        match known.entry((scope.to_owned(), key.to_owned())) {
            Entry::Occupied(first) => {
                let first = &firsts[*first.get()];
                let has_same_body = routed.event.claim.has_body_of(&first.event.claim);
                group.doubles.push(DuplicateSignal {
                    place: routed.place,
                    first: first.place,
                    has_same_body,
                });
            }
            Entry::Vacant(free) => {
                free.insert(firsts.len());
                firsts.push(routed);
            }
        }
    }
    firsts
}

/// Decides events in order, so that the later of two events about one lead sees the earlier one.
async fn decide_all(
    routed: Vec<Routed>,
    found: &[IdentifiedLead],
    histories: Vec<Option<LeadHistory>>,
    domains: &HashMap<LeadId, Vec<String>>,
) -> Vec<PendingDecision> {
    let mut drafts: Vec<PendingDecision> = Vec::with_capacity(routed.len());
    for (n, ((routed, found), history)) in routed.into_iter().zip(found).zip(histories).enumerate() {
        let known = domains.get(&found.lead).map(Vec::as_slice).unwrap_or_default();
        drafts.push(decide(routed, found.lead, history, known, &drafts));
        // Yields so that tasks whose statements have completed can resume.
        if n % 8 == 7 {
            tokio::task::yield_now().await;
        }
    }
    drafts
}

fn decide(
    routed: Routed,
    lead: LeadId,
    history: Option<LeadHistory>,
    domains: &[String],
    before: &[PendingDecision],
) -> PendingDecision {
    let Routed { place, receipt, event, live, as_of } = routed;
    let together = before.iter().filter(|draft| draft.lead == lead);
    let sequence = history.as_ref().map(|history| history.sequence + together.clone().count() as i64);
    let domains: Vec<String> = domains.iter().cloned().chain(domains_in(&event.signal.event.lead)).collect();
    let conditions = live.switches.conditions(&domains, receipt.received_at);
    let (made, shadows) = {
        let together = together.filter(|draft| draft.live.id == live.id);
        let known = known(history.as_ref(), together, &receipt, as_of);
        let document = EventDocument { id: event.id, document: &event.document };
        make_all(&live, lead, &document, &known, &conditions, receipt.mode)
    };
    PendingDecision {
        place,
        decision_id: DecisionId(engine::ids::mint_nth(receipt.received_at, place, rand::random())),
        receipt,
        live,
        cause: DecisionCause::Event(event),
        lead,
        sequence,
        made,
        shadows,
        as_of,
        conditions,
        features: Vec::new(),
    }
}

/// Returns the domains that an event gives for its lead.
fn domains_in(lead: &LeadInput) -> impl Iterator<Item = String> + use<> {
    let email = lead.normal_email().and_then(|email| Some(email.rsplit_once('@')?.1.to_owned()));
    [lead.shown_domain(), email].into_iter().flatten()
}

/// Reads and decides an event with the bundle for the lead's bucket and, for live traffic, with every shadow candidate. Shadows
/// compare live traffic, which imported history would outnumber.
pub(super) fn make_all(
    live: &RoutedWorkflow,
    lead: LeadId,
    event: &EventDocument<'_>,
    known: &ExtractionContext<'_>,
    conditions: &Conditions,
    mode: Mode,
) -> (BundleResult, Vec<(DecidingRelease, BundleResult)>) {
    let make = |variant: &DecidingRelease| {
        let (snapshot, _) = variant.bundle.read(event, known);
        let verdict = variant.bundle.decide(&snapshot, known.as_of, conditions);
        BundleResult { snapshot, verdict }
    };
    let shadows = live.shadows_of(mode).iter().map(|variant| (variant.clone(), make(variant))).collect();
    (make(live.variant_of(lead)), shadows)
}

/// Returns the instant up to which events count as known. For an imported event this is its own time. A decision about the
/// present sees everything that was committed before it, even if the clock of the process that committed it is ahead.
pub(super) fn known_until(receipt: &Receipt, as_of: DateTime<Utc>) -> DateTime<Utc> {
    match receipt.mode {
        Mode::Historical => as_of,
        _ => as_of + TimeDelta::minutes(limits::FUTURE_MINUTES),
    }
}

/// Returns what is known about a lead: its stored history, and the earlier events of the same group.
pub(super) fn known<'a>(
    history: Option<&'a LeadHistory>,
    together: impl Iterator<Item = &'a PendingDecision>,
    receipt: &Receipt,
    as_of: DateTime<Utc>,
) -> ExtractionContext<'a> {
    let mut earlier: Vec<EarlierEvent<'_>> = Vec::new();
    if let Some(history) = history {
        let stored = history.events.iter().map(|past| EarlierEvent {
            event: EventDocument { id: past.id, document: &past.body },
            at: past.at,
        });
        let new = together.filter_map(|draft| {
            let event = draft.event()?;
            let at = engine::time::cut(event.signal.event.occurred_at.unwrap_or(draft.receipt.received_at));
            Some(EarlierEvent { event: EventDocument { id: event.id, document: &event.document }, at })
        });
        let until = known_until(receipt, as_of);
        earlier.extend(stored.chain(new.filter(|earlier| earlier.at <= until)));
        earlier.sort_by_key(|earlier| std::cmp::Reverse((earlier.at, earlier.event.id)));
    }
    ExtractionContext { earlier, as_of }
}
