//! The people who can sign in, and their roles.

use engine::ids::PersonId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::Store;
use store::actor::Role;
use store::people::{self, PAGE_ROWS, PeopleCursor, PeopleFilter, PeopleSort, Person, SignInStatus};
use strum::VariantArray as _;

use super::person::{role_checks, role_tags, sign_in_status, state};
use crate::actions::people::AddPerson;
use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{ListInfo, PEOPLE};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{InputProps, ask, input, once};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 3] = ["q", "role", "state"];
/// Longest search text, in characters; no name is longer.
const TEXT_CHARS: usize = 200;

/// The list of people.
pub struct PeopleList {
    asked: Asked,
}

/// Data that the page shows in addition to the people.
pub struct PeopleListExtras {
    me: Option<PersonId>,
    clock: Clock,
}

impl ListPage for PeopleList {
    type Row = Person;
    type Place = PersonId;
    type Extras = PeopleListExtras;

    const INFO: ListInfo = PEOPLE;
    const FILTERS: &'static [&'static str] = &NAMES;
    const CALLED: (&'static str, &'static str) = ("person", "people");
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &["Id", "Name", "E-mail", "State", "Roles", "Time zone", "Added"];

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::People, "People")
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        Ok(Self { asked: Asked::read(asked.address) })
    }

    fn address(&self) -> &Address {
        &self.asked.address
    }

    fn sorted(&self) -> ListOrder {
        self.asked.sorted
    }

    fn is_by_name(&self) -> bool {
        self.asked.by() == PeopleSort::Name
    }

    async fn rows(
        &self,
        store: &Store,
        cursor: PeopleCursor,
        limit: usize,
    ) -> Result<ListRows<Person, PersonId>> {
        let Asked { filter, sorted, .. } = &self.asked;
        let found = people::page(store, filter, self.asked.by(), sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.people, beside: found.beside, cut: false, total: Some(found.total) })
    }

    async fn extras(
        &self,
        here: &PageContext,
        _found: &ListRows<Person, PersonId>,
    ) -> Result<PeopleListExtras> {
        Ok(PeopleListExtras { me: here.request.viewer.as_ref().map(|viewer| viewer.id), clock: here.clock })
    }

    fn table<'a>(&'a self, extras: &'a PeopleListExtras) -> Table<'a, Person> {
        table(extras.me, extras.clock)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        flash: &Flash,
        _extras: &PeopleListExtras,
        found: &ListRows<Person, PersonId>,
    ) -> ListFrame {
        let Asked { address, filter, .. } = &self.asked;
        let may = here.may::<AddPerson>();
        let bar = view! {
            <h1>"People"</h1>
            <span class="meta">{number::plural(found.total.unwrap_or_default(), "person", "people")}</span>
            {may.then(|| view! { <span class="push">{add(here, flash)}</span> })}
        };
        ListFrame {
            bar: bar.into_any(),
            form: search(address).into_any(),
            chips: active(address, filter),
            cleared: address.start().without(&NAMES).href(),
            tabs: ().into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &PeopleListExtras, _found: &ListRows<Person, PersonId>) -> AnyView {
        let steps = view! { <a class="btn" href=PEOPLE.path>"Show everyone"</a> };
        note::empty(Icon::Search, "No people match these filters", steps).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<Person>) -> Result<Vec<Vec<String>>> {
        Ok(rows.iter().map(line).collect())
    }
}

/// Formats a person as a row of the CSV export.
fn line(person: &Person) -> Vec<String> {
    let roles: Vec<&str> = person.roles.iter().map(|role| role.title()).collect();
    vec![
        person.id.to_string(),
        person.name.clone(),
        person.email.clone(),
        sign_in_status(person.sign_in_status()).1.to_owned(),
        roles.join(", "),
        person.time_zone.clone(),
        instant(Some(person.added_at)),
    ]
}

struct Asked {
    /// The filters as given in the URL.
    address: Address,
    /// The same filters, parsed.
    filter: PeopleFilter,
    sorted: ListOrder,
}

impl Asked {
    /// Parses the filters from the URL.
    fn read(address: Address) -> Self {
        let filter = PeopleFilter {
            text: address.get("q").map(|text| text.chars().take(TEXT_CHARS).collect()),
            role: address.parsed("role"),
            door: address.parsed("state"),
        };
        let sorted = ListOrder::read(&address, &["name", "added"]);
        Self { filter, sorted, address }
    }

    /// Returns the column to sort by.
    fn by(&self) -> PeopleSort {
        if self.sorted.by == "added" { PeopleSort::Added } else { PeopleSort::Name }
    }
}

fn search(address: &Address) -> impl IntoView + use<> {
    let text = address.get("q").map(str::to_owned);
    let roles: Vec<FilterOption> =
        Role::VARIANTS.iter().map(|role| (role.to_string(), role.title().to_owned())).collect();
    let doors: Vec<FilterOption> = SignInStatus::VARIANTS
        .iter()
        .map(|state| (state.to_string(), sign_in_status(*state).1.to_owned()))
        .collect();
    view! {
        <form class="row people-search" method="get" action=PEOPLE.path role="search" aria-label="Find people">
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
        ("State", "state", filter.door.map(|state| sign_in_status(state).1.to_owned())),
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
            .extra()
            .label("Time zone"),
        Column::new("added", "Added", "num", move |person: &Person| clock.stamp(person.added_at))
            .sort("added")
            .label("Added"),
    ];
    Table { caption: "People and their roles", class: "people", columns, choose: None }
}

fn who(person: &Person, is_me: bool) -> impl IntoView + use<> {
    view! {
        <span class="person-cell">
            <span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>
            <span>
                <a href=format!("{}/{}", PEOPLE.path, person.id)>{person.name.clone()}</a>
                {is_me.then(|| view! { <span class="quiet">" you"</span> })}
                <small>{person.email.clone()}</small>
            </span>
        </span>
    }
}

fn add(here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("roles").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let name = InputProps { label: "Name", name: "name", kind: "text", autocomplete: "off", maxlength: 200 };
    let email =
        InputProps { label: "E-mail", name: "email", kind: "email", autocomplete: "off", maxlength: 320 };
    let form = view! {
        <form method="post" action=AddPerson::PATH>
            {once(&here.request, "add-person")}
            {input(name, flash)}
            {input(email, flash)}
            {role_checks(&chosen, flash.errors.get("roles").cloned())}
            <p class="meta">"You get a link to send to the person, who sets a password with it."</p>
            <button class="btn primary">"Add person"</button>
        </form>
    };
    ask("Add a person", !flash.errors.is_empty(), form)
}
