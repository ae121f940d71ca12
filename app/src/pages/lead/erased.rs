//! The page of an erased person: the remaining data, and what was removed.

use leptos::either::Either;
use leptos::prelude::*;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use super::trace;
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};

/// Renders the parts of a decision that remain without its inputs.
pub fn kept(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hashes = loaded.proof.as_ref().map(|proof| {
        view! {
            <dt>{texts().lead_decision()}</dt><dd><code>{hex(&proof.decision_hash)}</code></dd>
            {proof.event_hash.as_deref().map(|hash| view! { <dt>{texts().lead_kept_event()}</dt><dd><code>{hex(hash)}</code></dd> })}
        }
    });
    let erased = match loaded.erased_at {
        Some(at) => {
            let said = texts().lead_erased_at();
            Either::Left(view! { {part(said.s0)}{loaded.clock.stamp_in_sentence(at)}{part(said.s1)} })
        }
        None => Either::Right(texts().lead_erased()),
    };
    view! {
        <section aria-labelledby="h-kept">
            <div class="sec-head"><h2 id="h-kept">{texts().lead_kept()}</h2></div>
            <div class="note" data-a="info">
                {icon(Icon::Eraser)}
                <p><strong>{erased}</strong></p>
                <p>{texts().lead_kept_about()}</p>
            </div>
            <dl class="kv gap hashes">
                {hashes}
                <dt>{texts().lead_kept_bundle()}</dt><dd><code>{decision.bundle.to_string()}</code></dd>
                <dt>{texts().lead_kept_decision_id()}</dt><dd><code>{decision.decision_id.to_string()}</code></dd>
            </dl>
        </section>
        <section aria-labelledby="h-why">
            <div class="sec-head"><h2 id="h-why">{texts().lead_kept_rules()}</h2></div>
            {trace::trace(decided).into_any()}
        </section>
    }
}
