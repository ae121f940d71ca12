//! The rows of a commit, collected lead by lead and written table by table.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::bundle::StoredPick;
use engine::decision::{Decision, Mode, Trigger};
use engine::event::EventRequest;
use engine::ids::{DestinationId, EffectId, LeadId};
use engine::rules::RuleAction;
use engine::rules::pick::PickInputs;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::Value as Json;
use sqlx::PgConnection;
use store::ingest::{
    self, EffectRow, FeatureRow, LeadSnapshot, LeadStateRow, LockedLead, PoolState, ShadowRow,
};
use store::keyring::CiphertextLocation;
use store::log::{self, DecisionRow, EventRow};
use store::workflows::WorkflowTarget;

use super::Receipt;
use super::prepare::{BundleResult, DecisionCause, PendingDecision};
use super::registry::DecidingRelease;

/// Everything that one commit writes.
#[derive(Default)]
pub(super) struct CommitRows {
    events: Vec<EventRow>,
    decisions: Vec<DecisionRow>,
    features: Vec<FeatureRow>,
    states: Vec<LeadStateRow>,
    effects: Vec<EffectRow>,
    shadows: Vec<ShadowRow>,
}

/// A decision with its sequence number and its assignee, before its rows are built.
pub(super) struct NumberedDecision {
    draft: PendingDecision,
    mode: Mode,
    lead: LeadSnapshot,
    parameters: BTreeMap<String, Json>,
    pick: Option<StoredPick>,
}

/// Everything that one decision writes.
struct Built {
    place: usize,
    decided: Decision,
    event: Option<EventRow>,
    decision: DecisionRow,
    features: FeatureRow,
    state: LeadStateRow,
    effects: Vec<EffectRow>,
    shadows: Vec<ShadowRow>,
}

impl NumberedDecision {
    /// Picks the assignee and assigns the sequence number. Both depend on the preceding decisions.
    pub(super) fn new(
        mut draft: PendingDecision,
        is_killed: bool,
        keeps_email: bool,
        incarnation: i64,
        lead: &mut LockedLead,
        pools: &mut BTreeMap<String, PoolState>,
    ) -> store::Result<Self> {
        let mode = draft.mode(is_killed);
        if let DecisionCause::Event(event) = &draft.cause {
            merge_profile(lead, &event.signal.event, draft.happened_at(), keeps_email);
        }
        lead.sequence += 1;
        // Only live traffic takes turns: no one is assigned an imported lead, and people assign the leads of a stopped workflow.
        let pick = if mode == Mode::Live { pick(&mut draft, lead, pools)? } else { None };
        let mut parameters = draft.made.verdict.parameters.clone();
        if let Some(picked) = pick.as_ref().and_then(|stored| stored.pick.as_ref()) {
            parameters.insert("assignee".into(), picked.assignee.clone().into());
            lead.assignee = Some(picked.assignee.clone());
        }
        let lead = LeadSnapshot {
            id: lead.id,
            key: lead.key.clone(),
            sequence: lead.sequence,
            incarnation,
            profile: lead.profile.clone(),
        };
        Ok(Self { draft, mode, lead, parameters, pick })
    }

