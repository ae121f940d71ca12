//! The change page: a form while the change is a draft, a review once it is submitted, and a record after it closes.

use engine::canonical::Digest;
use engine::change::kinds::TextFormat;
use engine::change::{self, Comparison};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use store::actor::Role;
use store::changes::{self, Change, ChangeState, Review};
use store::releases;
use store::workflows;

use super::{approvals, comments, conflicts, draft, impact};
use crate::actions::changes::counted;
use crate::context::{Request, Viewer};
use crate::error::{Error, Result, sentence};
use crate::flash::Flash;
use crate::pages::assignees::AssigneeNames;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::pages::releases::actions::{self, ReleaseActions};
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::diff::{differences, text_diff};
use crate::ui::{titles, words};
use service::change::{DraftReading, MergePreview};

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
    pub change: Change,
    pub reviews: Vec<Review>,
    /// The reviews of the change and of those that it was started from.
    pub discussion: Vec<Review>,
    /// The change that it was started from.
    pub started_from: Option<Change>,
    /// What bringing an outdated change up to date comes to.
    pub merge: Option<MergePreview>,
    /// Names of the people in the content.
    pub names: AssigneeNames,
    /// The base version's content and the shares that people have now, for the impact on a pool.
    pub pool: Option<impact::PoolShares>,
    /// The entries that the viewer looks for.
    pub search: String,
    pub editors: Vec<(engine::ids::PersonId, String)>,
    /// Differences from the base version; `None` if the text cannot be read.
    pub comparison: Option<Comparison>,
    /// Source of the base version.
    pub base_text: Option<String>,
    /// The parsed draft; `None` once the change is submitted.
    pub reading: Option<DraftReading>,
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
        match &self.reading {
            Some(reading) => reading.approvers(self.change.kind),
            None => self.change.required.clone(),
        }
    }
}

