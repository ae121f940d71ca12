//! Replays stored decisions: the same bundle on the same snapshot yields the same bytes.

use std::collections::BTreeMap;

use engine::action::Action;
use engine::bundle::{Bundle, StoredPick};
use engine::decision::{Decision, Snapshot};
use engine::ids::DecisionId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Pipeline;

/// What deciding again came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Replay")]
pub struct ReplayResult {
    /// Whether the bytes are the same; `null` if the bytes can no longer be compared.
    pub same: Option<bool>,
    /// Why the bytes cannot be compared: `erased`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The first part that differs, with what is stored and what came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Json>,
}

impl Pipeline {
    /// Replays a stored decision and compares the results.
    ///
    /// # Errors
    /// Returns [`store::Error::NotFound`] if the decision does not exist.
    pub async fn replay(&self, id: DecisionId) -> store::Result<ReplayResult> {
        let stored = store::log::stored_decision(self.store(), id).await?;
        let decision = stored.decision;
        let Some(snapshot) = decision.content_snapshot.clone() else {
            return Ok(ReplayResult { same: None, reason: Some("erased"), difference: None });
        };
        let bundle = self.bundles().get(&decision.bundle).await?;
        let pick: Option<StoredPick> = stored.pick.map(serde_json::from_value).transpose()?;
        let difference =
            compare(&decision, pick.as_ref(), &again(&bundle, &decision, &snapshot, pick.as_ref())?)?;
        Ok(ReplayResult { same: Some(difference.is_none()), reason: None, difference })
    }
}

fn again(
    bundle: &Bundle,
    decision: &Decision,
    snapshot: &Snapshot,
    pick: Option<&StoredPick>,
) -> store::Result<Json> {
    let verdict = bundle.decide(snapshot, decision.as_of, &decision.conditions);
    let mut parameters: BTreeMap<String, Json> = verdict.parameters.clone();
    let repicked = match (verdict.action, bundle.pool_of(&verdict), pick) {
        (Action::Assign, Some(pool), Some(pick)) => Some(bundle.pick(pool, pick.inputs.clone())),
        _ => None,
    };
    if let Some(picked) = repicked.as_ref().and_then(|stored| stored.pick.as_ref()) {
        parameters.insert("assignee".into(), picked.assignee.clone().into());
    }
    Ok(json!({
        "rule_id": verdict.rule_id, "action": verdict.action, "parameters": parameters, "confidence": verdict.confidence,
        "risk_tags": verdict.tags, "held_by": verdict.held_by, "because": verdict.because, "trace": verdict.trace, "pick": repicked,
    }))
}

/// Returns the first part of a decision whose canonical bytes differ.
fn compare(decision: &Decision, pick: Option<&StoredPick>, again: &Json) -> store::Result<Option<Json>> {
    let stored = json!({
        "rule_id": decision.rule_id, "action": decision.action, "parameters": decision.parameters, "confidence": decision.confidence,
        "risk_tags": decision.risk_tags, "held_by": decision.held_by, "because": decision.because, "trace": decision.trace, "pick": pick,
    });
    let Some(parts) = stored.as_object() else { return Ok(None) };
    for (part, before) in parts {
        let after = &again[part];
        if engine::canonical::bytes(before)? != engine::canonical::bytes(after)? {
            return Ok(Some(json!({ "part": part, "stored": before, "again": after })));
        }
    }
    Ok(None)
}
