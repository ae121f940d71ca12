//! Execution and sync: deliveries that wait, failed, expired or arrived, and background jobs.

mod attempts;
mod effect;
mod effects;
mod history;
mod jobs;
mod outbox;
mod resume;
mod status;

pub use effect::EffectPage;
pub use effects::EffectList;
pub use history::HistoryList;
pub use jobs::Jobs;
pub use outbox::Outbox;
pub use resume::ResumePage;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use uuid::Uuid;

use crate::actions::sync::ReplayEffect;
use crate::texts::texts;

/// Renders the button that retries one failed effect. In a list, `name` says to screen readers which one.
fn try_again(effect: Uuid, name: Option<String>, next: &str, class: &'static str) -> impl IntoView + use<> {
    let next = next.to_owned();
    view! {
        <form method="post" action=ReplayEffect::PATH>
            <input type="hidden" name="effect" value=effect.to_string() />
            <input type="hidden" name="next" value=next />
            <button class=class aria-label=name>{texts().deliveries_retry()}</button>
        </form>
    }
}
