//! The open suggestions, and the recently decided ones.

use std::collections::BTreeMap;

use leptos::either::Either;
use leptos::prelude::*;
use store::merges::{self, MergeSuggestion};
use store::reads::frame::names_of_actors;

use super::{names, path};
use crate::error::Result;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
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
        <h1>{texts().merges_title()}</h1>
        <span class="meta">{texts().merges_open_count(count, number::count(count))}</span>
    };
    let body =
        view! { {waiting(&open, here.clock).into_any()}{past(&decided, &people, here.clock).into_any()} };
    Ok(PageContent { title: texts().merges_title(), bar: bar.into_any(), body: body.into_any() })
}

fn waiting(open: &[MergeSuggestion], clock: Clock) -> impl IntoView + use<> {
    if open.is_empty() {
        return Either::Left(note::empty(
            Icon::Merge,
            texts().merges_none_title(),
            view! { <p>{texts().merges_none()}</p> },
        ));
    }
    let row = |suggestion: &MergeSuggestion| {
        let [lead, other] = names(suggestion);
        let label = texts().merges_compare_both(&lead, &other);
        view! {
            <tr>
                <th scope="row"><a class="who" href=path(suggestion)><b class="clip"><bdi>{lead}</bdi></b></a><small>{texts().merges_by_external_id()}</small></th>
                <td data-l=texts().merges_other_lead()><a href=format!("/leads/{}", suggestion.other_now)><bdi>{other}</bdi></a><small>{texts().merges_by_email()}</small></td>
                <td class="num quiet" data-l=texts().merges_suggested()>{clock.relative(suggestion.opened_at)}</td>
                <td class="num"><a class="btn" href=path(suggestion) aria-label=label>{texts().merges_compare()}</a></td>
            </tr>
        }
    };
    Either::Right(view! {
        <section aria-labelledby="h-open">
            <div class="sec-head"><h2 id="h-open">{texts().merges_to_review()}</h2></div>
            <table class="table stack">
                <caption class="sr">{texts().merges_caption()}</caption>
                <thead>
                    <tr><th scope="col">{texts().merges_lead()}</th><th scope="col">{texts().merges_other_lead()}</th><th scope="col" class="num">{texts().merges_suggested()}</th><th scope="col"><span class="sr">{texts().merges_compare()}</span></th></tr>
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
        let both = texts().merges_both();
        let by = suggestion.closed_by.as_ref().map(|by| words::actor(by, people));
        view! {
            <tr>
                <th scope="row"><a href=path(suggestion)>{part(both.s0)}<bdi>{lead}</bdi>{part(both.s1)}<bdi>{other}</bdi>{part(both.s2)}</a></th>
                <td class="first">{verdict(suggestion)}</td>
                <td class="wide quiet">{suggestion.reason.clone()}</td>
                <td data-l=texts().merges_by()>{by}</td>
                <td class="num quiet" data-l=texts().merges_decided()>{suggestion.closed_at.map(|at| clock.relative(at))}</td>
            </tr>
        }
    };
    (!decided.is_empty()).then(|| {
        view! {
            <section class="gap" aria-labelledby="h-decided">
                <div class="sec-head"><h2 id="h-decided">{texts().merges_decided()}</h2></div>
                <table class="table stack">
                    <caption class="sr">{texts().merges_decided_caption()}</caption>
                    <thead>
                        <tr><th scope="col">{texts().merges_leads()}</th><th scope="col">{texts().merges_decision()}</th><th scope="col">{texts().merges_reason()}</th><th scope="col">{texts().merges_by()}</th><th scope="col" class="num">{texts().merges_decided()}</th></tr>
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
        None => dotted("info", texts().merges_state_open()),
        Some("merged") if is_one => dotted("good", texts().merges_state_merged()),
        Some("merged") => dotted("warn", texts().merges_state_undone()),
        Some("erased") => dotted("info", texts().merges_state_erased()),
        Some(_) => dotted("info", texts().merges_state_separate()),
    }
}
