//! The contracts between the layers: snapshot and decision, as stored, replayed and served.

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

/// In which mode a decision was made, and so whether it has effects.
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
    /// An import: no effects.
    Historical,
    /// A what-if: no effects.
    Simulation,
    /// A candidate beside the live version: no effects.
    Shadow,
    /// Effects wait for a reviewer.
    AssignReview,
    /// Effects go out.
    Live,
    /// Stopped or paused: to the manual queue.
    Manual,
}

/// Why a decision was made.
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
    /// An event came in.
    #[default]
    Event,
    /// A person asked for it.
    Person,
    /// A wait ended.
    Timer,
    /// Affected leads are decided again.
    Redecision,
    /// A release decides the leads in flight again.
    Release,
    /// Something happened to the lead's account.
    Account,
}

/// What alters a decision and is not in its bundle. Changing any of it is an act of its own, outside releases; a decision
/// keeps what applied to it, and a replay takes that as an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conditions {
    /// Ids of rules that were switched off: the scan passes over them.
    pub rules_off: BTreeSet<String>,
    /// Ids of rules that were muted for the lead's account: the scan passes over them too.
    pub muted: BTreeSet<String>,
    /// The weights by which the person was picked, by e-mail address; empty where nobody was to be picked.
    pub weights: BTreeMap<String, u32>,
}

impl Conditions {
    /// Returns the rules that the scan passes over.
    pub fn skipped(&self) -> BTreeSet<&str> {
        self.rules_off.iter().chain(&self.muted).map(String::as_str).collect()
    }
}

/// Where in an event a value was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The event.
    pub event_id: EventId,
    /// JSON pointer into the event, for example `/payload/company_size`.
    pub path: String,
    /// First character and the one after the last, counted in Unicode scalar values of the text at `path`;
    /// a JSON value that is no string is read as its JSON text.
    pub span: [usize; 2],
}

/// A field as it was read from events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotField {
    /// The value, plain JSON; the catalogue tells its type.
    pub value: Json,
    /// How sure the reading is, 0 to 1.
    pub confidence: f64,
    /// Where it was read.
    pub evidence: Vec<Evidence>,
    /// Which extractor read it.
    pub extractor: String,
    /// The version of the map that named the extractor.
    pub map_version: u32,
}

/// The answer of one reference list for one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotList {
    /// The version of the list.
    pub version: u32,
    /// Whether any asked field is in it; `null` when none of them is known.
    pub contains: Option<bool>,
    /// The answer for each field that was asked.
    pub by_field: BTreeMap<String, bool>,
    /// For each field that is in it, the entry and what was left out until the two were the same. Decisions from before
    /// this was told have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matched: BTreeMap<String, ListMatch>,
}

/// The entry of a list that a text matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListMatch {
    /// The entry as it is written in the list.
    pub entry: String,
    /// What was left out; nothing where only case and spaces differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// The exact inputs of one decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The fields that were read.
    pub fields: BTreeMap<String, SnapshotField>,
    /// The answers of the lists that the rules ask.
    pub lists: BTreeMap<String, SnapshotList>,
}

/// What a rule's condition came to.
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
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It hangs on something that is not known.
    Unknown,
    /// It could not be computed.
    Error,
}

/// One scanned rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceEntry {
    /// The rule.
    pub rule_id: String,
    /// What its condition came to.
    pub result: Outcome3,
}

/// Why a rule could not be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Because {
    /// The field was not found.
    Missing {
        /// Its name.
        field: String,
    },
    /// The field was read, but not surely enough.
    LowConfidence {
        /// Its name.
        field: String,
        /// How sure the reading is.
        confidence: f64,
        /// How sure it has to be.
        needed: f64,
    },
    /// The condition could not be computed.
    Error {
        /// What went wrong, as a sentence.
        message: String,
    },
}

/// A human's different verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HumanOverride {
    /// Who.
    pub by: String,
    /// When.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub at: DateTime<Utc>,
    /// The action the person chose.
    pub action: Action,
    /// Why.
    pub reason: String,
}

/// A decision as the API gives it. All keys are always present.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Its id.
    pub decision_id: DecisionId,
    /// The lead, as it was known then.
    pub lead_id: LeadId,
    /// The event that was decided on; `null` where another trigger than an event led to the decision.
    pub event_id: Option<EventId>,
    /// The workflow's name.
    pub workflow: String,
    /// The mode.
    pub mode: Mode,
    /// The rule set's name.
    pub rule_set: String,
    /// The rule set's version.
    pub rule_version: u32,
    /// The bundle's hash.
    pub bundle: Digest,
    /// The release that brought the bundle to this lead; `null` in decisions from before releases were kept.
    pub release: Option<ReleaseId>,
    /// Why the decision was made.
    pub trigger: Trigger,
    /// The experiment's variant, if any.
    pub variant: Option<String>,
    /// The probability of this decision where chance took part in it, 0 to 1; else `null`.
    pub selection_probability: Option<f64>,
    /// What altered the decision and is not in the bundle.
    pub conditions: Conditions,
    /// The rule that fired; `null` by default.
    pub rule_id: Option<String>,
    /// What was decided.
    pub action: Action,
    /// The action's parameters, with `assignee` where a pool picked somebody.
    pub parameters: BTreeMap<String, Json>,
    /// The least confidence among the fields the fired rule read; `null` by default.
    pub confidence: Option<f64>,
    /// Risk tags and tags, each once, in order.
    pub risk_tags: Vec<String>,
    /// The rule that could not be told, if the scan stopped there.
    pub held_by: Option<String>,
    /// Why it could not be told.
    pub because: Vec<Because>,
    /// The inputs; `null` once the person has been erased.
    pub content_snapshot: Option<Snapshot>,
    /// Each scanned rule and what it came to.
    pub trace: Vec<TraceEntry>,
    /// What people said differently since.
    pub human_overrides: Vec<HumanOverride>,
    /// `now`, as the rules saw it.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub as_of: DateTime<Utc>,
    /// When it was decided.
    #[serde(with = "micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub decided_at: DateTime<Utc>,
    /// The effects that were committed with it.
    pub effects: Vec<EffectId>,
}
