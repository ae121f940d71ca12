//! Everybody who signs in, and in which roles.

use engine::ids::PersonId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::actor::Role;
use store::people::{self, By, Cursor, Door, PAGE_ROWS, PeopleFilter, Person};
use strum::VariantArray as _;

use super::person::{door, role_checks, role_tags, state};
use crate::actions::people::AddPerson;
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{Here, Page, page};
use crate::pages::list_tools::tools;
use crate::pages::places::Section;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, Choice, chips, select};
use crate::ui::form::{Input, ask, input, once};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, Count, Sorted, Table, pager};
use crate::ui::{note, number, words};

/// Where the people are.
pub const PATH: &str = "/people";
/// The names of their filters in the address.
pub const NAMES: [&str; 3] = ["q", "role", "state"];
/// Characters of a search; nobody's name is longer.
const TEXT_CHARS: usize = 200;

/// The people.
#[component]
pub fn People() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let address = Address::of_list(PATH, &use_query_map().get_untracked(), &NAMES);
    page(Section::People, move |here| load(here, Asked::read(address), flash))
}

/// What was asked for.
pub struct Asked {
    /// The filters as they stand in the address.
    pub address: Address,
    /// The same, understood.
    pub filter: PeopleFilter,
    /// How they are sorted.
    pub sorted: Sorted,
    /// Which page.
    pub cursor: Cursor,
}

impl Asked {
    /// Reads the address.
    pub fn read(address: Address) -> Self {
        let filter = PeopleFilter {
            text: address.get("q").map(|text| text.chars().take(TEXT_CHARS).collect()),
            role: address.parsed("role"),
            door: address.parsed("state"),
        };
        let before = address.parsed::<PersonId>("before").map(Cursor::Before);
        let after = address.parsed::<PersonId>("after").map(Cursor::After);
        let sorted = Sorted::read(&address, &["name", "added"]);
        Self { filter, sorted, cursor: before.or(after).unwrap_or_default(), address }
    }

    /// What they are put in order by.
    pub fn by(&self) -> By {
        if self.sorted.by == "added" { By::Added } else { By::Name }
    }
}

async fn load(here: Here, asked: Asked, flash: Flash) -> Result<Page> {
    let Asked { address, filter, sorted, cursor } = &asked;
    let found =
        people::page(&here.request.store, filter, asked.by(), sorted.order, *cursor, PAGE_ROWS).await?;
    let may = here.may::<AddPerson>();
    let count = number::plural(found.total, "person", "people");
    let bar = view! {
        <h1>"People"</h1>
        <span class="meta">{count}</span>
        {may.then(|| view! { <span class="push">{add(&here, &flash)}</span> })}
    };
    let me = here.request.viewer.as_ref().map(|viewer| viewer.id);
    let table = table(me, here.clock);
    let tools = tools(&here, &flash, address, &table, Some("/people.csv")).await?;
    let list = if found.people.is_empty() {
        let steps = view! { <a class="btn" href=PATH>"Show everybody"</a> };
        Either::Left(note::empty(Icon::Search, "Nobody like this", steps))
    } else {
        let by_name = asked.by() == By::Name;
        let count = Count { rows: found.people.len(), called: ("person", "people"), cut: false, by_name };
        let rows = table.view(&found.people, address, Some(*sorted));
        Either::Right(view! { {rows}{pager(address, sorted.order, cursor, &count, found.beside)} })
    };
    let body = view! {
        <div class="filters">
            {search(address)}
            {chips(active(address, filter), address.start().without(&NAMES).href())}
        </div>
        <div class="tabs-row">{tools}</div>
        {list}
    };
    Ok(Page { title: "People".into(), bar: bar.into_any(), body: body.into_any() })
}

fn search(address: &Address) -> impl IntoView + use<> {
    let text = address.get("q").map(str::to_owned);
    let roles: Vec<Choice> =
        Role::VARIANTS.iter().map(|role| (role.to_string(), role.title().to_owned())).collect();
    let doors: Vec<Choice> =
        Door::VARIANTS.iter().map(|state| (state.to_string(), door(*state).1.to_owned())).collect();
    view! {
        <form class="row people-search" method="get" action=PATH role="search" aria-label="Find people">
            {address.kept(&["sort", "cols"])}
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="q" value=text placeholder="Name or e-mail" aria-label="Name or e-mail" maxlength="200" />
            </span>
            {select("Role", "role", "Any role", roles, address.get("role"))}
            {select("State", "state", "Any state", doors, address.get("state"))}
            <button class="btn">"Find"</button>
        </form>
    }
}

fn active(address: &Address, filter: &PeopleFilter) -> Vec<Chip> {
    let bare = address.start();
    let all = [
        ("Name or e-mail", "q", filter.text.clone()),
        ("Role", "role", filter.role.map(|role| role.title().to_owned())),
        ("State", "state", filter.door.map(|state| door(state).1.to_owned())),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table(me: Option<PersonId>, clock: Clock) -> Table<'static, Person> {
    let columns = vec![
        Column::new("person", "Person", "", move |person: &Person| who(person, me == Some(person.id)))
            .sort_text("name"),
        Column::new("state", "State", "first", state),
        Column::new("roles", "Roles", "wide", role_tags),
        Column::new("zone", "Time zone", "quiet", |person: &Person| person.time_zone.clone())
            .label("Time zone"),
        Column::new("added", "Added", "num", move |person: &Person| clock.stamp(person.added_at))
            .sort("added")
            .label("Added"),
    ];
    Table { caption: "People and their roles", class: "people", columns, choose: None }
}

fn who(person: &Person, is_me: bool) -> impl IntoView + use<> {
    view! {
        <span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>
        <a href=format!("{PATH}/{}", person.id)>{person.name.clone()}</a>
        {is_me.then(|| view! { <span class="quiet">"you"</span> })}</span>
        <small>{person.email.clone()}</small>
    }
}

fn add(here: &Here, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("roles").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let name = Input { label: "Name", name: "name", kind: "text", autocomplete: "off", maxlength: 200 };
    let email = Input { label: "E-mail", name: "email", kind: "email", autocomplete: "off", maxlength: 320 };
    let form = view! {
        <form method="post" action=AddPerson::PATH>
            {once(&here.request, "add-person")}
            {input(name, flash)}
            {input(email, flash)}
            {role_checks(&chosen, flash.errors.get("roles").cloned())}
            <p class="meta">"You get a link to hand on. Whoever opens it sets the password."</p>
            <button class="btn primary">"Add the person"</button>
        </form>
    };
    ask("Add a person", !flash.errors.is_empty(), form)
}
