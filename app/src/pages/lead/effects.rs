//! The actions that resulted from the decision, and their delivery.

use engine::action::Action;
use engine::decision::{Decision, Mode};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use serde_json::Value as Json;
use store::queue::{Kind, PastVerdict};
use store::sync::lists::{Effect, EffectState};

use super::decision::ExplainedDecision;
use super::load::LeadData;
use crate::texts::{part, texts};
use crate::ui::chip::dotted;
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, series, titles, words};

/// Renders the effects with their heading.
pub fn effects(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    // Effect IDs ascend in creation order, but the lead's effects are sorted newest first.
    let effects: Vec<&Effect> =
        loaded.effects.iter().rev().filter(|effect| effect.decision_id == decision.decision_id).collect();
    let delivered = effects.iter().filter(|effect| effect.state == Some(EffectState::Delivered)).count();
    let (count, shown) = (effects.len(), number::count(effects.len() as i64));
    let summary = texts().lead_actions_count(count, shown, number::count(delivered as i64));
    let summary = (count > 0).then(|| view! { <span class="meta">{summary}</span> });
    let rows = effects.iter().map(|effect| row(loaded, decision, effect)).collect_view();
    let failures = effects
        .iter()
        .filter(|effect| needs_note(effect))
        .map(|effect| failure(loaded, effect))
        .collect_view();
    let mut held: Vec<&str> = effects
        .iter()
        .filter(|effect| effect.state == Some(EffectState::Ready))
        .map(|effect| effect.destination.as_str())
        .collect();
    held.sort_unstable();
    held.dedup();
    let held = held.iter().filter_map(|name| Some(paused(name, loaded.paused.get(*name)?))).collect_view();
    let content = if effects.is_empty() {
        Either::Left(view! { <p class="quiet">{nothing(decision)}</p> })
    } else {
        Either::Right(view! {
            <table class="table stack">
                <caption class="sr">{texts().lead_actions_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().lead_actions_action()}</th><th scope="col">{texts().lead_actions_destination()}</th><th scope="col">{texts().lead_actions_content()}</th><th scope="col">{texts().lead_actions_state()}</th>
                        <th scope="col" class="num">{texts().lead_actions_attempts()}</th><th scope="col" class="num">{texts().lead_actions_duration()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="notes">{failures}{held}</div>
        })
    };
    view! { <div class="sec-head"><h2 id="h-did">{texts().lead_actions()}</h2>{summary}</div>{content} }
}

fn nothing(decision: &Decision) -> String {
    match decision.mode {
        Mode::Historical => texts().lead_actions_none_import(),
        Mode::Simulation | Mode::Shadow => texts().lead_actions_none_trial(),
        Mode::Manual => texts().lead_actions_none_stopped(),
        Mode::AssignReview | Mode::Live => texts().lead_actions_none(),
    }
}

fn row(loaded: &LeadData, decision: &Decision, effect: &Effect) -> impl IntoView + use<> {
    let attempts = effect.last.as_ref().map_or(0, |last| last.attempt);
    let took = effect
        .last
        .as_ref()
        .filter(|last| last.result == "delivered")
        .map(|last| number::duration((last.finished_at - effect.created_at).as_seconds_f64().max(0.0)));
    view! {
        <tr>
            <th scope="row"><a class="tone-link" href=format!("/sync/effects/{}", effect.id)>{words::effect(&effect.kind)}</a></th>
            <td data-l=texts().lead_actions_destination()>{titles::destination(&effect.destination)}</td>
            <td class="wide">{what(loaded, decision, effect)}</td>
            <td class="first">{state(loaded, effect)}</td>
            <td class="num" data-l=texts().lead_actions_attempts()>{attempts}</td>
            <td class="num" data-l=texts().lead_actions_duration()>{took}</td>
        </tr>
    }
}

/// Describes the content of an effect.
fn what(loaded: &LeadData, decision: &Decision, effect: &Effect) -> String {
    if let Some(verdict) = effect.verdict_id {
        let verdict = loaded.verdicts.iter().find(|past| past.id == verdict.0);
        return verdict.map_or_else(|| texts().lead_content_person(), |past| verdict_sentence(loaded, past));
    }
    let kind = effect.kind.as_str();
    let text = |name: &str| decision.parameters.get(name).and_then(Json::as_str);
    if kind == "decision_event" {
        return texts().lead_content_event();
    }
    let mut parts = vec![words::action_done(decision.action).to_owned()];
    parts.extend(text("assignee").map(|email| texts().lead_content_owner(loaded.person(email))));
    parts.extend(text("stage").map(|stage| texts().lead_content_stage(words::stage_named(stage))));
    parts.extend(text("meeting").map(|meeting| texts().lead_content_meeting(meeting)));
    series::list(parts)
}

/// Describes a person's verdict in the queue.
fn verdict_sentence(loaded: &LeadData, past: &PastVerdict) -> String {
    if past.kind == <&str>::from(Kind::GiveBack) {
        return match past.queue {
            Some(_) => texts().lead_content_returned(&past.by),
            None => texts().lead_content_undone(&past.by),
        };
    }
    let action = words::action_done(past.action.parse().unwrap_or(Action::Hold));
    match &past.assignee {
        Some(email) => texts().lead_content_verdict_owner(action, &past.by, loaded.person(email)),
        None => texts().lead_content_verdict(action, &past.by),
    }
}

fn state(loaded: &LeadData, effect: &Effect) -> impl IntoView + use<> {
    let (tone, text) = match effect.state_at(loaded.clock.now) {
        Some(EffectState::Delivered) => ("good", texts().deliveries_action_delivered()),
        Some(EffectState::Dead) => ("bad", texts().deliveries_action_failed()),
        Some(EffectState::Running) => ("info", texts().deliveries_action_sending()),
        Some(EffectState::Ready) if loaded.paused.contains_key(&effect.destination) => {
            ("warn", texts().deliveries_action_paused())
        }
        Some(EffectState::Ready) => match (&effect.last, effect.due_at) {
            (Some(_), Some(due)) => ("warn", texts().deliveries_action_retry(loaded.clock.until(due))),
            _ => ("info", texts().deliveries_action_waiting()),
        },
        Some(EffectState::Expired) => ("warn", texts().deliveries_action_expired()),
        Some(EffectState::Superseded) => {
            return EitherOf3::A(
                view! { <span class="quiet">{texts().deliveries_action_superseded()}</span> },
            );
        }
        Some(EffectState::Withdrawn) => {
            return EitherOf3::A(
                view! { <span class="quiet">{texts().deliveries_action_withdrawn()}</span> },
            );
        }
        None => {
            return EitherOf3::B(view! { <span class="quiet">{texts().deliveries_action_archived()}</span> });
        }
    };
    EitherOf3::C(dotted(tone, text))
}

/// Renders the note about a paused destination.
fn paused(name: &str, reason: &str) -> impl IntoView + use<> {
    let said = texts().lead_destination_paused(titles::destination(name));
    view! {
        <div class="note" data-a="warn">
            {icon(Icon::Hold)}
            <p><strong>{part(said.s0)}</strong>{reason.to_owned()}{part(said.s1)}</p>
            <p class="meta">{texts().lead_destination_paused_about()}</p>
        </div>
    }
}

/// Returns whether the effect failed or is being retried after a failure.
fn needs_note(effect: &Effect) -> bool {
    matches!(effect.state, Some(EffectState::Dead | EffectState::Ready))
        && effect.last.as_ref().is_some_and(|last| last.error.is_some())
}

fn failure(loaded: &LeadData, effect: &Effect) -> impl IntoView + use<> {
    let clock = loaded.clock;
    let last = effect.last.as_ref();
    let error = last.and_then(|last| last.error.clone()).unwrap_or_default();
    let is_dead = effect.state == Some(EffectState::Dead);
    let destination = titles::destination(&effect.destination);
    let (tone, before, after) = if is_dead {
        let said = texts().lead_delivery_failed(destination);
        ("bad", part(said.s0), part(said.s1))
    } else {
        let said = texts().lead_delivery_retrying(destination);
        ("warn", part(said.s0), part(said.s1))
    };
    let attempts = last.map_or(0, |last| last.attempt);
    let mut line = vec![texts().lead_delivery_attempts(attempts, number::count(attempts))];
    line.extend(last.map(|last| texts().lead_delivery_last(clock.in_sentence(last.finished_at))));
    line.extend(effect.due_at.filter(|_| !is_dead).map(|due| texts().lead_delivery_next(clock.until(due))));
    line.extend(effect.expires_at.map(|at| texts().lead_delivery_expires(clock.in_sentence(at))));
    view! {
        <div class="note" data-a=tone>
            {icon(Icon::Alert)}
            <p><strong>{before}</strong>{error}{after}</p>
            <p class="meta">{series::list(line)}</p>
        </div>
    }
}
