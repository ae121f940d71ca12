//! The API keys.

use std::collections::BTreeMap;

use engine::ids::ApiKeyId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::Store;
use store::people::{self, ApiKey, KEY_PAGE_ROWS, KeyCursor, KeyListFilter, KeyState, PeopleSort, Scope};
use store::reads::frame::names_of_actors;
use strum::VariantArray as _;

use crate::actions::people::{AddKey, RevokeKey};
use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{KEYS, ListInfo};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{CheckboxOption, InputProps, ask, ask_danger, checks, input, once, secret};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 2] = ["state", "scope"];

/// The list of API keys.
pub struct KeyList {
    address: Address,
    filter: KeyListFilter,
    sorted: ListOrder,
}

/// Data that the page shows in addition to the keys.
pub struct KeyListExtras {
    may_revoke: bool,
    /// Names of the people who created keys.
    authors: BTreeMap<String, String>,
    clock: Clock,
}

impl ListPage for KeyList {
    type Row = ApiKey;
    type Place = ApiKeyId;
    type Extras = KeyListExtras;

    const INFO: ListInfo = KEYS;
    const FILTERS: &'static [&'static str] = &NAMES;
    const CALLED: (&'static str, &'static str) = ("key", "keys");
    const PAGE_ROWS: usize = KEY_PAGE_ROWS;
    const HEAD: &'static [&'static str] =
        &["Id", "Key", "Starts with", "State", "Scopes", "Created", "Created by", "Last used", "Revoked"];

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::Keys, "API keys")
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        let address = asked.address;
        let filter = KeyListFilter { scope: address.parsed("scope"), state: address.parsed("state") };
        Ok(Self { filter, sorted: ListOrder::read(&address, &["name", "made"]), address })
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn sorted(&self) -> ListOrder {
        self.sorted
    }

    fn is_by_name(&self) -> bool {
        self.by() == PeopleSort::Name
    }

    async fn rows(
        &self,
        store: &Store,
        cursor: KeyCursor,
        limit: usize,
    ) -> Result<ListRows<ApiKey, ApiKeyId>> {
        let found = people::keys(store, &self.filter, self.by(), self.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.keys, beside: found.beside, cut: false, total: None })
    }

    async fn extras(&self, here: &PageContext, found: &ListRows<ApiKey, ApiKeyId>) -> Result<KeyListExtras> {
        let authors = authors(&here.request.store, &found.rows).await?;
        Ok(KeyListExtras { may_revoke: here.may::<RevokeKey>(), authors, clock: here.clock })
    }

    fn table<'a>(&'a self, extras: &'a KeyListExtras) -> Table<'a, ApiKey> {
        table(extras)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        flash: &Flash,
        _extras: &KeyListExtras,
        _found: &ListRows<ApiKey, ApiKeyId>,
    ) -> ListFrame {
        let bar = view! {
            <h1>"API keys"</h1>
            <span class="meta">"Access for other systems"</span>
            {here.may::<AddKey>().then(|| view! { <span class="push">{add(here, flash)}</span> })}
        };
        let shown = flash.secret_text().map(|key| secret("Key", key));
        ListFrame {
            bar: bar.into_any(),
            form: form(&self.address).into_any(),
            chips: self.chips(),
            cleared: self.address.start().without(&NAMES).href(),
            tabs: ().into_any(),
            above: shown.into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &KeyListExtras, _found: &ListRows<ApiKey, ApiKeyId>) -> AnyView {
        if self.filter != KeyListFilter::default() {
            let step = view! { <a class="btn" href=KEYS.path>"Show all keys"</a> };
            return note::empty(Icon::Search, "No keys match these filters", step).into_any();
        }
        let text = "A web form, a product or a warehouse needs a key to send events or to read decisions. The key itself is shown once and not stored.";
        note::empty(Icon::Key, "No keys yet", view! { <p>{text}</p> }).into_any()
    }

    async fn lines(&self, store: &Store, rows: Vec<ApiKey>) -> Result<Vec<Vec<String>>> {
        let authors = authors(store, &rows).await?;
        Ok(rows.iter().map(|key| line(key, &authors)).collect())
    }
}

/// Returns the names of the people who created keys.
async fn authors(store: &Store, keys: &[ApiKey]) -> Result<BTreeMap<String, String>> {
    let actors: Vec<String> = keys.iter().filter_map(|key| key.created_by.clone()).collect();
    Ok(names_of_actors(store, &actors).await?)
}

/// Returns the name of the person or command that created a key, if known.
fn author(key: &ApiKey, authors: &BTreeMap<String, String>) -> Option<String> {
    Some(words::sentence_start(&words::actor(key.created_by.as_ref()?, authors)))
}

/// Formats a key as a row of the CSV export.
fn line(key: &ApiKey, authors: &BTreeMap<String, String>) -> Vec<String> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| title(*scope)).collect();
    vec![
        key.id.to_string(),
        key.name.clone(),
        key.prefix.clone().unwrap_or_default(),
        state_words(if key.revoked_at.is_some() { KeyState::Revoked } else { KeyState::Active }).1.to_owned(),
        scopes.join(", "),
        instant(Some(key.created_at)),
        author(key, authors).unwrap_or_default(),
        instant(key.last_used_at),
        instant(key.revoked_at),
    ]
}

