//! One release: the versions it replaces, its approvals, its next step, and its history.

use std::collections::BTreeMap;

use engine::canonical::Digest;
use engine::control::release::{InFlight, Stage};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use store::reads::frame::names_of_actors;
use store::releases::{self, Release, ReleasePart, ReleaseStep};

use super::actions::{self, ReleaseActions};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::{kinds, titles, words};

/// Renders the page of one release.
#[component]
pub fn ReleasePage() -> impl IntoView {
    let number = use_params_map().read_untracked().get("number");
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Releases, move |here| load(here, number, flash))
}

/// Data shared by all sections of the page.
struct Loaded {
    acts: ReleaseActions,
    parts: Vec<ReleasePart>,
    history: Vec<ReleaseStep>,
    names: BTreeMap<String, String>,
    request: Request,
    clock: Clock,
    flash: Flash,
}

async fn load(here: PageContext, number: Option<String>, flash: Flash) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: Missing::Release };
    let number: i64 = number.and_then(|text| text.parse().ok()).ok_or_else(not_found)?;
    let loaded = Box::pin(gather(here, number, flash)).await?;
    let release = &loaded.acts.release;
    let (tone, stage) = words::release_stage(release.stage);
    let bar = view! {
        <nav aria-label=texts().releases_breadcrumb()><a href="/releases">{texts().releases_title()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{release.title().to_owned()}</h1>
        <span class="tag">{texts().releases_number(release.number.to_string())}</span>
        {dotted(tone, stage)}
    };
    let body = view! {
        {headline(release)}
        <div class="subject">
            <div>{replaced(&loaded.parts).into_any()}{history(&loaded).into_any()}</div>
            <aside>{aside(&loaded).into_any()}</aside>
        </div>
    };
    Ok(PageContent {
        title: texts().releases_number(release.number.to_string()),
        bar: bar.into_any(),
        body: body.into_any(),
    })
}

async fn gather(here: PageContext, number: i64, flash: Flash) -> Result<Loaded> {
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let store = &here.request.store;
    let (release, parts, history) = {
        let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
        let release = releases::by_number(&mut connection, number).await?;
        let parts = releases::parts(&mut connection, release.id).await?;
        let history = releases::history(&mut connection, release.id).await?;
        (release, parts, history)
    };
    let acts = ReleaseActions::load(store, release, &viewer).await?;
    let actors: Vec<String> = history.iter().map(|step| step.by.clone()).collect();
    let names = names_of_actors(store, &actors).await?;
    Ok(Loaded { acts, parts, history, names, clock: here.clock, request: here.request.clone(), flash })
}

/// Describes the release in a sentence or two.
fn headline(release: &Release) -> impl IntoView + use<> {
    let origin = match (&release.change, &release.waiver) {
        (Some(change), _) => {
            let href = format!("/changes/{}", change.number);
            let said = texts().releases_from_change();
            let change = texts().releases_change_number(change.number.to_string());
            view! { {part(said.s0)}<a href=href>{change}</a>{part(said.s1)}" " }.into_any()
        }
        (None, Some(why)) => view! { {texts().releases_waived(why)}" " }.into_any(),
        (None, None) => ().into_any(),
    };
    let in_flight = match release.in_flight {
        InFlight::FinishOld => texts().releases_finish_old(),
        InFlight::DecideAgain => texts().releases_decide_again(),
        InFlight::HandToPeople => texts().releases_hand_to_people(),
    };
    view! { <div class="headline"><p>{texts().releases_of_workflow(&release.workflow_title)}" "{origin}{in_flight}</p></div> }
}

fn replaced(parts: &[ReleasePart]) -> impl IntoView + use<> {
    let row = |part: &ReleasePart| {
        let version = |number: Option<u32>| {
            number.map(|number| {
                let href = format!("{}/{}?version={number}", part.kind.spec().path, part.name);
                view! { <a href=href>{texts().releases_version(number.to_string())}</a> }
            })
        };
        let (new, old) = (version(part.version), version(part.replaces));
        let new = new.map_or_else(|| texts().releases_left_out().into_any(), IntoAny::into_any);
        let old = old.map_or_else(|| texts().releases_added().into_any(), IntoAny::into_any);
        view! {
            <tr>
                <th scope="row">{titles::version(part.kind, &part.name)}<small>{kinds::title(part.kind)}</small></th>
                <td data-l=texts().releases_part_new()>{new}</td>
                <td data-l=texts().releases_part_old()>{old}</td>
            </tr>
        }
    };
    let rows = parts.iter().map(row).collect_view();
    view! {
        <section class="stacked-sections">
            <h2>{texts().releases_changes()}</h2>
            <table class="table stack changes">
                <caption class="sr">{texts().releases_changes_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().releases_part()}</th>
                        <th scope="col">{texts().releases_part_new()}</th>
                        <th scope="col">{texts().releases_part_old()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn history(loaded: &Loaded) -> impl IntoView + use<> {
    let mut before: Option<(Stage, Digest, Option<i16>)> = None;
    let rows = loaded
        .history
        .iter()
        .map(|step| {
            let before = before.replace((step.stage, step.bundle, step.share));
            let what = match before {
                Some((stage, bundle, _)) if stage == step.stage && bundle != step.bundle => texts().releases_rebuilt(),
                Some((stage, _, share)) if stage == step.stage && share == step.share => {
                    texts().releases_gates_changed()
                }
                Some((stage, ..)) if stage == step.stage => {
                    texts().releases_share(step.share.unwrap_or_default().to_string())
                }
                _ => words::release_stage(step.stage).1.to_owned(),
            };
            let by = words::actor(&step.by, &loaded.names);
            let why = (!step.why.is_empty()).then(|| view! { <p class="why">{step.why.clone()}</p> });
            view! {
                <li>
                    <p class="row"><b>{what}</b><span class="quiet">{texts().releases_by(by)}</span><span class="quiet push">{loaded.clock.stamp(step.at)}</span></p>
                    {why}
                </li>
            }
        })
        .collect_view();
    view! { <section class="stacked-sections"><h2>{texts().releases_history()}</h2><ol class="plain-list comments">{rows}</ol></section> }
}

fn aside(loaded: &Loaded) -> impl IntoView + use<> {
    let release = &loaded.acts.release;
    let next = format!("/releases/{}", release.number);
    let state = match (release.stage, release.replaced_by) {
        (Stage::Approved, _) => texts().releases_stage_approved(),
        (Stage::Live, _) => texts().releases_stage_live(),
        (Stage::Suspended, _) => texts().releases_stage_suspended(),
        (Stage::Retired, Some(number)) => texts().releases_stage_replaced(number.to_string()),
        (Stage::Retired, None) => texts().releases_stage_withdrawn(),
        (Stage::RolledBack, _) => texts().releases_stage_rolled_back(),
        (other, _) => words::release_stage(other).1.to_owned(),
    };
    let approved = release.change.is_some().then(|| {
        view! { <section><h2>{texts().releases_approvals()}</h2>{actions::approvals(&loaded.acts, loaded.clock)}</section> }
    });
    view! {
        <section>
            <h2>{texts().releases_stage()}</h2>
            <p>{state}</p>
            {actions::next_step(&loaded.acts, &loaded.request, &next).into_any()}
            {actions::withdrawing(&loaded.acts, &loaded.request, &loaded.flash).into_any()}
        </section>
        {approved}
    }
}
