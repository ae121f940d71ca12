//! What a rule can do with a lead.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// What is decided about a lead.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Action {
    /// Moves to the next stage.
    Advance,
    /// Stays warm until it is ready.
    Nurture,
    /// Is disqualified.
    Reject,
    /// Goes to a person of a pool.
    Assign,
    /// Waits for a person to look.
    Hold,
    /// Goes to somebody senior.
    Escalate,
}

impl Action {
    /// Whether a rule set may fall back on it: the two that do no harm.
    pub fn is_safe_default(self) -> bool {
        matches!(self, Self::Hold | Self::Nurture)
    }

    /// What it comes to when a person agrees. Who is asked to look, and finds the lead worth it, moves it on.
    pub fn agreed(self) -> Self {
        if matches!(self, Self::Hold | Self::Escalate) { Self::Advance } else { self }
    }
}

/// One item of a rule's `then`: an action with parameters, or a tag.
///
/// In a file it is `advance`, `{assign: {pool: enterprise-ae}}` or `{tag: hot}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Consequence {
    /// Decides, and ends the scan.
    Act {
        /// What is decided.
        action: Action,
        /// Its parameters, for example `pool` and `meeting`.
        parameters: BTreeMap<String, Json>,
    },
    /// Marks the decision and lets the scan go on.
    Tag(String),
}

impl Serialize for Consequence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Act { action, parameters } if parameters.is_empty() => action.serialize(serializer),
            Self::Act { action, parameters } => {
                BTreeMap::from([(<&str>::from(action), parameters)]).serialize(serializer)
            }
            Self::Tag(tag) => BTreeMap::from([("tag", tag)]).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Consequence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, body) = match Json::deserialize(deserializer)? {
            Json::String(name) => (name, Json::Null),
            Json::Object(map) if map.len() == 1 => map.into_iter().next().unwrap_or_default(),
            other => {
                return Err(D::Error::custom(format!(
                    "`{other}` is no action; write `advance` or `{{assign: {{pool: …}}}}`"
                )));
            }
        };
        if name == "tag" {
            return body
                .as_str()
                .map(|tag| Self::Tag(tag.to_owned()))
                .ok_or_else(|| D::Error::custom("a tag is a word, as in `{tag: hot}`"));
        }
        let action = name.parse().map_err(|_| {
            D::Error::custom(format!(
                "`{name}` is no action; there are advance, nurture, reject, assign, hold, escalate and tag"
            ))
        })?;
        let parameters = match body {
            Json::Null => BTreeMap::new(),
            Json::Object(map) => map.into_iter().collect(),
            other => {
                return Err(D::Error::custom(format!(
                    "the parameters of `{name}` are written by name, not `{other}`"
                )));
            }
        };
        Ok(Self::Act { action, parameters })
    }
}

impl JsonSchema for Consequence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Consequence".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let action = generator.subschema_for::<Action>();
        schemars::json_schema!({
            "description": "An action by its name, an action with parameters, or a tag.",
            "anyOf": [
                action,
                { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
                    "advance": {"type": "object"}, "nurture": {"type": "object"}, "reject": {"type": "object"},
                    "assign": {"type": "object"}, "hold": {"type": "object"}, "escalate": {"type": "object"}, "tag": {"type": "string"} } }
            ]
        })
    }
}