async fn load(
    here: PageContext,
    number: Option<String>,
    flash: Flash,
    search: String,
) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: "change".into() };
    let number: i64 = number.and_then(|text| text.parse().ok()).ok_or_else(not_found)?;
    let loaded = Box::pin(gather(here, number, flash, search)).await?;
    let change = &loaded.change;
    let (tone, state) =
        if change.is_outdated() { words::OUTDATED } else { words::change_state(change.state) };
    let what = format!("{} {}", change.kind.spec().title, titles::version(change.kind, &change.name));
    let title = if change.title.is_empty() { what.clone() } else { change.title.clone() };
    let (acts, main) = match change.state {
        ChangeState::Draft if loaded.may_write() => {
            (Some(draft::bar(&loaded).into_any()), EitherOf3::A(draft::editing(&loaded)))
        }
        ChangeState::Draft => (
            None,
            EitherOf3::B(
                view! { <p class="note-line">"Its author is still writing this draft."</p>{content(&loaded)} },
            ),
        ),
        _ => (approvals::bar(&loaded), EitherOf3::C(content(&loaded))),
    };
    let is_editing = change.state == ChangeState::Draft && loaded.may_write();
    let bar = view! {
        <nav aria-label="Breadcrumb"><a href="/changes">"Approvals"</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
        <span class="tag">{format!("#{}", change.number)}</span>
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
    let (change, live, reviews, discussion, started_from, editors, base, releases) = {
        let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
        let change = changes::by_number(&mut connection, number).await?;
        // Read first: if another bundle goes live while the rest loads, the approval is rejected instead of
        // applying to a bundle the viewer never saw.
        let live = releases::live_bundles_of(&mut connection, change.kind, &change.name).await?;
        let reviews = changes::reviews(&mut connection, change.id).await?;
        let discussion = changes::discussion(&mut connection, change.id).await?;
        let started_from = match change.started_from {
            Some(number) => Some(changes::by_number(&mut connection, number).await?),
            None => None,
        };
        let editors = changes::editors(&mut connection, change.id).await?;
        let base = match change.base_version {
            0 => None,
            version => Some(workflows::version(&mut connection, change.kind, &change.name, version).await?),
        };
        let releases = releases::of_change(&mut connection, change.id).await?;
        (change, live, reviews, discussion, started_from, editors, base, releases)
    };
    let mut acts = Vec::with_capacity(releases.len());
    for release in releases {
        acts.push(ReleaseActions::load(store, release, &viewer).await?);
    }
    let is_draft = change.state == ChangeState::Draft;
    let reading = if is_draft {
        Some(service::change::read(store, change.kind, &change.name, &change.source).await?)
    } else {
        None
    };
    let merge = service::change::preview_merge(store, &change).await?;
    let bodies = base.as_ref().map(|base| &base.body).into_iter().chain(change.body.as_ref());
    let names = AssigneeNames::load(store, change.kind, bodies).await?;
    let comparison = change
        .body
        .as_ref()
        .map(|body| change::compare(change.kind, base.as_ref().map(|base| &base.body), body))
        .map(|comparison| names.comparison(comparison));
    let pool = impact::PoolShares::load(store, &change, base.as_ref()).await?;
    let used = store::reads::subjects::used_in(store, change.kind, &change.name).await?;
    Ok(ChangeData {
        impact: impact::load(store, &change).await?,
        // Line-based sources can be long, and the comparison already lists every changed entry.
        base_text: base
            .filter(|_| change.kind.spec().text == TextFormat::Yaml)
            .as_ref()
            .map(service::change::text_of)
            .transpose()?,
        workflows: used.into_iter().map(|used| used.title).collect(),
        change,
        live,
        reviews,
        discussion,
        started_from,
        merge,
        names,
        pool,
        search,
        editors,
        comparison,
        reading,
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
        let title = format!("Release {}, {}", one.release.number, one.release.workflow_title);
        view! { <li><p class="row"><a href=href>{title}</a>{dotted(tone, stage)}</p>{actions::next_step(one, &loaded.request, &next)}</li> }
    };
    (!loaded.releases.is_empty()).then(|| {
        let rows = loaded.releases.iter().map(row).collect_view();
        view! { <section><h2>"Releases"</h2><ul class="plain-list comments">{rows}</ul></section> }
    })
}

/// Renders one sentence that identifies the change, followed by its reason.
fn headline(loaded: &ChangeData, what: &str) -> impl IntoView + use<> {
    let change = &loaded.change;
    let by = change.author_name.clone().unwrap_or_else(|| "A file".into());
    let when = match (change.state, change.submitted_at, change.closed_at) {
        (ChangeState::Draft, ..) => format!("saved {}", loaded.clock.in_sentence(change.updated_at)),
        (_, _, Some(at)) => {
            format!("{} {}", words::change_state(change.state).1.to_lowercase(), loaded.clock.in_sentence(at))
        }
        (_, Some(at), _) => format!("submitted {}", loaded.clock.in_sentence(at)),
        (..) => String::new(),
    };
    let from = match change.base_version {
        0 => "the first version".to_owned(),
        version => format!("from version {version}"),
    };
    let continues = change.started_from.map(|number| {
        view! { " Continues "<a href=format!("/changes/{number}")>{format!("#{number}")}</a>"." }
    });
    let became = change.version.map(|version| {
        let href = format!("{}/{}?version={version}", change.kind.spec().path, change.name);
        view! { " It became "<a href=href>{format!("version {version}")}</a>"." }
    });
    let reach = match (change.state, loaded.workflows.as_slice()) {
        (ChangeState::Draft | ChangeState::Submitted, []) => "No live workflow uses it yet.".to_owned(),
        (ChangeState::Draft | ChangeState::Submitted, titles) => {
            format!("After approval it can go live in {}.", titles.join(", "))
        }
        _ => String::new(),
    };
    let subject = if loaded.change.base_version == 0 && change.version.is_none() {
        Either::Left(what.to_owned())
    } else {
        Either::Right(
            view! { <a href=format!("{}/{}", change.kind.spec().path, change.name)>{what.to_owned()}</a> },
        )
    };
    let why = (!change.why.is_empty() && change.state != ChangeState::Draft)
        .then(|| view! { <p class="why">{change.why.clone()}</p> });
    view! {
        <div class="headline">
            <p>{subject}{format!(", {from}. {by}, {when}. {reach}")}{became}{continues}</p>
            {why}
        </div>
    }
}

/// Renders what the change does: its differences first, then their impact.
fn content(loaded: &ChangeData) -> impl IntoView + use<> {
    view! { {changes(loaded).into_any()}{impact::section(loaded).into_any()} }
}

fn changes(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let Some(comparison) = &loaded.comparison else {
        let said = "The text has errors, so it could not be compared.";
        return Either::Left(
            view! { <section class="stacked-sections"><h2>"What changes"</h2><p class="quiet">{said}</p></section> },
        );
    };
    let is_list = change.kind.spec().text == TextFormat::Lines;
    let total = (is_list && !comparison.differences.is_empty())
        .then(|| view! { <p><b>{sentence(&counted(comparison))}</b></p> });
    let heading = match change.base_version {
        version if change.is_outdated() => format!("What changes against version {version}"),
        _ => "What changes".to_owned(),
    };
    let lines = (!is_list).then(|| {
        let caption = format!("The text against version {}", change.base_version);
        let diff = text_diff(caption, loaded.base_text.as_deref().unwrap_or_default(), &change.source);
        view! { <details class="fold"><summary>"Line by line"</summary>{diff}</details> }
    });
    Either::Right(
        view! { <section class="stacked-sections"><h2>{heading}</h2>{total}{differences(comparison)}{lines}</section> },
    )
}
