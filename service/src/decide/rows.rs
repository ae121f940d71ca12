//! The rows of a commit, gathered lead by lead and written table by table.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::bundle::StoredPick;
use engine::decision::{Decision, Mode};
use engine::ids::{DestinationId, EffectId, LeadId};
use engine::rules::Act;
use engine::rules::pick::PickInputs;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::ingest::{self, EffectRow, FeatureRow, LeadThen, LockedLead, State};
use store::keyring::Place;
use store::log::{self, DecisionRow, EventRow};
use store::workflows::Target;

use super::{Answer, Prepared, Receipt};

/// Everything one commit writes.
#[derive(Default)]
pub(super) struct Rows {
    events: Vec<EventRow>,
    decisions: Vec<DecisionRow>,
    features: Vec<FeatureRow>,
    states: Vec<State>,
    effects: Vec<EffectRow>,
}

/// A decision that has got its number and its person, and not its rows.
pub(super) struct Draft {
    prepared: Prepared,
    mode: Mode,
    lead: LeadThen,
    parameters: BTreeMap<String, Json>,
    pick: Option<StoredPick>,
}

/// Everything one decision writes.
struct Built {
    place: usize,
    answer: Answer,
    event: EventRow,
    decision: DecisionRow,
    features: FeatureRow,
    state: State,
    effects: Vec<EffectRow>,
}

impl Draft {
    /// Decides who gets the lead and gives the decision its number: what depends on the decisions before it.
    pub(super) fn new(
        prepared: Prepared,
        is_killed: bool,
        lead: &mut LockedLead,
        counters: &mut BTreeMap<String, Json>,
    ) -> store::Result<Self> {
        let mode = prepared.mode(is_killed);
        merge_profile(lead, &prepared);
        lead.sequence += 1;
        let pick = pick(&prepared, lead, counters)?;
        let mut parameters = prepared.verdict.parameters.clone();
        if let Some(picked) = pick.as_ref().and_then(|stored| stored.pick.as_ref()) {
            parameters.insert("assignee".into(), picked.assignee.clone().into());
            if mode == Mode::Live {
                lead.assignee = Some(picked.assignee.clone());
            }
        }
        let lead = LeadThen {
            id: lead.id,
            key: lead.key.clone(),
            sequence: lead.sequence,
            profile: lead.profile.clone(),
        };
        Ok(Self { prepared, mode, lead, parameters, pick })
    }

    /// Makes the rows; most of a commit's processor time goes into sealing them.
    fn build(self) -> store::Result<Built> {
        let Self { prepared, mode, lead, parameters, pick } = self;
        let targets: Vec<(DestinationId, Target, EffectId)> = targets(mode, &prepared)
            .enumerate()
            .map(|(n, (id, target))| {
                let effect = engine::ids::mint_nth(prepared.receipt.received_at, n, rand::random());
                (*id, target.clone(), EffectId(effect))
            })
            .collect();
        let decision =
            decision(mode, &prepared, lead.id, parameters, targets.iter().map(|(_, _, id)| *id).collect());
        Ok(Built {
            place: prepared.place,
            event: event_row(&prepared, &lead),
            decision: decision_row(&prepared, &lead, &decision, pick.as_ref())?,
            features: FeatureRow {
                decision_id: decision.decision_id.0,
                lead_id: lead.id.0,
                workflow_id: prepared.live.id.0,
                catalogue_version: prepared.live.bundle.catalogue_version as i32,
                cells: prepared.features.clone(),
            },
            state: State {
                lead_id: lead.id.0,
                workflow_id: prepared.live.id.0,
                source: prepared.signal.event.source.clone(),
                decision_id: decision.decision_id.0,
                as_of: decision.as_of,
                action: decision.action.to_string(),
                rule_id: decision.rule_id.clone(),
                confidence: decision.confidence,
                rule_version: decision.rule_version as i32,
                queue: queue(&decision),
                suggested: queue(&decision).map(|_| suggested(&prepared, &decision)),
            },
            effects: targets
                .into_iter()
                .map(|(destination, target, id)| {
                    EffectRow::new(id, &lead, prepared.live.id, &decision, None, (destination, &target))
                })
                .collect::<store::Result<_>>()?,
            answer: Answer { event_id: decision.event_id, lead_id: lead.id, decision },
        })
    }
}

