//! The delivery attempts of an effect, oldest first.

use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::sync::{Delivery, EffectDetail};

use super::status::result;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::number;

/// Renders the attempts with their heading.
pub fn attempts(detail: &EffectDetail, deliveries: &[Delivery], clock: Clock) -> impl IntoView + use<> {
    let is_erased = detail.lead.erased_at.is_some();
    let count = deliveries.len() as i64;
    let heading = (count > 0).then(
        || view! { <span class="meta">{texts().effect_attempts_count(count, number::count(count))}</span> },
    );
    let list = if deliveries.is_empty() {
        Either::Left(view! { <p class="quiet">{texts().effect_no_attempts()}</p> })
    } else {
        let items = deliveries.iter().map(|delivery| attempt(delivery, is_erased, clock)).collect_view();
        Either::Right(view! { <ol class="line attempts">{items}</ol> })
    };
    let erased = (is_erased && !deliveries.is_empty())
        .then(|| view! { <p class="quiet gap">{texts().effect_erased()}</p> });
    view! { <div class="sec-head"><h2 id="h-attempts">{texts().effect_attempts()}</h2>{heading}</div>{list}{erased} }
}

fn attempt(delivery: &Delivery, is_erased: bool, clock: Clock) -> impl IntoView + use<> {
    let row = &delivery.row;
    let (tone, word) = result(&row.result);
    let took = number::duration((row.finished_at - row.started_at).as_seconds_f64().max(0.0));
    let (before, after) = match row.status {
        Some(status) => {
            let said = texts().effect_attempt_took_status(took, status.to_string());
            (part(said.s0), part(said.s1))
        }
        None => {
            let said = texts().effect_attempt_took(took);
            (part(said.s0), part(said.s1))
        }
    };
    let error = row.error.clone().map(|error| view! { <p class="error">{error}</p> });
    let exchange = (!is_erased).then(|| exchange(delivery));
    view! {
        <li data-a=tone>
            <b>{texts().effect_attempt(row.attempt.to_string())}</b>" "<span class="tone" data-a=tone>{word}</span>
            <small>{before}{clock.stamp_second(row.started_at)}{after}</small>
            {error}
            {exchange}
        </li>
    }
}

/// Renders the stored request and response. Secrets are redacted before storage.
fn exchange(delivery: &Delivery) -> impl IntoView + use<> {
    let part = |title: String, json: &Option<Json>| {
        json.as_ref().map(|json| {
            let text = serde_json::to_string_pretty(json).unwrap_or_default();
            view! { <h3>{title}</h3><pre class="code" tabindex="0">{text}</pre> }
        })
    };
    let summary = match (&delivery.request, &delivery.response) {
        (Some(_), Some(_)) => texts().effect_exchange(),
        (Some(_), None) => texts().effect_request(),
        (None, Some(_)) => texts().effect_response(),
        (None, None) => return None,
    };
    let (request, response) = (
        part(texts().effect_request(), &delivery.request),
        part(texts().effect_response(), &delivery.response),
    );
    Some(view! { <details class="fold"><summary>{summary}</summary>{request}{response}</details> })
}
