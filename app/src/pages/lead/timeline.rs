//! The lead's timeline, newest first.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine::action::Action;
use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::outcomes::Outcome;
use store::queue::{Kind, PastVerdict};
use store::reads::lead_page::{DecisionEntry, MergeEntry};
use store::sync::lists::{Effect, EffectState};

use super::load::LeadData;
use crate::texts::{part, texts};
use crate::ui::{number, series, titles, words};

/// Entries to show at once; older ones are folded.
const SHOWN: usize = 14;

/// An entry of the timeline. Entries without a time sort first, because their position is unknown. At the
/// same instant, the higher `kind` sorts first, so that effects appear above their decision, and the
/// decision above its event.
struct Entry {
    at: Option<DateTime<Utc>>,
    kind: u8,
    tone: Option<&'static str>,
    line: AnyView,
    small: String,
    repeat: Option<Repeat>,
}

/// What an entry has in common with others, so that several in a row become one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Repeat {
    /// Events of one kind from one source.
    Event { kind: String, source: String, count: usize },
    /// Deliveries.
    Delivered { count: usize, places: BTreeSet<String> },
}

impl Repeat {
    /// Returns both as one, if they are alike.
    fn with(&self, older: &Self) -> Option<Self> {
        match (self, older) {
            (
                Self::Event { kind, source, count },
                Self::Event { kind: same_kind, source: same_source, count: more },
            ) if (kind, source) == (same_kind, same_source) => {
                Some(Self::Event { kind: kind.clone(), source: source.clone(), count: count + more })
            }
            (Self::Delivered { count, places }, Self::Delivered { count: more, places: others }) => {
                Some(Self::Delivered { count: count + more, places: places | others })
            }
            _ => None,
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Event { kind, count, .. } => {
                texts().lead_timeline_events(*count, words::event(kind), number::count(*count as i64))
            }
            Self::Delivered { count, .. } => {
                texts().lead_timeline_delivered(*count, number::count(*count as i64))
            }
        }
    }

    fn small(&self) -> String {
        match self {
            Self::Event { source, .. } => source.clone(),
            Self::Delivered { places, .. } => series::list(places.iter().cloned()),
        }
    }
}

/// Joins entries in a row that are alike. The newest one gives the time.
fn folded(entries: Vec<Entry>) -> Vec<Entry> {
    let mut folded: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let both = folded.last().and_then(|last| last.repeat.as_ref()?.with(entry.repeat.as_ref()?));
        match (folded.last_mut(), both) {
            (Some(last), Some(both)) => {
                last.line = both.line().into_any();
                last.small = both.small();
                last.repeat = Some(both);
            }
            _ => folded.push(entry),
        }
    }
    folded
}

/// Creates an entry that can be joined with others like it.
fn repeatable(at: Option<DateTime<Utc>>, kind: u8, tone: Option<&'static str>, repeat: Repeat) -> Entry {
    Entry { at, kind, tone, line: repeat.line().into_any(), small: repeat.small(), repeat: Some(repeat) }
}

/// Renders the timeline with its heading.
pub fn timeline(loaded: &LeadData) -> impl IntoView + use<> {
    let mut entries: Vec<Entry> = Vec::new();
    entries.extend(loaded.history.events.iter().map(|event| {
        let at = Some(event.occurred_at.unwrap_or(event.received_at));
        let (kind, source) = (event.kind.clone(), event.source.clone());
        repeatable(at, 0, None, Repeat::Event { kind, source, count: 1 })
    }));
    entries.extend(loaded.history.decisions.iter().map(|decision| decided(loaded, decision)));
    entries.extend(done(loaded));
    entries.extend(loaded.effects.iter().filter_map(failed));
    entries.extend(loaded.outcomes.iter().map(|outcome| happened(loaded, outcome)));
    // A verdict that was taken back in order to be replaced is no step of its own.
    let is_replaced = |past: &PastVerdict| {
        let is_newer = |other: &PastVerdict| {
            other.decision_id == past.decision_id && other.at == past.at && other.kind != past.kind
        };
        past.kind == <&str>::from(Kind::GiveBack) && loaded.verdicts.iter().any(is_newer)
    };
    let verdicts = loaded.verdicts.iter().filter(|verdict| !is_replaced(verdict));
    entries.extend(verdicts.map(|verdict| judged(loaded, verdict)));
    entries.extend(loaded.history.merges.iter().map(|merge| merged(loaded, merge)));
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at.is_none(), entry.at, entry.kind)));
    let mut entries = folded(entries);
    let older: Vec<Entry> = if entries.len() > SHOWN + 2 { entries.split_off(SHOWN) } else { Vec::new() };
    let clock = loaded.clock;
    let item = move |entry: Entry| {
        let small = (!entry.small.is_empty()).then(|| texts().lead_timeline_details(entry.small));
        view! { <li data-a=entry.tone>{entry.line}<small>{entry.at.map_or_else(|| Either::Left(texts().lead_timeline_no_time()), |at| Either::Right(clock.stamp(at)))}{small}</small></li> }
    };
    let count = older.len();
    let older = (count > 0).then(|| {
        view! {
            <details class="fold">
                <summary>{texts().lead_timeline_older(count, number::count(count as i64))}</summary>
                <ol class="line">{older.into_iter().map(item).collect_view()}</ol>
            </details>
        }
    });
    view! {
        <div class="sec-head"><h2 id="h-time">{texts().lead_timeline()}</h2></div>
        <ol class="line">{entries.into_iter().map(item).collect_view()}</ol>
        {older}
    }
}

