//! The smallest change that would lead to another decision, computed on request.

use engine::rules::analysis::{Counterfactual, FieldChange, NearestResult};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use super::decision::ExplainedDecision;
use super::facts;
use super::load::LeadData;
use crate::texts::{part, texts};
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
                    <a class="btn" href=href>{texts().lead_nearest_find()}</a>
                    <span class="meta">{texts().lead_nearest_about()}</span>
                </p>
            })
        }
        Some(NearestResult::Found(found)) => EitherOf3::B(change(found, decided)),
        Some(NearestResult::Nothing) => EitherOf3::C(texts().lead_nearest_none()),
        Some(NearestResult::NotDecided { fields }) => {
            EitherOf3::C(texts().lead_nearest_cut(fields.to_string()))
        }
    };
    view! { <div class="sec-head gap"><h2 id="h-near">{texts().lead_nearest()}</h2></div>{body} }
}

fn change(found: &Counterfactual, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let moves = found.moves.iter().map(|one| moved(one, decided)).collect_view();
    let verdict = &found.verdict;
    let (chip, by) = match (&verdict.held_by, &verdict.rule_id) {
        (Some(rule), _) => (
            Either::Left(unknown_chip(texts().lead_hold())),
            texts().lead_nearest_held(decided.rules.title(rule)),
        ),
        (None, Some(rule)) => (Either::Right(action_chip(verdict.action)), decided.rules.title(rule)),
        (None, None) => (Either::Right(action_chip(verdict.action)), texts().lead_nearest_default()),
    };
    let said = texts().lead_nearest_result();
    view! {
        <ul class="moves">{moves}</ul>
        <p class="row">{part(said.s0)}{chip}{part(said.s1)}<span class="quiet">{by}</span></p>
        {(!found.is_nearest).then(|| view! { <p class="meta">{texts().lead_nearest_maybe_smaller()}</p> })}
    }
}

/// Describes the change of one field.
fn moved(one: &FieldChange, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let catalogue = &decided.rules.bundle.catalogue;
    let said = |value: &engine::value::Value| {
        let (text, unit) = facts::value(&value.to_json(), catalogue, &one.field);
        facts::with_unit(text, unit)
    };
    let from =
        one.from.as_ref().map_or_else(|| texts().lead_nearest_not_found(), |reading| said(&reading.value));
    let is_same =
        one.from.as_ref().map(|reading| &reading.value) == one.to.as_ref().map(|reading| &reading.value);
    let to = match (&one.list, &one.to) {
        (Some((list, true)), _) => texts().lead_nearest_on_list(titles::list(list)),
        (Some((list, false)), _) => texts().lead_nearest_off_list(titles::list(list)),
        (None, Some(_)) if one.is_example => texts().lead_nearest_other(),
        (None, Some(_)) if is_same => texts().lead_nearest_same(),
        (None, Some(reading)) => said(&reading.value),
        (None, None) => texts().lead_nearest_not_found(),
    };
    view! { <li><span>{catalogue.title(&one.field)}</span><span class="quiet">{from}</span><span aria-hidden="true">"→"</span><span class="sr">{texts().lead_nearest_to()}</span><b>{to}</b></li> }
}
