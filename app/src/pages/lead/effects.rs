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
use crate::ui::chip::dotted;
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, titles, words};

/// Renders the effects with their heading.
pub fn effects(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    // Effect IDs ascend in creation order, but the lead's effects are sorted newest first.
    let effects: Vec<&Effect> =
        loaded.effects.iter().rev().filter(|effect| effect.decision_id == decision.decision_id).collect();
    let delivered = effects.iter().filter(|effect| effect.state == Some(EffectState::Delivered)).count();
    let actions = number::plural(effects.len() as i64, "action", "actions");
    let summary = (!effects.is_empty()).then(|| view! { <span class="meta">{format!("{actions} from this decision, {delivered} delivered")}</span> });
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
                <caption class="sr">"Actions and their deliveries"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Action"</th><th scope="col">"To"</th><th scope="col">"What"</th><th scope="col">"State"</th>
                        <th scope="col" class="num">"Attempts"</th><th scope="col" class="num">"Took"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="notes">{failures}{held}</div>
        })
    };
    view! { <div class="sec-head"><h2 id="h-did">"What we did"</h2>{summary}</div>{content} }
}

fn nothing(decision: &Decision) -> &'static str {
    match decision.mode {
        Mode::Historical => "Nothing: the lead was imported, and an import sends nothing.",
        Mode::Simulation | Mode::Shadow => "Nothing: this was a trial.",
        Mode::Manual => "Nothing yet: the workflow was stopped, and a person decides.",
        Mode::AssignReview | Mode::Live => "Nothing: the workflow names no destination for this decision.",
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
            <td data-l="To">{titles::destination(&effect.destination)}</td>
            <td class="wide">{what(loaded, decision, effect)}</td>
            <td class="first">{state(loaded, effect)}</td>
            <td class="num" data-l="Attempts">{attempts}</td>
            <td class="num" data-l="Took">{took}</td>
        </tr>
    }
}

/// Describes the content of an effect.
fn what(loaded: &LeadData, decision: &Decision, effect: &Effect) -> String {
    if let Some(verdict) = effect.verdict_id {
        let verdict = loaded.verdicts.iter().find(|past| past.id == verdict.0);
        return verdict.map_or_else(|| "What a person decided".into(), |past| verdict_sentence(loaded, past));
    }
    let kind = effect.kind.as_str();
    let text = |name: &str| decision.parameters.get(name).and_then(Json::as_str);
    if kind == "decision_event" {
        return "The decision with its inputs and rules".into();
    }
    let mut parts = vec![words::action_done(decision.action).to_owned()];
    parts.extend(text("assignee").map(|email| format!("owner {}", loaded.person(email))));
    parts.extend(text("stage").map(|stage| format!("stage {}", words::stage_named(stage))));
    parts.extend(text("meeting").map(|meeting| format!("{meeting} meeting")));
    parts.join(", ")
}

/// Describes a person's verdict in the queue.
fn verdict_sentence(loaded: &LeadData, past: &PastVerdict) -> String {
    if past.kind == <&str>::from(Kind::GiveBack) {
        let what = if past.queue.is_some() { "Waits again" } else { "The rules count again" };
        return format!("{what}, undone by {}", past.by);
    }
    let action = words::action_done(past.action.parse().unwrap_or(Action::Hold));
    let owner = past.assignee.as_ref().map(|email| format!(", owner {}", loaded.person(email)));
    format!("{action} by {}{}", past.by, owner.unwrap_or_default())
}

fn state(loaded: &LeadData, effect: &Effect) -> impl IntoView + use<> {
    let (tone, text) = match effect.state_at(loaded.clock.now) {
        Some(EffectState::Delivered) => ("good", "Delivered".to_owned()),
        Some(EffectState::Dead) => ("bad", "Failed, needs you".into()),
        Some(EffectState::Running) => ("info", "Being sent".into()),
        Some(EffectState::Ready) if loaded.paused.contains_key(&effect.destination) => {
            ("warn", "Waits, paused".into())
        }
        Some(EffectState::Ready) => match (&effect.last, effect.due_at) {
            (Some(_), Some(due)) => ("warn", format!("Tries again {}", loaded.clock.until(due))),
            _ => ("info", "Waits to be sent".into()),
        },
        Some(EffectState::Expired) => ("warn", "Expired, not sent".into()),
        Some(EffectState::Superseded) => {
            return EitherOf3::A(view! { <span class="quiet">"Overtaken by a newer decision"</span> });
        }
        Some(EffectState::Withdrawn) => {
            return EitherOf3::A(view! { <span class="quiet">"Withdrawn, person erased"</span> });
        }
        None => return EitherOf3::B(view! { <span class="quiet">"Archived"</span> }),
    };
    EitherOf3::C(dotted(tone, text))
}

/// Renders the note about a paused destination.
fn paused(name: &str, reason: &str) -> impl IntoView + use<> {
    view! {
        <div class="note" data-a="warn">
            {icon(Icon::Hold)}
            <p><strong>{format!("{} is paused: ", titles::destination(name))}</strong>{reason.to_owned()}</p>
            <p class="meta">"Pending actions are sent after it resumes."</p>
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
    let (tone, verb) = if is_dead { ("bad", "did not take it") } else { ("warn", "has not taken it yet") };
    let mut line = vec![number::plural(last.map_or(0, |last| last.attempt), "attempt", "attempts")];
    line.extend(last.map(|last| format!("last {}", clock.in_sentence(last.finished_at))));
    line.extend(effect.due_at.filter(|_| !is_dead).map(|due| format!("next {}", clock.until(due))));
    line.extend(effect.expires_at.map(|at| format!("expires {}", clock.in_sentence(at))));
    view! {
        <div class="note" data-a=tone>
            {icon(Icon::Alert)}
            <p><strong>{format!("{} {verb}: ", titles::destination(&effect.destination))}</strong>{error}</p>
            <p class="meta">{line.join(", ")}"."</p>
        </div>
    }
}
