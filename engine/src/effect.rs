//! The contract between decisions and destinations: what every destination is told, the same to each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::action::Action;
use crate::canonical::{self, Digest};
use crate::decision::Decision;
use crate::ids::{LeadId, VerdictId};
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