impl Rows {
    /// Makes the rows of decisions, on all processors, and the answers with their places.
    pub(super) fn build(drafts: Vec<Draft>) -> store::Result<(Self, Vec<(usize, Answer)>)> {
        let built = drafts.into_par_iter().map(Draft::build).collect::<store::Result<Vec<_>>>()?;
        let (mut rows, mut answers) = (Self::default(), Vec::with_capacity(built.len()));
        for built in built {
            rows.events.push(built.event);
            rows.decisions.push(built.decision);
            rows.features.push(built.features);
            rows.states.push(built.state);
            rows.effects.extend(built.effects);
            answers.push((built.place, built.answer));
        }
        Ok((rows, answers))
    }

    /// Whether there is anything to send.
    pub(super) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Writes everything.
    pub(super) async fn write(
        self,
        tx: &mut PgConnection,
        counters: &BTreeMap<String, Json>,
    ) -> store::Result<()> {
        log::insert_events(tx, &self.events).await?;
        log::insert_decisions(tx, &self.decisions).await?;
        ingest::insert_features(tx, &self.features).await?;
        for states in rounds(self.states) {
            ingest::upsert_states(tx, &states).await?;
        }
        if !counters.is_empty() {
            ingest::update_pools(tx, counters).await?;
        }
        ingest::insert_effects(tx, &self.effects).await
    }
}

/// Splits states so that no round has a lead and workflow twice: one statement cannot change a row twice.
fn rounds(states: Vec<State>) -> Vec<Vec<State>> {
    let mut seen: BTreeMap<(uuid::Uuid, uuid::Uuid), usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<State>> = Vec::new();
    for state in states {
        let round = seen.entry((state.lead_id, state.workflow_id)).and_modify(|n| *n += 1).or_insert(0);
        if rounds.len() <= *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push(state);
    }
    rounds
}

fn merge_profile(lead: &mut LockedLead, prepared: &Prepared) {
    let event = &prepared.signal.event;
    let input = &event.lead;
    let trimmed = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let email = input.email.as_deref().and_then(engine::event::normal_email);
    let profile = &mut lead.profile;
    if let Some(id) = trimmed(&input.external_id) {
        profile.external_id = Some(id);
        profile.external_source = Some(event.source.clone());
    }
    profile.domain =
        trimmed(&input.domain).map(|domain| domain.to_lowercase()).or_else(|| profile.domain.take());
    profile.name = trimmed(&input.name).or_else(|| profile.name.take());
    profile.company = trimmed(&input.company).or_else(|| profile.company.take());
    profile.email = email.or_else(|| profile.email.take());
    if let Some(at) = event.occurred_at.map(engine::time::cut) {
        lead.first_occurred_at = Some(lead.first_occurred_at.map_or(at, |first| first.min(at)));
    }
}

fn pick(
    prepared: &Prepared,
    lead: &LockedLead,
    counters: &mut BTreeMap<String, Json>,
) -> store::Result<Option<StoredPick>> {
    let bundle = &prepared.live.bundle;
    let Some((name, (version, pool))) =
        bundle.pool_of(&prepared.verdict).and_then(|name| Some((name, bundle.pool(name)?)))
    else {
        return Ok(None);
    };
    let state = counters.get(name).cloned().unwrap_or_else(|| json!({}));
    let inputs = PickInputs {
        pool_version: version,
        counters: serde_json::from_value(state)?,
        available: pool.members.iter().map(|member| member.person.clone()).collect::<BTreeSet<_>>(),
        owner: lead.assignee.clone(),
    };
    let stored = bundle.pick(name, inputs);
    if let Some(picked) = &stored.pick {
        counters.insert(name.to_owned(), serde_json::to_value(&picked.counters_after)?);
    }
    Ok(Some(stored))
}

fn targets(mode: Mode, prepared: &Prepared) -> impl Iterator<Item = &(DestinationId, Target)> {
    let action = prepared.verdict.action;
    prepared.live.targets.iter().filter(move |(_, target)| mode == Mode::Live && target.wants(action))
}

