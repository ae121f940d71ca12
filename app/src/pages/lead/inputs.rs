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
use super::texts::texts as texts_of;
use crate::texts::{part, texts};
use crate::ui::confidence::confidence;
use crate::ui::icon::{Icon, icon};
use crate::ui::{series, titles};

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
        texts_of(&event.source, body).into_iter().enumerate().map(|(n, text)| (text.path, n)).collect();
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
            <caption class="sr">{texts().lead_inputs_caption()}</caption>
            <thead><tr><th scope="col">{texts().lead_input()}</th><th scope="col" class="num">{texts().lead_input_value()}</th><th scope="col" class="num">{texts().lead_input_confidence()}</th></tr></thead>
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
    let evidence = texts().lead_evidence();
    let sign = match number {
        Some(number) => Either::Left(view! {
            <a class="ref" href=format!("#e{number}") data-a=unsure.then_some("unknown")><span class="sr">{part(evidence.s0)}</span>{number}<span class="sr">{part(evidence.s1)}</span></a>
        }),
        None => Either::Right(view! { <span class="ref none"></span> }),
    };
    let id = number.map(|number| format!("f{number}"));
    let class = if value.chars().count() > 24 { "num long" } else { "num" };
    let unused = (!is_asked).then(|| view! { <small class="quiet">" "{texts().lead_input_unused()}</small> });
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
    texts().lead_list_entry(&found.entry, series::list(found.steps.iter().map(ToString::to_string)))
}

/// Describes the fields that were looked up. An entry can be left out because anyone can have an address at its domain.
fn looked_up(fields: String, answer: &SnapshotList) -> String {
    match answer.unconfirmed.values().next() {
        Some(entry) => texts().lead_list_free_mail(fields, entry),
        None => texts().lead_list_by(fields),
    }
}

fn listed(name: &str, answer: &SnapshotList, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let title = |field: &String| facts::lower(&catalogue.title(field));
    let hits = answer.by_field.iter().filter(|(_, hit)| **hit).map(|(field, _)| title(field));
    let hits = series::list(hits);
    let asked = series::list(answer.by_field.keys().map(title));
    // An entry that matches literally needs no explanation.
    let entries: Vec<String> =
        answer.matched.values().filter(|found| !found.steps.is_empty()).map(entry).collect();
    let (value, tone, how) = match answer.contains {
        Some(true) if entries.is_empty() => (texts().lead_list_yes(), None, texts().lead_list_by(hits)),
        Some(true) => {
            (texts().lead_list_yes(), None, texts().lead_list_by_entries(hits, series::list(entries)))
        }
        Some(false) => (texts().lead_list_no(), None, looked_up(asked, answer)),
        None => (texts().lead_list_unknown(), Some("unknown"), texts().lead_list_nothing()),
    };
    let version = texts().lead_list_version(answer.version.to_string());
    view! {
        <tr>
            <th scope="row"><span class="ref none">{icon(Icon::List)}</span>{titles::list(name)}</th>
            <td class="num"><span class="quiet">{part(version.s0)}</span><span class=tone.map(|_| "tone") data-a=tone>{value}</span><span class="quiet">{part(version.s1)}</span></td>
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
        Some(value) => {
            Either::Left(view! { <td class="num quiet">{texts().lead_input_counts_as(value)}</td> })
        }
        None => Either::Right(
            view! { <td class="num tone" data-a="unknown">{texts().lead_input_not_found()}</td> },
        ),
    };
    let is_mapped = decided.rules.map.fields.contains_key(name);
    let why = whys.iter().find(|not_read| not_read.field == name).map(|not_read| not_read.why.to_string());
    let why = why.unwrap_or_else(|| {
        if is_mapped { texts().lead_input_nothing() } else { texts().lead_input_not_mapped() }
    });
    view! {
        <tr>
            <th scope="row"><span class="ref none">{icon(Icon::Question)}</span>{catalogue.title(name)}</th>
            {shown}
            <td class="num long quiet">{why}</td>
        </tr>
    }
}
