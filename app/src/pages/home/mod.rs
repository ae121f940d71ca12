//! Home: alerts, the viewer's tasks and the key figures, in the order of the viewer's roles.

mod accounts;
mod alerts;
mod key_figures;
mod load;
mod setup;
mod stop;
mod task_data;
mod tasks;
mod today;

use leptos::prelude::*;
use store::actor::Role;
use store::refresh::Topic;

use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use crate::error::Result;
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::refresh;
use load::HomeData;

/// Renders the home page.
#[component]
pub fn Home() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Home, move |here| show(here, flash))
}

/// A section of the page. Alerts are separate because they always come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The viewer's tasks.
    Tasks,
    /// Today's decisions and the state of the layers.
    Today,
    /// The key figures.
    KeyFigures,
    /// The workflows and their state.
    Workflows,
    /// The state of the installation.
    Setup,
}

/// Returns the sections for a role, most important first.
fn parts_of(role: Role) -> &'static [Part] {
    match role {
        Role::SalesLeader => &[Part::KeyFigures, Part::Tasks, Part::Today, Part::Workflows],
        Role::AeRepLeader => &[Part::Tasks, Part::KeyFigures, Part::Today, Part::Workflows],
        Role::Sdr | Role::Ae => &[Part::Tasks, Part::Today],
        Role::Integrations => &[Part::Tasks, Part::Today, Part::Workflows],
        Role::Admin => &[Part::Tasks, Part::Today, Part::Setup, Part::Workflows],
        Role::Enablement | Role::RepLeader | Role::Revops | Role::RevopsLead => {
            &[Part::Tasks, Part::Today, Part::KeyFigures, Part::Workflows]
        }
    }
}

/// Returns the sections for all roles. The role with the most sections sets the order; on a tie, the first role wins.
fn parts(roles: &[Role]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let longest = roles.iter().copied().rev().max_by_key(|role| parts_of(*role).len());
    for role in longest.into_iter().chain(roles.iter().copied()) {
        parts.extend(parts_of(role).iter().filter(|part| !parts.contains(part)).copied().collect::<Vec<_>>());
    }
    if parts.is_empty() { vec![Part::Today] } else { beside(parts) }
}

/// Moves today's decisions next to the tasks, which they are beside on wide screens.
fn beside(mut parts: Vec<Part>) -> Vec<Part> {
    let place = |parts: &[Part], of| parts.iter().position(|part| *part == of);
    if let (Some(waits), Some(now)) = (place(&parts, Part::Tasks), place(&parts, Part::Today))
        && now > waits + 1
    {
        let now = parts.remove(now);
        parts.insert(waits + 1, now);
    }
    parts
}

async fn show(here: PageContext, flash: Flash) -> Result<PageContent> {
    let roles = here.request.viewer.as_ref().map(|viewer| viewer.roles.clone()).unwrap_or_default();
    let parts = parts(&roles);
    let loaded = Box::pin(load::load(&here, parts.contains(&Part::KeyFigures))).await?;
    let day = here.clock.long(here.clock.now);
    let bar = view! { <h1>{texts().home_title()}</h1><span class="meta">{day}</span>{stop::stop(&here, &loaded, &flash)} };
    let sections = sections(&parts, &here, &loaded, &flash);
    let hears = hears(&loaded);
    let body = view! { <div class="home">{alerts::alerts(&here, &loaded).into_any()}{sections}{hears}</div> };
    Ok(PageContent { title: texts().home_title(), bar: bar.into_any(), body: body.into_any() })
}

/// Subscribes once for all sections that refresh while the page is open.
fn hears(loaded: &HomeData) -> impl IntoView + use<> {
    let has_tasks = loaded.is_ae || loaded.queue.is_some();
    let queue = has_tasks.then_some(Topic::Queue);
    let figures = key_figures::is_adding(loaded).then_some(Topic::Figures);
    let topics: Vec<Topic> = queue.into_iter().chain(figures).collect();
    (!topics.is_empty()).then(|| refresh::subscribe(&topics))
}

/// Renders the sections. The tasks and today's decisions share a row, as do the installation and the workflows.
fn sections(parts: &[Part], here: &PageContext, loaded: &HomeData, flash: &Flash) -> Vec<AnyView> {
    let mut rest = parts;
    let mut views = Vec::new();
    while let [first, after @ ..] = rest {
        rest = after;
        let view = section(*first, here, loaded, flash);
        views.push(match (first, after) {
            (Part::Tasks, [second @ Part::Today, after @ ..])
            | (Part::Setup, [second @ Part::Workflows, after @ ..]) => {
                rest = after;
                let class = if *first == Part::Tasks { "two aside" } else { "two" };
                view! { <div class=class>{view}{section(*second, here, loaded, flash)}</div> }.into_any()
            }
            _ => view,
        });
    }
    views
}

fn section(part: Part, here: &PageContext, loaded: &HomeData, flash: &Flash) -> AnyView {
    match part {
        Part::Tasks => tasks::tasks(loaded, flash).into_any(),
        Part::Today => today::decided_today(loaded).into_any(),
        Part::KeyFigures => key_figures::key_figures(loaded).into_any(),
        Part::Workflows => today::workflows(here, loaded).into_any(),
        Part::Setup => setup::setup(loaded).into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_several_roles_sees_the_parts_of_all_once() {
        assert_eq!(parts(&[Role::Sdr]), [Part::Tasks, Part::Today]);
        assert_eq!(
            parts(&[Role::SalesLeader]),
            [Part::KeyFigures, Part::Tasks, Part::Today, Part::Workflows]
        );
        let both = parts(&[Role::Sdr, Role::SalesLeader]);
        assert_eq!(both, [Part::KeyFigures, Part::Tasks, Part::Today, Part::Workflows]);
        let lead = parts(&[Role::AeRepLeader]);
        assert_eq!(
            lead,
            [Part::Tasks, Part::Today, Part::KeyFigures, Part::Workflows],
            "today is beside the tasks"
        );
        let all = parts(&[Role::RevopsLead, Role::Admin]);
        assert_eq!(all, [Part::Tasks, Part::Today, Part::KeyFigures, Part::Workflows, Part::Setup]);
        assert_eq!(parts(&[]), [Part::Today]);
    }
}
