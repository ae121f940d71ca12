//! The inputs of the decision: fields with their confidence, list lookups, and missing values.

use std::collections::{BTreeMap, BTreeSet};

use engine::content::UnreadValue;
use engine::decision::{ListMatch, SnapshotField, SnapshotList};
use leptos::either::Either;
use leptos::prelude::*;
use store::log::StoredEvent;

use super::decision::ExplainedDecision;
use super::facts;
use super::load::LeadData;
use super::texts::texts;
use crate::ui::confidence::confidence;
use crate::ui::icon::{Icon, icon};
use crate::ui::titles;

/// The numbers that link inputs to their highlights in the event.
#[derive(Clone, Debug, Default)]
pub struct InputNumbers {
    /// Field names in order; the number is the index plus 1.
    pub order: Vec<String>,
    /// Numbers of the inputs whose confidence is too low for the rules.
    pub unsure: BTreeSet<usize>,
}

/// Numbers the inputs of a decision.
pub fn numbers(loaded: &LeadData, decided: &ExplainedDecision) -> InputNumbers {
    let Some((event, snapshot)) = loaded.event.as_ref().zip(decided.decision().content_snapshot.as_ref())
    else {
        return InputNumbers::default();
    };
    let needed = needed(decided);
    let order = order(event, decided);
    let is_short = |name: &String| {
        snapshot
            .fields
            .get(name)
            .is_some_and(|field| needed.get(name).is_some_and(|needed| field.confidence < *needed))
    };
    let unsure = order.iter().enumerate().filter(|(_, name)| is_short(name)).map(|(n, _)| n + 1).collect();
    InputNumbers { order, unsure }
}

/// Returns the fields with evidence in the event, in order of appearance.
pub fn order(event: &StoredEvent, decided: &ExplainedDecision) -> Vec<String> {
    let Some((snapshot, body)) = decided.decision().content_snapshot.as_ref().zip(event.body.as_ref()) else {
        return Vec::new();
    };
    let paths: BTreeMap<String, usize> =
        texts(&event.source, body).into_iter().enumerate().map(|(n, text)| (text.path, n)).collect();
    let first = |field: &SnapshotField| {
        let here = field.evidence.iter().filter(|evidence| evidence.event_id == event.id);
        here.filter_map(|evidence| Some((*paths.get(&evidence.path)?, evidence.span[0]))).min()
    };
    let mut found: Vec<_> =
        snapshot.fields.iter().filter_map(|(name, field)| Some((first(field)?, name.clone()))).collect();
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

/// Returns the confidence that each field needs for the deciding rule: the higher of the rule's threshold
/// and the map's.
fn needed(decided: &ExplainedDecision) -> BTreeMap<String, f64> {
    let mut needed = decided.rules.bundle.thresholds();
    let decision = decided.decision();
    let rule = decision.rule_id.as_ref().or(decision.held_by.as_ref()).and_then(|id| decided.rules.rule(id));
    for (field, confidence) in rule.iter().flat_map(|(_, rule)| &rule.min_confidence) {
        let known = needed.entry(field.clone()).or_default();
        *known = known.max(*confidence);
    }
    needed
}

/// Renders the table of inputs.
pub fn inputs(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let Some(snapshot) = &decided.decision().content_snapshot else { return None };
    let catalogue = &decided.rules.bundle.catalogue;
    let numbers = numbers(loaded, decided);
    let needed = needed(decided);
    let asked: BTreeSet<String> =
        decided.rules.file.rules.iter().flat_map(|rule| facts::fields_of(&rule.when)).collect();
    let elsewhere = snapshot.fields.keys().filter(|name| !numbers.order.contains(name));
    let fields =
        numbers.order.iter().chain(elsewhere).filter_map(|name| Some((name, snapshot.fields.get(name)?)));
    let fields: Vec<_> = fields
        .map(|(name, field)| {
            let number = numbers.order.iter().position(|known| known == name).map(|n| n + 1);
            let is_asked = asked.contains(name);
            read(
                number,
                numbers.unsure.contains(&number.unwrap_or_default()),
                is_asked,
                name,
                field,
                needed.get(name).copied(),
                decided,
            )
        })
        .collect();
    let lists: Vec<_> = snapshot.lists.iter().map(|(name, answer)| listed(name, answer, decided)).collect();
    let whys = loaded.event.as_ref().map(|event| decided.not_read(event)).unwrap_or_default();
    let missing =
        asked.iter().filter(|name| catalogue.get(name).is_some() && !snapshot.fields.contains_key(*name));
    let missing: Vec<_> = missing.map(|name| not_found(name, decided, &whys)).collect();
    Some(view! {
        <table class="table inputs">
            <caption class="sr">"Decision inputs with value and confidence"</caption>
            <thead><tr><th scope="col">"Decision input"</th><th scope="col" class="num">"Value"</th><th scope="col" class="num">"Confidence, needed"</th></tr></thead>
            <tbody>{fields}{lists}{missing}</tbody>
        </table>
    })
}

fn read(
    number: Option<usize>,
    unsure: bool,
    is_asked: bool,
    name: &str,
    field: &SnapshotField,
    needed: Option<f64>,
    decided: &ExplainedDecision,
) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let (value, unit) = facts::value(&field.value, catalogue, name);
    let sign = match number {
        Some(number) => Either::Left(view! {
            <a class="ref" href=format!("#e{number}") data-a=unsure.then_some("unknown")><span class="sr">"Evidence "</span>{number}</a>
        }),
        None => Either::Right(view! { <span class="ref none"></span> }),
    };
    let id = number.map(|number| format!("f{number}"));
    let class = if value.chars().count() > 24 { "num long" } else { "num" };
    let unused = (!is_asked).then(|| view! { <small class="quiet">" no rule asks"</small> });
    view! {
        <tr id=id>
            <th scope="row">{sign}{catalogue.title(name)}{unused}</th>
            <td class=class>{value}{unit.map(|unit| view! { <span class="quiet">" "{unit}</span> })}</td>
            <td class="num">{confidence(field.confidence, needed)}</td>
        </tr>
    }
}

