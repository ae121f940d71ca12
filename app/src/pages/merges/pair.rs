//! Two leads side by side, and what to do about them.

use engine::ids::LeadId;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::merges::{self, MergeSuggestion, SuggestedPair};
use store::reads::frame::{WorkflowName, names_of_actors, workflow_names};

use super::list::verdict;
use super::side::{ComparedCell, ComparedLead, rows};
use crate::actions::merges::{AcceptMerge, DeclineMerge, UndoMerge};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::form::{TextAreaProps, ask, once, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::words;

/// Renders the page of one suggestion.
#[component]
pub fn MergePage() -> impl IntoView {
    let params = use_params_map();
    let of = |name: &str| params.read_untracked().get(name);
    let (lead, other) = (of("lead"), of("other"));
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Merges, move |here| load(here, lead, other, flash))
}

async fn load(
    here: PageContext,
    lead: Option<String>,
    other: Option<String>,
    flash: Flash,
) -> Result<PageContent> {
    let id = |text: Option<String>| -> Result<LeadId> {
        text.and_then(|text| text.parse().ok()).ok_or(Error::NotFound { what: Missing::MergeSuggestion })
    };
    let pair = SuggestedPair { lead: id(lead)?, other: id(other)? };
    let store = &here.request.store;
    let suggestion = merges::suggestion(store, pair).await?;
    let actors: Vec<String> = suggestion.closed_by.clone().into_iter().collect();
    // An open suggestion is about the leads that remain; a decided one shows the two that it was about.
    let (first, second) = match suggestion.closed_at {
        None => (suggestion.lead_now.into(), suggestion.other_now.into()),
        Some(_) => (pair.lead, pair.other),
    };
    let (first, second) =
        tokio::try_join!(ComparedLead::load(store, first), ComparedLead::load(store, second))?;
    let (workflows, people) = tokio::try_join!(workflow_names(store), names_of_actors(store, &actors))?;
    let [one, two] = [first.name(), second.name()];
    let (both, said) = (texts().merges_both(), texts().merges_why());
    let bar = view! {
        <nav aria-label=texts().merges_breadcrumb()><a href="/merges">{texts().merges_title()}</a><span aria-hidden="true">" /"</span></nav>
        <h1 class="clip">{part(both.s0)}<bdi>{one.clone()}</bdi>{part(both.s1)}<bdi>{two.clone()}</bdi>{part(both.s2)}</h1>
        {verdict(&suggestion)}
    };
    let why = view! {
        <div class="headline"><p>
            {part(said.s0)}{here.clock.stamp_in_sentence(suggestion.opened_at)}{part(said.s1)}
        </p></div>
    };
    let by = suggestion.closed_by.as_ref().map(|by| words::actor(by, &people));
    let said = decided(&suggestion, by, &here);
    let acts = acts(&here, &suggestion, [&first, &second], &flash);
    let body = view! {
        {why}
        {comparison([&first, &second], &workflows, &here).into_any()}
        {said.into_any()}
        {acts.into_any()}
    };
    Ok(PageContent { title: texts().merges_both_title(one, two), bar: bar.into_any(), body: body.into_any() })
}

fn comparison(
    sides: [&ComparedLead; 2],
    workflows: &[WorkflowName],
    here: &PageContext,
) -> impl IntoView + use<> {
    let [one, two] = sides.map(|side| side.cells(workflows, here.clock));
    let row = |(name, (one, two)): (String, (ComparedCell, ComparedCell))| {
        let is_same = one.text.is_some() && one.text == two.text;
        view! {
            <tr data-same=is_same.then_some("")>
                <th scope="row">{name}{is_same.then(|| view! { <small>{texts().merges_same()}</small> })}</th>
                <td data-l=texts().merges_first_lead()>{one.shown}</td>
                <td data-l=texts().merges_second_lead()>{two.shown}</td>
            </tr>
        }
    };
    let rows = rows().into_iter().zip(one.into_iter().zip(two)).map(row).collect_view();
    let head = |side: &ComparedLead| {
        let href = format!("/leads/{}", side.lead.lead_id);
        view! { <th scope="col"><a href=href><bdi>{side.name()}</bdi></a></th> }
    };
    view! {
        <table class="table stack compare">
            <caption class="sr">{texts().merges_compare_caption()}</caption>
            <thead><tr><th scope="col"><span class="sr">{texts().merges_compare_field()}</span></th>{head(sides[0])}{head(sides[1])}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn decided(suggestion: &MergeSuggestion, by: Option<String>, here: &PageContext) -> impl IntoView + use<> {
    let at = suggestion.closed_at?;
    let reason = suggestion.reason.clone().map(|reason| view! { <p>{reason}</p> });
    let (start, before, end) = match by {
        Some(by) => {
            let said = texts().merges_decided_by(by);
            (part(said.s0), part(said.s1), part(said.s2))
        }
        None => {
            let said = texts().merges_decided_at();
            (part(said.s0), part(said.s1), part(said.s2))
        }
    };
    Some(view! {
        <div class="notes gap">
            <div class="note" data-a="info">
                {icon(Icon::Merge)}
                <p>{start}<strong>{verdict(suggestion)}</strong>{before}{here.clock.stamp_in_sentence(at)}{end}</p>
                {reason}
            </div>
        </div>
    })
}

fn acts(
    here: &PageContext,
    suggestion: &MergeSuggestion,
    sides: [&ComparedLead; 2],
    flash: &Flash,
) -> impl IntoView + use<> {
    if suggestion.closed_at.is_some() {
        let merged = sides.into_iter().find(|side| side.lead.merged_into.is_some())?;
        return Some(EitherOf3::A(undoing(here, merged.lead.lead_id, flash)));
    }
    if !here.may::<AcceptMerge>() {
        return Some(EitherOf3::B(view! { <p class="meta gap">{texts().merges_others()}</p> }));
    }
    Some(EitherOf3::C(view! {
        <div class="row gap">
            {accepting(&here.request, suggestion, sides, flash)}
            {declining(&here.request, suggestion, flash)}
        </div>
    }))
}

fn hidden(suggestion: &MergeSuggestion) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="lead" value=suggestion.lead_id.to_string() />
        <input type="hidden" name="other" value=suggestion.other_lead_id.to_string() />
    }
}

