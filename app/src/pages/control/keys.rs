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
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{CheckboxOption, InputProps, ask, ask_danger, checks, input, once, secret};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, words};

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
    const PAGE_ROWS: usize = KEY_PAGE_ROWS;
    const HEAD: &'static [&'static str] =
        &["Id", "Key", "Starts with", "State", "Scopes", "Created", "Created by", "Last used", "Revoked"];

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Keys, texts().keys_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().keys_rows(rows, number::count(rows as i64))
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

    fn table<'a>(&'a self, extras: &'a KeyListExtras) -> Table<'a, ApiKey, String> {
        table(extras)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        flash: &Flash,
        _extras: &KeyListExtras,
        _found: &ListRows<ApiKey, ApiKeyId>,
    ) -> ListFrame<String> {
        let bar = view! {
            <h1>{texts().keys_title()}</h1>
            <span class="meta">{texts().keys_about()}</span>
            {here.may::<AddKey>().then(|| view! { <span class="push">{add(here, flash)}</span> })}
        };
        let shown = flash.secret_text().map(|key| secret(texts().keys_column_key(), key));
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
            let step = view! { <a class="btn" href=KEYS.path>{texts().keys_show_all()}</a> };
            return note::empty(Icon::Search, texts().keys_none_match_title(), step).into_any();
        }
        note::empty(Icon::Key, texts().keys_none_title(), view! { <p>{texts().keys_none()}</p> }).into_any()
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
    let scopes: Vec<String> = key.scopes.iter().map(|scope| title(*scope)).collect();
    vec![
        key.id.to_string(),
        key.name.clone(),
        key.prefix.clone().unwrap_or_default(),
        state_words(if key.revoked_at.is_some() { KeyState::Revoked } else { KeyState::Active }).1,
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

    fn chips(&self) -> Vec<Chip<String>> {
        let bare = self.address.start();
        let state = self.filter.state.map(|state| state_words(state).1);
        let scope = self.filter.scope.map(title);
        [(texts().keys_column_state(), "state", state), (texts().keys_scope(), "scope", scope)]
            .into_iter()
            .filter_map(|(name, key, value)| {
                Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
            })
            .collect()
    }
}

fn form(address: &Address) -> impl IntoView + use<> {
    let states: Vec<FilterOption> =
        KeyState::VARIANTS.iter().map(|state| (state.to_string(), state_words(*state).1)).collect();
    let scopes: Vec<FilterOption> =
        Scope::VARIANTS.iter().map(|scope| (scope.to_string(), title(*scope))).collect();
    view! {
        <form role="search" method="get" action=KEYS.path aria-label=texts().keys_find()>
            {address.kept(&["sort", "cols"])}
            {select(texts().keys_column_state(), "state", texts().keys_any_state(), states, address.get("state"))}
            {select(texts().keys_scope(), "scope", texts().keys_any_scope(), scopes, address.get("scope"))}
            <button class="btn">{texts().keys_filter()}</button>
        </form>
    }
}

fn table(extras: &KeyListExtras) -> Table<'_, ApiKey, String> {
    let KeyListExtras { may_revoke, authors, clock } = extras;
    let clock = *clock;
    let name = |key: &ApiKey| {
        let prefix = key
            .prefix
            .clone()
            .map(|prefix| view! { <small class="mono">{texts().keys_prefix(prefix)}</small> });
        view! { {key.name.clone()}{prefix} }
    };
    let used = move |key: &ApiKey| match key.last_used_at {
        Some(at) => clock.relative(at).into_any(),
        None => view! { <span class="quiet">{texts().keys_never_used()}</span> }.into_any(),
    };
    let scopes = |key: &ApiKey| {
        key.scopes.iter().map(|scope| view! { <span class="tag">{title(*scope)}</span>" " }).collect_view()
    };
    let mut columns = vec![
        Column::new("key", texts().keys_column_key(), "", name).sort_text("name"),
        Column::new("state", texts().keys_column_state(), "first", move |key: &ApiKey| state(key, clock)),
        Column::new("may", texts().keys_column_scopes(), "wide", scopes),
        Column::new("author", texts().keys_column_created_by(), "", |key: &ApiKey| author(key, authors))
            .label(texts().keys_column_created_by()),
        Column::new("used", texts().keys_column_last_used(), "num", used)
            .label(texts().keys_column_last_used()),
        Column::new("made", texts().keys_column_created(), "num", move |key: &ApiKey| {
            clock.stamp(key.created_at)
        })
        .sort("made")
        .label(texts().keys_column_created()),
    ];
    if *may_revoke {
        columns.push(Column::new("revoke", texts().keys_column_revoke(), "end", revoke).tool());
    }
    Table { caption: texts().keys_title(), class: "people", columns, choose: None }
}

fn state(key: &ApiKey, clock: Clock) -> impl IntoView + use<> {
    let (tone, words) =
        state_words(if key.revoked_at.is_some() { KeyState::Revoked } else { KeyState::Active });
    let since =
        key.revoked_at.map(|at| view! { " "<small class="quiet">{clock.stamp_in_sentence(at)}</small> });
    view! { {dotted(tone, words)}{since} }
}

/// Returns the tone and the label of a state.
fn state_words(state: KeyState) -> (&'static str, String) {
    match state {
        KeyState::Active => ("good", texts().keys_active()),
        KeyState::Revoked => ("bad", texts().keys_revoked()),
    }
}

fn revoke(key: &ApiKey) -> impl IntoView + use<> {
    key.revoked_at.is_none().then(|| {
        let (id, name) = (key.id.to_string(), key.name.clone());
        let form = view! {
            <form method="post" action=RevokeKey::PATH>
                <input type="hidden" name="key" value=id />
                <p>{texts().keys_revoke_explained()}</p>
                <button class="btn danger">{texts().keys_revoke(name)}</button>
            </form>
        };
        let button = texts().keys_revoke_button();
        ask_danger(view! { {button.s0}<span class="sr">{key.name.clone()}</span>{button.s1} }, false, form)
    })
}

fn title(scope: Scope) -> String {
    match scope {
        Scope::Ingest => texts().keys_scope_ingest(),
        Scope::Read => texts().keys_scope_read(),
        Scope::Outcome => texts().keys_scope_outcome(),
        Scope::Admin => texts().keys_scope_admin(),
    }
}

fn about(scope: Scope) -> String {
    match scope {
        Scope::Ingest => texts().keys_scope_ingest_about(),
        Scope::Read => texts().keys_scope_read_about(),
        Scope::Outcome => texts().keys_scope_outcome_about(),
        Scope::Admin => texts().keys_scope_admin_about(),
    }
}

fn add(here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("scopes").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let all: Vec<CheckboxOption<String>> =
        Scope::VARIANTS.iter().map(|scope| (scope.to_string(), title(*scope), about(*scope))).collect();
    let name = InputProps {
        label: texts().keys_name(),
        name: "name",
        kind: "text",
        autocomplete: "off",
        maxlength: 100,
    };
    let form = view! {
        <form method="post" action=AddKey::PATH>
            {once(&here.request, "add-key")}
            {input(name, flash)}
            {checks(texts().keys_column_scopes(), "scopes", all, &chosen, flash.errors.get("scopes").cloned())}
            <button class="btn primary">{texts().keys_create()}</button>
        </form>
    };
    ask(texts().keys_new(), !flash.errors.is_empty(), form)
}
