//! The meeting that an effect requests, as the calendar's owner sees it.

use engine::action::Action;
use engine::canonical::Digest;
use engine::effect::{Effect, EffectLead};

use super::event::{CalendarEvent, DecisionMark, address, one_line};
use super::slots::TimeSpan;

/// A requested meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting<'a> {
    /// The kind of meeting.
    pub kind: &'a str,
    /// The e-mail address of the person whose calendar it belongs in.
    pub assignee: &'a str,
}

impl<'a> Meeting<'a> {
    /// Returns the meeting that an effect requests, if any.
    pub fn wanted(effect: &'a Effect) -> Option<Self> {
        let kind = effect.parameter("meeting").filter(|kind| !kind.is_empty())?;
        let assignee = effect.assignee()?;
        (effect.action() == Action::Assign).then_some(Self { kind, assignee })
    }
}

/// Returns the event for a meeting at this time.
pub fn event(
    effect: &Effect,
    uid: String,
    mark: DecisionMark,
    slot_by: Option<Digest>,
    span: TimeSpan,
) -> CalendarEvent {
    let EffectLead { email, name, company, .. } = &effect.lead;
    let shown = |text: &Option<String>| text.as_deref().map(one_line).filter(|text| !text.is_empty());
    let who = shown(name).or_else(|| shown(email)).unwrap_or_else(|| "a new lead".into());
    let who = shown(company).map_or_else(|| who.clone(), |company| format!("{who}, {company}"));
    let kind = one_line(Meeting::wanted(effect).map_or("", |meeting| meeting.kind)).replace(['_', '-'], " ");
    let mut kind = kind.chars();
    let kind: String = kind.next().into_iter().flat_map(char::to_uppercase).chain(kind).collect();
    let attendee = email.as_deref().and_then(address).map(str::to_owned);
    let mut description = format!("Booked by Meshline, workflow {}.", one_line(&effect.workflow));
    if let Some(email) = &attendee {
        description.push_str(&format!("\nE-mail: {email}"));
    }
    CalendarEvent {
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
