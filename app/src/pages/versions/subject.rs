//! One versioned subject: its current content, its earlier versions, and its open changes.

use engine::change::kinds::{KindOrigin, TextFormat};
use engine::change::{self, ComparisonSummary, Kind, LineComparison};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde_json::Value as Json;
use service::change::{AssigneeNames, FoundEntries};
use store::changes::{self, ListedChange};
use store::reads::frame::names_of_actors;
use store::reads::subjects::{WorkflowUse, history, used_in};
use store::titles::{TITLE_CHARS, TitledObject};
use store::workflows::{self, Version};

use super::{availability, change_link, content, history as versions, switches};
use crate::actions::changes::{EditEntries, StartChange, counted};
use crate::actions::titles::SetVersionTitle;
use crate::actions::{expected_bytes, in_slot};
use crate::context::Request;
use crate::error::{Error, Result, sentence};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::diff::{differences, text_diff};
use crate::ui::form::{ask, once};
use crate::ui::icon::{Icon, icon};
use crate::ui::{kinds, number, titles};

/// Renders the page of one subject.
#[component]
pub fn SubjectPage(
    /// The kind of the subject.
    kind: Kind,
) -> impl IntoView {
    let name = use_params_map().read_untracked().get("name");
    let query = use_query_map().get_untracked();
    let asked = VersionQuery {
        version: query.get("version").and_then(|text| text.parse().ok()),
        against: query.get("against").and_then(|text| text.parse().ok()),
        search: query.get("q").unwrap_or_default(),
    };
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Versions(kind), move |here| load(here, kind, name, asked, flash))
}

struct VersionQuery {
    version: Option<u32>,
    against: Option<u32>,
    search: String,
}

