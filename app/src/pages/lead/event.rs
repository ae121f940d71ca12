//! The event, with the values that were read from it highlighted.

use std::collections::{BTreeMap, BTreeSet};

use engine::content::UnreadValue;
use engine::content::highlight::EvidenceMark;
use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::log::StoredEvent;

use super::decision::ExplainedDecision;
use super::facts;
use super::inputs::numbers;
use super::load::LeadData;
use super::texts::{EventText, texts as texts_of};
use crate::texts::texts;
use crate::ui::evidence::{MarkedEvidence, evidence};
use crate::ui::{series, words};

/// Renders the event with its heading.
pub fn event(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let heading = view! { <div class="sec-head"><h2 id="h-read">{texts().lead_event()}</h2></div> };
    let Some((event, body)) = loaded.event.as_ref().and_then(|event| Some((event, event.body.as_ref()?)))
    else {
        return Either::Left(heading);
    };
    let marks = marks(event, decided);
    // The page header already shows the event's lead fields, so they are repeated only where a value was
    // read from them.
    let is_shown = |text: &EventText| text.path.starts_with("/payload") || marks.contains_key(&text.path);
    let shown = texts_of(&event.source, body).into_iter().filter(is_shown);
    let looked_at: BTreeSet<&str> =
        decided.rules.map.fields.values().flat_map(|field| field.from.0.iter().map(String::as_str)).collect();
    let (read, unread): (Vec<_>, Vec<_>) =
        shown.partition(|text| looked_at.contains(text.path.as_str()) || marks.contains_key(&text.path));
    let mut marked = MarkedEvidence::new(numbers(loaded, decided).unsure);
    let catalogue = &decided.rules.bundle.catalogue;
    let whys = decided.not_read(event);
    let rows = read
        .iter()
        .map(|text| {
            let marks = marks.get(&text.path).map_or(&[][..], Vec::as_slice);
            let shown = if text.text.trim().is_empty() {
                Either::Left(view! { <span class="quiet">{texts().lead_event_empty()}</span> })
            } else {
                Either::Right(evidence(&text.text, marks, &mut marked))
            };
            let why = |not_read: &UnreadValue| {
                let field = facts::lower(&catalogue.title(&not_read.field));
                view! { <small>{texts().lead_event_not_read(field, not_read.why.to_string())}</small> }
            };
            let whys =
                whys.iter().filter(|not_read| not_read.path == text.path && !text.text.trim().is_empty());
            view! { <dt>{text.label.clone()}</dt><dd>{shown}{whys.map(why).collect_view()}</dd> }
        })
        .collect_view();
    Either::Right(view! {
        {heading}
        <article class="mail">
            <header>
                <b>{words::event(&event.kind)}</b>
                <span class="meta">{loaded.clock.stamp(event.occurred_at.unwrap_or(event.received_at))}</span>
                <span class="meta">{sender(event, body)}</span>
            </header>
            {(!read.is_empty()).then(|| view! { <dl class="form">{rows}</dl> })}
            {not_read(&unread)}
        </article>
    })
}

/// Describes the sender and the source.
fn sender(event: &StoredEvent, body: &Json) -> String {
    let text =
        |name: &str| body.pointer(&format!("/lead/{name}")).and_then(Json::as_str).and_then(words::isolated);
    let person = match (text("name"), text("email")) {
        (Some(name), Some(email)) => Some(texts().lead_event_sender(name, email)),
        (name, email) => name.or(email),
    };
    let parts = [person, text("company"), Some(texts().lead_event_source(&event.source))];
    series::list(parts.into_iter().flatten())
}

/// Renders the texts that the extraction ignores.
fn not_read(unread: &[EventText]) -> impl IntoView + use<> {
    let names = series::list(unread.iter().map(|text| text.label.to_lowercase()));
    let rows = unread.iter().map(|text| view! { <dt>{text.label.clone()}</dt><dd>{text.text.chars().take(500).collect::<String>()}</dd> });
    (!unread.is_empty()).then(|| {
        view! {
            <details class="unread">
                <summary>{texts().lead_event_ignored(names)}</summary>
                <dl class="form">{rows.collect_view()}</dl>
            </details>
        }
    })
}

/// Returns the evidence of the decision's inputs in this event, by path.
fn marks(event: &StoredEvent, decided: &ExplainedDecision) -> BTreeMap<String, Vec<EvidenceMark>> {
    let mut marks: BTreeMap<String, Vec<EvidenceMark>> = BTreeMap::new();
    let Some(snapshot) = &decided.decision().content_snapshot else { return marks };
    let order = super::inputs::order(event, decided);
    for (name, field) in &snapshot.fields {
        let Some(number) = order.iter().position(|known| known == name) else { continue };
        for evidence in field.evidence.iter().filter(|evidence| evidence.event_id == event.id) {
            let [start, end] = evidence.span;
            marks.entry(evidence.path.clone()).or_default().push(EvidenceMark {
                start,
                end,
                number: number + 1,
            });
        }
    }
    marks
}
