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
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{InputProps, ask, input, once};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, roles, words};

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
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &["Id", "Name", "E-mail", "State", "Roles", "Time zone", "Added"];

    fn heading(_address: &Address) -> (Section, String) {
        (Section::People, texts().people_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().people_rows(rows, number::count(rows as i64))
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

    fn table<'a>(&'a self, extras: &'a PeopleListExtras) -> Table<'a, Person, String> {
        table(extras.me, extras.clock)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        flash: &Flash,
        _extras: &PeopleListExtras,
        found: &ListRows<Person, PersonId>,
    ) -> ListFrame<String> {
        let Asked { address, filter, .. } = &self.asked;
        let may = here.may::<AddPerson>();
        let total = found.total.unwrap_or_default();
        let bar = view! {
            <h1>{texts().people_title()}</h1>
            <span class="meta">{texts().people_rows(total, number::count(total))}</span>
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
        let steps = view! { <a class="btn" href=PEOPLE.path>{texts().people_show_all()}</a> };
        note::empty(Icon::Search, texts().people_none_match_title(), steps).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<Person>) -> Result<Vec<Vec<String>>> {
        Ok(rows.iter().map(line).collect())
    }
}

/// Formats a person as a row of the CSV export.
fn line(person: &Person) -> Vec<String> {
    let roles: Vec<String> = person.roles.iter().map(roles::title).collect();
    vec![
        person.id.to_string(),
        person.name.clone(),
        person.email.clone(),
        sign_in_status(person.sign_in_status()).1,
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
            status: address.parsed("state"),
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
        Role::VARIANTS.iter().map(|role| (role.to_string(), roles::title(role))).collect();
    let states: Vec<FilterOption> =
        SignInStatus::VARIANTS.iter().map(|state| (state.to_string(), sign_in_status(*state).1)).collect();
    view! {
        <form class="row people-search" method="get" action=PEOPLE.path role="search" aria-label=texts().people_find()>
            {address.kept(&["sort", "cols"])}
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="q" value=text placeholder=texts().people_search() aria-label=texts().people_search() maxlength="200" />
            </span>
            {select(texts().people_role(), "role", texts().people_any_role(), roles, address.get("role"))}
            {select(texts().people_state(), "state", texts().people_any_state(), states, address.get("state"))}
            <button class="btn">{texts().people_find()}</button>
        </form>
    }
}

fn active(address: &Address, filter: &PeopleFilter) -> Vec<Chip<String>> {
    let bare = address.start();
    let all = [
        (texts().people_search(), "q", filter.text.clone()),
        (texts().people_role(), "role", filter.role.map(roles::title)),
        (texts().people_state(), "state", filter.status.map(|state| sign_in_status(state).1)),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table(me: Option<PersonId>, clock: Clock) -> Table<'static, Person, String> {
    let columns = vec![
        Column::new("person", texts().people_column_person(), "", move |person: &Person| {
            who(person, me == Some(person.id))
        })
        .sort_text("name"),
        Column::new("state", texts().people_column_state(), "first", state),
        Column::new("roles", texts().people_column_roles(), "wide", role_tags),
        Column::new("zone", texts().people_column_time_zone(), "quiet", |person: &Person| {
            person.time_zone.clone()
        })
        .extra()
        .label(texts().people_column_time_zone()),
        Column::new("added", texts().people_column_added(), "num", move |person: &Person| {
            clock.stamp(person.added_at)
        })
        .sort("added")
        .label(texts().people_column_added()),
    ];
    Table { caption: texts().people_caption(), class: "people", columns, choose: None }
}

fn who(person: &Person, is_me: bool) -> impl IntoView + use<> {
    view! {
        <span class="person-cell">
            <span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>
            <span>
                <a href=format!("{}/{}", PEOPLE.path, person.id)>{person.name.clone()}</a>
                {is_me.then(|| view! { " "<span class="quiet">{texts().people_you()}</span> })}
                <small>{person.email.clone()}</small>
            </span>
        </span>
    }
}

fn add(here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("roles").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let name = InputProps {
        label: texts().people_name(),
        name: "name",
        kind: "text",
        autocomplete: "off",
        maxlength: 200,
    };
    let email = InputProps {
        label: texts().people_email(),
        name: "email",
        kind: "email",
        autocomplete: "off",
        maxlength: 320,
    };
    let form = view! {
        <form method="post" action=AddPerson::PATH>
            {once(&here.request, "add-person")}
            {input(name, flash)}
            {input(email, flash)}
            {role_checks(&chosen, flash.errors.get("roles").cloned())}
            <p class="meta">{texts().people_add_explained()}</p>
            <button class="btn primary">{texts().people_add()}</button>
        </form>
    };
    ask(texts().people_add_title(), !flash.errors.is_empty(), form)
}
