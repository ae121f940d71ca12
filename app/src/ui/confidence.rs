//! A confidence next to its threshold.

use leptos::prelude::*;

use super::number;
use crate::texts::texts;

/// Renders a confidence as a bar and a number, with a tick at the threshold; violet if it is below.
pub fn confidence(confidence: f64, needed: Option<f64>) -> impl IntoView {
    let short = needed.is_some_and(|needed| confidence < needed);
    let percent = |share: f64| format!("{:.0}", share.clamp(0.0, 1.0) * 100.0);
    let tick = needed.filter(|needed| *needed > 0.0).map(|needed| {
        view! { <line x1=percent(needed) x2=percent(needed) y1="0" y2="10"></line> }
    });
    let said = needed.filter(|needed| *needed > 0.0).map(|needed| {
        let needed = number::confidence(needed);
        let (before, text) = match short {
            true => (" ", texts().ui_confidence_below(needed)),
            false => (", ", texts().ui_confidence_enough(needed)),
        };
        view! { <span class="sr">{before}{text}</span> }
    });
    view! {
        <span class="conf" data-a=short.then_some("unknown")>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width=percent(confidence) height="10"></rect>{tick}</svg>
            {number::confidence(confidence)}
            {said}
        </span>
    }
}