async fn load(
    here: PageContext,
    kind: Kind,
    name: Option<String>,
    asked: VersionQuery,
    flash: Flash,
) -> Result<PageContent> {
    let store = &here.request.store;
    let not_found = || Error::NotFound { what: kind.into() };
    let name = name.ok_or_else(not_found)?;
    let is_comparison = asked.against.is_some();
    let (own, search) = (name.clone(), asked.search.clone());
    let load = async move |request| VersionBodies::load(&request, kind, &own, &asked).await;
    // A comparison and a long list are work for a slot.
    let loaded = if is_comparison || kind.spec().text == TextFormat::Lines {
        in_slot(&here.request, expected_bytes(kind), load).await?
    } else {
        Box::pin(load(here.request.clone())).await
    };
    let VersionBodies { newest, shown, compared, entries, names: names_in } = loaded?;
    let (used, open) =
        (used_in(store, kind, &name).await?, changes::open_of(store, kind, Some(&name)).await?);
    let history = history(store, kind, &name).await?;
    let by: Vec<String> = history.iter().map(|version| version.created_by.clone()).collect();
    let names = names_of_actors(store, &by).await?;
    let title = titles::version(kind, &name);
    let is_newest = shown.version == newest.version;
    let editing = content::ListEditing {
        search: &search,
        entries,
        may_edit: is_newest && here.may::<EditEntries>(),
        error: flash.errors.get("add").cloned(),
    };
    let main = match &compared {
        Some(compared) => Either::Left(differences_of(kind, compared, shown.version)),
        None => {
            provide_context(titles::FieldTitles(store::reads::subjects::field_titles(store).await?));
            Either::Right(content::content(kind, &shown, &names_in, &editing)?)
        }
    };
    let around = versions::VersionsContext {
        kind,
        name: &name,
        names: &names,
        used: &used,
        shown: shown.version,
        clock: here.clock,
        may: here.may::<StartChange>(),
    };
    let outside_releases = match kind {
        Kind::Pool if is_newest && !is_comparison => Some(availability::section(&here, &newest).await?),
        Kind::RuleSet if is_newest && !is_comparison => Some(switches::section(&here, &newest).await?),
        _ => None,
    };
    let body = view! {
        <div class="subject">
            <div>
                {(!is_newest || is_comparison).then(|| looking_back(kind, &shown, compared.as_ref(), newest.version))}
                {main.into_any()}
                {outside_releases}
            </div>
            <aside>
                {open_changes(&open).into_any()}
                {versions::list(&history, &around).into_any()}
            </aside>
        </div>
    };
    let bar = view! {
        <nav aria-label=texts().versions_breadcrumb()><a href=kind.spec().path>{kinds::plural(kind)}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
        <span class="tag">{texts().versions_number(shown.version.to_string())}</span>
        <span class="meta">{lives_in(&used)}</span>
        <span class="push row">
            {rename(&here, kind, &name)}
            {here.may::<StartChange>().then(|| begin(&here, kind, &name))}
        </span>
    };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

fn lives_in(used: &[WorkflowUse]) -> String {
    match used {
        [] => texts().versions_not_used(),
        [one] => texts().versions_used(&one.title),
        many => texts().versions_used_many(many.len(), number::count(many.len() as i64)),
    }
}

/// Returns whether the viewer owns the layer of a kind.
fn owns(here: &PageContext, kind: Kind) -> bool {
    here.request.viewer.as_ref().is_some_and(|viewer| viewer.roles.contains(&kind.spec().owner))
}

/// Renders the form that sets the title, for the owner of the layer. Subjects that come with a workflow take
/// its title instead.
fn rename(here: &PageContext, kind: Kind, name: &str) -> Option<AnyView> {
    let KindOrigin::People { .. } = kind.spec().origin else { return None };
    let title = titles::title(TitledObject::Version(kind, name));
    let about = texts().versions_title_about();
    let form = view! {
        <form method="post" action=SetVersionTitle::PATH>
            <input type="hidden" name="kind" value=kind.to_string() />
            <input type="hidden" name="name" value=name.to_owned() />
            <label class="label">
                {texts().versions_title()}
                <input class="field" name="title" maxlength=TITLE_CHARS.to_string() value=title autocomplete="off" />
            </label>
            <p class="meta">{part(about.s0)}<code>{name.to_owned()}</code>{part(about.s1)}</p>
            <button class="btn primary">{texts().versions_save_title()}</button>
        </form>
    };
    owns(here, kind).then(|| ask(texts().versions_edit_title(), false, form).into_any())
}

/// Renders the button that starts a draft: the layer's owner edits, other people suggest.
fn begin(here: &PageContext, kind: Kind, name: &str) -> impl IntoView + use<> {
    let words = if owns(here, kind) { texts().versions_edit() } else { texts().versions_suggest() };
    view! {
        <form method="post" action=StartChange::PATH>
            {once(&here.request, "begin")}
            <input type="hidden" name="kind" value=kind.to_string() />
            <input type="hidden" name="name" value=name.to_owned() />
            <button class="btn primary">{icon(Icon::Edit)}{words}</button>
        </form>
    }
}

fn looking_back(
    kind: Kind,
    shown: &Version,
    compared: Option<&ComparedVersion>,
    newest: u32,
) -> impl IntoView + use<> {
    let what = match compared {
        Some(compared) => texts().versions_compared(shown.version.to_string(), compared.version.to_string()),
        None => texts().versions_not_newest(shown.version.to_string(), newest.to_string()),
    };
    let href = format!("{}/{}", kind.spec().path, shown.name);
    view! { <p class="note-line">{what}" "<a href=href>{texts().versions_view_newest()}</a></p> }
}

fn differences_of(kind: Kind, compared: &ComparedVersion, shown: u32) -> impl IntoView + use<> {
    let ComparedVersion { version, comparison, lines } = compared;
    let total = (kind.spec().text == TextFormat::Lines && !comparison.differences.is_empty())
        .then(|| view! { <p><b>{sentence(&counted((comparison.added, comparison.removed)))}</b></p> });
    let lines = lines.as_ref().map(|lines| {
        let caption = texts().versions_lines_caption(shown.to_string(), version.to_string());
        view! { <h2>{texts().versions_lines()}</h2>{text_diff(caption, lines)} }
    });
    view! { <section class="stacked-sections"><h2>{texts().versions_differences()}</h2>{total}{differences(comparison)}{lines}</section> }
}

/// What the page shows of the content of versions.
struct VersionBodies {
    newest: Version,
    shown: Version,
    compared: Option<ComparedVersion>,
    /// The entries of the version that is shown, if it is a list.
    entries: FoundEntries,
    /// The names of the people in the content.
    names: AssigneeNames,
}

/// The version that another one is compared with.
struct ComparedVersion {
    version: u32,
    comparison: ComparisonSummary,
    lines: Option<LineComparison>,
}

impl VersionBodies {
    async fn load(request: &Request, kind: Kind, name: &str, asked: &VersionQuery) -> Result<Self> {
        let (mut newest, mut shown, against) = {
            let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
            let newest = workflows::newest(&mut connection, kind, name).await?;
            let newest = newest.ok_or_else(|| Error::NotFound { what: kind.into() })?;
            let shown = match asked.version {
                Some(number) => workflows::version(&mut connection, kind, name, number).await?,
                None => newest.clone(),
            };
            let against = match asked.against {
                Some(number) => Some(workflows::version(&mut connection, kind, name, number).await?),
                None => None,
            };
            (newest, shown, against)
        };
        let bodies = [Some(&shown), against.as_ref()].into_iter().flatten().map(|version| &version.body);
        let names = AssigneeNames::load(&request.store, kind, bodies).await?;
        let is_list = kind.spec().text == TextFormat::Lines;
        let compared = match &against {
            None => None,
            Some(against) => Some(ComparedVersion {
                version: against.version,
                comparison: change::compare(kind, Some(&against.body), &shown.body)
                    .summary(|difference| names.difference(difference)),
                // The comparison of lists has every changed entry.
                lines: match is_list {
                    true => None,
                    false => {
                        let (old, new) =
                            (service::change::text_of(against)?, service::change::text_of(&shown)?);
                        Some(LineComparison::new(&old, &new))
                    }
                },
            }),
        };
        let mut entries = FoundEntries::default();
        if is_list {
            if compared.is_none() {
                let all = service::change::list_entries(Some(&shown.body));
                entries = FoundEntries::among(all, &asked.search, content::ENTRIES);
            }
            // Nothing else reads a million entries.
            (newest.body, shown.body) = (Json::Null, Json::Null);
        }
        Ok(Self { newest, shown, compared, entries, names })
    }
}

fn open_changes(open: &[ListedChange]) -> impl IntoView + use<> {
    let one = |change: &ListedChange| {
        let title =
            if change.title.is_empty() { texts().versions_change_untitled() } else { change.title.clone() };
        let about = match &change.author_name {
            Some(name) => texts().versions_change_by(title, name),
            None => title,
        };
        view! { <li>{change_link(change)}<small>{about}</small></li> }
    };
    (!open.is_empty()).then(|| {
        view! { <section><h2>{texts().versions_open_changes()}</h2><ul class="plain-list">{open.iter().map(one).collect_view()}</ul></section> }
    })
}
