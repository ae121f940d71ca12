//! How far something is that takes a while, with a way to stop it.

use leptos::prelude::*;

use super::number;

/// `done` of `all`, in words too; `stop` is a form that breaks it off.
pub fn progress(what: &str, done: u64, all: u64, stop: Option<AnyView>) -> impl IntoView + use<> {
    let said = format!("{what}: {} of {}", number::count(done.min(all)), number::count(all));
    view! {
        <div class="progress">
            <label><span>{said}</span><progress max=all.to_string() value=done.min(all).to_string()></progress></label>
            {stop}
        </div>
    }
}