fn decided(loaded: &LeadData, entry: &DecisionEntry) -> Entry {
    let action: Action = entry.action.parse().unwrap_or(Action::Hold);
    let shown = loaded.decided.as_ref().is_some_and(|decided| decided.decision().decision_id.0 == entry.id);
    let href = if shown { "#h-why".to_owned() } else { format!("#{}", super::anchor(entry.id.into())) };
    let assignee = entry.parameters.get("assignee").and_then(Json::as_str);
    let (before, after) = match assignee {
        Some(email) => {
            let said = texts().lead_timeline_to(loaded.person(email));
            (part(said.s0), part(said.s1))
        }
        None if entry.held_by.is_some() => {
            let said = texts().lead_timeline_held();
            (part(said.s0), part(said.s1))
        }
        None => (None, None),
    };
    let line = view! { {before}<a href=href><b>{words::action_done(action)}</b></a>{after} };
    let version = entry.rule_version.to_string();
    let small = if loaded.workflows.len() > 1 {
        texts().lead_timeline_workflow(loaded.workflow(entry.workflow_id), version)
    } else {
        texts().lead_timeline_version(version)
    };
    let tone = if entry.held_by.is_some() { "unknown" } else { words::action_tone(action) };
    Entry { at: Some(entry.as_of), kind: 1, tone: Some(tone), line: line.into_any(), small, repeat: None }
}

/// Builds the entry of a person's verdict in the queue.
fn judged(loaded: &LeadData, verdict: &PastVerdict) -> Entry {
    let action: Action = verdict.action.parse().unwrap_or(Action::Hold);
    let (line, tone) = if verdict.kind == <&str>::from(Kind::GiveBack) {
        let line = match verdict.queue {
            Some(_) => texts().lead_timeline_returned(),
            None => texts().lead_timeline_undone(),
        };
        (line.into_any(), None)
    } else {
        let (before, after) = match &verdict.assignee {
            Some(email) => {
                let said = texts().lead_timeline_to(loaded.person(email));
                (part(said.s0), part(said.s1))
            }
            None => (None, None),
        };
        let line = view! { {before}<b>{words::action_done(action)}</b>{after} };
        (line.into_any(), Some(words::action_tone(action)))
    };
    let small = texts().lead_timeline_by(&verdict.by);
    Entry { at: Some(verdict.at), kind: 2, tone, line, small, repeat: None }
}

/// Builds one entry for the deliveries of each decision or verdict.
fn done(loaded: &LeadData) -> Vec<Entry> {
    let mut by_decision: std::collections::BTreeMap<_, Vec<(&Effect, DateTime<Utc>)>> =
        std::collections::BTreeMap::new();
    for effect in loaded.effects.iter().filter(|effect| effect.state == Some(EffectState::Delivered)) {
        if let Some(last) = &effect.last {
            by_decision
                .entry((effect.decision_id, effect.verdict_id))
                .or_default()
                .push((effect, last.finished_at));
        }
    }
    let entry = |effects: Vec<(&Effect, DateTime<Utc>)>| {
        let at = effects.iter().map(|(_, at)| *at).max()?;
        let places = effects.iter().map(|(effect, _)| titles::destination(&effect.destination)).collect();
        let delivered = Repeat::Delivered { count: effects.len(), places };
        Some(repeatable(Some(at), 2, Some("good"), delivered))
    };
    by_decision.into_values().filter_map(entry).collect()
}