    /// Builds the rows. Encrypting them takes most of a commit's processor time.
    fn build(self) -> store::Result<Built> {
        let Self { draft, mode, lead, parameters, pick } = self;
        let targets: Vec<(DestinationId, WorkflowTarget, EffectId)> = targets(mode, &draft)
            .enumerate()
            .map(|(n, (id, target))| {
                let effect = engine::ids::mint_nth(draft.receipt.received_at, n, rand::random());
                (*id, target.clone(), EffectId(effect))
            })
            .collect();
        let decision =
            decision(mode, &draft, lead.id, parameters, targets.iter().map(|(_, _, id)| *id).collect());
        Ok(Built {
            place: draft.place,
            event: event_row(&draft, &lead),
            decision: decision_row(&draft, &lead, &decision, pick.as_ref())?,
            features: FeatureRow {
                decision_id: decision.decision_id.0,
                lead_id: lead.id.0,
                workflow_id: draft.live.id.0,
                catalogue_version: draft.variant().bundle.catalogue_version as i32,
                cells: draft.features.clone(),
            },
            state: LeadStateRow {
                lead_id: lead.id.0,
                workflow_id: draft.live.id.0,
                source: draft.source().to_owned(),
                decision_id: decision.decision_id.0,
                as_of: decision.as_of,
                is_now: mode != Mode::Historical,
                action: decision.action.to_string(),
                rule_id: decision.rule_id.clone(),
                confidence: decision.confidence,
                rule_version: decision.rule_version as i32,
                queue: queue(&decision),
                suggested: queue(&decision).map(|_| suggested(&draft, &decision)),
            },
            effects: targets
                .into_iter()
                .map(|(destination, target, id)| {
                    EffectRow::new(id, &lead, draft.live.id, &decision, None, (destination, &target))
                })
                .collect::<store::Result<_>>()?,
            shadows: draft
                .shadows
                .iter()
                .enumerate()
                .map(|(n, (variant, made))| shadow_row(&draft, &lead, &decision, n, variant, made))
                .collect::<store::Result<_>>()?,
            decided: decision,
        })
    }
}

impl CommitRows {
    /// Builds the rows of decisions on all processors, and returns them with the decisions and their positions.
    pub(super) fn build(numbered: Vec<NumberedDecision>) -> store::Result<(Self, Vec<(usize, Decision)>)> {
        let built =
            numbered.into_par_iter().map(NumberedDecision::build).collect::<store::Result<Vec<_>>>()?;
        let (mut rows, mut decisions) = (Self::default(), Vec::with_capacity(built.len()));
        for built in built {
            rows.events.extend(built.event);
            rows.decisions.push(built.decision);
            rows.features.push(built.features);
            rows.states.push(built.state);
            rows.effects.extend(built.effects);
            rows.shadows.extend(built.shadows);
            decisions.push((built.place, built.decided));
        }
        Ok((rows, decisions))
    }

    /// Returns whether there is anything to send.
    pub(super) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Writes all rows.
    pub(super) async fn write(
        self,
        tx: &mut PgConnection,
        pools: &BTreeMap<String, PoolState>,
    ) -> store::Result<()> {
        log::insert_events(tx, &self.events).await?;
        log::insert_decisions(tx, &self.decisions).await?;
        ingest::insert_features(tx, &self.features).await?;
        for states in rounds(self.states) {
            ingest::upsert_states(tx, &states).await?;
        }
        if !pools.is_empty() {
            ingest::update_pools(tx, pools).await?;
        }
        ingest::insert_shadows(tx, &self.shadows).await?;
        ingest::insert_effects(tx, &self.effects).await
    }
}

/// Splits states into rounds without duplicate leads per workflow, since one statement cannot change a row twice.
fn rounds(states: Vec<LeadStateRow>) -> Vec<Vec<LeadStateRow>> {
    let mut seen: BTreeMap<(uuid::Uuid, uuid::Uuid), usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<LeadStateRow>> = Vec::new();
    for state in states {
        let round = seen.entry((state.lead_id, state.workflow_id)).and_modify(|n| *n += 1).or_insert(0);
        if rounds.len() <= *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push(state);
    }
    rounds
}

/// Merges an event's identity fields into the lead's profile. For each field the newest value wins, regardless of the order of
/// arrival. A value without a timestamp counts as the oldest. An e-mail address that belongs to another lead stays there.
fn merge_profile(lead: &mut LockedLead, event: &EventRequest, at: Option<DateTime<Utc>>, keeps_email: bool) {
    let input = &event.lead;
    let (profile, said) = (&mut lead.profile, &mut lead.said);
    let email = input.normal_email().filter(|_| keeps_email);
    learn(&mut profile.email, &mut said.email, email, at);
    learn(&mut profile.name, &mut said.name, input.shown_name(), at);
    learn(&mut profile.company, &mut said.company, input.shown_company(), at);
    learn(&mut profile.domain, &mut said.domain, input.shown_domain(), at);
    let external_id = input.trusted_id().map(str::to_owned);
    if learn(&mut profile.external_id, &mut said.external, external_id, at) {
        profile.external_source = Some(event.source.clone());
    }
    if let Some(at) = event.occurred_at.map(engine::time::cut) {
        lead.first_occurred_at = Some(lead.first_occurred_at.map_or(at, |first| first.min(at)));
    }
}

