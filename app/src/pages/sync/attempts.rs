//! The delivery attempts of an effect, oldest first.

use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::sync::{Delivery, EffectDetail};

use super::status::result;
use crate::ui::clock::Clock;
use crate::ui::number;

/// Renders the attempts with their heading.
pub fn attempts(detail: &EffectDetail, deliveries: &[Delivery], clock: Clock) -> impl IntoView + use<> {
    let is_erased = detail.lead.erased_at.is_some();
    let heading = (!deliveries.is_empty())
        .then(|| view! { <span class="meta">{number::plural(deliveries.len() as i64, "attempt", "attempts")}</span> });
    let list = if deliveries.is_empty() {
        Either::Left(
            view! { <p class="quiet">"It was not tried yet. Each attempt will be kept here, with what was sent and answered."</p> },
        )
    } else {
        let items = deliveries.iter().map(|delivery| attempt(delivery, is_erased, clock)).collect_view();
        Either::Right(view! { <ol class="line attempts">{items}</ol> })
    };
    let erased = (is_erased && !deliveries.is_empty()).then(|| {
        view! { <p class="quiet gap">"This person was erased: what was sent and answered can never be opened again. That it was tried, when and how it ended stays."</p> }
    });
    view! { <div class="sec-head"><h2 id="h-attempts">"Attempts"</h2>{heading}</div>{list}{erased} }
}

fn attempt(delivery: &Delivery, is_erased: bool, clock: Clock) -> impl IntoView + use<> {
    let row = &delivery.row;
    let (tone, word) = result(&row.result);
    let took = number::duration((row.finished_at - row.started_at).as_seconds_f64().max(0.0));
    let status = row.status.map(|status| format!(", status {status}"));
    let error = row.error.clone().map(|error| view! { <p class="error">{error}</p> });
    let exchange = (!is_erased).then(|| exchange(delivery));
    view! {
        <li data-a=tone>
            <b>{format!("Attempt {}", row.attempt)}</b>" "<span class="tone" data-a=tone>{word}</span>
            <small>{clock.stamp_second(row.started_at)}{format!(", took {took}")}{status}</small>
            {error}
            {exchange}
        </li>
    }
}

/// Renders the stored request and response. Secrets are redacted before storage.
fn exchange(delivery: &Delivery) -> impl IntoView + use<> {
    let part = |title: &'static str, json: &Option<Json>| {
        json.as_ref().map(|json| {
            let text = serde_json::to_string_pretty(json).unwrap_or_default();
            view! { <h3>{title}</h3><pre class="code" tabindex="0">{text}</pre> }
        })
    };
    let summary = match (&delivery.request, &delivery.response) {
        (Some(_), Some(_)) => "What was sent and answered",
        (Some(_), None) => "What was sent",
        (None, Some(_)) => "What was answered",
        (None, None) => return None,
    };
    let (request, response) = (part("Sent", &delivery.request), part("Answered", &delivery.response));
    Some(view! { <details class="fold"><summary>{summary}</summary>{request}{response}</details> })
}