fn failed(effect: &Effect) -> Option<Entry> {
    let last = effect.last.as_ref().filter(|_| effect.state == Some(EffectState::Dead))?;
    let said = texts().lead_timeline_failed(words::effect(&effect.kind));
    let line = view! { {part(said.s0)}<a href="#h-did"><b>{texts().deliveries_action_failed()}</b></a>{part(said.s1)} };
    Some(Entry {
        at: Some(last.finished_at),
        kind: 3,
        tone: Some("bad"),
        line: line.into_any(),
        small: titles::destination(&effect.destination),
        repeat: None,
    })
}

fn happened(loaded: &LeadData, outcome: &Outcome) -> Entry {
    let amount =
        outcome.amount.as_ref().and_then(|amount| amount.parse::<f64>().ok()).zip(outcome.currency.as_ref());
    let (before, after) = match amount {
        Some((amount, currency)) => {
            let said = texts().lead_timeline_amount(number::money(amount, currency));
            (part(said.s0), part(said.s1))
        }
        None => (None, None),
    };
    let reason =
        outcome.reason.as_ref().map(|reason| view! { <small>{texts().lead_timeline_reason(reason)}</small> });
    let tone = match outcome.stage {
        stage if stage.is_qualified() => Some("good"),
        stage if stage.is_refusal() => Some("bad"),
        _ => None,
    };
    let line = view! { {before}<b>{words::stage(outcome.stage)}</b>{after}{reason} };
    let small = outcome.by.as_ref().map(|by| texts().lead_timeline_by(loaded.person(by))).unwrap_or_default();
    Entry { at: outcome.at, kind: 4, tone, line: line.into_any(), small, repeat: None }
}

fn merged(loaded: &LeadData, merge: &MergeEntry) -> Entry {
    let this = loaded.lead.lead_id.0;
    let (words, other) = match (merge.lead_id == this, merge.is_undo) {
        (true, false) => (texts().lead_timeline_merged(), merge.other_lead_id),
        (true, true) => (texts().lead_timeline_unmerged(), merge.other_lead_id),
        (false, false) => (texts().lead_timeline_merged_in(), merge.lead_id),
        (false, true) => (texts().lead_timeline_unmerged_in(), merge.lead_id),
    };
    let line = view! { <a href=format!("/leads/{other}")>{words}</a> };
    Entry {
        at: Some(merge.at),
        kind: 5,
        tone: None,
        line: line.into_any(),
        small: texts().lead_timeline_by(words::actor(&merge.by_whom, &loaded.actors)),
        repeat: None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn entries_in_a_row_that_are_alike_become_one() {
        let now = Utc::now();
        let event = |kind: &str, minutes| {
            let repeat = Repeat::Event { kind: kind.into(), source: "app".into(), count: 1 };
            repeatable(Some(now - TimeDelta::minutes(minutes)), 0, None, repeat)
        };
        let delivered = |count, place: &str, minutes| {
            let repeat = Repeat::Delivered { count, places: [place.to_owned()].into() };
            repeatable(Some(now - TimeDelta::minutes(minutes)), 2, Some("good"), repeat)
        };
        let entries = vec![
            delivered(2, "Warehouse", 1),
            delivered(1, "CRM", 2),
            event("telemetry", 3),
            event("telemetry", 4),
            event("form", 5),
            delivered(1, "CRM", 6),
        ];
        let lines: Vec<(String, String)> = folded(entries)
            .iter()
            .filter_map(|entry| entry.repeat.as_ref().map(|repeat| (repeat.line(), repeat.small())))
            .collect();
        let said = |line: &str, small: &str| (line.to_owned(), small.to_owned());
        assert_eq!(
            lines,
            [
                said("3\u{a0}actions delivered", "CRM, Warehouse"),
                said("Product telemetry, 2\u{a0}times", "app"),
                said("Web form", "app"),
                said("1\u{a0}action delivered", "CRM"),
            ]
        );
    }
}
