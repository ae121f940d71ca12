//! Splits an effect into columns. `insert.sql` refers to these names.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::decision::Mode;
use engine::effect::{Effect, SCHEMA};
use engine::ids::{DecisionId, EventId, LeadId};
use serde::Serialize;
use serde_json::Value as Json;

/// A row of the warehouse.
#[derive(Serialize)]
pub struct WarehouseRow {
    /// The primary key of the events table.
    pub effect_key: String,
    remote_key: String,
    incarnation: i64,
    lead_sequence: i64,
    body: Json,
    schema_version: &'static str,
    lead_id: LeadId,
    workflow: String,
    decision_id: DecisionId,
    event_id: Option<EventId>,
    mode: Mode,
    bundle: String,
    rule_set: String,
    rule_version: u32,
    variant: Option<String>,
    rule_id: Option<String>,
    action: Action,
    assignee: Option<String>,
    confidence: Option<f64>,
    as_of: DateTime<Utc>,
    decided_at: DateTime<Utc>,
}

impl WarehouseRow {
    /// Returns the columns of an effect.
    pub fn new(effect: &Effect) -> Self {
        let origin = &effect.origin;
        Self {
            effect_key: effect.key.to_string(),
            remote_key: effect.remote_key.to_string(),
            incarnation: effect.order.incarnation,
            lead_sequence: effect.order.lead_sequence,
            body: storable(effect.body.clone()),
            schema_version: SCHEMA,
            lead_id: effect.lead.id,
            workflow: storable_text(&effect.workflow),
            decision_id: origin.decision_id,
            event_id: origin.event_id,
            mode: origin.mode,
            bundle: origin.bundle.to_string(),
            rule_set: storable_text(&origin.rule_set),
            rule_version: origin.rule_version,
            variant: origin.variant.as_deref().map(storable_text),
            rule_id: origin.rule_id.as_deref().map(storable_text),
            action: effect.action(),
            assignee: effect.assignee().map(storable_text),
            confidence: origin.confidence,
            as_of: origin.as_of,
            decided_at: effect.decided_at,
        }
    }
}

/// Replaces NUL, which Postgres cannot store in text and which a form may contain.
fn storable_text(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

fn storable(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(storable_text(&text)),
        Json::Array(items) => items.into_iter().map(storable).collect(),
        Json::Object(object) => {
            object.into_iter().map(|(key, value)| (storable_text(&key), storable(value))).collect()
        }
        other => other,
    }
}
