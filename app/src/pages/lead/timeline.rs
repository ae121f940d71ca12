//! The lead's timeline, newest first.

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
use crate::ui::{number, titles, words};

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
}

/// Renders the timeline with its heading.
pub fn timeline(loaded: &LeadData) -> impl IntoView + use<> {
    let mut entries: Vec<Entry> = Vec::new();
    entries.extend(loaded.history.events.iter().map(|event| Entry {
        at: Some(event.occurred_at.unwrap_or(event.received_at)),
        kind: 0,
        tone: None,
        line: words::event(&event.kind).into_any(),
        small: event.source.clone(),
    }));
    entries.extend(loaded.history.decisions.iter().map(|decision| decided(loaded, decision)));
    entries.extend(done(loaded));
    entries.extend(loaded.effects.iter().filter_map(failed));
    entries.extend(loaded.outcomes.iter().map(|outcome| happened(loaded, outcome)));
    entries.extend(loaded.verdicts.iter().map(|verdict| judged(loaded, verdict)));
    entries.extend(loaded.history.merges.iter().map(|merge| merged(loaded, merge)));
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at.is_none(), entry.at, entry.kind)));
    let older: Vec<Entry> = if entries.len() > SHOWN + 2 { entries.split_off(SHOWN) } else { Vec::new() };
    let clock = loaded.clock;
    let item = move |entry: Entry| {
        let small = (!entry.small.is_empty()).then(|| format!(", {}", entry.small));
        view! { <li data-a=entry.tone>{entry.line}<small>{entry.at.map_or_else(|| Either::Left("Time not known"), |at| Either::Right(clock.stamp(at)))}{small}</small></li> }
    };
    let count = older.len();
    let older = (count > 0).then(|| {
        view! {
            <details class="fold">
                <summary>{number::plural(count as i64, "older entry", "older entries")}</summary>
                <ol class="line">{older.into_iter().map(item).collect_view()}</ol>
            </details>
        }
    });
    view! {
        <div class="sec-head"><h2 id="h-time">"Timeline"</h2></div>
        <ol class="line">{entries.into_iter().map(item).collect_view()}</ol>
        {older}
    }
}

fn decided(loaded: &LeadData, entry: &DecisionEntry) -> Entry {
    let action: Action = entry.action.parse().unwrap_or(Action::Hold);
    let shown = loaded.decided.as_ref().is_some_and(|decided| decided.decision().decision_id.0 == entry.id);
    let href = if shown { "#h-why".to_owned() } else { format!("#{}", super::anchor(entry.id.into())) };
    let to = entry
        .parameters
        .get("assignee")
        .and_then(Json::as_str)
        .map(|email| format!(" to {}", loaded.person(email)));
    let held = (entry.held_by.is_some()).then_some(", not enough information");
    let line = view! { <a href=href><b>{words::action_done(action)}</b></a>{to}{held} };
    let small = if loaded.workflows.len() > 1 {
        format!("{} v{}", loaded.workflow(entry.workflow_id), entry.rule_version)
    } else {
        format!("v{}", entry.rule_version)
    };
    let tone = if entry.held_by.is_some() { "unknown" } else { words::action_tone(action) };
    Entry { at: Some(entry.as_of), kind: 1, tone: Some(tone), line: line.into_any(), small }
}

/// Builds the entry of a person's verdict in the queue.
fn judged(loaded: &LeadData, verdict: &PastVerdict) -> Entry {
    let action: Action = verdict.action.parse().unwrap_or(Action::Hold);
    let to = verdict.assignee.as_ref().map(|email| format!(" to {}", loaded.person(email)));
    let (line, tone) = if verdict.kind == <&str>::from(Kind::GiveBack) {
        (view! { "Back to the queue" }.into_any(), None)
    } else {
        (view! { <b>{words::action_done(action)}</b>{to} }.into_any(), Some(words::action_tone(action)))
    };
    Entry { at: Some(verdict.at), kind: 2, tone, line, small: format!("by {}", verdict.by) }
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
        let mut places: Vec<String> =
            effects.iter().map(|(effect, _)| titles::destination(&effect.destination)).collect();
        places.sort_unstable();
        places.dedup();
        let line = format!("{} delivered", number::plural(effects.len() as i64, "action", "actions"));
        Some(Entry {
            at: Some(at),
            kind: 2,
            tone: Some("good"),
            line: line.into_any(),
            small: places.join(", "),
        })
    };
    by_decision.into_values().filter_map(entry).collect()
}

fn failed(effect: &Effect) -> Option<Entry> {
    let last = effect.last.as_ref().filter(|_| effect.state == Some(EffectState::Dead))?;
    let line = view! { <a href="#h-did"><b>"Failed, needs you"</b></a>{format!(", {}", words::effect(&effect.kind))} };
    Some(Entry {
        at: Some(last.finished_at),
        kind: 3,
        tone: Some("bad"),
        line: line.into_any(),
        small: titles::destination(&effect.destination),
    })
}

fn happened(loaded: &LeadData, outcome: &Outcome) -> Entry {
    let amount =
        outcome.amount.as_ref().and_then(|amount| amount.parse::<f64>().ok()).zip(outcome.currency.as_ref());
    let amount = amount.map(|(amount, currency)| format!(", {}", number::money(amount, currency)));
    let reason = outcome.reason.as_ref().map(|reason| view! { <small>{format!("“{reason}”")}</small> });
    let tone = match outcome.stage {
        stage if stage.is_qualified() => Some("good"),
        stage if stage.is_refusal() => Some("bad"),
        _ => None,
    };
    let line = view! { <b>{words::stage(outcome.stage)}</b>{amount}{reason} };
    let small = outcome.by.as_ref().map(|by| format!("by {}", loaded.person(by))).unwrap_or_default();
    Entry { at: outcome.at, kind: 4, tone, line: line.into_any(), small }
}

fn merged(loaded: &LeadData, merge: &MergeEntry) -> Entry {
    let this = loaded.lead.lead_id.0;
    let (words, other) = match (merge.lead_id == this, merge.is_undo) {
        (true, false) => ("Merged into another lead", merge.other_lead_id),
        (true, true) => ("Merge into another lead undone", merge.other_lead_id),
        (false, false) => ("Another lead was merged in", merge.lead_id),
        (false, true) => ("Merge of another lead undone", merge.lead_id),
    };
    let line = view! { <a href=format!("/leads/{other}")>{words}</a> };
    Entry {
        at: Some(merge.at),
        kind: 5,
        tone: None,
        line: line.into_any(),
        small: format!("by {}", words::actor(&merge.by_whom, &loaded.actors)),
    }
}
