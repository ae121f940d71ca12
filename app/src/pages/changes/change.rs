//! The change page: a form while the change is a draft, a review once it is submitted, and a record after it closes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::kinds::TextFormat;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use store::actor::Role;
use store::changes::{self, ChangeHead, ChangeState, Review};
use store::releases;

use super::{approvals, comments, conflicts, draft, entries, impact};
use crate::actions::changes::counted;
use crate::context::{Request, Viewer};
use crate::error::{Error, Missing, Result, sentence};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::pages::releases::actions::{self, ReleaseActions};
use crate::texts::{part, texts};
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::diff::{differences, text_diff};
use crate::ui::{kinds, series, titles, words};
use service::change::{ChangeView, FoundEntries, ViewedChange};

use super::approvals::HeldRoles;
use super::impact::ImpactView;

/// Renders the page of one change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let number = use_params_map().read_untracked().get("number");
    let flash = use_context::<Flash>().unwrap_or_default();
    let search = use_query_map().read_untracked().get("q").unwrap_or_default();
    page(Section::Approvals, move |here| load(here, number, flash, search))
}

/// Data shared by all sections of the page.
pub(super) struct ChangeData {
    pub change: ChangeHead,
    /// What is shown of its text.
    pub view: Arc<ChangeView>,
    pub reviews: Vec<Review>,
    /// How the reviewers and the viewer hold their roles.
    pub held: HeldRoles,
    /// The reviews of the change and of those that it was started from.
    pub discussion: Vec<Review>,
    /// The change that it was started from.
    pub started_from: Option<ChangeHead>,
    /// The shares that people have now, for the impact on a pool.
    pub pool: Option<impact::PoolShares>,
    /// The entries of a list that the viewer looks for.
    pub entries: FoundEntries,
    /// The text that they look for.
    pub search: String,
    pub editors: Vec<(engine::ids::PersonId, String)>,
    /// Titles of the live workflows that use this version.
    pub workflows: Vec<String>,
    /// Live bundles at the time the page was loaded.
    pub live: Vec<Digest>,
    /// Projected impact on the newest leads of each workflow.
    pub impact: ImpactView,
    /// Releases created by the approval.
    pub releases: Vec<ReleaseActions>,
    pub viewer: Viewer,
    pub request: Request,
    pub clock: Clock,
    pub flash: Flash,
}

impl ChangeData {
    /// Returns whether the viewer may edit the change: its author and the owner of its layer may.
    pub fn may_write(&self) -> bool {
        self.request.actor().is_some_and(|actor| service::change::may_write(&actor, &self.change))
    }

    /// Returns whether the viewer is the author.
    pub fn is_mine(&self) -> bool {
        self.change.author.is_none_or(|author| author == self.viewer.id)
    }

    /// Returns whether the viewer edited the change and therefore must not approve it.
    pub fn is_editor(&self) -> bool {
        self.editors.iter().any(|(id, _)| *id == self.viewer.id)
    }

    /// Returns the roles that must approve the change. For a draft, these are the roles that submitting would require.
    pub fn approvers(&self) -> Vec<Role> {
        self.view.approvers.clone().unwrap_or_else(|| self.change.required.clone())
    }
}

