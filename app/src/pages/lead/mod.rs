//! One lead: its decisions and their reasons, its events, and the resulting actions.

pub(super) mod answer;
mod change;
pub mod decision;
mod effects;
mod erase;
mod erased;
pub(super) mod event;
pub(super) mod facts;
pub(super) mod inputs;
pub(super) mod load;
mod nearest;
mod pick;
mod profile;
mod reevaluate;
mod texts;
mod timeline;
mod trace;
pub(super) mod verdict;

pub use self::erase::ErasePage;

use engine::ids::{DecisionId, LeadId};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use super::merges::undoing;
use crate::actions::erasure::EraseLead;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{self, Tone, note};
use load::LeadData;

/// Renders the page of one lead.
#[component]
pub fn LeadPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id");
    let query = use_query_map().get_untracked();
    let asked = load::LeadQuery {
        decision: query.get("decision"),
        workflow: query.get("workflow"),
        nearest: query.get("nearest").is_some(),
        decision_only: false,
    };
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Leads, move |here| show(here, id, asked, flash))
}

async fn show(
    here: PageContext,
    id: Option<String>,
    asked: load::LeadQuery,
    flash: Flash,
) -> Result<PageContent> {
    let not_found = |what| Error::NotFound { what };
    let id: LeadId = id.and_then(|id| id.parse().ok()).ok_or_else(|| not_found(Missing::Lead))?;
    let loaded = load::load(&here, id, &asked).await?;
    let open_answer = answer::load(&here, &loaded, flash.clone()).await?;
    let others = change::assignees(&here).await?;
    let (name, about) = loaded.who();
    let acts = loaded.decided.as_ref().map(|decided| {
        view! {
            <div class="push row">
                {change::undo(&here, &loaded, decided)}
                {change::change(&here, &loaded, decided, &others, &flash).into_any()}
                {reevaluate::reevaluate(&here, &loaded, decided).into_any()}
            </div>
        }
    });
    let bar = view! {
        <nav aria-label=texts().lead_breadcrumb()><a href="/leads">{texts().lead_leads()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{name.clone()}</h1>
        {(!about.is_empty()).then(|| view! { <span class="meta">{about}</span> })}
        {acts}
    };
    let body = view! { {answer::answer(&loaded, open_answer.as_ref())}{profile::profile(&loaded)}{body(&here, &loaded, &flash)} };
    Ok(PageContent { title: name, bar: bar.into_any(), body: body.into_any() })
}

fn body(here: &PageContext, loaded: &LeadData, flash: &Flash) -> impl IntoView + use<> {
    let Some(decided) = &loaded.decided else {
        return Either::Left(view! {
            {notes(here, loaded, flash).into_any()}
            {note::empty(Icon::Leads, texts().lead_none_title(), view! { <p>{texts().lead_none()}</p> })}
            <section class="gap" aria-labelledby="h-time">{timeline::timeline(loaded).into_any()}</section>
            {held(loaded).into_any()}
            {erasing(here, loaded)}
        });
    };
    let explained = if decided.is_erased() {
        erased::kept(loaded, decided).into_any()
    } else {
        view! {
            <section aria-labelledby="h-read">{event::event(loaded, decided).into_any()}{inputs::inputs(loaded, decided).into_any()}</section>
            <section aria-labelledby="h-why">{trace::section(decided).into_any()}{nearest::nearest(loaded, decided).into_any()}{pick::pick(loaded, decided).into_any()}</section>
        }
        .into_any()
    };
    Either::Right(view! {
        {notes(here, loaded, flash).into_any()}
        {verdict::verdict(loaded, decided).into_any()}
        <div class="lead">
            <section class="past" aria-labelledby="h-time">{timeline::timeline(loaded).into_any()}</section>
            {explained}
            <section class="wide" aria-labelledby="h-did">{effects::effects(loaded, decided).into_any()}{earlier(loaded).into_any()}{held(loaded).into_any()}</section>
        </div>
        {erasing(here, loaded)}
    })
}

/// Renders the notices that precede all other content.
fn notes(here: &PageContext, loaded: &LeadData, flash: &Flash) -> impl IntoView + use<> {
    let clock = loaded.clock;
    let merged = loaded.lead.merged_into.map(|into| {
        let undo = undoing(here, loaded.lead.lead_id, flash);
        note(Tone::Warn, view! { <p><strong>{texts().lead_merged()}</strong>" "<a href=format!("/leads/{into}")>{texts().lead_open_other()}</a></p><p class="meta">{texts().lead_merged_about()}</p><div class="row">{undo}</div> })
    });
    let suggestion = |suggestion: &store::reads::lead_page::MergeSuggestion| {
        let other = suggestion.other.clone().unwrap_or_else(|| texts().lead_suggestion_unnamed());
        let href = format!("/leads/{}", suggestion.other_lead_id);
        let compare = format!("/merges/{}/{}", suggestion.first, suggestion.second);
        let (said, open) = (texts().lead_suggestion(), texts().lead_suggestion_open());
        view! {
            <div class="note" data-a="info">
                {icon(Icon::Merge)}
                <p>{part(said.s0)}<a href=href>{other}</a>{part(said.s1)}</p>
                <p class="meta">{part(open.s0)}<a href=compare>{texts().lead_compare()}</a>{part(open.s1)}{clock.stamp_in_sentence(suggestion.opened_at)}{part(open.s2)}</p>
            </div>
        }
    };
    let suggestions = loaded.history.suggestions.iter().map(suggestion).collect_view();
    let is_any = merged.is_some() || !loaded.history.suggestions.is_empty();
    is_any.then(|| view! { <div class="notes">{merged}{suggestions}</div> })
}

/// Renders what destinations still hold about an erased person.
fn held(loaded: &LeadData) -> impl IntoView + use<> {
    loaded.held.as_ref().map(|records| erase::held(records, loaded.clock))
}

/// Renders the link to erase the person, for those who can.
fn erasing(here: &PageContext, loaded: &LeadData) -> impl IntoView + use<> {
    (!loaded.lead.erased && here.may::<EraseLead>()).then(|| {
        let href = format!("/leads/{}/erase", loaded.lead.lead_id);
        view! { <p class="gap"><a class="btn plain" href=href>{icon(Icon::Eraser)}{texts().lead_erase()}</a></p> }
    })
}

/// Renders the other decisions folded, each with its rules.
fn earlier(loaded: &LeadData) -> impl IntoView + use<> {
    let shown = loaded.decided.as_ref().map(|decided| decided.decision().decision_id);
    let others = loaded.others.iter().map(|other| {
        let decision = other.decision();
        let id = decision.decision_id;
        view! {
            <details class="fold" id=anchor(id)>
                <summary>
                    <span class="nowrap">{loaded.clock.stamp(decision.as_of)}</span>
                    {verdict::chip(decision)}
                    <span class="quiet">{verdict::short(loaded, other)}</span>
                </summary>
                {trace::trace(other).into_any()}
                <p class="meta"><a href=format!("/leads/{}?decision={id}", decision.lead_id)>{texts().lead_show_decision()}</a></p>
            </details>
        }
    });
    let others = others.collect_view();
    let title = if shown == loaded.newest {
        texts().lead_earlier_decisions()
    } else {
        texts().lead_other_decisions()
    };
    (!loaded.others.is_empty()).then(|| {
        view! {
            <div class="sec-head gap"><h2>{title}</h2>{loaded.is_cut.then(|| view! { <span class="meta">{texts().lead_newest(load::OTHERS.to_string())}</span> })}</div>
            {others}
        }
    })
}

/// Returns the HTML id of a decision.
fn anchor(id: DecisionId) -> String {
    format!("d-{id}")
}