/// The queue a decision sends its lead to: a person has to look at what is held or escalated, and at what nobody
/// could be picked for.
fn queue(decision: &Decision) -> Option<&'static str> {
    let unassigned = decision.action == Action::Assign && !decision.parameters.contains_key("assignee");
    match (decision.mode, decision.action) {
        (Mode::Manual, _) => Some("manual"),
        (Mode::Live, Action::Hold | Action::Escalate) => Some("sdr"),
        (Mode::Live, _) if unassigned => Some("sdr"),
        _ => None,
    }
}

/// What the person who looks at a waiting lead is asked to agree to.
fn suggested(prepared: &Prepared, decision: &Decision) -> &'static str {
    let decided = Act { action: decision.action, parameters: BTreeMap::new() };
    prepared.live.bundle.suggestion(decision.held_by.as_deref(), decided).action.into()
}

fn decision(
    mode: Mode,
    prepared: &Prepared,
    lead: LeadId,
    parameters: BTreeMap<String, Json>,
    effects: Vec<EffectId>,
) -> Decision {
    let verdict = &prepared.verdict;
    Decision {
        decision_id: prepared.decision_id,
        lead_id: lead,
        event_id: prepared.event_id,
        workflow: prepared.live.name.clone(),
        mode,
        rule_set: prepared.live.bundle.rule_set.clone(),
        rule_version: prepared.live.bundle.rule_version,
        bundle: prepared.live.bundle_hash,
        variant: None,
        rule_id: verdict.rule_id.clone(),
        action: verdict.action,
        parameters,
        confidence: verdict.confidence,
        risk_tags: verdict.tags.clone(),
        held_by: verdict.held_by.clone(),
        because: verdict.because.clone(),
        content_snapshot: Some(prepared.snapshot.clone()),
        trace: verdict.trace.clone(),
        human_overrides: Vec::new(),
        as_of: prepared.as_of,
        decided_at: engine::time::cut(decided_at(&prepared.receipt)),
        effects,
    }
}

/// Now, unless the receipt itself is of another day: a demonstration or a test plays the past.
fn decided_at(receipt: &Receipt) -> DateTime<Utc> {
    let now = Utc::now();
    if (now - receipt.received_at).abs() < TimeDelta::hours(1) { now } else { receipt.received_at }
}

fn event_row(prepared: &Prepared, lead: &LeadThen) -> EventRow {
    let receipt = &prepared.receipt;
    let event = &prepared.signal.event;
    let place = Place { column: "events.body", row: prepared.event_id.0 };
    EventRow {
        id: prepared.event_id.0,
        lead_id: lead.id.0,
        workflow_id: prepared.live.id.0,
        kind: event.kind.to_string(),
        source: event.source.clone(),
        body: lead.key.seal(&prepared.body, place),
        occurred_at: event.occurred_at.map(engine::time::cut),
        received_at: engine::time::cut(receipt.received_at),
        received_from: receipt.received_from.clone(),
        request_id: receipt.request_id.clone(),
    }
}

fn decision_row(
    prepared: &Prepared,
    lead: &LeadThen,
    decision: &Decision,
    pick: Option<&StoredPick>,
) -> store::Result<DecisionRow> {
    let place = Place { column: "decisions.snapshot", row: decision.decision_id.0 };
    Ok(DecisionRow {
        id: decision.decision_id.0,
        event_id: decision.event_id.0,
        lead_id: lead.id.0,
        workflow_id: prepared.live.id.0,
        sequence: lead.sequence,
        epoch: prepared.live.epoch,
        mode: decision.mode.to_string(),
        bundle: decision.bundle.0.to_vec(),
        rule_set: decision.rule_set.clone(),
        rule_version: decision.rule_version as i32,
        variant: None,
        rule_id: decision.rule_id.clone(),
        action: decision.action.to_string(),
        parameters: serde_json::to_value(&decision.parameters)?,
        confidence: decision.confidence,
        risk_tags: serde_json::to_value(&decision.risk_tags)?,
        held_by: decision.held_by.clone(),
        because: serde_json::to_value(&decision.because)?,
        trace: serde_json::to_value(&decision.trace)?,
        pick: pick.map(serde_json::to_value).transpose()?,
        snapshot: lead.key.seal(&engine::canonical::bytes(&prepared.snapshot)?, place),
        effects: serde_json::to_value(&decision.effects)?,
        as_of: decision.as_of,
        decided_at: decision.decided_at,
    })
}
