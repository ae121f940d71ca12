//! What has versions: rule sets, lists, pools, field extraction and fields. All five are listed, read, compared and
//! changed in one way.

mod content;
mod history;
mod subject;

use engine::change::Kind;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::changes::{self, Listed};
use store::reads::subjects::{Subject, subjects};

use crate::actions::changes::StartChange;
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{Here, Page, page};
use crate::pages::places::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::form::{Input, ask, input, once};
use crate::ui::icon::Icon;
use crate::ui::{note, number, words};

pub use self::subject::SubjectPage;

/// Everything of a kind.
#[component]
pub fn Subjects(
    /// The kind.
    kind: Kind,
) -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(section(kind), move |here| load(here, kind, flash))
}

pub(super) fn section(kind: Kind) -> Section {
    match kind {
        Kind::Catalogue => Section::Fields,
        Kind::Map => Section::Maps,
        Kind::RuleSet => Section::RuleSets,
        Kind::List => Section::Lists,
        Kind::Pool => Section::Pools,
    }
}

/// What all of a kind are called, and what they are for.
pub(super) fn heading(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Catalogue => ("Fields", "What rules may read of a lead, by workflow"),
        Kind::Map => ("Field extraction", "Where fields are read in what comes in, and how"),
        Kind::RuleSet => ("Rule sets", "Rules in order; the first that is true decides"),
        Kind::List => ("Lists", "Companies, domains and other texts that rules ask for"),
        Kind::Pool => ("Pools", "People who take turns with leads"),
    }
}

/// How much there is in something of a kind.
pub(super) fn size(kind: Kind, size: i64) -> String {
    let (one, many) = match kind {
        Kind::Catalogue | Kind::Map => ("field", "fields"),
        Kind::RuleSet => ("rule", "rules"),
        Kind::List => ("entry", "entries"),
        Kind::Pool => ("person", "people"),
    };
    number::plural(size, one, many)
}

/// Whether anything of a kind can be made by itself, or comes with a workflow.
fn is_made_here(kind: Kind) -> bool {
    matches!(kind, Kind::List | Kind::Pool)
}

async fn load(here: Here, kind: Kind, flash: Flash) -> Result<Page> {
    let store = &here.request.store;
    let (all, open) = (subjects(store, kind).await?, changes::open_of(store, kind, None).await?);
    let (title, about) = heading(kind);
    let make = (is_made_here(kind) && here.may::<StartChange>())
        .then(|| view! { <span class="push">{new(&here, kind, &flash)}</span> });
    let bar = view! { <h1>{title}</h1><span class="meta">{about}</span>{make} };
    // A name that has no version yet stands only in a draft.
    let begun: Vec<&Listed> = open.iter().filter(|change| change.base_version == 0).collect();
    let body = if all.is_empty() && begun.is_empty() {
        Either::Left(nothing(kind))
    } else {
        Either::Right(table(kind, &all, &begun, &open, here.clock))
    };
    Ok(Page { title: title.into(), bar: bar.into_any(), body: body.into_any() })
}

fn new(here: &Here, kind: Kind, flash: &Flash) -> impl IntoView + use<> {
    let (words, hint) = match kind {
        Kind::List => (
            "New list",
            "Rules ask for it as lists.NAME, so it is lower-case letters, digits and underscores.",
        ),
        _ => ("New pool", "Rules assign to it by this name: lower-case letters, digits and hyphens."),
    };
    let name = Input { label: "Name", name: "name", kind: "text", autocomplete: "off", maxlength: 100 };
    let form = view! {
        <form method="post" action=StartChange::PATH>
            {once(&here.request, "new")}
            <input type="hidden" name="kind" value=kind.to_string() />
            {input(name, flash)}
            <p class="meta">{hint}</p>
            <button class="btn primary">"Begin a draft"</button>
        </form>
    };
    ask(words, !flash.errors.is_empty(), form)
}

fn nothing(kind: Kind) -> impl IntoView {
    let (title, text) = match kind {
        Kind::List => (
            "No lists yet",
            "Target accounts, competitors, partners: begin a list, upload a CSV file, and have it signed. Rules ask for it by name.",
        ),
        Kind::Pool => (
            "No pools yet",
            "A pool is the people who take turns with the leads that a rule assigns. Begin one, and have it signed.",
        ),
        _ => (
            "Nothing here yet",
            "Rule sets, field extraction and fields come with a workflow: bring one with `meshline apply FILE.yaml --bootstrap`.",
        ),
    };
    note::empty(Icon::List, title, view! { <p>{text}</p> })
}

fn table(
    kind: Kind,
    all: &[Subject],
    begun: &[&Listed],
    open: &[Listed],
    clock: Clock,
) -> impl IntoView + use<> {
    let rows = all.iter().map(|subject| row(kind, subject, open, clock)).collect_view();
    let drafts = begun.iter().map(|change| begun_row(change, clock)).collect_view();
    view! {
        <table class="table stack sticky subjects">
            <caption class="sr">{heading(kind).0}</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Decides in"</th>
                    <th scope="col">"Open changes"</th>
                    <th scope="col" class="num">"Size"</th>
                    <th scope="col" class="num">"Since"</th>
                </tr>
            </thead>
            <tbody>{rows}{drafts}</tbody>
        </table>
    }
}

fn row(kind: Kind, subject: &Subject, open: &[Listed], clock: Clock) -> impl IntoView + use<> {
    let href = format!("{}/{}", words::path_of(kind), subject.name);
    let used = if subject.workflows.is_empty() {
        Either::Left(view! { <span class="quiet">"No live workflow"</span> })
    } else {
        Either::Right(subject.workflows.join(", "))
    };
    let changes = open.iter().filter(|change| change.name == subject.name).map(change_link).collect_view();
    view! {
        <tr>
            <th scope="row"><a href=href>{words::sentence(&subject.name)}</a></th>
            <td class="first"><span class="tag">{format!("v{}", subject.version)}</span></td>
            <td class="wide">{used}</td>
            <td>{changes}</td>
            <td class="num">{size(kind, subject.size)}</td>
            <td class="num quiet">{clock.stamp(subject.created_at)}</td>
        </tr>
    }
}

fn begun_row(change: &Listed, clock: Clock) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row"><a href=format!("/changes/{}", change.number)>{words::sentence(&change.name)}</a></th>
            <td class="first"><span class="tag">"New"</span></td>
            <td class="wide"><span class="quiet">"Not signed yet"</span></td>
            <td>{change_link(change)}</td>
            <td class="num"></td>
            <td class="num quiet">{clock.stamp(change.at)}</td>
        </tr>
    }
}

/// A change by its number and state.
pub(super) fn change_link(change: &Listed) -> impl IntoView + use<> {
    let (tone, state) = change.state.parse().map_or(("unknown", "Open"), words::change_state);
    view! { <a class="pair" href=format!("/changes/{}", change.number)>{dotted(tone, format!("#{} {}", change.number, state.to_lowercase()))}</a>" " }
}
