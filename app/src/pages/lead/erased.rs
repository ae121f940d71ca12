//! The page of an erased person: the remaining data, and what was removed.

use leptos::prelude::*;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use super::trace;
use crate::ui::icon::{Icon, icon};

/// Renders the parts of a decision that remain without its inputs.
pub fn kept(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hashes = loaded.proof.as_ref().map(|proof| {
        view! {
            <dt>"Decision"</dt><dd><code>{hex(&proof.decision_hash)}</code></dd>
            {proof.event_hash.as_deref().map(|hash| view! { <dt>"Event"</dt><dd><code>{hex(hash)}</code></dd> })}
        }
    });
    view! {
        <section aria-labelledby="h-kept">
            <div class="sec-head"><h2 id="h-kept">"What is kept"</h2></div>
            <div class="note" data-a="info">
                {icon(Icon::Eraser)}
                <p><strong>"This person was erased"</strong>{loaded.erased_at.map(|at| view! { ", "{loaded.clock.stamp_in_sentence(at)} })}"."</p>
                <p>"What came in and what was read from it can never be opened again: its key was destroyed. That it came, what was decided and by which rules stays, and the log still verifies by these hashes."</p>
            </div>
            <dl class="kv gap hashes">
                {hashes}
                <dt>"Bundle"</dt><dd><code>{decision.bundle.to_string()}</code></dd>
                <dt>"Decision id"</dt><dd><code>{decision.decision_id.to_string()}</code></dd>
            </dl>
        </section>
        <section aria-labelledby="h-why">
            <div class="sec-head"><h2 id="h-why">"What each rule came to"</h2></div>
            {trace::trace(decided).into_any()}
        </section>
    }
}
