//! The contracts between the layers: snapshots and decisions, as they are stored, replayed and served.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::action::Action;
use crate::canonical::Digest;
use crate::ids::{DecisionId, EffectId, EventId, LeadId, ReleaseId};
use crate::rules::Step;
use crate::time::micros;

/// The mode in which a decision was made, which determines whether it has effects.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// An import; has no effects.
    Historical,
    /// A simulation; has no effects.
    Simulation,
    /// A candidate evaluated beside the live version; has no effects.
    Shadow,
    /// Effects are held until a reviewer approves them.
    AssignReview,
    /// Effects are sent.
    Live,
    /// The workflow is stopped or paused; leads go to the manual queue.
    Manual,
}

/// The reason why a decision was made.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
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
pub enum Trigger {
    /// An event was received.
    #[default]
    Event,
    /// A person requested it.
    Person,
    /// A wait ended.
    Timer,
    /// Affected leads are evaluated again.
    Redecision,
    /// A release evaluates the leads in flight again.
    Release,
    /// The lead's account changed.
    Account,
}

/// Inputs that change a decision but are not part of its bundle. They are changed outside releases; each
/// decision stores the conditions that applied to it, and a replay takes them as an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conditions {
    /// The IDs of disabled rules, which the scan skips.
    pub rules_off: BTreeSet<String>,
    /// The IDs of rules muted for the lead's account, which the scan also skips.
    pub muted: BTreeSet<String>,
    /// The weights used to pick a person, by e-mail address; empty if no pick was needed.
    pub weights: BTreeMap<String, u32>,
}

impl Conditions {
    /// Returns the rules that the scan skips.
    pub fn skipped(&self) -> BTreeSet<&str> {
        self.rules_off.iter().chain(&self.muted).map(String::as_str).collect()
    }
}

/// The place in an event where a value was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The event that holds the value.
    pub event_id: EventId,
    /// The JSON pointer into the event, for example `/payload/company_size`.
    pub path: String,
    /// The first character and the one after the last, counted in Unicode scalar values of the text at `path`.
    /// A JSON value that is not a string is read as its JSON text.
    pub span: [usize; 2],
}

/// A field as read from events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotField {
    /// The value as plain JSON; the catalogue defines its type.
    pub value: Json,
    /// The confidence of the reading, 0 to 1.
    pub confidence: f64,
    /// The places where the value was read.
    pub evidence: Vec<Evidence>,
    /// The extractor that read it.
    pub extractor: String,
    /// The version of the map that configured the extractor.
    pub map_version: u32,
}

/// The result of looking up one lead in one reference list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotList {
    /// The version of the list.
    pub version: u32,
    /// Whether any of the fields looked up is in the list; `null` if none of them is known.
    pub contains: Option<bool>,
    /// The result for each field that was looked up.
    pub by_field: BTreeMap<String, bool>,
    /// For each field found in the list, the matching entry and the parts ignored to match it. Empty in
    /// decisions stored before matches were recorded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matched: BTreeMap<String, ListMatch>,
    /// For each field at a domain for free mail, the entry that it would match if the list confirmed it. Empty in
    /// decisions stored before such entries were left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unconfirmed: BTreeMap<String, String>,
}

/// The list entry that a text matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListMatch {
    /// The entry as written in the list.
    pub entry: String,
    /// The parts that were ignored; empty if only case and spaces differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// The exact inputs of one decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The fields that were read.
    pub fields: BTreeMap<String, SnapshotField>,
    /// The results of the lists that the rules use.
    pub lists: BTreeMap<String, SnapshotList>,
}

/// The result of a rule's condition.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Outcome3 {
    /// The condition is true.
    True,
    /// The condition is false.
    False,
    /// The condition depends on something unknown.
    Unknown,
    /// The condition could not be computed.
    Error,
}

/// One rule that the scan evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceEntry {
    /// The rule's ID.
    pub rule_id: String,
    /// The result of its condition.
    pub result: Outcome3,
}

/// The reason why a rule could not be evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[schemars(rename = "Because")]
pub enum UnknownReason {
    /// The field was not found.
    Missing {
        /// The field's name.
        field: String,
    },
    /// The field was read, but with too little confidence.
    LowConfidence {
        /// The field's name.
        field: String,
        /// The confidence of the reading.
        confidence: f64,
        /// The confidence required.
        needed: f64,
    },
    /// The condition could not be computed.
    Error {
        /// A sentence that says what went wrong.
        message: String,
    },
}

/// A person's decision that differs from the rules' decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HumanOverride {
    /// The person's e-mail address.
    pub by: String,
    /// When the person decided.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub at: DateTime<Utc>,
    /// The action the person chose.
    pub action: Action,
    /// The reason given.
    pub reason: String,
}

/// A decision as returned by the API. All keys are always present.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The ID of the decision.
    pub decision_id: DecisionId,
    /// The lead, as identified when the decision was made.
    pub lead_id: LeadId,
    /// The event that was evaluated; `null` if something other than an event triggered the decision.
    pub event_id: Option<EventId>,
    /// The name of the workflow.
    pub workflow: String,
    /// The mode in which the decision was made.
    pub mode: Mode,
    /// The name of the rule set.
    pub rule_set: String,
    /// The version of the rule set.
    pub rule_version: u32,
    /// The hash of the bundle.
    pub bundle: Digest,
    /// The release that applied the bundle to this lead; `null` in decisions stored before releases existed.
    pub release: Option<ReleaseId>,
    /// The reason why the decision was made.
    pub trigger: Trigger,
    /// The variant of the experiment, if any.
    pub variant: Option<String>,
    /// The probability of this decision if it was partly random, 0 to 1; otherwise `null`.
    pub selection_probability: Option<f64>,
    /// Inputs that changed the decision but are not part of the bundle.
    pub conditions: Conditions,
    /// The rule that matched; `null` if the default applied.
    pub rule_id: Option<String>,
    /// The action that was decided.
    pub action: Action,
    /// The parameters of the action, including `assignee` if a person was picked from a pool.
    pub parameters: BTreeMap<String, Json>,
    /// The lowest confidence among the fields that the matching rule read; `null` if the default applied.
    pub confidence: Option<f64>,
    /// Risk tags and tags, in order and without duplicates.
    pub risk_tags: Vec<String>,
    /// The rule that could not be evaluated, if the scan stopped there.
    pub held_by: Option<String>,
    /// The reasons why that rule could not be evaluated.
    pub because: Vec<UnknownReason>,
    /// The inputs of the decision; `null` once the person has been erased.
    pub content_snapshot: Option<Snapshot>,
    /// Every rule that was evaluated, with its result.
    pub trace: Vec<TraceEntry>,
    /// Decisions by people that overrode this one later.
    pub human_overrides: Vec<HumanOverride>,
    /// The time that the rules used as `now`.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub as_of: DateTime<Utc>,
    /// When the decision was made.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub decided_at: DateTime<Utc>,
    /// The effects committed with the decision.
    pub effects: Vec<EffectId>,
}
