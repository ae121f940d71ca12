//! The contract between decisions and destinations: what every destination is told, the same to each.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::action::Action;
use crate::canonical::{self, Digest};
use crate::decision::{Decision, Mode};
use crate::ids::{DecisionId, EventId, LeadId, VerdictId};
use crate::time::micros;

/// The version of the form below. A change that could break a reader gets a new number.
pub const SCHEMA: &str = "meshline.decision.v1";

/// The body of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// [`SCHEMA`].
    pub schema: String,
    /// The effect's key: the same write told twice has the same.
    pub effect: Digest,
    /// The record's key: whatever is decided about the lead later has the same.
    pub remote_key: Digest,
    /// Counts what was decided about the lead, by the rules and by people: the highest counts.
    pub lead_sequence: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The lead, as it was known then.
    pub lead: Lead,
    /// The decision as the API gives it, without what people said later.
    pub decision: Map<String, Json>,
    /// What a person decided about the lead that waited with this decision. Where it is there, its action and parameters
    /// count, and not the decision's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<PersonVerdict>,
}

/// A person's verdict in a [`Body`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PersonVerdict {
    /// Its id.
    pub verdict_id: VerdictId,
    /// What kind it is.
    pub kind: VerdictKind,
    /// Who gave it, by e-mail address.
    pub by: String,
    /// When.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub at: DateTime<Utc>,
    /// What is to be done with the lead; `hold` where it waits again.
    pub action: Action,
    /// The action's parameters, with `assignee` where somebody gets the lead, and `null` there where nobody has it any more.
    pub parameters: BTreeMap<String, Json>,
    /// Why; `null` where the person gave none.
    pub reason: Option<String>,
}

/// What kind of verdict a person gives.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum VerdictKind {
    /// What the rules suggest.
    Accept,
    /// Another action.
    Change,
    /// Out.
    Disqualify,
    /// None after all: the verdict before was taken back, and the lead waits again.
    GiveBack,
}

/// A lead in a [`Body`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// Company domain.
    pub domain: Option<String>,
    /// The id its source gave it.
    pub external_id: Option<String>,
}

impl Body {
    /// What is told about a decision, or about a verdict on it.
    ///
    /// # Errors
    /// When a number of the decision is not finite.
    pub fn new(
        effect: Digest,
        remote_key: Digest,
        lead_sequence: i64,
        lead: Lead,
        decision: &Decision,
        verdict: Option<PersonVerdict>,
    ) -> Result<Self, serde_json::Error> {
        let mut object = match serde_json::to_value(decision)? {
            Json::Object(object) => object,
            _ => Map::new(),
        };
        object.shift_remove("human_overrides");
        Ok(Self {
            schema: SCHEMA.into(),
            effect,
            remote_key,
            lead_sequence,
            workflow: decision.workflow.clone(),
            lead,
            decision: object,
            verdict,
        })
    }

    /// The bytes that are stored and sent.
    ///
    /// # Errors
    /// When a number is not finite.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical::bytes(self)
    }
}

/// What a destination has to carry out, read once from the bytes of a [`Body`]. A person's verdict is already applied: what it
/// says replaces what the decision said.
#[derive(Clone, PartialEq)]
pub struct Effect {
    /// The key of this one write.
    pub key: Digest,
    /// The key of the record that it makes or changes.
    pub remote_key: Digest,
    /// Counts what was decided about the lead: of two writes to one record, the higher one wins.
    pub lead_sequence: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The lead, as it was known when it was decided.
    pub lead: Lead,
    /// What to do.
    pub instruction: Instruction,
    /// When that was decided, by the rules or by the person whose verdict it is.
    pub decided_at: DateTime<Utc>,
    /// The decision behind it.
    pub origin: Origin,
    /// The body as JSON, for destinations that keep all of it.
    pub body: Json,
    /// The body's bytes, for destinations that pass it on unchanged.
    pub bytes: Vec<u8>,
}

