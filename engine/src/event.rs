//! Inbound events, the contract at the start of a lead's path.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::identity;
use crate::limits;
use crate::problem::Problem;

pub use crate::identity::normal_email;

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
/// A JSON Schema pattern for texts without a NUL character.
pub const ANY_TEXT: &str = r"^[^\u0000]*$";
/// A JSON Schema pattern for e-mail addresses as [`normal_email`] accepts them, with a name or `mailto:` around them.
pub const EMAIL: &str = r"^[^\u0000]*[^\s\u0000](@|＠|%40)[^\u0000]+$";
/// The same, or blank.
pub const EMAIL_OR_BLANK: &str = r"^(\s*|[^\u0000]*[^\s\u0000](@|＠|%40)[^\u0000]+)$";

/// How an event identifies its lead. Blank texts are no values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadInput {
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000), regex(pattern = EMAIL_OR_BLANK))]
    pub email: Option<String>,
    /// The person's ID in the source system. A placeholder such as `undefined` or `N/A`, and a number that a spreadsheet rounded,
    /// such as `1.23457E+18`, are not used; the answer says so in `notes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300), regex(pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$"))]
    pub external_id: Option<String>,
    /// The full name. White space is folded, and invisible characters are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300), regex(pattern = ANY_TEXT))]
    pub name: Option<String>,
    /// The company name, folded like the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300), regex(pattern = ANY_TEXT))]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300), regex(pattern = ANY_TEXT))]
    pub domain: Option<String>,
}

impl LeadInput {
    /// Returns the normalized e-mail address.
    pub fn normal_email(&self) -> Option<String> {
        self.email.as_deref().and_then(normal_email)
    }

    /// Returns the person's ID, unless it is blank, a placeholder or rounded.
    pub fn trusted_id(&self) -> Option<&str> {
        identity::external_id(self.external_id.as_deref()?).ok().flatten()
    }

    /// Returns the name as it is shown.
    pub fn shown_name(&self) -> Option<String> {
        self.name.as_deref().and_then(identity::display_text)
    }

    /// Returns the company name as it is shown.
    pub fn shown_company(&self) -> Option<String> {
        self.company.as_deref().and_then(identity::display_text)
    }

    /// Returns the company's domain in lower case.
    pub fn shown_domain(&self) -> Option<String> {
        Some(self.domain.as_deref().and_then(identity::display_text)?.to_lowercase())
    }
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
    /// When it happened, if the source reports it, with an offset from UTC.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::time::sent::option::deserialize"
    )]
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
        if let Some(id) = &lead.external_id
            && !id.trim().is_empty()
        {
            check_name(&mut problems, "/lead/external_id", id, 300);
        }
        for (pointer, text) in
            [("/lead/name", &lead.name), ("/lead/company", &lead.company), ("/lead/domain", &lead.domain)]
        {
            let Some(text) = text else { continue };
            if text.contains('\0') {
                problems.push(Problem::at(pointer, "This contains a NUL character."));
            } else if text.chars().count() > 300 {
                problems.push(Problem::at(pointer, "This can be at most 300 characters long."));
            }
        }
        if let Some(email) = &lead.email
            && !email.trim().is_empty()
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

    /// Returns what the event says of its lead and is not used, with the reason.
    pub fn notes(&self) -> Vec<Note> {
        let id = self.lead.external_id.as_deref().unwrap_or_default();
        let note = identity::external_id(id)
            .err()
            .map(|why| Note { pointer: "/lead/external_id".into(), detail: why.sentence(id.trim()) });
        note.into_iter().collect()
    }
}

/// A part of an event that was accepted and is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// The JSON pointer to the part.
    pub pointer: String,
    /// Why it is not used.
    pub detail: String,
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

    fn lead(lead: LeadInput) -> EventRequest {
        let payload = serde_json::json!({});
        EventRequest {
            kind: EventKind::Form,
            source: "web".into(),
            workflow: None,
            lead,
            payload,
            occurred_at: None,
        }
    }

    #[test]
    fn blanks_are_no_values_and_white_space_is_folded() {
        let text = |text: &str| Some(text.to_owned());
        let event = lead(LeadInput {
            email: text(""),
            external_id: text(" "),
            name: text("Ana\tSilva\n"),
            company: text("  "),
            domain: text("Acme.Example\r\n"),
        });
        assert_eq!((event.check(DateTime::UNIX_EPOCH), event.notes()), (vec![], vec![]));
        let lead = &event.lead;
        assert_eq!((lead.normal_email(), lead.trusted_id(), lead.shown_company()), (None, None, None));
        assert_eq!(lead.shown_name().as_deref(), Some("Ana Silva"));
        assert_eq!(lead.shown_domain().as_deref(), Some("acme.example"));
    }

    #[test]
    fn an_id_that_is_none_is_noted() {
        for id in ["undefined", "1.23457E+18"] {
            let event = lead(LeadInput { external_id: Some(id.into()), ..LeadInput::default() });
            assert_eq!((event.check(DateTime::UNIX_EPOCH), event.lead.trusted_id()), (vec![], None));
            let notes = event.notes();
            assert_eq!((notes.len(), notes[0].pointer.as_str()), (1, "/lead/external_id"));
            assert!(notes[0].detail.contains(id), "{notes:?}");
        }
    }

    #[test]
    fn times_are_read_with_an_offset_only() {
        let read = |at: &str| {
            serde_json::from_value::<EventRequest>(serde_json::json!({
                "kind": "form", "source": "web", "payload": {}, "occurred_at": at
            }))
            .map(|event| event.occurred_at.unwrap().to_rfc3339())
            .map_err(|error| error.to_string())
        };
        for text in ["2023-05-01T14:03:00Z", "2023-05-01T14:03:00.000+0000", "Mon, 01 May 2023 14:03:00 GMT"]
        {
            assert_eq!(read(text).as_deref(), Ok("2023-05-01T14:03:00+00:00"));
        }
        assert!(read("2023-05-01 14:03").unwrap_err().contains("no offset"));
        assert!(read("01/05/2023 14:03 +00:00").unwrap_err().contains("unclear which number is the month"));
        assert!(read("soon").unwrap_err().contains("no time"));
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
