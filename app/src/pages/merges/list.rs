//! The open suggestions, and what was decided lately.

use std::collections::BTreeMap;

use leptos::either::Either;
use leptos::prelude::*;
use store::merges::{self, MergeSuggestion};
use store::reads::frame::names_of_actors;

use super::{names, path};
use crate::error::Result;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::icon::Icon;
use crate::ui::{note, number, words};

/// Maximum number of suggestions of each kind on the page.
const SHOWN: i64 = 100;

/// Renders the list of suggestions.
#[component]
pub fn Merges() -> impl IntoView {
    page(Section::Merges, load)
}

async fn load(here: PageContext) -> Result<PageContent> {
    let store = &here.request.store;
    let (open, decided, count) = tokio::try_join!(
        merges::open(store, SHOWN),
        merges::decided(store, SHOWN),
        merges::count_open(store)
    )?;
    let actors: Vec<String> = decided.iter().filter_map(|suggestion| suggestion.closed_by.clone()).collect();
    let people = names_of_actors(store, &actors).await?;
    let bar = view! {
        <h1>"Duplicates"</h1>
        <span class="meta">{number::plural(count, "open suggestion", "open suggestions")}</span>
    };
    let body =
        view! { {waiting(&open, here.clock).into_any()}{past(&decided, &people, here.clock).into_any()} };
    Ok(PageContent { title: "Duplicates".into(), bar: bar.into_any(), body: body.into_any() })
}

fn waiting(open: &[MergeSuggestion], clock: Clock) -> impl IntoView + use<> {
    if open.is_empty() {
        return Either::Left(note::empty(
            Icon::Merge,
            "No duplicates to review",
            view! { <p>"When one event names two leads, by external ID and by e-mail, it is listed here. You then decide whether they are the same person."</p> },
        ));
    }
    let row = |suggestion: &MergeSuggestion| {
        let [lead, other] = names(suggestion);
        let label = format!("Compare {lead} and {other}");
        view! {
            <tr>
                <th scope="row"><a class="who" href=path(suggestion)><b class="clip"><bdi>{lead}</bdi></b></a><small>"by external ID"</small></th>
                <td data-l="Other lead"><a href=format!("/leads/{}", suggestion.other_now)><bdi>{other}</bdi></a><small>"by e-mail"</small></td>
                <td class="num quiet" data-l="Suggested">{clock.relative(suggestion.opened_at)}</td>
                <td class="num"><a class="btn" href=path(suggestion) aria-label=label>"Compare"</a></td>
            </tr>
        }
    };
    Either::Right(view! {
        <section aria-labelledby="h-open">
            <div class="sec-head"><h2 id="h-open">"To review"</h2></div>
            <table class="table stack">
                <caption class="sr">"Leads that may be the same person"</caption>
                <thead>
                    <tr><th scope="col">"Lead"</th><th scope="col">"Other lead"</th><th scope="col" class="num">"Suggested"</th><th scope="col"><span class="sr">"Compare"</span></th></tr>
                </thead>
                <tbody>{open.iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    })
}

fn past(
    decided: &[MergeSuggestion],
    people: &BTreeMap<String, String>,
    clock: Clock,
) -> impl IntoView + use<> {
    let row = |suggestion: &MergeSuggestion| {
        let [lead, other] = names(suggestion);
        let by = suggestion.closed_by.as_ref().map(|by| words::actor(by, people));
        view! {
            <tr>
                <th scope="row"><a href=path(suggestion)><bdi>{lead}</bdi>" and "<bdi>{other}</bdi></a></th>
                <td class="first">{verdict(suggestion)}</td>
                <td class="wide quiet">{suggestion.reason.clone()}</td>
                <td data-l="By">{by}</td>
                <td class="num quiet" data-l="Decided">{suggestion.closed_at.map(|at| clock.relative(at))}</td>
            </tr>
        }
    };
    (!decided.is_empty()).then(|| {
        view! {
            <section class="gap" aria-labelledby="h-decided">
                <div class="sec-head"><h2 id="h-decided">"Decided"</h2></div>
                <table class="table stack">
                    <caption class="sr">"Suggestions that were decided"</caption>
                    <thead>
                        <tr><th scope="col">"Leads"</th><th scope="col">"Decision"</th><th scope="col">"Reason"</th><th scope="col">"By"</th><th scope="col" class="num">"Decided"</th></tr>
                    </thead>
                    <tbody>{decided.iter().map(row).collect_view()}</tbody>
                </table>
            </section>
        }
    })
}

/// Renders what became of a suggestion.
pub(super) fn verdict(suggestion: &MergeSuggestion) -> impl IntoView + use<> {
    let is_one = suggestion.lead_now == suggestion.other_now;
    match suggestion.verdict.as_deref() {
        None => dotted("info", "Open"),
        Some("merged") if is_one => dotted("good", "Merged"),
        Some("merged") => dotted("warn", "Merge undone"),
        Some("erased") => dotted("info", "Person erased"),
        Some(_) => dotted("info", "Kept separate"),
    }
}
