//! Who did what.

use std::collections::BTreeMap;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde_json::Value as Json;
use store::actor::Role;
use store::people::{self, Person};
use store::reads::audit_log::{self, AuditEntry, AuditFilter, AuditPage, SEARCHED_ROWS};
use store::reads::frame::names_of_actors;
use uuid::Uuid;

use crate::error::Result;
use crate::pages::filters::{Address, Chip, Choice, chips, select};
use crate::pages::frame::{Here, Page, Section, page};
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};
use crate::ui::{note, number, words};

const PATH: &str = "/audit";
const NAMES: [&str; 4] = ["who", "area", "about", "before"];

/// The parts of the product that acts are about, as actions begin and as people say.
const AREAS: [(&str, &str); 12] = [
    ("person", "People"),
    ("key", "API keys"),
    ("workflow", "Workflows"),
    ("change", "Changes and sign-offs"),
    ("version", "Versions of maps, rules and lists"),
    ("queue", "The queue"),
    ("lead", "Leads"),
    ("layers", "Layers"),
    ("destination", "Destinations"),
    ("effect", "Actions sent"),
    ("job", "Jobs"),
    ("import", "Imports"),
];

/// The audit log.
#[component]
pub fn AuditLog() -> impl IntoView {
    let address = Address::read(PATH, &use_query_map().get_untracked(), &NAMES);
    page(Section::AuditLog, move |here| load(here, address))
}

async fn load(here: Here, address: Address) -> Result<Page> {
    let store = &here.request.store;
    let filter = AuditFilter {
        actor: address.get("who").map(str::to_owned),
        area: address.get("area").map(str::to_owned),
        subject: address.get("about").map(str::to_owned),
    };
    let found = audit_log::audit_log(store, &filter, address.parsed::<Uuid>("before")).await?;
    let people = people::all(store).await?;
    let mut who: Vec<String> = found.entries.iter().map(|entry| entry.actor.clone()).collect();
    who.extend(found.entries.iter().map(|entry| entry.subject.clone()));
    let names = names_of_actors(store, &who).await?;
    let bar = view! { <h1>"Audit log"</h1><span class="meta">"Every act that changed something, written once"</span> };
    let list = if found.entries.is_empty() {
        Either::Left(nothing(&address, &filter, &found))
    } else {
        Either::Right(view! { {table(&found.entries, &names, here.clock)}{pager(&address, &found)} })
    };
    let body = view! {
        {form(&address, &people)}
        {chips(active(&address, &people), Address::new(PATH).href())}
        {list}
    };
    Ok(Page { title: "Audit log".into(), bar: bar.into_any(), body: body.into_any() })
}

fn actors(people: &[Person]) -> Vec<Choice> {
    let mut all: Vec<Choice> =
        people.iter().map(|person| (format!("person:{}", person.id), person.name.clone())).collect();
    all.push(("command:".into(), "Commands and tasks".into()));
    all.push(("key:".into(), "Programs".into()));
    all
}

fn form(address: &Address, people: &[Person]) -> impl IntoView + use<> {
    let areas = AREAS.iter().map(|(area, title)| ((*area).to_owned(), (*title).to_owned())).collect();
    let about = address.get("about").map(str::to_owned);
    view! {
        <form class="row audit-filters" method="get" action=PATH role="search" aria-label="Filter the audit log">
            {select("Who", "who", "Everybody", actors(people), address.get("who"))}
            {select("What about", "area", "Everything", areas, address.get("area"))}
            <input class="field" type="search" name="about" value=about placeholder="Name or id" aria-label="Name or id" maxlength="200" />
            <button class="btn">{icon(Icon::Filter)}"Filter"</button>
        </form>
    }
}