/// Replaces a field of a profile unless a newer value exists, and returns whether it did.
fn learn(
    known: &mut Option<String>,
    known_at: &mut Option<DateTime<Utc>>,
    told: Option<String>,
    at: Option<DateTime<Utc>>,
) -> bool {
    let is_newer = told.is_some() && (known.is_none() || at >= *known_at);
    if is_newer {
        (*known, *known_at) = (told, at);
    }
    is_newer
}

/// Picks a person if the verdict assigns the lead to a pool. The bundle holds the members. Weights and absences are separate, so
/// the decision records those that it used.
fn pick(
    draft: &mut PendingDecision,
    lead: &LockedLead,
    pools: &mut BTreeMap<String, PoolState>,
) -> store::Result<Option<StoredPick>> {
    let bundle = draft.variant().bundle.clone();
    let Some((name, (version, pool))) =
        bundle.pool_of(&draft.made.verdict).and_then(|name| Some((name, bundle.pool(name)?)))
    else {
        return Ok(None);
    };
    let state = pools.entry(name.to_owned()).or_insert_with(PoolState::empty);
    let is_member = |person: &str| pool.members.iter().any(|member| member.person == person);
    let weights: BTreeMap<String, u32> =
        state.weights.iter().filter(|(person, _)| is_member(person)).map(|(p, w)| (p.clone(), *w)).collect();
    let people = pool.weighted(&weights);
    let here = people.members.iter().filter(|member| !state.away.contains(&member.person));
    draft.conditions.weights = here.clone().map(|member| (member.person.clone(), member.weight)).collect();
    let inputs = PickInputs {
        pool_version: version,
        counters: serde_json::from_value(state.counters.clone())?,
        available: here.map(|member| member.person.clone()).collect::<BTreeSet<_>>(),
        owner: lead.assignee.clone(),
        weights,
    };
    let stored = bundle.pick(name, inputs);
    if let Some(picked) = &stored.pick {
        state.counters = serde_json::to_value(&picked.counters_after)?;
    }
    Ok(Some(stored))
}

fn targets(mode: Mode, draft: &PendingDecision) -> impl Iterator<Item = &(DestinationId, WorkflowTarget)> {
    let action = draft.made.verdict.action;
    draft.live.targets.iter().filter(move |(_, target)| mode == Mode::Live && target.wants(action))
}

/// Returns the queue for a decision's lead. A person must review held and escalated leads, and leads for which no assignee was
/// available.
fn queue(decision: &Decision) -> Option<&'static str> {
    let unassigned = decision.action == Action::Assign && !decision.parameters.contains_key("assignee");
    match (decision.mode, decision.action) {
        (Mode::Manual, _) => Some("manual"),
        (Mode::Live, Action::Hold | Action::Escalate) => Some("sdr"),
        (Mode::Live, _) if unassigned => Some("sdr"),
        _ => None,
    }
}

/// Returns the action to suggest to the person who reviews a waiting lead.
fn suggested(draft: &PendingDecision, decision: &Decision) -> &'static str {
    let decided = RuleAction { action: decision.action, parameters: BTreeMap::new() };
    draft.variant().bundle.suggestion(decision.held_by.as_deref(), decided).action.into()
}

fn decision(
    mode: Mode,
    draft: &PendingDecision,
    lead: LeadId,
    parameters: BTreeMap<String, Json>,
    effects: Vec<EffectId>,
) -> Decision {
    let (verdict, variant) = (&draft.made.verdict, draft.variant());
    Decision {
        decision_id: draft.decision_id,
        lead_id: lead,
        event_id: draft.event().map(|event| event.id),
        workflow: draft.live.name.clone(),
        mode,
        rule_set: variant.bundle.rule_set.clone(),
        rule_version: variant.bundle.rule_version,
        bundle: variant.hash,
        release: Some(variant.release),
        trigger: match &draft.cause {
            DecisionCause::Event(_) => Trigger::Event,
            DecisionCause::Other(trigger, _) => *trigger,
        },
        variant: None,
        selection_probability: None,
        conditions: draft.conditions.clone(),
        rule_id: verdict.rule_id.clone(),
        action: verdict.action,
        parameters,
        confidence: verdict.confidence,
        risk_tags: verdict.tags.clone(),
        held_by: verdict.held_by.clone(),
        because: verdict.because.clone(),
        content_snapshot: Some(draft.made.snapshot.clone()),
        trace: verdict.trace.clone(),
        human_overrides: Vec::new(),
        as_of: draft.as_of,
        decided_at: engine::time::cut(decided_at(&draft.receipt)),
        effects,
    }
}