/// What an [`Effect`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// Carry out an action.
    Apply {
        /// The action.
        action: Action,
        /// Its parameters, with `assignee` where somebody gets the lead.
        parameters: BTreeMap<String, Json>,
    },
    /// Undo what a verdict asked for: the lead waits in the queue again, and nobody has it.
    GiveBack,
}

/// The decision behind an [`Effect`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Origin {
    /// The decision.
    pub decision_id: DecisionId,
    /// The event that was decided; `None` where it was something else about the lead.
    pub event_id: Option<EventId>,
    /// In which mode.
    pub mode: Mode,
    /// The bundle that decided.
    pub bundle: Digest,
    /// Its rule set.
    pub rule_set: String,
    /// The rule set's version.
    pub rule_version: u32,
    /// The variant of an experiment.
    pub variant: Option<String>,
    /// The rule that was true.
    pub rule_id: Option<String>,
    /// How sure the decision is, from 0 to 1.
    pub confidence: Option<f64>,
    /// The instant as of which it was decided.
    pub as_of: DateTime<Utc>,
}

/// Why bytes are not the body of an effect. Holds nothing of the lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// They are not JSON.
    #[error("the effect's body is not JSON")]
    NotJson,
    /// They are in another form, for example that of a later version.
    #[error("the effect's body is not in the form {SCHEMA}")]
    Form,
}

impl Effect {
    /// Reads a body.
    ///
    /// # Errors
    /// [`EffectError`] when the bytes are not a [`Body`] in the form of [`SCHEMA`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, EffectError> {
        #[derive(Deserialize)]
        struct Decided {
            action: Action,
            parameters: BTreeMap<String, Json>,
            decided_at: DateTime<Utc>,
        }
        #[derive(Deserialize)]
        struct Parts {
            schema: String,
            effect: Digest,
            remote_key: Digest,
            lead_sequence: i64,
            workflow: String,
            lead: Lead,
            decision: Decided,
            verdict: Option<PersonVerdict>,
        }
        let body: Json = serde_json::from_slice(&bytes).map_err(|_| EffectError::NotJson)?;
        let parts = Parts::deserialize(&body).map_err(|_| EffectError::Form)?;
        if parts.schema != SCHEMA {
            return Err(EffectError::Form);
        }
        let origin = Origin::deserialize(&body["decision"]).map_err(|_| EffectError::Form)?;
        let Decided { action, parameters, decided_at } = parts.decision;
        let (instruction, decided_at) = match parts.verdict {
            None => (Instruction::Apply { action, parameters }, decided_at),
            Some(verdict) if verdict.kind == VerdictKind::GiveBack => (Instruction::GiveBack, verdict.at),
            Some(PersonVerdict { action, parameters, at, .. }) => {
                (Instruction::Apply { action, parameters }, at)
            }
        };
        Ok(Self {
            key: parts.effect,
            remote_key: parts.remote_key,
            lead_sequence: parts.lead_sequence,
            workflow: parts.workflow,
            lead: parts.lead,
            instruction,
            decided_at,
            origin,
            body,
            bytes,
        })
    }

    /// Returns the action that counts: `hold` where a verdict was undone.
    pub fn action(&self) -> Action {
        match &self.instruction {
            Instruction::Apply { action, .. } => *action,
            Instruction::GiveBack => Action::Hold,
        }
    }

    /// Returns a parameter of the action that is a text.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        match &self.instruction {
            Instruction::Apply { parameters, .. } => parameters.get(name)?.as_str(),
            Instruction::GiveBack => None,
        }
    }

    /// Returns the e-mail address of the person who has the lead from now on.
    pub fn assignee(&self) -> Option<&str> {
        self.parameter("assignee")
    }
}

