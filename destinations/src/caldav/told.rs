//! What a decision says about a meeting, and the meeting as the calendar's owner is to see it.

use engine::canonical::Digest;
use serde::Deserialize;

use super::event::{Event, Mark, address, one_line};
use super::slots::Span;

/// What of a body matters here.
#[derive(Deserialize)]
pub struct Told {
    workflow: String,
    lead: Lead,
    decision: Decision,
    /// What a person decided instead.
    verdict: Option<Decision>,
}

#[derive(Deserialize)]
struct Lead {
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
}

#[derive(Deserialize)]
struct Decision {
    action: String,
    parameters: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    meeting: Option<String>,
    assignee: Option<String>,
}

impl Told {
    /// The kind of meeting and whose, when one is wanted.
    pub fn meeting(&self) -> Option<(&str, &str)> {
        let Decision { action, parameters } = self.verdict.as_ref().unwrap_or(&self.decision);
        let wanted = parameters.meeting.as_deref().zip(parameters.assignee.as_deref());
        wanted.filter(|(meeting, _)| action == "assign" && !meeting.is_empty())
    }

    /// The meeting, at this time.
    pub fn event(&self, uid: String, mark: Mark, slot_by: Option<Digest>, span: Span) -> Event {
        let Lead { email, name, company } = &self.lead;
        let said = |text: &Option<String>| text.as_deref().map(one_line).filter(|text| !text.is_empty());
        let who = said(name).or_else(|| said(email)).unwrap_or_else(|| "a new lead".into());
        let who = said(company).map_or_else(|| who.clone(), |company| format!("{who}, {company}"));
        let kind = one_line(self.meeting().map_or("", |(meeting, _)| meeting)).replace(['_', '-'], " ");
        let mut kind = kind.chars();
        let kind: String = kind.next().into_iter().flat_map(char::to_uppercase).chain(kind).collect();
        let attendee = email.as_deref().and_then(address).map(str::to_owned);
        let mut description = format!("Booked by Meshline, workflow {}.", one_line(&self.workflow));
        if let Some(email) = &attendee {
            description.push_str(&format!("\nE-mail: {email}"));
        }
        Event {
            uid,
            mark: Some(mark),
            slot_by,
            revision: 0,
            span,
            is_cancelled: false,
            summary: format!("{kind} meeting: {who}"),
            description: Some(description),
            attendee,
        }
    }
}
