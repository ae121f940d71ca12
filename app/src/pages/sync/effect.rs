//! One effect: its content, recipient and destination, its state, and every attempt.

use engine::ids::EffectId;
use engine::sync::reply;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use store::sync::{self, Delivery, EffectDetail, EffectState};

use super::status::{EffectStatus, HoldReason, finished, unfinished};
use super::{attempts, try_again};
use crate::actions::sync::ReplayEffect;
use crate::error::{Error, Missing, Result};
use crate::pages::frame::{PageContent, PageContext, current_path, page};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::{titles, words};

/// Hexadecimal digits to show of a key; enough for people to distinguish two keys.
const SHORT_KEY: usize = 12;

/// Renders the page of one effect.
#[component]
pub fn EffectPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id");
    let path = current_path();
    page(Section::Outbox, move |here| load(here, id, path))
}

async fn load(here: PageContext, id: Option<String>, path: String) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: Missing::Action };
    let id: EffectId = id.and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let store = &here.request.store;
    let detail = sync::effect(store, id).await?;
    let deliveries = sync::deliveries(store, id).await?;
    let is_silent = sync::open_breakers(store)
        .await?
        .iter()
        .any(|breaker| breaker.destination_id == detail.effect.destination_id.0);
    let title = texts()
        .effect_title(words::effect(&detail.effect.kind), titles::destination(&detail.effect.destination));
    let bar = view! {
        <nav aria-label=texts().deliveries_breadcrumb()>
            <a href="/sync">{texts().deliveries_title()}</a><span aria-hidden="true">" / "</span><a href="/sync/effects">{texts().effect_actions()}</a><span aria-hidden="true">" /"</span>
        </nav>
        <h1>{title.clone()}</h1>
    };
    let may = here.may::<ReplayEffect>() && detail.effect.state == Some(EffectState::Dead);
    let again = may.then(|| try_again(id.0, None, &path, "btn primary"));
    let body = view! {
        <div class="verdict">
            <p>{sentence(&detail, deliveries.last(), here.clock)}</p>
            <div class="row">{state(&detail, is_silent, here.clock)}{again}</div>
        </div>
        <div class="effect">
            <section aria-labelledby="h-what">{facts(&detail, here.clock).into_any()}</section>
            <section aria-labelledby="h-attempts">{attempts::attempts(&detail, &deliveries, here.clock).into_any()}</section>
        </div>
    };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

/// Returns the display name of the lead.
fn who(detail: &EffectDetail) -> String {
    let lead = &detail.lead;
    if lead.erased_at.is_some() {
        return texts().deliveries_erased_person();
    }
    let (name, _) = words::lead(
        lead.name.as_ref(),
        lead.company.as_ref(),
        lead.email.as_ref(),
        lead.external_id.as_deref(),
    );
    name
}

/// Describes the current state in one sentence.
fn sentence(detail: &EffectDetail, last: Option<&Delivery>, clock: Clock) -> String {
    let (effect, destination) = (&detail.effect, titles::destination(&detail.effect.destination));
    let error = effect.last.as_ref().and_then(|last| last.error.clone());
    let answer = last.and_then(|last| last.response.as_ref()).and_then(reply::message);
    let because = [error, answer]
        .into_iter()
        .flatten()
        .map(|part| part.trim_end_matches('.').to_owned())
        .reduce(|error, answer| texts().effect_reason(error, answer));
    match (effect.state_at(clock.now), because) {
        (Some(EffectState::Delivered), _) => texts().effect_delivered(destination),
        (Some(EffectState::Dead), Some(reason)) => texts().effect_failed_because(destination, reason),
        (Some(EffectState::Dead), None) => texts().effect_failed(destination),
        (Some(EffectState::Ready), _) if effect.last.is_none() => texts().effect_waiting(destination),
        (Some(EffectState::Ready), Some(reason)) => texts().effect_retrying_because(destination, reason),
        (Some(EffectState::Ready), None) => texts().effect_retrying(destination),
        (Some(EffectState::Running), _) => texts().effect_sending(destination),
        (Some(EffectState::Expired), _) => effect
            .expires_at
            .map_or_else(|| texts().effect_expired(), |at| texts().effect_expired_at(clock.in_sentence(at))),
        (Some(EffectState::Superseded), _) => texts().effect_superseded(),
        (Some(EffectState::Withdrawn), _) => texts().effect_withdrawn(),
        (None, _) => texts().effect_archived(),
    }
}

