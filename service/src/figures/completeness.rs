//! Checks whether decisions are provable: their rules reproduce the trace from stored inputs, and every piece of evidence points
//! at existing text.

use std::collections::BTreeMap;

use engine::content::highlight::{EvidenceMark, segments};
use engine::control::kpi::Ratio;
use engine::decision::{Decision, Evidence};
use engine::ids::EventId;
use engine::rules::Explanation;
use engine::rules::explain::RuleState;
use serde_json::Value as Json;
use store::Store;
use store::log::{StoredDecision, events, stored_decisions};
use store::reads::dashboard::{Cohort, sample};
use uuid::Uuid;

use crate::bundles::Bundles;

/// Returns the ratio of complete decisions among the newest of the cohort.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn check(store: &Store, bundles: &Bundles, cohort: &Cohort) -> store::Result<Ratio> {
    let ids = sample(store, cohort).await?;
    let all = ids.len() as u64;
    let decisions = readable(store, &ids).await?;
    let named: Vec<Uuid> = decisions
        .iter()
        .filter_map(|stored| stored.decision.content_snapshot.as_ref())
        .flat_map(|snapshot| snapshot.fields.values().flat_map(|field| &field.evidence))
        .map(|evidence| evidence.event_id.0)
        .collect();
    let events = match events(store, &named).await {
        Err(store::Error::Corrupt(_)) => Vec::new(),
        other => other?,
    };
    let bodies: BTreeMap<EventId, Option<Json>> =
        events.into_iter().map(|event| (event.id, event.body)).collect();
    let mut complete = 0;
    for stored in decisions {
        let evidence = stored
            .decision
            .content_snapshot
            .iter()
            .flat_map(|snapshot| snapshot.fields.values())
            .flat_map(|field| &field.evidence);
        let resolves = evidence
            .into_iter()
            .all(|evidence| resolves(evidence, bodies.get(&evidence.event_id).and_then(Option::as_ref)));
        let is_kept = match is_kept(bundles, &stored.decision).await {
            Err(store::Error::Corrupt(_)) => false,
            other => other?,
        };
        complete += u64::from(resolves && is_kept);
    }
    Ok(Ratio::new(complete, all))
}

/// Returns whether the rules reach the same results from the stored inputs alone.
async fn is_kept(bundles: &Bundles, decision: &Decision) -> store::Result<bool> {
    let rules = bundles.readable(&decision.bundle).await?;
    let explain = |snapshot| rules.bundle.explain(snapshot, decision.as_of, &decision.conditions);
    let explanation = decision.content_snapshot.as_ref().map(explain);
    Ok(explanation.is_none_or(|explanation| is_reproduced(decision, &explanation)))
}

/// Returns whether an explanation, computed from the stored inputs, has the same results as the stored trace. A difference means
/// that the data was tampered with.
pub fn is_reproduced(decision: &Decision, explanation: &Explanation) -> bool {
    let reached = explanation.rules.iter().filter(|rule| rule.state != RuleState::NotReached);
    let now = reached.map(|rule| (rule.id.as_str(), rule.state));
    let then = decision.trace.iter().map(|entry| (entry.rule_id.as_str(), RuleState::from(entry.result)));
    now.eq(then)
}

/// Returns the decisions that are readable. An unreadable one counts as incomplete, but must not hide the others.
async fn readable(store: &Store, ids: &[Uuid]) -> store::Result<Vec<StoredDecision>> {
    match stored_decisions(store, ids).await {
        Err(store::Error::Corrupt(_)) => {}
        other => return other,
    }
    let mut readable = Vec::new();
    for id in ids {
        match stored_decisions(store, &[*id]).await {
            Err(store::Error::Corrupt(why)) => {
                tracing::error!(decision_id = %id, why, "a decision cannot be read")
            }
            other => readable.extend(other?),
        }
    }
    Ok(readable)
}

/// Returns whether the evidence points at existing text.
fn resolves(evidence: &Evidence, body: Option<&Json>) -> bool {
    let Some(json) = body.and_then(|body| body.pointer(&evidence.path)) else { return false };
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let [start, end] = evidence.span;
    let found: usize = segments(&text, &[EvidenceMark { start, end, number: 1 }])
        .iter()
        .filter(|segment| !segment.numbers.is_empty())
        .map(|segment| segment.text.chars().count())
        .sum();
    start < end && found == end - start
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn evidence_has_to_be_where_it_says() {
        let body = json!({"payload": {"size": 120, "note": "Größe"}});
        let at = |path: &str, span| {
            resolves(&Evidence { event_id: Uuid::nil().into(), path: path.into(), span }, Some(&body))
        };
        assert!(at("/payload/size", [0, 3]) && at("/payload/note", [1, 5]));
        assert!(!at("/payload/size", [0, 4]) && !at("/payload/note", [5, 5]) && !at("/payload/gone", [0, 1]));
        assert!(!resolves(
            &Evidence { event_id: Uuid::nil().into(), path: "/payload/size".into(), span: [0, 1] },
            None
        ));
    }
}
