//! Everybody who signs in, and in which roles.

use engine::ids::PersonId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::people::{self, PeopleFilter, PeoplePage, Person};

use super::person::{role_checks, role_tags, state};
use crate::actions::Flash;
use crate::actions::people::AddPerson;
use crate::error::Result;
use crate::pages::filters::Address;
use crate::pages::frame::{Here, Page, Section, page};
use crate::ui::form::{Input, ask, input};
use crate::ui::icon::{Icon, icon};
use crate::ui::{note, number, words};

const PATH: &str = "/people";
const NAMES: [&str; 2] = ["q", "after"];
/// Characters of a search; nobody's name is longer.
const TEXT_CHARS: usize = 200;

/// The people.
#[component]
pub fn People() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let address = Address::read(PATH, &use_query_map().get_untracked(), &NAMES);
    page(Section::People, move |here| load(here, address, flash))
}

async fn load(here: Here, address: Address, flash: Flash) -> Result<Page> {
    let filter = PeopleFilter {
        text: address.get("q").map(|text| text.chars().take(TEXT_CHARS).collect()),
        after: address.parsed::<PersonId>("after"),
    };
    let found = people::page(&here.request.store, &filter).await?;
    let may = here.may::<AddPerson>();
    let count = number::plural(found.total, "person", "people");
    let bar = view! {
        <h1>"People"</h1>
        <span class="meta">{count}</span>
        {may.then(|| view! { <span class="push">{add(&flash)}</span> })}
    };
    let me = here.request.viewer.as_ref().map(|viewer| viewer.id);
    let list = if found.people.is_empty() {
        let steps = view! { <a class="btn" href=PATH>"Show everybody"</a> };
        Either::Left(note::empty(Icon::Search, "Nobody like this", steps))
    } else {
        Either::Right(view! { {table(&found.people, me)}{pager(&address, &found)} })
    };
    let body = view! { {search(&address)}{list} };
    Ok(Page { title: "People".into(), bar: bar.into_any(), body: body.into_any() })
}

fn search(address: &Address) -> impl IntoView + use<> {
    let text = address.get("q").map(str::to_owned);
    view! {
        <form class="row people-search" method="get" action=PATH role="search" aria-label="Find people">
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="q" value=text placeholder="Name or e-mail" aria-label="Name or e-mail" maxlength="200" />
            </span>
            <button class="btn">"Find"</button>
        </form>
    }
}

fn table(people: &[Person], me: Option<PersonId>) -> impl IntoView + use<> {
    let rows = people.iter().map(|person| row(person, me == Some(person.id))).collect_view();
    view! {
        <table class="table stack people">
            <caption class="sr">"People and their roles"</caption>
            <thead>
                <tr>
                    <th scope="col">"Person"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Roles"</th>
                    <th scope="col">"Time zone"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(person: &Person, is_me: bool) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">
                <span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>
                <a href=format!("{PATH}/{}", person.id)>{person.name.clone()}</a>
                {is_me.then(|| view! { <span class="quiet">"you"</span> })}</span>
                <small>{person.email.clone()}</small>
            </th>
            <td class="first">{state(person)}</td>
            <td class="wide">{role_tags(person)}</td>
            <td class="quiet" data-l="Time zone">{person.time_zone.clone()}</td>
        </tr>
    }
}

fn pager(address: &Address, found: &PeoplePage) -> impl IntoView + use<> {
    let first = address
        .get("after")
        .map(|_| view! { <a class="btn" href=address.without(&["after"]).href()>"From the start"</a> });
    let next = found.next.map(|person| {
        view! { <a class="btn" href=address.with("after", person.to_string()).href()>"More"{icon(Icon::Forward)}</a> }
    });
    (first.is_some() || next.is_some()).then(|| {
        view! { <nav class="pager" aria-label="Pages"><span class="row">{first}{next}</span></nav> }
    })
}

fn add(flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("roles").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let name = Input { label: "Name", name: "name", kind: "text", autocomplete: "off", maxlength: 200 };
    let email = Input { label: "E-mail", name: "email", kind: "email", autocomplete: "off", maxlength: 320 };
    let form = view! {
        <form method="post" action=AddPerson::PATH>
            {input(name, flash)}
            {input(email, flash)}
            {role_checks(&chosen, flash.errors.get("roles").cloned())}
            <p class="meta">"You get a link to hand on. Whoever opens it sets the password."</p>
            <button class="btn primary">"Add the person"</button>
        </form>
    };
    ask("Add a person", !flash.errors.is_empty(), form)
}
