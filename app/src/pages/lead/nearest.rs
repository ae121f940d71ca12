//! The smallest change that would lead to another decision, computed on request.

use engine::rules::analysis::{Counterfactual, FieldChange, NearestResult};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use super::decision::ExplainedDecision;
use super::facts;
use super::load::LeadData;
use crate::ui::chip::{action_chip, unknown_chip};
use crate::ui::titles;

/// Renders the change, or the link that requests it.
pub fn nearest(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let body = match &loaded.nearest {
        None => {
            let decision = decided.decision();
            let href =
                format!("/leads/{}?decision={}&nearest=1#h-near", decision.lead_id, decision.decision_id);
            EitherOf3::A(view! {
                <p class="row">
                    <a class="btn" href=href>"Find the nearest change"</a>
                    <span class="meta">"Smallest change that leads to a different outcome"</span>
                </p>
            })
        }
        Some(NearestResult::Found(found)) => EitherOf3::B(change(found, decided)),
        Some(NearestResult::Nothing) => {
            EitherOf3::C("No change of up to three fields leads to another decision.".to_owned().into_any())
        }
        Some(NearestResult::NotDecided { fields }) => EitherOf3::C(
            format!("No change was found, and not every change of {fields} fields could be tried.")
                .into_any(),
        ),
    };
    view! { <div class="sec-head gap"><h2 id="h-near">"What would change it"</h2></div>{body} }
}

fn change(found: &Counterfactual, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let moves = found.moves.iter().map(|one| moved(one, decided)).collect_view();
    let verdict = &found.verdict;
    let (chip, by) = match (&verdict.held_by, &verdict.rule_id) {
        (Some(rule), _) => (
            Either::Left(unknown_chip("Hold")),
            format!("“{}” could not be evaluated", decided.rules.title(rule)),
        ),
        (None, Some(rule)) => (Either::Right(action_chip(verdict.action)), decided.rules.title(rule)),
        (None, None) => (Either::Right(action_chip(verdict.action)), "no rule would apply".to_owned()),
    };
    view! {
        <ul class="moves">{moves}</ul>
        <p class="row">"It would be "{chip}<span class="quiet">{by}</span></p>
        {(!found.is_nearest).then(|| view! { <p class="meta">"Rules compute with fields here: a smaller change may do it too."</p> })}
    }
}

/// Describes the change of one field.
fn moved(one: &FieldChange, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let said = |value: &engine::value::Value| {
        let (text, unit) = facts::value(&value.to_json(), catalogue, &one.field);
        unit.map_or_else(|| text.clone(), |unit| format!("{text}\u{a0}{unit}"))
    };
    let from = one.from.as_ref().map_or_else(|| "not found".to_owned(), |reading| said(&reading.value));
    let is_same =
        one.from.as_ref().map(|reading| &reading.value) == one.to.as_ref().map(|reading| &reading.value);
    let to = match (&one.list, &one.to) {
        (Some((list, true)), _) => format!("on the list {}", titles::list(list)),
        (Some((list, false)), _) => format!("not on the list {}", titles::list(list)),
        (None, Some(_)) if one.is_example => "anything else".to_owned(),
        (None, Some(_)) if is_same => "the same, read without doubt".to_owned(),
        (None, Some(reading)) => said(&reading.value),
        (None, None) => "not found".to_owned(),
    };
    view! { <li><span>{catalogue.title(&one.field)}</span><span class="quiet">{from}</span><span aria-hidden="true">"→"</span><span class="sr">"to"</span><b>{to}</b></li> }
}
