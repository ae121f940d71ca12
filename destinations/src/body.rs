//! What is told about a decision, the same to every destination.

use engine::canonical::{self, Digest};
use engine::decision::Decision;
use engine::ids::LeadId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The version of the form below. A change that could break a reader gets a new number.
pub const SCHEMA: &str = "meshline.decision.v1";

/// The body of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// [`SCHEMA`].
    pub schema: String,
    /// The effect's key: the same write told twice has the same.
    pub effect: Digest,
    /// The record's key: a later decision about the lead has the same.
    pub remote_key: Digest,
    /// Number of the decision among those of its lead: the highest counts.
    pub lead_sequence: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The lead, as it was known then.
    pub lead: Lead,
    /// The decision as the API gives it, without what people said later.
    pub decision: Map<String, Json>,
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
    /// What is told about a decision.
    ///
    /// # Errors
    /// When a number of the decision is not finite.
    pub fn new(
        effect: Digest,
        remote_key: Digest,
        lead_sequence: i64,
        lead: Lead,
        decision: &Decision,
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
