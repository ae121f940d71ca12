//! The contract between decisions and destinations: the body that every destination receives.

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

/// The version of the body format. A change that could break a reader gets a new version.
pub const SCHEMA: &str = "meshline.decision.v1";

/// The body of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Body")]
pub struct EffectBody {
    /// The format version, always [`SCHEMA`].
    pub schema: String,
    /// The effect's key. Sending the same write twice uses the same key.
    pub effect: Digest,
    /// The record's key. Later decisions about the lead use the same key.
    pub remote_key: Digest,
    /// The incarnation of the installation: 0 at first, and higher each time its database was restored or lost
    /// commits. Of two bodies about one record, the one with the higher incarnation is current, whatever their
    /// `lead_sequence`.
    #[serde(default)]
    pub incarnation: i64,
    /// The number of decisions made about the lead so far, by rules and by people; within an incarnation, the
    /// highest number is the current one.
    pub lead_sequence: i64,
    /// The name of the workflow.
    pub workflow: String,
    /// The lead, as identified when the decision was made.
    pub lead: EffectLead,
    /// The decision as returned by the API, without later overrides.
    pub decision: Map<String, Json>,
    /// The verdict of a person who reviewed the lead. If present, its action and parameters replace those of
    /// the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<PersonVerdict>,
}

/// The position of a decision among all decisions about a lead. Compares in the order in which they count: a decision
/// of a later incarnation replaces any of an earlier one, because those that the database lost may have had higher
/// numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct DecisionOrder {
    /// The incarnation of the installation that made the decision.
    #[serde(default)]
    pub incarnation: i64,
    /// The number of the decision within its lead.
    pub lead_sequence: i64,
}

/// A person's verdict in the body of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PersonVerdict {
    /// The ID of the verdict.
    pub verdict_id: VerdictId,
    /// The kind of the verdict.
    pub kind: VerdictKind,
    /// The person's e-mail address.
    pub by: String,
    /// When the verdict was given.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub at: DateTime<Utc>,
    /// The action to take on the lead; `hold` if it is back in the queue.
    pub action: Action,
    /// The action's parameters, including `assignee` if the lead is assigned, which is `null` if the assignment
    /// was undone.
    pub parameters: BTreeMap<String, Json>,
    /// The reason; `null` if none was given.
    pub reason: Option<String>,
}

/// The kind of a person's verdict.
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
    /// Accepts the suggestion of the rules.
    Accept,
    /// Chooses another action.
    Change,
    /// Disqualifies the lead.
    Disqualify,
    /// Withdraws the previous verdict and puts the lead back in the queue.
    GiveBack,
}

/// A lead in the body of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Lead")]
pub struct EffectLead {
    /// The ID of the lead.
    pub id: LeadId,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The company name.
    pub company: Option<String>,
    /// The company's domain.
    pub domain: Option<String>,
    /// The ID in the source system.
    pub external_id: Option<String>,
}

impl EffectBody {
    /// Creates the body for a decision, or for a verdict on it.
    ///
    /// # Errors
    /// Fails if a number in the decision is not finite.
    pub fn new(
        effect: Digest,
        remote_key: Digest,
        order: DecisionOrder,
        lead: EffectLead,
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
            incarnation: order.incarnation,
            lead_sequence: order.lead_sequence,
            workflow: decision.workflow.clone(),
            lead,
            decision: object,
            verdict,
        })
    }

    /// Returns the bytes that are stored and sent.
    ///
    /// # Errors
    /// Fails if a number is not finite.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical::bytes(self)
    }
}

/// An effect for a destination to carry out, parsed once from the bytes of a [`EffectBody`]. If there is a verdict,
/// it has already replaced the decision's action and parameters.
#[derive(Clone, PartialEq)]
pub struct Effect {
    /// The key of this write.
    pub key: Digest,
    /// The key of the record to create or update.
    pub remote_key: Digest,
    /// The position of the decision. Of two writes to one record, the later one wins.
    pub order: DecisionOrder,
    /// The name of the workflow.
    pub workflow: String,
    /// The lead, as identified when the decision was made.
    pub lead: EffectLead,
    /// The operation to carry out.
    pub instruction: Instruction,
    /// When the rules, or the person who gave the verdict, decided.
    pub decided_at: DateTime<Utc>,
    /// The decision that caused the effect.
    pub origin: EffectOrigin,
    /// The body as JSON, for destinations that store all of it.
    pub body: Json,
    /// The bytes of the body, for destinations that forward it unchanged.
    pub bytes: Vec<u8>,
}

