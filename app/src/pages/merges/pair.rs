//! Two leads side by side, and what to do about them.

use engine::ids::LeadId;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::merges::{self, MergeSuggestion, SuggestedPair};
use store::reads::frame::{WorkflowName, names_of_actors, workflow_names};

use super::list::verdict;
use super::side::{ComparedCell, ComparedLead, ROWS};
use crate::actions::merges::{AcceptMerge, DeclineMerge, UndoMerge};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
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
        text.and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::NotFound { what: "merge suggestion".into() })
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
    let bar = view! {
        <nav aria-label="Breadcrumb"><a href="/merges">"Duplicates"</a><span aria-hidden="true">" /"</span></nav>
        <h1 class="clip"><bdi>{one.clone()}</bdi>" and "<bdi>{two.clone()}</bdi></h1>
        {verdict(&suggestion)}
    };
    let why = view! {
        <div class="headline"><p>
            "One event named both leads, "{here.clock.stamp_in_sentence(suggestion.opened_at)}": the first by its external ID, the second by its e-mail address. Events stay with the first until you decide."
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
    Ok(PageContent { title: format!("{one} and {two}"), bar: bar.into_any(), body: body.into_any() })
}

fn comparison(
    sides: [&ComparedLead; 2],
    workflows: &[WorkflowName],
    here: &PageContext,
) -> impl IntoView + use<> {
    let [one, two] = sides.map(|side| side.cells(workflows, here.clock));
    let row = |(name, (one, two)): (&'static str, (ComparedCell, ComparedCell))| {
        let is_same = one.text.is_some() && one.text == two.text;
        view! {
            <tr data-same=is_same.then_some("")>
                <th scope="row">{name}{is_same.then(|| view! { <small>"the same"</small> })}</th>
                <td data-l="First lead">{one.shown}</td>
                <td data-l="Second lead">{two.shown}</td>
            </tr>
        }
    };
    let rows = ROWS.into_iter().zip(one.into_iter().zip(two)).map(row).collect_view();
    let head = |side: &ComparedLead| {
        let href = format!("/leads/{}", side.lead.lead_id);
        view! { <th scope="col"><a href=href><bdi>{side.name()}</bdi></a></th> }
    };
    view! {
        <table class="table stack compare">
            <caption class="sr">"The two leads side by side"</caption>
            <thead><tr><th scope="col"><span class="sr">"What"</span></th>{head(sides[0])}{head(sides[1])}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn decided(suggestion: &MergeSuggestion, by: Option<String>, here: &PageContext) -> impl IntoView + use<> {
    let at = suggestion.closed_at?;
    let reason = suggestion.reason.clone().map(|reason| view! { <p>{reason}</p> });
    Some(view! {
        <div class="notes gap">
            <div class="note" data-a="info">
                {icon(Icon::Merge)}
                <p><strong>{verdict(suggestion)}</strong>{by.map(|by| format!(" by {by}"))}", "{here.clock.stamp_in_sentence(at)}</p>
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
        return Some(EitherOf3::B(
            view! { <p class="meta gap">"RevOps, SDR managers and administrators decide whether these leads are the same person."</p> },
        ));
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

fn reason(id: &'static str) -> TextAreaProps {
    TextAreaProps { id, label: "Reason", name: "reason", rows: 2, maxlength: 1_000, required: true }
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
        let about = if is_first { "Known by the external ID" } else { "Known by the e-mail address" };
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
            <p>
                "The lead you keep gets all new events and outcomes of both, and figures count one person. Decisions stay with the lead that they were \
                made about. You can undo the merge."
            </p>
            <fieldset class="checks">
                <legend>"Lead to keep"</legend>
                {sides.into_iter().enumerate().map(choice).collect_view()}
                {problem.map(|problem| view! { <p class="tone" data-a="bad" role="alert">{problem}</p> })}
            </fieldset>
            {text(reason("merge-reason"), &typed, error)}
            <button class="btn primary">{icon(Icon::Merge)}"Merge leads"</button>
        </form>
    };
    ask("Merge", is_open, form)
}

fn declining(request: &Request, suggestion: &MergeSuggestion, flash: &Flash) -> impl IntoView + use<> {
    let error = flash.errors.get("decline-reason").cloned();
    let is_open = error.is_some();
    let form = view! {
        <form class="stack-form" method="post" action=DeclineMerge::PATH>
            {once(request, "decline-merge")}
            {hidden(suggestion)}
            <p>"They stay two leads, and the merge is not suggested again."</p>
            {text(reason("decline-reason"), "", error)}
            <button class="btn primary">"Keep separate"</button>
        </form>
    };
    ask("Keep separate", is_open, form)
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
            <p>"The merged lead is a lead of its own again, and its new events and outcomes go to it. What came in meanwhile stays where it is."</p>
            {text(reason("undo-reason"), "", error)}
            <button class="btn primary">"Undo merge"</button>
        </form>
    };
    Either::Right(ask("Undo merge", is_open, form))
}
