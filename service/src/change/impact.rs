//! The projected impact of a change: the newest leads of a workflow, decided by the live bundle and again with the change in
//! place.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::bundle::{Bundle, BundleSource};
use engine::change::{self, Kind, Note};
use engine::content::{EarlierEvent, EventDocument, ExtractionContext};
use engine::decision::Decision;
use engine::ids::{self, DecisionId, LeadId};
use engine::limits;
use engine::rules::Analysis;
use serde::{Deserialize, Serialize};
use store::Store;
use store::changes::Change;
use store::ingest::{self, HistoryRequest, PastEvent};
use store::{log, workflows};

use crate::affected::{AffectedWorkflow, surroundings};
use crate::error::Result;

/// Number of decisions to compare: enough to reveal a difference of one percent, and quick to read.
const DECISIONS: i64 = 300;
/// Maximum time between an event and its decision. Imports and late forms arrive years after the event.
const REACH: TimeDelta = TimeDelta::days(3_650);

/// The projected impact of a change, estimated from the newest leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeImpact {
    /// Findings about the rules themselves, placed in the text. They hold for every workflow that uses the rules.
    pub findings: Vec<Note>,
    /// The impact on each live workflow that uses the changed part.
    pub workflows: Vec<WorkflowImpact>,
}

/// The projected impact on one workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowImpact {
    /// The workflow's title.
    pub workflow: String,
    /// The number of leads that could be decided again.
    pub decided: usize,
    /// How often each action is decided: by the live bundle, and with the change.
    pub actions: BTreeMap<Action, (usize, usize)>,
    /// The number of leads that would be decided differently.
    pub moved: usize,
    /// The leads that would be decided differently, newest decision first.
    pub leads: Vec<MovedLead>,
}

/// A lead that a change would decide differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedLead {
    /// The lead.
    pub lead: LeadId,
    /// The action that the live bundle decides.
    pub is: Action,
    /// The action with the change.
    pub would: Action,
}

/// Decides the newest events before an instant twice, in each live workflow that uses the changed part. Skips workflows in which
/// the change does not compile. The largest rule sets take seconds, so this runs in a slot of [`crate::compute`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn impact(store: &Store, change: &Change, before: DateTime<Utc>) -> Result<ChangeImpact> {
    let Some(body) = &change.body else { return Ok(ChangeImpact::default()) };
    let all = {
        let mut connection = store.pool().acquire().await?;
        surroundings(&mut connection, change.kind, Some(&change.name)).await?
    };
    let mut impact = ChangeImpact::default();
    for around in &all {
        let mut changed = around.source.clone();
        if change::place(change.kind, &change.name, body, &mut changed).is_err() {
            continue;
        }
        let list = (change.kind == Kind::List).then_some(change.name.as_str());
        let found = in_workflow(store, around, changed, list, before).await?;
        let Some((analyses, found)) = found else { continue };
        if impact.workflows.is_empty() {
            let Analyses { live, with_change } = &analyses;
            impact.findings =
                change::notes(change.kind, &change.source, body, with_change, live, found.decided);
        }
        impact.workflows.push(found);
    }
    Ok(impact)
}

/// Decides the newest events of a workflow before an instant twice. `changed_list` is the list whose entries are in `changed`.
/// Returns `None` if the change does not fit the workflow.
async fn in_workflow(
    store: &Store,
    around: &AffectedWorkflow,
    changed: BundleSource,
    changed_list: Option<&str>,
    before: DateTime<Utc>,
) -> Result<Option<(Analyses, WorkflowImpact)>> {
    let compiled = bundles(store, around, changed, changed_list).await?;
    let Some((live, with_change)) = compiled else { return Ok(None) };
    let filter =
        log::DecisionFilter { workflow: Some(around.name.clone()), ..log::DecisionFilter::default() };
    let before = DecisionId(ids::lower_bound(before));
    let decisions = log::decisions(store, &filter, Some(before), DECISIONS).await?;
    let cases = cases(store, around, decisions).await?;
    let workflow = around.title.clone();
    Ok(Some(weigh(workflow, &live, &with_change, cases)))
}