impl KeyList {
    /// Returns the column to sort by.
    fn by(&self) -> PeopleSort {
        if self.sorted.by == "made" { PeopleSort::Added } else { PeopleSort::Name }
    }

    fn chips(&self) -> Vec<Chip> {
        let bare = self.address.start();
        let state = self.filter.state.map(|state| state_words(state).1.to_owned());
        let scope = self.filter.scope.map(|scope| title(scope).to_owned());
        [("State", "state", state), ("Scope", "scope", scope)]
            .into_iter()
            .filter_map(|(name, key, value)| {
                Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
            })
            .collect()
    }
}

fn form(address: &Address) -> impl IntoView + use<> {
    let states: Vec<FilterOption> = KeyState::VARIANTS
        .iter()
        .map(|state| (state.to_string(), state_words(*state).1.to_owned()))
        .collect();
    let scopes: Vec<FilterOption> =
        Scope::VARIANTS.iter().map(|scope| (scope.to_string(), title(*scope).to_owned())).collect();
    view! {
        <form role="search" method="get" action=KEYS.path aria-label="Find API keys">
            {address.kept(&["sort", "cols"])}
            {select("State", "state", "Any state", states, address.get("state"))}
            {select("Scope", "scope", "Any scope", scopes, address.get("scope"))}
            <button class="btn">"Filter"</button>
        </form>
    }
}

fn table(extras: &KeyListExtras) -> Table<'_, ApiKey> {
    let KeyListExtras { may_revoke, authors, clock } = extras;
    let clock = *clock;
    let name = |key: &ApiKey| {
        let prefix = key.prefix.clone().map(|prefix| view! { <small class="mono">{prefix}"…"</small> });
        view! { {key.name.clone()}{prefix} }
    };
    let used = move |key: &ApiKey| match key.last_used_at {
        Some(at) => clock.relative(at).into_any(),
        None => view! { <span class="quiet">"Never"</span> }.into_any(),
    };
    let scopes = |key: &ApiKey| {
        key.scopes.iter().map(|scope| view! { <span class="tag">{title(*scope)}</span>" " }).collect_view()
    };
    let mut columns = vec![
        Column::new("key", "Key", "", name).sort_text("name"),
        Column::new("state", "State", "first", move |key: &ApiKey| state(key, clock)),
        Column::new("may", "Scopes", "wide", scopes),
        Column::new("author", "Created by", "", |key: &ApiKey| author(key, authors)).label("By"),
        Column::new("used", "Last used", "num", used).label("Last used"),
        Column::new("made", "Created", "num", move |key: &ApiKey| clock.stamp(key.created_at))
            .sort("made")
            .label("Created"),
    ];
    if *may_revoke {
        columns.push(Column::new("revoke", "Revoke", "end", revoke).tool());
    }
    Table { caption: "API keys", class: "people", columns, choose: None }
}

fn state(key: &ApiKey, clock: Clock) -> impl IntoView + use<> {
    let (tone, words) =
        state_words(if key.revoked_at.is_some() { KeyState::Revoked } else { KeyState::Active });
    let since =
        key.revoked_at.map(|at| view! { " "<small class="quiet">{clock.stamp_in_sentence(at)}</small> });
    view! { {dotted(tone, words)}{since} }
}

/// Returns the tone and the label of a state.
fn state_words(state: KeyState) -> (&'static str, &'static str) {
    match state {
        KeyState::Active => ("good", "Active"),
        KeyState::Revoked => ("bad", "Revoked"),
    }
}

fn revoke(key: &ApiKey) -> impl IntoView + use<> {
    key.revoked_at.is_none().then(|| {
        let (id, name) = (key.id.to_string(), key.name.clone());
        let form = view! {
            <form method="post" action=RevokeKey::PATH>
                <input type="hidden" name="key" value=id />
                <p>"Systems that use this key lose access within a second. This cannot be undone; create a new key instead."</p>
                <button class="btn danger">{format!("Revoke {name}")}</button>
            </form>
        };
        ask_danger(view! { "Revoke"<span class="sr">{format!(" {}", key.name)}</span> }, false, form)
    })
}

fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "Send events",
        Scope::Read => "Read",
        Scope::Outcome => "Report outcomes",
        Scope::Admin => "Administer",
    }
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "Web forms, e-mail and telemetry create leads",
        Scope::Read => "Leads, decisions and metrics",
        Scope::Outcome => "A CRM reports the outcomes of leads",
        Scope::Admin => "Apply files, manage the installation",
    }
}

fn add(here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("scopes").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let all: Vec<CheckboxOption> =
        Scope::VARIANTS.iter().map(|scope| (scope.to_string(), title(*scope), about(*scope))).collect();
    let name = InputProps {
        label: "Name, such as the system that uses it",
        name: "name",
        kind: "text",
        autocomplete: "off",
        maxlength: 100,
    };
    let form = view! {
        <form method="post" action=AddKey::PATH>
            {once(&here.request, "add-key")}
            {input(name, flash)}
            {checks("Scopes", "scopes", all, &chosen, flash.errors.get("scopes").cloned())}
            <button class="btn primary">"Create key"</button>
        </form>
    };
    ask("New key", !flash.errors.is_empty(), form)
}