/// Returns the current time, or the time of receipt if the two are far apart: demonstrations and tests replay the past.
fn decided_at(receipt: &Receipt) -> DateTime<Utc> {
    let now = Utc::now();
    if (now - receipt.received_at).abs() < TimeDelta::hours(1) { now } else { receipt.received_at }
}

fn event_row(draft: &PendingDecision, lead: &LeadSnapshot) -> Option<EventRow> {
    let (receipt, new) = (&draft.receipt, draft.event()?);
    let event = &new.signal.event;
    let place = CiphertextLocation { column: "events.body", row: new.id.0 };
    Some(EventRow {
        id: new.id.0,
        lead_id: lead.id.0,
        workflow_id: draft.live.id.0,
        kind: event.kind.to_string(),
        source: event.source.clone(),
        body: lead.key.seal(&new.body, place),
        occurred_at: event.occurred_at.map(engine::time::cut),
        received_at: engine::time::cut(receipt.received_at),
        received_from: receipt.received_from.clone(),
        request_id: receipt.request_id.clone(),
    })
}

fn decision_row(
    draft: &PendingDecision,
    lead: &LeadSnapshot,
    decision: &Decision,
    pick: Option<&StoredPick>,
) -> store::Result<DecisionRow> {
    let place = CiphertextLocation { column: "decisions.snapshot", row: decision.decision_id.0 };
    Ok(DecisionRow {
        id: decision.decision_id.0,
        event_id: decision.event_id.map(|id| id.0),
        lead_id: lead.id.0,
        workflow_id: draft.live.id.0,
        sequence: lead.sequence,
        epoch: draft.live.epoch,
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
        snapshot: lead.key.seal(&engine::canonical::bytes(&draft.made.snapshot)?, place),
        effects: serde_json::to_value(&decision.effects)?,
        as_of: decision.as_of,
        decided_at: decision.decided_at,
        release_id: decision.release.map(|id| id.0),
        trigger: Some(decision.trigger.to_string()),
        selection_probability: decision.selection_probability,
        conditions: Some(serde_json::to_value(&decision.conditions)?),
    })
}

fn shadow_row(
    draft: &PendingDecision,
    lead: &LeadSnapshot,
    decision: &Decision,
    n: usize,
    variant: &DecidingRelease,
    made: &BundleResult,
) -> store::Result<ShadowRow> {
    let id = engine::ids::mint_nth(draft.receipt.received_at, n, rand::random());
    let (verdict, place) =
        (&made.verdict, CiphertextLocation { column: "shadow_verdicts.snapshot", row: id });
    Ok(ShadowRow {
        id,
        decision_id: decision.decision_id.0,
        lead_id: lead.id.0,
        workflow_id: draft.live.id.0,
        release_id: variant.release.0,
        bundle: variant.hash.0.to_vec(),
        rule_version: variant.bundle.rule_version as i32,
        rule_id: verdict.rule_id.clone(),
        action: verdict.action.to_string(),
        parameters: serde_json::to_value(&verdict.parameters)?,
        confidence: verdict.confidence,
        risk_tags: serde_json::to_value(&verdict.tags)?,
        held_by: verdict.held_by.clone(),
        because: serde_json::to_value(&verdict.because)?,
        trace: serde_json::to_value(&verdict.trace)?,
        snapshot: lead.key.seal(&engine::canonical::bytes(&made.snapshot)?, place),
        as_of: decision.as_of,
        decided_at: decision.decided_at,
    })
}
