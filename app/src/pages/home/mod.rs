//! Home: alerts, the viewer's tasks and the key figures, in the order of the viewer's roles.

mod burns;
mod doing;
mod load;
mod now;
mod setup;
mod stop;
mod tasks;
mod waits;

use leptos::prelude::*;
use store::actor::Role;
use store::refresh::Topic;

use super::frame::{Here, Page, page};
use super::places::Section;
use crate::error::Result;
use crate::flash::Flash;
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
    Waits,
    /// Today's decisions and the state of the layers.
    Now,
    /// The key figures.
    Doing,
    /// The workflows and their state.
    Workflows,
    /// The state of the installation.
    Setup,
}

/// Returns the sections for a role, most important first.
fn parts_of(role: Role) -> &'static [Part] {
    match role {
        Role::SalesLeader => &[Part::Doing, Part::Waits, Part::Now, Part::Workflows],
        Role::AeRepLeader => &[Part::Waits, Part::Doing, Part::Now, Part::Workflows],
        Role::Sdr | Role::Ae => &[Part::Waits, Part::Now],
        Role::Integrations => &[Part::Waits, Part::Now, Part::Workflows],
        Role::Admin => &[Part::Waits, Part::Now, Part::Setup, Part::Workflows],
        Role::Enablement | Role::RepLeader | Role::Revops | Role::RevopsLead => {
            &[Part::Waits, Part::Now, Part::Doing, Part::Workflows]
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
    if parts.is_empty() { vec![Part::Now] } else { beside(parts) }
}

/// Moves today's decisions next to the tasks, which they stand beside on wide screens.
fn beside(mut parts: Vec<Part>) -> Vec<Part> {
    let place = |parts: &[Part], of| parts.iter().position(|part| *part == of);
    if let (Some(waits), Some(now)) = (place(&parts, Part::Waits), place(&parts, Part::Now))
        && now > waits + 1
    {
        let now = parts.remove(now);
        parts.insert(waits + 1, now);
    }
    parts
}

async fn show(here: Here, flash: Flash) -> Result<Page> {
    let roles = here.request.viewer.as_ref().map(|viewer| viewer.roles.clone()).unwrap_or_default();
    let parts = parts(&roles);
    let loaded = Box::pin(load::load(&here, parts.contains(&Part::Doing))).await?;
    let day = here.clock.now.with_timezone(&here.clock.zone).format("%A %-d %B %Y, %H:%M").to_string();
    let bar = view! { <h1>"Home"</h1><span class="meta">{day}</span>{stop::stop(&here, &loaded, &flash)} };
    let sections = sections(&parts, &here, &loaded, &flash);
    let hears = hears(&loaded);
    let body = view! { <div class="home">{burns::burns(&here, &loaded).into_any()}{sections}{hears}</div> };
    Ok(Page { title: "Home".into(), bar: bar.into_any(), body: body.into_any() })
}

/// Subscribes once for all sections that refresh while the page is open.
fn hears(loaded: &HomeData) -> impl IntoView + use<> {
    let has_tasks = loaded.is_ae || loaded.queue.is_some();
    let queue = has_tasks.then_some(Topic::Queue);
    let figures = doing::is_adding(loaded).then_some(Topic::Figures);
    let topics: Vec<Topic> = queue.into_iter().chain(figures).collect();
    (!topics.is_empty()).then(|| refresh::hear(&topics))
}

/// Renders the sections. The tasks and today's decisions share a row, as do the installation and the workflows.
fn sections(parts: &[Part], here: &Here, loaded: &HomeData, flash: &Flash) -> Vec<AnyView> {
    let mut rest = parts;
    let mut views = Vec::new();
    while let [first, after @ ..] = rest {
        rest = after;
        let view = section(*first, here, loaded, flash);
        views.push(match (first, after) {
            (Part::Waits, [second @ Part::Now, after @ ..])
            | (Part::Setup, [second @ Part::Workflows, after @ ..]) => {
                rest = after;
                let class = if *first == Part::Waits { "two aside" } else { "two" };
                view! { <div class=class>{view}{section(*second, here, loaded, flash)}</div> }.into_any()
            }
            _ => view,
        });
    }
    views
}

fn section(part: Part, here: &Here, loaded: &HomeData, flash: &Flash) -> AnyView {
    match part {
        Part::Waits => waits::waits(loaded, flash).into_any(),
        Part::Now => now::now(loaded).into_any(),
        Part::Doing => doing::doing(loaded).into_any(),
        Part::Workflows => now::workflows(here, loaded).into_any(),
        Part::Setup => setup::setup(loaded).into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_several_roles_sees_the_parts_of_all_once() {
        assert_eq!(parts(&[Role::Sdr]), [Part::Waits, Part::Now]);
        assert_eq!(parts(&[Role::SalesLeader]), [Part::Doing, Part::Waits, Part::Now, Part::Workflows]);
        let both = parts(&[Role::Sdr, Role::SalesLeader]);
        assert_eq!(both, [Part::Doing, Part::Waits, Part::Now, Part::Workflows]);
        let lead = parts(&[Role::AeRepLeader]);
        assert_eq!(
            lead,
            [Part::Waits, Part::Now, Part::Doing, Part::Workflows],
            "today stands beside the tasks"
        );
        let all = parts(&[Role::RevopsLead, Role::Admin]);
        assert_eq!(all, [Part::Waits, Part::Now, Part::Doing, Part::Workflows, Part::Setup]);
        assert_eq!(parts(&[]), [Part::Now]);
    }
}
