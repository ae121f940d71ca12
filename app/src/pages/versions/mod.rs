//! Versioned content such as rule sets, lists and pools. All kinds share the same pages to list, view,
//! compare and change it.

mod availability;
mod content;
mod history;
mod subject;
mod switches;

use engine::change::Kind;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::changes::{self, ListedChange};
use store::reads::subjects::{VersionedObject, subjects};

use crate::actions::changes::StartChange;
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::form::{InputProps, ask, input, once};
use crate::ui::icon::Icon;
use crate::ui::{kinds, note, series, titles, words};

pub use self::subject::SubjectPage;

/// Renders all subjects of a kind.
#[component]
pub fn Subjects(
    /// The kind to list.
    kind: Kind,
) -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Versions(kind), move |here| load(here, kind, flash))
}

async fn load(here: PageContext, kind: Kind, flash: Flash) -> Result<PageContent> {
    let store = &here.request.store;
    let (all, open) = (subjects(store, kind).await?, changes::open_of(store, kind, None).await?);
    let (title, about) = (kinds::plural(kind), kinds::about(kind));
    let make = here.may::<StartChange>().then(|| new(&here, kind, &flash)).flatten();
    let make = make.map(|form| view! { <span class="push">{form}</span> });
    let bar = view! { <h1>{title.clone()}</h1><span class="meta">{about}</span>{make} };
    // A name without a version exists only in a draft.
    let begun: Vec<&ListedChange> = open.iter().filter(|change| change.base_version == 0).collect();
    let body = if all.is_empty() && begun.is_empty() {
        Either::Left(nothing(kind))
    } else {
        Either::Right(table(kind, &all, &begun, &open, here.clock))
    };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

/// Renders the form that creates a subject; returns `None` for kinds that people cannot create.
fn new(here: &PageContext, kind: Kind, flash: &Flash) -> Option<AnyView> {
    let hint = kinds::name_hint(kind)?;
    let name = InputProps {
        label: texts().versions_name(),
        name: "name",
        kind: "text",
        autocomplete: "off",
        maxlength: 100,
    };
    let form = view! {
        <form method="post" action=StartChange::PATH>
            {once(&here.request, "new")}
            <input type="hidden" name="kind" value=kind.to_string() />
            {input(name, flash)}
            <p class="meta">{hint}</p>
            <button class="btn primary">{texts().versions_create_draft()}</button>
        </form>
    };
    Some(ask(kinds::new(kind), !flash.errors.is_empty(), form).into_any())
}

fn nothing(kind: Kind) -> impl IntoView {
    let (title, text) = kinds::empty(kind);
    note::empty(Icon::List, title, view! { <p>{text}</p> })
}

fn table(
    kind: Kind,
    all: &[VersionedObject],
    begun: &[&ListedChange],
    open: &[ListedChange],
    clock: Clock,
) -> impl IntoView + use<> {
    let rows = all.iter().map(|subject| row(kind, subject, open, clock)).collect_view();
    let drafts = begun.iter().map(|change| begun_row(kind, change, clock)).collect_view();
    view! {
        <table class="table stack sticky subjects">
            <caption class="sr">{kinds::plural(kind)}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().versions_column_name()}</th>
                    <th scope="col">{texts().versions_column_version()}</th>
                    <th scope="col">{texts().versions_column_used()}</th>
                    <th scope="col">{texts().versions_column_changes()}</th>
                    <th scope="col" class="num">{texts().versions_column_size()}</th>
                    <th scope="col" class="num">{texts().versions_column_since()}</th>
                </tr>
            </thead>
            <tbody>{rows}{drafts}</tbody>
        </table>
    }
}

fn row(kind: Kind, subject: &VersionedObject, open: &[ListedChange], clock: Clock) -> impl IntoView + use<> {
    let href = format!("{}/{}", kind.spec().path, subject.name);
    let used = if subject.workflows.is_empty() {
        Either::Left(view! { <span class="quiet">{texts().versions_no_workflow()}</span> })
    } else {
        Either::Right(series::list(subject.workflows.iter().cloned()))
    };
    let changes = open.iter().filter(|change| change.name == subject.name).map(change_link).collect_view();
    view! {
        <tr>
            <th scope="row"><a href=href>{titles::version(kind, &subject.name)}</a>{name_below(kind, &subject.name)}</th>
            <td class="first"><span class="tag">{texts().versions_number(subject.version.to_string())}</span></td>
            <td class="wide">{used}</td>
            <td>{changes}</td>
            <td class="num">{kinds::size(kind, subject.size)}</td>
            <td class="num quiet">{clock.stamp(subject.created_at)}</td>
        </tr>
    }
}

/// Renders the name used in rules and files, unless the title is derived from it.
fn name_below(kind: Kind, name: &str) -> Option<AnyView> {
    let is_derived = titles::version(kind, name) == words::sentence(name);
    (!is_derived).then(|| view! { <small><code>{name.to_owned()}</code></small> }.into_any())
}

fn begun_row(kind: Kind, change: &ListedChange, clock: Clock) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row"><a href=format!("/changes/{}", change.number)>{titles::version(kind, &change.name)}</a></th>
            <td class="first"><span class="tag">{texts().versions_new_draft()}</span></td>
            <td class="wide"><span class="quiet">{texts().versions_not_approved()}</span></td>
            <td>{change_link(change)}</td>
            <td class="num"></td>
            <td class="num quiet">{clock.stamp(change.at)}</td>
        </tr>
    }
}

/// Renders a link to a change, with its number and state.
pub(super) fn change_link(change: &ListedChange) -> impl IntoView + use<> {
    let (tone, state) = words::listed_change(change);
    view! { <a class="pair" href=format!("/changes/{}", change.number)>{dotted(tone, texts().versions_change(change.number.to_string(), state.to_lowercase()))}</a>" " }
}