impl fmt::Debug for Effect {
    /// Leaves out everything about the lead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect")
            .field("key", &self.key)
            .field("remote_key", &self.remote_key)
            .field("lead_sequence", &self.lead_sequence)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn body() -> Json {
        let id = Uuid::from_u128;
        json!({
            "schema": SCHEMA, "effect": Digest::of(b"effect"), "remote_key": Digest::of(b"record"), "lead_sequence": 3, "workflow": "inbound-form",
            "lead": {"id": id(1), "email": "zoltan@beta.example", "name": null, "company": null, "domain": null, "external_id": null},
            "decision": {
                "decision_id": id(2), "lead_id": id(1), "event_id": id(3), "workflow": "inbound-form", "mode": "live", "rule_set": "inbound-form",
                "rule_version": 7, "bundle": Digest::of(b"bundle"), "variant": null, "rule_id": "tam", "action": "assign",
                "parameters": {"pool": "ae", "assignee": "jane@acme.example"}, "confidence": 0.91, "as_of": "2026-11-22T09:00:00.000000Z",
                "decided_at": "2026-11-22T09:00:00.012345Z",
            },
        })
    }

    fn parse(body: &Json) -> Result<Effect, EffectError> {
        Effect::parse(body.to_string().into_bytes())
    }

    fn with_verdict(kind: &str, action: &str, parameters: Json) -> Effect {
        let mut body = body();
        body["verdict"] = json!({
            "verdict_id": Uuid::from_u128(4), "kind": kind, "by": "sam@acme.example", "at": "2026-11-22T09:05:00.000000Z", "action": action,
            "parameters": parameters, "reason": null,
        });
        parse(&body).unwrap()
    }

    #[test]
    fn without_a_verdict_the_decision_counts() {
        let effect = parse(&body()).unwrap();
        assert_eq!((effect.action(), effect.assignee()), (Action::Assign, Some("jane@acme.example")));
        assert_eq!((effect.parameter("pool"), effect.parameter("meeting")), (Some("ae"), None));
        assert_eq!(effect.decided_at.to_rfc3339(), "2026-11-22T09:00:00.012345+00:00");
        assert_eq!((effect.key, effect.lead_sequence), (Digest::of(b"effect"), 3));
        assert_eq!((effect.origin.mode, effect.origin.rule_version), (Mode::Live, 7));
        assert_eq!(effect.bytes, body().to_string().into_bytes());
    }

    #[test]
    fn a_decision_about_no_event_has_none() {
        let mut body = body();
        body["decision"]["event_id"] = Json::Null;
        assert_eq!(parse(&body).unwrap().origin.event_id, None);
    }

    #[test]
    fn a_verdict_replaces_action_parameters_and_time() {
        let effect = with_verdict("disqualify", "reject", json!({}));
        assert_eq!((effect.action(), effect.assignee()), (Action::Reject, None));
        assert_eq!(effect.decided_at.to_rfc3339(), "2026-11-22T09:05:00+00:00");
        assert_eq!(effect.origin.rule_id.as_deref(), Some("tam"), "where it comes from stays");
        let changed = with_verdict("change", "assign", json!({"assignee": "john@acme.example"}));
        assert_eq!((changed.assignee(), changed.parameter("pool")), (Some("john@acme.example"), None));
    }

    #[test]
    fn an_undone_verdict_is_an_instruction_of_its_own() {
        let effect = with_verdict("give_back", "hold", json!({"assignee": null}));
        assert_eq!(effect.instruction, Instruction::GiveBack);
        assert_eq!((effect.action(), effect.assignee()), (Action::Hold, None));
    }

    #[test]
    fn other_bytes_are_refused_without_repeating_them() {
        let mut later = body();
        later["schema"] = "meshline.decision.v2".into();
        let mut incomplete = body();
        incomplete["decision"]["action"] = "zoltan".into();
        for (bytes, error) in [
            (b"zoltan \x7f".to_vec(), EffectError::NotJson),
            (later.to_string().into_bytes(), EffectError::Form),
            (incomplete.to_string().into_bytes(), EffectError::Form),
        ] {
            assert_eq!(Effect::parse(bytes).unwrap_err(), error);
            assert!(!error.to_string().contains("zoltan"));
        }
        assert!(!format!("{:?}", parse(&body()).unwrap()).contains("zoltan"));
    }
}