/// Describes the matching list entry and the parts that the match ignored.
fn entry(found: &ListMatch) -> String {
    let steps: Vec<String> = found.steps.iter().map(ToString::to_string).collect();
    format!("{} ({})", found.entry, steps.join(", "))
}

/// Says that an entry was left out because anyone can have an address at its domain.
fn free_mail(answer: &SnapshotList) -> String {
    let Some(entry) = answer.unconfirmed.values().next() else { return String::new() };
    format!(
        ": {entry} is on the list, but anyone can have an address there. Write *@{entry} to match everyone."
    )
}

fn listed(name: &str, answer: &SnapshotList, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let hits: Vec<String> = answer
        .by_field
        .iter()
        .filter(|(_, hit)| **hit)
        .map(|(field, _)| facts::lower(&catalogue.title(field)))
        .collect();
    let asked: Vec<String> =
        answer.by_field.keys().map(|field| facts::lower(&catalogue.title(field))).collect();
    // An entry that matches literally needs no explanation.
    let entries: Vec<String> =
        answer.matched.values().filter(|found| !found.steps.is_empty()).map(entry).collect();
    let (value, tone, how) = match answer.contains {
        Some(true) if entries.is_empty() => ("On the list", None, format!("by {}", hits.join(", "))),
        Some(true) => ("On the list", None, format!("by {}: {}", hits.join(", "), entries.join("; "))),
        Some(false) => ("Not on the list", None, format!("by {}{}", asked.join(", "), free_mail(answer))),
        None => ("Not known", Some("unknown"), "nothing to look up".to_owned()),
    };
    view! {
        <tr>
            <th scope="row"><span class="ref none">{icon(Icon::List)}</span>{titles::list(name)}</th>
            <td class="num"><span class=tone.map(|_| "tone") data-a=tone>{value}</span><span class="quiet">" v"{answer.version}</span></td>
            <td class="num quiet">{how}</td>
        </tr>
    }
}

fn not_found(name: &str, decided: &ExplainedDecision, whys: &[UnreadValue]) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let stated = catalogue
        .get(name)
        .and_then(|field| field.missing_value())
        .map(|value| facts::value(&value.to_json(), catalogue, name).0);
    let shown = match stated {
        Some(value) => Either::Left(view! { <td class="num quiet">"counts as "{value}</td> }),
        None => Either::Right(view! { <td class="num tone" data-a="unknown">"not found"</td> }),
    };
    let is_mapped = decided.rules.map.fields.contains_key(name);
    let why = whys.iter().find(|not_read| not_read.field == name).map(|not_read| not_read.why.to_string());
    let why =
        why.unwrap_or_else(|| if is_mapped { "nothing to read".into() } else { "no extraction".into() });
    view! {
        <tr>
            <th scope="row"><span class="ref none">{icon(Icon::Question)}</span>{catalogue.title(name)}</th>
            {shown}
            <td class="num long quiet">{why}</td>
        </tr>
    }
}