/// A decision with the events it was read from: the newest at that time first, then earlier ones.
struct Case {
    decision: Decision,
    events: Vec<PastEvent>,
}

/// Returns the decisions with the events they were read from. Skips decisions whose events are no longer readable. Only the
/// newest decision of each lead counts.
async fn cases(store: &Store, around: &AffectedWorkflow, decisions: Vec<Decision>) -> Result<Vec<Case>> {
    let mut seen = BTreeSet::new();
    let decisions: Vec<Decision> =
        decisions.into_iter().filter(|decision| seen.insert(decision.lead_id)).collect();
    let wanted: Vec<HistoryRequest> = decisions
        .iter()
        .map(|decision| HistoryRequest {
            lead: decision.lead_id,
            workflow: around.workflow,
            from: decision.as_of - REACH,
            to: decision.as_of + TimeDelta::minutes(limits::FUTURE_MINUTES),
        })
        .collect();
    let mut connection = store.pool().acquire().await?;
    let limit = limits::EARLIER_EVENTS as i64 + 1;
    let histories = ingest::histories(&mut connection, store.keyring(), &wanted, limit).await?;
    let cases = decisions.into_iter().zip(histories).map(|(decision, history)| {
        let mut events = history.events;
        if let Some(own) = decision.event_id.and_then(|id| events.iter().position(|event| event.id == id)) {
            events.drain(..own);
        }
        Case { decision, events }
    });
    Ok(cases.filter(|case| !case.events.is_empty()).collect())
}

/// What analysing the rules finds.
struct Analyses {
    live: Analysis,
    with_change: Analysis,
}

/// Decides every case with both bundles and counts the differences.
fn weigh(
    workflow: String,
    live: &Bundle,
    with_change: &Bundle,
    cases: Vec<Case>,
) -> (Analyses, WorkflowImpact) {
    let mut analysis = with_change.analyse();
    let mut impact =
        WorkflowImpact { workflow, decided: 0, actions: BTreeMap::new(), moved: 0, leads: Vec::new() };
    for Case { decision, events } in cases {
        let Some((newest, before)) = events.split_first() else { continue };
        let event = EventDocument { id: newest.id, document: &newest.body };
        let earlier = before.iter().map(|past| EarlierEvent {
            event: EventDocument { id: past.id, document: &past.body },
            at: past.at,
        });
        let known = ExtractionContext { earlier: earlier.collect(), as_of: decision.as_of };
        let decide =
            |bundle: &Bundle, snapshot| bundle.decide(snapshot, decision.as_of, &decision.conditions).action;
        let (before, after) = (live.read(&event, &known).0, with_change.read(&event, &known).0);
        let (is, would) = (decide(live, &before), decide(with_change, &after));
        with_change.count(&mut analysis, &after, decision.as_of);
        impact.decided += 1;
        impact.actions.entry(is).or_default().0 += 1;
        impact.actions.entry(would).or_default().1 += 1;
        if is != would {
            impact.moved += 1;
            impact.leads.push(MovedLead { lead: decision.lead_id, is, would });
        }
    }
    (Analyses { live: live.analyse(), with_change: analysis }, impact)
}

/// Compiles the live bundle and the changed one, both with the entries of the lists that they look up. A changed list keeps the
/// entries of the change, even if there are none: filling it with the live entries would hide that the change empties it.
async fn bundles(
    store: &Store,
    around: &AffectedWorkflow,
    changed: BundleSource,
    changed_list: Option<&str>,
) -> Result<Option<(Bundle, Bundle)>> {
    let compiled = Bundle::compile(around.source.clone()).ok().zip(Bundle::compile(changed).ok());
    let Some((mut live, mut with_change)) = compiled else { return Ok(None) };
    let used: BTreeSet<String> =
        [&live, &with_change].into_iter().flat_map(Bundle::lists_used).map(str::to_owned).collect();
    let ids = around.lists(&used);
    let entries = workflows::list_entries(&mut *store.pool().acquire().await?, &ids).await?;
    for (name, entries) in entries {
        if Some(name.as_str()) != changed_list {
            with_change.set_entries(&name, entries.clone());
        }
        live.set_entries(&name, entries);
    }
    Ok(Some((live, with_change)))
}
