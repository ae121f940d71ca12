//! Inbound events, the contract at the start of a lead's path.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::limits;
use crate::problem::Problem;

/// The kind of signal that an event carries.
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
    /// A web form was submitted.
    Form,
    /// An e-mail was received.
    Email,
    /// A transcript of a chat or call.
    Conversation,
    /// Usage reported by a product.
    Telemetry,
    /// A visit, a click or an attendance.
    Touchpoint,
    /// Data from an enrichment provider.
    Enrichment,
    /// A change in a company's data.
    Account,
    /// A change in the CRM.
    Crm,
}

/// A JSON Schema pattern (ECMA-262) for texts that are not blank and contain no control characters.
pub const PLAIN_TEXT: &str =
    r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";
/// A JSON Schema pattern for the e-mail addresses that [`normal_email`] accepts.
pub const EMAIL: &str = r"^[^\s@\u0000-\u001F\u007F-\u009F]+@[^\s@.\u0000-\u001F\u007F-\u009F]([^\s@\u0000-\u001F\u007F-\u009F]*[^\s@.\u0000-\u001F\u007F-\u009F])?$";

/// How an event identifies its lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadInput {
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 320), regex(pattern = EMAIL))]
    pub email: Option<String>,
    /// The person's ID in the source system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub external_id: Option<String>,
    /// The full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub name: Option<String>,
    /// The company name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub domain: Option<String>,
}

/// An event as sent by a caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventRequest {
    /// The kind of signal.
    pub kind: EventKind,
    /// The system that the event comes from.
    #[schemars(length(min = 1, max = 100), regex(pattern = PLAIN_TEXT))]
    pub source: String,
    /// The workflow that receives the event; by default, the one that is routed for this kind and source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), regex(pattern = PLAIN_TEXT))]
    pub workflow: Option<String>,
    /// The lead that the event is about.
    #[serde(default)]
    pub lead: LeadInput,
    /// The content of the signal, a JSON object.
    #[schemars(with = "serde_json::Map<String, Json>")]
    pub payload: Json,
    /// When it happened, if the source reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
}

impl EventRequest {
    /// Checks the event and returns every problem found. `now` limits `occurred_at`.
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
            problems.push(Problem::at("/lead/email", "This is not a valid e-mail address."));
        }
        if !self.payload.is_object() {
            problems.push(Problem::at("/payload", "The payload must be a JSON object."));
        }
        if has_nul(&self.payload) {
            problems.push(Problem::at("/payload", "The payload contains a NUL character."));
        }
        if depth(&self.payload) > limits::JSON_DEPTH {
            problems.push(Problem::at(
                "/payload",
                format!("The payload is nested more than {} levels deep.", limits::JSON_DEPTH),
            ));
        }
        if self.occurred_at.is_some_and(|at| at > now + TimeDelta::minutes(limits::FUTURE_MINUTES)) {
            problems.push(Problem::at(
                "/occurred_at",
                format!("This time is more than {} minutes in the future.", limits::FUTURE_MINUTES),
            ));
        }
        if self.occurred_at.is_some_and(|at| at.timestamp() < 0) {
            problems.push(Problem::at("/occurred_at", "This time is before 1970."));
        }
        problems
    }
}

/// Trims an e-mail address and converts it to lower case; returns `None` if it is not a valid address. Dots and
/// plus signs are kept, since their meaning depends on the provider.
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
            format!("This must be 1 to {chars} characters long and contain no control characters."),
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