fn active(address: &Address, people: &[Person]) -> Vec<Chip> {
    let bare = address.without(&["before"]);
    let named = |value: &str, all: &[Choice]| {
        all.iter()
            .find(|(known, _)| known == value)
            .map_or_else(|| value.to_owned(), |(_, words)| words.clone())
    };
    let areas: Vec<Choice> =
        AREAS.iter().map(|(area, title)| ((*area).to_owned(), (*title).to_owned())).collect();
    let all = [
        ("Who", "who", address.get("who").map(|who| named(who, &actors(people)))),
        ("About", "area", address.get("area").map(|area| named(area, &areas))),
        ("Name or id", "about", address.get("about").map(str::to_owned)),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table(entries: &[AuditEntry], names: &BTreeMap<String, String>, clock: Clock) -> impl IntoView + use<> {
    let rows = entries.iter().map(|entry| row(entry, names, clock)).collect_view();
    view! {
        <table class="table stack sticky audit">
            <caption class="sr">"Acts, the newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"What"</th>
                    <th scope="col">"To what"</th>
                    <th scope="col">"Details"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col" class="num">"When"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(entry: &AuditEntry, names: &BTreeMap<String, String>, clock: Clock) -> impl IntoView + use<> {
    let roles: Vec<&str> = entry
        .roles
        .iter()
        .filter_map(|role| role.parse().ok())
        .map(|role: store::actor::Role| role.title())
        .collect();
    let roles = (!roles.is_empty()).then(|| view! { <small>{roles.join(", ")}</small> });
    view! {
        <tr>
            <th scope="row">{words::act(&entry.action)}</th>
            <td class="first">{subject(entry, names)}</td>
            <td class="wide quiet">{entry.detail.as_ref().map(details)}</td>
            <td class="nowrap" data-l="By">{words::sentence(&words::actor(&entry.actor, names))}{roles}</td>
            <td class="num" title=format!("Request {}", entry.request_id)>{clock.stamp_second(entry.at)}</td>
        </tr>
    }
}

/// What was acted on: a person or a key by name, a lead as a link, anything else as it is called.
fn subject(entry: &AuditEntry, names: &BTreeMap<String, String>) -> impl IntoView + use<> {
    if let Some(lead) = entry.lead_id {
        return Either::Left(view! { <a href=format!("/leads/{lead}")>"The lead"</a> });
    }
    let named = || entry.detail.as_ref()?.get("name")?.as_str().map(str::to_owned);
    let own = || entry.subject.split_once(':').map_or(&*entry.subject, |(_, name)| name).to_owned();
    Either::Right(names.get(&entry.subject).cloned().or_else(named).unwrap_or_else(own))
}

/// What else there is to say, in one line: `Roles: SDR, AE; Expires at: 2026-…`.
fn details(detail: &Json) -> String {
    let word = |value: &Json| match value {
        Json::String(text) => {
            text.parse().map_or_else(|_| text.clone(), |role: Role| role.title().to_owned())
        }
        other => other.to_string(),
    };
    let text = |value: &Json| match value {
        Json::Array(all) => all.iter().map(word).collect::<Vec<_>>().join(", "),
        one => word(one),
    };
    let Json::Object(members) = detail else { return text(detail) };
    let members = members.iter().filter(|(_, value)| !value.is_null());
    let parts: Vec<String> =
        members.map(|(name, value)| format!("{}: {}", words::sentence(name), text(value))).collect();
    parts.join("; ")
}

fn pager(address: &Address, found: &AuditPage) -> impl IntoView + use<> {
    let newest = address
        .get("before")
        .map(|_| view! { <a class="btn" href=address.without(&["before"]).href()>"Newest"</a> });
    let words = if found.cut { "Search further back" } else { "Older" };
    let older = found.older.map(|id| {
        view! { <a class="btn" href=address.with("before", id.to_string()).href()>{words}{icon(Icon::Forward)}</a> }
    });
    let count = number::plural(found.entries.len() as i64, "act", "acts");
    view! { <nav class="pager" aria-label="Pages"><span class="meta">{count}</span><span class="row">{newest}{older}</span></nav> }
}

fn nothing(address: &Address, filter: &AuditFilter, found: &AuditPage) -> impl IntoView + use<> {
    if let (true, Some(id)) = (found.cut, found.older) {
        let further = address.with("before", id.to_string()).href();
        let steps = view! {
            <p>{format!("Nothing among the {} acts looked through for this page. There are older ones.", number::count(SEARCHED_ROWS as i64))}</p>
            <a class="btn" href=further>"Search further back"</a>
        };
        return note::empty(Icon::Search, "Nothing so far", steps).into_any();
    }
    if *filter == AuditFilter::default() {
        let steps = view! { <p>"Whatever people, programs and commands change is written here, with who and when."</p> };
        return note::empty(Icon::Log, "Nothing was done yet", steps).into_any();
    }
    let steps = view! { <a class="btn" href=PATH>"Clear all filters"</a> };
    note::empty(Icon::Search, "No act like this", steps).into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_one_line() {
        let detail = json!({"name": "web", "reason": null, "roles": ["sdr", "ae"], "rows": 7});
        assert_eq!(details(&detail), "Name: web; Roles: SDR, AE; Rows: 7");
        assert_eq!(details(&json!({})), "");
        assert_eq!(details(&json!("x")), "x");
    }
}