fn reason(id: &'static str) -> TextAreaProps<String> {
    TextAreaProps {
        id,
        label: texts().merges_reason(),
        name: "reason",
        rows: 2,
        maxlength: 1_000,
        required: true,
    }
}

fn accepting(
    request: &Request,
    suggestion: &MergeSuggestion,
    sides: [&ComparedLead; 2],
    flash: &Flash,
) -> impl IntoView + use<> {
    let problem = flash.errors.get("keep").cloned();
    let typed = flash.values.get("merge-reason").cloned().unwrap_or_default();
    let error = flash.errors.get("merge-reason").cloned();
    let is_open = problem.is_some() || error.is_some();
    let choice = |(index, side): (usize, &ComparedLead)| {
        let is_first = index == 0;
        let about = if is_first { texts().merges_keep_first() } else { texts().merges_keep_second() };
        view! {
            <label class="check">
                <input type="radio" name="keep" value=side.lead.lead_id.to_string() checked=is_first required />
                <span><bdi>{side.name()}</bdi><small>{about}</small></span>
            </label>
        }
    };
    let form = view! {
        <form class="stack-form" method="post" action=AcceptMerge::PATH>
            {once(request, "accept-merge")}
            {hidden(suggestion)}
            <p>{texts().merges_merge_about()}</p>
            <fieldset class="checks">
                <legend>{texts().merges_keep()}</legend>
                {sides.into_iter().enumerate().map(choice).collect_view()}
                {problem.map(|problem| view! { <p class="tone" data-a="bad" role="alert">{problem}</p> })}
            </fieldset>
            {text(reason("merge-reason"), &typed, error)}
            <button class="btn primary">{icon(Icon::Merge)}{texts().merges_merge_leads()}</button>
        </form>
    };
    ask(texts().merges_merge(), is_open, form)
}

fn declining(request: &Request, suggestion: &MergeSuggestion, flash: &Flash) -> impl IntoView + use<> {
    let error = flash.errors.get("decline-reason").cloned();
    let is_open = error.is_some();
    let form = view! {
        <form class="stack-form" method="post" action=DeclineMerge::PATH>
            {once(request, "decline-merge")}
            {hidden(suggestion)}
            <p>{texts().merges_keep_separate_about()}</p>
            {text(reason("decline-reason"), "", error)}
            <button class="btn primary">{texts().merges_keep_separate()}</button>
        </form>
    };
    ask(texts().merges_keep_separate(), is_open, form)
}

/// Renders the form that undoes a merge; returns `None` if the viewer lacks the permission.
pub fn undoing(here: &PageContext, merged: LeadId, flash: &Flash) -> impl IntoView + use<> {
    if !here.may::<UndoMerge>() {
        return Either::Left(());
    }
    let error = flash.errors.get("undo-reason").cloned();
    let is_open = error.is_some();
    let form = view! {
        <form class="stack-form" method="post" action=UndoMerge::PATH>
            {once(&here.request, "undo-merge")}
            <input type="hidden" name="lead" value=merged.to_string() />
            <p>{texts().merges_undo_about()}</p>
            {text(reason("undo-reason"), "", error)}
            <button class="btn primary">{texts().merges_undo()}</button>
        </form>
    };
    Either::Right(ask(texts().merges_undo(), is_open, form))
}
