//! Change requests: the inbox of approvals, one's own suggestions, and one change.

mod change;
mod draft;
mod impact;
mod said;
mod sign;

use engine::change::Kind;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use store::actor::Role;
use store::changes::{self, Listed, Show};
use store::refresh::Topic;
use strum::VariantArray as _;

use crate::access::APPROVING_ROLES;
use crate::context::Viewer;
use crate::error::{Error, Result};
use crate::pages::frame::{Here, Page, page};
use crate::pages::places::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::icon::{Icon, icon};
use crate::ui::{note, number, refresh, titles, words};

pub use self::change::ChangePage;

const PATH: &str = "/changes";

/// Changes that wait, are written, or were decided.
#[component]
pub fn Changes() -> impl IntoView {
    let address = Address::read(PATH, &use_query_map().get_untracked(), &["show", "before"]);
    let section = match address.parsed("show") {
        Some(Tab::Mine) => Section::Suggestions,
        _ => Section::Approvals,
    };
    page(section, move |here| load(here, address))
}

/// Which changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
enum Tab {
    Waiting,
    Open,
    Drafts,
    Mine,
    Closed,
}

impl Tab {
    fn title(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting for you",
            Self::Open => "All that wait",
            Self::Drafts => "Drafts",
            Self::Mine => "Yours",
            Self::Closed => "Decided",
        }
    }

    fn show(self, viewer: &Viewer) -> Show {
        match self {
            Self::Waiting => Show::WaitingFor(viewer.id, viewer.roles.clone()),
            Self::Open => Show::Open,
            Self::Drafts => Show::Drafts,
            Self::Mine => Show::By(viewer.id),
            Self::Closed => Show::Closed,
        }
    }
}

async fn load(here: Here, address: Address) -> Result<Page> {
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let store = &here.request.store;
    let tab: Tab = address.parsed("show").unwrap_or(Tab::Waiting);
    let found = changes::list(store, &tab.show(&viewer), address.parsed("before")).await?;
    let waiting = changes::waiting_for(store, viewer.id, &viewer.roles).await?;
    let bare = address.without(&["before"]);
    let tabs = Tab::VARIANTS
        .iter()
        .map(|one| {
            let href = match one {
                Tab::Waiting => bare.without(&["show"]).href(),
                other => bare.with("show", <&str>::from(*other)).href(),
            };
            let count = (*one == Tab::Waiting && waiting > 0).then(|| view! { <b>{number::count(waiting)}</b> });
            view! { <li><a href=href aria-current=(*one == tab).then_some("true")>{one.title()}{count}</a></li> }
        })
        .collect_view();
    let older = found.older.map(|number| {
        view! { <nav class="pager" aria-label="Pages"><span></span><a class="btn" rel="next" href=address.with("before", number.to_string()).href()>"Older"</a></nav> }
    });
    let list = if found.rows.is_empty() {
        Either::Left(nothing(tab, &viewer))
    } else {
        Either::Right(view! { {table(&found.rows, here.clock)}{older} })
    };
    let title = if tab == Tab::Mine { "My suggestions" } else { "Approvals" };
    let about = if tab == Tab::Mine {
        "Changes you began, and what became of them"
    } else {
        "Nothing decides about leads on one person's word"
    };
    let bar = view! { <h1>{title}</h1><span class="meta">{about}</span> };
    let body = view! {
        <nav aria-label="Which changes"><ul class="tabs">{tabs}</ul></nav>
        {refresh::part("changes", Topic::Changes, list)}
        {refresh::hear(&[Topic::Changes])}
    };
    Ok(Page { title: title.into(), bar: bar.into_any(), body: body.into_any() })
}

fn nothing(tab: Tab, viewer: &Viewer) -> impl IntoView + use<> {
    let is_signer = viewer.roles.iter().any(|role| APPROVING_ROLES.contains(role));
    let (title, text) = match tab {
        Tab::Waiting if is_signer => (
            "Nothing waits for you",
            "What others submit and your role signs comes up here. What you wrote yourself is for others to sign.",
        ),
        Tab::Waiting => (
            "Your roles sign nothing",
            "Content is signed by Enablement and SDR managers, rules, lists and pools by RevOps, and by sales managers where they touch assignment. You may suggest changes everywhere.",
        ),
        Tab::Open => (
            "Nothing waits for sign-off",
            "A draft that its author submits comes up here until every role that has to has signed it.",
        ),
        Tab::Drafts => ("No drafts", "Open a rule set, a list, a pool or a field extraction and begin one."),
        Tab::Mine => (
            "You have suggested nothing yet",
            "Everybody may suggest a change to any rule set, list, pool or field extraction: open it and write what should be different. Its owner signs it or says why not.",
        ),
        Tab::Closed => {
            ("Nothing was decided yet", "Signed changes, those sent back and those taken back are kept here.")
        }
    };
    let ways = matches!(tab, Tab::Drafts | Tab::Mine).then(|| {
        let way = |kind: &Kind| view! { <a class="btn" href=kind.spec().path>{kind.spec().plural}</a> };
        view! { <p class="row">{Kind::VARIANTS.iter().map(way).collect_view()}</p> }
    });
    note::empty(Icon::Approve, title, view! { <p>{text}</p>{ways} })
}

fn table(rows: &[Listed], clock: Clock) -> impl IntoView + use<> {
    let rows = rows.iter().map(|row| line(row, clock)).collect_view();
    view! {
        <table class="table stack sticky changes">
            <caption class="sr">"Changes, the newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Change"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Signatures"</th>
                    <th scope="col">"By"</th>
                    <th scope="col" class="num">"When"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn line(row: &Listed, clock: Clock) -> impl IntoView + use<> {
    let (tone, state) = row.state.parse().map_or(("unknown", "Open"), words::change_state);
    let what = row.kind.parse().map_or_else(
        |_| words::sentence(&row.name),
        |kind: Kind| format!("{} {}", kind.spec().title, titles::version(kind, &row.name)),
    );
    let title = if row.title.is_empty() { what.clone() } else { row.title.clone() };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("{PATH}/{}", row.number)>{title}</a>
                <small>{format!("#{}, {what}", row.number)}</small>
            </th>
            <td class="first">{dotted(tone, state)}</td>
            <td class="wide">{signatures(row)}</td>
            <td data-l="By">{row.author_name.clone().unwrap_or_else(|| "a file".into())}</td>
            <td class="num quiet">{clock.stamp(row.at)}</td>
        </tr>
    }
}

/// Which roles have signed, and which not.
fn signatures(row: &Listed) -> impl IntoView + use<> {
    let one = |role: &String| {
        let title = role.parse().map_or_else(|_| words::sentence(role), |role: Role| role.title().to_owned());
        let signed = row.signed.contains(role);
        let (sign, said) =
            if signed { (Icon::Check, " has signed") } else { (Icon::Clock, " has not signed") };
        view! { <span class="pair" class:quiet=!signed>{icon(sign)}{title}<span class="sr">{said}</span></span>" " }
    };
    row.required.iter().map(one).collect_view()
}
