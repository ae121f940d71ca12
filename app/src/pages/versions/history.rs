//! The versions of one thing.

use std::collections::BTreeMap;

use engine::change::Kind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::reads::subjects::{Listed, UsedIn};

use crate::actions::changes::StartChange;
use crate::ui::clock::Clock;
use crate::ui::words;

/// The versions, the newest first, each with ways to see, compare and restore it.
#[expect(clippy::too_many_arguments, reason = "all of it is one list")]
pub fn list(
    kind: Kind,
    name: &str,
    history: &[Listed],
    names: &BTreeMap<String, String>,
    used: &[UsedIn],
    shown: u32,
    clock: Clock,
    may: bool,
) -> impl IntoView + use<> {
    let newest = history.first().map_or(0, |version| version.version);
    let one = |version: &Listed| row(kind, name, version, names, used, shown, newest, clock, may);
    view! { <section><h2>"Versions"</h2><ol class="plain-list versions">{history.iter().map(one).collect_view()}</ol></section> }
}

#[expect(clippy::too_many_arguments, reason = "all of it is one row")]
fn row(
    kind: Kind,
    name: &str,
    version: &Listed,
    names: &BTreeMap<String, String>,
    used: &[UsedIn],
    shown: u32,
    newest: i32,
    clock: Clock,
    may: bool,
) -> impl IntoView + use<> {
    let path = format!("{}/{name}", words::path_of(kind));
    let is_shown = i64::from(shown) == i64::from(version.version);
    let number = version.version;
    let live = used
        .iter()
        .any(|used| used.version == number)
        .then(|| view! { <span class="tag" data-a="good">"live"</span> });
    let title =
        version.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| "First version".into());
    let by = version.author.clone().unwrap_or_else(|| words::actor(&version.created_by, names));
    let see = (!is_shown).then(|| view! { <a href=format!("{path}?version={number}")>"See"</a> });
    let compare = (number > 1).then(|| {
        let earlier = number - 1;
        view! { <a href=format!("{path}?version={number}&against={earlier}")>"Compare"<span class="sr">{format!(" version {number} with version {earlier}")}</span></a> }
    });
    let change = version
        .change
        .map(|change| view! { <a href=format!("/changes/{change}")>{format!("#{change}")}</a> });
    let restore = (may && number != newest).then(|| {
        view! {
            <form method="post" action=StartChange::PATH>
                <input type="hidden" name="kind" value=kind.to_string() />
                <input type="hidden" name="name" value=name.to_owned() />
                <input type="hidden" name="version" value=number.to_string() />
                <button class="link">"Restore"<span class="sr">{format!(" version {number} as a new draft")}</span></button>
            </form>
        }
    });
    view! {
        <li aria-current=is_shown.then_some("true")>
            <span class="row"><b>{format!("v{number}")}</b>{live}<span class="quiet push">{clock.stamp(version.created_at)}</span></span>
            <small>{title}{format!(", {by}")}</small>
            <span class="row ways">{see}{compare}{change}{restore}</span>
        </li>
    }
}
