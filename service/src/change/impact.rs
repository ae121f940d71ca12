//! What a change would have come to: the newest leads of a workflow, decided by what is live and with the change in place.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::bundle::{Bundle, BundleSource};
use engine::change::{self, Mark};
use engine::content::{EarlierEvent, EventDocument, Known};
use engine::decision::Decision;
use engine::ids::{self, DecisionId, LeadId};
use engine::limits;
use engine::rules::Analysis;
use serde::{Deserialize, Serialize};
use store::Store;
use store::changes::Change;
use store::ingest::{self, HistoryWanted, PastEvent};
use store::{log, workflows};

use crate::error::{Error, Result};
use crate::surroundings::{Surroundings, surroundings};

/// Decisions that are looked at: enough to see a difference of a percent, and read in a moment.
const DECISIONS: i64 = 300;
/// How long before a decision its event may have happened: imports and late forms come years later.
const REACH: TimeDelta = TimeDelta::days(3_650);
/// Leads that are named.
const NAMED: usize = 5;

/// What a change would have come to, as far as the newest leads tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeImpact {
    /// What is found about the rules themselves, at its place in the text; it holds for every workflow that they decide in.
    pub findings: Vec<Mark>,
    /// What would change in each live workflow that uses it.
    pub workflows: Vec<WorkflowImpact>,
}

/// What would change in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowImpact {
    /// What people call the workflow.
    pub workflow: String,
    /// How many of its newest leads could be decided again.
    pub decided: usize,
    /// For each action how often it is decided by what is live, and how often with the change.
    pub actions: BTreeMap<Action, (usize, usize)>,
    /// How many leads would be decided differently.
    pub moved: usize,
    /// Some of them: what was decided, and what would be.
    pub examples: Vec<(LeadId, Action, Action)>,
}

/// Decides the newest events before an instant twice, in each live workflow that uses what a change is about. A workflow that
/// the change does not fit is left out.
///
/// # Errors
/// When the database fails.
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
        let Some((analysis, found)) = in_workflow(store, around, changed, before).await? else { continue };
        if impact.workflows.is_empty() {
            impact.findings = change::notes(change.kind, &change.source, body, &analysis, found.decided);
        }
        impact.workflows.push(found);
    }
    Ok(impact)
}

/// Decides the newest events of a workflow before an instant twice. `None` where the change does not fit it.
async fn in_workflow(
    store: &Store,
    around: &Surroundings,
    changed: BundleSource,
    before: DateTime<Utc>,
) -> Result<Option<(Analysis, WorkflowImpact)>> {
    let Some((live, with_change)) = bundles(store, around, changed).await? else { return Ok(None) };
    let filter = log::Filter { workflow: Some(around.name.clone()), ..log::Filter::default() };
    let before = DecisionId(ids::lower_bound(before));
    let decisions = log::decisions(store, &filter, Some(before), DECISIONS).await?;
    let cases = cases(store, around, decisions).await?;
    let workflow = around.title.clone();
    // Seconds for the largest rule sets, which other requests are not to wait for.
    let weighed = tokio::task::spawn_blocking(move || weigh(workflow, &live, &with_change, cases));
    weighed.await.map(Some).map_err(|_| Error::Interrupted)
}

/// A decision with what it was read from: the newest event at its time first, then those before it.
struct Case {
    decision: Decision,
    events: Vec<PastEvent>,
}

/// What decisions were read from; those whose events cannot be read any more are left out. Of a lead that was decided more than
/// once the newest decision counts.
async fn cases(store: &Store, around: &Surroundings, decisions: Vec<Decision>) -> Result<Vec<Case>> {
    let mut seen = BTreeSet::new();
    let decisions: Vec<Decision> =
        decisions.into_iter().filter(|decision| seen.insert(decision.lead_id)).collect();
    let wanted: Vec<HistoryWanted> = decisions
        .iter()
        .map(|decision| HistoryWanted {
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

/// Decides what came in as both do, and adds up the differences.
fn weigh(
    workflow: String,
    live: &Bundle,
    with_change: &Bundle,
    cases: Vec<Case>,
) -> (Analysis, WorkflowImpact) {
    let mut analysis = with_change.analyse();
    let mut impact =
        WorkflowImpact { workflow, decided: 0, actions: BTreeMap::new(), moved: 0, examples: Vec::new() };
    for Case { decision, events } in cases {
        let Some((newest, before)) = events.split_first() else { continue };
        let event = EventDocument { id: newest.id, document: &newest.body };
        let earlier = before.iter().map(|past| EarlierEvent {
            event: EventDocument { id: past.id, document: &past.body },
            at: past.at,
        });
        let known = Known { earlier: earlier.collect(), as_of: decision.as_of };
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
            if impact.examples.len() < NAMED {
                impact.examples.push((decision.lead_id, is, would));
            }
        }
    }
    (analysis, impact)
}

/// What is live and what would be, both with the entries of the lists that they ask.
async fn bundles(
    store: &Store,
    around: &Surroundings,
    changed: BundleSource,
) -> Result<Option<(Bundle, Bundle)>> {
    let mut sources = [around.source.clone(), changed];
    let mut asked = BTreeSet::new();
    for source in &sources {
        let Ok(bundle) = Bundle::compile(source.clone()) else { return Ok(None) };
        asked.extend(bundle.asked_lists().into_iter().map(str::to_owned));
    }
    let ids = around.lists(&asked);
    let entries = workflows::list_entries(&mut *store.pool().acquire().await?, &ids).await?;
    for source in &mut sources {
        for (name, all) in &entries {
            // The changed list has its entries already.
            if let Some((_, known)) = source.lists.get_mut(name).filter(|(_, known)| known.is_empty()) {
                known.clone_from(all);
            }
        }
    }
    let [live, with_change] = sources.map(Bundle::compile);
    Ok(live.ok().zip(with_change.ok()))
}
