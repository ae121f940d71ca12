//! What a change would have come to, in figures.

use engine::change;
use leptos::either::Either;
use leptos::prelude::*;

use store::changes::Change;

use crate::ui::charts::bars::STACK;
use crate::ui::chip::action_chip;
use crate::ui::code::findings;
use crate::ui::number;
use service::change::Impact;

/// For each workflow the newest leads, decided by what is live and with the change.
pub fn section(impacts: &[Impact]) -> impl IntoView + use<> {
    let impacts: Vec<&Impact> = impacts.iter().filter(|impact| impact.decided > 0).collect();
    (!impacts.is_empty()).then(|| {
        let all = impacts.into_iter().map(one).collect_view();
        view! { <section class="stacked-sections impact"><h2>"What it would have come to"</h2>{all}</section> }
    })
}

/// What was found about the rules themselves, which holds for every workflow that they decide in.
pub fn found(change: &Change, impacts: &[Impact]) -> impl IntoView + use<> {
    let marks = change.body.as_ref().zip(impacts.first()).map(|(body, impact)| {
        change::notes(change.kind, &change.source, body, &impact.analysis, impact.decided)
    });
    let marks = marks.unwrap_or_default();
    (!marks.is_empty()).then(|| {
        view! {
            <section class="stacked-sections" aria-labelledby="findings">
                <h2 id="findings">"Findings"</h2>
                <p class="meta">"Worth a look. None of them keeps it from being submitted."</p>
                {findings(&change.source, &marks)}
            </section>
        }
    })
}

fn one(impact: &Impact) -> impl IntoView + use<> {
    let decided = number::plural(impact.decided as i64, "newest lead", "newest leads");
    if impact.moved == 0 {
        return Either::Left(
            view! { <p>{format!("None of the {decided} of {} would be decided differently.", impact.workflow)}</p> },
        );
    }
    let rows = STACK
        .iter()
        .filter_map(|action| Some((*action, impact.actions.get(action)?)))
        .map(|(action, (is, would))| {
            let change = *would as i64 - *is as i64;
            view! {
                <tr>
                    <th scope="row">{action_chip(action)}</th>
                    <td class="num">{number::count(*is as i64)}</td>
                    <td class="num">{number::count(*would as i64)}</td>
                    <td class="num"><b>{signed(change)}</b></td>
                </tr>
            }
        })
        .collect_view();
    let examples = impact
        .examples
        .iter()
        .enumerate()
        .map(|(index, (lead, is, would))| {
            view! { <li class="row"><a href=format!("/leads/{lead}")>{format!("Lead {}", index + 1)}</a>{action_chip(*is)}<span class="quiet">"would be"</span>{action_chip(*would)}</li> }
        })
        .collect_view();
    Either::Right(view! {
        <p>
            <b>{format!("{} of the {decided}", number::count(impact.moved as i64))}</b>
            {format!(" of {} would be decided differently.", impact.workflow)}
        </p>
        <table class="table">
            <caption class="sr">{format!("Decisions in {} by what is live and with the change", impact.workflow)}</caption>
            <thead><tr><th scope="col">"Action"</th><th scope="col" class="num">"Live"</th><th scope="col" class="num">"With it"</th><th scope="col" class="num">"Change"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        <details class="fold"><summary>"Some of them"</summary><ul class="plain-list">{examples}</ul></details>
    })
}

fn signed(change: i64) -> String {
    match change {
        0 => "0".to_owned(),
        more if more > 0 => format!("+{}", number::count(more)),
        less => number::count(less),
    }
}
