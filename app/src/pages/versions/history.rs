//! The version history.

use std::collections::BTreeMap;

use engine::change::Kind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::reads::subjects::{VersionEntry, WorkflowUse};

use crate::actions::changes::StartChange;
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::words;

/// Context for rendering the versions of one subject.
pub struct VersionsContext<'a> {
    pub kind: Kind,
    pub name: &'a str,
    /// Names of the people who created versions.
    pub names: &'a BTreeMap<String, String>,
    pub used: &'a [WorkflowUse],
    /// The version shown on the page.
    pub shown: u32,
    pub clock: Clock,
    /// Whether the viewer may start a change.
    pub may: bool,
}

/// Renders the versions, newest first, with links to view, compare and restore each.
pub fn list(history: &[VersionEntry], around: &VersionsContext<'_>) -> impl IntoView + use<> {
    let newest = history.first().map_or(0, |version| version.version);
    let rows = history.iter().map(|version| row(version, newest, around)).collect_view();
    view! { <section><h2>{texts().versions_versions()}</h2><ol class="plain-list versions">{rows}</ol></section> }
}

fn row(version: &VersionEntry, newest: i32, around: &VersionsContext<'_>) -> impl IntoView + use<> {
    let VersionsContext { kind, name, names, used, shown, clock, may } = *around;
    let path = format!("{}/{name}", kind.spec().path);
    let is_shown = i64::from(shown) == i64::from(version.version);
    let number = version.version;
    let live = used
        .iter()
        .any(|used| used.version == number)
        .then(|| view! { <span class="tag" data-a="good">{texts().versions_live()}</span> });
    let title =
        version.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| texts().versions_initial());
    let by = version.author.clone().unwrap_or_else(|| words::actor(&version.created_by, names));
    let see = (!is_shown)
        .then(|| view! { <a href=format!("{path}?version={number}")>{texts().versions_view()}</a> });
    let compare = (number > 1).then(|| {
        let earlier = number - 1;
        let label = texts().versions_compare_with(number.to_string(), earlier.to_string());
        view! { <a href=format!("{path}?version={number}&against={earlier}") aria-label=label>{texts().versions_compare()}</a> }
    });
    let change = version
        .change
        .map(|change| view! { <a href=format!("/changes/{change}")>{texts().versions_from_change(change.to_string())}</a> });
    let restore = (may && number != newest).then(|| {
        view! {
            <form method="post" action=StartChange::PATH>
                <input type="hidden" name="kind" value=kind.to_string() />
                <input type="hidden" name="name" value=name.to_owned() />
                <input type="hidden" name="version" value=number.to_string() />
                <button class="link" aria-label=texts().versions_restore_version(number.to_string())>{texts().versions_restore()}</button>
            </form>
        }
    });
    view! {
        <li aria-current=is_shown.then_some("true")>
            <span class="row"><b>{texts().versions_number(number.to_string())}</b>{live}<span class="quiet push">{clock.stamp(version.created_at)}</span></span>
            <small>{texts().versions_version_by(title, by)}</small>
            <span class="row ways">{see}{compare}{change}{restore}</span>
        </li>
    }
}
