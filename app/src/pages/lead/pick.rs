//! The explanation of the assignment: the pool, the rotation, and who was available.

use engine::bundle::StoredPick;
use engine::rules::pick::{Pick, PickReason};
use leptos::either::Either;
use leptos::prelude::*;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use crate::texts::texts;
use crate::ui::{number, titles};

/// Explains the pick; returns `None` if the decision picks no one.
pub fn pick(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let stored = decided.pick()?;
    let pool = titles::pool(&stored.pool);
    let all = decided.members().len();
    let available = stored.inputs.available.len();
    let heading = match &stored.pick {
        Some(pick) => texts().lead_pick(loaded.person(&pick.assignee)),
        None => texts().lead_pick_nobody(),
    };
    let version = stored.inputs.pool_version.to_string();
    let sentence = match &stored.pick {
        Some(Pick { reason: PickReason::ExistingOwner, .. }) => texts().lead_pick_owner(pool, version),
        Some(_) => texts().lead_pick_next(pool, version, available.to_string(), all.to_string()),
        None => texts().lead_pick_none(all, pool, version),
    };
    Some(view! {
        <div class="sec-head gap"><h2>{heading}</h2></div>
        <p>{sentence}</p>
        {stored.pick.is_some().then(|| turns(loaded, decided, &stored))}
    })
}

/// Renders each member's counter before and after the pick.
fn turns(loaded: &LeadData, decided: &ExplainedDecision, stored: &StoredPick) -> impl IntoView + use<> {
    let picked = stored.pick.as_ref().map(|pick| pick.assignee.clone());
    let after = stored.pick.as_ref().map(|pick| &pick.counters_after);
    let rows = decided.members().into_iter().map(|member| {
        let is_picked = picked.as_ref() == Some(&member.person);
        let before = stored.inputs.counters.get(&member.person).copied().unwrap_or_default();
        let now = after.and_then(|after| after.get(&member.person)).copied().unwrap_or_default();
        let name = loaded.person(&member.person);
        let name = if is_picked { Either::Left(view! { <b>{name}</b> }) } else { Either::Right(name) };
        let there = if stored.inputs.available.contains(&member.person) {
            texts().lead_pick_yes()
        } else {
            texts().lead_pick_no()
        };
        view! {
            <tr>
                <th scope="row">{name}</th><td>{there}</td><td class="num">{member.weight}</td><td class="num">{number::count(before)}</td><td class="num">{number::count(now)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <details class="fold">
            <summary>{texts().lead_pick_show()}</summary>
            <div class="scroll">
                <table class="table">
                    <caption class="sr">{texts().lead_pick_caption()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{texts().lead_pick_person()}</th><th scope="col">{texts().lead_pick_available()}</th><th scope="col" class="num">{texts().lead_pick_weight()}</th>
                            <th scope="col" class="num">{texts().lead_pick_before()}</th><th scope="col" class="num">{texts().lead_pick_after()}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="meta">{texts().lead_pick_about()}</p>
        </details>
    }
}