/// The operation that an [`Effect`] requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// Carries out an action.
    Apply {
        /// The action.
        action: Action,
        /// The action's parameters, including `assignee` if the lead is assigned.
        parameters: BTreeMap<String, Json>,
    },
    /// Undoes a verdict: the lead returns to the queue and has no assignee.
    GiveBack,
}

/// The decision that caused an [`Effect`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EffectOrigin {
    /// The ID of the decision.
    pub decision_id: DecisionId,
    /// The event that was evaluated; `None` if something else triggered the decision.
    pub event_id: Option<EventId>,
    /// The mode in which the decision was made.
    pub mode: Mode,
    /// The bundle that was used.
    pub bundle: Digest,
    /// The name of the rule set.
    pub rule_set: String,
    /// The version of the rule set.
    pub rule_version: u32,
    /// The variant of an experiment.
    pub variant: Option<String>,
    /// The rule that matched.
    pub rule_id: Option<String>,
    /// The confidence of the decision, 0 to 1.
    pub confidence: Option<f64>,
    /// The time that the rules used as `now`.
    pub as_of: DateTime<Utc>,
}

/// The error returned when bytes are not the body of an effect. Contains no data about the lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// The bytes are not JSON.
    #[error("the effect's body is not JSON")]
    NotJson,
    /// The bytes are in another format, for example a later version.
    #[error("the effect's body is not in the form {SCHEMA}")]
    Form,
}

impl Effect {
    /// Parses a body.
    ///
    /// # Errors
    /// Returns an [`EffectError`] if the bytes are not a [`EffectBody`] in the format [`SCHEMA`].
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
            #[serde(flatten)]
            order: DecisionOrder,
            workflow: String,
            lead: EffectLead,
            decision: Decided,
            verdict: Option<PersonVerdict>,
        }
        let body: Json = serde_json::from_slice(&bytes).map_err(|_| EffectError::NotJson)?;
        let parts = Parts::deserialize(&body).map_err(|_| EffectError::Form)?;
        if parts.schema != SCHEMA {
            return Err(EffectError::Form);
        }
        let origin = EffectOrigin::deserialize(&body["decision"]).map_err(|_| EffectError::Form)?;
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
            order: parts.order,
            workflow: parts.workflow,
            lead: parts.lead,
            instruction,
            decided_at,
            origin,
            body,
            bytes,
        })
    }

    /// Returns the action to take; `hold` if a verdict was undone.
    pub fn action(&self) -> Action {
        match &self.instruction {
            Instruction::Apply { action, .. } => *action,
            Instruction::GiveBack => Action::Hold,
        }
    }

    /// Returns a parameter of the action, if it is a text.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        match &self.instruction {
            Instruction::Apply { parameters, .. } => parameters.get(name)?.as_str(),
            Instruction::GiveBack => None,
        }
    }

    /// Returns the e-mail address of the lead's new assignee.
    pub fn assignee(&self) -> Option<&str> {
        self.parameter("assignee")
    }
}

impl fmt::Debug for Effect {
    /// Omits all data about the lead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect")
            .field("key", &self.key)
            .field("remote_key", &self.remote_key)
            .field("order", &self.order)
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
        assert_eq!(effect.key, Digest::of(b"effect"));
        assert_eq!(
            effect.order,
            DecisionOrder { incarnation: 0, lead_sequence: 3 },
            "an older body has no incarnation"
        );
        assert_eq!((effect.origin.mode, effect.origin.rule_version), (Mode::Live, 7));
        assert_eq!(effect.bytes, body().to_string().into_bytes());
    }

    #[test]
    fn a_later_incarnation_wins_whatever_the_sequence() {
        let mut later = body();
        later["incarnation"] = 7.into();
        later["lead_sequence"] = 2.into();
        let later = parse(&later).unwrap();
        assert!(later.order > parse(&body()).unwrap().order);
        assert_eq!(later.body["incarnation"], 7);
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
        assert_eq!(effect.origin.rule_id.as_deref(), Some("tam"), "the origin is kept");
        let changed = with_verdict("change", "assign", json!({"assignee": "john@acme.example"}));
        assert_eq!((changed.assignee(), changed.parameter("pool")), (Some("john@acme.example"), None));
    }

    #[test]
    fn an_undone_verdict_is_a_separate_instruction() {
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