async fn load(
    here: PageContext,
    number: Option<String>,
    flash: Flash,
    search: String,
) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: Missing::Change };
    let number: i64 = number.and_then(|text| text.parse().ok()).ok_or_else(not_found)?;
    let loaded = Box::pin(gather(here, number, flash, search)).await?;
    let change = &loaded.change;
    let (tone, state) =
        if change.is_outdated() { words::outdated() } else { words::change_state(change.state) };
    let what = texts().changes_kind_of(kinds::title(change.kind), titles::version(change.kind, &change.name));
    let title = if change.title.is_empty() { what.clone() } else { change.title.clone() };
    let (acts, main) = match change.state {
        ChangeState::Draft if loaded.may_write() => {
            (Some(draft::bar(&loaded).into_any()), EitherOf3::A(draft::editing(&loaded)))
        }
        ChangeState::Draft => (
            None,
            EitherOf3::B(
                view! { <p class="note-line">{texts().changes_being_written()}</p>{content(&loaded)} },
            ),
        ),
        _ => (approvals::bar(&loaded), EitherOf3::C(content(&loaded))),
    };
    let is_editing = change.state == ChangeState::Draft && loaded.may_write();
    let bar = view! {
        <nav aria-label=texts().changes_breadcrumb()><a href="/changes">{texts().changes_approvals()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
        <span class="tag">{texts().changes_number(change.number.to_string())}</span>
        {dotted(tone, state)}
        {acts.map(|acts| view! { <span class="push row">{acts}</span> })}
    };
    // While a draft is written, what it changes is in view beside it.
    let beside =
        is_editing.then(|| view! { {changes(&loaded).into_any()}{impact::section(&loaded).into_any()} });
    let body = view! {
        {conflicts::notice(&loaded)}
        {headline(&loaded, &what).into_any()}
        <div class="subject" class:drafting=is_editing>
            <div>{main.into_any()}</div>
            <aside>
                {beside}{released(&loaded).into_any()}{approvals::section(&loaded).into_any()}{comments::section(&loaded).into_any()}
            </aside>
        </div>
        {impact::findings_section(&loaded)}
    };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

async fn gather(here: PageContext, number: i64, flash: Flash, search: String) -> Result<ChangeData> {
    let store = &here.request.store;
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let live = {
        let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
        let change = changes::head_by_number(&mut connection, number).await?;
        // Read first: if another bundle goes live while the rest loads, the approval is rejected instead of
        // applying to a bundle the viewer never saw.
        releases::live_bundles_of(&mut connection, change.kind, &change.name).await?
    };
    let ViewedChange { change, view } = here.request.changes.get(number).await?;
    let (reviews, discussion, started_from, editors, releases) = {
        let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
        let reviews = changes::reviews(&mut connection, change.id).await?;
        let discussion = changes::discussion(&mut connection, change.id).await?;
        let started_from = match change.started_from {
            Some(number) => Some(changes::head_by_number(&mut connection, number).await?),
            None => None,
        };
        let editors = changes::editors(&mut connection, change.id).await?;
        let releases = releases::of_change(&mut connection, change.id).await?;
        (reviews, discussion, started_from, editors, releases)
    };
    let mut acts = Vec::with_capacity(releases.len());
    for release in releases {
        acts.push(ReleaseActions::load(store, release, &viewer).await?);
    }
    let used = store::reads::subjects::used_in(store, change.kind, &change.name).await?;
    Ok(ChangeData {
        impact: impact::load(store, &change).await?,
        pool: impact::PoolShares::load(store, &change, &view).await?,
        entries: here.request.changes.entries(&view, &search, entries::SHOWN).await?,
        workflows: used.into_iter().map(|used| used.title).collect(),
        change,
        view,
        live,
        held: HeldRoles::load(store, viewer.id, &reviews).await?,
        reviews,
        discussion,
        started_from,
        search,
        editors,
        releases: acts,
        viewer,
        clock: here.clock,
        request: here.request.clone(),
        flash,
    })
}

/// Renders the releases that the approval created, each with its next step.
fn released(loaded: &ChangeData) -> Option<impl IntoView + use<>> {
    let next = format!("/changes/{}", loaded.change.number);
    let row = |one: &ReleaseActions| {
        let (tone, stage) = words::release_stage(one.release.stage);
        let href = format!("/releases/{}", one.release.number);
        let title = texts().changes_release(one.release.number.to_string(), &one.release.workflow_title);
        view! { <li><p class="row"><a href=href>{title}</a>{dotted(tone, stage)}</p>{actions::next_step(one, &loaded.request, &next)}</li> }
    };
    (!loaded.releases.is_empty()).then(|| {
        let rows = loaded.releases.iter().map(row).collect_view();
        view! { <section><h2>{texts().changes_releases()}</h2><ul class="plain-list comments">{rows}</ul></section> }
    })
}

/// Renders what the change is about, its author and its reason.
fn headline(loaded: &ChangeData, what: &str) -> impl IntoView + use<> {
    let change = &loaded.change;
    let continues = change.started_from.map(|number| {
        let said = texts().changes_continues();
        let other = texts().changes_number(number.to_string());
        view! { " "{part(said.s0)}<a href=format!("/changes/{number}")>{other}</a>{part(said.s1)} }
    });
    let became = change.version.map(|version| {
        let href = format!("{}/{}?version={version}", change.kind.spec().path, change.name);
        let said = texts().changes_became();
        view! { " "{part(said.s0)}<a href=href>{texts().changes_version(version.to_string())}</a>{part(said.s1)} }
    });
    let reach = match (change.state, loaded.workflows.as_slice()) {
        (ChangeState::Draft | ChangeState::Submitted, []) => Some(texts().changes_unused()),
        (ChangeState::Draft | ChangeState::Submitted, titles) => {
            Some(texts().changes_reach(series::all_of(titles)))
        }
        _ => None,
    };
    let reach = reach.map(|reach| view! { " "{reach} });
    let subject = if loaded.change.base_version == 0 && change.version.is_none() {
        Either::Left(what.to_owned())
    } else {
        Either::Right(
            view! { <a href=format!("{}/{}", change.kind.spec().path, change.name)>{what.to_owned()}</a> },
        )
    };
    let (before, after) = match change.base_version {
        0 => {
            let said = texts().changes_of_first();
            (part(said.s0), part(said.s1))
        }
        version => {
            let said = texts().changes_of_version(version.to_string());
            (part(said.s0), part(said.s1))
        }
    };
    let why = (!change.why.is_empty() && change.state != ChangeState::Draft)
        .then(|| view! { <p class="why">{change.why.clone()}</p> });
    view! {
        <div class="headline">
            <p>{before}{subject}{after}" "{authorship(loaded)}{reach}{became}{continues}</p>
            {why}
        </div>
    }
}

/// Describes who wrote the change and when it got into its state.
fn authorship(loaded: &ChangeData) -> String {
    let change = &loaded.change;
    let by = change.author_name.clone().unwrap_or_else(|| texts().changes_an_imported_file());
    let time = |at: Option<DateTime<Utc>>| loaded.clock.in_sentence(at.unwrap_or(change.updated_at));
    match change.state {
        ChangeState::Draft => texts().changes_saved(by, time(None)),
        ChangeState::Submitted => texts().changes_submitted(by, time(change.submitted_at)),
        ChangeState::Approved => texts().changes_approved(by, time(change.closed_at)),
        ChangeState::Returned => texts().changes_returned(by, time(change.closed_at)),
        ChangeState::Withdrawn => texts().changes_withdrawn(by, time(change.closed_at)),
    }
}

/// Renders what the change does: its differences first, then their impact.
fn content(loaded: &ChangeData) -> impl IntoView + use<> {
    view! { {changes(loaded).into_any()}{impact::section(loaded).into_any()} }
}

fn changes(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let Some(comparison) = &loaded.view.comparison else {
        return Either::Left(
            view! { <section class="stacked-sections"><h2>{texts().changes_differences()}</h2><p class="quiet">{texts().changes_not_compared()}</p></section> },
        );
    };
    let is_list = change.kind.spec().text == TextFormat::Lines;
    let total = (is_list && !comparison.differences.is_empty())
        .then(|| view! { <p><b>{sentence(&counted((comparison.added, comparison.removed)))}</b></p> });
    let heading = match change.base_version {
        version if change.is_outdated() => texts().changes_differences_from(version.to_string()),
        _ => texts().changes_differences(),
    };
    let lines = loaded.view.lines.as_ref().map(|lines| {
        let caption = texts().changes_lines_caption(change.base_version.to_string());
        let diff = text_diff(caption, lines);
        view! { <details class="fold"><summary>{texts().changes_lines()}</summary>{diff}</details> }
    });
    Either::Right(
        view! { <section class="stacked-sections"><h2>{heading}</h2>{total}{differences(comparison)}{lines}</section> },
    )
}
