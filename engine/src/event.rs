//! Inbound events as they are told to Meshline: the first contract of a lead's way.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::limits;
use crate::problem::Problem;

/// What kind of signal an event is.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    /// A web form was sent.
    Form,
    /// An e-mail came in.
    Email,
    /// A chat or a call was transcribed.
    Conversation,
    /// A product reported use.
    Telemetry,
    /// A visit, a click, an attendance.
    Touchpoint,
    /// A data provider answered.
    Enrichment,
    /// Something about a company.
    Account,
    /// Something changed in the CRM.
    Crm,
}

/// Texts with something to read and no control character in them, as a pattern of JSON Schema (ECMA-262).
pub const PLAIN_TEXT: &str =
    r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";
/// E-mail addresses that [`normal_email`] takes, as a pattern of JSON Schema.
pub const EMAIL: &str = r"^[^\s@\u0000-\u001F\u007F-\u009F]+@[^\s@.\u0000-\u001F\u007F-\u009F]([^\s@\u0000-\u001F\u007F-\u009F]*[^\s@.\u0000-\u001F\u007F-\u009F])?$";

/// How an event names its lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadInput {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 320), regex(pattern = EMAIL))]
    pub email: Option<String>,
    /// The source's own id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub external_id: Option<String>,
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub name: Option<String>,
    /// Company name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub company: Option<String>,
    /// Company domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub domain: Option<String>,
}

/// An event as a caller tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventRequest {
    /// What kind of signal it is.
    pub kind: EventKind,
    /// Which system it comes from.
    #[schemars(length(min = 1, max = 100), regex(pattern = PLAIN_TEXT))]
    pub source: String,
    /// The workflow that takes it; without one, the only route of (kind, source).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), regex(pattern = PLAIN_TEXT))]
    pub workflow: Option<String>,
    /// Whom it is about.
    #[serde(default)]
    pub lead: LeadInput,
    /// The signal itself, an object.
    #[schemars(with = "serde_json::Map<String, Json>")]
    pub payload: Json,
    /// When it happened, if the source knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
}

impl EventRequest {
    /// Everything that is wrong with the event; `now` bounds `occurred_at`.
    pub fn check(&self, now: DateTime<Utc>) -> Vec<Problem> {
        let mut problems = Vec::new();
        check_name(&mut problems, "/source", &self.source, limits::NAME_CHARS);
        if let Some(workflow) = &self.workflow {
            check_name(&mut problems, "/workflow", workflow, limits::NAME_CHARS);
        }
        let lead = &self.lead;
        let texts = [
            ("/lead/external_id", &lead.external_id),
            ("/lead/name", &lead.name),
            ("/lead/company", &lead.company),
            ("/lead/domain", &lead.domain),
        ];
        for (pointer, text) in texts {
            if let Some(text) = text {
                check_name(&mut problems, pointer, text, 300);
            }
        }
        if let Some(email) = &lead.email
            && normal_email(email).is_none()
        {
            problems.push(Problem::at("/lead/email", "This is no e-mail address."));
        }
        if !self.payload.is_object() {
            problems.push(Problem::at("/payload", "The payload is an object."));
        }
        if has_nul(&self.payload) {
            problems.push(Problem::at("/payload", "The payload has a NUL character in it."));
        }
        if depth(&self.payload) > limits::JSON_DEPTH {
            problems.push(Problem::at(
                "/payload",
                format!("The payload is nested deeper than {} levels.", limits::JSON_DEPTH),
            ));
        }
        if self.occurred_at.is_some_and(|at| at > now + TimeDelta::minutes(limits::FUTURE_MINUTES)) {
            problems.push(Problem::at(
                "/occurred_at",
                format!("This is more than {} minutes in the future.", limits::FUTURE_MINUTES),
            ));
        }
        if self.occurred_at.is_some_and(|at| at.timestamp() < 0) {
            problems.push(Problem::at("/occurred_at", "This is before 1970."));
        }
        problems
    }
}

/// Trimmed and in lower case; `None` when it cannot be an address. Nothing is done to dots or plus signs: what a
/// provider makes of them is not ours to know.
pub fn normal_email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let fits = text.len() <= 320
        && plain(local)
        && plain(domain)
        && !domain.starts_with('.')
        && !domain.ends_with('.');
    fits.then_some(text)
}

fn check_name(problems: &mut Vec<Problem>, pointer: &str, text: &str, chars: usize) {
    if text.trim().is_empty() || text.chars().count() > chars || text.contains(char::is_control) {
        problems.push(Problem::at(
            pointer,
            format!("This is 1 to {chars} characters, none of them a control character."),
        ));
    }
}

fn has_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(has_nul),
        Json::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_space() {
        assert_eq!(normal_email(" Ana@Acme.Example ").as_deref(), Some("ana@acme.example"));
        for wrong in
            ["", "ana", "@acme.example", "ana@", "a na@acme.example", "ana@.example", "ana@acme.example\0"]
        {
            assert_eq!(normal_email(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn every_bad_part_is_named() {
        let now: DateTime<Utc> = "2026-11-22T09:00:00Z".parse().unwrap();
        let event = EventRequest {
            kind: EventKind::Form,
            source: " ".into(),
            workflow: Some("a\nb".into()),
            lead: LeadInput { email: Some("nobody".into()), ..LeadInput::default() },
            payload: serde_json::json!(["\0"]),
            occurred_at: Some(now + TimeDelta::minutes(6)),
        };
        let pointers: Vec<String> = event.check(now).into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(pointers, ["/source", "/workflow", "/lead/email", "/payload", "/payload", "/occurred_at"]);
    }
}
