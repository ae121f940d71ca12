//! The actions and tags that a rule can apply to a lead.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// The action that a decision takes on a lead.
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
    /// Moves the lead to the next stage.
    Advance,
    /// Keeps the lead warm until it is ready.
    Nurture,
    /// Disqualifies the lead.
    Reject,
    /// Assigns the lead to a member of a pool.
    Assign,
    /// Holds the lead for manual review.
    Hold,
    /// Escalates the lead to a senior person.
    Escalate,
}

impl Action {
    /// Returns whether a rule set may use this action as its default: only the two that do no harm.
    pub fn is_safe_default(self) -> bool {
        matches!(self, Self::Hold | Self::Nurture)
    }

    /// Returns the action that applies once a reviewer agrees: agreeing with `hold` or `escalate` advances the
    /// lead.
    pub fn agreed(self) -> Self {
        if matches!(self, Self::Hold | Self::Escalate) { Self::Advance } else { self }
    }
}

/// One item of a rule's `then`: an action with its parameters, or a tag.
///
/// In a file it is written `advance`, `{assign: {pool: enterprise-ae}}` or `{tag: hot}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Consequence {
    /// Takes an action and ends the scan.
    Act {
        /// The action to take.
        action: Action,
        /// The action's parameters, for example `pool` and `meeting`.
        parameters: BTreeMap<String, Json>,
    },
    /// Adds a tag to the decision; the scan continues.
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
                    "`{other}` is not an action; write `advance` or `{{assign: {{pool: …}}}}`"
                )));
            }
        };
        if name == "tag" {
            return body
                .as_str()
                .map(|tag| Self::Tag(tag.to_owned()))
                .ok_or_else(|| D::Error::custom("a tag must be a single word, as in `{tag: hot}`"));
        }
        let action = name.parse().map_err(|_| {
            D::Error::custom(format!(
                "`{name}` is not an action; use advance, nurture, reject, assign, hold, escalate or tag"
            ))
        })?;
        let parameters = match body {
            Json::Null => BTreeMap::new(),
            Json::Object(map) => map.into_iter().collect(),
            other => {
                return Err(D::Error::custom(format!(
                    "the parameters of `{name}` must be named, as in `{{{name}: {{key: value}}}}`, not `{other}`"
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
            "description": "An action name, an action with parameters, or a tag.",
            "anyOf": [
                action,
                { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": {
                    "advance": {"type": "object"}, "nurture": {"type": "object"}, "reject": {"type": "object"},
                    "assign": {"type": "object"}, "hold": {"type": "object"}, "escalate": {"type": "object"}, "tag": {"type": "string"} } }
            ]
        })
    }
}