fn state(detail: &EffectDetail, is_silent: bool, clock: Clock) -> impl IntoView + use<> {
    let effect = &detail.effect;
    let now = effect.state_at(clock.now);
    let Some(state) = unfinished(now) else {
        let (tone, text) = finished(now);
        return Either::Left(dotted(tone, text));
    };
    let hold = if detail.is_stopped {
        Some(HoldReason::Stopped)
    } else if detail.paused_reason.is_some() {
        Some(HoldReason::Paused)
    } else {
        is_silent.then_some(HoldReason::NoAnswer)
    };
    let standing = EffectStatus {
        state,
        is_again: effect.last.is_some(),
        due_at: effect.due_at,
        leased_until: detail.leased_until,
        hold,
    };
    let paused = detail.paused_reason.clone().filter(|_| hold == Some(HoldReason::Paused));
    Either::Right(
        view! { {standing.chip(clock)}{paused.map(|reason| view! { <span class="quiet">{reason}</span> })} },
    )
}

fn facts(detail: &EffectDetail, clock: Clock) -> impl IntoView + use<> {
    let effect = &detail.effect;
    let lead = format!("/leads/{}", effect.lead_id);
    let decision = format!("/leads/{}?decision={}", effect.lead_id, effect.decision_id);
    let number = effect.lead_sequence.to_string();
    let decided = match effect.verdict_id {
        Some(_) => texts().effect_decision_person(number),
        None => texts().effect_decision_number(number),
    };
    let (key, remote) = (digits(&detail.effect_key.to_string()), digits(&effect.remote_key.to_string()));
    let short = |full: &str| {
        let short = full.get(..SHORT_KEY).unwrap_or(full).to_owned();
        view! { <code title=full.to_owned()>{short}</code> }
    };
    let due = effect.due_at.filter(|_| effect.state == Some(EffectState::Ready)).map(|due| {
        view! { <dt>{texts().effect_due()}</dt><dd>{clock.stamp(due)}</dd> }
    });
    let expires =
        effect.expires_at.map(|at| view! { <dt>{texts().effect_expires()}</dt><dd>{clock.stamp(at)}</dd> });
    view! {
        <div class="sec-head"><h2 id="h-what">{texts().effect_details()}</h2></div>
        <dl class="kv">
            <dt>{texts().effect_action()}</dt><dd>{words::effect(&effect.kind)}</dd>
            <dt>{texts().effect_lead()}</dt><dd><a href=lead>{who(detail)}</a></dd>
            <dt>{texts().effect_destination()}</dt><dd>{titles::destination(&effect.destination)}</dd>
            <dt>{texts().effect_decision()}</dt><dd><a href=decision>{decided}</a></dd>
            <dt>{texts().effect_decided()}</dt><dd>{clock.stamp(effect.created_at)}</dd>
            {due}
            {expires}
            <dt>{texts().effect_idempotency_key()}</dt><dd>{short(&key)}</dd>
            <dt>{texts().effect_record_key()}</dt><dd>{short(&remote)}</dd>
        </dl>
        <details class="fold gap">
            <summary>{texts().effect_full_keys()}</summary>
            <p class="meta">{texts().effect_keys_about()}</p>
            <dl class="kv hashes">
                <dt>{texts().effect_idempotency_key()}</dt><dd><code>{key.clone()}</code></dd>
                <dt>{texts().effect_record_key()}</dt><dd><code>{remote.clone()}</code></dd>
                <dt>{texts().effect_action_id()}</dt><dd><code>{effect.id.to_string()}</code></dd>
                <dt>{texts().effect_decision_id()}</dt><dd><code>{effect.decision_id.to_string()}</code></dd>
            </dl>
        </details>
    }
}

/// Returns the digits of a key without the hash prefix.
fn digits(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).to_owned()
}
