//! Releases: the list of a workflow or of all, and one release.

pub(super) mod acts;
mod release;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use store::reads::frame::workflow_names;
use store::releases::{self, Release};

use crate::error::Result;
use crate::pages::frame::{Here, Page, page};
use crate::pages::places::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::icon::Icon;
use crate::ui::{note, titles, words};

pub use self::release::ReleasePage;

const PATH: &str = "/releases";

/// All releases, newest first.
#[component]
pub fn Releases() -> impl IntoView {
    let address = Address::read(PATH, &use_query_map().get_untracked(), &["workflow", "before"]);
    page(Section::Releases, move |here| load(here, address))
}

async fn load(here: Here, address: Address) -> Result<Page> {
    let store = &here.request.store;
    let workflows = workflow_names(store).await?;
    let found = releases::page(store, address.get("workflow"), address.parsed("before")).await?;
    let bare = address.without(&["before", "workflow"]);
    let tab = |title: String, name: Option<&str>| {
        let href = name.map_or_else(|| bare.href(), |name| bare.with("workflow", name).href());
        let is_here = address.get("workflow") == name;
        view! { <li><a href=href aria-current=is_here.then_some("true")>{title}</a></li> }
    };
    let tabs = std::iter::once(tab("All workflows".into(), None))
        .chain(workflows.iter().map(|workflow| tab(workflow.title.clone(), Some(&workflow.name))))
        .collect_view();
    let older = found.older.map(|number| {
        view! { <nav class="pager" aria-label="Pages"><span></span><a class="btn" rel="next" href=address.with("before", number.to_string()).href()>"Older"</a></nav> }
    });
    let list = if found.rows.is_empty() {
        let text = "When a change is approved, a release for each workflow that uses it appears here. It decides nothing until someone goes live with it.";
        let next = view! { <p class="row"><a class="btn" href="/changes">"Approvals"</a></p> };
        Either::Left(note::empty(Icon::Release, "No releases yet", view! { <p>{text}</p>{next} }))
    } else {
        Either::Right(view! { {table(&found.rows, here.clock)}{older} })
    };
    let bar =
        view! { <h1>"Releases"</h1><span class="meta">"What is live, what can go live, and what was"</span> };
    let body = view! { <nav aria-label="Workflows"><ul class="tabs">{tabs}</ul></nav>{list} };
    Ok(Page { title: "Releases".into(), bar: bar.into_any(), body: body.into_any() })
}

fn table(rows: &[Release], clock: Clock) -> impl IntoView + use<> {
    let rows = rows.iter().map(|row| line(row, clock)).collect_view();
    view! {
        <table class="table stack sticky changes">
            <caption class="sr">"Releases, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Release"</th>
                    <th scope="col">"Stage"</th>
                    <th scope="col">"Workflow"</th>
                    <th scope="col" class="num">"Since"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn line(row: &Release, clock: Clock) -> impl IntoView + use<> {
    let (tone, stage) = words::release_stage(row.stage);
    let about = row.change.as_ref().map(|change| {
        let what = titles::version(change.kind, &change.name);
        format!("Release {}, {} {what}", row.number, change.kind.spec().title)
    });
    view! {
        <tr>
            <th scope="row">
                <a href=format!("{PATH}/{}", row.number)>{row.title().to_owned()}</a>
                <small>{about.unwrap_or_else(|| format!("Release {}", row.number))}</small>
            </th>
            <td class="first">{dotted(tone, stage)}</td>
            <td data-l="Workflow">{row.workflow_title.clone()}</td>
            <td class="num quiet">{clock.stamp(row.stage_since)}</td>
        </tr>
    }
}
