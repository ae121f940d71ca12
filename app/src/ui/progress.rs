//! Progress of long-running work, with a way to stop it.

use std::time::Duration;

use leptos::prelude::*;

use super::number;
use crate::texts::texts;

/// Renders `done` of `all` as a bar and in words; `stop` is a form that stops the work.
pub fn progress(what: &str, done: u64, all: u64, stop: Option<AnyView>) -> impl IntoView + use<> {
    let said = texts().progress_of(what, number::count(done.min(all)), number::count(all));
    progress_with_text(said, done, Some(all), stop)
}

/// Like [`progress`], with custom text; without `all` the total is unknown.
pub fn progress_with_text(
    said: String,
    done: u64,
    all: Option<u64>,
    stop: Option<AnyView>,
) -> impl IntoView + use<> {
    let bar = match all.filter(|all| *all > 0) {
        Some(all) => {
            view! { <progress max=all.to_string() value=done.min(all).to_string()></progress> }.into_any()
        }
        None => view! { <progress></progress> }.into_any(),
    };
    view! {
        <div class="progress">
            <label><span>{said}</span>{bar}</label>
            {stop}
        </div>
    }
}

/// Renders the progress of figures that are still being computed. Use it within a part that refreshes once they are ready;
/// without scripts, people check again at `again`.
pub fn adding(since: Duration, again: &str) -> impl IntoView + use<> {
    let said = match since.as_secs() {
        0..=1 => texts().progress_computing(),
        seconds => texts().progress_computing_since(number::duration(seconds as f64)),
    };
    view! {
        <div class="progress">
            <label><span>{said}</span><progress></progress></label>
            <a class="btn" href=again.to_owned()>{texts().progress_refresh()}</a>
        </div>
    }
}
