//! What a change would have come to: the newest leads of a workflow, decided by what is live and with the change in place.

use std::collections::{BTreeMap, BTreeSet};

use engine::action::Action;
use engine::bundle::{Bundle, BundleSource};
use engine::change::{self, Kind};
use engine::content::EventDocument;
use engine::decision::Decision;
use engine::ids::{EventId, LeadId};
use engine::rules::Analysis;
use serde_json::Value as Json;
use store::Store;
use store::{log, workflows};

use super::surroundings::Surroundings;
use crate::error::{Error, Result};

/// Decisions that are looked at: enough to see a difference of a percent, and read in a moment.
const DECISIONS: i64 = 300;
/// Leads that are named.
const NAMED: usize = 5;

/// What would change in a workflow.
pub struct Impact {
    /// What people call the workflow.
    pub workflow: String,
    /// What is found about the rules with the change, counted over these leads.
    pub analysis: Analysis,
    /// How many of its newest decisions could be made again.
    pub decided: usize,
    /// For each action how often it is decided by what is live, and how often with the change.
    pub actions: BTreeMap<Action, (usize, usize)>,
    /// How many leads would be decided differently.
    pub moved: usize,
    /// Some of them: what was decided, and what would be.
    pub examples: Vec<(LeadId, Action, Action)>,
}

/// Decides the newest events of a workflow twice. `None` where the change does not fit the workflow.
///
/// # Errors
/// When the database fails.
pub async fn impact(
    store: &Store,
    around: &Surroundings,
    kind: Kind,
    name: &str,
    body: &Json,
) -> Result<Option<Impact>> {
    let mut changed = around.source.clone();
    if change::place(kind, name, body, &mut changed).is_err() {
        return Ok(None);
    }
    let Some((live, with_change)) = bundles(store, around, changed).await? else { return Ok(None) };
    let filter = log::Filter { workflow: Some(around.name.clone()), ..log::Filter::default() };
    let decisions = log::decisions(store, &filter, None, DECISIONS).await?;
    let ids: Vec<_> = decisions.iter().map(|decision| decision.event_id.0).collect();
    let events: BTreeMap<_, _> = log::events(store, &ids)
        .await?
        .into_iter()
        .filter_map(|event| Some((event.id, event.body?)))
        .collect();
    let workflow = around.title.clone();
    // Seconds for the largest rule sets, which other requests are not to wait for.
    let weighed =
        tokio::task::spawn_blocking(move || weigh(workflow, &live, &with_change, decisions, &events));
    weighed.await.map(Some).map_err(|_| Error::Interrupted)
}

/// Decides what `events` said as both do, and adds up the differences.
fn weigh(
    workflow: String,
    live: &Bundle,
    with_change: &Bundle,
    decisions: Vec<Decision>,
    events: &BTreeMap<EventId, Json>,
) -> Impact {
    let mut impact = Impact {
        workflow,
        analysis: with_change.analyse(),
        decided: 0,
        actions: BTreeMap::new(),
        moved: 0,
        examples: Vec::new(),
    };
    // Of a lead that was decided more than once the newest decision counts.
    let mut seen = BTreeSet::new();
    for decision in decisions {
        let Some(document) = events.get(&decision.event_id) else { continue };
        if !seen.insert(decision.lead_id) {
            continue;
        }
        let event = EventDocument { id: decision.event_id, document };
        let decide = |bundle: &Bundle, snapshot| bundle.decide(snapshot, decision.as_of).action;
        let (before, after) = (live.read(&event).0, with_change.read(&event).0);
        let (is, would) = (decide(live, &before), decide(with_change, &after));
        with_change.count(&mut impact.analysis, &after, decision.as_of);
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
    impact
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
